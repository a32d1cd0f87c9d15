"""`wardline seed --people N`: a network of any size, to measure with. One job for each large table, partition and
hospital, each one transaction: a run that was broken off goes on where it stopped, and the same number makes the same
network, however many workers share the jobs.

Budget: ten million people in under 30 minutes on two cores, in under 40 GB. Memory is the same for any number.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import numpy as np
import psycopg
from msgspec import Struct
from psycopg import sql

from wardline.demo import seed as seeding
from wardline.demo.book import TABLES, copy, write
from wardline.demo.crew import Broken, Job, Seconds, Told, work
from wardline.demo.naming import census
from wardline.demo.population import given_texts, serial_after
from wardline.demo.present import present
from wardline.demo.refill import copy_frozen, refilled, refilled_partition, table_name
from wardline.demo.source import COLUMNS, FIRST_SERIAL, FOUNDED_AGO, Borne, Order, Plan, Source
from wardline.demo.visits import DAY_SECONDS, INPATIENT_DAYS_MAX, Month, months_of

__all__ = ["Broken", "OtherNetwork", "Plan", "Tally", "fill", "steps", "tally"]

SETS = "vitals.observation_set"
OTHER_NETWORK = "This database was filled for another number of people; begin with an empty one."
# What must be there before, and one job after the other where both would hold the same tables. In the order in which they
# are taken up, so that nobody stands idle while the encounters, the longest job, are made.
AFTER = {
    "patients.person": (),
    "patients.search": (),
    "patients.registration": ("patients.person",),
    "encounters.encounter": ("patients.registration",),
    "patients.contact": ("patients.registration",),
    "patients.identifier": ("patients.contact",),
    "encounters.problem": ("encounters.encounter",),
    "patients.allergy": ("patients.identifier", "encounters.problem"),
    SETS: ("encounters.encounter",),
}
PRESENT = "present"
# How much of the progress each chunk of a job is, as it was measured; a hospital is one chunk.
STEPS_OF_CHUNK = {
    "patients.person": 28, "patients.search": 75, "patients.registration": 40, "encounters.encounter": 4, SETS: 5,
    "encounters.problem": 1, "patients.allergy": 5, "patients.contact": 6, "patients.identifier": 4, PRESENT: 100,
}  # fmt: skip
# Indexes that follow the order of time, of all or hospital by hospital: new rows come at their ends, so they need no room either.
FULL_INDEXES = frozenset({
    "encounter_id_key", "person_pkey", "registration_person", "registration_pkey", "search_pkey",
})  # fmt: skip
COUNT_NAMES = """
    INSERT INTO patients.name_word AS w (word, sound, family_count, given_count)
    SELECT t.word, public.dmetaphone(t.word), sum(t.family), sum(t.given)
      FROM (SELECT left(word, 60) AS word, n AS family, 0 AS given
              FROM unnest(%s::text[], %s::bigint[]) AS f (family, n),
                   string_to_table(patients.joined(patients.plain(f.family)), ' ') AS word WHERE n > 0
             UNION ALL
            SELECT left(word, 60), 0, n
              FROM unnest(%s::text[], %s::bigint[]) AS g (given, n), string_to_table(patients.plain(g.given), ' ') AS word
             WHERE n > 0) AS t
     WHERE t.word <> '' GROUP BY t.word
    ON CONFLICT (word) DO UPDATE SET family_count = w.family_count + EXCLUDED.family_count,
                                     given_count = w.given_count + EXCLUDED.given_count
"""


TALLY = """
    SELECT n.nspname || '.' || coalesce(p.relname, c.relname), sum(greatest(c.reltuples, 0))::bigint,
           sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relkind = 'r' AND n.nspname || '.' || coalesce(p.relname, c.relname) = ANY (%s)
     GROUP BY 1 HAVING sum(c.reltuples) > 0 ORDER BY sum(pg_total_relation_size(c.oid)) DESC
