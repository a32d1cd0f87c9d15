"""How the service answered, remembered in the database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.database import TestDatabase
from tests.platform.test_jobs import NoRecord
from wardline.platform import clock
from wardline.platform.db import Db, Pool
from wardline.platform.jobs import Work
from wardline.platform.metrics import BOUNDS_SECONDS, Histogram, Metrics
from wardline.platform.responses import (
    CELLS,
    MINUTE,
    Answered,
    History,
    Minutes,
    answered_by,
    answered_since,
    forget,
    incidents_since,
    judge,
    quantile,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@settings(deadline=None)
@given(st.lists(st.floats(0.0001, 9.9), min_size=1, max_size=200), st.sampled_from((0.5, 0.95, 0.99)))
def test_a_quantile_lies_in_the_cell_of_the_true_one(seconds: list[float], share: float) -> None:
    histogram = Histogram()
    for each in seconds:
        histogram.observe(each)
    counts = [int(cell) for cell in histogram.cells[:-1]]
    found = quantile(counts, share)
    ordered = sorted(seconds)
    true = next(value for rank, value in enumerate(ordered, start=1) if rank >= share * len(ordered))
    lower = max((bound for bound in BOUNDS_SECONDS if bound < true), default=0.0)
    upper = min(bound for bound in BOUNDS_SECONDS if bound >= true)
    assert found is not None
    assert lower <= found <= upper


def test_nothing_counted_has_no_quantile_and_the_slowest_has_the_last_bound() -> None:
    assert quantile([0] * CELLS, 0.95) is None
    assert quantile([0] * (CELLS - 1) + [3], 0.95) == BOUNDS_SECONDS[-1]


def minute(
    *, at: datetime = NOON, quick: int = 0, slow: int = 0, beyond: int = 0, failed: int = 0, refused: int = 0
) -> Answered:
    """`quick` within 5 ms, `slow` between 200 and 300 ms, `beyond` over ten seconds."""
    counts = [0] * CELLS
    counts[BOUNDS_SECONDS.index(0.005)], counts[BOUNDS_SECONDS.index(0.3)], counts[-1] = quick, slow, beyond
    return Answered("", at, counts, failed, refused)


@pytest.mark.parametrize(
    ("answered", "kinds"),
    [
        (minute(quick=1000), []),
        (minute(quick=94, slow=6), ["slow"]),
        (minute(quick=96, slow=4), []),
        (minute(quick=1, slow=10), []),  # too few to say
        (minute(quick=1000, failed=10), []),
        (minute(quick=1000, failed=11), ["failed"]),
        (minute(quick=10, failed=2), []),  # two of ten is bad luck at night
        (minute(quick=1000, refused=11), ["refused"]),
        (minute(refused=5), ["refused"]),
        (minute(slow=80, failed=50, refused=40), ["failed", "refused", "slow"]),
    ],
)
def test_a_minute_is_judged(answered: Answered, kinds: list[str]) -> None:
    assert [found.kind for found in judge(answered, None)] == kinds


def test_minutes_that_nobody_left_are_noted_as_silent() -> None:
    before, after = minute(at=NOON), minute(at=NOON + 10 * MINUTE)
    (found,) = judge(after, before)
    assert (found.kind, found.began_at, found.ended_at) == ("silent", NOON + MINUTE, NOON + 10 * MINUTE)
    assert judge(minute(at=NOON + 2 * MINUTE), before) == []


class Desk:
    """Two web processes and a worker on one database."""

    def __init__(self, database: TestDatabase) -> None:
        self.pools = [Pool(database.app, size=2), Pool(database.app, size=2), Pool(database.owner, size=2)]
        self.metrics = [Metrics(), Metrics()]
        self.processes = [Minutes(pool, metrics) for pool, metrics in zip(self.pools, self.metrics, strict=False)]
        self.db = Db(self.pools[0], None)
        self.history = History()

    def work(self) -> Work:
        return Work(self.pools[2], NoRecord(), lambda _: None, name="test", request_id="test-1")

    async def leave(self, at: datetime) -> None:
        for process in self.processes:
            process.take(at)
        await asyncio.gather(*(process.leave() for process in self.processes))

    async def close(self) -> None:
        for pool in self.pools:
            await pool.close()


async def test_what_two_processes_answered_is_one_history(
    fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(fresh_database)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=2, seconds=30))
    for metrics in desk.metrics:
        for _ in range(30):
            metrics.observe("beds.ward_board", 200, 0.25)
        metrics.observe("beds.ward_board", 500, 0.004)
        metrics.observe("patients.search", 503, 0.001)
    await desk.leave(NOON + timedelta(seconds=59))
    desk.metrics[0].observe("beds.ward_board", 200, 0.004)
    await desk.leave(NOON + timedelta(minutes=1))
    await desk.history.keep(desk.work())
    await desk.history.keep(desk.work())
    for span in ("minute", "hour", "day"):
        found = {row.route: row for row in await answered_since(desk.db, span=span, since=NOON - timedelta(days=1))}
        assert set(found) == {"", "beds.ward_board", "patients.search"}
        board = found["beds.ward_board"]
        assert (board.requests, board.failed, board.refused) == (63, 2, 0)
        assert board.counts[BOUNDS_SECONDS.index(0.3)] == 60
        assert (found["patients.search"].requests, found["patients.search"].refused) == (0, 2)
        assert (found[""].requests, found[""].failed, found[""].refused) == (63, 2, 2)
    by_minute = await answered_by(desk.db, span="minute", since=NOON, until=NOON + timedelta(hours=1))
    assert [row.requests for row in by_minute] == [62, 1]
    (slow,) = await incidents_since(desk.db, since=NOON - timedelta(days=1))
    assert (slow.kind, slow.began_at, slow.ended_at) == ("slow", NOON, NOON + MINUTE)
    assert 0.2 < slow.worst <= 0.3
    await desk.close()


async def test_who_was_sent_away_at_the_entrance_is_among_the_refused(
    fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, sent_away = Desk(fresh_database), [0]
    desk.processes[0] = Minutes(desk.pools[0], desk.metrics[0], lambda: sent_away[0])
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=2, seconds=30))
    for _ in range(5):
        desk.metrics[0].observe("beds.ward_board", 200, 0.004)
    sent_away[0] = 7
    await desk.leave(NOON)
    sent_away[0] = 9
    await desk.leave(NOON + MINUTE)
    rows = await answered_by(desk.db, span="minute", since=NOON, until=NOON + timedelta(hours=1))
    assert [(row.requests, row.refused) for row in rows] == [(5, 7), (0, 2)]
    await desk.history.keep(desk.work())
    (found,) = await incidents_since(desk.db, since=NOON - timedelta(days=1))
    assert (found.kind, found.worst) == ("refused", 7 / 12)
    await desk.close()


async def test_an_incident_goes_on_while_it_lasts_and_a_second_one_begins_later(
    fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(fresh_database)
    for number in range(12):
        if number not in (5, 6, 7, 8):
            for _ in range(25):
                desk.metrics[0].observe("patients.search", 200, 0.15 + number / 100)
        await desk.leave(NOON + number * MINUTE)
        monkeypatch.setattr(clock, "now", lambda number=number: NOON + (number + 1) * MINUTE + timedelta(seconds=30))
        await desk.history.keep(desk.work())
    later, first = await incidents_since(desk.db, since=NOON - timedelta(days=1))
    assert (first.began_at, first.ended_at) == (NOON, NOON + 5 * MINUTE)
    assert (later.began_at, later.ended_at) == (NOON + 9 * MINUTE, NOON + 12 * MINUTE)
    await History().keep(desk.work())  # another worker takes over and judges the day again
    assert await incidents_since(desk.db, since=NOON - timedelta(days=1)) == [later, first]
    await desk.close()


async def test_a_long_silence_is_noted_when_somebody_answers_again(
    fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(fresh_database)
    await desk.leave(NOON)
    await desk.leave(NOON + timedelta(hours=3))
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=3, minutes=2))
    await desk.history.keep(desk.work())
    (found,) = await incidents_since(desk.db, since=NOON - timedelta(days=1))
    assert (found.kind, found.began_at) == ("silent", NOON + MINUTE)
    assert found.ended_at == NOON + timedelta(hours=3)
    await desk.close()


async def test_minutes_wait_while_the_database_is_away(fresh_database: TestDatabase) -> None:
    metrics, away = Metrics(), Pool("postgresql://nobody@127.0.0.1:1/nothing", size=1)
    process = Minutes(away, metrics)
    metrics.observe("beds.ward_board", 200, 0.004)
    process.take(NOON)
    await process.leave()
    process.take(NOON + MINUTE)
    here = Pool(fresh_database.app, size=1)
    process._db = Db(here, None)
    await process.leave()
    rows = await answered_by(Db(here, None), span="minute", since=NOON, until=NOON + 5 * MINUTE)
    assert [(row.began_at, row.requests) for row in rows] == [(NOON, 1), (NOON + MINUTE, 0)]
    await here.close()


async def test_old_minutes_and_hours_are_deleted(fresh_database: TestDatabase) -> None:
    desk = Desk(fresh_database)
    for days in (0, 3, 9, 500):
        for span in ("minute", "hour", "day"):
            await desk.work().db.execute(
                "INSERT INTO platform.response VALUES ($1, now() - make_interval(days => $2), '', '{0,0}', 0, 0, 0)",
                span,
                days,
            )
    await forget(desk.work())
    kept = await desk.db.fetch("SELECT span, count(*) FROM platform.response GROUP BY span")
    assert dict(map(tuple, kept)) == {"minute": 1, "hour": 2, "day": 3}
    await desk.close()
