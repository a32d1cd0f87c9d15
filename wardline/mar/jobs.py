"""What giving does by the clock: doses made ahead, and a task for each that may not wait and is late."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.mar import making, rules
from wardline.mar.telling import end_task, touch, touch_board
from wardline.orders.public import dose_words, line_from
from wardline.platform.db import Db, query
from wardline.platform.http import Context
from wardline.platform.jobs import Event, Work, every, gently, on
from wardline.tasks.public import NewTask, Priority, Rung, require

TASK_KIND = "late_dose"
TASKS_MAX = 100


class LateDose(Struct, frozen=True):
    """A dose that may not wait and is late."""

    id: UUID
    person_id: UUID
    encounter_id: UUID
    ward_id: UUID | None
    name: str
    line: str
    due_at: datetime
    critical: str


class Answered(Struct, frozen=True):
    """A task whose dose waits for nobody any more."""

    dose_id: UUID
    task_id: UUID


@query("SELECT id FROM identity.hospital WHERE active ORDER BY id LIMIT 2000")
async def active_hospitals(db: Db) -> list[UUID]:
    """Every hospital of the network, for what goes by the clock."""


_LATE_ROW = "SELECT d.id, d.person_id, d.encounter_id, c.ward_id, m.name, m.line::text, d.due_at, d.critical"
_LATE = """
      FROM mar.dose d
      JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id AND m.state = 'active'
      JOIN encounters.current c ON c.hospital_id = d.hospital_id AND c.encounter_id = d.encounter_id
     WHERE d.hospital_id = :hospital_id AND d.state = 'due' AND d.critical <> '' AND d.task_id IS NULL
       AND d.due_at < :late AND d.due_at >= :since
"""


@query("SELECT EXISTS (SELECT 1" + _LATE + ")")
async def has_late(db: Db, *, hospital_id: UUID, late: datetime, since: datetime) -> bool:
    """Whether any dose of the hospital needs a task. Index: dose_late."""


@query(_LATE_ROW + _LATE + " ORDER BY d.due_at LIMIT 100 FOR NO KEY UPDATE OF d SKIP LOCKED")
async def late_doses(db: Db, *, hospital_id: UUID, late: datetime, since: datetime) -> list[LateDose]:
    """Late doses that may not wait, held; those another worker holds are skipped. Index: dose_late."""


@query("UPDATE mar.dose SET task_id = :task_id WHERE hospital_id = :hospital_id AND id = :dose_id")
async def set_task(db: Db, *, hospital_id: UUID, dose_id: UUID, task_id: UUID | None) -> None:
    """The task that asks for a dose."""


_OVER = """
      FROM mar.dose d JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id
      JOIN tasks.task j ON j.hospital_id = d.hospital_id AND j.id = d.task_id AND j.state IN ('open', 'acknowledged')
     WHERE d.hospital_id = :hospital_id AND d.task_id IS NOT NULL AND d.state IN ('due', 'paused', 'withdrawn', 'lapsed')
       AND (d.state <> 'due' OR m.state <> 'active')
"""


@query("SELECT EXISTS (SELECT 1" + _OVER + ")")
async def has_over(db: Db, *, hospital_id: UUID) -> bool:
    """Whether a task asks for a dose that is not due any more, or whose order does not stand. Index: dose_asked."""


@query("SELECT d.id, j.id" + _OVER + " ORDER BY d.due_at LIMIT 100")
async def over(db: Db, *, hospital_id: UUID) -> list[Answered]:
    """Tasks of doses whose order was stopped or changed, or is held. Index: dose_asked."""


_STRAYED = """
      FROM mar.dose d
      JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id AND m.state = 'active'
      JOIN encounters.current c ON c.hospital_id = d.hospital_id AND c.encounter_id = d.encounter_id
      JOIN tasks.task j ON j.hospital_id = d.hospital_id AND j.id = d.task_id AND j.state IN ('open', 'acknowledged')
     WHERE d.hospital_id = :hospital_id AND d.state = 'due' AND d.task_id IS NOT NULL AND j.ward_id IS DISTINCT FROM c.ward_id
"""


@query("SELECT EXISTS (SELECT 1" + _STRAYED + ")")
async def has_strayed(db: Db, *, hospital_id: UUID) -> bool:
    """Whether a late dose is asked for on a ward that the patient has left. Index: dose_asked."""


@query(_LATE_ROW + _STRAYED + " ORDER BY d.due_at LIMIT 100 FOR NO KEY UPDATE OF d SKIP LOCKED")
async def strayed(db: Db, *, hospital_id: UUID) -> list[LateDose]:
    """Late doses that are asked for on a ward that the patient has left, held. Index: dose_asked."""


@every(seconds=60)
async def make_ahead(work: Work) -> None:
    """Doses of the next day, each hospital's in a transaction of its own."""
    async for hospital_id in gently(await active_hospitals(work.db)):
        db = work.in_tenant(hospital_id)
        orders = await making.unplanned_of_hospital(db, hospital_id=hospital_id, horizon=work.now + making.AGAIN_WITHIN)
        if orders:
            async with work.write(hospital_id) as ctx:
                await making.make_all(ctx.db, orders, hospital_id=hospital_id, now=ctx.now)
                for order in orders:
                    ctx.touch(f"given:{order.person_id}")
                    touch_board(ctx, order.person_id, order.ward_id)


