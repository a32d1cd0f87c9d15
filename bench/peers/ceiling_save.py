"""The ceiling's write: a set of observations saved by the product's own SQL, in its two round trips, or in its eight when
somebody has to be called. What is scored is scored by the product's pure rules; nothing that was sent is checked.
"""

import hashlib
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg
import msgspec

from wardline.audit.public import Ledger
from wardline.encounters.public import Observed, ObservedStay, keep_observed, observed_stay_locked
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.http import lean
from wardline.platform.http.lean import Written
from wardline.platform.ids import new_id
from wardline.tasks import queries as task_queries
from wardline.tasks import rules as task_rules
from wardline.tasks.actions import role_topics
from wardline.tasks.models import NewTask
from wardline.vitals import current, queries, rules
from wardline.vitals.current import Standing
from wardline.vitals.models import Consciousness, Signs, SpO2Scale

ZONE = "Europe/London"  # where the seeded hospitals are
ROUTE = "POST /patients/{patient_id}/observations"
CLOSING = f"SELECT {lean.closing_sql(Ledger.closing_sql, looked=True)}"
BEGIN = "SELECT * FROM platform.open_write($1, $2, $3, $4, $5)"


class Raw:
    """A connection in the place of the product's handle: its declared queries run on it as they are."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        return await self._connection.fetch(sql, *values)

    async def open(self, sql: str, values: list[Any]) -> list[Any]:
        return await self._connection.fetch(sql, *values)


class Save(msgspec.Struct):
    """One write on its way: who, what, and what it leaves behind."""

    session: Any
    key: str
    digest: bytes
    now: datetime
    signs: Signs
    set_id: UUID
    topics: dict[str, UUID | None] = {}
    events: list[tuple[str, Any]] = []
    changes: list[dict[str, Any]] = []


async def save(connection: asyncpg.Connection, session: Any, person_id: UUID, key: str, sent: bytes) -> None:
    """One set, scored and stored with everything that belongs to it."""
    raw = cast("Db", Raw(connection))
    digest = hashlib.blake2b(sent, digest_size=16).digest()
    this = Save(session, key, digest, clock.now(), signs_of(dict(parse_qsl(sent.decode()))), new_id())
    stay = await queries.open_save(raw, hospital_id=session["hospital_id"], person_id=person_id)
    assert stay is not None, "the patient is there"
    stands = _stands(this, stay)
    if stands.score is None or rules.escalation_for(stands.score) is None:
        return await _lean(connection, this, stay, stands)
    async with connection.transaction():
        claim = [session["hospital_id"], session["staff_id"], ROUTE, key, digest]
        await connection.fetchrow(BEGIN, *claim)
        locked = await observed_stay_locked(raw, hospital_id=session["hospital_id"], person_id=person_id)
        assert locked is not None, "the patient is still there"
        await _ordinary(connection, raw, this, locked, _stands(this, locked))
    return None


def signs_of(sent: dict[str, str]) -> Signs:
    """The fields of the form as values."""
    return Signs(
        respiration_per_min=int(sent["respiration_per_min"]),
        spo2_percent=int(sent["spo2_percent"]),
        spo2_scale=SpO2Scale.ONE,
        on_oxygen=sent["on_oxygen"] == "true",
        systolic_mmhg=int(sent["systolic_mmhg"]),
        diastolic_mmhg=int(sent["diastolic_mmhg"]),
        pulse_per_min=int(sent["pulse_per_min"]),
        consciousness=Consciousness(sent["consciousness"]),
        temperature_celsius=float(sent["temperature_celsius"]),
    )


def _stands(this: Save, stay: ObservedStay) -> Standing:
    latest = rules.with_newer(current.latest_of_stay(stay), this.signs, this.now)
    return current.standing(latest, current.offered_to(stay, this.now, ZONE), this.now)


async def _lean(connection: asyncpg.Connection, this: Save, stay: ObservedStay, stands: Standing) -> None:
    written = Written(
        _answer(this, stands),
        queries.put_set(
            new=_new_set(this, stay, stands),
            signs=this.signs,
            seen=_observed(this, stay, stands),
            stay=stay,
            now=this.now,
        ),
    )
    _report(this, stay, stands)
    topics = sorted(this.topics)
    values = [
        *written.effect.values,
        this.session["hospital_id"],
        this.session["staff_id"],
        this.key,
        ROUTE,
        this.digest,
        msgspec.json.encode(written.result),
        *_closing(this, topics),
    ]
    await connection.fetchrow(lean.statement(written.effect, Ledger.closing_sql), *values)


async def _ordinary(connection: asyncpg.Connection, raw: Db, this: Save, stay: ObservedStay, stands: Standing) -> None:
    await queries.insert_set(raw, _new_set(this, stay, stands), this.signs, now=this.now)
    hospital_id, staff_id = this.session["hospital_id"], this.session["staff_id"]
    await keep_observed(raw, _observed(this, stay, stands), hospital_id=hospital_id, encounter_id=stay.encounter_id)
    await _require(raw, this, _task(stay, stands))
    _report(this, stay, stands)
    body = msgspec.json.encode(_answer(this, stands))
    values = [hospital_id, staff_id, this.key, ROUTE, this.digest, body, *_closing(this, sorted(this.topics))]
    await connection.fetchrow(CLOSING, *values)


def _task(stay: ObservedStay, stands: Standing) -> NewTask:
    assert stands.score is not None, "somebody has to be called"
    escalation = rules.escalation_for(stands.score)
    assert escalation is not None, "for a reason"
    return NewTask(
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


async def _require(raw: Db, this: Save, new: NewTask) -> None:
    """The open task with new words, or raised, or a new one."""
    rung, as_urgent = task_rules.asks_for(new)
    held = await task_queries.refresh_task(raw, new, rung=rung, as_urgent=as_urgent)
    if held is not None:
        return _touch(this, held.owner_role, new.ward_id)
    held = await task_queries.held_task(raw, new)
    task_id = held.id if held else new_id()
    standing = (
        task_rules.raised(held, new, this.now) if held else task_rules.standing_at(new.rung, new.priority, this.now)
    )
    write = task_queries.raise_task if held else task_queries.insert_task
    actor_id = this.session["staff_id"]
    await write(raw, new, standing, task_id=task_id, step_id=new_id(), actor_id=actor_id, now=this.now)
    detail = {"kind": new.kind, "owner": standing.owner_words, "priority": new.priority.value}
    action = "task.raised" if held else "task.created"
    this.changes.append(_change(action, new.person_id, None, task_id, detail))
    if held is None:
        this.events.append(("task.created", {"task_id": task_id, "hospital_id": new.hospital_id}))
    return _touch(this, standing.owner_role, new.ward_id)


def _touch(this: Save, role: str, ward_id: UUID | None) -> None:
    for topic in (*role_topics(this.session["hospital_id"], role), f"ward:{ward_id}"):
        this.topics[topic] = None


def _report(this: Save, stay: ObservedStay, stands: Standing) -> None:
    detail = {"encounter_id": stay.encounter_id, "signs": stands.signs_scored, "confirmed": [], "late": False}
    this.changes.append(_change("observations.recorded", stay.person_id, "observations", this.set_id, detail))
    this.events.append(("observations.recorded", {"observation_id": this.set_id, "encounter_id": stay.encounter_id}))
    this.topics[f"patient:{stay.person_id}"] = this.topics[f"observations:{stay.person_id}"] = None
    if f"ward:{stay.ward_id}" not in this.topics:
        this.topics[f"ward:{stay.ward_id}"] = stay.bed_id
    if stands.band != stay.news_band:
        this.topics[f"beds:{stay.hospital_id}"] = None


def _change(action: str, person_id: UUID | None, kind: str | None, subject_id: UUID, detail: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "action": action,
        "outcome": "done",
        "person_id": person_id,
        "subject_type": kind,
        "subject_id": subject_id,
        "detail": detail,
    }


def _closing(this: Save, topics: list[str]) -> list[Any]:
    """Events, topics, the record, and what of each topic looks different now."""
    session_id, staff_id, hospital_id = this.session
    return [
        [name for name, _ in this.events],
        [msgspec.json.encode(payload).decode() for _, payload in this.events],
        topics,
        hospital_id,
        staff_id,
        "nurse",
        session_id,
        "1",
        "",
        this.changes,
        [this.topics[topic] for topic in topics],
    ]


def _new_set(this: Save, stay: ObservedStay, stands: Standing) -> queries.NewSet:
    return queries.NewSet(
        hospital_id=stay.hospital_id,
        id=this.set_id,
        person_id=stay.person_id,
        encounter_id=stay.encounter_id,
        taken_at=this.now,
        recorded_by=this.session["staff_id"],
        news_score=stands.total,
        news_signs=stands.signs_scored,
        news_band=stands.band,
        confirmed=[],
        entered_at=None,
    )


def _observed(this: Save, stay: ObservedStay, stands: Standing) -> Observed:
    assert stands.total is not None, "all signs were sent"
    history, history_at = [*stay.news_history, stands.total], [*stay.news_history_at, this.now]
    return current.observed(stands, by=this.session["staff_id"], history=history, history_at=history_at)


def _answer(this: Save, stands: Standing) -> dict[str, Any]:
    """What is kept for a repeated request."""
    return {
        "id": this.set_id,
        "signs": this.signs,
        "score": stands.total,
        "band": stands.band,
        "next_due_at": stands.due_at,
    }
