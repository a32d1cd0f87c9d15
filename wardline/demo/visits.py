"""Past visits of very many people, column by column: encounters, what was found, observations with their scores.

The past is made month by month, as it went into the database of a hospital: what began in a month depends only on the
batch of people and on that month, so that each table is written in the order of time and each partition by itself.
"""

from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from wardline.demo.columns import (
    Column,
    Numbers,
    Octets,
    Truths,
    Words,
    days,
    moments,
    same,
    tenths,
    truths,
    uuids,
    whole_numbers,
)
from wardline.demo.conditions import BY_SPECIALTY, Condition
from wardline.demo.network import Hospital
from wardline.demo.population import People, chance, ids_at
from wardline.demo.scoring import Measured, scores
from wardline.vitals.models import Band

VISITS_MEAN = 2.11
CLASSES = ("outpatient", "emergency", "inpatient")
OUTPATIENT, EMERGENCY, INPATIENT = range(3)
CLASS_SHARES = (0.45, 0.3, 0.25)
# Nobody who lies in a bed now was seen elsewhere since, so the last stays are over before the present ones begin.
DAYS_BACK_MAX, DAYS_BACK_MIN, BEFORE_DEATH_DAYS = 690, 40, 30
INPATIENT_DAYS_MEDIAN, INPATIENT_DAYS_SPREAD, INPATIENT_DAYS_MAX = 4.0, 0.6, 25.0
SETS_A_DAY, SETS_MAX, SETS_OF_EMERGENCY = 2.14, 26, 2
ELSEWHERE_SHARE = 0.2
PROBLEM_SHARE, ACTIVE_SHARE = 0.6, 0.6
DAY_SECONDS = 86_400

CLASS_WORDS = Words(CLASSES)
FROM = Words(["Family doctor", "Emergency", "Emergency"])
LEFT_TO = Words(["home", "care_home", "other_hospital", "other"])
LEFT_TO_SHARES = (0.9, 0.06, 0.03, 0.01)
BANDS = Words([band.value for band in Band])
TENTHS = tenths()
# What the numbers of a batch and month are drawn for.
FOR_STAYS, FOR_ENCOUNTERS, FOR_PROBLEMS, FOR_TIMES, FOR_SIGNS = 10, 11, 12, 13, 14

ENCOUNTER_COLUMNS = (
    "hospital_id", "id", "person_id", "class", "state", "reason", "specialty", "admitted_from", "doctor_id", "started_at",
    "ended_at", "discharged_to", "created_at",
)  # fmt: skip
PROBLEM_COLUMNS = (
    "hospital_id", "id", "person_id", "encounter_id", "code_system", "code", "display", "onset_on", "state", "created_at",
)  # fmt: skip
SET_COLUMNS = (
    "hospital_id", "id", "person_id", "encounter_id", "taken_at", "recorded_at", "recorded_by", "respiration_per_min",
    "spo2_percent", "on_oxygen", "oxygen_l_per_min", "oxygen_device", "systolic_mmhg", "diastolic_mmhg", "pulse_per_min",
    "consciousness", "temperature_celsius", "news_score", "news_signs", "news_band", "confirmed", "created_at",
)  # fmt: skip


class Network(Struct, frozen=True):
    """What a batch needs to know of each hospital, by its position: ids as octets."""

    ids: Octets
    doctors: Octets
    nurses: Octets
    codes: Words


def network_of(hospitals: list[Hospital]) -> Network:
    """As many doctors and nurses for each hospital as the smallest has, so that they can be picked by number."""

    def ids(lists: list[list[bytes]]) -> Octets:
        return np.frombuffer(b"".join(b"".join(each) for each in lists), dtype=np.uint8).reshape(len(lists), -1, 16)

    doctors = [[ward.doctors[0].id.bytes for ward in each.wards] for each in hospitals]
    nurses = [[nurse.id.bytes for ward in each.wards for nurse in ward.nurses[:2]] for each in hospitals]
    codes = Words([each.plan.code for each in hospitals])
    return Network(ids([[each.id.bytes] for each in hospitals])[:, 0], ids(doctors), ids(nurses), codes)


