"""The ledger: how medicines come into a store and leave it. Everything that changes a quantity goes through here.

A caller signs the witness first, then holds the lots, then writes: nobody waits for a password with a lock in hand.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.platform.errors import Conflict, Invalid, NotFound, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import moves
from wardline.stock.models import EXPIRING_OFFERED, Held, Line, Move, StoreScope

LINES_MAX = 60
QUANTITY_MAX = 1_000_000


class Short(Conflict):
    """More is asked of a lot than lies there; the answer names the lot and what is left."""

    code, title = "stock_short", "There is not so much left"


class Unusable(Conflict):
    """The lot is expired or in quarantine."""

    code, title = "lot_unusable", "This lot may not be used"


class WitnessMissing(Conflict):
    """A controlled drug does not move without a second person."""

    code, title = "witness_missing", "A second person signs for a controlled drug"


class WrongStore(Conflict):
    """Controlled drugs lie in controlled cabinets."""

    code, title = "wrong_store", "This store is not for it"


on_constraint("level_not_negative", lambda: Short("Somebody took from it at this moment. Look again."))
on_constraint("shelf_not_negative", lambda: Short("Somebody took from it at this moment. Look again."))
on_constraint("shelf_too_much", lambda: Conflict("A store does not hold so much of one product."))
on_constraint("entry_witnessed", lambda: WitnessMissing("The other person signs with their email and password."))
on_constraint("entry_two_people", lambda: Invalid(fields={"witness_email": "The witness is a second person."}))
on_constraint("entry_locked_away", lambda: WrongStore("A controlled drug is kept in a controlled cabinet."))
on_constraint("entry_store_open", lambda: Conflict("The store was closed at this moment. Nothing was moved."))
on_constraint("entry_quarantined", lambda: Unusable("The lot was put into quarantine at this moment."))


def topic(store_id: UUID) -> str:
    """The topic of everything that lies in a store."""
    return f"stock:{store_id}"


def touch(ctx: Context, store_id: UUID, product_ids: Iterable[UUID], ward_id: UUID | None) -> None:
    """Everything that shows what a store, of a ward or of the pharmacy, keeps of these products."""
    if ward_id is not None:
        ctx.touch(f"ward_stock:{ward_id}")
    products = sorted(set(product_ids))
    ctx.touch(*hospital_topics(ctx.caller.tenant_id), *(f"shelf:{store_id}:{product_id}" for product_id in products))
    ctx.touch(topic(store_id), elements=products)


def hospital_topics(hospital_id: UUID) -> list[str]:
    """The pages over all stores that a movement may change: the first one, what is low, what expires."""
    expiring = [f"stock_expiring:{hospital_id}:{days}" for days in EXPIRING_OFFERED]
    return [f"stock_hospital:{hospital_id}", f"stock_low:{hospital_id}", *expiring]


async def take(
    ctx: Context,
    scope: StoreScope,
    lines: Sequence[tuple[UUID, int]],
    *,
    kind: Move,
    reference: UUID | None,
    witness: UUID | None,
    reason: str = "",
) -> list[Held]:
    """Takes quantities of lots out of a store: all of them or none. What was held before, in the ledger's order.

    Raises Short, Unusable (for a dispensing; write-offs and transfers take what may not be used), WitnessMissing.
    """
    wanted = _summed(lines)
    held = await hold(ctx, scope, list(wanted))
    for lot in held:
        if kind is Move.DISPENSE:
            _require_usable(lot, ctx.now, scope.zone)
        if lot.quantity < wanted[lot.lot_id]:
            raise Short(
                f"{lot.words}: {lot.quantity} left in {scope.name}, {wanted[lot.lot_id]} asked for."
                " Count now if more lies there.",
                lot_id=str(lot.lot_id),
                lot=lot.number,
                left=lot.quantity,
                store_id=str(scope.id),
                count_href=f"/stock/stores/{scope.id}/lots/{lot.lot_id}#count",
            )
    _require_witness(held, witness)
    leaving = [Line(lot.lot_id, -wanted[lot.lot_id]) for lot in held]
    await post(ctx, scope, held, leaving, kind=kind, reference=reference, witness=witness, reason=reason)
    return held


async def bring(
    ctx: Context,
    scope: StoreScope,
    lines: Sequence[tuple[UUID, int]],
    *,
    kind: Move,
    reference: UUID | None,
    witness: UUID | None,
    reason: str = "",
) -> list[Held]:
    """Puts quantities of lots into a store. Raises WitnessMissing, and WrongStore for a controlled drug in an open store; what
    was taken from there, or sent to it, before its drug was a controlled one may come.
    """
    coming = _summed(lines)
    held = await hold(ctx, scope, list(coming))
    _require_witness(held, witness)
    # Whether a transfer was sent before its drug was a controlled one, the database knows.
    if kind is Move.RECEIPT and scope.kind != "controlled" and any(lot.is_controlled for lot in held):
        raise WrongStore("A controlled drug is kept in a controlled cabinet.")
    arriving = [Line(lot.lot_id, coming[lot.lot_id]) for lot in held]
    await post(ctx, scope, held, arriving, kind=kind, reference=reference, witness=witness, reason=reason)
    return held


async def hold(ctx: Context, scope: StoreScope, lot_ids: list[UUID]) -> list[Held]:
    """Locks lots of a store until the end of the transaction, in the one order. NotFound for a lot of another hospital."""
    held = await moves.hold(ctx.db, store_id=scope.id, lot_ids=sorted(lot_ids))
    if len(held) < len(lot_ids):
        raise NotFound("There is no such lot here.")
    return held


async def post(
    ctx: Context,
    scope: StoreScope,
    held: list[Held],
    lines: list[Line],
    *,
    kind: Move,
    reference: UUID | None,
    witness: UUID | None,
    reason: str,
) -> None:
    """Writes lines of lots that are held, and reports them to the record and to whoever watches the store."""
    await moves.insert_entries(
        ctx.db,
        scope,
        ids=[new_id() for _ in lines],
        lot_ids=[line.lot_id for line in lines],
        quantities=[line.quantity for line in lines],
        kind=kind,
        reference=reference,
        reason=reason.strip(),
        actor_id=ctx.caller.id,
        witness_id=witness,
        now=ctx.now,
    )
    as_expected = kind is Move.COUNT and not any(line.quantity for line in lines)
    ctx.record(
        "stock.counted" if as_expected else f"stock.{kind}",
        subject_type="store",
        subject_id=scope.id,
        detail={
            "lots": [str(line.lot_id) for line in lines],
            "quantities": [line.quantity for line in lines],
            "reference": str(reference) if reference else None,
            "witness": str(witness) if witness else None,
        },
    )
    touch(ctx, scope.id, (lot.product_id for lot in held), scope.ward_id)


def is_expired(lot: Held, now: datetime, zone: str) -> bool:
    """A lot may be used up to and on the day that it names, in the hospital's own zone."""
    return lot.expires_on < now.astimezone(ZoneInfo(zone)).date()


