"""Verifying and dispensing. Each runs in the door's transaction and is committed by the door."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import observed_stay
from wardline.identity.public import May, witness
from wardline.orders.public import (
    Decision,
    Event,
    Verification,
    decide,
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
    NewDispense,
    Offer,
    OrderScope,
    Signed,
    Supply,
)
from wardline.pharmacy.queries import NewRow
from wardline.pharmacy.scopes import access_order_locked
from wardline.platform.errors import Conflict, Invalid, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock.public import Short, take
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


# --- verifying ---------------------------------------------------------------------------------------------------------
async def verify(ctx: Context, scope: OrderScope, words: str) -> Verification:
    """The order may be given and dispensed as it is."""
    found = await decide(ctx, scope.row, Decision("verified", words))
    await _supply_on(ctx, scope)
    return found


async def _supply_on(ctx: Context, scope: OrderScope) -> None:
    """The order is to be dispensed, unless it was before a question or a refusal came between: then no more than the rest."""
    where = {"hospital_id": scope.hospital_id, "medicine_id": scope.row.id}
    supply = await queries.supply(ctx.db, **where)
    is_of_now = supply is not None and supply.medicine_version == scope.row.version
    if supply is not None and is_of_now and supply.state != "ended":
        return
    dispensed = await queries.dispenses_of(ctx.db, **where) if is_of_now else []
    given = [each for each in dispensed if each.medicine_version == scope.row.version]
    out = [each for each in given if each.quantity > each.returned]
    if not out:
        await set_supply(ctx, scope, "ready")
    elif rest := _rest(given, out):
        why = f"It was owed before the order was refused and verified again ({out[0].number})."
        await owe(ctx, scope, Owed(rest, out[0].unit, out[0].product, why))
    else:
        await set_supply(ctx, scope, "done")


def _rest(given: Sequence[Dispense], out: Sequence[Dispense]) -> int:
    """What the first dispensing of an order found to be needed, less what is out; of several products what the newest left."""
    if len({each.product_id for each in given}) > 1:
        return out[0].owed
    first = given[-1]
    return max(0, first.quantity + first.owed - sum(each.quantity for each in out))


async def ask(ctx: Context, scope: OrderScope, question: str) -> Verification:
    """The prescriber is asked; the order keeps its place in the queue, and what is owed of it is still owed."""
    return await decide(ctx, scope.row, Decision("queried", question))


async def refuse(ctx: Context, scope: OrderScope, reason: str) -> Verification:
    """The order is not to be given as it is; the prescriber hears why."""
    found = await decide(ctx, scope.row, Decision("refused", reason))
    await _end_supply(ctx, scope)
    return found


async def decline(ctx: Context, scope: OrderScope, reason: str) -> Verification:
    """Nothing is dispensed of a verified order, because the ward has it; it leaves the list. Stale where somebody dispensed of
    it, or said so, since it was read.
    """
    decided, _ = await _require_seen(ctx, scope)
    await set_supply(ctx, scope, "declined", reason=reason)
    ctx.record("dispense.declined", person_id=scope.row.person_id, subject_type="medicine", subject_id=scope.row.id)
    touch(ctx)
    ctx.touch(f"medicines:{scope.row.person_id}")
    return decided


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
async def set_supply(
    ctx: Context, scope: OrderScope, state: str, *, owed: int = 0, task_id: UUID | None = None, reason: str = ""
) -> None:
    """How far the supply of an order that is held is from now on; the task of what was owed before ends."""
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
        await set_supply(ctx, scope, "ended")


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

    The witness's password is checked before the order is held: nobody waits for it with a lock in hand.
    Raises NotActive, NotVerified, Stale where somebody dispensed of it or changed it since it was read, NotEnough (with
    `available`), stock's Short and Unusable, OtherIngredient, Invalid where a reason is needed.
    """
    signed = await second_person(ctx, new)
    scope = await access_order_locked(ctx, scope.row.id)
    _, supply = await _require_seen(ctx, scope)
    dispense_id = new_id()
    wanted = await _wanted(ctx, scope, new, supply)
    if wanted.choice.is_controlled and signed is None:
        raise Invalid(fields={"witness_email": "A second person signs here."})
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
    if wanted.owed:
        why = f"There were not enough in {wanted.choice.store}. Dispense the rest when they are there."
        await owe(ctx, scope, Owed(wanted.owed, wanted.choice.unit, wanted.choice.name, why))
    else:
        await set_supply(ctx, scope, "done")
    return await _report(ctx, scope, dispense_id, "dispense.prepared")


async def _require_seen(ctx: Context, scope: OrderScope) -> tuple[Verification, Supply | None]:
    """The decision on an order and its supply, as the pharmacist saw them: nobody dispenses it twice without knowing."""
    decided = await _decided(ctx, scope)
    standing = _require_verified(scope, decided)
    found = await queries.supply(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.row.id)
    version = views.dispense_version(scope.row, decided, found)
    if _version(ctx) != version:
        raise Stale(
            "Somebody dispensed of it, left it to the ward, or changed the order, since you opened it. Look again.",
            current={"version": version, "supply": found.state if found else None},
        )
    return standing, found


async def second_person(ctx: Context, given: Signed) -> UUID | None:
    """The second person, where somebody signed as one."""
    if not given.witness_email and not given.witness_password:
        return None
    return await witness(ctx, given.witness_email, given.witness_password, needs=May.WITNESS_CONTROLLED)


