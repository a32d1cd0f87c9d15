"""Suppliers and orders to them: suggested from what is low, sent, received in parts against the order, cancelled."""

from uuid import UUID

from wardline.identity.public import HospitalScope
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import keeping_queries, paper_queries, rules
from wardline.stock.forms import NewPurchase, NewSupplier, PurchaseLines
from wardline.stock.models import Product, Purchase, PurchaseScope, Shelf, StoreScope, Supplier

on_constraint("supplier_name", lambda: Conflict("There is a supplier of this name already."))


class NotInThisState(Conflict):
    """The order has gone on."""

    code, title = "not_in_this_state", "That cannot be done now"


async def add_supplier(ctx: Context, hospital: HospitalScope, new: NewSupplier) -> Supplier:
    """Somebody to buy from."""
    supplier_id = new_id()
    await paper_queries.insert_supplier(
        ctx.db,
        hospital_id=hospital.hospital_id,
        supplier_id=supplier_id,
        name=new.name.strip(),
        email=new.email.strip(),
        phone=new.phone.strip(),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    ctx.record("supplier.added", subject_id=supplier_id)
    touch(ctx)
    return Supplier(supplier_id, new.name.strip(), new.email.strip(), new.phone.strip(), active=True, version=1)


async def draft(ctx: Context, store: StoreScope, new: NewPurchase, low: list[Shelf]) -> Purchase:
    """A draft of an order for a store, of what was named or else of what is low there, in whole packs."""
    sells = await keeping_queries.still_sells(ctx.db, hospital_id=store.hospital_id, supplier_id=new.supplier_id)
    if sells is None:
        raise Invalid(fields={"supplier_id": "There is no such supplier here, or it is closed."})
    if await keeping_queries.is_still_open(ctx.db, store) is None:
        raise Invalid(fields={"store_id": "The store was closed at this moment."})
    lines = _named(new.products, new.quantities) if new.products else suggested(low)
    if not lines:
        raise Invalid(fields={"products": "Nothing is low in this store that is not ordered already."})
    purchase_id = new_id()
    await paper_queries.insert_purchase(
        ctx.db, store, purchase_id=purchase_id, supplier_id=new.supplier_id, actor_id=ctx.caller.id, now=ctx.now
    )
    await _insert_lines(ctx, purchase_id, lines)
    ctx.record("purchase.drafted", subject_id=purchase_id, detail={"lines": len(lines), "store": str(store.id)})
    touch(ctx)
    return await purchase_with_lines(ctx, PurchaseScope(
        hospital_id=store.hospital_id, id=purchase_id, store_id=store.id, seal=store.seal
    ))  # fmt: skip


def suggested(low: list[Shelf]) -> dict[UUID, int]:
    """What to order of each low product: up to the target, without what is on order, in whole packs."""
    wanted = {
        shelf.product_id: rules.packs_up_to(
            target=shelf.target_level,
            usable=shelf.usable,
            on_order=shelf.on_order,
            pack_quantity=shelf.pack_quantity,
        )
        for shelf in low
        if shelf.is_low
    }
    return {product_id: quantity for product_id, quantity in wanted.items() if quantity}


async def change(ctx: Context, scope: PurchaseScope, new: PurchaseLines) -> Purchase:
    """A draft's lines, whole."""
    lines = _named(new.products, new.quantities)
    if not lines:
        raise Invalid(fields={"quantities": "Nothing would be left of the order. Cancel it instead."})
    if await paper_queries.touch_draft(ctx.db, scope, version=_version(ctx)) is None:
        await _refuse(ctx, scope, "changed")
    await paper_queries.clear_draft(ctx.db, scope)
    await _insert_lines(ctx, scope.id, lines)
    return await _after(ctx, scope, "changed")


async def send(ctx: Context, scope: PurchaseScope) -> Purchase:
    """The order went to the supplier."""
    sent = await paper_queries.send_purchase(ctx.db, scope, version=_version(ctx), actor_id=ctx.caller.id, now=ctx.now)
    if sent is None:
        await _refuse(ctx, scope, "sent")
    return await _after(ctx, scope, "sent")


async def cancel(ctx: Context, scope: PurchaseScope, reason: str) -> Purchase:
    """What has not arrived is not wanted any more."""
    done = await paper_queries.cancel_purchase(ctx.db, scope, version=_version(ctx), reason=reason.strip())
    if done is None:
        await _refuse(ctx, scope, "cancelled")
    return await _after(ctx, scope, "cancelled")


async def note_received(ctx: Context, store: StoreScope, purchase_id: UUID, product: Product, quantity: int) -> None:
    """Counts what arrived against an order, in the transaction that puts it on the shelf."""
    state = await paper_queries.state_for_update(ctx.db, store, purchase_id=purchase_id)
    if state is None:
        raise NotFound("There is no such order for this store.")
    if state not in ("sent", "partly_received"):
        raise NotInThisState(f"The order is {state.replace('_', ' ')}: nothing is received against it.", state=state)
    received = await paper_queries.add_received(
        ctx.db, store, purchase_id=purchase_id, product_id=product.id, quantity=quantity
    )
    if received is None:
        raise Invalid(fields={"product_id": f"{product.ingredient} {product.strength} is not on this order."})
    await paper_queries.settle_state(ctx.db, store, purchase_id=purchase_id)
    touch(ctx)


async def purchase_with_lines(ctx: Context, scope: PurchaseScope) -> Purchase:
    """An order with what is on it."""
    found = await paper_queries.purchase(ctx.db, hospital_id=scope.hospital_id, purchase_id=scope.id)
    assert found is not None, "an access check or this transaction has seen it"
    found.lines = await paper_queries.purchase_lines(ctx.db, scope)
    return found


async def _insert_lines(ctx: Context, purchase_id: UUID, lines: dict[UUID, int]) -> None:
    stored = await paper_queries.insert_purchase_lines(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        purchase_id=purchase_id,
        products=list(lines),
        quantities=list(lines.values()),
    )
    if len(stored) < len(lines):
        raise Invalid(fields={"products": "One of the products is not kept here."})


def _named(products: list[UUID], quantities: list[int]) -> dict[UUID, int]:
    if len(products) != len(quantities):
        raise Invalid(fields={"quantities": "One quantity for each product."})
    if len(set(products)) < len(products):
        raise Invalid(fields={"products": "Each product once."})
    return {product_id: quantity for product_id, quantity in zip(products, quantities, strict=True) if quantity}


async def _after(ctx: Context, scope: PurchaseScope, what: str) -> Purchase:
    ctx.record(f"purchase.{what}", subject_id=scope.id, detail={"store": str(scope.store_id)})
    touch(ctx)
    return await purchase_with_lines(ctx, scope)


async def _refuse(ctx: Context, scope: PurchaseScope, what: str) -> None:
    found = await purchase_with_lines(ctx, scope)
    if found.version != ctx.version:
        raise Stale("The order was changed meanwhile.", current={"version": found.version, "state": found.state})
    raise NotInThisState(f"The order is {found.state.replace('_', ' ')}: it cannot be {what}.", state=found.state)


def _version(ctx: Context) -> int:
    assert ctx.version is not None, "the route is versioned"
    return ctx.version


def touch(ctx: Context) -> None:
    """What shows orders: the first page, their list, and what is low with what is on order."""
    hospital_id = ctx.caller.tenant_id
    ctx.touch(f"stock_hospital:{hospital_id}", f"stock_orders:{hospital_id}", f"stock_low:{hospital_id}")