class Month(Struct, frozen=True):
    """A month of the past in Unix seconds. Visits begin from `since` until before `until`; the first and the last month
    are cut. The month itself is from `begins` until before `ends`."""

    number: int
    begins: int
    ends: int
    since: int
    until: int

    @property
    def name(self) -> str:
        """As partitions are called: 202611."""
        return np.datetime_as_string(np.datetime64(self.begins, "s"), unit="M").replace("-", "")


def months_of(now: datetime) -> list[Month]:
    """Every month of UTC in which somebody was seen, the first one first; the last ones may have the ends of stays only."""
    seconds = int(now.timestamp())
    earliest, latest = seconds - DAYS_BACK_MAX * DAY_SECONDS, seconds - DAYS_BACK_MIN * DAY_SECONDS
    first, last = (
        np.datetime64(earliest, "s").astype("datetime64[M]"),
        np.datetime64(seconds, "s").astype("datetime64[M]"),
    )
    borders = np.arange(first, last + 2).astype("datetime64[s]").astype(np.int64).tolist()
    return [
        Month(number, begins, ends, max(begins, earliest), max(begins, min(ends, latest)))
        for number, (begins, ends) in enumerate(pairwise(borders))
    ]


class Stays(Struct, frozen=True):
    """What began in one month, of one batch: `who` and `at` are positions of people and of hospitals."""

    who: Numbers
    at: Numbers
    elsewhere: Truths
    kind: Numbers
    started: Numbers
    seconds: Numbers
    condition: Numbers
    id: Octets


def stays_of(people: People, month: Month, seed: int) -> Stays:
    """The visits and stays that began in that month."""
    random = chance(seed, FOR_STAYS, people.number, month.number)
    span = (DAYS_BACK_MAX - DAYS_BACK_MIN) * DAY_SECONDS
    count = random.poisson(len(people) * VISITS_MEAN * (month.until - month.since) / span)
    who = np.sort(random.integers(0, len(people), count))
    started = random.integers(month.since, max(month.until, month.since + 1), count)
    # Nobody is seen before birth, or comes back from the dead.
    born, last = _lifetimes(people, who)
    alive = (started > born + DAY_SECONDS) & (started <= last)
    who, started = who[alive], started[alive]
    size = len(who)
    second = people.second_hospital[who]
    elsewhere = (second >= 0) & (second != people.hospital[who]) & (random.random(size) < ELSEWHERE_SHARE)
    kind = np.searchsorted(np.cumsum(CLASS_SHARES), random.random(size), side="right")
    return Stays(
        who=who,
        at=np.where(elsewhere, second, people.hospital[who]),
        elsewhere=elsewhere,
        kind=kind,
        started=started,
        seconds=_seconds(random, kind),
        condition=random.integers(0, len(conditions()), size),
        id=ids_at(random, started * 1000 + random.integers(0, 1000, size)),
    )


def _lifetimes(people: People, who: Numbers) -> tuple[Numbers, Numbers]:
    """Birth and the last possible beginning of a visit, in Unix seconds."""
    born = people.born_on[who].astype("datetime64[s]").astype(np.int64)
    deceased = people.deceased_on[who]
    last = deceased.astype("datetime64[s]").astype(np.int64) - BEFORE_DEATH_DAYS * DAY_SECONDS
    return born, np.where(np.isnat(deceased), np.iinfo(np.int64).max, last)


