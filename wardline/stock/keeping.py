"""Keeping the list of stores and of suppliers: other names, closed with a reason, open again. The door commits."""

from wardline.platform.errors import Conflict, Stale
from wardline.platform.http import Context
from wardline.stock import keeping_queries, ledger, paper_queries, purchasing, queries
from wardline.stock.forms import NewSupplier, StoreChange
from wardline.stock.models import Store, StoreScope, Supplier, SupplierScope
from wardline.stock.shown import in_words


class InUse(Conflict):
    """Something lies in the store, is on its way to it, or is ordered."""

    code, title = "in_use", "It cannot be closed now"


# --- stores ----------------------------------------------------------------------------------------------------------
async def rename_store(ctx: Context, scope: StoreScope, new: StoreChange) -> Store:
    """Another name for a store."""
    name = new.name.strip()
    if await keeping_queries.rename_store(ctx.db, scope, name=name, version=_version(ctx)) is None:
        await _refuse_store(ctx, scope)
    ctx.record("store.renamed", subject_type="store", subject_id=scope.id, detail={"from": scope.name, "to": name})
    return await _store_now(ctx, scope)


async def close_store(ctx: Context, scope: StoreScope, reason: str) -> Store:
    """Nothing comes into the store any more, and nothing is there. InUse, with what is in the way."""
    await keeping_queries.hold_store(ctx.db, scope)
    found = await keeping_queries.in_the_way(ctx.db, scope)
    held = [
        words
        for count, words in (
            (found.lots, "lots lie there"),
            (found.transfers, "transfers are on their way to it"),
            (found.orders, "orders for it are open"),
            (found.requests, "things were asked for it"),
        )
        if count
    ]
    if held:
        raise InUse(f"{scope.name}: {', '.join(held)}. Move, finish or cancel that first.")
    return await _set_store(ctx, scope, becomes=False, reason=reason)


async def reopen_store(ctx: Context, scope: StoreScope, reason: str) -> Store:
    """The store is used again, with the reason in the record."""
    return await _set_store(ctx, scope, becomes=True, reason=reason)


async def _set_store(ctx: Context, scope: StoreScope, *, becomes: bool, reason: str) -> Store:
    """Open (`becomes`) or closed."""
    done = await keeping_queries.open_or_close_store(
        ctx.db, scope, active=becomes, reason="" if becomes else reason.strip(), version=_version(ctx)
    )
    if done is None:
        await _refuse_store(ctx, scope)
    what = "reopened" if becomes else "closed"
    ctx.record(f"store.{what}", subject_type="store", subject_id=scope.id, detail={"reason": reason.strip()})
    return await _store_now(ctx, scope)


async def _store_now(ctx: Context, scope: StoreScope) -> Store:
    ctx.touch(*ledger.hospital_topics(scope.hospital_id), ledger.topic(scope.id))
    if scope.ward_id is not None:
        ctx.touch(f"ward_stock:{scope.ward_id}")
    return await store_of(ctx, scope)


async def store_of(ctx: Context, scope: StoreScope) -> Store:
    """A store that the access check has seen."""
    found = await queries.store(ctx.db, hospital_id=scope.hospital_id, store_id=scope.id)
    assert found is not None, "the access check has seen it"
    return in_words(found)


async def _refuse_store(ctx: Context, scope: StoreScope) -> None:
    found = await store_of(ctx, scope)
    if found.version == _version(ctx):
        raise Conflict(f"{found.name} is {'open' if found.active else 'closed'} already.")
    raise Stale(
        "Somebody changed the store meanwhile. Look again.",
        current={"version": found.version, "name": found.name, "active": found.active},
    )


# --- suppliers -------------------------------------------------------------------------------------------------------
async def change_supplier(ctx: Context, scope: SupplierScope, new: NewSupplier) -> Supplier:
    """Another name, address or number of a supplier."""
    done = await keeping_queries.change_supplier(
        ctx.db,
        scope,
        name=new.name.strip(),
        email=new.email.strip(),
        phone=new.phone.strip(),
        version=_version(ctx),
    )
    if done is None:
        await _refuse_supplier(ctx, scope)
    ctx.record("supplier.changed", subject_id=scope.id)
    return await _supplier_now(ctx, scope)


async def close_supplier(ctx: Context, scope: SupplierScope, reason: str) -> Supplier:
    """Nothing is ordered from them any more. InUse while an order is open."""
    await keeping_queries.hold_supplier(ctx.db, scope)
    count = await keeping_queries.open_orders(ctx.db, scope)
    if count:
        raise InUse(f"{count} {'order is' if count == 1 else 'orders are'} open. Finish or cancel that first.")
    return await _set_supplier(ctx, scope, becomes=False, reason=reason)


async def reopen_supplier(ctx: Context, scope: SupplierScope, reason: str) -> Supplier:
    """Orders may go to them again, with the reason in the record."""
    return await _set_supplier(ctx, scope, becomes=True, reason=reason)


async def _set_supplier(ctx: Context, scope: SupplierScope, *, becomes: bool, reason: str) -> Supplier:
    done = await keeping_queries.open_or_close_supplier(
        ctx.db, scope, active=becomes, reason="" if becomes else reason.strip(), version=_version(ctx)
    )
    if done is None:
        await _refuse_supplier(ctx, scope)
    what = "reopened" if becomes else "closed"
    ctx.record(f"supplier.{what}", subject_id=scope.id, detail={"reason": reason.strip()})
    return await _supplier_now(ctx, scope)


async def supplier_of(ctx: Context, scope: SupplierScope) -> Supplier:
    """A supplier that the access check has seen."""
    found = await paper_queries.supplier(ctx.db, hospital_id=scope.hospital_id, supplier_id=scope.id)
    assert found is not None, "the access check has seen it"
    return found


async def _supplier_now(ctx: Context, scope: SupplierScope) -> Supplier:
    purchasing.touch(ctx)
    return await supplier_of(ctx, scope)


async def _refuse_supplier(ctx: Context, scope: SupplierScope) -> None:
    found = await supplier_of(ctx, scope)
    if found.version == _version(ctx):
        raise Conflict(f"{found.name} is {'open' if found.active else 'closed'} already.")
    raise Stale(
        "Somebody changed the supplier meanwhile. Look again.",
        current={"version": found.version, "name": found.name, "active": found.active},
    )


def _version(ctx: Context) -> int:
    assert ctx.version is not None, "the route is versioned"
    return ctx.version
