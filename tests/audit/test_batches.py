"""The record's batches: nobody goes on before their own entry is committed, and a process commits so often only."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.database import TestDatabase
from wardline.audit import public
from wardline.audit.public import Entry, Ledger
from wardline.platform.db import Pool
from wardline.platform.errors import Busy, Problem
from wardline.platform.http import Caller
from wardline.platform.ids import new_id

NOBODY = Caller(
    id=new_id(), tenant_id=new_id(), session_id=new_id(), role="nurse", permissions=frozenset(),
    permission_class="nurse", display_name="A. Nurse",
)  # fmt: skip


@pytest.fixture
async def ledger(fresh_database: TestDatabase) -> AsyncIterator[Ledger]:
    pool = Pool(fresh_database.app, size=4)
    yield Ledger(pool)
    await pool.close()


@pytest.fixture
async def owner(fresh_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database.owner)
    yield connection
    await connection.close()


def noted(ledger: Ledger, request_id: str) -> "asyncio.Task[None]":
    return asyncio.create_task(ledger.note(NOBODY, "session.used", request_id, "a test"))


async def recorded(owner: asyncpg.Connection) -> list[str]:
    return [row["request_id"] for row in await owner.fetch("SELECT request_id FROM audit.entry ORDER BY request_id")]


async def until_somebody_waits(owner: asyncpg.Connection) -> None:
    async with asyncio.timeout(10):
        while not await owner.fetchval(  # noqa: ASYNC110 - the database has no event for it
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit.entry'::regclass"
        ):
            await asyncio.sleep(0.01)


async def test_what_comes_during_a_commit_waits_for_its_own(ledger: Ledger, owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("LOCK TABLE audit.entry IN SHARE MODE")
        first = noted(ledger, "1")
        await until_somebody_waits(owner)
        others = [noted(ledger, "2"), noted(ledger, "3")]
        await asyncio.wait([first, *others], timeout=0.1)
        assert not any(each.done() for each in (first, *others))
    await asyncio.gather(first, *others)
    assert await recorded(owner) == ["1", "2", "3"]
    assert (ledger.flushes, ledger.flushed_entries) == (2, 3)


async def test_what_comes_in_one_turn_of_the_loop_is_one_batch(ledger: Ledger, owner: asyncpg.Connection) -> None:
    await asyncio.gather(*(noted(ledger, str(number)) for number in range(5)))
    assert len(await recorded(owner)) == 5
    assert ledger.flushes == 1


async def test_batches_begin_apart_unless_one_is_full(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "APART_SECONDS", 60)
    monkeypatch.setattr(public, "BATCH_ENTRIES_MAX", 2)
    ledger._began_at = asyncio.get_running_loop().time() - 60
    await noted(ledger, "1")  # at once
    second = noted(ledger, "2")
    await asyncio.wait([second], timeout=0.1)
    assert not second.done()
    await asyncio.gather(second, noted(ledger, "3"))
    assert (ledger.flushes, ledger.flushed_entries) == (2, 3)
    assert ledger._beginning is None


async def test_who_leaves_does_not_take_the_others_along(ledger: Ledger, owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("LOCK TABLE audit.entry IN SHARE MODE")
        gone, stays = noted(ledger, "1"), noted(ledger, "2")
        await until_somebody_waits(owner)
        gone.cancel()
        await asyncio.wait([gone])
        assert not stays.done()
    await stays
    assert gone.cancelled()
    assert await recorded(owner) == ["1", "2"]


async def test_a_batch_that_hangs_does_not_hold_up_the_next(
    ledger: Ledger, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, goes_on = ledger._insert, asyncio.Event()

    async def hangs_once(batch: list[Entry]) -> Problem | None:
        monkeypatch.setattr(ledger, "_insert", insert)
        await goes_on.wait()
        return await insert(batch)

    monkeypatch.setattr(ledger, "_insert", hangs_once)
    first = noted(ledger, "1")
    await asyncio.sleep(0)
    await asyncio.wait_for(noted(ledger, "2"), 10)
    assert not first.done()
    assert await recorded(owner) == ["2"]
    goes_on.set()
    await first
    assert await recorded(owner) == ["1", "2"]


async def test_everybody_of_a_batch_that_fails_is_told(ledger: Ledger, owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER TABLE audit.entry RENAME TO entry_away")
    told = await asyncio.gather(noted(ledger, "1"), noted(ledger, "2"), return_exceptions=True)
    assert [type(each) for each in told] == [Busy, Busy]
    await owner.execute("ALTER TABLE audit.entry_away RENAME TO entry")
    await ledger.note(NOBODY, "session.used", "3", "a test")
    assert await recorded(owner) == ["3"]
