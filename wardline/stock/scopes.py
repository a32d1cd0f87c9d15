"""Access checks of stock: what is of another hospital is not there."""

from uuid import UUID

from wardline.identity.public import seal
from wardline.platform.errors import NotFound
from wardline.platform.http import Context
from wardline.stock import paper_queries, queries
from wardline.stock.models import (
    LevelScope,
    LotScope,
    Product,
    ProductScope,
    PurchaseScope,
    ShelfScope,
    StockScope,
    StoreScope,
    TransferScope,
)


async def access_store(ctx: Context, store_id: UUID) -> StoreScope:
    """A store of the caller's hospital; NotFound otherwise."""
    found = await queries.store(ctx.db, hospital_id=ctx.caller.tenant_id, store_id=store_id)
    if found is None or not found.active:
        raise NotFound("There is no such store here.")
    return StoreScope(
        hospital_id=ctx.caller.tenant_id,
        id=found.id,
        name=found.name,
        kind=found.kind,
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


async def access_stock(ctx: Context) -> StockScope:
    """The stock of the hospital that the session works in."""
    return StockScope(hospital_id=ctx.caller.tenant_id, zone=ctx.caller.time_zone, seal=seal())


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
