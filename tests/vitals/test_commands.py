import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wardline.cli.checks import checks
from wardline.vitals.commands import COLUMNS

HEADER = ",".join(COLUMNS)
WELL = "16,97,1,false,120,70,A,37.0"


def run(tmp_path: Path, content: str | bytes) -> Result:
    file = tmp_path / "cases.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return CliRunner().invoke(checks, ["news2", str(file)])


def rows(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_complete_rows_come_back_with_score_band_and_response(tmp_path: Path) -> None:
    sick = "24,92,1,true,98,120,C,39.5"
    found = rows(run(tmp_path, f"{HEADER}\n{WELL}\n{sick}\n16,97,1,false,120,131,A,37\n16,97,2,true,120,70,A,37\n"))
    assert [(row["score"], row["complete"], row["band"]) for row in found] == [
        ("0", "true", "low"),
        ("15", "true", "high"),
        ("3", "true", "3 in one sign"),
        ("5", "true", "medium"),
    ]
    assert found[0]["response"] == "Low – routine monitoring. Continue routine monitoring. At least every 12 hours."
    assert found[1]["temperature_celsius"] == "39.5"


def test_missing_signs_give_a_lower_bound_and_never_zero(tmp_path: Path) -> None:
    found = rows(run(tmp_path, f"{HEADER}\n,,,,,,,\n,97,1,false,120,70,A,37\n24,92,,true,98,,,\n"))
    assert [(row["score"], row["complete"], row["band"]) for row in found] == [
        ("", "false", "incomplete"),
        ("0+", "false", "incomplete"),
        ("8+", "false", "high"),
    ]
    assert found[1]["response"].startswith("incomplete (6 of 7): ")


def test_order_extra_columns_mark_and_blank_lines_are_kept_or_forgiven(tmp_path: Path) -> None:
    order = [*reversed(COLUMNS), "case"]
    values = [*reversed(WELL.split(",")), 'a "b", c']
    written = io.StringIO()
    csv.writer(written).writerows([order, [], values, []])
    result = run(tmp_path, b"\xef\xbb\xbf\r\n" + written.getvalue().encode())
    assert [row["case"] for row in rows(result)] == ['a "b", c']
    assert result.stdout.splitlines()[0] == ",".join([*order, "score", "complete", "band", "response"])


def test_a_short_row_is_padded_and_spreadsheet_spellings_are_read(tmp_path: Path) -> None:
    found = rows(run(tmp_path, f"{HEADER},note\n 16.0 ,97,1, FALSE ,120,70,a,37\n"))
    assert (found[0]["score"], found[0]["note"], found[0]["consciousness"]) == ("0", "", "a")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("16.5,97,1,false,120,70,A,37", "respiration_per_min"),
        ("x,97,1,false,120,70,A,37", "respiration_per_min"),
        ("-1,97,1,false,120,70,A,37", "respiration_per_min"),
        ("1_6,97,1,false,120,70,A,37", "respiration_per_min"),
        ("١٦,97,1,false,120,70,A,37", "respiration_per_min"),
        ("16,101,1,false,120,70,A,37", "spo2_percent"),
        ("16,97,3,false,120,70,A,37", "spo2_scale"),
        ("16,97,1,maybe,120,70,A,37", "on_oxygen"),
        ("16,97,1,false,1e2,70,A,37", "systolic_mmhg"),
        ("16,97,1,false,120,999,A,37", "pulse_per_min"),
        ("16,97,1,false,120,70,X,37", "consciousness"),
        ("16,97,1,false,120,70,A,384", "temperature_celsius"),
        ("16,97,1,false,120,70,A,nan", "temperature_celsius"),
        ("16,97,1,false,120,70,A,37,1", "9"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column_and_nothing_is_written(tmp_path: Path, line: str, column: str) -> None:
    result = run(tmp_path, f"{HEADER}\n\n{WELL}\n{line}\n")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"line 4, column {column}: " in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"respiration_per_min,score\n16,0\n", "spo2_percent"),
        (f"{HEADER},pulse_per_min\n".encode(), "twice"),
        (f"{HEADER}\n\xff".encode("latin-1"), "line 2: the file is not UTF-8"),
        (f'{HEADER}\n16,"97'.encode(), "not readable"),
    ],
)
def test_a_file_that_is_no_table_of_cases_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    result = run(tmp_path, content)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(checks, ["news2", str(tmp_path / "none.csv")]).exit_code == 2


def test_a_cell_over_several_lines_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    result = run(tmp_path, f'{HEADER},note\n{WELL},"one\ntwo"\n{WELL},\nx,97,1,false,120,70,A,37,\n')
    assert "line 5, column respiration_per_min" in result.stderr
