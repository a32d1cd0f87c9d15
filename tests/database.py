"""The real PostgreSQL of a test run: one server, one migrated template, a clone of it wherever rows are committed."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg import sql

from wardline.platform import database, migrate, postgres

TEMPLATE = f"wardline_template_{os.getpid()}"
_numbers = itertools.count(1)


class TestServer(msgspec.Struct, frozen=True):
    """A server with a migrated template. The address is that of an account that may create databases and roles."""

    __test__ = False

    url: str
    template: str


class TestDatabase(msgspec.Struct, frozen=True):
    """One database of a test: the same two addresses that Wardline has."""

    __test__ = False

    name: str
    owner: str
    app: str


@contextmanager
def running_server() -> Generator[TestServer]:
    """The server named in WARDLINE_TEST_DATABASE_URL, or an embedded one that is gone afterwards."""
    given = os.environ.get("WARDLINE_TEST_DATABASE_URL")
    if given:
        with _template(given) as server:
            yield server
        return
    folder = Path(tempfile.mkdtemp(prefix="wardline-test-"))
    folder.chmod(0o711)
    embedded = postgres.Server(folder / "postgres", durable=False, options={"max_connections": "300"})
    try:
        embedded.start()
        embedded.wait_ready()
        with _template(embedded.url) as server:
            yield server
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def clone(server: TestServer, label: str) -> Generator[TestDatabase]:
    """A database of its own, a copy of the migrated template, dropped afterwards."""
    name = f"wardline_test_{os.getpid()}_{label}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY OWNER {}")
        identifiers = map(sql.Identifier, (name, server.template, database.OWNER))
        connection.execute(create.format(*identifiers))
    try:
        yield TestDatabase(name, _address(server.url, database.OWNER, name), _address(server.url, database.APP, name))
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _template(url: str) -> Generator[TestServer]:
    database.prepare_embedded(url, TEMPLATE)
    _give_passwords(url)
    try:
        migrate.upgrade(_address(url, database.OWNER, TEMPLATE))
        yield TestServer(url, TEMPLATE)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))


def _give_passwords(url: str) -> None:
    """On a server that asks for passwords both roles get the one of the account that was given."""
    if password := urlsplit(url).password:
        with psycopg.connect(url, autocommit=True) as connection:
            for role in (database.OWNER, database.APP):
                change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(unquote(password))
                )
                connection.execute(change)


def _address(url: str, user: str, name: str) -> str:
    """The same server for another role."""
    parts = urlsplit(url)
    password = f":{parts.password}" if parts.password else ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}{password}@{host}", path=f"/{name}"))
