"""The patient's page: the person, the stay, the last day, problems, tasks and visits, in seven queries."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.peers.usual.access import ZONE
from bench.peers.usual.tables import (
    OPEN,
    Current,
    Encounter,
    ObservationSet,
    Person,
    Problem,
    Registration,
    Staff,
    Task,
)
from wardline.chart.panels import NAMES, RIBBON_HOURS, ribbon, value_of
from wardline.platform import clock
from wardline.vitals import current, rules

SETS_MAX = 60
VISITS_MAX = 6
PROBLEMS_MAX = 10
TASKS_MAX = 8
ALLERGIES_MAX = 20
SEVERITIES = ("severe", "moderate", "mild", "unknown")


class FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SignLine(BaseModel):
    name: str
    value: str
    unit: str
    points: int | None
    old: bool


class News(BaseModel):
    label: str
    band: str | None
    title: str
    text: str
    frequency: str
    due_at: datetime | None
    by: str
    signs: list[SignLine]


class Mark(FromRow):
    at: datetime
    left: float
    label: str
    band: str | None


class Tick(FromRow):
    at: datetime
    left: float


class Ribbon(FromRow):
    ticks: list[Tick]
    scores: list[Mark]
    thread: list[tuple[float, float]]
    now_left: float
    words: str


class ProblemLine(FromRow):
    id: uuid.UUID
    display: str
    onset_on: date | None
    state: str
    verification: str


class TaskLine(FromRow):
    id: uuid.UUID
    title: str
    reason: str
    priority: str
    state: str
    owner_words: str
    due_at: datetime


class Visit(BaseModel):
    id: uuid.UUID
    kind: str
    state: str
    reason: str
    specialty: str
    doctor: str
    started_at: datetime | None
    ended_at: datetime | None


class Stay(FromRow):
    encounter_id: uuid.UUID
    bed_label: str | None
    started_at: datetime
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool
    needs: list[str]


class Summary(BaseModel):
    person_id: uuid.UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    deceased_on: date | None
    allergy_state: str
    allergies: list[str]
    stay: Stay | None
    visits: list[Visit]
    news: News | None
    ribbon: Ribbon | None
    problems: list[ProblemLine]
    tasks: list[TaskLine]


async def summary(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> Summary:
    registered = await registration(db, hospital_id, person_id)
    if registered is None:
        raise HTTPException(404)
    now = clock.now()
    stay = await open_stay(db, hospital_id, person_id)
    person = registered.person
    sets = await last_sets(db, hospital_id, person_id, now)
    return Summary(
        person_id=person.id,
        network_number=person.network_number,
        mrn=registered.mrn,
        family=person.family,
        given=person.given,
        title=person.title,
        sex=person.sex,
        born_on=person.born_on,
        deceased_on=person.deceased_on,
        allergy_state=person.allergy_state,
        allergies=allergies(person),
        stay=Stay.model_validate(stay) if stay else None,
        visits=[visit(each) for each in await visits(db, hospital_id, person_id)],
        news=news(stay, sets, now) if stay else None,
        ribbon=Ribbon.model_validate(ribbon(sets, now, ZONE)) if stay else None,
        problems=[ProblemLine.model_validate(each) for each in await problems(db, hospital_id, person_id)],
        tasks=[TaskLine.model_validate(each) for each in await tasks(db, hospital_id, person_id)],
    )


async def registration(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> Registration | None:
    person = joinedload(Registration.person, innerjoin=True)
    asked = select(Registration).where(Registration.hospital_id == hospital_id, Registration.person_id == person_id)
    return await db.scalar(asked.options(person.selectinload(Person.allergies)))


async def open_stay(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> Current | None:
    return await db.scalar(
        select(Current)
        .where(Current.hospital_id == hospital_id, Current.person_id == person_id, Current.class_ != "outpatient")
        .options(joinedload(Current.person, innerjoin=True))
        .order_by(Current.started_at.desc())
        .limit(1)
    )


async def last_sets(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID, now: datetime) -> list[Any]:
    found = await db.scalars(
        select(ObservationSet)
        .where(
            ObservationSet.hospital_id == hospital_id,
            ObservationSet.person_id == person_id,
            ObservationSet.state == "final",
            ObservationSet.taken_at >= now - timedelta(hours=RIBBON_HOURS),
        )
        .options(joinedload(ObservationSet.nurse))
        .order_by(ObservationSet.taken_at.desc())
        .limit(SETS_MAX)
    )
    return list(found)


async def visits(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> list[Encounter]:
    found = await db.scalars(
        select(Encounter)
        .where(Encounter.hospital_id == hospital_id, Encounter.person_id == person_id)
        .options(joinedload(Encounter.doctor))
        .order_by(func.coalesce(Encounter.started_at, Encounter.created_at).desc())
        .limit(VISITS_MAX)
    )
    return list(found)


async def problems(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> list[Problem]:
    found = await db.scalars(
        select(Problem)
        .where(Problem.hospital_id == hospital_id, Problem.person_id == person_id)
        .order_by((Problem.state == "active").desc(), Problem.onset_on.desc().nulls_last(), Problem.id)
        .limit(PROBLEMS_MAX)
    )
    return list(found)


async def tasks(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> list[Task]:
    found = await db.scalars(
        select(Task)
        .where(Task.hospital_id == hospital_id, Task.person_id == person_id, Task.state.in_(OPEN))
        .options(joinedload(Task.answerer))
        .order_by(Task.due_at)
        .limit(TASKS_MAX)
    )
    return list(found)


def allergies(person: Person) -> list[str]:
    found = [each for each in person.allergies if each.state == "active"]
    found.sort(key=lambda each: (SEVERITIES.index(each.severity), each.substance))
    return [
        f"{each.substance} – {each.reaction}" if each.reaction else each.substance for each in found[:ALLERGIES_MAX]
    ]


def visit(row: Encounter) -> Visit:
    return Visit(
        id=row.id,
        kind=row.class_,
        state=row.state,
        reason=row.reason,
        specialty=row.specialty,
        doctor=name_of(row.doctor),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def name_of(staff: Staff | None) -> str:
    return f"{staff.title} {staff.given[:1]}. {staff.family}".strip() if staff else ""


def news(stay: Current, sets: list[ObservationSet], now: datetime) -> News:
    """The score with its response and each sign's latest value."""
    latest = current.latest_of_stay(stay)
    offered = rules.eligibility(stay.person.born_on, pregnant=stay.pregnant, today=now.date())
    stands = current.standing(latest, offered, now)
    response = rules.response_to(stands.score) if stands.score else None
    points = stands.score.points if stands.score else {}
    stale = stands.score.stale if stands.score else []
    return News(
        label=stands.score.label if stands.score else "",
        band=stands.band,
        title=response.title if response else "No score yet",
        text=response.text if response else "",
        frequency=response.frequency if response else "",
        due_at=stay.observations_due_at,
        by=name_of(sets[0].nurse) if sets else "",
        signs=[
            SignLine(
                name=name, value=value_of(latest.signs, sign), unit=unit, points=points.get(sign), old=sign in stale
            )
            for sign, (name, unit) in NAMES.items()
        ],
    )
