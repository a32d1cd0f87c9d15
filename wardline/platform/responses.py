"""How the service answered, remembered: each web process adds its share of every minute, the worker sums minutes to
hours and days and notes the stretches in which the service did badly.

A minute that the database could not take is kept for an hour and written when it is back. Nothing here is about a person.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
import msgspec
import structlog

from wardline.platform import clock
from wardline.platform.db import Db, Pool, query
from wardline.platform.errors import Problem
from wardline.platform.jobs import Work
from wardline.platform.metrics import BOUNDS_SECONDS, STATUSES, Metrics

Kind = Literal["slow", "failed", "refused", "silent"]
ALL = ""  # the route under which all are summed
CELLS = len(BOUNDS_SECONDS) + 1
FAULT, BUSY = STATUSES.index("5xx"), STATUSES.index("503")
MINUTE = timedelta(minutes=1)
PENDING_MINUTES_MAX = 60
SPREAD_SECONDS_MAX = 8.0  # so that many processes do not write at once
SETTLED_AFTER = timedelta(seconds=20)
JUDGED_AT_FIRST = timedelta(days=1)  # by a worker that begins; another may have been away
SLOW_SECONDS = 0.1
SHARE_MAX = 0.01
REQUESTS_MIN = 20  # fewer in a minute say nothing about speed
BAD_MIN = 3
KEPT = {"minute": timedelta(days=2), "hour": timedelta(days=8), "day": timedelta(days=400)}
INCIDENTS_KEPT = timedelta(days=90)
FAULTS = (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger("responses")


class Share(msgspec.Struct, frozen=True):
    """What one process answered on one route in one minute; `refused` are not among the counts."""

    began_at: datetime
    route: str
    counts: list[int]
    seconds: float
    failed: int
    refused: int


class Answered(msgspec.Struct, frozen=True):
    """What was answered on a route since a time, or on all routes in one stretch of time."""

    route: str
    began_at: datetime
    counts: list[int]
    failed: int
    refused: int

    @property
    def requests(self) -> int:
        return sum(self.counts)


class Incident(msgspec.Struct, frozen=True):
    """A stretch of time in which the service did badly. `worst`: seconds when slow, else a share of the requests."""

    kind: Kind
    began_at: datetime
    ended_at: datetime
    worst: float


def quantile(counts: Sequence[int], share: float) -> float | None:
    """How many seconds that share of the answers took at most, between two bounds in proportion, as Prometheus does it.
    None when nothing was counted; the last bound when it was beyond."""
    total = sum(counts)
    if total == 0:
        return None
    wanted, below, lower = share * total, 0, 0.0
    for bound, count in zip(BOUNDS_SECONDS, counts, strict=False):
        if below + count >= wanted:
            return lower + (bound - lower) * (wanted - below) / count
        below, lower = below + count, bound
    return BOUNDS_SECONDS[-1]


# ---- each web process: its share of every minute ---------------------------------------------------------------------


class Minutes:
    """Leaves this process's share of every minute in the database. `refused` says how many were sent away before any
    route was theirs, since the process started."""

    def __init__(self, pool: Pool, metrics: Metrics, refused: Callable[[], int] = lambda: 0) -> None:
        self._db = Db(pool, None)
        self._metrics = metrics
        self._refused = refused
        self._refused_before = 0
        self._before: dict[str, list[float]] = {}
        self._pending: deque[list[Share]] = deque(maxlen=PENDING_MINUTES_MAX)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; what was answered before does not count."""
        self.take(clock.now())
        self._pending.clear()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave the minute that has begun, if the database takes it at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.take(clock.now())
        await self.leave()

    async def _run(self) -> None:
        while True:
            now = clock.now()
            await asyncio.sleep((now.replace(second=0, microsecond=0) + MINUTE - now).total_seconds())
            self.take(clock.now() - MINUTE / 2)
            await asyncio.sleep(random.uniform(0, SPREAD_SECONDS_MAX))  # noqa: S311 - spread, not secrecy
            await self.leave()

    def take(self, at: datetime) -> None:
        """Put aside what was answered since the last time, for the minute of `at`. A quiet minute is noted too, so that
        it can be told from one in which nobody was there to answer."""
        began_at = at.replace(second=0, microsecond=0)
        shares: list[Share] = []
        for route, histograms in self._metrics.requests():
            now = _flat([histogram.cells for histogram in histograms])
            before = self._before.get(route) or [0.0] * len(now)
            self._before[route] = now
            if now != before:
                shares.append(_share(began_at, route, [a - b for a, b in zip(now, before, strict=True)]))
        refused, self._refused_before = self._refused() - self._refused_before, self._refused()
        self._pending.append([_together(began_at, shares, refused), *sorted(shares, key=lambda share: share.route)])

    async def leave(self) -> None:
        """Write what was put aside, oldest first, as far as the database takes it."""
        while self._pending:
            try:
                await self._db.execute(_ADD, self._pending[0])
            except FAULTS as error:
                log.warning("responses_not_written", code=type(error).__name__, minutes=len(self._pending))
                return
            self._pending.popleft()


