"""Access checks of stock: what is of another hospital is not there."""

from uuid import UUID

from wardline.identity.public import access_ward, seal
from wardline.platform.errors import NotFound
from wardline.platform.http import Context
from wardline.stock import paper_queries, queries, ward_queries
from wardline.stock.models import (
    EXPIRING_OFFERED,
    ExpiringScope,
    LevelScope,
    LotScope,
    Product,
    ProductScope,
    PurchaseScope,
    RequestScope,
    ShelfScope,
    StockScope,
    Store,
    StoreScope,
    SupplierScope,
    TransferScope,
    WardStockScope,
)


async def access_store(ctx: Context, store_id: UUID) -> StoreScope:
    """An open store of the caller's hospital; NotFound otherwise."""
    found = await queries.store(ctx.db, hospital_id=ctx.caller.tenant_id, store_id=store_id)
    if found is None:
        raise NotFound("There is no such store here.")
    if not found.active:
        raise NotFound(f"{found.name} is closed: {found.closed_reason}")
    return _store_scope(ctx, found)


async def access_any_store(ctx: Context, store_id: UUID) -> StoreScope:
    """The same, also when it is closed."""
    found = await queries.store(ctx.db, hospital_id=ctx.caller.tenant_id, store_id=store_id)
    if found is None:
        raise NotFound("There is no such store here.")
    return _store_scope(ctx, found)


def _store_scope(ctx: Context, found: Store) -> StoreScope:
    return StoreScope(
        hospital_id=ctx.caller.tenant_id,
        id=found.id,
        name=found.name,
        kind=found.kind,
        ward_id=found.ward_id,
        zone=ctx.caller.time_zone,
        seal=seal(),
    )


async def access_shelf(ctx: Context, store_id: UUID, product_id: UUID) -> ShelfScope:
    """A product in a store of the caller's hospital; NotFound otherwise."""
    store = await access_store(ctx, store_id)
    return ShelfScope(
        hospital_id=store.hospital_id,
        id=store.id,
        name=store.name,
        kind=store.kind,
        ward_id=store.ward_id,
        zone=store.zone,
        product=await product_of(ctx, product_id),
        seal=seal(),
    )


async def access_level(ctx: Context, store_id: UUID, lot_id: UUID) -> LevelScope:
    """A lot that lies, or lay, in a store of the caller's hospital; NotFound otherwise."""
    store = await access_store(ctx, store_id)
    found = await queries.lot(ctx.db, store, lot_id=lot_id)
    if found is None:
        raise NotFound("This lot does not lie in this store.")
    return LevelScope(
        hospital_id=store.hospital_id,
        id=store.id,
        name=store.name,
        kind=store.kind,
        ward_id=store.ward_id,
        zone=store.zone,
        lot_id=found.id,
        product_id=found.product_id,
        seal=seal(),
    )


async def access_lot(ctx: Context, lot_id: UUID) -> LotScope:
    """A lot of the caller's hospital; NotFound otherwise."""
    product_id = await queries.product_of_lot(ctx.db, hospital_id=ctx.caller.tenant_id, lot_id=lot_id)
    if product_id is None:
        raise NotFound("There is no such lot here.")
    return LotScope(hospital_id=ctx.caller.tenant_id, id=lot_id, product_id=product_id, seal=seal())


async def access_product(ctx: Context, product_id: UUID) -> ProductScope:
    """A product of the caller's hospital; NotFound otherwise."""
    found = await product_of(ctx, product_id)
    return ProductScope(hospital_id=ctx.caller.tenant_id, product=found, seal=seal())


async def access_transfer(ctx: Context, transfer_id: UUID) -> TransferScope:
    """A transfer of the caller's hospital; NotFound otherwise."""
    found = await paper_queries.transfer(ctx.db, hospital_id=ctx.caller.tenant_id, transfer_id=transfer_id)
    if found is None:
        raise NotFound("There is no such transfer here.")
    return TransferScope(
        hospital_id=ctx.caller.tenant_id,
        id=found.id,
        from_store_id=found.from_store_id,
        to_store_id=found.to_store_id,
        seal=seal(),
    )


async def access_purchase(ctx: Context, purchase_id: UUID) -> PurchaseScope:
    """An order of the caller's hospital; NotFound otherwise."""
    found = await paper_queries.purchase(ctx.db, hospital_id=ctx.caller.tenant_id, purchase_id=purchase_id)
    if found is None:
        raise NotFound("There is no such order here.")
    return PurchaseScope(hospital_id=ctx.caller.tenant_id, id=found.id, store_id=found.store_id, seal=seal())


