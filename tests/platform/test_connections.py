"""What the pool's connections are when they are handed on, and what a silent database costs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.database import TestDatabase
from wardline.app import load_routes
from wardline.mar.queries import giving
from wardline.platform import db
from wardline.platform.db import QUERIES, Db, Pool
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


async def test_a_dose_given_in_one_hospital_leaves_its_scope_to_no_reader_of_another(pool: Pool) -> None:
    here, there, now = new_id(), new_id(), "SELECT current_setting('app.hospital_id', true)"
    assert await Db(pool, here).fetchval(now) == str(here)
    async with pool.held() as held, held.connection.transaction():  # as the door writes
        await held.connection.fetchrow("SELECT * FROM platform.open_write($1, $2, 'x', NULL, '')", there, new_id())
        assert await giving(Db(pool, there, held), hospital_id=there, dose_id=new_id(), medicine_id=None) is None
    assert await Db(pool, here).fetchval(now) == str(here)


async def test_whatever_sets_the_scope_of_a_connection_is_declared_to_do_so(database: TestDatabase) -> None:
    """Else the pool remembers another scope than the connection has, and the next reader is shown another hospital's rows,
    or none: after a dose was given in one hospital a bed of another "did not exist"."""
    load_routes()
    connection = await asyncpg.connect(database.owner)
    try:
        setting = await connection.fetch(
            "SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE p.prosrc ~ 'set_config\\(''app\\.hospital_id''[^;]*false\\)'"
        )
        functions = {str(row[0]) for row in setting}
        assert "mar.look_at_dose" in functions
        functions |= {
            str(row[0])
            for row in await connection.fetch(
                "SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                " WHERE p.prosrc ~ ANY ($1::text[])",
                [f"{name.replace('.', '[.]')}\\s*\\(" for name in functions],
            )
        }
    finally:
        await connection.close()
    sets = [
        declared
        for declared in QUERIES
        if ("set_config(" in declared.sql and "false)" in declared.sql)
        or any(f"{name}(" in declared.sql for name in functions)
    ]
    assert len(sets) >= 5
    assert [declared.name for declared in sets if not declared.opens] == []


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
