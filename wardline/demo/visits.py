"""Past visits of very many people, column by column: encounters, what was found, observations with their scores."""

from functools import cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from wardline.demo.conditions import BY_SPECIALTY, Condition
from wardline.demo.network import Hospital
from wardline.demo.population import People, ids_at
from wardline.demo.scoring import Measured, Numbers, scores

VISITS_MEAN, VISITS_MAX = 2.15, 12
CLASSES = ("outpatient", "emergency", "inpatient")
CLASS_SHARES = (0.45, 0.3, 0.25)
DAYS_BACK_MAX, DAYS_BACK_MIN, BEFORE_DEATH_DAYS = 690, 30, 30
INPATIENT_DAYS_MEDIAN, INPATIENT_DAYS_SPREAD, INPATIENT_DAYS_MAX = 4.0, 0.6, 25.0
SETS_A_DAY, SETS_MAX, SETS_OF_EMERGENCY = 2.15, 26, 2
SECOND_HOSPITAL_SHARE = 0.2
LEFT_TO = np.array(["home", "care_home", "other_hospital", "other"])
LEFT_TO_SHARES = (0.9, 0.06, 0.03, 0.01)
DAY_SECONDS = 86_400

Columns = list[list[str]]
Texts = NDArray[Any]


class Visits(Struct):
    """Columns of COPY text for three tables, and when each person of the batch was last seen (0: never)."""

    encounters: Columns
    problems: Columns
    sets: Columns
    last_seen: Numbers


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
    "consciousness", "temperature_celsius", "news_score", "news_signs", "news_band", "created_at",
)  # fmt: skip


class Network(Struct):
    """What a batch needs to know of each hospital, by its position."""

    ids: Texts
    doctors: Texts
    nurses: Texts


def network_of(hospitals: list[Hospital]) -> Network:
    """As many doctors and nurses for each hospital as the smallest has, so that they can be picked by number."""
    doctors = [[ward.doctors[0].id.hex for ward in each.wards] for each in hospitals]
    nurses = [[nurse.id.hex for ward in each.wards for nurse in ward.nurses[:2]] for each in hospitals]
    return Network(texts([each.id.hex for each in hospitals]), texts(doctors), texts(nurses))


def visits(random: np.random.Generator, people: People, network: Network, now_seconds: int) -> Visits:
    """The past of one batch of people."""
    count = len(people)
    who = np.repeat(np.arange(count), np.minimum(random.poisson(VISITS_MEAN, count), VISITS_MAX))
    kind = random.choice(len(CLASSES), len(who), p=CLASS_SHARES)
    born, latest = _lifetimes(people, now_seconds)
    started = latest[who] - (random.random(len(who)) * (DAYS_BACK_MAX - DAYS_BACK_MIN) * DAY_SECONDS).astype(np.int64)
    # Nobody is seen before birth, and whoever died long ago is not observed in partitions of those years.
    seen = (started > born[who] + DAY_SECONDS) & (started > now_seconds - DAYS_BACK_MAX * DAY_SECONDS)
    who, kind, started = who[seen], kind[seen], started[seen]
    second = people.second_hospital[who]
    elsewhere = (second >= 0) & (random.random(len(who)) < SECOND_HOSPITAL_SHARE)
    at = np.where(elsewhere, second, people.hospital[who])
    stays = _Stays(random, network, texts(people.id)[who], at, kind, started)
    last_seen = np.zeros(count, dtype=np.int64)
    home = ~elsewhere
    np.maximum.at(last_seen, who[home], started[home])
    return Visits(stays.encounters(), stays.problems(), stays.sets(), last_seen)


def _lifetimes(people: People, now_seconds: int) -> tuple[Numbers, Numbers]:
    """Birth and the last possible beginning of a visit, in Unix seconds."""
    born = people.born_on.astype("datetime64[s]").astype(np.int64)
    latest = np.full(len(people), now_seconds - DAYS_BACK_MIN * DAY_SECONDS)
    died = ~np.isnat(people.deceased_on)
    deaths = people.deceased_on[died].astype("datetime64[s]").astype(np.int64) - BEFORE_DEATH_DAYS * DAY_SECONDS
    latest[died] = np.minimum(latest[died], deaths)
    return born, latest


