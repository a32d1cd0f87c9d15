"""Jobs, events and ticks on a real database, with the real queue."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.database import TestDatabase
from wardline.platform import jobs, upkeep, worker
from wardline.platform.db import Db, Pool
from wardline.platform.enqueue import defer
from wardline.platform.errors import NotFound
from wardline.platform.http import Change, Context
from wardline.platform.ids import new_id
from wardline.platform.jobs import DeadJob, Event, Work, dead_jobs, settle_dead_job, try_again
from wardline.platform.metrics import Metrics
from wardline.platform.worker import Worker, relay

QUICK = worker.Pace(
    fetch_seconds=0.02,
    relay_seconds=0.02,
    lead_seconds=0.05,
    restart_seconds=0.05,
    retry_seconds=0.001,
    stop_seconds_max=1,
)
TENANT = UUID("01890000-0000-7000-8000-00000000000a")


class NoRecord:
    """An audit record without rows, for databases of these tests."""

    closing_sql = "$10::int"

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def closing_values(self, ctx: Context, changes: Sequence[Change]) -> list[Any]:
        self.changes.extend(changes)
        return [len(changes)]


class Office:
    """A worker's surroundings."""

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        self.pool = Pool(database.owner, size=6)
        self.app_pool = Pool(database.app, size=2)
        self.db = Db(self.app_pool, None)
        self.record = NoRecord()
        self.nudges: list[dict[str, int]] = []
        self.metrics = Metrics()

    def worker(self) -> Worker:
        return Worker(self.database.owner, self.pool, self.record, self.nudges.append, metrics=self.metrics, pace=QUICK)

    def work(self) -> Work:
        return Work(self.pool, self.record, self.nudges.append, name="test", request_id="test-1")

    @asynccontextmanager
    async def working(self, count: int = 1) -> AsyncGenerator[list[Worker]]:
        stop = asyncio.Event()
        workers = [self.worker() for _ in range(count)]
        tasks = [asyncio.create_task(each.run(stop)) for each in workers]
        try:
            yield workers
        finally:
            stop.set()
            await asyncio.gather(*tasks)


@pytest.fixture
async def office(fresh_database: TestDatabase) -> AsyncGenerator[Office]:
    made = Office(fresh_database)
    yield made
    await made.pool.close()
    await made.app_pool.close()


