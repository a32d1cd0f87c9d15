"""`wardline seed --people N`: a network of any size, to measure with. In batches, each one transaction: a run that was
broken off goes on where it stopped, and the same number makes the same network.

Budget: 100,000 people in well under two minutes. A batch takes the same memory whatever N is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import psycopg
from msgspec import Struct
from psycopg import sql

from wardline.demo import population
from wardline.demo import seed as seeding
from wardline.demo.book import TABLES, Book, copy, copy_text, row_triggers, write
from wardline.demo.dice import Dice
from wardline.demo.escalations import Escalations
from wardline.demo.network import Builder, Hospital
from wardline.demo.observations import Rounds, write_sets
from wardline.demo.places import HOSPITALS, HospitalPlan
from wardline.demo.population import People, batch, batch_size, batches, network_numbers, serial_after, towns
from wardline.demo.records import Records
from wardline.demo.residents import Resident
from wardline.demo.stays import Wards
from wardline.demo.visits import (
    ENCOUNTER_COLUMNS,
    PROBLEM_COLUMNS,
    SET_COLUMNS,
    Columns,
    Network,
    network_of,
    texts,
    times,
    visits,
)

SEED = 11
PEOPLE_OF_HOSPITAL = 50_000
HOSPITALS_MAX, HOSPITALS_OF_REGION = 200, 25
FOUNDED_AGO = timedelta(days=1000)
# Numbers below are left to the demo network and to whoever is registered before.
FIRST_SERIAL = 1_000_000
CANDIDATES = 1200
CONFIRMED_SHARES = {"not_recorded": 0.4, "none_known": 0.4, "recorded": 0.2}
SUBSTANCES = ("Penicillin", "Trimethoprim", "Codeine", "Aspirin", "Ibuprofen", "Latex", "Peanuts", "Eggs")

PERSON_COLUMNS = (
    "id", "network_number", "family", "given", "title", "sex", "born_on", "deceased_on", "mobile", "address", "town",
    "postcode", "family_doctor", "allergy_state", "allergies_confirmed_at", "allergies_confirmed_by", "hospital_ids",
)  # fmt: skip
REGISTRATION_COLUMNS = ("hospital_id", "person_id", "mrn", "last_visit_at", "last_place")
ALLERGY_COLUMNS = ("person_id", "id", "hospital_id", "substance")

OTHER_NETWORK = "This database was filled for another number of people; begin with an empty one."
Progress = Callable[[int], None]


class OtherNetwork(Exception):
    """The database holds a network that was made for another number of people."""


class Plan(Struct, frozen=True):
    """What a number of people asks for: `steps` for the progress bar."""

    people: int

    @property
    def hospitals(self) -> int:
        return max(1, min(HOSPITALS_MAX, -(-self.people // PEOPLE_OF_HOSPITAL)))

    @property
    def steps(self) -> int:
        return batches(self.people) + self.hospitals + 1


def hospital_plans(count: int) -> list[HospitalPlan]:
    """Hospitals H001, H002 ... with the wards of the demo network's."""
    plans: list[HospitalPlan] = []
    for number in range(count):
        like, town = HOSPITALS[number % len(HOSPITALS)], towns()[number * 7 % len(towns())]
        name = f"{town} {('General Hospital', 'Infirmary')[number // len(towns())]}"
        code = f"H{number + 1:03}"
        plans.append(
            HospitalPlan(
                code, name, f"R{number // HOSPITALS_OF_REGION + 1}", f"{code.lower()}.example", like.wards,
                like.empty_hours, like.before_noon_share, like.emergency_in_time_share, like.acknowledged_in_time_share,
            )
        )  # fmt: skip
    return plans