# In the order of the routes, so that two processes never wait for each other.
_ADD = """
    INSERT INTO platform.response AS r (span, began_at, route, counts, seconds, failed, refused)
    SELECT 'minute', s.began_at, s.route, s.counts, s.seconds, s.failed, s.refused
      FROM jsonb_to_recordset($1::jsonb)
           AS s (began_at timestamptz, route text, counts int[], seconds float8, failed int, refused int)
    ON CONFLICT (span, began_at, route) DO UPDATE
       SET counts = platform.added(r.counts, excluded.counts), seconds = r.seconds + excluded.seconds,
           failed = r.failed + excluded.failed, refused = r.refused + excluded.refused
"""


def _flat(cells: Iterable[list[float]]) -> list[float]:
    return [cell for each in cells for cell in each]


def _share(began_at: datetime, route: str, flat: list[float]) -> Share:
    """One route's share from the growth of its histograms, laid end to end in the order of the statuses."""
    width = CELLS + 1
    statuses = [flat[first : first + width] for first in range(0, len(flat), width)]
    served = [cells for number, cells in enumerate(statuses) if number != BUSY]
    return Share(
        began_at,
        route,
        [int(sum(column)) for column in zip(*(cells[:-1] for cells in served), strict=True)],
        sum(cells[-1] for cells in served),
        int(sum(statuses[FAULT][:-1])),
        int(sum(statuses[BUSY][:-1])),
    )


def _together(began_at: datetime, shares: list[Share], refused: int) -> Share:
    counts = [sum(column) for column in zip([0] * CELLS, *(share.counts for share in shares), strict=True)]
    return Share(
        began_at, ALL, counts, sum(s.seconds for s in shares), sum(s.failed for s in shares), refused + sum(s.refused for s in shares)
    )  # fmt: skip


# ---- the worker: hours, days, incidents ------------------------------------------------------------------------------


class History:
    """Sums what the processes left, and notes what went badly. One worker of all does it."""

    def __init__(self) -> None:
        self._judged_until: datetime | None = None

    async def keep(self, work: Work) -> None:
        """Bring hours and days up to date, and judge the minutes that are complete."""
        for unit, parts in (("hour", "minute"), ("day", "hour")):
            await work.db.execute(_SUM, unit, parts, work.now - timedelta(minutes=10))
        await self._judge(work)

    async def _judge(self, work: Work) -> None:
        until = (work.now - SETTLED_AFTER).replace(second=0, microsecond=0)
        since = self._judged_until or until - JUDGED_AT_FIRST
        last = await work.db.fetchval(_LAST, since)
        before: Answered | None = None
        for minute in await answered_by(work.db, span="minute", since=last or since, until=until):
            if minute.began_at >= since:
                for found in judge(minute, before):
                    await self._note(work.db, found)
            before = minute
        self._judged_until = until

    async def _note(self, db: Db, found: Incident) -> None:
        """Add to the incident that goes on, or begin one. Judging a minute twice changes nothing."""
        going_on = await db.fetchval(_EXTEND, found.kind, found.began_at, found.ended_at, found.worst)
        if going_on is None:
            await db.execute(_BEGIN, found.kind, found.began_at, found.ended_at, found.worst)


