"""What the pool's connections are when they are handed on, and what a silent database costs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.database import TestDatabase
from wardline.platform import db
from wardline.platform.db import Db, Pool
from wardline.platform.ids import new_id


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[Pool]:
    made = Pool(database.app, size=1)
    yield made
    await made.close()


async def test_after_a_statement_that_failed_nobody_sees_the_rows_of_whom_it_served(pool: Pool) -> None:
    """Not even who asks in nobody's scope: what the connection is set to is not known then."""
    tenant_id, now = new_id(), "SELECT current_setting('app.hospital_id', true)"
    assert await Db(pool, tenant_id).fetchval(now) == str(tenant_id)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await Db(pool, tenant_id).open("SELECT 1 / 0", [])
    assert await Db(pool, None).fetchval(now) == ""
    assert await Db(pool, tenant_id).fetchval(now) == str(tenant_id)


async def test_a_connection_that_gets_no_answer_while_it_is_set_up_is_given_up(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[asyncpg.Connection] = []

    async def silence(connection: asyncpg.Connection, *_: Any, **__: Any) -> None:
        begun.append(connection)
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncpg.Connection, "set_type_codec", silence)
    monkeypatch.setattr(db, "ANSWER_SECONDS_MAX", 0.05)
    pool = Pool(database.app, size=1, answer_seconds_max=None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool.acquire(), 20)
    assert [connection.is_closed() for connection in begun] == [True]
    assert pool.opened == 0