"""
FILLED = (*TABLES, "patients.identifier", "patients.search", "patients.name_word")


class Tally(Struct, frozen=True):
    """How much of a table there is; rows as the planner counts them."""

    table: str
    rows: int
    table_bytes: int
    index_bytes: int


class OtherNetwork(Exception):
    """The database holds a network that was made for another number of people."""


def fill(
    owner_url: str, plan: Plan, *, password_hash: str, now: datetime, workers: int = 1, told: Told = lambda _: None
) -> Seconds:
    """The network is there afterwards, complete; gives how long each part took. Raises OtherNetwork, and Broken when a
    worker could not go on."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (seeding.SEED_LOCK,))
        found = connection.execute("SELECT created_at FROM identity.hospital WHERE code = 'H001'").fetchone()
        # A run that goes on counts from the same moment as the first.
        began = now.replace(microsecond=0) if found is None else found[0].astimezone(UTC) + FOUNDED_AGO
        order = Order(owner_url, plan, began, password_hash)
        source = Source(order)
        if found is None:
            found_network(connection, source)
        refuse_other(connection, source)
        seconds = work(jobs(plan, months=len(source.months)), Filling, order, workers=workers, told=told)
        began = time.monotonic()
        finish(connection, plan)
        return seconds | {"finish": time.monotonic() - began}


def jobs(plan: Plan, *, months: int) -> list[Job]:
    """All jobs, in the order in which they are taken up."""
    found: list[Job] = []
    for name, after in AFTER.items():
        parts = months if name == SETS else 1
        found += [Job(name, part, after) for part in range(parts)]
    return found + [Job(PRESENT, part, tuple(AFTER)) for part in range(plan.hospitals)]


def steps(plan: Plan, now: datetime) -> int:
    """How many steps the progress of a whole run has."""
    return sum(steps_of(job, plan, months=len(months_of(now))) for job in jobs(plan, months=len(months_of(now))))


def steps_of(job: Job, plan: Plan, *, months: int) -> int:
    """How many steps a job has. Half of those of a table come when its indexes are made."""
    if job.name == PRESENT:
        return STEPS_OF_CHUNK[PRESENT]
    passes = {"encounters.encounter": months, "encounters.problem": months, SETS: 2 if job.part else 1}
    return 2 * STEPS_OF_CHUNK[job.name] * passes.get(job.name, 1) * plan.batches


def found_network(connection: psycopg.Connection, source: Source) -> None:
    """Regions, hospitals, wards, rooms and staff, the counters of record numbers, and partitions for the whole past."""
    with connection.transaction():
        write(source.book, connection)
        rows = [(hospital.id, 0) for hospital in source.hospitals]
        copy(connection, "patients.mrn_counter", ("hospital_id", "last_number"), rows)
        first = datetime.fromtimestamp(source.months[0].begins, UTC)
        connection.execute(
            "SELECT platform.ensure_partitions(%s::text::regclass, interval '1 month', %s, %s)",
            (SETS, first, len(source.months) + 1),
        )


def refuse_other(connection: psycopg.Connection, source: Source) -> None:
    """Raises OtherNetwork when the hospitals, or the number of people, are not those of this plan."""
    known = connection.execute("SELECT id FROM identity.hospital WHERE code ~ '^H[0-9]{3}$' ORDER BY code").fetchall()
    if [row[0] for row in known] != [hospital.id for hospital in source.hospitals]:
        raise OtherNetwork(OTHER_NETWORK)
    people = source.plan.people
    numbers = [source.network_number(place) for place in (0, people - 1, people)]
    first, last, behind = (
        connection.execute("SELECT 1 FROM patients.person WHERE network_number = %s", (number,)).fetchone() is not None
        for number in numbers
    )
    if first != last or behind:
        raise OtherNetwork(OTHER_NETWORK)


