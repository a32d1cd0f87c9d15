"""Counting what a request asks of the database: `queries_at_most(client, 4)` around a call."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tests.client import Client
from wardline.platform import db

# The insert that requests share, and what the driver asks once for each connection.
SHARED = (
    "INSERT INTO audit.entry",
    "WITH RECURSIVE typeinfo_tree",
    "SELECT current_setting('jit')",
    "CREATE FUNCTION pg_temp.",
)
_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)
_watched: set[int] = set()
_connect = db.connect


@contextmanager
def queries_at_most(client: Client, most: int) -> Generator[list[str]]:
    """Fail when the calls inside need more round trips than `most`; background work and shared inserts do not count."""
    for held in client.app.pool._free:
        _watch(held.connection)
    statements: list[str] = []
    token = _counted.set(statements)
    db.connect = _connect_and_watch
    try:
        yield statements
    finally:
        db.connect = _connect
        _counted.reset(token)
    asked = [" ".join(statement.split()) for statement in statements]
    counted = [statement for statement in asked if not statement.startswith(SHARED)]
    assert len(counted) <= most, f"{len(counted)} round trips, at most {most} wanted:\n" + "\n".join(counted)


async def _connect_and_watch(url: str, **options: Any) -> Any:
    connection = await _connect(url, **options)
    _watch(connection)
    return connection


def _watch(connection: Any) -> None:
    if id(connection) not in _watched:
        _watched.add(id(connection))
        connection.add_query_logger(_note)


def _note(record: Any) -> None:
    counted = _counted.get()
    if counted is not None:
        counted.append(record.query)