async def access_supplier(ctx: Context, supplier_id: UUID) -> SupplierScope:
    """A supplier of the caller's hospital; NotFound otherwise."""
    found = await paper_queries.supplier(ctx.db, hospital_id=ctx.caller.tenant_id, supplier_id=supplier_id)
    if found is None:
        raise NotFound("There is no such supplier here.")
    return SupplierScope(hospital_id=ctx.caller.tenant_id, id=found.id, seal=seal())


async def access_ward_stock(ctx: Context, ward_id: UUID) -> WardStockScope:
    """The stores of a ward of the caller's hospital; NotFound otherwise."""
    ward = await access_ward(ctx, ward_id)
    return WardStockScope(
        hospital_id=ward.hospital_id, ward_id=ward.id, ward=ward.name, zone=ctx.caller.time_zone, seal=seal()
    )


async def access_ward_transfer(ctx: Context, ward_id: UUID, transfer_id: UUID) -> TransferScope:
    """A transfer to a store of this ward; NotFound otherwise, and for one to another ward or to the pharmacy."""
    ward = await access_ward(ctx, ward_id)
    scope = await access_transfer(ctx, transfer_id)
    target = await access_any_store(ctx, scope.to_store_id)
    if target.ward_id != ward.id:
        raise NotFound("There is no such transfer to this ward.")
    return scope


async def access_ward_shelf(ctx: Context, ward_id: UUID, ward_store_id: UUID, product_id: UUID) -> ShelfScope:
    """A product in a store of this ward; NotFound otherwise."""
    await _require_of_ward(ctx, ward_id, ward_store_id)
    return await access_shelf(ctx, ward_store_id, product_id)


async def access_ward_level(ctx: Context, ward_id: UUID, ward_store_id: UUID, lot_id: UUID) -> LevelScope:
    """A lot in a store of this ward; NotFound otherwise."""
    await _require_of_ward(ctx, ward_id, ward_store_id)
    return await access_level(ctx, ward_store_id, lot_id)


async def _require_of_ward(ctx: Context, ward_id: UUID, store_id: UUID) -> None:
    ward, store = await access_ward(ctx, ward_id), await access_store(ctx, store_id)
    if store.ward_id != ward.id:
        raise NotFound("There is no such store on this ward.")


async def access_request(ctx: Context, request_id: UUID) -> RequestScope:
    """What a ward of the caller's hospital asked for; NotFound otherwise."""
    found = await ward_queries.request(ctx.db, hospital_id=ctx.caller.tenant_id, request_id=request_id)
    if found is None:
        raise NotFound("Nobody asked for this here.")
    return RequestScope(hospital_id=ctx.caller.tenant_id, id=found.id, ward_id=found.ward_id, seal=seal())


async def access_ward_request(ctx: Context, ward_id: UUID, request_id: UUID) -> RequestScope:
    """The same for the ward that asked; NotFound for another ward."""
    scope = await access_request(ctx, request_id)
    if scope.ward_id != ward_id:
        raise NotFound("This ward did not ask for it.")
    return scope


async def access_stock(ctx: Context) -> StockScope:
    """The stock of the hospital that the session works in."""
    return StockScope(hospital_id=ctx.caller.tenant_id, zone=ctx.caller.time_zone, seal=seal())


def within(hospital: StockScope, days: int) -> ExpiringScope:
    """What expires within so many days, in the same hospital."""
    return ExpiringScope(hospital_id=hospital.hospital_id, zone=hospital.zone, days=days, seal=hospital.seal)


async def access_expiring_topic(ctx: Context, hospital_id: UUID, days: int) -> ExpiringScope:
    """The same for watching; NotFound for another hospital, or for days that no page offers."""
    if days not in EXPIRING_OFFERED:
        raise NotFound
    return within(await access_stock_topic(ctx, hospital_id), days)


async def access_stock_topic(ctx: Context, hospital_id: UUID) -> StockScope:
    """The same for watching; NotFound for another hospital."""
    if hospital_id != ctx.caller.tenant_id:
        raise NotFound
    return await access_stock(ctx)


async def product_of(ctx: Context, product_id: UUID) -> Product:
    """A product of the caller's hospital; NotFound otherwise."""
    found = await queries.product(ctx.db, hospital_id=ctx.caller.tenant_id, product_id=product_id)
    if found is None:
        raise NotFound("There is no such product here.")
    return found
