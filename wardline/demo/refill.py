"""Filling large tables as fast as PostgreSQL can, without ever leaving one half done.

One transaction for a table: its indexes and foreign keys are taken down, the rows are copied into a new file (frozen, so
that nobody has to visit them again), and what was taken down is put back from its own definition. Putting a foreign key
back makes PostgreSQL look for rows that break it; CHECK constraints hold for every row as it comes in. Whoever breaks
the work off finds the table as it was before.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from typing import TypeVar

import psycopg
from msgspec import Struct
from psycopg import sql

from wardline.demo.book import copy_statement
from wardline.demo.columns import HEADER, TRAILER

T = TypeVar("T")
CHUNKS_AHEAD_MAX = 3
FULL = 100

FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, confrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0 AND %(table)s::regclass IN (conrelid, confrelid) ORDER BY 1, 3
"""
INDEXES = """
    SELECT i.indexrelid::regclass::text, c.relname, k.conname IS NOT NULL, i.indisprimary,
           coalesce(pg_get_constraintdef(k.oid) || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', ''),
                    pg_get_indexdef(i.indexrelid))
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
     WHERE i.indrelid = %(table)s::regclass ORDER BY i.indisprimary DESC, c.relname
"""
# Wide columns first, then texts, so that no octet between two is empty; last those that no row has a value in, for whatever
# stands behind a missing value is found more slowly.
COLUMNS_PACKED = """
    SELECT format('%%I %%s%%s%%s', a.attname, format_type(a.atttypid, a.atttypmod),
                  ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
                  CASE WHEN a.attnotnull THEN coalesce(' CONSTRAINT ' || quote_ident(k.conname), '') || ' NOT NULL' END), a.attname
      FROM pg_attribute a
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
     WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY NOT (a.attnotnull OR a.attname = ANY (%(filled)s)), a.attlen < 0, (a.attlen & -a.attlen) DESC,
              NOT a.attnotnull, a.attnum
"""
CHECKS = """
    SELECT format('CONSTRAINT %%I %%s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
     WHERE conrelid = %(table)s::regclass AND contype = 'c' ORDER BY conname
"""
BOUND = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = %(table)s::regclass"


class ForeignKey(Struct, frozen=True):
    """A foreign key as the catalogue describes it."""

    table: str
    target: str
    name: str
    definition: str


class Index(Struct, frozen=True):
    """An index, or the constraint that it stands for."""

    path: str
    name: str
    is_constraint: bool
    is_primary: bool
    definition: str


def table_name(table: str) -> sql.Identifier:
    """`schema.table`, quoted."""
    return sql.Identifier(*table.split("."))


def said(text: str) -> sql.SQL:
    """A part of a statement that the catalogue itself wrote."""
    return sql.SQL(text)  # pyright: ignore[reportArgumentType]


# --- a table -------------------------------------------------------------------------------------------------------------
@contextmanager
def refilled(connection: psycopg.Connection, table: str, *, full: frozenset[str] = frozenset()) -> Generator[None]:
    """Inside, rows may be copied into the table with `copy_frozen`; afterwards everything is as it was, with the rows. The
    indexes named in `full` are packed without room, which those that only grow at their ends do not need.

    What the table held before stays. Must be the first thing of its transaction, which holds the table, and every one
    that its foreign keys lead to or from, for itself.
    """
    keys = [ForeignKey(*row) for row in connection.execute(FOREIGN_KEYS, {"table": table}).fetchall()]
    held = sorted({table, *(key.table for key in keys), *(key.target for key in keys)})
    # In one order, so that two such transactions never wait for each other in a circle.
    names = sql.SQL(", ").join(map(table_name, held))
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    indexes = indexes_of(connection, table)
    _renew(connection, table, indexes)
    _take_down(connection, table, keys, indexes)
    yield
    for index in indexes:
        put_up(connection, table, packed(index, FULL) if index.name in full else index)
    _say(connection, "ALTER TABLE {} ENABLE TRIGGER USER", table)
    _say(connection, "ANALYZE {}", table)
    for key in keys:
        add_foreign_key(connection, key.table, key)


def indexes_of(connection: psycopg.Connection, table: str) -> list[Index]:
    """The table's indexes, the primary key first."""
    return [Index(*row) for row in connection.execute(INDEXES, {"table": table}).fetchall()]


def _renew(connection: psycopg.Connection, table: str, indexes: list[Index]) -> None:
    """Move the table's rows, if any, into a new file: only into a file of its own transaction may frozen rows come."""
    primary = next(index for index in indexes if index.is_primary)
    statement = sql.SQL("CLUSTER {} USING {}").format(table_name(table), sql.Identifier(primary.name))
    connection.execute(statement)


