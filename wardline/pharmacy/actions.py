"""Verifying, dispensing, handing over, taking back. Each runs in the door's transaction and is committed by the door."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import observed_stay
from wardline.identity.public import May, witness
from wardline.orders.public import (
    Decision,
    Event,
    MedicineRow,
    Verification,
    decide,
    medicine_of,
    on_change,
    on_shown,
    verification_history,
)
from wardline.patients.public import today
from wardline.pharmacy import queries, rules, views
from wardline.pharmacy.models import (
    LISTS,
    Choice,
    Dispense,
    DispenseScope,
    HandedOver,
    HeldScope,
    NewDispense,
    NewReturn,
    Offer,
    OrderScope,
    Signed,
    Supply,
)
from wardline.pharmacy.queries import NewRow
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock.public import Short, put_back, take
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, end, require

OWED_TASK = "pharmacy_owed"
DONE_AT[OWED_TASK] = "/medicines/{}/pharmacy"


class NotVerified(Conflict):
    """Only what a pharmacist has verified as it is now is dispensed."""

    code, title = "not_verified", "The order is not verified"


class NotActive(Conflict):
    """A held or stopped order is not dispensed."""

    code, title = "order_not_active", "The order is not active"


class NotEnough(Conflict):
    """Less lies there than is to be dispensed; `available` says how much, and the rest can be owed."""

    code, title = "not_enough", "There is not enough"


class OtherIngredient(Invalid):
    """Another ingredient is another order."""

    code, title = "other_ingredient", "This is another medicine"


class NothingLeft(Conflict):
    """More comes back than went out."""

    code, title = "more_than_dispensed", "So much was not dispensed"


class OrderChanged(Conflict):
    """What was prepared is not what the order says now; `although` says why it is handed over all the same."""

    code, title = "order_changed", "The order is not what it was"


class NotWaiting(Conflict):
    """It is handed over, or came back, already."""

    code, title = "not_waiting", "It does not wait any more"


# --- verifying ---------------------------------------------------------------------------------------------------------
async def verify(ctx: Context, scope: OrderScope, words: str) -> Verification:
    """The order may be given and dispensed as it is."""
    found = await decide(ctx, scope.row, Decision("verified", words))
    await _set_supply(ctx, scope, "ready")
    return found


async def ask(ctx: Context, scope: OrderScope, question: str) -> Verification:
    """The prescriber is asked; the order keeps its place in the queue."""
    found = await decide(ctx, scope.row, Decision("queried", question))
    await _end_supply(ctx, scope)
    return found


async def refuse(ctx: Context, scope: OrderScope, reason: str) -> Verification:
    """The order is not to be given as it is; the prescriber hears why."""
    found = await decide(ctx, scope.row, Decision("refused", reason))
    await _end_supply(ctx, scope)
    return found


async def decline(ctx: Context, scope: OrderScope, reason: str) -> Verification:
    """Nothing is dispensed of a verified order, because the ward has it; it leaves the list."""
    found = _require_verified(scope, await _decided(ctx, scope))
    await _set_supply(ctx, scope, "declined", reason=reason)
    ctx.record("dispense.declined", person_id=scope.row.person_id, subject_type="medicine", subject_id=scope.row.id)
    touch(ctx)
    ctx.touch(f"medicines:{scope.row.person_id}")
    return found


async def _decided(ctx: Context, scope: OrderScope) -> list[Verification]:
    return await verification_history(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id)


def _require_verified(scope: OrderScope, decided: Sequence[Verification]) -> Verification:
    row = scope.row
    if row.state != "active":
        words = f"It is {row.state.replace('_', ' ')}: {row.state_reason}".rstrip(": ")
        raise NotActive(f"{words}. Nothing is dispensed of it.", state=row.state)
    found = views.standing_of(row, decided)
    if found is None or found.state != "verified":
        raise NotVerified("A pharmacist verifies the order as it is now first; then it is dispensed.")
    return found


# --- how far the supply is ---------------------------------------------------------------------------------------------
async def _set_supply(
    ctx: Context, scope: OrderScope, state: str, *, owed: int = 0, task_id: UUID | None = None, reason: str = ""
) -> None:
    before = await queries.supply(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id)
    if before is not None and before.task_id is not None and before.task_id != task_id:
        await _end_task(ctx, before.task_id)
    await queries.set_supply(
        ctx.db,
        hospital_id=scope.hospital_id,
        medicine_id=scope.row.id,
        medicine_version=scope.row.version,
        state=state,
        reason=reason.strip(),
        owed=owed,
        task_id=task_id,
        now=ctx.now,
    )


async def _end_supply(ctx: Context, scope: OrderScope) -> None:
    if await queries.supply(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id) is not None:
        await _set_supply(ctx, scope, "ended")


async def _end_task(ctx: Context, task_id: UUID) -> None:
    try:
        await end(ctx, task_id)
    except Conflict:
        return  # the end of the stay has ended it


async def follow_orders(ctx: Context, medicine_ids: Sequence[UUID], event: Event) -> None:
    """What was to be dispensed of an order that changed or ended is not any more; the queue shows it at once."""
    touch(ctx)
    if event is not Event.CHANGED:
        return
    ended = await queries.end_supplies(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_ids=list(medicine_ids))
    for task_id in ended:
        if task_id is not None:
            await _end_task(ctx, task_id)


on_change.append(follow_orders)
on_shown.append(views.supplied)


def touch(ctx: Context) -> None:
    """Every list of the pharmacy: each shows the counts of all."""
    ctx.touch(*(f"pharmacy:{ctx.caller.tenant_id}:{which}" for which in LISTS))


# --- dispensing --------------------------------------------------------------------------------------------------------
class Wanted(Struct, frozen=True):
    """What is to be dispensed, decided: the product, the lots, how much is owed."""

    choice: Choice
    needed: int
    owed: int
    lines: list[tuple[UUID, int]]


async def dispense(ctx: Context, scope: OrderScope, new: NewDispense) -> Dispense:
    """Takes the lots out of the store and writes the dispensing, or neither. What is missing is owed, as a task.

    Raises NotActive, NotVerified, Stale where somebody dispensed of it or changed it since it was read, NotEnough (with
    `available`), stock's Short and Unusable, OtherIngredient, Invalid where a reason is needed.
    """
    supply = await _require_seen(ctx, scope)
    dispense_id = new_id()
    wanted = await _wanted(ctx, scope, new, supply)
    signed = await _witness(ctx, new) if wanted.choice.is_controlled else None
    try:
        await _take(ctx, scope, new, wanted, dispense_id, signed)
    except Short:
        if new.lot_id is not None:
            raise
        # Somebody took of these lots after they were read. The shelf is held now: what is read next stays.
        wanted = await _wanted(ctx, scope, new, supply)
        await _take(ctx, scope, new, wanted, dispense_id, signed)
    await queries.insert_dispense(
        ctx.db, _row(scope, new, wanted, dispense_id, signed), actor_id=ctx.caller.id, now=ctx.now
    )
    task_id = await require(ctx, await _owed(ctx, scope, wanted)) if wanted.owed else None
    await _set_supply(ctx, scope, "part" if wanted.owed else "done", owed=wanted.owed, task_id=task_id)
    return await _report(ctx, scope, dispense_id, "dispense.prepared")


async def _require_seen(ctx: Context, scope: OrderScope) -> Supply | None:
    """The supply of a verified order, as the pharmacist saw it: nobody dispenses it twice without knowing."""
    decided = await _decided(ctx, scope)
    _require_verified(scope, decided)
    found = await queries.supply(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id)
    version = views.dispense_version(scope.row, decided, found)
    if _version(ctx) != version:
        raise Stale(
            "Somebody dispensed of it, or changed the order, since you opened it. Look again before you dispense.",
            current={"version": version, "supply": found.state if found else None},
        )
    return found


async def _witness(ctx: Context, given: Signed) -> UUID:
    """The second person who signs for a controlled drug."""
    return await witness(ctx, given.witness_email, given.witness_password, needs=May.WITNESS_CONTROLLED)


async def _wanted(ctx: Context, scope: OrderScope, new: NewDispense, supply: Supply | None) -> Wanted:
    choices = await _choices(ctx, scope, new.days_supply)
    choice = next((c for c in choices if (c.product_id, c.store_id) == (new.product_id, new.store_id)), None)
    if choice is None:
        raise OtherIngredient(fields={"product_id": f"Only {scope.row.name} is dispensed for this order."})
    # What is owed is counted in the units of its own product: five capsules of another strength are another dose.
    is_rest = supply is not None and supply.state == "part" and supply.product_id == new.product_id
    still = supply.owed if supply is not None and is_rest else None
    needed = new.needed or still or new.quantity
    if new.quantity > needed:
        raise Invalid(fields={"quantity": f"Only {needed:,} are needed."})
    _require_reasons(new, choice)
    if new.quantity > choice.available:
        raise _not_enough(choice, new.quantity)
    lines = rules.plan(choice.lots, new.quantity, first=new.lot_id)
    return Wanted(choice, needed, needed - new.quantity, lines)


async def _choices(ctx: Context, scope: OrderScope, days: int | None) -> list[Choice]:
    offers: list[Offer] = await queries.offers(ctx.db, scope, ingredient=scope.row.name)
    return views.choices_of(offers, scope.row, today(ctx), days)


def _not_enough(choice: Choice, quantity: int) -> NotEnough:
    unit = rules.plural(choice.unit, choice.available)
    return NotEnough(
        f"{choice.available:,} {unit} of {choice.name} can be dispensed from {choice.store}, {quantity:,} are asked for."
        " Dispense what there is and owe the rest, or count now if more lies there.",
        available=choice.available,
        store_id=str(choice.store_id),
        product_id=str(choice.product_id),
    )


def _require_reasons(new: NewDispense, choice: Choice) -> None:
    """Another form or strength, and another lot than the first to expire, say why; an unusable lot is never taken."""
    wrong: dict[str, str] = {}
    if not choice.is_as_ordered and len(new.substitution_reason.strip()) < 3:
        wrong["substitution_reason"] = "This is not the form or strength of the order. Say why."
    if new.lot_id is not None:
        lot = next((each for each in choice.lots if each.lot_id == new.lot_id), None)
        if lot is None:
            wrong["lot_id"] = "There is nothing of this lot in the store."
        elif lot.unusable:
            wrong["lot_id"] = f"Lot {lot.lot_number} is {lot.unusable}."
        elif choice.first is not None and lot.lot_id != choice.first.lot_id and len(new.lot_reason.strip()) < 3:
            wrong["lot_reason"] = f"Lot {choice.first.lot_number} expires first. Say why another one is taken."
    if wrong:
        raise Invalid(fields=wrong)


async def _take(
    ctx: Context, scope: OrderScope, new: NewDispense, wanted: Wanted, reference: UUID, signed: UUID | None
) -> None:
    await take(ctx, scope, new.store_id, wanted.lines, kind="dispense", reference=reference, witness=signed)


def _row(scope: OrderScope, new: NewDispense, wanted: Wanted, dispense_id: UUID, signed: UUID | None) -> NewRow:
    shown = medicine_of(scope.row)
    return NewRow(
        hospital_id=scope.hospital_id,
        id=dispense_id,
        medicine_id=scope.row.id,
        medicine_version=scope.row.version,
        person_id=scope.row.person_id,
        encounter_id=scope.row.encounter_id,
        store_id=new.store_id,
        product_id=new.product_id,
        product=wanted.choice.name,
        unit=wanted.choice.unit,
        dosage=", ".join(part for part in (shown.dose, *shown.parts) if part),
        type="partial" if wanted.owed else "complete",
        quantity=new.quantity,
        owed=wanted.owed,
        days_supply=new.days_supply,
        substitution_reason="" if wanted.choice.is_as_ordered else new.substitution_reason.strip(),
        lot_reason=new.lot_reason.strip(),
        witness_id=signed,
        lot_ids=[lot_id for lot_id, _ in wanted.lines],
        quantities=[quantity for _, quantity in wanted.lines],
    )


async def _owed(ctx: Context, scope: OrderScope, wanted: Wanted) -> NewTask:
    row = scope.row
    stay = await observed_stay(ctx.db, scope.patient)
    return NewTask(
        hospital_id=scope.hospital_id,
        kind=OWED_TASK,
        subject_key=str(row.id),
        ward_id=stay.ward_id if stay else None,
        person_id=row.person_id,
        encounter_id=row.encounter_id,
        title=f"Owed: {wanted.owed:,} {rules.plural(wanted.choice.unit, wanted.owed)} of {wanted.choice.name}",
        reason=f"There were not enough in {wanted.choice.store}. Dispense the rest when they are there.",
        priority=Priority.ROUTINE,
        rung=Rung.PHARMACIST,
    )


async def _report(ctx: Context, scope: OrderScope, dispense_id: UUID, action: str) -> Dispense:
    row = scope.row
    ctx.record(action, person_id=row.person_id, subject_id=dispense_id, detail={"medicine_id": str(row.id)})
    ctx.publish(action, {"dispense_id": dispense_id, "medicine_id": row.id, "hospital_id": scope.hospital_id})
    touch(ctx)
    ctx.touch(f"medicines:{row.person_id}")
    return await views.one_dispense(ctx.db, _scope(scope, dispense_id))


def _scope(scope: OrderScope, dispense_id: UUID) -> DispenseScope:
    return DispenseScope(
        hospital_id=scope.hospital_id,
        id=dispense_id,
        medicine_id=scope.row.id,
        person_id=scope.row.person_id,
        seal=scope.seal,
    )


# --- handing over, taking back -----------------------------------------------------------------------------------------
async def hand_over(ctx: Context, scope: HeldScope, given: HandedOver) -> Dispense:
    """The patient, a relative or the ward has it. OrderChanged for what was prepared for an order that reads otherwise now."""
    found = await views.one_dispense(ctx.db, scope)
    _refuse_old(ctx, found)
    if found.status != "in_progress":
        raise NotWaiting(f"It is {STATUS_WORDS[found.status]}.", status=found.status)
    if len(given.received_by.strip()) < 2:
        raise Invalid(fields={"received_by": "Who takes it?"})
    although = given.although.strip()
    if found.medicine_version != scope.order.row.version and len(although) < 3:
        raise _changed(scope.order.row)
    done = await queries.hand_over(
        ctx.db,
        hospital_id=scope.hospital_id,
        dispense_id=scope.id,
        version=_version(ctx),
        received_by=given.received_by.strip(),
        although=although,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    assert done is not None, "its order is held, and nobody changes a dispensing without that"
    _report_dispense(ctx, scope, "dispense.handed_over")
    return await views.one_dispense(ctx.db, scope)


def _changed(row: MedicineRow) -> OrderChanged:
    now = f"It reads now: {row.text}" if row.state == "active" else f"It is {row.state}: {row.state_reason}"
    return OrderChanged(
        f"The order was changed, held or stopped since this was prepared. {now.rstrip(': ')}. Return it to stock, or say why it"
        " is handed over all the same.",
        fields={"although": "Why is it handed over all the same?"},
        state=row.state,
        text=row.text,
    )


STATUS_WORDS = {"in_progress": "in the pharmacy", "completed": "handed over", "cancelled": "returned"}


async def take_back(ctx: Context, scope: HeldScope, new: NewReturn) -> Dispense:
    """Unopened units of one lot come back to the shelf that they came from, with the reason; at most what went out."""
    found = await queries.dispense_locked(ctx.db, hospital_id=scope.hospital_id, dispense_id=scope.id)
    if found is None:
        raise NotFound
    _refuse_old(ctx, found)
    lots = await queries.lots_of(ctx.db, hospital_id=scope.hospital_id, dispense_ids=[scope.id])
    lot = next((each for each in lots if each.lot_id == new.lot_id), None)
    if lot is None:
        raise Invalid(fields={"lot_id": "Nothing of this lot was dispensed here."})
    if new.quantity > lot.quantity - lot.returned:
        left = lot.quantity - lot.returned
        raise NothingLeft(f"Of lot {lot.lot_number} {left:,} are still out.", left=left)
    signed = await _witness(ctx, new) if new.witness_email or new.witness_password else None
    await put_back(
        ctx,
        scope,
        found.store_id,
        new.lot_id,
        new.quantity,
        reference=scope.id,
        reason=new.reason.strip(),
        witness=signed,
    )
    await queries.insert_return(
        ctx.db,
        hospital_id=scope.hospital_id,
        return_id=new_id(),
        dispense_id=scope.id,
        lot_id=new.lot_id,
        quantity=new.quantity,
        reason=new.reason.strip(),
        witness_id=signed,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    _report_dispense(ctx, scope, "dispense.returned")
    done = await views.one_dispense(ctx.db, scope)
    if done.status == "cancelled":
        await _wait_again(ctx, scope.order, done)
    return done


async def _wait_again(ctx: Context, scope: OrderScope, cancelled: Dispense) -> None:
    """Everything came back before anybody had it: the order is to be dispensed again, and nobody need remember that."""
    supply = await queries.supply(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id)
    stands = scope.row.state == "active" and cancelled.medicine_version == scope.row.version
    if stands and supply is not None and supply.state in ("part", "done"):
        await _set_supply(ctx, scope, "ready")


def _version(ctx: Context) -> int:
    assert ctx.version is not None, "the route is versioned"
    return ctx.version


def _refuse_old(ctx: Context, found: Dispense) -> None:
    if found.version != _version(ctx):
        raise Stale(
            f"It is {STATUS_WORDS[found.status]} now.", current={"version": found.version, "status": found.status}
        )


def _report_dispense(ctx: Context, scope: DispenseScope, action: str) -> None:
    ctx.record(action, person_id=scope.person_id, subject_id=scope.id, detail={"medicine_id": str(scope.medicine_id)})
    ctx.publish(action, {"dispense_id": scope.id, "hospital_id": scope.hospital_id})
    touch(ctx)
    ctx.touch(f"medicines:{scope.person_id}")
