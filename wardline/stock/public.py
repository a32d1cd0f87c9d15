"""What pharmacy and the wards use of stock: products for an order, lots first expiry first, taking them and putting back.

`take` and `put_back` run inside the door's transaction, with the caller's other writes: all of it happens or none.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.identity.public import HospitalScope
from wardline.orders.public import current
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.http import Context
from wardline.stock import ledger, queries
from wardline.stock.ledger import Short, Unusable, WitnessMissing, WrongStore, topic
from wardline.stock.models import Lot, Move, Product, Store, StoreScope
from wardline.stock.scopes import access_store
from wardline.stock.shown import marked, tall_man

__all__ = [
    "Lot",
    "Product",
    "Short",
    "Store",
    "StoreScope",
    "Unusable",
    "WitnessMissing",
    "WrongStore",
    "access_store",
    "lots_of",
    "products_for",
    "put_back",
    "stores_of",
    "take",
    "topic",
]


async def stores_of(db: Db, scope: HospitalScope, *, zone: str = "UTC", now: datetime | None = None) -> list[Store]:
    """The open stores of a hospital: the pharmacy's first, then controlled cabinets, then ward cupboards."""
    today = _today(zone, now)
    return await queries.stores(db, scope, today=today, soon=today)


async def products_for(
    db: Db, scope: HospitalScope, ingredients: Sequence[str], form: str | None = None
) -> list[Product]:
    """Products of these ingredients or combined products, by any name that the drug table knows; in one form when given."""
    knowledge = current()
    names = [
        found.name for name in ingredients for found in [knowledge.table.find(name) if knowledge else None] if found
    ]
    wanted = list(dict.fromkeys([*names, *ingredients]))
    if not wanted:
        return []
    found = await queries.products_of(db, hospital_id=scope.hospital_id, ingredients=wanted, form=form)
    return [tall_man(each) for each in found]


async def lots_of(
    db: Db, scope: HospitalScope, store_id: UUID, product_id: UUID, *, zone: str = "UTC", now: datetime | None = None
) -> list[Lot]:
    """What lies of a product in a store, first expiry first. What is expired or in quarantine says so in `unusable`.

    `zone` is the hospital's: a lot may be used up to the end of the day that it names, there.
    """
    found = await queries.lots(db, hospital_id=scope.hospital_id, store_id=store_id, product_id=product_id)
    return marked(found, _today(zone, now))


async def take(
    ctx: Context,
    scope: HospitalScope,
    store_id: UUID,
    lines: Sequence[tuple[UUID, int]],
    *,
    kind: str = "dispense",
    reference: UUID,
    witness: UUID | None = None,
    reason: str = "",
) -> None:
    """Takes (lot, quantity)s out of a store for a dispensing (`reference`): all of them or none. A write-off says its reason.

    Raises Short (409, with `lot_id`, `lot`, `left` and, for "count now", `count_href`), Unusable (expired, quarantined), WitnessMissing for a controlled
    drug without `witness` (a staff id from identity's `witness`), NotFound for a store or lot of another hospital.
    Take everything of one store in one call, and stores in the order of their ids: shelves are held in one order within a call.
    """
    assert scope.hospital_id == ctx.caller.tenant_id, "a scope is of the caller's hospital"
    store = await access_store(ctx, store_id)
    await ledger.take(ctx, store, lines, kind=Move(kind), reference=reference, witness=witness, reason=reason)


async def put_back(
    ctx: Context,
    scope: HospitalScope,
    store_id: UUID,
    lot_id: UUID,
    quantity: int,
    *,
    reference: UUID,
    reason: str,
    witness: UUID | None = None,
) -> None:
    """Puts back what was dispensed and comes back unopened, with the reason. A controlled drug needs `witness` again.

    How much of a dispensing may come back is for the caller to know; the ledger keeps both lines under `reference`.
    """
    assert scope.hospital_id == ctx.caller.tenant_id, "a scope is of the caller's hospital"
    store = await access_store(ctx, store_id)
    await ledger.bring(
        ctx, store, [(lot_id, quantity)], kind=Move.RETURN, reference=reference, reason=reason, witness=witness
    )


def _today(zone: str, now: datetime | None) -> date:
    return (now or clock.now()).astimezone(ZoneInfo(zone)).date()
