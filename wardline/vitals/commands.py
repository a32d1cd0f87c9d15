"""Command line: lets a hospital's safety officer run their own cases through the score that the wards use."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

import click

from wardline.vitals.limits import refusals
from wardline.vitals.models import Consciousness, Signs, SpO2Scale
from wardline.vitals.rules import band_of, response_line, score_set

COLUMNS = (
    "respiration_per_min",
    "spo2_percent",
    "spo2_scale",
    "on_oxygen",
    "systolic_mmhg",
    "pulse_per_min",
    "consciousness",
    "temperature_celsius",
)
RESULT_COLUMNS = ("score", "complete", "band", "response")
WHOLE_NUMBER = re.compile(r"[0-9]{1,4}(\.0{1,4})?")
DECIMAL_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
PROBLEMS_SHOWN_MAX = 20
FILE_BYTES_MAX = 64 * 1024 * 1024
Value = TypeVar("Value")


class BadFile(click.ClickException):
    """The file cannot be scored; nothing has been written to standard output."""

    exit_code = 2


class CellError(ValueError):
    """One cell is not what its column holds; the message says what it should be."""


class Cells(dict[str, str]):
    """A row by column name, trimmed; a column that the row is too short for reads as empty."""

    def __missing__(self, column: str) -> str:
        return ""


@click.group()
def checks() -> None:
    """Checks that a hospital runs on its own cases before it relies on a rule."""


@checks.command()
@click.argument("file", type=click.File("rb"))
def news2(file: BinaryIO) -> None:
    """Score each row of the CSV FILE ("-" reads standard input) with NEWS2 and write it to standard output.

    Columns, in any order: respiration_per_min, spo2_percent, spo2_scale (1 or 2, empty is 1), on_oxygen (true or
    false), systolic_mmhg, pulse_per_min, consciousness (A, C, V, P or U), temperature_celsius. An empty cell is a
    missing sign. Other columns are kept. Added: score ("8+" while signs are missing: it can only rise), complete,
    band, response. A bad cell ends with exit code 2 and says its line and column.
    """
    header, rows = _read(file)
    click.echo(_scored(header, rows), nl=False)


def _read(file: BinaryIO) -> tuple[list[str], list[tuple[int, list[str]]]]:
    content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise BadFile(f"The file is larger than {FILE_BYTES_MAX // 1024 // 1024} MB: split it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(f"line {line}: the file is not UTF-8: save it as CSV UTF-8.") from error
    try:
        rows = [(line, row) for line, row in _numbered(text) if len(row) > 1 or any(map(str.strip, row))]
    except csv.Error as error:
        raise BadFile(f"The file is not readable as CSV: {error}.") from error
    if not rows:
        raise BadFile(f"The file is empty: the first line must name the columns {', '.join(COLUMNS)}.")
    (line, names), *cases = rows
    header = [name.strip() for name in names]
    _require_columns(line, header)
    return header, cases


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins, as an editor counts lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _require_columns(line: int, header: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise BadFile(f"line {line}: the column {', '.join(missing)} is missing (found: {', '.join(header)}).")
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if twice:
        raise BadFile(f"line {line}: the column {', '.join(twice)} is there twice.")


def _scored(header: list[str], rows: list[tuple[int, list[str]]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*header, *RESULT_COLUMNS])
    problems: list[str] = []
    for line, row in rows:
        signs, found = _signs_of(header, row)
        problems += [f"line {line}, column {column}: {problem}" for column, problem in found.items()]
        if not found:
            padded = row + [""] * (len(header) - len(row))
            writer.writerow([*padded, *_results(signs)])
    if problems:
        more = len(problems) - PROBLEMS_SHOWN_MAX
        shown = problems[:PROBLEMS_SHOWN_MAX] + ([f"and {more} more"] if more > 0 else [])
        raise BadFile("\n".join(["nothing was scored, please correct:", *shown]))
    return written.getvalue()


def _results(signs: Signs) -> list[str]:
    score = score_set(signs)
    band = band_of(score)
    return [
        score.label,
        "true" if score.complete else "false",
        band.in_words if band else "incomplete",
        response_line(score),
    ]


def _signs_of(header: list[str], row: list[str]) -> tuple[Signs, dict[str, str]]:
    """The row's signs, and what is wrong with it by column."""
    if len(row) > len(header):
        return Signs(), {str(len(header) + 1): f"the line has {len(row)} cells, the header {len(header)}"}
    cells = Cells(zip(header, (cell.strip() for cell in row), strict=False))
    problems: dict[str, str] = {}
    signs = Signs(
        respiration_per_min=_tried(problems, cells, "respiration_per_min", _whole),
        spo2_percent=_tried(problems, cells, "spo2_percent", _whole),
        spo2_scale=_tried(problems, cells, "spo2_scale", _scale) or SpO2Scale.ONE,
        on_oxygen=_tried(problems, cells, "on_oxygen", _true_or_false),
        systolic_mmhg=_tried(problems, cells, "systolic_mmhg", _whole),
        pulse_per_min=_tried(problems, cells, "pulse_per_min", _whole),
        consciousness=_tried(problems, cells, "consciousness", _consciousness),
        temperature_celsius=_tried(problems, cells, "temperature_celsius", _decimal),
    )
    return signs, problems or refusals(signs)


def _tried(problems: dict[str, str], cells: Cells, column: str, read: Callable[[str], Value]) -> Value | None:
    if not cells[column]:
        return None
    try:
        return read(cells[column])
    except CellError as problem:
        problems[column] = str(problem)
        return None


def _whole(cell: str) -> int:
    if not WHOLE_NUMBER.fullmatch(cell):
        raise CellError(f"{cell!r} is not a whole number")
    return int(cell.partition(".")[0])


def _decimal(cell: str) -> float:
    if not DECIMAL_NUMBER.fullmatch(cell):
        raise CellError(f"{cell!r} is not a number such as 38.4")
    return float(cell)


def _scale(cell: str) -> SpO2Scale:
    if cell not in {"1", "2"}:
        raise CellError(f"{cell!r} is not 1 or 2")
    return SpO2Scale(int(cell))


def _true_or_false(cell: str) -> bool:
    if cell.lower() not in {"true", "false"}:
        raise CellError(f"{cell!r} is not true or false")
    return cell.lower() == "true"


def _consciousness(cell: str) -> Consciousness:
    if cell.upper() not in {level.value for level in Consciousness}:
        raise CellError(f"{cell!r} is not A, C, V, P or U")
    return Consciousness(cell.upper())
