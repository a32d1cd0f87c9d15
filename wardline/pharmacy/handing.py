"""Handing over what was dispensed, and taking back. Each runs in the door's transaction and is committed by the door."""

from uuid import UUID

from wardline.orders.public import MedicineRow, verification_history
from wardline.patients.public import today
from wardline.pharmacy import queries, views
from wardline.pharmacy.actions import Owed, owe, second_person, set_supply, touch
from wardline.pharmacy.models import Dispense, DispenseScope, HandedOver, HeldScope, NewReturn, OrderScope
from wardline.pharmacy.scopes import access_dispense_held
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock.public import Unusable, put_back, take


class NothingLeft(Conflict):
    """More comes back than went out."""

    code, title = "more_than_dispensed", "So much was not dispensed"


class OrderChanged(Conflict):
    """What was prepared is not what the order says now; `although` says why it is handed over all the same."""

    code, title = "order_changed", "The order is not what it was"


class NotWaiting(Conflict):
    """It is handed over, or came back, already."""

    code, title = "not_waiting", "It does not wait any more"


async def hand_over(ctx: Context, scope: HeldScope, given: HandedOver) -> Dispense:
    """The patient, a relative or the ward has it. OrderChanged for what was prepared for an order that reads otherwise now."""
    found = await views.one_dispense(ctx.db, scope)
    _refuse_old(ctx, found)
    if found.status != "in_progress":
        raise NotWaiting(f"It is {STATUS_WORDS[found.status]}.", status=found.status)
    _require_usable(ctx, found)
    although = given.although.strip()
    if found.medicine_version != scope.order.row.version and len(although) < 3:
        raise _changed(scope.order.row)
    if len(although) < 3:
        await _require_undoubted(ctx, scope)
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


def _require_usable(ctx: Context, found: Dispense) -> None:
    """A lot that was recalled, or expired, while it waited to be collected goes to nobody."""
    for lot in found.lots:
        if lot.returned == lot.quantity:
            continue
        if lot.is_quarantined or lot.expires_on < today(ctx):
            why = "was put into quarantine" if lot.is_quarantined else "expired"
            raise Unusable(
                f"Lot {lot.lot_number} {why} while this waited. Return it to stock and dispense another lot.",
                lot_id=str(lot.lot_id),
                lot=lot.lot_number,
            )


def _changed(row: MedicineRow) -> OrderChanged:
    now = f"It reads now: {row.text}" if row.state == "active" else f"It is {row.state}: {row.state_reason}"
    return OrderChanged(
        f"The order was changed, held or stopped since this was prepared. {now.rstrip(': ')}. Return it to stock, or say why it"
        " is handed over all the same.",
        fields={"although": "Why is it handed over all the same?"},
        state=row.state,
        text=row.text,
    )


async def _require_undoubted(ctx: Context, scope: HeldScope) -> None:
    """What a pharmacist asked about, or refused, while it waited is not handed over unseen."""
    decided = await verification_history(ctx.db, hospital_id=scope.hospital_id, medicine_id=scope.medicine_id)
    doubt = views.doubt_of(scope.order.row, decided)
    if doubt:
        raise OrderChanged(
            f"{doubt}. Return it to stock, or say why it is handed over all the same.",
            fields={"although": "Why is it handed over all the same?"},
            state=scope.order.row.state,
            text=scope.order.row.text,
        )


STATUS_WORDS = {"in_progress": "in the pharmacy", "completed": "handed over", "cancelled": "returned"}


async def take_back(ctx: Context, scope: DispenseScope, new: NewReturn) -> Dispense:
    """Units of one lot come back to the shelf that they came from, with the reason; at most what went out. What was opened is
    written off there at once. The witness's password is checked before the order is held.
    """
    signed = await second_person(ctx, new)
    held = await access_dispense_held(ctx, scope.id)
    found = await queries.dispense_locked(ctx.db, hospital_id=held.hospital_id, dispense_id=held.id)
    if found is None:
        raise NotFound
    _refuse_old(ctx, found)
    await _require_out(ctx, held, new)
    await _to_the_shelf(ctx, held, found, new, signed)
    await queries.insert_return(
        ctx.db,
        hospital_id=held.hospital_id,
        return_id=new_id(),
        dispense_id=held.id,
        lot_id=new.lot_id,
        quantity=new.quantity,
        reason=new.reason.strip(),
        is_opened=new.is_opened,
        witness_id=signed,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    _report_dispense(ctx, held, "dispense.returned")
    done = await views.one_dispense(ctx.db, held)
    if done.status == "cancelled":
        await _wait_again(ctx, held.order, done)
    return done


async def _require_out(ctx: Context, scope: DispenseScope, new: NewReturn) -> None:
    lots = await queries.lots_of(ctx.db, hospital_id=scope.hospital_id, dispense_ids=[scope.id])
    lot = next((each for each in lots if each.lot_id == new.lot_id), None)
    if lot is None:
        raise Invalid(fields={"lot_id": "Nothing of this lot was dispensed here."})
    left = lot.quantity - lot.returned
    if new.quantity > left:
        raise NothingLeft(f"Of lot {lot.lot_number} {left:,} are still out.", left=left)


async def _to_the_shelf(
    ctx: Context, scope: DispenseScope, found: Dispense, new: NewReturn, signed: UUID | None
) -> None:
    reason = new.reason.strip()
    await put_back(
        ctx, scope, found.store_id, new.lot_id, new.quantity, reference=scope.id, reason=reason, witness=signed
    )
    if new.is_opened:
        await take(
            ctx,
            scope,
            found.store_id,
            [(new.lot_id, new.quantity)],
            kind="write_off",
            reference=scope.id,
            witness=signed,
            reason=f"Came back opened: {reason}",
        )


async def _wait_again(ctx: Context, scope: OrderScope, cancelled: Dispense) -> None:
    """Everything came back before anybody had it: that much is to be dispensed again, and nobody need remember it. What else
    was dispensed of the order stays out, so it is owed; where nothing did, the order is dispensed as if for the first time.
    """
    where = {"hospital_id": scope.hospital_id, "medicine_id": scope.row.id}
    supply = await queries.supply(ctx.db, **where)
    stands = scope.row.state == "active" and cancelled.medicine_version == scope.row.version
    if not stands or supply is None or supply.state not in ("part", "done"):
        return
    out = [each for each in await queries.dispenses_of(ctx.db, **where) if each.quantity > each.returned]
    # What is owed is counted in the units of the newest product; of two products nobody can say it but the pharmacist.
    if supply.product_id == cancelled.product_id and any(_is_of(cancelled, each) for each in out):
        why = f"{cancelled.number} came back before anybody had it. Dispense that much again."
        await owe(ctx, scope, Owed(supply.owed + cancelled.quantity, cancelled.unit, cancelled.product, why))
    else:
        await set_supply(ctx, scope, "ready")


def _is_of(cancelled: Dispense, other: Dispense) -> bool:
    """Whether another dispensing is of the same line of the order and of the same product."""
    return (other.medicine_version, other.product_id) == (cancelled.medicine_version, cancelled.product_id)


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
