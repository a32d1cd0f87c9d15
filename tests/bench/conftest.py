"""A seeded network, served on a real port, for the rig to work on."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from tests.bench.proxy import Proxy, proxied
from tests.conftest import started_server
from tests.database import TestDatabase, clone
from tests.served import served
from wardline.demo import masses
from wardline.demo.accounts import PASSWORD
from wardline.identity.passwords import hash_now
from wardline.platform.settings import Settings

PEOPLE = 1_500


@pytest.fixture(scope="session")
def network(request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    """One hospital with eight wards full of people."""
    with clone(started_server(request.config), "load") as database:
        masses.fill(database.owner, masses.Plan(PEOPLE), password_hash=hash_now(PASSWORD), now=datetime.now(UTC))
        yield database


@pytest.fixture(scope="session")
async def site(network: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where it is served."""
    async with served(network, tmp_path_factory.mktemp("load")) as running:
        yield running.address


@pytest.fixture
async def proxy(site: str) -> AsyncIterator[Proxy]:
    """A line to it that a test can spoil."""
    async with proxied(site) as made:
        yield made


@pytest.fixture
def network_settings(network: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings with which the rig finds the database."""
    return Settings(
        data=tmp_path_factory.mktemp("rig"),
        secret="a secret that only this test run knows",
        database_url=network.owner,
        app_database_url=network.app,
    )
