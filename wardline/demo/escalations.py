"""Escalations: the tasks that scores led to, answered or still waiting, and those of the 13 weeks before."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from wardline.demo.book import Book
from wardline.demo.dice import Dice
from wardline.demo.network import Staff
from wardline.demo.observations import ObservedStay, TakenSet
from wardline.demo.stays import Finished, Stay
from wardline.tasks.models import Standing
from wardline.tasks.public import Priority, Rung
from wardline.tasks.rules import standing_at
from wardline.vitals import rules
from wardline.vitals.actions import TASK_KIND

PAST_CALLS_SHARE = 0.07
IN_TIME_MINUTES = 30
JUST_NOW = timedelta(hours=2)


class Call(Struct, kw_only=True):
    """One escalation from the set that caused it to its end."""

    stay: Stay
    at: datetime
    by: Staff
    title: str
    reason: str
    rung: Rung
    priority: Priority
    in_time: bool = True
    ended_at: datetime | None = None


class Escalations:
    """Writes the calls as tasks with their steps."""

    def __init__(self, book: Book, dice: Dice, now: datetime) -> None:
        self.book, self.dice, self.now = book, dice, now

    def of_stay(self, observed: ObservedStay, ended_at: datetime | None = None) -> None:
        """A call begins with the first set that asks for one and ends with the first that does not, or the stay."""
        call: Call | None = None
        before: int | None = None
        for taken in observed.sets:
            score = taken.stands.score
            asked = rules.escalation_for(score) if score else None
            if asked is None:
                if call is not None:
                    call.ended_at = taken.recorded_at
                    self._write(call)
                call = None
            elif score and (call is None or asked.priority.rank > call.priority.rank):
                call = self._call(observed.stay, taken, asked, score, before)
            before = taken.stands.total
        if call is not None:
            call.ended_at = ended_at
            self._write(call, answered=observed.calls_at is None)

    def _call(
        self, stay: Stay, taken: TakenSet, asked: rules.Escalation, score: rules.Score, before: int | None
    ) -> Call:
        return Call(
            stay=stay,
            at=taken.recorded_at,
            by=taken.nurse,
            title=rules.response_to(score).title,
            reason=rules.escalation_reason(score, before),
            rung=asked.rung,
            priority=asked.priority,
            in_time=self._is_in_time(stay, taken.recorded_at),
        )

    def _is_in_time(self, stay: Stay, at: datetime) -> bool:
        """Whether somebody answers soon. Nobody waits at the moment of making but whom newcomers find calling."""
        return at > self.now - JUST_NOW or self.dice.chance(stay.hospital.plan.acknowledged_in_time_share)

    def of_past(self, finished: Finished) -> None:
        """What the measure "NEWS 7 or more acknowledged within 30 minutes" is made of."""
        stay = finished.stay
        if stay.bed is None or not self.dice.chance(PAST_CALLS_SHARE):
            return
        total = self.dice.whole(7, 11)
        at = self.dice.moment(stay.bed_since or stay.started_at, finished.ended_at - timedelta(hours=2))
        call = Call(
            stay=stay,
            at=at,
            by=self.dice.one_of(stay.bed.ward.nurses),
            title=rules.RESPONSES[rules.Band.HIGH].title,
            reason=f"NEWS {total}, up from {self.dice.whole(2, 6)}",
            rung=Rung.REGISTRAR,
            priority=Priority.CRITICAL,
            in_time=self._is_in_time(stay, at),
            ended_at=min(finished.ended_at, at + timedelta(hours=self.dice.between(1, 8))),
        )
        self._write(call)

    def _write(self, call: Call, *, answered: bool = True) -> None:
        minutes = self.dice.between(2, 13) if call.in_time else self.dice.between(IN_TIME_MINUTES + 1, 95)
        acknowledged_at = call.at + timedelta(minutes=minutes)
        if call.ended_at is not None:
            acknowledged_at = min(acknowledged_at, call.ended_at)
        is_answered = answered and acknowledged_at <= self.now
        doctor = self._doctor(call)
        standing = standing_at(call.rung, call.priority, call.at)
        state = "done" if call.ended_at else "acknowledged" if is_answered else "open"
        task_id = self.dice.id(call.at)
        self._task(call, task_id, standing, state, acknowledged_at if is_answered else None, doctor)
        self._step(call, task_id, call.at, "created", call.by.id, standing.owner_words)
        if is_answered:
            self._step(call, task_id, acknowledged_at, "acknowledged", doctor.id, standing.owner_words)
        if call.ended_at:
            self._step(call, task_id, call.ended_at, "done", doctor.id, standing.owner_words)

    def _doctor(self, call: Call) -> Staff:
        if call.rung is Rung.REGISTRAR:
            return self.dice.one_of(call.stay.hospital.registrars)
        return self.dice.one_of(call.stay.bed.ward.doctors if call.stay.bed else call.stay.hospital.registrars)

    def _task(
        self, call: Call, task_id: UUID, standing: Standing, state: str, acknowledged_at: datetime | None, doctor: Staff
    ) -> None:
        stay = call.stay
        self.book.add(
            "tasks.task",
            hospital_id=stay.hospital.id,
            id=task_id,
            kind=TASK_KIND,
            subject_key=str(stay.encounter_id),
            ward_id=stay.bed.ward.id if stay.bed else None,
            person_id=stay.person.id,
            encounter_id=stay.encounter_id,
            title=call.title,
            reason=call.reason,
            priority=call.priority.value,
            state=state,
            owner_role=standing.owner_role,
            owner_words=standing.owner_words,
            rung=standing.rung,
            ladder=standing.ladder,
            due_at=standing.due_at,
            climbs_at=standing.climbs_at,
            acknowledged_at=acknowledged_at,
            acknowledged_by=doctor.id if acknowledged_at else None,
            done_at=call.ended_at,
            done_by=doctor.id if call.ended_at else None,
            created_at=call.at,
            created_by=call.by.id,
        )

    def _step(self, call: Call, task_id: UUID, at: datetime, kind: str, actor_id: UUID, owner_words: str) -> None:
        self.book.add(
            "tasks.step",
            hospital_id=call.stay.hospital.id,
            task_id=task_id,
            id=self.dice.id(at),
            at=at,
            kind=kind,
            actor_id=actor_id,
            owner_words=owner_words,
        )