def _require_usable(lot: Held, now: datetime, zone: str) -> None:
    if lot.is_quarantined:
        raise Unusable(f"{lot.words} is in quarantine. Nothing was taken.", lot_id=str(lot.lot_id), lot=lot.number)
    if is_expired(lot, now, zone):
        day = lot.expires_on.strftime("%d-%b-%Y")
        raise Unusable(f"{lot.words} expired on {day}. Nothing was taken.", lot_id=str(lot.lot_id), lot=lot.number)


def _require_witness(held: list[Held], witness: UUID | None) -> None:
    controlled = [lot.words for lot in held if lot.is_controlled]
    if controlled and witness is None:
        raise WitnessMissing(f"{controlled[0]} is a controlled drug: a second person signs with email and password.")


def _summed(lines: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    """The quantity of each lot, each lot once. Invalid for none, too many, or a quantity that is none."""
    if not 0 < len(lines) <= LINES_MAX:
        raise Invalid(fields={"lines": f"Between 1 and {LINES_MAX} lots at a time."})
    wanted: dict[UUID, int] = {}
    for lot_id, quantity in lines:
        if not 0 < quantity <= QUANTITY_MAX:
            raise Invalid(fields={"quantity": f"A whole number between 1 and {QUANTITY_MAX:,}."})
        wanted[lot_id] = wanted.get(lot_id, 0) + quantity
    return wanted