@pytest.fixture(autouse=True)
def _own_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test declares its own jobs."""
    for module in (jobs, worker):
        monkeypatch.setattr(module, "JOBS", {})
        monkeypatch.setattr(module, "TICKS", [])
        monkeypatch.setattr(module, "SUBSCRIBERS", {})
    for name in ("JOBS", "TICKS", "SUBSCRIBERS"):
        monkeypatch.setattr(worker, name, getattr(jobs, name))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - the code under test has no event for it
            await asyncio.sleep(0.01)


async def the_dead(office: Office) -> list[DeadJob]:
    async with asyncio.timeout(20):
        while not (found := await dead_jobs(office.db)):  # noqa: ASYNC110 - the code under test has no event for it
            await asyncio.sleep(0.02)
    return found


async def test_a_job_runs_with_its_arguments_as_declared(office: Office):
    ran: list[tuple[UUID, int]] = []

    @jobs.job("letters.send")
    async def send(work: Work, letter_id: UUID, copies: int) -> None:
        ran.append((letter_id, copies))

    letter_id = new_id()
    assert await defer(office.db, "letters.send", letter_id=letter_id, copies=2) is not None
    async with office.working():
        await until(lambda: bool(ran))
    assert ran == [(letter_id, 2)]


async def test_a_job_exists_exactly_when_its_transaction_does(office: Office):
    ran: list[int] = []

    @jobs.job("letters.send")
    async def send(work: Work, number: int) -> None:
        ran.append(number)

    with contextlib.suppress(NotFound):
        async with office.db.transaction() as inside:
            await defer(inside, "letters.send", number=1)
            raise NotFound
    async with office.db.transaction() as inside:
        await defer(inside, "letters.send", number=2)
    async with office.working():
        await until(lambda: bool(ran))
    assert ran == [2]


async def test_the_application_can_enqueue_but_not_touch_the_queue(office: Office):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await office.db.fetch("SELECT * FROM procrastinate.procrastinate_jobs")


async def test_a_job_wanted_once_waits_once(office: Office):
    first = await defer(office.db, "letters.send", once="letter-1")
    assert first is not None
    assert await defer(office.db, "letters.send", once="letter-1") is None
    assert await defer(office.db, "letters.send", once="letter-2") is not None


async def test_a_job_that_fails_is_tried_five_times_and_then_put_on_the_list(office: Office):
    tries: list[int] = []

    @jobs.job("letters.send", owner="hospital_administrator")
    async def send(work: Work, number: int) -> None:
        tries.append(number)
        raise ValueError("a text that may hold a name")

    await defer(office.db, "letters.send", number=7)
    async with office.working():
        dead = await the_dead(office)
    assert tries == [7] * 5
    assert [(d.name, d.owner_role, d.error, d.tries, d.args) for d in dead] == [
        ("letters.send", "hospital_administrator", "ValueError", 5, {"number": 7})
    ]


async def test_a_job_that_nobody_declares_is_put_on_the_list(office: Office):
    await defer(office.db, "letters.unknown")
    async with office.working():
        dead = await the_dead(office)
    assert dead[0].name == "letters.unknown"


async def test_a_job_that_hangs_is_stopped(office: Office):
    @jobs.job("letters.hang", seconds_max=0.01)
    async def hang(work: Work) -> None:
        await asyncio.sleep(60)

    await defer(office.db, "letters.hang")
    async with office.working():
        dead = await the_dead(office)
    assert dead[0].error == "TimeoutError"


async def test_a_dead_job_can_be_tried_again_or_given_up(office: Office):
    connection = await asyncpg.connect(office.database.owner)
    for number in (1, 2):
        await connection.execute(
            "INSERT INTO platform.dead_job (job_id, name, args, tries) VALUES ($1, 'letters.send', '{\"number\": 5}', 5)",
            number,
        )
    first, second = await dead_jobs(office.db)
    person_id = new_id()
    await try_again(office.db, first.id, person_id)
    await settle_dead_job(office.db, second.id, person_id, "given_up")
    assert await dead_jobs(office.db) == []
    waiting = await connection.fetch("SELECT task_name, args FROM procrastinate.procrastinate_jobs")
    assert [tuple(row) for row in waiting] == [("letters.send", '{"number": 5}')]
    with pytest.raises(NotFound):
        await try_again(office.db, second.id, person_id)
    await connection.close()


async def test_a_job_whose_worker_was_killed_is_taken_back(office: Office):
    connection = await asyncpg.connect(office.database.owner)
    for name in ("letters.first", "letters.fifth"):
        await defer(office.db, name)
    await connection.execute(
        "UPDATE procrastinate.procrastinate_jobs SET status = 'doing', "
        "attempts = CASE task_name WHEN 'letters.fifth' THEN 4 ELSE 0 END"
    )
    await upkeep.take_back_lost_jobs(office.work())
    states = await connection.fetch(
        "SELECT task_name, status, attempts FROM procrastinate.procrastinate_jobs ORDER BY id"
    )
    assert [tuple(row) for row in states] == [("letters.first", "todo", 1), ("letters.fifth", "failed", 5)]
    assert [dead.name for dead in await dead_jobs(office.db)] == ["letters.fifth"]
    await connection.close()


async def test_an_event_reaches_every_subscriber(office: Office):
    heard: list[tuple[str, Event]] = []

    @jobs.on("letter.sent")
    async def count(work: Work, event: Event) -> None:
        heard.append(("count", event))

    @jobs.on("letter.sent")
    async def file(work: Work, event: Event) -> None:
        heard.append(("file", event))

    async with office.work().write(TENANT) as ctx:
        ctx.publish("letter.sent", {"letter_id": "1"})
        ctx.publish("letter.lost", {"letter_id": "2"})
    async with office.working():
        await until(lambda: len(heard) == 2)
    assert {name for name, _ in heard} == {"count", "file"}
    event = heard[0][1]
    assert (event.name, event.tenant_id, event.payload) == ("letter.sent", TENANT, {"letter_id": "1"})
    assert await Db(office.pool, None).fetchval("SELECT count(*) FROM platform.outbox WHERE relayed_at IS NULL") == 0


async def test_two_relays_share_the_events(office: Office):
    @jobs.on("letter.sent")
    async def count(work: Work, event: Event) -> None: ...

    async with office.work().write(TENANT) as ctx:
        for number in range(50):
            ctx.publish("letter.sent", {"number": number})
    relayed = await asyncio.gather(*[relay(Db(office.pool, None)) for _ in range(4)])
    assert sum(relayed) == 50
    assert await Db(office.pool, None).fetchval("SELECT count(*) FROM procrastinate.procrastinate_jobs") == 50


async def test_a_job_writes_like_a_request(office: Office):
    async with office.work().write(TENANT) as ctx:
        ctx.record("letter.sent", subject_id=new_id())
        ctx.touch("letters:1", "letters:0")
        scope = await ctx.db.fetchval("SELECT current_setting('app.hospital_id')")
    assert scope == str(TENANT)
    assert office.nudges == [{"letters:0": 1, "letters:1": 1}]
    assert [change.action for change in office.record.changes] == ["letter.sent"]
    with contextlib.suppress(NotFound):
        async with office.work().write(TENANT) as ctx:
            ctx.touch("letters:0")
            raise NotFound
    assert len(office.nudges) == 1


async def test_only_one_worker_runs_the_ticks(office: Office):
    ran: list[str] = []

    @jobs.every(seconds=0.01)
    async def look(work: Work) -> None:
        ran.append(work.name)

    async with office.working(count=3) as workers:
        await until(lambda: len(ran) >= 5)
        assert sum(each.leading for each in workers) == 1


async def test_a_tick_that_fails_is_run_again(office: Office):
    ran: list[int] = []

    @jobs.every(seconds=0.01)
    async def look(work: Work) -> None:
        ran.append(1)
        raise ValueError

    async with office.working():
        await until(lambda: len(ran) >= 3)


async def test_another_worker_takes_the_ticks_over(office: Office):
    async with office.working() as first:
        await until(lambda: first[0].leading)
        async with office.working() as second:
            await asyncio.sleep(0.2)
            assert not second[0].leading
            await Db(office.pool, None).fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'wardline ticks' AND datname = current_database()"
            )
            await until(lambda: first[0].leading or second[0].leading)


async def test_partitions_are_made_ahead_and_old_replies_dropped(office: Office):
    connection = await asyncpg.connect(office.database.owner)
    long_ago = datetime.now(UTC) - timedelta(days=40)
    await connection.execute("SELECT platform.ensure_partitions('platform.reply', interval '1 day', $1, 1)", long_ago)
    await upkeep.keep_partitions(office.work())
    names = {row[0] for row in await connection.fetch("SELECT inhrelid::regclass::text FROM pg_inherits")}
    assert f"platform.reply_{long_ago:%Y%m%d}" not in names
    assert f"platform.reply_{datetime.now(UTC) + timedelta(days=2):%Y%m%d}" in names
    assert f"audit.entry_{datetime.now(UTC):%Y%m}" in names
    await upkeep.keep_partitions(office.work())
    await connection.close()


async def test_what_waits_is_counted(office: Office):
    figures = upkeep.QueueFigures()
    figures.register(office.metrics)
    await defer(office.db, "letters.send")
    await defer(office.db, "letters.later", at=datetime.now(UTC) + timedelta(hours=1))
    await figures.read(office.work())
    found = {family.name: family.samples[0].value for family in office.metrics.families() if family.samples}
    assert found["wardline_jobs_waiting"] == 1
    assert found["wardline_dead_jobs"] == 0


class Day:
    """A clock that goes only when somebody works or rests."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.rests: list[float] = []

    def time(self) -> float:
        return self.seconds

    def get_running_loop(self) -> "Day":
        return self

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.seconds += seconds


async def test_what_is_done_for_many_hospitals_rests_after_each_and_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    day = Day()
    monkeypatch.setattr(jobs, "asyncio", day)
    done = list[int]()
    async for hospital in jobs.gently([1, 2, 3, 4]):
        done.append(hospital)
        day.seconds += {1: 0.5, 2: 0.0, 3: 4.0, 4: 6.0}[hospital]
    assert done == [1, 2, 3, 4]
    assert day.rests == [2.0, 0.0, 16.0, 2.0]
    assert sum(day.rests) == jobs.RESTS_SECONDS_MAX