def _seconds(random: np.random.Generator, kind: Numbers) -> Numbers:
    """How long each visit took."""
    lengths = INPATIENT_DAYS_MEDIAN * random.lognormal(0, INPATIENT_DAYS_SPREAD, len(kind))
    inpatient = (np.clip(lengths, 0.5, INPATIENT_DAYS_MAX) * DAY_SECONDS).astype(np.int64)
    emergency = random.integers(45 * 60, 420 * 60, len(kind))
    return np.select([kind == EMERGENCY, kind == INPATIENT], [emergency, inpatient], 1800)


def encounters(people: People, stays: Stays, month: Month, network: Network, seed: int) -> list[Column]:
    """The encounters of these stays, all finished."""
    random = chance(seed, FOR_ENCOUNTERS, people.number, month.number)
    size = len(stays.who)
    started = moments(stays.started)
    doctor = random.integers(0, network.doctors.shape[1], size)
    left_to = np.searchsorted(np.cumsum(LEFT_TO_SHARES), random.random(size), side="right")
    return [
        uuids(network.ids[stays.at]),
        uuids(stays.id),
        uuids(people.id[stays.who]),
        CLASS_WORDS.column(stays.kind),
        same(b"finished", size),
        condition_words("words").column(stays.condition),
        specialties().column(stays.condition),
        FROM.column(stays.kind),
        uuids(network.doctors[stays.at, doctor]),
        started,
        moments(stays.started + stays.seconds),
        LEFT_TO.column(np.minimum(left_to, len(LEFT_TO_SHARES) - 1)),
        started,
    ]


def problems(people: People, stays: Stays, month: Month, network: Network, seed: int) -> list[Column]:
    """What more than half of the stays in a ward left behind: why the person was there."""
    random = chance(seed, FOR_PROBLEMS, people.number, month.number)
    which = np.flatnonzero((stays.kind == INPATIENT) & (random.random(len(stays.kind)) < PROBLEM_SHARE))
    started, condition = stays.started[which], stays.condition[which]
    return [
        uuids(network.ids[stays.at[which]]),
        uuids(ids_at(random, started * 1000 + 1)),
        uuids(people.id[stays.who[which]]),
        uuids(stays.id[which]),
        same(b"ICD-10-CM", len(which)),
        condition_words("code").column(condition),
        condition_words("display").column(condition),
        days(started.astype("datetime64[s]")),
        PROBLEM_STATES.column((random.random(len(which)) < ACTIVE_SHARE).astype(np.int64)),
        moments(started),
    ]


PROBLEM_STATES = Words(["resolved", "active"])


# --- observations --------------------------------------------------------------------------------------------------------
class Taken(Struct, frozen=True):
    """Sets of observations: the stay each belongs to, when it was taken, and what was measured."""

    stay: Numbers
    at: Numbers
    severity: NDArray[np.float64]
    measured: Measured


def sets(people: People, stays: Stays, began: Month, taken_in: Month, network: Network, seed: int) -> list[Column]:
    """The observations that were taken in one month, of stays and emergency visits that began in this or another one."""
    stay, taken, ill = _times(people, stays, began, seed)
    inside = (taken >= taken_in.begins) & (taken < taken_in.ends)
    # A month's chance must not depend on how many sets of the same stays fell into another.
    random = chance(seed, FOR_SIGNS, people.number, began.number, taken_in.number)
    return _set_columns(random, people, stays, network, _signs(random, stays, stay[inside], taken[inside], ill[inside]))


def _times(people: People, stays: Stays, month: Month, seed: int) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
    """Which stay each set belongs to, when it was taken (evenly spread over the stay) and how ill the patient was."""
    random = chance(seed, FOR_TIMES, people.number, month.number)
    by_day = np.clip((stays.seconds / DAY_SECONDS * SETS_A_DAY).astype(np.int64), 2, SETS_MAX)
    count = np.select([stays.kind == EMERGENCY, stays.kind == INPATIENT], [SETS_OF_EMERGENCY, by_day], 0)
    stay = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(stay)) - np.repeat(np.cumsum(count) - count, count)
    share = (number + random.random(len(stay)) * 0.8) / count[stay]
    # Most people in hospital are not very ill.
    ill = random.beta(1.3, 4.5, len(count))
    return stay, stays.started[stay] + (share * stays.seconds[stay]).astype(np.int64), ill[stay]