_SUM = """
    INSERT INTO platform.response AS r (span, began_at, route, counts, seconds, failed, refused)
    SELECT $1, date_trunc($1, p.began_at, 'UTC'), p.route, platform.sum_counts(p.counts), sum(p.seconds), sum(p.failed),
           sum(p.refused)
      FROM platform.response p
     WHERE p.span = $2 AND p.began_at >= date_trunc($1, least($3, coalesce(
               (SELECT max(l.began_at) FROM platform.response l WHERE l.span = $1), '-infinity')), 'UTC')
     GROUP BY 2, 3
    ON CONFLICT (span, began_at, route) DO UPDATE
       SET counts = excluded.counts, seconds = excluded.seconds, failed = excluded.failed, refused = excluded.refused
"""
_EXTEND = """
    UPDATE platform.incident SET ended_at = greatest(ended_at, $3), worst = greatest(worst, $4)
     WHERE id = (SELECT i.id FROM platform.incident i
                  WHERE i.kind = $1 AND i.ended_at >= $2::timestamptz - interval '2 minutes' AND i.began_at <= $2
                  ORDER BY i.ended_at DESC LIMIT 1)
 RETURNING id
"""
_LAST = "SELECT max(began_at) FROM platform.response WHERE span = 'minute' AND route = '' AND began_at < $1"
_BEGIN = "INSERT INTO platform.incident (kind, began_at, ended_at, worst) VALUES ($1, $2, $3, $4)"


def judge(minute: Answered, before: Answered | None) -> list[Incident]:
    """What was bad about a minute; `before` is the last one that anybody left anything for."""
    ended_at = minute.began_at + MINUTE
    found: list[Incident] = []
    if before is not None and minute.began_at - before.began_at > 2 * MINUTE:
        found.append(Incident("silent", before.began_at + MINUTE, minute.began_at, 1.0))
    asked = minute.requests + minute.refused
    bads: tuple[tuple[Kind, int], ...] = (("failed", minute.failed), ("refused", minute.refused))
    for kind, bad in bads:
        if bad >= BAD_MIN and bad > SHARE_MAX * asked:
            found.append(Incident(kind, minute.began_at, ended_at, bad / asked))
    seconds = quantile(minute.counts, 0.95) or 0.0
    if minute.requests >= REQUESTS_MIN and seconds > SLOW_SECONDS:
        found.append(Incident("slow", minute.began_at, ended_at, seconds))
    return found


async def forget(work: Work) -> None:
    """Delete what is older than it is kept."""
    for span, kept in KEPT.items():
        await work.db.execute("DELETE FROM platform.response WHERE span = $1 AND began_at < $2", span, work.now - kept)
    await work.db.execute("DELETE FROM platform.incident WHERE ended_at < $1", work.now - INCIDENTS_KEPT)


# ---- looking back ----------------------------------------------------------------------------------------------------


@query("""
    SELECT r.route, min(r.began_at), platform.sum_counts(r.counts), sum(r.failed)::int, sum(r.refused)::int
      FROM platform.response r
     WHERE r.span = :span AND r.began_at >= :since
     GROUP BY r.route LIMIT 1000
""")
async def answered_since(db: Db, *, span: str, since: datetime) -> list[Answered]:
    """Each route, and all together, since a time. Index: the primary key."""


@query("""
    SELECT r.route, r.began_at, r.counts, r.failed, r.refused
      FROM platform.response r
     WHERE r.span = :span AND r.route = '' AND r.began_at >= :since AND r.began_at < :until
     ORDER BY r.began_at LIMIT 3000
""")
async def answered_by(db: Db, *, span: str, since: datetime, until: datetime) -> list[Answered]:
    """All routes together, one row for each minute or hour, oldest first. Index: the primary key."""


@query("""
    SELECT i.kind, i.began_at, i.ended_at, i.worst FROM platform.incident i
     WHERE i.ended_at > :since ORDER BY i.began_at DESC LIMIT 50
""")
async def incidents_since(db: Db, *, since: datetime) -> list[Incident]:
    """What went badly, newest first. Index: incident_ended."""
