"""What goes into each large table of a network of N people: rows in the binary format of COPY, a chunk at a time.

Everything is worked out again from the seed wherever it is needed; nothing is kept, so memory is the same for any N.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
from msgspec import Struct
from numpy.typing import NDArray

from wardline.demo import population, visits
from wardline.demo.book import Book
from wardline.demo.columns import (
    Column,
    Numbers,
    Words,
    days,
    digits,
    joined,
    moments,
    only,
    rows,
    same,
    uuid_lists,
    uuids,
)
from wardline.demo.conditions import RELATIONS
from wardline.demo.dice import Dice
from wardline.demo.naming import census
from wardline.demo.network import Builder, Hospital
from wardline.demo.places import HOSPITALS, HospitalPlan
from wardline.demo.population import Particulars, People, chance
from wardline.demo.visits import Month, Network, months_of, network_of, stays_of

SEED = 11
HOSPITALS_MAX, HOSPITALS_OF_REGION = 200, 25
FOUNDED_AGO = timedelta(days=1000)
# Numbers below are left to the demo network and to whoever is registered before.
FIRST_SERIAL = 1_000_000
ALLERGY_STATES = Words(["not_recorded", "none_known", "recorded"])
ALLERGY_SHARES = (0.4, 0.4, 0.2)
NOT_RECORDED, RECORDED = 0, 2
SUBSTANCES = Words(["Penicillin", "Trimethoprim", "Codeine", "Aspirin", "Ibuprofen", "Latex", "Peanuts", "Eggs"])
CONTACT_SHARE, IDENTIFIER_SHARE = 0.1, 0.05
SAID_TO_BE = Words(RELATIONS)
SEEN_AT = Words(["", "Hospital"])
FOR_ALLERGIES, FOR_CONTACTS, FOR_IDENTIFIERS = 20, 21, 22

COLUMNS = {
    "patients.person": (
        "id", "network_number", "family", "given", "title", "sex", "born_on", "deceased_on", "mobile", "address", "town",
        "postcode", "family_doctor", "allergy_state", "allergies_confirmed_at", "allergies_confirmed_by", "hospital_ids",
        "created_at",
    ),
    "patients.registration": ("hospital_id", "person_id", "mrn", "last_visit_at", "last_place", "created_at"),
    "patients.search": ("hospital_id", "person_id", "key", "given", "sound", "phone", "born_on"),
    "patients.allergy": ("person_id", "id", "hospital_id", "substance", "created_at"),
    "patients.contact": ("person_id", "id", "name", "relation", "phone", "created_at"),
    "patients.identifier": ("person_id", "system", "value", "created_at"),
    "encounters.encounter": visits.ENCOUNTER_COLUMNS,
    "encounters.problem": visits.PROBLEM_COLUMNS,
    "vitals.observation_set": visits.SET_COLUMNS,
}  # fmt: skip
SOUNDS = """
    SELECT patients.search_key(name, ''), patients.sound(name, ''), patients.plain(name), ltrim(patients.sound('', name))
      FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, place) ORDER BY place
"""


class Plan(Struct, frozen=True):
    """What a number of people asks for."""

    people: int
    people_of_hospital: int = 50_000
    batch_people: int = population.BATCH_PEOPLE

    @property
    def hospitals(self) -> int:
        return max(1, min(HOSPITALS_MAX, -(-self.people // self.people_of_hospital)))

    @property
    def batches(self) -> int:
        return population.batches(self.people, self.batch_people)


class Order(Struct, frozen=True):
    """What a worker must know: where the database is, what to make, and the moment from which times count back."""

    owner_url: str
    plan: Plan
    now: datetime
    password_hash: str


class Alike(Struct, frozen=True):
    """How patient search spells and hears every name; asked of the database, which has the rules."""

    family_key: Words
    family_sound: Words
    given_key: Words
    given_sound: Words


def hospital_plans(count: int) -> list[HospitalPlan]:
    """Hospitals H001, H002 ... with the wards of the demo network's."""
    plans: list[HospitalPlan] = []
    towns = population.towns()
    for number in range(count):
        like, town = HOSPITALS[number % len(HOSPITALS)], towns[number * 7 % len(towns)]
        name = f"{town} {('General Hospital', 'Infirmary')[number // len(towns)]}"
        code = f"H{number + 1:03}"
        plans.append(
            HospitalPlan(
                code, name, f"R{number // HOSPITALS_OF_REGION + 1}", f"{code.lower()}.example", like.wards,
                like.empty_hours, like.before_noon_share, like.emergency_in_time_share, like.acknowledged_in_time_share,
            )
        )  # fmt: skip
    return plans


