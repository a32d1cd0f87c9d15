"""The documentation is tested: what it names exists, and what exists is named."""

import re
import tomllib
from pathlib import Path

import click

from wardline.cli import COMMANDS, main
from wardline.platform import settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def prose() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def links(page: Path) -> list[str]:
    """What a page links to inside the project."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    return [target for target in targets if not target.startswith(("http://", "https://"))]


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in links(page)
        if not (page.parent / target).exists() and not awaited(target)
    ]
    assert not broken, "\n".join(broken)


def awaited(target: str) -> bool:
    """The pictures are taken of the finished product; until the first is there, their links may wait."""
    return "docs/pictures/" in target and not (ROOT / "docs" / "pictures").exists()


def test_every_page_is_in_an_index():
    """A page that no other page links to is not found by anybody."""
    linked = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    lost = [page.relative_to(ROOT).as_posix() for page in PAGES if page.resolve() not in linked]
    assert set(lost) <= {"README.md", "AGENTS.md"}, "\n".join(lost)


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    pages = [page.name for page in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert pages
    assert [page for page in pages if page not in index] == []


def test_a_decision_fits_a_page():
    long = [page.name for page in (ROOT / "docs" / "adr").glob("*.md") if len(page.read_text().split()) > 600]
    assert not long, "\n".join(long)


def test_settings_are_documented_and_documented_settings_exist():
    page = ROOT / "docs" / "operations" / "settings.md"
    documented = set(re.findall(r"\|\s*`(WARDLINE_\w+)`", page.read_text()))
    assert documented == {setting.name for setting in settings.TABLE}


def test_commands_are_documented_and_documented_commands_exist():
    """`wardline up --lively` in any page must be a command with such an option."""
    named = re.findall(r"\bwardline ((?:[a-z0-9-]+ ?)+(?:--[a-z-]+)?)", code())
    wrong = [words for words in named if not exists(main, words)]
    assert not wrong, "\n".join(wrong)
    silent = [command for command in commands(main) if f"wardline {command}" not in prose()]
    assert not silent, "\n".join(silent)


def code() -> str:
    """What stands between backticks, in lines and in blocks, without comments."""
    return re.sub(r"#.*", "", "\n".join(re.findall(r"`+([^`]+)`+", prose())))


def exists(command: click.Command, words: str) -> bool:
    """Whether the words name a command, its arguments put aside, and one of its options."""
    for word in words.split():
        if word.startswith("--"):
            return any(word in parameter.opts for parameter in command.params)
        if isinstance(command, click.Group):
            below = command.get_command(click.Context(command), word)
            if below is None:
                return word in COMMANDS  # announced, and not landed yet
            command = below
    return True


def commands(command: click.Command, words: str = "") -> list[str]:
    """The full names of all commands that do something."""
    if not isinstance(command, click.Group):
        return [words.strip()]
    context = click.Context(command)
    below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [full for name, found in below if found for full in commands(found, f"{words} {name}")]


def test_the_make_targets_named_in_pages_exist():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z-]+)", code()))
    missing = [target for target in named if not re.search(rf"^{target}:", makefile, flags=re.MULTILINE)]
    assert not missing, "\n".join(missing)


def test_the_version_is_in_the_changelog():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {version}" in changelog or "## Unreleased" in changelog
