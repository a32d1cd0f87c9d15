"""Style as failing tests: what a reader of this code may rely on without looking."""

import ast
import importlib
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import wardline

ROOT = Path(__file__).resolve().parent.parent
TEXT = {".py", ".sql", ".js", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".json", ".in", ".lock", ".txt", ".svg"}
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = {".py": 500, ".sql": 500, ".js": 500, ".css": 500, ".html": 300}

# Longer for a reason; each entry names it.
LONG_FILES: dict[str, str] = {}
# Used, though no file names them in full.
UNNAMED_FILES: dict[str, str] = {
    "wardline/static/icons.txt": "read by tools/vendor.py",
}


@cache
def files(*suffixes: str) -> list[Path]:
    """Every file of the project with one of the suffixes, tracked or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / line for line in listing.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix in (suffixes or TEXT)]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_matching(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    """Where the pattern stands, in every file but this one, which has to spell what it forbids."""
    return [
        f"{name(path)}:{number}: {line.strip()[:120]}"
        for path in files(*suffixes)
        if path != Path(__file__)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_function_fits_a_screen():
    long = [
        f"{name(path)}:{node.lineno}: {node.name} has {length} lines"
        for path in files(".py")
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_a_file_has_one_subject():
    long = [
        f"{name(path)} has {length} lines"
        for path in files(*FILE_LINES_MAX)
        if (length := len(text(path).splitlines())) > FILE_LINES_MAX[path.suffix] and name(path) not in LONG_FILES
    ]
    assert not long, "\n".join(long)


def test_a_reminder_names_its_issue():
    found = lines_matching(re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d)"))
    assert not found, "\n".join(found)


def test_no_code_is_commented_out():
    """Python is read by ruff (ERA); these are the other languages."""
    in_sql = re.compile(r"^\s*--\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|JOIN|WHERE)\b.*[;,(]$")
    in_script = re.compile(r"^\s*//.*([;{]|=>)\s*$")
    in_style = re.compile(r"/\*[^*]*[\w-]+\s*:\s*[^;*]+;\s*(\}\s*)?\*/")
    in_page = re.compile(r"(<!--|\{#).*</\w+>.*(-->|#\})")
    found = [
        *lines_matching(in_sql, ".sql", ".py"),
        *lines_matching(in_script, ".js"),
        *lines_matching(in_style, ".css"),
        *lines_matching(in_page, ".html"),
    ]
    assert not found, "\n".join(found)


def test_nothing_names_a_machine_or_a_registry():
    folders = [
        re.escape(f"{ROOT}/"),  # wherever this checkout lies
        r"/root/",
        r"/home/\w+/",
        r"/Users/\w+/",
        r"/opt/(pypi|wheels)",
        r"/tmp/bash",
    ]
    hosts = [
        r"registry\.npmjs\.org",
        r"registry\.yarnpkg\.com",
        r"files\.pythonhosted\.org",
        r"pypi\.org/simple",
    ]
    found = lines_matching(re.compile("|".join(folders + hosts)))
    assert not found, "\n".join(found)


def test_no_secret_is_kept_here():
    shapes = [
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$",
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bgh[pousr]_\w{36}",
        r"\bxox[abp]-\w{10}",
    ]
    found = lines_matching(re.compile("|".join(shapes)))
    assert not found, "\n".join(found)


def test_pages_hold_no_script_and_no_style():
    """The content security policy refuses them; a page that needs one would break in silence."""
    refused = {
        "a style of its own": r"<style|\sstyle\s*=",
        "an event attribute": r"\son[a-z]{3,}\s*=",
        "an inline script": r"<script(?![^>]*\bsrc=)|javascript:",
        "evaluated htmx": r"\bhx-on\b|=\s*[\"']js:|hx-trigger=\"[^\"]*\w\[",
    }
    found: list[str] = []
    for path in files(".html"):
        markup = re.sub(r"\{[{%#].*?[}%#]\}", "", text(path), flags=re.DOTALL)
        found += [f"{name(path)}: {what}" for what, pattern in refused.items() if re.search(pattern, markup)]
    assert not found, "\n".join(found)


def test_every_template_is_used():
    """A template is named `slice/file.html`; one of the shared folder by its name alone."""
    sources = "\n".join(text(path) for path in files(".py", ".html"))
    unused = [
        name(path)
        for path in files(".html")
        if "templates" in path.parts and name(path) not in UNNAMED_FILES and template_name(path) not in sources
    ]
    assert not unused, "\n".join(unused)


def template_name(path: Path) -> str:
    home, _, below = name(path).partition("/templates/")
    slice_name = home.removeprefix("wardline").strip("/")
    return below if not slice_name or below.startswith(f"{slice_name}/") else f"{slice_name}/{below}"


def test_every_static_file_is_used():
    sources = "\n".join(text(path) for path in files(".py", ".html", ".css", ".js"))
    static = ROOT / "wardline" / "static"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", str(static)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    unused = [file for file in listed if Path(file).name not in sources and file not in UNNAMED_FILES]
    assert not unused, "\n".join(unused)


def test_every_module_can_be_imported():
    for module in pkgutil.walk_packages(wardline.__path__, prefix="wardline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_every_package_says_what_it_owns():
    silent = [
        name(path)
        for path in files(".py")
        if path.name == "__init__.py"
        and name(path).startswith("wardline/")
        and not ast.get_docstring(ast.parse(text(path)))
    ]
    assert not silent, "\n".join(silent)
