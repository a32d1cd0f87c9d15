"""A demo network in a database of its own, and the application in front of it."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.client import unhurried
from tests.database import TestDatabase, TestServer, clone
from wardline.app import App
from wardline.demo import seed
from wardline.platform.database import Addresses
from wardline.platform.settings import Settings


class Seeded:
    """The seeded database, what was written, and a connection to look at it."""

    def __init__(self, database: TestDatabase, settings: Settings, counts: dict[str, int]) -> None:
        self.database, self.settings, self.counts = database, settings, counts

    def value(self, sql: str) -> object:
        with psycopg.connect(self.database.owner) as connection:
            row = connection.execute(sql).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue]
        return row[0] if row else None

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database.owner) as connection:
            return connection.execute(sql).fetchall()  # pyright: ignore[reportArgumentType, reportCallIssue]


@contextmanager
def network(database_server: TestServer, folder: Path) -> Generator[Seeded]:
    """A demo network in a new database."""
    with clone(database_server, "demo") as database:
        settings = Settings(data=folder, secret="a secret that only this test run knows")
        yield Seeded(database, settings, seed.ensure(settings, database.owner))


@asynccontextmanager
async def front_door(seeded: Seeded, folder: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The application on that database."""
    settings = Settings(data=folder, secret="test-secret-of-thirty-two-characters", database_connections_max=4)
    app = unhurried(App(settings, Addresses(seeded.database.owner, seeded.database.app)))
    await app.start()
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://wardline.test") as http:
            yield http
    finally:
        await app.stop()


@pytest.fixture(scope="session")
def seeded(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """To look at; what changes something takes a network of its own."""
    with network(database_server, tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="session")
async def demo_http(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with front_door(seeded, tmp_path_factory.mktemp("demo-web")) as http:
        yield http