class Source:
    """The rows of one network, table by table."""

    def __init__(self, order: Order) -> None:
        self.plan, self.now = order.plan, order.now.astimezone(UTC)
        self.today = self.now.date()
        self.founded: date = (self.now - FOUNDED_AGO).date()
        plans = hospital_plans(self.plan.hospitals)
        regions = {each.region: f"Region {each.region[1:]}" for each in plans}
        self.book = Book()
        builder = Builder(self.book, Dice(SEED), self.now - FOUNDED_AGO, order.password_hash)
        self.hospitals: list[Hospital] = builder.build(regions, plans)[1]
        self.network: Network = network_of(self.hospitals)
        self.months: list[Month] = months_of(self.now)

    def batches(self) -> Iterator[People]:
        """Everybody, batch by batch."""
        for number in range(self.plan.batches):
            yield population.batch(
                number, self.plan.people, hospitals=self.plan.hospitals, seed=SEED, today=self.today,
                founded=self.founded, size=self.plan.batch_people,
            )  # fmt: skip

    def network_number(self, place: int) -> str:
        """The network number of the person at this place, which may be behind the last."""
        batch, rest = divmod(place, self.plan.batch_people)
        return str(population.network_numbers(batch, rest + 1, FIRST_SERIAL, self.plan.batch_people)[-1])

    def _particulars(self, people: People) -> Particulars:
        return population.particulars(
            people, seed=SEED, today=self.today, first_serial=FIRST_SERIAL, batch_people=self.plan.batch_people
        )

    # --- people ----------------------------------------------------------------------------------------------------------
    def persons(self) -> Iterator[bytes]:
        """Rows of patients.person."""
        for people in self.batches():
            its = self._particulars(people)
            state, created = self._allergy_states(people), moments(people.registered // 1000)
            not_said = state == NOT_RECORDED
            nurse = self.network.nurses[people.hospital, 0]
            yield rows([
                uuids(people.id), its.network_number, its.family, its.given, its.title, its.sex, days(people.born_on),
                days(people.deceased_on), its.mobile, its.address, its.town, its.postcode, its.family_doctor,
                ALLERGY_STATES.column(state), Column(created.parts, not_said), uuids(nurse, not_said),
                uuid_lists(self.network.ids[people.hospital], self.network.ids[people.second_hospital], _both(people)),
                created,
            ])  # fmt: skip

    def _allergy_states(self, people: People) -> Numbers:
        random = chance(SEED, FOR_ALLERGIES, people.number)
        return np.searchsorted(np.cumsum(ALLERGY_SHARES)[:-1], random.random(len(people)), side="right")

    def allergies(self) -> Iterator[bytes]:
        """Rows of patients.allergy: one for each person who has one."""
        for people in self.batches():
            who = np.flatnonzero(self._allergy_states(people) == RECORDED)
            random = chance(SEED, FOR_ALLERGIES, people.number, 1)
            registered = people.registered[who]
            yield rows([
                uuids(people.id[who]), uuids(population.ids_at(random, registered)),
                uuids(self.network.ids[people.hospital[who]]),
                SUBSTANCES.column(random.integers(0, len(SUBSTANCES.lengths), len(who))), moments(registered // 1000),
            ])  # fmt: skip

    def contacts(self) -> Iterator[bytes]:
        """Rows of patients.contact: somebody of the same family."""
        for people in self.batches():
            random = chance(SEED, FOR_CONTACTS, people.number)
            who = np.flatnonzero(random.random(len(people)) < CONTACT_SHARE)
            registered, size = people.registered[who], len(who)
            given = population.given_names().column(random.integers(0, len(population.given_texts()[0]), size))
            family = population.family_names().column(self._particulars(people).names.family[who])
            yield rows([
                uuids(people.id[who]), uuids(population.ids_at(random, registered)),
                joined(given, same(b" ", size), family), SAID_TO_BE.column(random.integers(0, len(RELATIONS), size)),
                joined(same(b"0770", size), digits(random.integers(0, 10**7, size), 7)), moments(registered // 1000),
            ])  # fmt: skip

    def identifiers(self) -> Iterator[bytes]:
        """Rows of patients.identifier: passports, numbered by where the person stands among all."""
        for people in self.batches():
            random = chance(SEED, FOR_IDENTIFIERS, people.number)
            who = np.flatnonzero(random.random(len(people)) < IDENTIFIER_SHARE)
            number = digits(people.number * self.plan.batch_people + who, 9)
            yield rows([
                uuids(people.id[who]), same(b"passport", len(who)), joined(same(b"P", len(who)), number),
                moments(people.registered[who] // 1000),
            ])  # fmt: skip

    # --- registrations ---------------------------------------------------------------------------------------------------
    def registrations(self, registered: Numbers) -> Iterator[bytes]:
        """Rows of patients.registration; `registered` says how many each hospital has had, and is kept up."""
        for people in self.batches():
            who, at, is_second = registered_at(people)
            seen = self._last_seen(people)[is_second.astype(np.int64), who]
            numbers = _numbered(at, registered)
            ever = seen > 0
            yield rows([
                uuids(self.network.ids[at]), uuids(people.id[who]), joined(self.network.codes.column(at), digits(numbers, 7)),
                moments(seen, ~ever), SEEN_AT.column(ever.astype(np.int64)), moments(people.registered[who] // 1000),
            ])  # fmt: skip

    def _last_seen(self, people: People) -> NDArray[np.int64]:
        """When each person was last seen at the first hospital, and at the second one; 0 is never."""
        seen = np.zeros((2, len(people)), dtype=np.int64)
        for month in self.months:
            stays = stays_of(people, month, SEED)
            np.maximum.at(seen, (stays.elsewhere.astype(np.int64), stays.who), stays.started)
        return seen

    # --- patient search --------------------------------------------------------------------------------------------------
    def alike(self, connection: psycopg.Connection) -> Alike:
        """Asks the database how it spells and hears every name."""

        def asked(names: list[str]) -> list[Words]:
            found = connection.execute(SOUNDS, (names,)).fetchall()
            return [Words(column) for column in zip(*found, strict=True)]

        families, givens = asked(census("dist.all.last")[0]), asked(population.given_texts()[0])
        return Alike(families[0], families[1], givens[2], givens[3])

    def searched(self, alike: Alike, borne: "Borne") -> Iterator[bytes]:
        """Rows of patients.search, one for each registration; how often each name is borne is counted on the way."""
        for people in self.batches():
            its = self._particulars(people)
            borne.count(its)
            who, at, _ = registered_at(people)
            names, mobile = its.names, its.mobile_digits
            space = same(b" ", len(people))
            second = only(joined(space, alike.given_key.column(names.second_given)), names.second_given >= 0)
            given = joined(alike.given_key.column(names.given), second)
            phone = joined(digits(_backwards(mobile), population.MOBILE_DIGITS), same(b"07", len(people)))
            columns = [
                joined(alike.family_key.column(names.family), space, given),
                given,
                joined(alike.family_sound.column(names.family), alike.given_sound.column(names.given)),
                only(phone, mobile >= 0),
                days(people.born_on),
            ]
            yield rows([uuids(self.network.ids[at]), uuids(people.id[who]), *(column.of(who) for column in columns)])

    # --- visits ----------------------------------------------------------------------------------------------------------
    def encounters(self) -> Iterator[bytes]:
        """Rows of encounters.encounter, in the order of the months."""
        for month in self.months:
            for people in self.batches():
                stays = stays_of(people, month, SEED)
                yield rows(visits.encounters(people, stays, month, self.network, SEED))

    def problems(self) -> Iterator[bytes]:
        """Rows of encounters.problem, likewise."""
        for month in self.months:
            for people in self.batches():
                stays = stays_of(people, month, SEED)
                yield rows(visits.problems(people, stays, month, self.network, SEED))

    def sets(self, month: Month) -> Iterator[bytes]:
        """Rows of the month's partition of vitals.observation_set. A stay may have begun in the month before."""
        before = self.months[max(0, month.number - 1) : month.number]
        for people in self.batches():
            for began in (*before, month):
                stays = stays_of(people, began, SEED)
                yield rows(visits.sets(people, stays, began, month, self.network, SEED))


class Borne:
    """How many people bear each name."""

    def __init__(self) -> None:
        self.family = np.zeros(len(census("dist.all.last")[0]), dtype=np.int64)
        self.given = np.zeros(len(population.given_texts()[0]), dtype=np.int64)

    def count(self, its: Particulars) -> None:
        """Adds a batch."""
        names = its.names
        self.family += np.bincount(names.family, minlength=len(self.family))
        given = np.concatenate([names.given, names.second_given[names.second_given >= 0]])
        self.given += np.bincount(given, minlength=len(self.given))


def _both(people: People) -> NDArray[np.bool_]:
    return (people.second_hospital >= 0) & (people.second_hospital != people.hospital)


def registered_at(people: People) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Who is registered where: everybody at the first hospital, then some at a second one, which the last array tells."""
    others = np.flatnonzero(_both(people))
    who = np.concatenate([np.arange(len(people)), others])
    at = np.concatenate([people.hospital, people.second_hospital[others]])
    return who, at, np.arange(len(who)) >= len(people)


def _numbered(at: Numbers, registered: Numbers) -> Numbers:
    """The running number of each registration at its hospital, from what was given out before."""
    order = np.argsort(at, kind="stable")
    counts = np.bincount(at, minlength=len(registered))
    rank = np.empty(len(at), dtype=np.int64)
    rank[order] = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    numbers = registered[at] + rank + 1
    registered += counts
    return numbers


def _backwards(numbers: Numbers) -> Numbers:
    """Numbers of so many digits as a phone has, read from the last digit."""
    turned, rest = np.zeros_like(numbers), np.maximum(numbers, 0)
    for _ in range(population.MOBILE_DIGITS):
        turned, rest = turned * 10 + rest % 10, rest // 10
    return turned
