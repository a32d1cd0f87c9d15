"""What every test may ask for. The database is real; fixtures of single slices live beside their tests."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from tests.client import Client, running
from tests.database import TestDatabase, TestServer, clone, running_server
from wardline.platform.settings import Settings

_server = pytest.StashKey[ExitStack]()
_address = pytest.StashKey[TestServer]()


def pytest_configure(config: pytest.Config) -> None:
    """Under pytest-xdist the controller starts the one server; a worker is told where it is."""
    for processor in structlog.get_config()["processors"]:
        if isinstance(processor, structlog.dev.ConsoleRenderer):
            # A traceback with all local variables takes seconds to draw here.
            processor.exception_formatter = structlog.dev.plain_traceback
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is not None:
        config.stash[_address] = TestServer(told["server_url"], told["server_template"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Runs in the controller for each worker it is about to start."""
    server = started_server(node.config)
    node.workerinput |= {"server_url": server.url, "server_template": server.template}


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server ends with the process that started it."""
    if _server in config.stash:
        config.stash[_server].close()


def started_server(config: pytest.Config) -> TestServer:
    """The server of this test run, started by whoever needs it first."""
    if _address not in config.stash:
        config.stash[_server] = ExitStack()
        config.stash[_address] = config.stash[_server].enter_context(running_server())
    return config.stash[_address]


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> TestServer:
    """The server of this test run."""
    return started_server(request.config)


@pytest.fixture(scope="session")
def database(database_server: TestServer) -> Iterator[TestDatabase]:
    """The database that this process's tests share: what a test commits stays, so it uses ids of its own."""
    with clone(database_server, os.environ.get("PYTEST_XDIST_WORKER", "one")) as cloned:
        yield cloned


@pytest.fixture
def fresh_database(database_server: TestServer) -> Iterator[TestDatabase]:
    """A database for one test alone: for concurrency, counts over whole tables, migrations."""
    with clone(database_server, "fresh") as cloned:
        yield cloned


@pytest.fixture
async def db_owner(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the owner. Row-level security does not bind it; what it writes is committed."""
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


@pytest.fixture
async def db_app(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the web server's role, bound by row-level security."""
    connection = await asyncpg.connect(database.app)
    yield connection
    await connection.close()


@pytest.fixture
async def db_undone(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the owner inside a transaction that is rolled back after the test."""
    connection = await asyncpg.connect(database.owner)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def settings(database: TestDatabase, tmp_path: Path) -> Settings:
    """Settings of a Wardline on the shared test database, with a data folder of its own."""
    return Settings(
        data=tmp_path,
        secret="a secret that only this test run knows",
        database_url=database.owner,
        app_database_url=database.app,
    )


@pytest.fixture(scope="session")
async def client(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The application behind its front door, with a small network in the shared database."""
    async with running(database, tmp_path_factory.mktemp("data")) as running_client:
        yield running_client
