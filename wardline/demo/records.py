"""The rows of stays, finished and going on: encounters, occupancies, what happened to the beds, problems."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import structs

from wardline.demo.book import Book
from wardline.demo.conditions import LONG_TERM, Condition
from wardline.demo.dice import Dice
from wardline.demo.network import Bed
from wardline.demo.observations import ObservedStay, scale_columns
from wardline.demo.remedies import PROCEDURES
from wardline.demo.stays import Finished, Stay

CODE_SYSTEM = "ICD-10-CM"
# Nobody plans to send a patient home who is that ill.
READY_UP_TO_NEWS, LEAVES_UP_TO_NEWS = 2, 4
RESERVED_FOR = timedelta(hours=2)
CLEANING_MINUTES = (18, 55)
CONFIRMED_LATER_SHARE = 0.25


class Records:
    """Writes stays into the book."""

    def __init__(self, book: Book, dice: Dice, now: datetime) -> None:
        self.book, self.dice, self.now = book, dice, now

    def going_on(self, observed: ObservedStay) -> list[Condition]:
        """An open stay with the row that boards read, its bed and its problems; what the patient lives with."""
        stay = observed.stay
        self._encounter(stay, None, None)
        score = observed.seen.news_score or 0
        needs = [*stay.needs, "oxygen"] if observed.seen.on_oxygen else stay.needs
        self.book.add(
            "encounters.current",
            hospital_id=stay.hospital.id,
            encounter_id=stay.encounter_id,
            person_id=stay.person.id,
            class_=stay.class_,
            started_at=stay.started_at,
            ward_id=stay.bed.ward.id if stay.bed else None,
            bed_id=stay.bed.id if stay.bed else None,
            bed_label=stay.bed.name if stay.bed else None,
            bed_since=stay.bed_since,
            isolation=stay.isolation,
            expected_discharge_on=stay.expected_discharge_on if score <= LEAVES_UP_TO_NEWS else None,
            ready_to_leave=stay.ready_to_leave and score <= READY_UP_TO_NEWS,
            needs=needs,
            **scale_columns(observed),
            **structs.asdict(observed.seen),
        )
        if stay.bed and stay.bed_since:
            self._occupancy(stay, stay.bed, stay.bed_since, None)
        self._procedure(stay)
        return self._problems(stay)

    def finished(self, finished: Finished) -> None:
        """A stay that ended, and the cleaning of its bed."""
        stay = finished.stay
        self._encounter(stay, finished.ended_at, finished.discharged_to)
        if stay.bed and stay.bed_since:
            self._occupancy(stay, stay.bed, stay.bed_since, finished.ended_at)
            self._cleaning(stay.bed, finished.ended_at)

    def reserved(self, bed: Bed, stay: Stay) -> None:
        """A bed that is kept for somebody who waits."""
        at = max(stay.started_at, self.now - timedelta(minutes=self.dice.whole(5, 50)))
        due_at = at + RESERVED_FOR
        reservation_id = self.dice.id(at)
        actor = bed.ward.nurses[0].id
        self.book.add(
            "beds.reservation",
            hospital_id=stay.hospital.id,
            id=reservation_id,
            bed_id=bed.id,
            encounter_id=stay.encounter_id,
            person_id=stay.person.id,
            from_place=stay.admitted_from,
            due_at=due_at,
            created_at=at,
            created_by=actor,
        )
        self._event(bed, reservation_id, at, "reserved", actor)

    def _encounter(self, stay: Stay, ended_at: datetime | None, discharged_to: str | None) -> None:
        clerk = self.dice.one_of(stay.hospital.receptionists).id
        self.book.add(
            "encounters.encounter",
            hospital_id=stay.hospital.id,
            id=stay.encounter_id,
            person_id=stay.person.id,
            class_=stay.class_,
            state="finished" if ended_at else "in_progress",
            reason=stay.condition.words,
            specialty=stay.specialty,
            admitted_from=stay.admitted_from,
            doctor_id=stay.doctor.id,
            started_at=stay.started_at,
            ended_at=ended_at,
            discharged_to=discharged_to,
            created_at=stay.started_at,
            created_by=clerk,
        )

    def _occupancy(self, stay: Stay, bed: Bed, started_at: datetime, ended_at: datetime | None) -> None:
        occupancy_id = self.dice.id(started_at)
        nurse = self.dice.one_of(bed.ward.nurses).id
        self.book.add(
            "beds.occupancy",
            hospital_id=stay.hospital.id,
            id=occupancy_id,
            bed_id=bed.id,
            encounter_id=stay.encounter_id,
            person_id=stay.person.id,
            started_at=started_at,
            ended_at=ended_at,
            ended_reason="discharged" if ended_at else None,
            created_at=started_at,
            created_by=nurse,
        )
        self._event(bed, occupancy_id, started_at, "occupied", nurse)
        if ended_at:
            self._event(bed, self.dice.id(ended_at), ended_at, "left", nurse)

    def _cleaning(self, bed: Bed, left_at: datetime) -> None:
        """Begun when the patient left; one that began minutes ago goes on."""
        nurse = self.dice.one_of(bed.ward.nurses).id
        self._event(bed, self.dice.id(left_at), left_at, "cleaning_started", nurse)
        done_at = left_at + timedelta(minutes=self.dice.whole(*CLEANING_MINUTES))
        if done_at < self.now and not (left_at > self.now - timedelta(minutes=60)):
            self._event(bed, self.dice.id(done_at), done_at, "cleaning_done", nurse)

    def _event(self, bed: Bed, event_id: UUID, at: datetime, kind: str, actor_id: UUID) -> None:
        self.book.add(
            "beds.bed_event",
            hospital_id=bed.ward.hospital.id,
            bed_id=bed.id,
            id=event_id,
            at=at,
            kind=kind,
            actor_id=actor_id,
        )

    def _problems(self, stay: Stay) -> list[Condition]:
        """Why the patient is here, and what the patient lives with, which is given back."""
        self._problem(stay, stay.condition, onset_days=self.dice.whole(0, 5), current=True)
        age = stay.person.age_at(self.now.date())
        possible = [condition for from_age, condition in LONG_TERM if age >= from_age]
        long_term = self.dice.some_of(possible, min(5, self.dice.whole(0, 1 + age // 18)))
        for condition in long_term:
            self._problem(stay, condition, onset_days=self.dice.whole(200, 6000), current=False)
        return long_term

    def _problem(self, stay: Stay, condition: Condition, *, onset_days: int, current: bool) -> None:
        recorded_at = min(self.now, stay.started_at + timedelta(minutes=self.dice.whole(30, 180)))
        problem_id = self.dice.id(recorded_at)
        onset_on = max(stay.person.born_on, stay.started_at.date() - timedelta(days=onset_days))
        verification = "provisional" if current and self.dice.chance(0.12) else "confirmed"
        confirmed_at = self._confirmed_at(recorded_at, problem_id) if current and verification == "confirmed" else None
        self.book.add(
            "encounters.problem",
            hospital_id=stay.hospital.id,
            id=problem_id,
            person_id=stay.person.id,
            encounter_id=stay.encounter_id if current else None,
            code_system=CODE_SYSTEM,
            code=condition.code,
            display=condition.display,
            onset_on=onset_on,
            verification=verification,
            changed_at=confirmed_at,
            changed_by=stay.doctor.id if confirmed_at else None,
            version=2 if confirmed_at else 1,
            created_at=recorded_at,
            created_by=stay.doctor.id,
        )
        if confirmed_at is not None:
            for version, said, at in ((1, "provisional", recorded_at), (2, "confirmed", confirmed_at)):
                self._problem_change(stay, problem_id, condition, version, said, onset_on, at)

    def _confirmed_at(self, recorded_at: datetime, problem_id: UUID) -> datetime | None:
        """When a first suspicion became certain; None where it was certain at once, or is hours old only."""
        dice = Dice(f"problem-{problem_id}")
        at = recorded_at + timedelta(hours=dice.whole(4, 30))
        return at if at < self.now and dice.chance(CONFIRMED_LATER_SHARE) else None

    def _problem_change(
        self, stay: Stay, problem_id: UUID, condition: Condition, version: int, said: str, onset_on: date, at: datetime
    ) -> None:
        self.book.add(
            "encounters.problem_change",
            hospital_id=stay.hospital.id,
            problem_id=problem_id,
            version=version,
            code_system=CODE_SYSTEM,
            code=condition.code,
            display=condition.display,
            onset_on=onset_on,
            state="active",
            verification=said,
            comment="",
            changed_at=at,
            changed_by=stay.doctor.id,
        )

    def _procedure(self, stay: Stay) -> None:
        """What is usually done for that illness, once a few hours have passed."""
        known = PROCEDURES.get(stay.condition.code)
        at = stay.started_at + timedelta(hours=5)
        if known is None or at > self.now:
            return
        self.book.add(
            "encounters.procedure",
            hospital_id=stay.hospital.id,
            id=Dice(f"procedure-{stay.encounter_id}").id(at),
            person_id=stay.person.id,
            encounter_id=stay.encounter_id,
            code_system="SNOMED-CT",
            code=known[0],
            display=known[1],
            performed_on=at.date(),
            performer_id=stay.doctor.id,
            created_at=at,
            created_by=stay.doctor.id,
        )
