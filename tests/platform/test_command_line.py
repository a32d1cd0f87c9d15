"""The command line says what exists, and refuses in plain words."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wardline.cli import COMMANDS, exists, main

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"
OURS = ("doctor", "migrate", "up", "web")


def test_only_commands_that_exist_are_listed() -> None:
    listed = main.list_commands(main.make_context("wardline", [], resilient_parsing=True))
    assert listed == sorted(name for name in COMMANDS if exists(name))
    assert set(OURS) <= set(listed)


@pytest.mark.parametrize("name", [name for name in COMMANDS if exists(name)])
def test_every_listed_command_explains_itself(name: str) -> None:
    answer = CliRunner().invoke(main, [name, "--help"])
    assert answer.exit_code == 0, answer.output


def test_a_command_that_does_not_exist_is_refused() -> None:
    assert CliRunner().invoke(main, ["sing"]).exit_code == 2


def test_a_wrong_setting_ends_the_command_in_plain_words() -> None:
    for command in OURS:
        answer = CliRunner().invoke(main, [command], env={"WARDLINE_PORT": "many"})
        assert answer.exit_code == 1
        assert answer.output == "Error: WARDLINE_PORT is 'many'; it must be a whole number from 1 to 65535.\n"


def test_commands_that_the_guide_names_are_commands() -> None:
    named = {name for page in OPERATIONS.glob("*.md") for name in re.findall(r"wardline ([a-z]+)", page.read_text())}
    assert named <= set(COMMANDS)


def test_doctor_says_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["doctor"], env={"WARDLINE_DATA": str(tmp_path), "WARDLINE_PROT": "80"})
    assert answer.exit_code == 1
    assert "WRONG No such setting: WARDLINE_PROT." in answer.output
    assert "WRONG The embedded database is not running; `wardline up` starts it." in answer.output
    assert "ok    The data folder" in answer.output


def test_a_command_loads_only_what_it_needs() -> None:
    heavy = (
        "import sys, wardline.cli; sys.exit(bool({'alembic', 'granian', 'asyncpg', 'wardline.app'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", heavy], check=False).returncode == 0