@every(seconds=30)
async def ask_for_late_doses(work: Work) -> None:
    """A task for every dose that may not wait and is late. It follows the patient to another ward, and is closed when the dose
    is not due any more."""
    async for hospital_id in gently(await active_hospitals(work.db)):
        db, late = work.in_tenant(hospital_id), work.now - rules.CRITICAL_WINDOW
        since = work.now - rules.OVERDUE_MAX
        if await has_late(db, hospital_id=hospital_id, late=late, since=since):
            async with work.write(hospital_id) as ctx:
                await ask(ctx, hospital_id)
        if await has_strayed(db, hospital_id=hospital_id):
            async with work.write(hospital_id) as ctx:
                for dose in await strayed(ctx.db, hospital_id=hospital_id):
                    await _require(ctx, hospital_id, dose)
        if await has_over(db, hospital_id=hospital_id):
            async with work.write(hospital_id) as ctx:
                for each in await over(ctx.db, hospital_id=hospital_id):
                    await end_task(ctx, each.task_id)


async def ask(ctx: Context, hospital_id: UUID) -> int:
    """Make the tasks of one hospital; returns how many."""
    late = await late_doses(
        ctx.db, hospital_id=hospital_id, late=ctx.now - rules.CRITICAL_WINDOW, since=ctx.now - rules.OVERDUE_MAX
    )
    for dose in late:
        task_id = await _require(ctx, hospital_id, dose)
        await set_task(ctx.db, hospital_id=hospital_id, dose_id=dose.id, task_id=task_id)
        touch(ctx, dose.person_id, dose.ward_id)
    return len(late)


async def _require(ctx: Context, hospital_id: UUID, dose: LateDose) -> UUID:
    """The task of a dose, on the ward where the patient lies."""
    line = line_from(dose.line)
    return await require(
        ctx,
        NewTask(
            hospital_id=hospital_id,
            kind=TASK_KIND,
            subject_key=str(dose.id),
            ward_id=dose.ward_id,
            person_id=dose.person_id,
            encounter_id=dose.encounter_id,
            title="Dose is late: give it, or say why not",
            reason=f"{dose.name} {dose_words(line)}, {dose.critical.lower()}",
            priority=Priority.URGENT,
            rung=Rung.NURSE_IN_CHARGE,
        ),
    )


# --- what the prescriber does is heard at once -----------------------------------------------------------------------------
class OfOrder(Struct, frozen=True):
    """Whose order it is, and where they lie."""

    person_id: UUID
    ward_id: UUID | None


@query("""
    SELECT m.person_id, c.ward_id FROM orders.medicine m
      LEFT JOIN encounters.current c ON c.hospital_id = m.hospital_id AND c.encounter_id = m.encounter_id
     WHERE m.hospital_id = :hospital_id AND m.id = :medicine_id
""")
async def of_order(db: Db, *, hospital_id: UUID, medicine_id: UUID) -> OfOrder | None:
    """Whose order it is."""


async def heard(work: Work, event: Event) -> None:
    """The doses of an order that was signed, changed, held, resumed or stopped; who looks at them sees it."""
    hospital_id, medicine_id = UUID(event.payload["hospital_id"]), UUID(event.payload["medicine_id"])
    async with work.write(hospital_id) as ctx:
        order = await of_order(ctx.db, hospital_id=hospital_id, medicine_id=medicine_id)
        if order is None:
            return
        unplanned = await making.unplanned_of_order(
            ctx.db, hospital_id=hospital_id, medicine_id=medicine_id, horizon=ctx.now + making.AGAIN_WITHIN
        )
        await making.make_all(ctx.db, unplanned, hospital_id=hospital_id, now=ctx.now)
        touch(ctx, order.person_id, order.ward_id, waits=True)


@on("medicine.prescribed")
async def heard_prescribed(work: Work, event: Event) -> None:
    """A new order."""
    await heard(work, event)


@on("medicine.changed")
async def heard_changed(work: Work, event: Event) -> None:
    """Another line."""
    await heard(work, event)


@on("medicine.held")
async def heard_held(work: Work, event: Event) -> None:
    """An order is held."""
    await heard(work, event)


@on("medicine.resumed")
async def heard_resumed(work: Work, event: Event) -> None:
    """An order goes on."""
    await heard(work, event)


@on("medicine.stopped")
async def heard_stopped(work: Work, event: Event) -> None:
    """An order is stopped."""
    await heard(work, event)


@on("medicine.entered_in_error")
async def heard_error(work: Work, event: Event) -> None:
    """An order was a mistake."""
    await heard(work, event)


@on("medicine.verified")
async def heard_verified(work: Work, event: Event) -> None:
    """A pharmacist found it right: the mark goes."""
    await heard(work, event)


@on("medicine.refused")
async def heard_refused(work: Work, event: Event) -> None:
    """A pharmacist refused it."""
    await heard(work, event)


@on("medicine.queried")
async def heard_queried(work: Work, event: Event) -> None:
    """A pharmacist asks the prescriber."""
    await heard(work, event)
