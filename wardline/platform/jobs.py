"""Work after the answer: declared jobs, events' subscribers and regular ticks; enqueueing; what was given up.

A job is enqueued in the transaction of the write that wants it, so it exists exactly when the write does. It may run
more than once: a job must stand being repeated. It is tried at most five times, then somebody named has to look at it.
"""

import asyncio
import typing
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from wardline.platform import clock
from wardline.platform.db import Db, Pool, query
from wardline.platform.enqueue import defer, encode
from wardline.platform.errors import NotFound
from wardline.platform.http import Caller, Change, Context

TRIES_MAX = 5
SECONDS_MAX = 60
OWNER = "network_administrator"
SYSTEM = UUID(int=0)
LEADER_LOCK = 712_604_010  # held by the worker that runs the ticks

RESTS = 4  # as long as the work before it
RESTS_SECONDS_MAX = 20.0  # of one tick

Run = TypeVar("Run", bound=Callable[..., Awaitable[None]])
Item = TypeVar("Item")


class Closing(Protocol):
    """The audit record's part in the closing call of a write."""

    closing_sql: str

    def closing_values(self, ctx: Context, changes: list[Change]) -> list[Any]: ...


class Job(msgspec.Struct, frozen=True, eq=False):
    """A declared job; `types` are those of its arguments beside the first."""

    name: str
    run: Callable[..., Awaitable[None]]
    types: dict[str, Any]
    cron: str | None
    owner: str
    seconds_max: float


class Tick(msgspec.Struct, frozen=True, eq=False):
    """Something one worker of all does every so many seconds."""

    name: str
    run: Callable[["Work"], Awaitable[None]]
    seconds: float
    seconds_max: float


class Event(msgspec.Struct, frozen=True):
    """What happened, as it stood in the outbox. `id` is the same when an event arrives again."""

    id: int
    name: str
    tenant_id: UUID | None
    payload: dict[str, Any]
    at: datetime


JOBS: dict[str, Job] = {}
TICKS: list[Tick] = []
SUBSCRIBERS: dict[str, list[Job]] = {}


def job(
    name: str, *, every: str | None = None, owner: str = OWNER, seconds_max: float = SECONDS_MAX
) -> Callable[[Run], Run]:
    """Declare a job: `async def run(work, **args)`. Arguments arrive as the types they are annotated with.

    `every`, a cron line, runs it regularly; `owner` is the role that looks after it when it has failed for good.
    """

    def declare(run: Run) -> Run:
        _add(Job(name, run, _types(run), every, owner, seconds_max))
        return run

    return declare


def on(event: str, *, owner: str = OWNER, seconds_max: float = SECONDS_MAX) -> Callable[[Run], Run]:
    """Declare a subscriber: `async def heard(work, event: Event)`. Each event is a job of its own for each subscriber;
    events may come twice and in any order."""

    def declare(run: Run) -> Run:
        name = f"{event} > {run.__module__.removeprefix('wardline.')}.{run.__name__}"
        heard = Job(name, run, {"event": Event}, None, owner, seconds_max)
        _add(heard)
        SUBSCRIBERS.setdefault(event, []).append(heard)
        return run

    return declare


def every(*, seconds: float, seconds_max: float = SECONDS_MAX + RESTS_SECONDS_MAX) -> Callable[[Run], Run]:
    """Declare a tick: `async def run(work)`. Only one worker of all runs it; one that fails is run again next time. Its
    limit has room for the rests of `gently`."""

    def declare(run: Run) -> Run:
        name = f"{run.__module__.removeprefix('wardline.')}.{run.__name__}"
        TICKS.append(Tick(name, run, seconds, seconds_max))
        return run

    return declare


async def gently(items: Iterable[Item]) -> AsyncGenerator[Item]:
    """The items of a tick one after another, with a rest after each that is as long as four times what it took.

    What is done for 200 hospitals by the clock would otherwise take a core for seconds from those at work. All rests
    together are 20 s at the most, so that a tick that is behind gets done.
    """
    loop = asyncio.get_running_loop()
    left = RESTS_SECONDS_MAX
    for item in items:
        began = loop.time()
        yield item
        rest = min(RESTS * (loop.time() - began), left)
        left -= rest
        await asyncio.sleep(rest)


def _add(declared: Job) -> None:
    assert declared.name not in JOBS, f"two jobs are called {declared.name}"
    JOBS[declared.name] = declared


