"""The patient's page: the person, the stay, the last day, problems, tasks and visits, in seven queries."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, load_only

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
from wardline.chart.panels import NAMES, value_of
from wardline.chart.ribbon import RIBBON_HOURS, ribbon
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


def of_patient(table: Any) -> ColumnElement[bool]:
    return (table.hospital_id == bindparam("hospital")) & (table.person_id == bindparam("person"))


# Made once.
REGISTRATION = (
    select(Registration)
    .where(of_patient(Registration))
    .options(joinedload(Registration.person, innerjoin=True).selectinload(Person.allergies))
)
STAY = (
    select(Current)
    .where(of_patient(Current), Current.class_ != "outpatient")
    .options(joinedload(Current.person, innerjoin=True).load_only(Person.born_on))
    .order_by(Current.started_at.desc())
    .limit(1)
)
SETS = (
    select(ObservationSet)
    .where(of_patient(ObservationSet), ObservationSet.state == "final", ObservationSet.taken_at >= bindparam("since"))
    .options(
        load_only(
            ObservationSet.taken_at, ObservationSet.news_score, ObservationSet.news_signs, ObservationSet.news_band
        ),
        joinedload(ObservationSet.nurse),
    )
    .order_by(ObservationSet.taken_at.desc())
    .limit(SETS_MAX)
)
VISITS = (
    select(Encounter)
    .where(of_patient(Encounter))
    .options(joinedload(Encounter.doctor))
    .order_by(func.coalesce(Encounter.started_at, Encounter.created_at).desc())
    .limit(VISITS_MAX)
)
PROBLEMS = (
    select(Problem)
    .where(of_patient(Problem))
    .order_by((Problem.state == "active").desc(), Problem.onset_on.desc().nulls_last(), Problem.id)
    .limit(PROBLEMS_MAX)
)
TASKS = (
    select(Task)
    .where(of_patient(Task), Task.state.in_(OPEN))
    .options(joinedload(Task.answerer))
    .order_by(Task.due_at)
    .limit(TASKS_MAX)
)


async def summary(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> Summary:
    now, asked = clock.now(), {"hospital": hospital_id, "person": person_id}
    registered = await db.scalar(REGISTRATION, asked)
    if registered is None:
        raise HTTPException(404)
    person, stay = registered.person, await db.scalar(STAY, asked)
    sets = list(await db.scalars(SETS, asked | {"since": now - timedelta(hours=RIBBON_HOURS)}))
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
        visits=[visit(each) for each in await db.scalars(VISITS, asked)],
        news=news(stay, sets, now) if stay else None,
        ribbon=Ribbon.model_validate(ribbon(sets, [], [], now, ZONE)) if stay else None,
        problems=[ProblemLine.model_validate(each) for each in await db.scalars(PROBLEMS, asked)],
        tasks=[TaskLine.model_validate(each) for each in await db.scalars(TASKS, asked)],
    )


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
