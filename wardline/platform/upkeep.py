"""What one worker does by the clock for the platform's own tables: lost jobs, partitions ahead, old rows, figures."""

import re
from datetime import datetime, timedelta

from wardline.platform.jobs import TRIES_MAX, Work
from wardline.platform.metrics import Figures, Kind, Metrics

LOST_AFTER_SECONDS = 30
REPLY_DAYS_KEPT = 2
EVENT_DAYS_KEPT = 7
FAILED_JOB_DAYS_KEPT = 30
DAYS_AHEAD = 3
MONTHS_AHEAD = 3
DELETED_AT_ONCE_MAX = 10_000


async def take_back_lost_jobs(work: Work) -> None:
    """Jobs whose worker was killed go back to the queue, or on the list of the dead after the fifth time."""
    lost = await work.db.fetch(
        """
        SELECT j.id, j.attempts FROM procrastinate.procrastinate_jobs j
          LEFT JOIN procrastinate.procrastinate_workers w ON w.id = j.worker_id
         WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => $1))
         ORDER BY j.id LIMIT 100
        """,
        LOST_AFTER_SECONDS,
    )
    for job_id, attempts in lost:
        if attempts + 1 < TRIES_MAX:
            await work.db.execute(
                "SELECT procrastinate.procrastinate_retry_job_v2($1, now(), NULL, NULL, NULL)", job_id
            )
        else:
            await work.db.execute("SELECT procrastinate.procrastinate_finish_job_v1($1, 'failed', false)", job_id)


async def keep_partitions(work: Work) -> None:
    """Make the partitions of the coming days and months, wherever a table has daily or monthly ones, and drop the
    stored replies that nobody can ask for any more."""
    parents = await work.db.fetch(
        """
        SELECT p.partrelid::regclass::text AS parent, bool_or(c.relname ~ '_[0-9]{8}$') AS daily
          FROM pg_partitioned_table p JOIN pg_inherits i ON i.inhparent = p.partrelid JOIN pg_class c ON c.oid = i.inhrelid
         WHERE p.partstrat = 'r' AND c.relname ~ '_([0-9]{6}|[0-9]{8})$'
         GROUP BY p.partrelid
        """
    )
    for parent, daily in parents:
        await work.db.execute(
            "SELECT platform.ensure_partitions($1::text::regclass, $2, now(), $3)",
            parent,
            timedelta(days=1) if daily else timedelta(days=31),
            DAYS_AHEAD if daily else MONTHS_AHEAD,
        )
    children = await work.db.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'platform.reply'::regclass"
    )
    for (name,) in children:
        if is_old_partition(name, work.now):
            await work.db.execute(f"DROP TABLE {name}")


def is_old_partition(name: str, now: datetime) -> bool:
    """Whether a daily partition of stored replies ended before what is kept."""
    match = re.fullmatch(r"platform\.reply_(\d{8})", name)
    return match is not None and match[1] < f"{now - timedelta(days=REPLY_DAYS_KEPT):%Y%m%d}"


async def delete_old_rows(work: Work) -> None:
    """Relayed events and failed jobs go after a while, a portion at a time."""
    await _delete(
        work,
        """
        DELETE FROM platform.outbox WHERE id IN
            (SELECT id FROM platform.outbox WHERE relayed_at < now() - make_interval(days => $1) LIMIT $2)
        """,
        EVENT_DAYS_KEPT,
    )
    await _delete(
        work,
        """
        DELETE FROM procrastinate.procrastinate_jobs WHERE id IN
            (SELECT j.id FROM procrastinate.procrastinate_jobs j JOIN platform.dead_job d ON d.job_id = j.id
              WHERE j.status = 'failed' AND d.died_at < now() - make_interval(days => $1) LIMIT $2)
        """,
        FAILED_JOB_DAYS_KEPT,
    )


async def _delete(work: Work, statement: str, days: int) -> None:
    while True:
        done = await work.db.execute(statement, days, DELETED_AT_ONCE_MAX)
        if int(done.rpartition(" ")[2]) < DELETED_AT_ONCE_MAX:
            return


