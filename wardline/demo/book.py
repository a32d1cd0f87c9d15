"""Rows of every table before they are written, and writing them with COPY."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql

# The order in which the tables may be filled: what is referred to comes first.
TABLES = (
    "identity.region",
    "identity.hospital",
    "identity.department",
    "identity.ward",
    "identity.room",
    "identity.staff",
    "identity.assignment",
    "patients.person",
    "patients.mrn_counter",
    "patients.registration",
    "patients.contact",
    "patients.allergy",
    "patients.immunization",
    "encounters.encounter",
    "encounters.current",
    "encounters.problem",
    "encounters.problem_change",
    "encounters.procedure",
    "beds.bed",
    "beds.occupancy",
    "beds.reservation",
    "beds.bed_event",
    "tasks.task",
    "tasks.step",
    "vitals.observation_set",
    "stock.store",
    "stock.product",
    "stock.lot",
    "stock.supplier",
    "stock.shelf",
    "stock.transfer",
    "stock.transfer_line",
    "stock.purchase",
    "stock.purchase_line",
    "stock.entry",
    "orders.medicine",
    "orders.step",
    "orders.verification",
    "orders.measure",
    "mar.plan",
    "mar.dose",
    "mar.administration",
    "mar.step",
    "lab.request",
    "lab.specimen",
    "lab.result",
    "lab.result_event",
    "lab.critical_call",
    "notes.note",
    "notes.passage",
    "notes.revision",
)
LINES_OF_CHUNK = 4000
# These keep patient search up to date row by row; a bulk load into empty tables does it once at the end instead.
ROW_TRIGGERS = ("patients.person", "patients.registration")


class Book:
    """Rows by table. Every row of a table names the same columns."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        self.columns: dict[str, tuple[str, ...]] = {}

    def add(self, table: str, **values: Any) -> None:
        """One row by column; a column that Python has a word for is written with an underscore behind it."""
        columns = self.columns.setdefault(table, tuple(values))
        assert columns == tuple(values), f"{table}: {set(columns) ^ set(values)}"
        self.rows[table].append(tuple(values.values()))

    def counts(self) -> dict[str, int]:
        """How many rows each table gets."""
        return {table: len(rows) for table, rows in self.rows.items() if rows}


def write(book: Book, connection: psycopg.Connection) -> None:
    """Copies everything inside the connection's transaction."""
    for table in TABLES:
        if book.rows[table]:
            copy(connection, table, book.columns[table], book.rows[table])


def copy(connection: psycopg.Connection, table: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """One COPY of these rows."""
    with connection.cursor() as cursor, cursor.copy(copy_statement(table, columns)) as copying:
        for row in rows:
            copying.write_row(row)


def copy_text(
    connection: psycopg.Connection, table: str, columns: Iterable[str], values: Sequence[Sequence[str]]
) -> None:
    """One COPY of whole columns whose texts need no escape: made-up names and numbers hold no tab and no backslash."""
    with connection.cursor() as cursor, cursor.copy(copy_statement(table, columns)) as copying:
        for start in range(0, len(values[0]), LINES_OF_CHUNK):
            chunk = zip(*(column[start : start + LINES_OF_CHUNK] for column in values), strict=True)
            copying.write("\n".join(map("\t".join, chunk)) + "\n")


def copy_statement(table: str, columns: Iterable[str]) -> sql.Composed:
    """COPY of these columns from here; `class_` is the column `class`."""
    names = sql.SQL(", ").join(sql.Identifier(column.rstrip("_")) for column in columns)
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*table.split(".")), names)


def row_triggers(connection: psycopg.Connection, *, on: bool) -> None:
    """Switch the triggers of patient search off for a bulk load, and on again."""
    for table in ROW_TRIGGERS:
        verb = sql.SQL("ENABLE" if on else "DISABLE")
        connection.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(*table.split(".")), verb))
