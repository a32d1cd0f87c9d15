"""Whether a pharmacist has verified an order. The decision belongs to a version of the order: a changed line waits again.

The queue of what waits, and what is dispensed, belong to the slices above; they hear of every change of an order here.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from wardline.encounters.public import observed_stay_locked
from wardline.orders.forms import DECIDED_WORDS, Decision, Verification
from wardline.orders.queries import MedicineRow
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query
from wardline.platform.errors import Conflict, Invalid, on_constraint
from wardline.platform.http import Context
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, Task, end, on_answer, require

QUERY_TASK, REFUSAL_TASK = "pharmacy_query", "pharmacy_refusal"


class Event(StrEnum):
    """What happened to orders."""

    SIGNED = "signed"
    DECIDED = "decided"
    CHANGED = "changed"  # another line, held, resumed, stopped, an error, the end of the stay


# What slices above do when something happened to orders, in the same transaction.
on_change: list[Callable[[Context, Sequence[UUID], Event], Awaitable[None]]] = []


class AlreadyDecided(Conflict):
    """Somebody else decided or changed the order since it was read; `current` is what stands now."""

    code, title = "already_decided", "Somebody else was first"


class NotToBeVerified(Conflict):
    """Only an active order is verified: a held or stopped one has left the queue."""

    code, title = "order_not_active", "The order is not active"


class NoQuery(Conflict):
    """There is no open question of the pharmacist to answer."""

    code, title = "no_open_query", "Nothing is asked"


class NotAnswered(Conflict):
    """The task of a query is finished by answering it on the order."""

    code, title = "query_not_answered", "Answer the question on the order"


on_constraint("verification_once", AlreadyDecided)


class NewVerification(Struct, frozen=True, kw_only=True):
    """A decision ready to be stored."""

    hospital_id: UUID
    medicine_id: UUID
    number: int
    medicine_version: int
    state: str
    words: str
    answer: str
    task_id: UUID | None
    settled_version: int | None


_STEP = """
    SELECT v.medicine_id, v.medicine_version, v.number, v.state, v.words, v.answer, v.at,
           concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family), left(s.given, 1) || left(s.family, 1), v.task_id
"""


_STANDING = """
      FROM orders.medicine m
      JOIN LATERAL (SELECT * FROM orders.verification x WHERE x.hospital_id = m.hospital_id AND x.medicine_id = m.id
                     ORDER BY x.number DESC LIMIT 1) v ON v.medicine_version = m.version
      JOIN identity.staff s ON s.id = v.actor_id
"""


@query(
    _STEP
    + _STANDING
    + """
     WHERE m.hospital_id = :hospital_id AND m.id = ANY (:medicine_ids::uuid[])
     ORDER BY m.id LIMIT 1000
"""
)
async def verifications(db: Db, *, hospital_id: UUID, medicine_ids: Sequence[UUID]) -> list[Verification]:
    """What stands for these orders as they are now: `verified`, `queried` or `refused`; one that is not among them is not
    verified. Index: verification_once.
    """


@query(
    _STEP
    + _STANDING
    + """
     WHERE m.hospital_id = :patient.hospital_id AND m.person_id = :patient.person_id AND m.state IN ('active', 'held')
     ORDER BY m.id LIMIT 1000
"""
)
async def verifications_of_patient(db: Db, patient: PatientScope) -> list[Verification]:
    """The same for all of a patient's orders that stand. Indexes: medicine_person, verification_once."""