class DatabaseFigures:
    """What the database server says about itself, all clients together: asked by one worker, so it counts once."""

    def __init__(self) -> None:
        self._read: dict[str, float] = {}

    def register(self, metrics: Metrics) -> None:
        """Show the figures last read; none before the first time."""
        figures: tuple[tuple[str, Kind, str], ...] = (
            ("wardline_database_connections", "gauge", "Connections to the database server, everybody's."),
            ("wardline_database_connections_max", "gauge", "How many the server allows."),
            ("wardline_database_bytes", "gauge", "Size of the database."),
            ("wardline_database_commits_total", "counter", "Transactions committed."),
            ("wardline_database_rollbacks_total", "counter", "Transactions rolled back."),
            ("wardline_database_deadlocks_total", "counter", "Deadlocks that the server broke."),
            ("wardline_database_temporary_bytes_total", "counter", "Written to disk for want of work memory."),
        )
        for name, kind, help_text in figures:
            metrics.register(name, kind, help_text, lambda name=name: _known(self._read.get(name)))
        metrics.register(
            "wardline_database_blocks_total",
            "counter",
            "Blocks that were in the server's buffers, or had to be read.",
            lambda: [({"result": r}, self._read[r]) for r in ("hit", "read") if r in self._read],
        )

    async def read(self, work: Work) -> None:
        """Ask the server."""
        row = await work.db.fetchrow(
            """
            SELECT (SELECT sum(a.numbackends) FROM pg_stat_database a) AS wardline_database_connections,
                   current_setting('max_connections')::int AS wardline_database_connections_max,
                   pg_database_size(d.datid) AS wardline_database_bytes,
                   d.xact_commit AS wardline_database_commits_total, d.xact_rollback AS wardline_database_rollbacks_total,
                   d.deadlocks AS wardline_database_deadlocks_total,
                   d.temp_bytes AS wardline_database_temporary_bytes_total, d.blks_hit AS hit, d.blks_read AS read
              FROM pg_stat_database d WHERE d.datname = current_database()
            """
        )
        assert row is not None
        self._read = {name: float(value) for name, value in row.items()}


def _known(value: float | None) -> Figures:
    return [] if value is None else [({}, value)]


class QueueFigures:
    """How much waits, and for how long."""

    def __init__(self) -> None:
        self._figures: dict[str, float] = dict.fromkeys(
            ("jobs", "job_age", "events", "event_age", "dead", "dead_age"), 0.0
        )

    def register(self, metrics: Metrics) -> None:
        """Show the figures last read."""
        figures = self._figures
        for name, key, help_text in (
            ("wardline_jobs_waiting", "jobs", "Jobs that are due and wait."),
            ("wardline_jobs_oldest_seconds", "job_age", "How long the oldest of them is in the queue."),
            ("wardline_events_waiting", "events", "Events that are not relayed yet."),
            ("wardline_events_oldest_seconds", "event_age", "How long the oldest of them waits."),
            ("wardline_dead_jobs", "dead", "Jobs that were given up and wait for their owner."),
            ("wardline_dead_jobs_oldest_seconds", "dead_age", "How long the oldest of them waits."),
        ):
            metrics.register(name, "gauge", help_text, lambda key=key: figures[key])

    async def read(self, work: Work) -> None:
        """Count what waits."""
        row = await work.db.fetchrow(
            """
            WITH waiting AS (
                SELECT min(e.at) AS since FROM procrastinate.procrastinate_jobs j
                  JOIN procrastinate.procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
                 WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now()) GROUP BY j.id
            )
            SELECT w.count, w.age, o.count, o.age, d.count, d.age
              FROM (SELECT count(*) AS count, extract(epoch FROM now() - min(since))::float8 AS age FROM waiting) w,
                   (SELECT count(*) AS count, extract(epoch FROM now() - min(created_at))::float8 AS age
                      FROM platform.outbox WHERE relayed_at IS NULL) o,
                   (SELECT count(*) AS count, extract(epoch FROM now() - min(died_at))::float8 AS age
                      FROM platform.dead_job WHERE settled_at IS NULL) d
            """
        )
        assert row is not None
        self._figures.update(zip(self._figures, (float(value or 0) for value in row), strict=True))