def _signs(random: np.random.Generator, stays: Stays, stay: Numbers, taken: Numbers, ill: NDArray[np.float64]) -> Taken:
    """Signs around how ill each patient was, and what was wrong."""
    size = len(stay)
    severity = np.clip(ill + random.normal(0, 0.06, size), 0, 1)
    condition = stays.condition[stay]
    chest, fever = condition_numbers("chest")[condition], condition_numbers("fever")[condition]
    breathless = severity + 0.45 * chest
    on_oxygen = breathless > 0.72

    def around(middle: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        return middle + random.normal(0, spread, size)

    measured = Measured(
        respiration=whole(around(15.2 + 1.6 * chest + 10.5 * severity, 1.1), 8, 40),
        spo2=whole(around(97.3 - 3.4 * breathless + 1.8 * on_oxygen, 0.7), 84, 100),
        on_oxygen=on_oxygen,
        systolic=whole(around(128 - 42 * np.maximum(0, severity - 0.35), 12), 80, 200),
        pulse=whole(around(74 + 42 * severity, 7), 45, 160),
        temperature_tenths=whole(10 * around(36.5 + 2.4 * fever * np.minimum(1, severity * 1.5), 0.25), 350, 405),
    )
    return Taken(stay, taken, severity, measured)


def _set_columns(
    random: np.random.Generator, people: People, stays: Stays, network: Network, taken: Taken
) -> list[Column]:
    stay, measured, size = taken.stay, taken.measured, len(taken.stay)
    at, recorded = stays.at[stay], moments(taken.at + 60)
    nurse = random.integers(0, network.nurses.shape[1], size)
    totals, bands = scores(measured)
    without = ~measured.on_oxygen
    return [
        uuids(network.ids[at]),
        uuids(ids_at(random, taken.at * 1000 + 60_000)),
        uuids(people.id[stays.who[stay]]),
        uuids(stays.id[stay]),
        moments(taken.at),
        recorded,
        uuids(network.nurses[at, nurse]),
        whole_numbers(measured.respiration, 2),
        whole_numbers(measured.spo2, 2),
        truths(measured.on_oxygen),
        TENTHS.column(np.clip(taken.severity * 10, 1, 10).astype(np.int64) * 10, null=without),
        Column(same(b"nasal", size).parts, without),
        whole_numbers(measured.systolic, 2),
        whole_numbers((measured.systolic * 0.58).astype(np.int64), 2),
        whole_numbers(measured.pulse, 2),
        same(b"A", size),
        TENTHS.column(measured.temperature_tenths),
        whole_numbers(totals, 2),
        same(b"\0\x07", size),
        BANDS.column(bands),
        Column(same(b"", size).parts, np.ones(size, dtype=np.bool_)),  # nothing was unusual
        recorded,
    ]


def whole(values: NDArray[np.float64], low: int, high: int) -> Numbers:
    """Rounded and kept within what is believable."""
    return np.clip(np.rint(values), low, high).astype(np.int64)


# --- conditions ----------------------------------------------------------------------------------------------------------
@cache
def conditions() -> list[tuple[str, Condition]]:
    """Every condition with a specialty that treats it."""
    return [(specialty, each) for specialty, group in BY_SPECIALTY.items() for each in group]


@cache
def specialties() -> Words:
    """The specialty of each condition."""
    return Words([specialty for specialty, _ in conditions()])


@cache
def condition_words(field: str) -> Words:
    """One text of each condition."""
    return Words([getattr(each, field) for _, each in conditions()])


@cache
def condition_numbers(field: str) -> NDArray[Any]:
    """One number of each condition."""
    return np.array([getattr(each, field) for _, each in conditions()])
