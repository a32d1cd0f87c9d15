"""The ward's board: three queries, then what the page shows of each bed."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from pydantic import BaseModel
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from bench.peers.usual.access import ZONE
from bench.peers.usual.tables import OPEN, Bed, Current, Occupancy, Person, Reservation, Room, Task, Ward
from wardline.platform import clock

TASKS_MAX = 50
TREND_WITHIN = timedelta(hours=24)
SOON_WITHIN = timedelta(hours=1)


class Lying(BaseModel):
    encounter_id: uuid.UUID
    person_id: uuid.UUID
    family: str
    given: str
    sex: str
    born_on: date | None
    since: datetime
    same_name: bool
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool
    leaves_today: bool
    news_score: int | None
    news_band: str | None
    news_signs: int
    trend: list[int]
    due_at: datetime | None
    late: bool
    tasks: int


class Kept(BaseModel):
    family: str
    given: str
    from_place: str
    due_at: datetime


class BedOnBoard(BaseModel):
    id: uuid.UUID
    label: str
    state: str
    state_since: datetime
    state_reason: str
    features: list[str]
    patient: Lying | None
    reservation: Kept | None


class RoomOnBoard(BaseModel):
    label: str
    kind: str
    sex: str
    in_use: int
    beds: list[BedOnBoard]


class Need(BaseModel):
    urgent: bool
    critical: bool
    person_id: uuid.UUID | None
    family: str
    given: str
    bed_label: str
    words: str
    due_at: datetime
    owner_words: str
    acknowledged_at: datetime | None = None


class Summary(BaseModel):
    beds: int
    in_use: int
    high: int
    medium: int
    late: int
    isolation: int
    leaving: int
    arriving: int
    ready: int
    cleaning: int
    closed: int


class Board(BaseModel):
    id: uuid.UUID
    name: str
    specialty: str
    summary: Summary
    needs: list[Need]
    soon: list[Need]
    rooms: list[RoomOnBoard]


# Made once, with the columns that the board shows: what the ORM does not load it need not unpack.
WHO = (Person.family, Person.given, Person.sex, Person.born_on)
STANDS = (
    Current.isolation, Current.expected_discharge_on, Current.ready_to_leave, Current.news_score, Current.news_band,
    Current.news_signs, Current.news_history, Current.news_history_at, Current.observations_due_at,
)  # fmt: skip
WARD = select(Ward).where(Ward.hospital_id == bindparam("hospital"), Ward.id == bindparam("ward"), Ward.active)
BEDS = (
    select(Bed)
    .join(Bed.room)
    .where(Bed.hospital_id == bindparam("hospital"), Bed.ward_id == bindparam("ward"), Bed.active)
    .options(
        contains_eager(Bed.room),
        joinedload(Bed.occupancy).options(
            joinedload(Occupancy.person, innerjoin=True).load_only(*WHO),
            joinedload(Occupancy.current).load_only(*STANDS),
        ),
        joinedload(Bed.reservation).joinedload(Reservation.person, innerjoin=True).load_only(*WHO),
    )
    .order_by(Room.position, Room.label, Bed.position, Bed.label)
)
TASKS = (
    select(Task)
    .where(Task.hospital_id == bindparam("hospital"), Task.ward_id == bindparam("ward"), Task.state.in_(OPEN))
    .options(joinedload(Task.person).load_only(*WHO))
    .order_by(Task.state == "acknowledged", Task.due_at, Task.id)
)


async def board(db: AsyncSession, hospital_id: uuid.UUID, ward_id: uuid.UUID) -> Board:
    asked = {"hospital": hospital_id, "ward": ward_id}
    ward = await db.scalar(WARD, asked)
    if ward is None:
        raise HTTPException(404)
    beds = (await db.scalars(BEDS, asked)).all()
    tasks = (await db.scalars(TASKS, asked)).all()
    return shown(ward, beds, tasks, clock.now())


def shown(ward: Ward, beds: Sequence[Bed], tasks: Sequence[Task], now: datetime) -> Board:
    families = Counter(bed.occupancy.person.family.casefold() for bed in beds if bed.occupancy)
    of_person = Counter(task.person_id for task in tasks)
    rooms: dict[uuid.UUID, RoomOnBoard] = {}
    for bed in beds:
        room = rooms.setdefault(
            bed.room_id, RoomOnBoard(label=bed.room.label, kind=bed.room.kind, sex=bed.room.sex, in_use=0, beds=[])
        )
        room.beds.append(bed_on_board(bed, families, of_person, now))
        room.in_use += bed.occupancy is not None
    all_beds = [bed for room in rooms.values() for bed in room.beds]
    labels = {bed.patient.person_id: bed.label for bed in all_beds if bed.patient}
    return Board(
        id=ward.id,
        name=ward.name,
        specialty=ward.specialty,
        summary=summary(all_beds),
        needs=needs(tasks[:TASKS_MAX], labels, all_beds),
        soon=soon(all_beds, now),
        rooms=list(rooms.values()),
    )


def bed_on_board(bed: Bed, families: Counter[str], tasks: Counter[uuid.UUID | None], now: datetime) -> BedOnBoard:
    kept = bed.reservation
    return BedOnBoard(
        id=bed.id,
        label=bed.label,
        state="occupied" if bed.occupancy else bed.state,
        state_since=bed.state_since,
        state_reason=bed.state_reason,
        features=bed.features,
        patient=lying(bed.occupancy, families, tasks, now) if bed.occupancy else None,
        reservation=kept
        and Kept(family=kept.person.family, given=kept.person.given, from_place=kept.from_place, due_at=kept.due_at),
    )


def lying(lies: Occupancy, families: Counter[str], tasks: Counter[uuid.UUID | None], now: datetime) -> Lying:
    who, stay = lies.person, lies.current
    assert stay is not None, "somebody in a bed has an open stay"
    leaves, due = stay.expected_discharge_on, stay.observations_due_at
    since = (now - TREND_WITHIN).replace(minute=0, second=0, microsecond=0)
    history = zip(stay.news_history, stay.news_history_at, strict=True)
    return Lying(
        encounter_id=lies.encounter_id,
        person_id=lies.person_id,
        family=who.family,
        given=who.given,
        sex=who.sex,
        born_on=who.born_on,
        since=lies.started_at,
        same_name=families[who.family.casefold()] > 1,
        isolation=stay.isolation,
        expected_discharge_on=leaves,
        ready_to_leave=stay.ready_to_leave,
        leaves_today=leaves is not None and leaves <= now.astimezone(ZoneInfo(ZONE)).date(),
        news_score=stay.news_score,
        news_band=stay.news_band,
        news_signs=stay.news_signs,
        trend=[score for score, at in history if at > since],
        due_at=due,
        late=due is not None and due < now,
        tasks=tasks[lies.person_id],
    )


def summary(beds: list[BedOnBoard]) -> Summary:
    there = [bed.patient for bed in beds if bed.patient]
    scores = [who.news_score or 0 for who in there]
    return Summary(
        beds=len(beds),
        in_use=len(there),
        high=sum(score >= 7 for score in scores),
        medium=sum(score in (5, 6) for score in scores),
        late=sum(who.late for who in there),
        isolation=sum(who.isolation is not None for who in there),
        leaving=sum(who.leaves_today or who.ready_to_leave for who in there),
        arriving=sum(bed.reservation is not None for bed in beds),
        ready=sum(bed.state == "ready" and bed.reservation is None for bed in beds),
        cleaning=sum(bed.state == "cleaning" for bed in beds),
        closed=sum(bed.state == "closed" for bed in beds),
    )


def needs(tasks: Sequence[Task], labels: dict[uuid.UUID, str], beds: list[BedOnBoard]) -> list[Need]:
    """Open tasks and late observations, the critical first, then by how long they have been due."""
    found = [
        Need(
            urgent=task.priority == "urgent",
            critical=task.priority == "critical",
            person_id=task.person_id,
            family=task.person.family if task.person else "",
            given=task.person.given if task.person else "",
            bed_label=labels.get(task.person_id, "") if task.person_id else "",
            words=f"{task.title}: {task.reason}" if task.reason else task.title,
            due_at=task.due_at,
            owner_words=task.owner_words,
            acknowledged_at=task.acknowledged_at if task.state == "acknowledged" else None,
        )
        for task in tasks
    ]
    found += [due(bed, bed.patient) for bed in beds if bed.patient and bed.patient.late]
    return sorted(found, key=lambda n: (n.acknowledged_at is not None, not n.critical, not n.urgent, n.due_at))


def soon(beds: list[BedOnBoard], now: datetime) -> list[Need]:
    """Observations and arrivals of the next hour, soonest first."""
    until = now + SOON_WITHIN
    found = [
        due(bed, bed.patient)
        for bed in beds
        if bed.patient and bed.patient.due_at and now <= bed.patient.due_at <= until
    ]
    found += [
        Need(urgent=False, critical=False, person_id=None, family=kept.family, given=kept.given, bed_label=bed.label,
             words=f"Arrives from {kept.from_place}", due_at=kept.due_at, owner_words="")
        for bed in beds
        if (kept := bed.reservation) and kept.due_at <= until
    ]  # fmt: skip
    return sorted(found, key=lambda need: need.due_at)[:8]


def due(bed: BedOnBoard, who: Lying) -> Need:
    assert who.due_at is not None, "only what is due is shown"
    return Need(
        urgent=who.late, critical=False, person_id=who.person_id, family=who.family, given=who.given,
        bed_label=bed.label, words="Observations", due_at=who.due_at, owner_words="",
    )  # fmt: skip