class Filling:
    """Whoever does the jobs, over one connection."""

    def __init__(self, order: Order) -> None:
        self.connection = psycopg.connect(order.owner_url, autocommit=True)
        self.source = Source(order)

    def close(self) -> None:
        self.connection.close()

    def do(self, job: Job, told: Told) -> None:
        """The whole job, in one transaction; nothing when it was done before."""
        left = steps_of(job, self.source.plan, months=len(self.source.months))

        def told_and_counted(steps: int) -> None:
            nonlocal left
            left -= steps
            told(steps)

        if job.name == PRESENT:
            present(self.connection, self.source, self.source.hospitals[job.part])
        elif job.name == SETS:
            self._fill_month(self.source.months[job.part], told_and_counted)
        elif not self._has(job.name):
            with self.connection.transaction(), refilled(self.connection, job.name, full=FULL_INDEXES):
                self._fill_table(job.name, told_and_counted)
        told(left)

    def _fill_table(self, table: str, told: Told) -> None:
        source, copy_in = self.source, lambda chunks: self._copy(table, table, chunks, told)
        if table == "patients.registration":
            self._register(copy_in)
        elif table == "patients.search":
            self._make_searchable(copy_in)
        else:
            makers: dict[str, Callable[[], Iterator[bytes]]] = {
                "patients.person": source.persons,
                "patients.allergy": source.allergies,
                "patients.contact": source.contacts,
                "patients.identifier": source.identifiers,
                "encounters.encounter": source.encounters,
                "encounters.problem": source.problems,
            }
            copy_in(makers[table]())

    def _copy(self, table: str, target: str, chunks: Iterable[bytes], told: Told) -> None:
        step = STEPS_OF_CHUNK[table]

        def counted() -> Iterator[bytes]:
            for chunk in chunks:
                yield chunk
                told(step)

        copy_frozen(self.connection, target, COLUMNS[table], counted())

    def _has(self, table: str, *, of: str | None = None) -> bool:
        """Whether rows of this network are in the table, or in this partition of it: then all are."""
        ids = [hospital.id for hospital in self.source.hospitals]
        where = sql.SQL("t.hospital_id = ANY (%s)")
        if "hospital_id" not in COLUMNS[of or table]:
            person = "id" if table == "patients.person" else "person_id"
            where = sql.SQL("EXISTS (SELECT FROM patients.person p WHERE p.id = t.{} AND p.hospital_ids && %s)").format(
                sql.Identifier(person)
            )
        statement = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE {})").format(table_name(table), where)
        found = self.connection.execute(statement, (ids,)).fetchone()
        return bool(found and found[0])

    def _register(self, copy_in: Callable[[Iterable[bytes]], None]) -> None:
        registered = np.zeros(len(self.source.hospitals), dtype=np.int64)
        copy_in(self.source.registrations(registered))
        counts = zip(registered.tolist(), self.source.hospitals, strict=True)
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE patients.mrn_counter SET last_number = %s WHERE hospital_id = %s",
                [(count, hospital.id) for count, hospital in counts],
            )

    def _make_searchable(self, copy_in: Callable[[Iterable[bytes]], None]) -> None:
        borne, alike = Borne(), self.source.alike(self.connection)
        copy_in(self.source.searched(alike, borne))
        families, givens = census("dist.all.last")[0], given_texts()[0]
        self.connection.execute(COUNT_NAMES, (families, borne.family.tolist(), givens, borne.given.tolist()))

    def _fill_month(self, month: Month, told: Told) -> None:
        partition = f"{SETS}_{month.name}"
        if self._has(partition, of=SETS):
            return
        is_over = month.ends + INPATIENT_DAYS_MAX * DAY_SECONDS < self.source.now.timestamp()
        with (
            self.connection.transaction(),
            refilled_partition(self.connection, SETS, partition, COLUMNS[SETS], is_over=is_over) as new,
        ):
            self._copy(SETS, new, self.source.sets(month), told)


def finish(connection: psycopg.Connection, plan: Plan) -> None:
    """Numbers that go on behind the last one, and what the planner must know."""
    after = serial_after(plan.people, FIRST_SERIAL, plan.batch_people)
    current = seeding.next_serial(connection)
    connection.execute("SELECT setval('patients.network_serial', %s)", (max(after, current),))
    for table in FILLED:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table_name(table)))


def tally(owner_url: str) -> list[Tally]:
    """What was filled, the largest table first."""
    with psycopg.connect(owner_url) as connection:
        return [Tally(*row) for row in connection.execute(TALLY, (list(FILLED),)).fetchall()]