def fill(
    owner_url: str, people: int, *, password_hash: str, now: datetime, progress: Progress = lambda _: None
) -> None:
    """The network is there afterwards, complete. Raises OtherNetwork."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (seeding.SEED_LOCK,))
        filling = Filling(connection, Plan(people), now, password_hash)
        filling.places()
        for number in range(batches(people)):
            filling.batch(number)
            progress(1)
        for hospital in filling.hospitals:
            filling.present(hospital)
            progress(1)
        filling.finish()
        progress(1)


class Filling:
    """One run. Everything is worked out again from the seed; what is in the database already is left as it is."""

    def __init__(self, connection: psycopg.Connection, plan: Plan, now: datetime, password_hash: str) -> None:
        self.connection, self.plan = connection, plan
        found = connection.execute("SELECT created_at FROM identity.hospital WHERE code = 'H001'").fetchone()
        self.is_new = found is None
        # A run that goes on counts from the same moment as the first.
        self.now: datetime = now.replace(microsecond=0) if found is None else found[0].astimezone(UTC) + FOUNDED_AGO
        self.book = Book()
        plans = hospital_plans(plan.hospitals)
        regions = {each.region: f"Region {each.region[1:]}" for each in plans}
        builder = Builder(self.book, Dice(SEED), self.now - FOUNDED_AGO, password_hash)
        _, self.hospitals = builder.build(regions, plans)
        self.network: Network = network_of(self.hospitals)
        self.registered = [0] * plan.hospitals

    def places(self) -> None:
        """Regions, hospitals, wards, rooms and staff; and how many people each hospital has had until now."""
        if self.is_new:
            with self.connection.transaction():
                write(self.book, self.connection)
                rows = [(hospital.id, 0) for hospital in self.hospitals]
                copy(self.connection, "patients.mrn_counter", ("hospital_id", "last_number"), rows)
        known = self.connection.execute(
            "SELECT h.id, c.last_number FROM identity.hospital h JOIN patients.mrn_counter c ON c.hospital_id = h.id"
            " WHERE h.code ~ '^H[0-9]{3}$' ORDER BY h.code"
        ).fetchall()
        if [row[0] for row in known] != [hospital.id for hospital in self.hospitals]:
            raise OtherNetwork(OTHER_NETWORK)
        self.registered = [int(row[1]) for row in known]

    def batch(self, number: int) -> None:
        """One batch of people with their past, in one transaction; nothing when it is there."""
        if self._has(number):
            return
        people = batch(
            number,
            self.plan.people,
            hospitals=self.plan.hospitals,
            seed=SEED,
            today=self.now.date(),
            first_serial=FIRST_SERIAL,
        )
        random = np.random.Generator(np.random.PCG64([SEED, number, 1]))
        past = visits(random, people, self.network, int(self.now.timestamp()))
        with self.connection.transaction():
            row_triggers(self.connection, on=False)
            self._people(random, people, past.last_seen)
            copy_text(self.connection, "encounters.encounter", ENCOUNTER_COLUMNS, past.encounters)
            copy_text(self.connection, "encounters.problem", PROBLEM_COLUMNS, past.problems)
            copy_text(self.connection, "vitals.observation_set", SET_COLUMNS, past.sets)
            row_triggers(self.connection, on=True)
            with self.connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE patients.mrn_counter SET last_number = %s WHERE hospital_id = %s",
                    [(count, hospital.id) for count, hospital in zip(self.registered, self.hospitals, strict=True)],
                )

    def _has(self, number: int) -> bool:
        """Whether this batch is there, told by its first and last person; the last batch has nobody behind it."""
        size = batch_size(number, self.plan.people)
        first, last = network_numbers(number, size, FIRST_SERIAL)[[0, -1]]
        is_there = self._knows(first)
        behind = number + (size == population.BATCH_PEOPLE), size % population.BATCH_PEOPLE
        too_many = number == batches(self.plan.people) - 1 and self._knows(
            network_numbers(behind[0], behind[1] + 1, FIRST_SERIAL)[-1]
        )
        if too_many or is_there != self._knows(last):
            raise OtherNetwork(OTHER_NETWORK)
        return is_there

    def _knows(self, network_number: str) -> bool:
        statement = "SELECT 1 FROM patients.person WHERE network_number = %s"
        return self.connection.execute(statement, (str(network_number),)).fetchone() is not None

    def _people(self, random: np.random.Generator, people: People, last_seen: np.ndarray) -> None:
        size, ids = len(people), self.network.ids
        states = random.choice(list(CONFIRMED_SHARES), size, p=list(CONFIRMED_SHARES.values()))
        stated = states != "not_recorded"
        nurse = self.network.nurses[people.hospital, 0]
        confirmed_at = self.now.isoformat()
        second = people.second_hospital
        both = (second >= 0) & (second != people.hospital)
        homes = [
            f"{{{first},{other}}}" if has_other else f"{{{first}}}"
            for first, other, has_other in zip(ids[people.hospital], ids[second], both.tolist(), strict=True)
        ]
        deceased = np.where(np.isnat(people.deceased_on), "\\N", np.datetime_as_string(people.deceased_on))
        columns: Columns = [
            people.id,
            *(column.tolist() for column in (people.network_number, people.family, people.given, people.title, people.sex)),
            np.datetime_as_string(people.born_on.astype("datetime64[D]")).tolist(),
            deceased.tolist(),
            *(column.tolist() for column in (people.mobile, people.address, people.town, people.postcode, people.family_doctor)),
            states.tolist(),
            np.where(stated, confirmed_at, "\\N").tolist(),
            np.where(stated, nurse, "\\N").tolist(),
            homes,
        ]  # fmt: skip
        copy_text(self.connection, "patients.person", PERSON_COLUMNS, columns)
        seen = np.where(last_seen > 0, texts(times(last_seen)), "\\N")
        self._registrations(people.id, people.hospital.tolist(), seen.tolist())
        others = np.flatnonzero(both)
        self._registrations([people.id[n] for n in others], second[others].tolist(), ["\\N"] * len(others))
        allergic = np.flatnonzero(states == "recorded")
        substances = random.choice(SUBSTANCES, len(allergic)).tolist()
        person_ids = [people.id[n] for n in allergic]
        keys = random.integers(0, 256, (len(allergic), 16), dtype=np.uint8).tobytes().hex()
        allergy_ids = [keys[n * 32 : n * 32 + 32] for n in range(len(allergic))]
        rows = [person_ids, allergy_ids, ids[people.hospital[allergic]].tolist(), substances]
        copy_text(self.connection, "patients.allergy", ALLERGY_COLUMNS, rows)

    def _registrations(self, person_ids: list[str], at: list[int], last_visits: list[str]) -> None:
        mrns: list[str] = []
        for place in at:
            self.registered[place] += 1
            mrns.append(f"{self.hospitals[place].plan.code}{self.registered[place]:07}")
        hospital_ids = self.network.ids[np.array(at, dtype=np.int64)].tolist()
        places = ["Hospital" if last != "\\N" else "" for last in last_visits]
        columns = [hospital_ids, person_ids, mrns, last_visits, places]
        copy_text(self.connection, "patients.registration", REGISTRATION_COLUMNS, columns)

    def present(self, hospital: Hospital) -> None:
        """Who lies in the beds now, with everything that boards and charts show; nothing when the beds are there."""
        if self.connection.execute("SELECT 1 FROM beds.bed WHERE hospital_id = %s LIMIT 1", (hospital.id,)).fetchone():
            return
        dice, book = Dice(f"{SEED}-{hospital.plan.code}"), Book()
        wards = Wards(book, dice, self._crowd(hospital), self.now, history=timedelta())
        wards.fill(hospital)
        records, escalations, rounds = (
            Records(book, dice, self.now),
            Escalations(book, dice, self.now),
            Rounds(dice, self.now),
        )
        for stay in wards.present:
            observed = rounds.observe(stay)
            records.going_on(observed)
            write_sets(book, dice, observed)
            escalations.of_stay(observed)
        for bed, stay in wards.reserved:
            records.reserved(bed, stay)
        with self.connection.transaction():
            write(book, self.connection)
            self.connection.execute(
                "UPDATE patients.registration r SET last_visit_at = c.started_at,"
                " last_place = coalesce('Ward ' || split_part(c.bed_label, '-', 1), 'Emergency')"
                " FROM encounters.current c WHERE c.hospital_id = %s AND r.hospital_id = c.hospital_id"
                " AND r.person_id = c.person_id",
                (hospital.id,),
            )

    def _crowd(self, hospital: Hospital) -> "Crowd":
        rows = self.connection.execute(
            "SELECT p.id, p.family, p.given, p.sex, p.born_on FROM patients.registration r"
            " JOIN patients.person p ON p.id = r.person_id WHERE r.hospital_id = %s AND p.deceased_on IS NULL"
            " AND p.hospital_ids[1] = r.hospital_id ORDER BY r.mrn LIMIT %s",
            (hospital.id, CANDIDATES),
        )
        registered_at = self.now - FOUNDED_AGO
        return Crowd(
            [
                Resident(person_id, family, given, sex, born_on, hospital, [hospital], registered_at)
                for person_id, family, given, sex, born_on in rows.fetchall()
            ]
        )

    def finish(self) -> None:
        """Patient search, numbers that go on behind the last one, and what the planner must know."""
        found = self.connection.execute(
            "SELECT (SELECT count(*) FROM patients.search) = (SELECT count(*) FROM patients.registration)"
        ).fetchone()
        if found is None or not found[0]:
            with self.connection.transaction():
                self.connection.execute("SELECT patients.rebuild_search()")
        after = serial_after(self.plan.people, FIRST_SERIAL)
        current = seeding.next_serial(self.connection)
        self.connection.execute("SELECT setval('patients.network_serial', %s)", (max(after, current),))
        names = sql.SQL(", ").join(sql.Identifier(*table.split(".")) for table in TABLES)
        self.connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(names))


class Crowd:
    """The people of one hospital to choose patients from."""

    def __init__(self, people: list[Resident]) -> None:
        self.people = people
        self.by_hospital_and_sex: dict[tuple[UUID, str], list[Resident]] = {}
        for person in people:
            self.by_hospital_and_sex.setdefault((person.hospital.id, person.sex), []).append(person)