async def _wanted(ctx: Context, scope: OrderScope, new: NewDispense, supply: Supply | None) -> Wanted:
    choice = await _choice(ctx, scope, new)
    # What is owed is counted in the units of its own product: five capsules of another strength are another dose.
    is_rest = supply is not None and supply.state == "part" and supply.product_id == new.product_id
    still = supply.owed if supply is not None and is_rest else None
    needed = new.needed or still or new.quantity
    if new.quantity > needed:
        raise Invalid(fields={"quantity": f"Only {needed:,} are needed."})
    _require_measure(new, choice, needed, still or choice.needed)
    _require_reasons(new, choice)
    if new.quantity > choice.available:
        raise _not_enough(choice, new.quantity)
    lines = rules.plan(choice.lots, new.quantity, first=new.lot_id)
    _require_lasting(new, choice, lines, today(ctx), days=-(-choice.days * new.quantity // max(needed, new.quantity)))
    return Wanted(choice, needed, needed - new.quantity, lines)


async def _choice(ctx: Context, scope: OrderScope, new: NewDispense) -> Choice:
    offers: list[Offer] = await queries.offers(
        ctx.db, scope, ingredient=scope.row.name, product_id=new.product_id, store_id=new.store_id
    )
    found = views.choices_of(offers, scope.row, today(ctx), new.days_supply)
    if not found:
        raise OtherIngredient(fields={"product_id": f"Only {scope.row.name} is dispensed for this order."})
    return found[0]


def _not_enough(choice: Choice, quantity: int) -> NotEnough:
    unit = rules.plural(choice.unit, choice.available)
    return NotEnough(
        f"{choice.available:,} {unit} of {choice.name} can be dispensed from {choice.store}, {quantity:,} are asked for."
        " Dispense what there is and owe the rest, or count now if more lies there.",
        available=choice.available,
        store_id=str(choice.store_id),
        product_id=str(choice.product_id),
    )


def _require_measure(new: NewDispense, choice: Choice, needed: int, computed: int | None) -> None:
    """Much more than the order needs is a slip of the finger until somebody says why."""
    if computed is None or needed <= rules.most(computed, choice.pack_quantity) or len(new.quantity_reason.strip()) > 2:
        return
    unit = rules.plural(choice.unit, computed)
    words = f"The order needs {computed:,} {unit}, {needed:,} are asked for. Say why so many."
    raise Invalid(fields={"quantity_reason": words})


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
        elif _is_later(lot, choice.first) and len(new.lot_reason.strip()) < 3:
            assert choice.first is not None, "another lot is earlier"
            wrong["lot_reason"] = f"Lot {choice.first.lot_number} expires first. Say why another one is taken."
    if wrong:
        raise Invalid(fields=wrong)


def _require_lasting(
    new: NewDispense, choice: Choice, lines: Sequence[tuple[UUID, int]], day: date, *, days: int
) -> None:
    """What expires while the patient still takes it is handed out by nobody who has not seen that. `days`: how long it lasts them."""
    lot = rules.not_lasting(choice.lots, lines, today=day, days=days)
    if lot is None or lot.expires_on is None or len(new.lot_reason.strip()) > 2:
        return
    over = "day is" if days == 1 else f"{days} days are"
    words = f"Lot {lot.lot_number} expires on {lot.expires_on:%d-%b-%Y}, before the {over} over. Choose a later lot, or say why."
    raise Invalid(fields={"lot_reason": words})


def _is_later(lot: Offer, first: Offer | None) -> bool:
    """Of two lots that expire on one day either may go."""
    return first is not None and first.expires_on is not None and lot.expires_on != first.expires_on


async def _take(
    ctx: Context, scope: OrderScope, new: NewDispense, wanted: Wanted, reference: UUID, signed: UUID | None
) -> None:
    await take(ctx, scope, new.store_id, wanted.lines, kind="dispense", reference=reference, witness=signed)


def _row(scope: OrderScope, new: NewDispense, wanted: Wanted, dispense_id: UUID, signed: UUID | None) -> NewRow:
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
        dosage=wanted.choice.directions,
        type="partial" if wanted.owed else "complete",
        quantity=new.quantity,
        owed=wanted.owed,
        days_supply=new.days_supply,
        substitution_reason="" if wanted.choice.is_as_ordered else new.substitution_reason.strip(),
        lot_reason=new.lot_reason.strip(),
        quantity_reason=new.quantity_reason.strip(),
        witness_id=signed,
        lot_ids=[lot_id for lot_id, _ in wanted.lines],
        quantities=[quantity for _, quantity in wanted.lines],
    )


class Owed(Struct, frozen=True):
    """How much of a product is still to be dispensed of an order, and why."""

    quantity: int
    unit: str
    product: str
    why: str


async def owe(ctx: Context, scope: OrderScope, owed: Owed) -> None:
    """The order stays in the list until the rest is dispensed, and the rest is a task of the pharmacists."""
    row = scope.row
    stay = await observed_stay(ctx.db, scope.patient)
    task = NewTask(
        hospital_id=scope.hospital_id,
        kind=OWED_TASK,
        subject_key=str(row.id),
        ward_id=stay.ward_id if stay else None,
        person_id=row.person_id,
        encounter_id=row.encounter_id,
        title=f"Owed: {owed.quantity:,} {rules.plural(owed.unit, owed.quantity)} of {owed.product}",
        reason=owed.why,
        priority=Priority.ROUTINE,
        rung=Rung.PHARMACIST,
    )
    await set_supply(ctx, scope, "part", owed=owed.quantity, task_id=await require(ctx, task))


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


def _version(ctx: Context) -> int:
    assert ctx.version is not None, "the route is versioned"
    return ctx.version
