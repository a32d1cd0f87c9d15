"""A set of observations saved: locked, scored, stored with the stay's row, the task that is called for, the record, the
events, the versions that watchers follow, and the answer kept for a repeated request; in one transaction.
"""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.peers.usual.access import record
from bench.peers.usual.tables import (
    OPEN,
    Current,
    ObservationSet,
    Outbox,
    Reply,
    SessionRow,
    Step,
    Task,
    Topic,
    today_utc,
)
from wardline.platform import clock
from wardline.tasks import rules as task_rules
from wardline.tasks.models import HeldTask, NewTask
from wardline.vitals import current, rules
from wardline.vitals.current import Standing
from wardline.vitals.limits import questions, refusals
from wardline.vitals.models import Consciousness, Signs, SpO2Scale

ROUTE = "POST /patients/{patient_id}/observations"


class NewSet(BaseModel):
    respiration_per_min: int = Field(ge=0, le=100)
    spo2_percent: int = Field(ge=0, le=100)
    on_oxygen: bool
    systolic_mmhg: int = Field(ge=0, le=400)
    diastolic_mmhg: int = Field(ge=0, le=300)
    pulse_per_min: int = Field(ge=0, le=400)
    consciousness: Literal["A", "C", "V", "P", "U"]
    temperature_celsius: float = Field(ge=15, le=50)

    def signs(self) -> Signs:
        given = self.model_dump() | {"consciousness": Consciousness(self.consciousness)}
        return rules.as_recorded(Signs(**given, spo2_scale=SpO2Scale.ONE))


class Saved(BaseModel):
    """What a repeated request is answered with."""

    id: uuid.UUID
    patient_id: uuid.UUID
    encounter_id: uuid.UUID
    taken_at: datetime
    signs: NewSet
    score: int | None
    band: str | None
    next_due_at: datetime | None
    task_id: uuid.UUID | None


async def save(db: AsyncSession, who: SessionRow, person_id: uuid.UUID, key: str, sent: bytes) -> None:
    """Everything but the commit; nothing when the key was used before."""
    new = NewSet.model_validate(dict(parse_qsl(sent.decode())))
    digest = hashlib.blake2b(sent, digest_size=16).digest()
    if await answered(db, who, key, digest):
        return
    stay = await locked_stay(db, who.hospital_id, person_id)
    if stay is None:
        raise HTTPException(409)
    now, signs = clock.now(), new.signs()
    before = current.latest_of_stay(stay)
    if refusals(signs) or questions(signs, before, set()):
        raise HTTPException(422)
    offered = rules.eligibility(stay.person.born_on, pregnant=stay.pregnant, today=now.date())
    stands = current.standing(rules.with_newer(before, signs, now), offered, now)
    stored = observation(who, stay, signs, stands, now)
    db.add(stored)
    topics = {f"patient:{person_id}", f"observations:{person_id}", f"ward:{stay.ward_id}"}
    if stands.band != stay.news_band:
        topics.add(f"beds:{stay.hospital_id}")
    task_id = await escalate(db, who, stay, stands, now, topics)
    keep(stay, who, stands, now)
    report(db, who, stay, stored)
    body = answer(stored, new, stands, task_id).model_dump_json().encode()
    db.add(Reply(caller_id=who.staff_id, key=key, route=ROUTE, body_hash=digest, status=200, body=body))
    await touch(db, topics)


async def answered(db: AsyncSession, who: SessionRow, key: str, digest: bytes) -> bool:
    """Whether there is an answer for the key already; a second copy of the request waits for the first one's commit."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{who.staff_id}{key}", 7))))
    days = today_utc(), today_utc() - timedelta(days=1)
    kept = await db.scalar(
        select(Reply.body_hash).where(Reply.kept_on.in_(days), Reply.caller_id == who.staff_id, Reply.key == key)
    )
    if kept not in (None, digest):
        raise HTTPException(422)
    return kept is not None


async def locked_stay(db: AsyncSession, hospital_id: uuid.UUID, person_id: uuid.UUID) -> Current | None:
    return await db.scalar(
        select(Current)
        .where(Current.hospital_id == hospital_id, Current.person_id == person_id, Current.class_ != "outpatient")
        .options(joinedload(Current.person, innerjoin=True))
        .order_by(Current.started_at.desc())
        .limit(1)
        .with_for_update(key_share=True, of=Current)
    )


def observation(who: SessionRow, stay: Current, signs: Signs, stands: Standing, now: datetime) -> ObservationSet:
    return ObservationSet(
        hospital_id=stay.hospital_id,
        id=uuid.uuid4(),
        taken_at=now,
        person_id=stay.person_id,
        encounter_id=stay.encounter_id,
        recorded_at=now,
        recorded_by=who.staff_id,
        respiration_per_min=signs.respiration_per_min,
        spo2_percent=signs.spo2_percent,
        spo2_scale=signs.spo2_scale.value,
        on_oxygen=signs.on_oxygen,
        systolic_mmhg=signs.systolic_mmhg,
        diastolic_mmhg=signs.diastolic_mmhg,
        pulse_per_min=signs.pulse_per_min,
        consciousness=signs.consciousness.value if signs.consciousness else None,
        temperature_celsius=signs.temperature_celsius,
        news_score=stands.total,
        news_signs=stands.signs_scored,
        news_band=stands.band.value if stands.band else None,
        confirmed=[],
        state="final",
        created_at=now,
        created_by=who.staff_id,
    )


def keep(stay: Current, who: SessionRow, stands: Standing, now: datetime) -> None:
    """The stay's row as boards read it."""
    history, history_at = [*stay.news_history, stands.total or 0], [*stay.news_history_at, now]
    seen = current.observed(stands, by=who.staff_id, history=history, history_at=history_at)
    for name in seen.__struct_fields__:
        setattr(stay, name, getattr(seen, name))
    stay.news_band = stands.band.value if stands.band else None
    stay.consciousness = seen.consciousness and str(seen.consciousness)
    stay.version += 1


