"""`wardline import fhir`, as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.database import TestDatabase
from tests.interop import small_bundles as small
from wardline.interop.commands import import_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "good.json").write_bytes(small.usual(small.allergy(), small.observation("o", "8302-2", 170, "cm")))
    return exports


def typed(database: TestDatabase | None, folder: Path, *words: str) -> Result:
    address = {
        "WARDLINE_DATABASE_URL": database.owner if database else "postgresql://nobody@127.0.0.1:1/none",
        "WARDLINE_APP_DATABASE_URL": database.app if database else "postgresql://nobody@127.0.0.1:1/none",
        "WARDLINE_DATA": str(folder.parent / "data"),
    }
    return CliRunner().invoke(import_records, ["fhir", *words], env=address)


def test_the_report_says_what_was_taken_and_left(fresh_database: TestDatabase, folder: Path) -> None:
    result = typed(fresh_database, folder, str(folder))
    assert result.exit_code == 0, result.output
    assert "1 done, 0 done before, 0 refused" in result.stdout
    assert "1 left: height and weight have no place in an observation set yet" in result.stdout
    assert "1 people, 1 registrations, 1 allergies, 1 encounters" in result.stdout
    again = typed(fresh_database, folder, str(folder))
    assert "0 done, 1 done before, 0 refused" in again.stdout
    assert "New here: nothing" in again.stdout


def test_a_refused_file_is_named_with_its_line_and_ends_with_1(fresh_database: TestDatabase, folder: Path) -> None:
    (folder / "bad.json").write_bytes(small.text_of(small.patient(birthDate=1980)))
    result = typed(fresh_database, folder, str(folder), "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["files"] == {"done": 1, "done before": 0, "refused": 1}
    assert (report["refused"][0]["file"], report["refused"][0]["where"]) == ("bad.json", "entry[0].resource.birthDate")
    assert report["refused"][0]["line"] > 1
    words = typed(fresh_database, folder, str(folder / "bad.json")).stdout
    assert f"Refused bad.json:{report['refused'][0]['line']}: " in words


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--hospital", "NOPE"], "no hospital has the code NOPE"),
        (["--source", "x\ny"], "letters, digits"),
    ],
)
def test_a_wrong_word_is_answered_plainly(
    fresh_database: TestDatabase, folder: Path, words: list[str], answer: str
) -> None:
    result = typed(fresh_database, folder, str(folder), *words)
    assert result.exit_code != 0
    assert answer in result.output


def test_an_empty_folder_and_a_missing_database_are_said_plainly(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no .json or .json.gz" in typed(None, folder, str(tmp_path / "empty")).output
    result = typed(None, folder, str(folder))
    assert result.exit_code == 1
    assert "start `wardline up`" in result.output
