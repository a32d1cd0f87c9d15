"""The worker: runs jobs, relays events from the outbox to their subscribers, and does what is due by the clock.

Several workers may run. Jobs and events are shared out by the database; ticks are run by whichever worker holds an
advisory lock, so each runs once.
"""

import asyncio
import contextlib
import logging
import random
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import msgspec
import procrastinate
import structlog
from procrastinate import exceptions as queue_errors
from procrastinate.jobs import Job as QueuedJob
from psycopg import Error as PsycopgError

from wardline.platform import db, responses, upkeep
from wardline.platform.db import Db, Pool
from wardline.platform.enqueue import defer
from wardline.platform.errors import Problem
from wardline.platform.jobs import JOBS, LEADER_LOCK, SUBSCRIBERS, TICKS, TRIES_MAX, Closing, Job, Tick, Work
from wardline.platform.metrics import Metrics

RELAYED_AT_ONCE_MAX = 200
FAULTS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    PsycopgError,
    queue_errors.ProcrastinateException,
    Problem,
)

log = structlog.get_logger("worker")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often the worker looks, and how long it waits after a failure."""

    fetch_seconds: float = 0.5
    relay_seconds: float = 0.5
    lead_seconds: float = 2.0
    restart_seconds: float = 1.0
    retry_seconds: float = 5.0  # 5 s, 20 s, 80 s, 320 s, each up to half as much again
    stop_seconds_max: float = 5.0
    concurrency: int = 4


class Backoff(procrastinate.BaseRetryStrategy):
    """Waits four times as long after each failure; after the fifth there is no further try."""

    def __init__(self, first_seconds: float) -> None:
        self._first_seconds = first_seconds

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> procrastinate.RetryDecision | None:
        """A job that was stopped with its worker goes back at once; it did nothing wrong."""
        if isinstance(exception, (asyncio.CancelledError, queue_errors.JobAborted)):
            return procrastinate.RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts + 1 >= TRIES_MAX:
            return None
        wait = self._first_seconds * 4**job.attempts * random.uniform(1.0, 1.5)  # noqa: S311 - spread, not secrecy
        return procrastinate.RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait))


class Worker:
    """One worker process. `url` is the owner's address: jobs work over all tenants."""

    def __init__(
        self,
        url: str,
        pool: Pool,
        record: Closing,
        nudge: Callable[[dict[str, int]], None],
        *,
        metrics: Metrics,
        pace: Pace | None = None,
    ) -> None:
        self._url = url
        self._pool = pool
        self._record = record
        self._nudge = nudge
        self._metrics = metrics
        self._pace = pace or Pace()
        self.leading = False
        metrics.register("wardline_worker_leading", "gauge", "1 where the ticks run.", lambda: int(self.leading))
        metrics.declare("wardline_jobs_total", "Jobs run, by name and outcome.")
        metrics.declare("wardline_job_seconds_total", "Time that jobs took, by name.")
        metrics.declare("wardline_ticks_total", "Regular duties done, by name and outcome.")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until asked to stop. A duty that fails (the database is away) is begun again."""
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        duties = [
            asyncio.create_task(self._again("jobs", self._run_jobs)),
            asyncio.create_task(self._again("relay", self._relay_forever)),
            asyncio.create_task(self._again("ticks", self._lead_forever)),
        ]
        await stop.wait()
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)

    async def _again(self, name: str, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await duty()
            except FAULTS as error:
                log.warning("duty_failed", job=name, code=type(error).__name__)
            except Exception as error:
                log.error("duty_failed", job=name, code=type(error).__name__, exc_info=error)
            await asyncio.sleep(self._pace.restart_seconds)

    def work(self, name: str, request_id: str) -> Work:
        """What one run of a job or tick is given."""
        return Work(self._pool, self._record, self._nudge, name=name, request_id=request_id)

    # ---- jobs --------------------------------------------------------------------------------------------------------

    async def _run_jobs(self) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=self._url,
            min_size=1,
            max_size=self._pace.concurrency + 2,
            timeout=5,
            kwargs={"options": "-c search_path=procrastinate,pg_catalog", "application_name": "wardline queue"},
        )
        app = procrastinate.App(connector=connector)
        for declared in JOBS.values():
            self._register(app, declared)
        async with app.open_async():
            await app.run_worker_async(
                concurrency=self._pace.concurrency,
                fetch_job_polling_interval=self._pace.fetch_seconds,
                abort_job_polling_interval=30,
                listen_notify=False,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=self._pace.stop_seconds_max,
            )

    def _register(self, app: procrastinate.App, declared: Job) -> None:
        async def run(context: procrastinate.JobContext, timestamp: int | None = None, **args: Any) -> None:
            await self._run_job(declared, context.job, args)

        options: dict[str, Any] = {"name": declared.name, "retry": Backoff(self._pace.retry_seconds)}
        task = app.task(pass_context=True, **options)(run)
        if declared.cron is not None:
            app.periodic(cron=declared.cron)(cast("Any", task))

    async def _run_job(self, declared: Job, queued: QueuedJob, args: dict[str, Any]) -> None:
        attempt = queued.attempts + 1
        started = time.perf_counter()
        outcome = "failed"
        try:
            given = {name: msgspec.convert(args[name], kind) for name, kind in declared.types.items() if name in args}
            async with asyncio.timeout(declared.seconds_max):
                await declared.run(self.work(declared.name, f"job-{queued.id}"), **given)
            outcome = "done"
        except Exception as error:
            log.warning("job_failed", job=declared.name, job_id=queued.id, attempt=attempt, code=type(error).__name__)
            if attempt >= TRIES_MAX:
                outcome = "dead"
                await self._bury(declared, queued, args, type(error).__name__, attempt)
            raise
        finally:
            self._metrics.count("wardline_jobs_total", f"{declared.name} {outcome}")
            self._metrics.count("wardline_job_seconds_total", declared.name, time.perf_counter() - started)

    async def _bury(self, declared: Job, queued: QueuedJob, args: dict[str, Any], error: str, tries: int) -> None:
        log.error("job_given_up", job=declared.name, job_id=queued.id, code=error)
        await Db(self._pool, None).execute(
            "INSERT INTO platform.dead_job (job_id, name, args, owner_role, error, tries) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (job_id) DO NOTHING",
            queued.id,
            declared.name,
            args,
            declared.owner,
            error,
            tries,
        )

    # ---- events ------------------------------------------------------------------------------------------------------

    async def _relay_forever(self) -> None:
        while True:
            if await relay(Db(self._pool, None)) < RELAYED_AT_ONCE_MAX:
                await asyncio.sleep(self._pace.relay_seconds)

    # ---- ticks -------------------------------------------------------------------------------------------------------

    async def _lead_forever(self) -> None:
        """Hold the lock and run the ticks; whoever holds it no longer stops them."""
        connection = await db.connect(self._url, name="wardline ticks")
        running: list[asyncio.Task[None]] = []
        try:
            while True:
                if self.leading:
                    await connection.fetchval("SELECT 1")
                elif await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
                    self.leading = True
                    running = [asyncio.create_task(self._tick(tick)) for tick in (*TICKS, *self._own_ticks())]
                await asyncio.sleep(self._pace.lead_seconds)
        finally:
            self.leading = False
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            connection.terminate()

    async def _tick(self, tick: Tick) -> None:
        """Run one tick again and again, at its own pace whatever it takes."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            outcome = "failed"
            try:
                async with asyncio.timeout(tick.seconds_max):
                    await tick.run(self.work(tick.name, f"tick-{time.time_ns() // 1_000_000}"))
                outcome = "done"
            except Exception as error:
                log.warning("tick_failed", job=tick.name, code=type(error).__name__, exc_info=error)
            self._metrics.count("wardline_ticks_total", f"{tick.name} {outcome}")
            due = max(due + tick.seconds, loop.time())
            await asyncio.sleep(due - loop.time())

    def _own_ticks(self) -> list[Tick]:
        queues, database, history = upkeep.QueueFigures(), upkeep.DatabaseFigures(), responses.History()
        queues.register(self._metrics)
        database.register(self._metrics)
        return [
            Tick("upkeep.lost_jobs", upkeep.take_back_lost_jobs, 10, 30),
            Tick("upkeep.figures", queues.read, 15, 10),
            Tick("upkeep.database_figures", database.read, 15, 10),
            Tick("upkeep.history", history.keep, 60, 30),
            Tick("upkeep.partitions", upkeep.keep_partitions, 3600, 60),
            Tick("upkeep.old_rows", upkeep.delete_old_rows, 3600, 600),
            Tick("upkeep.old_responses", responses.forget, 3600, 600),
        ]


async def relay(outside: Db) -> int:
    """Turn waiting events into jobs, one for each subscriber, and mark them, in one transaction. How many it were."""
    async with outside.transaction() as inside:
        events = await inside.fetch(
            "SELECT id, name, tenant_id, payload, created_at FROM platform.outbox WHERE relayed_at IS NULL "
            "ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
            RELAYED_AT_ONCE_MAX,
        )
        for number, name, tenant_id, payload, created_at in events:
            event = {"id": number, "name": name, "tenant_id": tenant_id, "payload": payload, "at": created_at}
            for subscriber in SUBSCRIBERS.get(name, ()):
                await defer(inside, subscriber.name, event=event)
        if events:
            await inside.execute(
                "UPDATE platform.outbox SET relayed_at = clock_timestamp() WHERE id = ANY($1)", [e[0] for e in events]
            )
    return len(events)


async def until_signalled() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    return stop
