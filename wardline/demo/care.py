"""Everything that was done for those who lie in the beds, and for those who lay there lately."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from wardline.demo.book import Book
from wardline.demo.cases import Case, Treatment
from wardline.demo.conditions import BY_SPECIALTY, Condition
from wardline.demo.network import Hospital
from wardline.demo.observations import ObservedStay
from wardline.demo.samples import Catalogue, Samples
from wardline.demo.sheets import Sheets
from wardline.demo.stays import Finished, Stay

# Stays of the past that are remembered by more than their visit: those that ended in these days before the present.
LATELY = timedelta(days=14)
CONDITIONS = {each.words: each for group in BY_SPECIALTY.values() for each in group}
LATELY_SEEN = """
    SELECT e.id, e.person_id, p.sex, p.born_on, e.reason, e.doctor_id, e.started_at, e.ended_at
      FROM encounters.encounter e JOIN patients.person p ON p.id = e.person_id
     WHERE e.hospital_id = %s AND e.started_at >= %s AND e.class = 'inpatient' AND e.state = 'finished' ORDER BY e.id
"""


class Care:
    """Writes treatment, samples and notes of stays into the book."""

    def __init__(self, book: Book, catalogue: Catalogue, now: datetime) -> None:
        self.now = now
        self.treatment, self.samples, self.sheets = (
            Treatment(book, now),
            Samples(book, catalogue, now),
            Sheets(book, now),
        )

    def going_on(self, observed: ObservedStay, long_term: Iterable[Condition]) -> None:
        """Of a stay that goes on."""
        case = _case(observed.stay, tuple(long_term), observed.course.severity(self.now), None)
        self.treatment.of(case)
        self.treatment.immunizations(case)
        self.samples.of(case)
        self.sheets.of(case, observed.seen.news_score)

    def finished(self, finished: Finished) -> None:
        """Of a stay that ended lately; nothing of one that did not."""
        if finished.ended_at < self.now - LATELY or finished.stay.bed is None:
            return
        self._remember(_case(finished.stay, (), 0.3, finished.ended_at))

    def seen_lately(self, connection: psycopg.Connection, hospital: Hospital, since: datetime) -> None:
        """Of the last stays of a network of masses, as they are recorded."""
        nurses = tuple(nurse.id for nurse in hospital.wards[0].nurses)
        rows = connection.execute(LATELY_SEEN, (hospital.id, since)).fetchall()
        for encounter_id, person_id, sex, born_on, reason, doctor_id, started_at, ended_at in rows:
            self._remember(
                Case(
                    hospital_id=hospital.id,
                    encounter_id=encounter_id,
                    person_id=person_id,
                    sex=sex,
                    born_on=born_on,
                    condition=CONDITIONS[reason],
                    long_term=(),
                    severity=0.3,
                    ward_id=None,
                    doctor_id=doctor_id,
                    nurse_ids=nurses,
                    scientist_id=hospital.scientists[0].id,
                    pharmacist_id=hospital.pharmacists[0].id,
                    started_at=started_at,
                    ended_at=ended_at,
                )
            )

    def _remember(self, case: Case) -> None:
        self.treatment.of(case)
        self.samples.of(case)


def _case(stay: Stay, long_term: tuple[Condition, ...], severity: float, ended_at: datetime | None) -> Case:
    ward = stay.bed.ward if stay.bed else stay.hospital.wards[0]
    scientists: list[UUID] = [each.id for each in stay.hospital.scientists]
    return Case(
        hospital_id=stay.hospital.id,
        encounter_id=stay.encounter_id,
        person_id=stay.person.id,
        sex=stay.person.sex,
        born_on=stay.person.born_on,
        condition=stay.condition,
        long_term=long_term,
        severity=severity,
        ward_id=stay.bed.ward.id if stay.bed else None,
        doctor_id=stay.doctor.id,
        nurse_ids=tuple(nurse.id for nurse in ward.nurses),
        scientist_id=scientists[stay.encounter_id.int % len(scientists)],
        pharmacist_id=stay.hospital.pharmacists[stay.encounter_id.int % len(stay.hospital.pharmacists)].id,
        started_at=stay.started_at,
        ended_at=ended_at,
        name=f"{stay.person.family.upper()}, {stay.person.given}",
    )
