"""Laboratory results of the invented patients, judged by the rules and the intervals of `lab`; done and released.

Around a person's own normal, moved by what is wrong. A few pass a critical limit; somebody was told of those, and a doctor
acknowledged them, within the time that the loop gives.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
from msgspec import Struct

from wardline.demo.book import Book
from wardline.demo.cases import GROWN_UP_YEARS, Case, write_measure
from wardline.demo.dice import Dice
from wardline.demo.laboratory import LOWEST_SHARE, USUAL
from wardline.lab import rules
from wardline.lab.critical import TASK_KIND
from wardline.lab.models import Interval, LabTest, Limits
from wardline.tasks.public import Priority, Rung
from wardline.tasks.rules import standing_at

# Numbers of specimens below are given out by the laboratory itself.
FIRST_NUMBER = 900_000_001
URGENCIES = {"routine": 0.6, "urgent": 0.35, "stat": 0.05}
ASKED_FOR = ("NA", "K", "UREA", "CREAT", "CRP", "HB", "WBC", "PLT")
TUBES: dict[str, tuple[str, ...]] = {
    "chemistry": ("NA", "K", "UREA", "CREAT", "CRP"),
    "haematology": ("HB", "WBC", "PLT"),
}
# The tests that a stay of the past is remembered by.
PAST_TESTS = TUBES["chemistry"]
WITHIN_SPREAD = 0.3  # how much one person's values move, of how much those of different people do
AGAIN_AFTER, NOT_AGAIN_SHARE = timedelta(hours=30), 0.5
STEP_MINUTES = {
    "collected": (5, 35),
    "received": (15, 45),
    "resulted": (25, 70),
    "technical": (2, 8),
    "clinical": (2, 12),
}
# What moves with fever and with an illness, in spreads of the usual values.
WITH_FEVER = {"CRP": 3.5, "WBC": 1.6}
WITH_ILLNESS: dict[str, dict[str, float]] = {
    "N17.9": {"CREAT": 5.0, "UREA": 5.0, "K": 1.6},
    "N18.6": {"CREAT": 14.0, "UREA": 8.0, "K": 1.8},
    "N18.31": {"CREAT": 1.8, "UREA": 1.5},
    "K92.2": {"HB": -2.2, "UREA": 1.5},
    "D64.9": {"HB": -1.4},
    "D70.9": {"WBC": -2.0},
    "I50.9": {"NA": -1.2, "CREAT": 1.0},
}
TESTS = """
    SELECT code, name, loinc, loinc_name, kind, unit, unit_words, decimals, specimen, container, bench, turnaround_minutes,
           urgent_minutes, delta_change::float8, delta_hours, delta_source, position
      FROM lab.test WHERE code = ANY (%s)
"""
INTERVALS = """
    SELECT test_code, kind, sex, from_days, to_days, low::float8, high::float8, source, false
      FROM lab.shipped_interval WHERE test_code = ANY (%s) ORDER BY 1, 2, 3, 4
"""


class Catalogue:
    """The tests that are made here, and what their values are judged by."""

    def __init__(self, tests: Sequence[LabTest], intervals: Sequence[Interval]) -> None:
        self.tests = {test.code: test for test in tests}
        self._intervals: dict[str, list[Interval]] = {}
        for interval in intervals:
            self._intervals.setdefault(interval.test_code, []).append(interval)
        self._limits: dict[tuple[str, str, int], Limits] = {}

    @classmethod
    def read(cls, connection: psycopg.Connection) -> "Catalogue":
        """As it is shipped."""
        codes = [code for codes in TUBES.values() for code in codes]
        tests = connection.execute(TESTS, (codes,)).fetchall()
        intervals = connection.execute(INTERVALS, (codes,)).fetchall()
        return cls([LabTest(*row) for row in tests], [Interval(*row) for row in intervals])

    def limits(self, code: str, sex: str, born_on: date, day: date) -> Limits:
        """What this person's value is judged by. Worked out once for each age in days and sex."""
        days = max((day - born_on).days, 0)
        key = (code, sex, days)
        if key not in self._limits:
            self._limits[key] = rules.limits_for(self._intervals.get(code, []), sex=sex, days=days)
        return self._limits[key]


class Times(Struct, frozen=True):
    """When a request went through each of its steps."""

    ordered: datetime
    collected: datetime
    received: datetime
    resulted: datetime
    technical: datetime
    clinical: datetime