async def escalate(
    db: AsyncSession, who: SessionRow, stay: Current, stands: Standing, now: datetime, topics: set[str]
) -> uuid.UUID | None:
    """The task that the score asks for; an open one is raised, or gets new words."""
    escalation = rules.escalation_for(stands.score) if stands.score else None
    if stands.score is None or escalation is None:
        return None
    new = NewTask(
        hospital_id=stay.hospital_id,
        kind="escalation",
        subject_key=str(stay.encounter_id),
        ward_id=stay.ward_id,
        person_id=stay.person_id,
        encounter_id=stay.encounter_id,
        title=rules.response_to(stands.score).title,
        reason=rules.escalation_reason(stands.score, stay.news_score),
        priority=escalation.priority,
        rung=escalation.rung,
        worse=stay.news_score is not None and stay.news_score < stands.score.total,
    )
    held = await open_task(db, new)
    task = create(db, who, new, now) if held is None else refresh(db, who, held, new, now)
    topics |= {f"tasks:{who.hospital_id}:{task.owner_role}", f"bell:{who.hospital_id}:{task.owner_role}"}
    return task.id


async def open_task(db: AsyncSession, new: NewTask) -> Task | None:
    return await db.scalar(
        select(Task)
        .where(
            Task.hospital_id == new.hospital_id,
            Task.kind == new.kind,
            Task.subject_key == new.subject_key,
            Task.state.in_(OPEN),
        )
        .with_for_update(key_share=True)
    )


def create(db: AsyncSession, who: SessionRow, new: NewTask, now: datetime) -> Task:
    standing = task_rules.standing_at(new.rung, new.priority, now)
    task = Task(
        hospital_id=new.hospital_id, id=uuid.uuid4(), kind=new.kind, subject_key=new.subject_key, ward_id=new.ward_id,
        person_id=new.person_id, encounter_id=new.encounter_id, title=new.title, reason=new.reason,
        priority=new.priority.value, state="open", created_at=now, created_by=who.staff_id, version=1,
        **msgspec.structs.asdict(standing),
    )  # fmt: skip
    db.add(task)
    step(db, who, task, "created", now)
    publish(db, who, "task.created", {"task_id": str(task.id), "hospital_id": str(new.hospital_id)})
    return task


def refresh(db: AsyncSession, who: SessionRow, task: Task, new: NewTask, now: datetime) -> Task:
    """New words on a task that asks for as much already; otherwise it is raised to a higher rung."""
    rung, as_urgent = task_rules.asks_for(new)
    task.title, task.reason, task.ward_id, task.version = new.title, new.reason, new.ward_id, task.version + 1
    if task.rung >= rung and task.priority in as_urgent and not (new.worse and task.state == "acknowledged"):
        return task
    held = HeldTask(task.id, task.state, task.priority, task.rung, task.due_at, task.ward_id, task.owner_role)
    for name, value in msgspec.structs.asdict(task_rules.raised(held, new, now)).items():
        setattr(task, name, value)
    task.priority, task.state, task.acknowledged_at, task.acknowledged_by = new.priority.value, "open", None, None
    step(db, who, task, "raised", now)
    return task


def step(db: AsyncSession, who: SessionRow, task: Task, kind: str, now: datetime) -> None:
    """Adds to the task's history and to the record."""
    db.add(
        Step(
            task=task, id=uuid.uuid4(), at=now, kind=kind, actor_id=who.staff_id, owner_words=task.owner_words
        )
    )  # fmt: skip
    detail = {"kind": task.kind, "owner": task.owner_words, "priority": task.priority}
    record(db, who, f"task.{kind}", person_id=task.person_id, subject_id=task.id, detail=detail)


def report(db: AsyncSession, who: SessionRow, stay: Current, stored: ObservationSet) -> None:
    encounter_id = str(stay.encounter_id)
    detail = {"encounter_id": encounter_id, "signs": stored.news_signs, "confirmed": [], "late": False}
    record(db, who, "observations.recorded", person_id=stay.person_id, subject_id=stored.id, detail=detail)
    publish(db, who, "observations.recorded", {"observation_id": str(stored.id), "encounter_id": encounter_id})


def publish(db: AsyncSession, who: SessionRow, name: str, payload: dict[str, Any]) -> None:
    db.add(Outbox(tenant_id=who.hospital_id, name=name, payload=payload))


async def touch(db: AsyncSession, topics: set[str]) -> None:
    """Raise the versions that watchers follow, in one statement and in one order for everybody, after all other rows."""
    await db.flush()
    added = insert(Topic).values([{"topic": topic} for topic in sorted(topics)])
    raised = {"version": Topic.version + 1, "touched_at": func.clock_timestamp()}
    await db.execute(added.on_conflict_do_update(index_elements=[Topic.topic], set_=raised))


def answer(stored: ObservationSet, new: NewSet, stands: Standing, task_id: uuid.UUID | None) -> Saved:
    return Saved(
        id=stored.id,
        patient_id=stored.person_id,
        encounter_id=stored.encounter_id,
        taken_at=stored.taken_at,
        signs=new,
        score=stands.total,
        band=stored.news_band,
        next_due_at=stands.due_at,
        task_id=task_id,
    )