class _Stays:
    """The visits of a batch; each method makes the rows of one table."""

    def __init__(
        self, random: np.random.Generator, network: Network, person: Texts, at: Numbers, kind: Numbers, started: Numbers
    ) -> None:
        self.random, self.network, self.person, self.at, self.kind, self.started = (
            random,
            network,
            person,
            at,
            kind,
            started,
        )
        size = len(at)
        self.id = texts(ids_at(random, started * 1000 + random.integers(0, 1000, size)))
        self.seconds = self._seconds(size)
        self.condition = random.integers(0, len(conditions()), size)
        self.doctor = network.doctors[at, random.integers(0, network.doctors.shape[1], size)]
        self.hospital = network.ids[at]

    def _seconds(self, size: int) -> Numbers:
        """How long each visit took."""
        days = INPATIENT_DAYS_MEDIAN * self.random.lognormal(0, INPATIENT_DAYS_SPREAD, size)
        inpatient = np.clip(days, 0.5, INPATIENT_DAYS_MAX) * DAY_SECONDS
        emergency = self.random.integers(45 * 60, 420 * 60, size)
        return np.choose(self.kind, [np.full(size, 1800), emergency, inpatient.astype(np.int64)])

    def encounters(self) -> Columns:
        started, ended = times(self.started), times(self.started + self.seconds)
        size = len(self.at)
        return [
            self.hospital.tolist(),
            self.id.tolist(),
            self.person.tolist(),
            texts(CLASSES)[self.kind].tolist(),
            ["finished"] * size,
            condition_texts("words")[self.condition].tolist(),
            specialties()[self.condition].tolist(),
            texts(("Family doctor", "Emergency", "Emergency"))[self.kind].tolist(),
            self.doctor.tolist(),
            started,
            ended,
            self.random.choice(LEFT_TO, size, p=LEFT_TO_SHARES).tolist(),
            started,
        ]

    def problems(self) -> Columns:
        """One for each stay in a ward: why the person was there."""
        inpatient = self.kind == CLASSES.index("inpatient")
        condition, started = self.condition[inpatient], self.started[inpatient]
        days = np.datetime_as_string(started.astype("datetime64[s]").astype("datetime64[D]")).tolist()
        size = len(condition)
        return [
            self.hospital[inpatient].tolist(),
            ids_at(self.random, started * 1000 + 1),
            self.person[inpatient].tolist(),
            self.id[inpatient].tolist(),
            ["ICD-10-CM"] * size,
            condition_texts("code")[condition].tolist(),
            condition_texts("display")[condition].tolist(),
            days,
            np.where(self.random.random(size) < 0.4, "active", "resolved").tolist(),
            times(started),
        ]

    def sets(self) -> Columns:
        """The observations of stays and emergency visits, evenly spread over each."""
        count = self._sets_of_each()
        stay = np.repeat(np.arange(len(self.at)), count)
        number = np.arange(len(stay)) - np.repeat(np.cumsum(count) - count, count)
        share = (number + self.random.random(len(stay)) * 0.8) / count[stay]
        taken = self.started[stay] + (share * self.seconds[stay]).astype(np.int64)
        measured, severity = self._measured(stay)
        totals, bands = scores(measured)
        flow = np.clip(severity * 10, 1, 10).astype(np.int64)
        nurse = self.random.integers(0, self.network.nurses.shape[1], len(stay))
        diastolic = (measured.systolic * 0.58).astype(np.int64)
        recorded = times(taken + 60)
        number_texts = whole_numbers()
        return [
            self.hospital[stay].tolist(),
            ids_at(self.random, taken * 1000 + 60_000),
            self.person[stay].tolist(),
            self.id[stay].tolist(),
            times(taken),
            recorded,
            self.network.nurses[self.at[stay], nurse].tolist(),
            number_texts[measured.respiration].tolist(),
            number_texts[measured.spo2].tolist(),
            np.where(measured.on_oxygen, "t", "f").tolist(),
            np.where(measured.on_oxygen, number_texts[flow], "\\N").tolist(),
            np.where(measured.on_oxygen, "nasal", "\\N").tolist(),
            number_texts[measured.systolic].tolist(),
            number_texts[diastolic].tolist(),
            number_texts[measured.pulse].tolist(),
            ["A"] * len(stay),
            tenths()[measured.temperature_tenths].tolist(),
            number_texts[totals].tolist(),
            ["7"] * len(stay),
            bands,
            recorded,
        ]

    def _sets_of_each(self) -> Numbers:
        by_stay = np.clip((self.seconds / DAY_SECONDS * SETS_A_DAY).astype(np.int64), 2, SETS_MAX)
        return np.choose(self.kind, [np.zeros_like(by_stay), np.full_like(by_stay, SETS_OF_EMERGENCY), by_stay])

    def _measured(self, stay: Numbers) -> tuple[Measured, NDArray[np.float64]]:
        """Signs around how ill each patient was; most people in hospital are not very ill."""
        size = len(stay)
        ill = self.random.beta(1.3, 4.5, len(self.at))[stay]
        severity = np.clip(ill + self.random.normal(0, 0.06, size), 0, 1)
        chest, fever = (
            condition_numbers("chest")[self.condition[stay]],
            condition_numbers("fever")[self.condition[stay]],
        )
        breathless = severity + 0.45 * chest
        on_oxygen = breathless > 0.72

        def around(middle: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
            return middle + self.random.normal(0, spread, size)

        measured = Measured(
            respiration=whole(around(15.2 + 1.6 * chest + 10.5 * severity, 1.1), 8, 40),
            spo2=whole(around(97.3 - 3.4 * breathless + 1.8 * on_oxygen, 0.7), 84, 100),
            on_oxygen=on_oxygen,
            systolic=whole(around(128 - 42 * np.maximum(0, severity - 0.35), 12), 80, 200),
            pulse=whole(around(74 + 42 * severity, 7), 45, 160),
            temperature_tenths=whole(10 * around(36.5 + 2.4 * fever * np.minimum(1, severity * 1.5), 0.25), 350, 405),
        )
        return measured, severity


# --- texts ---------------------------------------------------------------------------------------------------------------
def texts(values: Any) -> Texts:
    """An array of Python texts: picking from it copies references, not letters."""
    return np.array(values, dtype=object)


def whole(values: NDArray[np.float64], low: int, high: int) -> Numbers:
    """Rounded and kept within what is believable."""
    return np.clip(np.rint(values), low, high).astype(np.int64)


def times(seconds: Numbers) -> list[str]:
    """Unix seconds as PostgreSQL reads them."""
    return np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC").tolist()


@cache
def whole_numbers() -> Texts:
    """Whole numbers by value."""
    return texts([str(number) for number in range(1000)])


@cache
def tenths() -> Texts:
    """Numbers with one decimal, by tenths."""
    return texts([f"{number / 10:.1f}" for number in range(1000)])


@cache
def conditions() -> list[tuple[str, Condition]]:
    """Every condition with a specialty that treats it."""
    return [(specialty, each) for specialty, group in BY_SPECIALTY.items() for each in group]


@cache
def specialties() -> Texts:
    """The specialty of each condition."""
    return texts([specialty for specialty, _ in conditions()])


@cache
def condition_texts(field: str) -> Texts:
    """One text of each condition."""
    return texts([getattr(each, field) for _, each in conditions()])


@cache
def condition_numbers(field: str) -> NDArray[np.float64]:
    """One number of each condition."""
    return np.array([getattr(each, field) for _, each in conditions()])