@query(
    _STEP
    + """
      FROM orders.verification v JOIN identity.staff s ON s.id = v.actor_id
     WHERE v.hospital_id = :hospital_id AND v.medicine_id = :medicine_id ORDER BY v.number LIMIT 200
"""
)
async def verification_history(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> list[Verification]:
    """Every decision about an order and every answer, oldest first; of earlier versions too."""


@query("""
    WITH told AS (
        INSERT INTO orders.verification (hospital_id, medicine_id, number, medicine_version, state, words, answer, task_id, at,
                                         actor_id)
        VALUES (:new.hospital_id, :new.medicine_id, :new.number, :new.medicine_version, :new.state, :new.words, :new.answer,
                :new.task_id, :now, :actor_id)
        RETURNING hospital_id, medicine_id)
    UPDATE orders.medicine m SET settled_version = :new.settled_version
      FROM told WHERE m.hospital_id = told.hospital_id AND m.id = told.medicine_id
""")
async def insert_verification(db: Db, new: NewVerification, *, actor_id: UUID, now: datetime) -> None:
    """A decision; one that asks leaves the order waiting."""


# --- deciding ----------------------------------------------------------------------------------------------------------
def seen_version(row: MedicineRow, decided: Sequence[Verification]) -> int:
    """What a page of the order says it has seen: it rises with every change of the order and every decision."""
    return row.version + (decided[-1].number if decided else 0)


async def decide(ctx: Context, row: MedicineRow, new: Decision) -> Verification:
    """Verify, ask the prescriber or refuse. The order is locked; `ctx.version` is the `seen_version` that the pharmacist saw.

    Raises AlreadyDecided with what stands where that has gone, and NotToBeVerified for an order that is not active.
    """
    decided = await verification_history(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id)
    if row.state != "active":
        raise NotToBeVerified(f"It is {row.state.replace('_', ' ')}: {row.state_reason}".rstrip(": "), state=row.state)
    if ctx.version != seen_version(row, decided):
        raise _overtaken(row, decided)
    if new.state != "verified" and not new.words.strip():
        raise Invalid(fields={"words": "Say what is asked." if new.state == "queried" else "Say why."})
    if new.state != "queried" and decided and _stands(row, decided[-1]) and decided[-1].state == new.state:
        raise _overtaken(row, decided)
    await _end_task(ctx, decided)
    task_id = None if new.state == "verified" else await require(ctx, await _task(ctx, row, new))
    await _store(ctx, row, decided, state=new.state, words=new.words.strip(), answer="", task_id=task_id)
    return await _report(ctx, row, f"medicine.{new.state}")


def _stands(row: MedicineRow, last: Verification) -> bool:
    return last.medicine_version == row.version


def _overtaken(row: MedicineRow, decided: Sequence[Verification]) -> AlreadyDecided:
    last = decided[-1] if decided else None
    if last is None or not _stands(row, last):
        words, current = f"The order was changed. It reads now: {row.text}", None
    else:
        words, current = f"{last.by} {DECIDED_WORDS[last.state]} it", msgspec.to_builtins(last)
    facts: dict[str, Any] = {"current": current, "order": {"version": row.version, "text": row.text}}
    return AlreadyDecided(f"{words}.", version=seen_version(row, decided), **facts)


async def _task(ctx: Context, row: MedicineRow, new: Decision) -> NewTask:
    stay = await observed_stay_locked(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=row.person_id)
    asks = new.state == "queried"
    return NewTask(
        hospital_id=ctx.caller.tenant_id,
        kind=QUERY_TASK if asks else REFUSAL_TASK,
        subject_key=str(row.id),
        ward_id=stay.ward_id if stay else None,
        person_id=row.person_id,
        encounter_id=row.encounter_id,
        title=f"Pharmacist asks about {row.name}"
        if asks
        else f"Pharmacist refuses {row.name}: write another or stop it",
        reason=f"To {row.prescribed_by or 'the prescriber'}: {new.words.strip()}",
        priority=Priority.URGENT if row.kind == "once" or not asks else Priority.ROUTINE,
        rung=Rung.DOCTOR_ON_CALL,
    )


async def answer(ctx: Context, row: MedicineRow, words: str) -> Verification:
    """The prescriber's answer to the question that is open. The order waits on at its old place."""
    decided = await verification_history(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id)
    last = decided[-1] if decided else None
    if last is None or not _stands(row, last) or last.state != "queried" or row.state != "active":
        raise NoQuery("No question of the pharmacist is open for this order as it is now.")
    if last.answer:
        raise NoQuery(f"{last.by} has answered it: {last.answer}", current=msgspec.to_builtins(last))
    await _end_task(ctx, decided)
    await _store(ctx, row, decided, state="queried", words=last.words, answer=words.strip(), task_id=None)
    return await _report(ctx, row, "medicine.query_answered")


async def _store(
    ctx: Context,
    row: MedicineRow,
    decided: Sequence[Verification],
    *,
    state: str,
    words: str,
    answer: str,
    task_id: UUID | None,
) -> None:
    new = NewVerification(
        hospital_id=ctx.caller.tenant_id,
        medicine_id=row.id,
        number=decided[-1].number + 1 if decided else 1,
        medicine_version=row.version,
        state=state,
        words=words,
        answer=answer,
        task_id=task_id,
        settled_version=None if state == "queried" else row.version,
    )
    await insert_verification(ctx.db, new, actor_id=ctx.caller.id, now=ctx.now)


async def _report(ctx: Context, row: MedicineRow, action: str) -> Verification:
    ctx.record(action, person_id=row.person_id, subject_id=row.id, detail={"version": row.version})
    ctx.publish(action, {"medicine_id": row.id, "hospital_id": ctx.caller.tenant_id, "version": row.version})
    ctx.touch(f"medicines:{row.person_id}")
    await tell(ctx, [row.id], Event.DECIDED)
    (found,) = await verifications(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_ids=[row.id])
    return found


async def tell(ctx: Context, medicine_ids: Sequence[UUID], event: Event) -> None:
    """The slices above hear what happened to these orders."""
    for told in on_change:
        await told(ctx, medicine_ids, event)


async def order_changed(ctx: Context, row: MedicineRow) -> None:
    """A new line, a hold or a stop is an answer too: what was asked about the old one is over."""
    await _end_task(ctx, await verification_history(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id))
    await tell(ctx, [row.id], Event.CHANGED)


@query("""
    SELECT v.task_id FROM orders.verification v
     WHERE v.hospital_id = :hospital_id AND v.medicine_id = ANY (:medicine_ids::uuid[]) AND v.task_id IS NOT NULL
       AND v.number = (SELECT max(x.number) FROM orders.verification x
                        WHERE x.hospital_id = v.hospital_id AND x.medicine_id = v.medicine_id)
     ORDER BY v.medicine_id LIMIT 300
""")
async def open_tasks_of(db: Db, *, hospital_id: UUID, medicine_ids: Sequence[UUID]) -> list[UUID]:
    """The tasks of questions and refusals that were the last word about these orders."""


async def orders_ended(ctx: Context, medicine_ids: Sequence[UUID]) -> None:
    """The orders of a stay that is over: nothing is asked about them any more."""
    for task_id in await open_tasks_of(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_ids=medicine_ids):
        await _end(ctx, task_id)
    await tell(ctx, medicine_ids, Event.CHANGED)


async def _end_task(ctx: Context, decided: Sequence[Verification]) -> None:
    if decided and decided[-1].task_id is not None:
        await _end(ctx, decided[-1].task_id)


async def _end(ctx: Context, task_id: UUID) -> None:
    # One that a discharge has ended already stays as it is.
    with contextlib.suppress(Conflict):
        await end(ctx, task_id)


async def _answered(ctx: Context, task: Task, answer: str) -> None:
    if answer == "done":
        raise NotAnswered("Open the order in the patient's medicines and answer there, or change the order.")


on_answer[QUERY_TASK] = _answered
DONE_AT[QUERY_TASK] = DONE_AT[REFUSAL_TASK] = "/medicines/{}"