def _take_down(connection: psycopg.Connection, table: str, keys: list[ForeignKey], indexes: list[Index]) -> None:
    for key in keys:
        _say(connection, "ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.name)
    for index in indexes:
        if index.is_constraint:
            _say(connection, "ALTER TABLE {} DROP CONSTRAINT {}", table, index.name)
        else:
            connection.execute(sql.SQL("DROP INDEX {}").format(said(index.path)))
    _say(connection, "ALTER TABLE {} DISABLE TRIGGER USER", table)


def put_up(connection: psycopg.Connection, table: str, index: Index) -> None:
    """The index, or its constraint, made from its definition."""
    if index.is_constraint:
        _say(connection, "ALTER TABLE {} ADD CONSTRAINT {} " + index.definition, table, index.name)
    else:
        connection.execute(said(index.definition))


def add_foreign_key(connection: psycopg.Connection, table: str, key: ForeignKey) -> None:
    """The foreign key; PostgreSQL refuses when a row breaks it."""
    _say(connection, "ALTER TABLE {} ADD CONSTRAINT {} " + key.definition, table, key.name)


def packed(index: Index, fillfactor: int) -> Index:
    """The same index, packed as said."""
    if "fillfactor" in index.definition:
        return index
    storage = f" WITH (fillfactor='{fillfactor}')"
    if index.is_constraint:
        return Index(index.path, index.name, True, index.is_primary, index.definition + storage)
    columns, where, condition = index.definition.partition(" WHERE ")
    return Index(index.path, index.name, False, False, f"{columns}{storage}{where}{condition}")


def _say(connection: psycopg.Connection, statement: str, table: str, *names: str) -> None:
    connection.execute(said(statement).format(table_name(table), *map(sql.Identifier, names)))


# --- a partition ---------------------------------------------------------------------------------------------------------
@contextmanager
def refilled_partition(
    connection: psycopg.Connection, parent: str, partition: str, filled: Sequence[str], *, is_over: bool
) -> Generator[str]:
    """The same for one partition, while others of the same parent are being filled: gives the table to copy into.

    That is a new one beside it. At the end it takes the place, the name and the indexes' names of the partition. One whose
    time is over gets no more rows: its indexes have no room for any, and its columns stand where they take the least.
    `filled` names the columns that will be copied.
    """
    new = f"{partition}_new"
    bound = connection.execute(BOUND, {"table": partition}).fetchone()
    keys = [ForeignKey(*row) for row in connection.execute(FOREIGN_KEYS, {"table": parent}).fetchall()]
    assert bound is not None
    columns = _create_beside(connection, partition, new, filled, packed=is_over)
    yield new
    # By name: the order may be another one.
    keep = "INSERT INTO {new} ({columns}) SELECT {columns} FROM {old}"
    connection.execute(said(keep).format(new=table_name(new), old=table_name(partition), columns=columns))
    indexes = indexes_of(connection, partition)
    for index in indexes:
        put_up(connection, new, _beside(index, new, FULL if is_over else None))
    _say(connection, "ANALYZE {}", new)
    # From here on one after the other: only one may change the parent.
    names = sql.SQL(", ").join(map(table_name, sorted({key.target for key in keys})))
    alone = sql.SQL("LOCK TABLE {}, ONLY {} IN ACCESS EXCLUSIVE MODE")
    connection.execute(alone.format(names, table_name(parent)))
    # Row by row through the key: the table behind it is many times as large as the partition.
    connection.execute("SET LOCAL enable_hashjoin = off")
    connection.execute("SET LOCAL enable_mergejoin = off")
    for key in keys:
        add_foreign_key(connection, new, key)
    _say(connection, "DROP TABLE {}", partition)
    _say(connection, "ALTER TABLE {} RENAME TO {}", new, partition.rpartition(".")[2])
    for index in indexes:
        path = table_name(f"{partition.partition('.')[0]}.{_new_name(index)}")
        connection.execute(sql.SQL("ALTER INDEX {} RENAME TO {}").format(path, sql.Identifier(index.name)))
    attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} {}")
    connection.execute(attach.format(table_name(parent), table_name(partition), said(bound[0])))


def _create_beside(
    connection: psycopg.Connection, partition: str, new: str, filled: Sequence[str], *, packed: bool
) -> sql.Composed:
    """An empty table of the same columns and checks, and those columns' names."""
    columns = connection.execute(COLUMNS_PACKED, {"table": partition, "filled": list(filled)}).fetchall()
    if packed:
        checks = connection.execute(CHECKS, {"table": partition}).fetchall()
        parts = sql.SQL(", ").join(said(part) for part, *_ in (*columns, *checks))
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table_name(new), parts))
    else:
        like = "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS)"
        connection.execute(said(like).format(table_name(new), table_name(partition)))
    return sql.SQL(", ").join(sql.Identifier(name) for _, name in columns)


def _new_name(index: Index) -> str:
    return f"new_{index.name}"[:63]


def _beside(index: Index, table: str, fillfactor: int | None) -> Index:
    """The same index of another table, packed as said, under a name of its own."""
    packed = f" WITH (fillfactor='{fillfactor}')" if fillfactor else ""
    if index.is_constraint:
        return Index(index.path, _new_name(index), True, index.is_primary, index.definition + packed)
    unique = "UNIQUE " if index.definition.startswith("CREATE UNIQUE") else ""
    method, where, condition = index.definition.partition(" USING ")[2].partition(" WHERE ")
    definition = f'CREATE {unique}INDEX "{_new_name(index)}" ON {table} USING {method}{packed}{where}{condition}'
    return Index(index.path, _new_name(index), False, False, definition)


# --- rows ----------------------------------------------------------------------------------------------------------------
def copy_frozen(connection: psycopg.Connection, table: str, columns: Iterable[str], chunks: Iterable[bytes]) -> None:
    """One COPY of rows in binary, made ahead while the server takes in those before."""
    statement = sql.SQL("{} (FORMAT binary, FREEZE)").format(copy_statement(table, columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copying:
        copying.write(HEADER)
        for chunk in ahead(chunks):
            copying.write(chunk)
        copying.write(TRAILER)


def ahead(chunks: Iterable[T]) -> Iterator[T]:
    """The same, up to three of them made before they are asked for, by a thread of its own."""
    made: Queue[T | BaseException | None] = Queue(CHUNKS_AHEAD_MAX)
    left = False

    def make() -> None:
        try:
            for chunk in chunks:
                made.put(chunk)
                if left:
                    return
        except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
            made.put(error)
        else:
            made.put(None)

    maker = Thread(target=make, daemon=True)
    maker.start()
    try:
        while (chunk := made.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk
    finally:
        left = True
        while maker.is_alive():
            while not made.empty():
                made.get_nowait()
            maker.join(0.01)