class Samples:
    """Writes what was measured, hospital by hospital."""

    def __init__(self, book: Book, catalogue: Catalogue, now: datetime) -> None:
        self.book, self.catalogue, self.now = book, catalogue, now
        self._numbers: dict[UUID, int] = {}

    def of(self, case: Case) -> None:
        """Tests on admission, and again on the last day of some longer stays. Adults only."""
        if case.age_years < GROWN_UP_YEARS:
            return
        dice = case.dice("tests")
        usual = {code: dice.near(*self._middle(case, code)) for codes in TUBES.values() for code in codes}
        first = self._request(case, dice, usual, case.started_at + timedelta(minutes=dice.whole(15, 60)), {})
        is_long = self.now - case.started_at >= AGAIN_AFTER
        if case.ended_at is not None or not is_long or dice.chance(NOT_AGAIN_SHARE):
            return
        again = self.now - timedelta(minutes=dice.whole(4 * 60, 14 * 60))
        self._request(case, dice, usual, again, first)

    def _middle(self, case: Case, code: str) -> tuple[float, float]:
        middle, spread = USUAL[code]
        ill = [case.condition, *case.long_term]
        moved = sum(WITH_ILLNESS.get(each.code, {}).get(code, 0.0) for each in ill)
        moved += WITH_FEVER.get(code, 0.0) * case.condition.fever * (0.4 + case.severity)
        return middle + moved * spread, spread * 0.8

    def _request(
        self, case: Case, dice: Dice, usual: dict[str, float], at: datetime, before: dict[str, tuple[float, datetime]]
    ) -> dict[str, tuple[float, datetime]]:
        """One request with its specimens; the values by test. Nothing where it would not be done by now."""
        times = _times(dice, at)
        if times.clinical > self.now:
            return {}
        request_id, is_past = dice.id(at), case.ended_at is not None
        urgency = dice.by_share(URGENCIES)
        self.book.add(
            "lab.request",
            hospital_id=case.hospital_id,
            id=request_id,
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            ward_id=case.ward_id,
            urgency=urgency,
            reason=case.condition.words,
            asked_for=list(PAST_TESTS if is_past else ASKED_FOR),
            ordered_at=at,
            ordered_by=case.doctor_id,
        )
        found: dict[str, tuple[float, datetime]] = {}
        for bench, codes in TUBES.items():
            if is_past and codes is not PAST_TESTS:
                continue
            specimen_id = self._specimen(case, dice, request_id, bench, urgency, times)
            for code in codes:
                value = self._value(dice, code, usual[code])
                self._result(case, dice, (request_id, specimen_id), code, value, before.get(code), times)
                found[code] = (value, times.collected)
        if not is_past:
            write_measure(self.book, case, dice, "creatinine_umol_per_l", max(found["CREAT"][0], 5), times.collected)
        return found

    def _value(self, dice: Dice, code: str, usual: float) -> float:
        middle, spread = USUAL[code]
        value = max(dice.near(usual, spread * WITHIN_SPREAD), LOWEST_SHARE * middle)
        return round(value, self.catalogue.tests[code].decimals)

    def _specimen(self, case: Case, dice: Dice, request_id: UUID, bench: str, urgency: str, times: Times) -> UUID:
        number = self._numbers.get(case.hospital_id, FIRST_NUMBER)
        self._numbers[case.hospital_id] = number + 1
        tests = [self.catalogue.tests[code] for code in TUBES[bench]]
        specimen_id, nurse = dice.id(times.ordered), dice.one_of(case.nurse_ids)
        self.book.add(
            "lab.specimen",
            hospital_id=case.hospital_id,
            id=specimen_id,
            request_id=request_id,
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            ward_id=case.ward_id,
            barcode=rules.barcode(number),
            specimen=tests[0].specimen,
            container=tests[0].container,
            bench=bench,
            urgency=urgency,
            state="done",
            collected_at=times.collected,
            collected_by=nurse,
            received_at=times.received,
            received_by=case.scientist_id,
            due_at=rules.due_at(tests, urgency, times.received),
            version=4,
            created_at=times.ordered,
            created_by=case.doctor_id,
        )
        return specimen_id

    def _result(
        self,
        case: Case,
        dice: Dice,
        of: tuple[UUID, UUID],
        code: str,
        value: float,
        previous: tuple[float, datetime] | None,
        times: Times,
    ) -> None:
        test = self.catalogue.tests[code]
        limits = self.catalogue.limits(code, case.sex, case.born_on, times.collected.date())
        flag = rules.flag_of(value, limits)
        before, before_at = previous or (None, None)
        result_id = dice.id(times.ordered)
        self.book.add(
            "lab.result",
            hospital_id=case.hospital_id,
            id=result_id,
            request_id=of[0],
            specimen_id=of[1],
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            test_code=code,
            state="clinically_released",
            taken_at=times.collected,
            value=value,
            unit=test.unit,
            low=limits.low,
            high=limits.high,
            critical_low=limits.critical_low,
            critical_high=limits.critical_high,
            flag=flag.value if flag else None,
            previous=before,
            previous_at=before_at,
            is_jump=rules.is_jump(test, value, times.collected, before, before_at),
            resulted_at=times.resulted,
            resulted_by=case.scientist_id,
            technical_at=times.technical,
            technical_by=case.scientist_id,
            clinical_at=times.clinical,
            clinical_by=case.scientist_id,
            version=6,
            created_at=times.ordered,
            created_by=case.doctor_id,
        )
        self._event(case, dice, result_id, value, flag, times.clinical)
        if rules.is_critical(flag):
            self._told(case, dice, result_id, test, value, times)

    def _event(
        self, case: Case, dice: Dice, result_id: UUID, value: float, flag: rules.Flag | None, at: datetime
    ) -> None:
        """The last step of its way; the steps before would be half of all rows."""
        self.book.add(
            "lab.result_event",
            hospital_id=case.hospital_id,
            result_id=result_id,
            id=dice.id(at),
            at=at,
            kind="clinically_released",
            actor_id=case.scientist_id,
            revision=1,
            value=value,
            flag=flag.value if flag else None,
        )

    # --- critical values ---------------------------------------------------------------------------------------------
    def _told(self, case: Case, dice: Dice, result_id: UUID, test: LabTest, value: float, times: Times) -> None:
        """Somebody was told within minutes, and a doctor acknowledged it: the loop is closed."""
        call_id, task_id = dice.id(times.technical), dice.id(times.technical)
        told_at = times.technical + timedelta(minutes=1)
        acknowledged_at = min(self.now, told_at + timedelta(minutes=dice.whole(2, 11)))
        self.book.add(
            "lab.critical_call",
            hospital_id=case.hospital_id,
            id=call_id,
            result_id=result_id,
            revision=1,
            person_id=case.person_id,
            task_id=task_id,
            opened_at=times.technical,
            told_at=told_at,
            told_by=case.scientist_id,
            told_to="The nurse in charge",
            identifiers=["name", "born_on"],
            read_back=value,
            acknowledged_at=acknowledged_at,
            acknowledged_by=case.doctor_id,
            action="Seen, treatment changed, to be measured again.",
            closed_at=acknowledged_at,
            version=3,
        )
        words = f"{test.name} {rules.value_words(value, test.decimals)} {test.unit_words}"
        self._task(case, task_id, call_id, words, times.technical, acknowledged_at)
        standing = standing_at(Rung.DOCTOR_ON_CALL, Priority.CRITICAL, times.technical)
        for kind, at, actor in (
            ("created", times.technical, case.scientist_id),
            ("acknowledged", acknowledged_at, case.doctor_id),
            ("done", acknowledged_at, case.doctor_id),
        ):
            self.book.add(
                "tasks.step",
                hospital_id=case.hospital_id,
                task_id=task_id,
                id=dice.id(at),
                at=at,
                kind=kind,
                actor_id=actor,
                owner_words=standing.owner_words,
            )

    def _task(self, case: Case, task_id: UUID, call_id: UUID, words: str, at: datetime, done_at: datetime) -> None:
        standing = standing_at(Rung.DOCTOR_ON_CALL, Priority.CRITICAL, at)
        self.book.add(
            "tasks.task",
            hospital_id=case.hospital_id,
            id=task_id,
            kind=TASK_KIND,
            subject_key=str(call_id),
            ward_id=case.ward_id,
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            title="Critical result: acknowledge and act",
            reason=words,
            priority=Priority.CRITICAL.value,
            state="done",
            owner_role=standing.owner_role,
            owner_words=standing.owner_words,
            rung=standing.rung,
            ladder=standing.ladder,
            due_at=standing.due_at,
            climbs_at=standing.climbs_at,
            acknowledged_at=done_at,
            acknowledged_by=case.doctor_id,
            done_at=done_at,
            done_by=case.doctor_id,
            created_at=at,
            created_by=case.scientist_id,
        )


def _times(dice: Dice, at: datetime) -> Times:
    moments = [at]
    for low, high in STEP_MINUTES.values():
        moments.append(moments[-1] + timedelta(minutes=dice.whole(low, high)))
    return Times(*moments)