def _types(run: Callable[..., Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(run)
    hints.pop("return", None)
    return dict(list(hints.items())[1:])


# ---- what a job is given ---------------------------------------------------------------------------------------------


class Work:
    """A job's hands: the database over all tenants, the time, and writes that are closed like those of a request."""

    def __init__(
        self, pool: Pool, record: Closing, nudge: Callable[[dict[str, int]], None], *, name: str, request_id: str
    ) -> None:
        self.db = Db(pool, None)
        self.name = name
        self.request_id = request_id
        self._pool = pool
        self._record = record
        self._nudge = nudge
        self._closing = (
            f"SELECT {record.closing_sql}, platform.close_write($1, $2, $3, $4::smallint, $5, $6, $7, $8, $9)"
        )

    @property
    def now(self) -> datetime:
        return clock.now()

    def in_tenant(self, tenant_id: UUID) -> Db:
        """The database as one tenant's."""
        return Db(self._pool, tenant_id)

    @asynccontextmanager
    async def write(self, tenant_id: UUID | None) -> AsyncGenerator[Context]:
        """One transaction in a tenant's scope. Changes, events and topics reported to the context are written at its
        end, in the same transaction; watchers are told after the commit."""
        caller = system_caller(tenant_id) if tenant_id is not None else None
        async with Db(self._pool, tenant_id).transaction() as db:
            ctx = Context(caller=caller, db=db, now=clock.now(), request_id=self.request_id, client="", html=False)
            ctx.route = self.name
            yield ctx
            versions = await self._close(ctx, tenant_id)
        self._nudge(versions)

    async def _close(self, ctx: Context, tenant_id: UUID | None) -> dict[str, int]:
        topics = sorted(ctx.topics)
        row = await ctx.db.fetchrow(
            self._closing,
            tenant_id,
            SYSTEM,
            None,
            None,
            None,
            None,
            [name for name, _ in ctx.events],
            [encode(payload).decode() for _, payload in ctx.events],
            topics,
            *self._record.closing_values(ctx, ctx.changes),
        )
        assert row is not None
        return dict(zip(topics, row[1], strict=True))


def system_caller(tenant_id: UUID) -> Caller:
    """Wardline itself, acting in a tenant: what happens by the clock has this author."""
    return Caller(
        id=SYSTEM,
        tenant_id=tenant_id,
        session_id=SYSTEM,
        role="system",
        permissions=frozenset(),
        permission_class="system",
        display_name="Wardline",
    )


@query("""
    SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
                    WHERE l.locktype = 'advisory' AND l.objid::bigint = :lock::bigint AND l.objsubid = 1 AND l.granted
                      AND d.datname = current_database())
""")
async def is_somebody_leading(db: Db, *, lock: int = LEADER_LOCK) -> bool:  # pyright: ignore[reportReturnType]
    """Whether a worker runs the ticks, on whichever machine."""


# ---- what was given up -----------------------------------------------------------------------------------------------


class DeadJob(msgspec.Struct):
    """A job that failed at every try and waits for its owner."""

    id: int
    name: str
    owner_role: str
    error: str
    tries: int
    died_at: datetime
    args: dict[str, Any]


@query("""
    SELECT id, name, owner_role, error, tries, died_at, args FROM platform.dead_job
     WHERE settled_at IS NULL ORDER BY died_at LIMIT 200
""")
async def dead_jobs(db: Db) -> list[DeadJob]:  # pyright: ignore[reportReturnType]
    """The jobs that wait for somebody, oldest first. Index: dead_job_open."""


@query("""
    UPDATE platform.dead_job SET settled_at = now(), settled_by = :person_id, settled_as = :settled_as
     WHERE id = :dead_job_id AND settled_at IS NULL
 RETURNING id, name, owner_role, error, tries, died_at, args
""")
async def settle_dead_job(db: Db, dead_job_id: int, person_id: UUID, settled_as: str) -> DeadJob | None:
    """Take a job off the list: tried_again or given_up."""


async def try_again(db: Db, dead_job_id: int, person_id: UUID) -> None:
    """Enqueue a dead job anew, with five fresh tries."""
    found = await settle_dead_job(db, dead_job_id, person_id, "tried_again")
    if found is None:
        raise NotFound
    await defer(db, found.name, **found.args)
