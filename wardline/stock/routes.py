"""HTTP of stock: stores, shelves, receipts, counts, what leaves a shelf. Transfers, orders and the register: paper_routes."""

from wardline.identity.public import May, wards
from wardline.platform.errors import Invalid
from wardline.platform.http import Context, Listing, get, post, put
from wardline.stock import actions, keeping_routes, paper_queries, paper_routes, queries, transfers, views, ward_routes
from wardline.stock.forms import (
    Because,
    Count,
    ExpiringQuery,
    Issue,
    LedgerQuery,
    NewProduct,
    NewReceipt,
    NewStore,
    NewTransfer,
    ProductChange,
    ProductsQuery,
    ReceiptQuery,
    StoreQuery,
    Thresholds,
    WriteOff,
)
from wardline.stock.models import (
    LevelScope,
    Lot,
    LotScope,
    Product,
    ProductScope,
    Shelf,
    ShelfScope,
    StockScope,
    Store,
    StoreScope,
    Transfer,
)
from wardline.stock.pages import (
    ExpiringPage,
    LotPage,
    LowPage,
    Overview,
    ProductsPage,
    ReceiptForm,
    ShelfPage,
    StorePage,
)
from wardline.stock.scopes import (
    access_level,
    access_lot,
    access_product,
    access_shelf,
    access_stock,
    access_store,
    product_of,
    within,
)
from wardline.stock.shown import tall_man

__all__ = ["keeping_routes", "paper_routes", "ward_routes"]


# --- the hospital ----------------------------------------------------------------------------------------------------
@get(
    "/stock",
    needs=May.READ_STOCK,
    access=access_stock,
    page="stock/overview.html",
    title="Stock",
    section="stock",
    topic="stock_hospital:{hospital_id}",
)
async def overview(ctx: Context, hospital: StockScope) -> Overview:
    """The stores of the hospital, and the first of what is low, expires soon, or is on its way."""
    return await views.overview(ctx.db, hospital)


@get(
    "/stock/low",
    needs=May.READ_STOCK,
    access=access_stock,
    section="stock",
    page="stock/low.html",
    title="Low",
    topic="stock_low:{hospital_id}",
)
async def low(ctx: Context, hospital: StockScope) -> LowPage:
    """What is at or under its reorder level in any store, emptiest first."""
    return await views.low_page(ctx.db, hospital)


@get(
    "/stock/expiring",
    needs=May.READ_STOCK,
    access=access_stock,
    section="stock",
    page="stock/expiring.html",
    title="Expiring",
    topic="stock_expiring:{hospital_id}:{asked.days}",
)
async def expiring(ctx: Context, hospital: StockScope, asked: ExpiringQuery) -> ExpiringPage:
    """Lots that expire soon, have expired, or are in quarantine, in any store."""
    return await views.expiring_page(ctx.db, within(hospital, asked.days))


@get(
    "/stock/products",
    needs=May.READ_STOCK,
    access=access_stock,
    section="stock",
    page="stock/products.html",
    title="Products",
)
async def products(ctx: Context, hospital: StockScope, asked: ProductsQuery) -> ProductsPage:
    """Everything that the hospital keeps, or what fits the words, with where it lies."""
    return await views.products_page(ctx.db, hospital, asked)


@post("/stock/products", needs=May.WORK_IN_STOCK, access=access_stock, then="/stock/products")
async def add_product(ctx: Context, hospital: StockScope, new: NewProduct) -> Product:
    """Keep one more product. Its ingredient may go by any name that the drug table knows."""
    return await actions.add_product(ctx, hospital, new)


@get(
    "/stock/products/{product_id}",
    needs=May.READ_STOCK,
    access=access_product,
    section="stock",
    page="stock/product.html",
    title="{page.name}",
)
async def one_product(ctx: Context, scope: ProductScope) -> Product:
    """A product as it is kept."""
    return tall_man(scope.product)


@put(
    "/stock/products/{product_id}",
    needs=May.WORK_IN_STOCK,
    access=access_product,
    versioned=True,
    then="/stock/products/{page.id}",
)
async def change_product(ctx: Context, scope: ProductScope, new: ProductChange) -> Product:
    """Set a product's pack and number, and whether it is still kept."""
    return await actions.change_product(ctx, scope, new)


@get("/stock/stores", needs=May.READ_STOCK, access=access_stock, section="stock", page="stock/stores_page.html",
     title="Stores")  # fmt: skip
async def stores(ctx: Context, hospital: StockScope) -> Overview | Listing[Store]:
    """The stores of the hospital with what asks for attention in each."""
    if not ctx.html:
        return Listing(await views.stores_of(ctx.db, hospital, views.today_in(ctx.caller.time_zone)))
    found = await views.overview(ctx.db, hospital)
    found.wards = [(row.id, row.name) for row in await wards(ctx.db, hospital)]
    found.closed = await queries.closed_stores(ctx.db, hospital)
    return found


@post("/stock/stores", needs=May.SET_UP_STORES, access=access_stock, created="/stock/stores/{page.id}")
async def add_store(ctx: Context, hospital: StockScope, new: NewStore) -> Store:
    """Add a store: the pharmacy's, a ward's cupboard, or a controlled cabinet."""
    return await actions.add_store(ctx, hospital, new)


# --- a store ---------------------------------------------------------------------------------------------------------
@get(
    "/stock/stores/{store_id}",
    needs=May.READ_STOCK,
    access=access_store,
    page="stock/store.html",
    title="{page.store.name}",
    section="stock",
    topic="stock:{store_id}",
)
async def store(ctx: Context, scope: StoreScope, asked: StoreQuery) -> StorePage:
    """What a store keeps: quantity, use, days of cover, next expiry."""
    return await views.store_page(ctx.db, scope, asked)


@get(
    "/stock/stores/{store_id}/products/{product_id}",
    needs=May.READ_STOCK,
    access=access_shelf,
    page="stock/shelf.html",
    title="{page.product.name} in {page.store.name}",
    section="stock",
    topic="shelf:{store_id}:{product_id}",
)
async def shelf(ctx: Context, scope: ShelfScope, asked: LedgerQuery) -> ShelfPage:
    """A product in a store: its lots, first expiry first, and its ledger, newest line first."""
    return await views.shelf_page(ctx.db, scope, before=asked.before)


@put(
    "/stock/stores/{store_id}/products/{product_id}/levels",
    needs=May.WORK_IN_STOCK,
    access=access_shelf,
    versioned=True,
    then="/stock/stores/{page.store_id}/products/{page.product_id}",
)
async def set_levels(ctx: Context, scope: ShelfScope, new: Thresholds) -> Shelf:
    """Set at how many units a product is ordered, and up to how many. Version 0 where it never lay before."""
    return await actions.set_thresholds(ctx, scope, new)


@get(
    "/stock/stores/{store_id}/receipts/new",
    needs=May.WORK_IN_STOCK,
    access=access_store,
    page="stock/receive.html",
    title="Receive into {page.store.name}",
    section="stock",
)
async def receipt_form(ctx: Context, scope: StoreScope, asked: ReceiptQuery) -> ReceiptForm:
    """The form of a receipt, filled from the pack's code as far as it says."""
    everything = await queries.products(ctx.db, hospital_id=scope.hospital_id)
    kept = [tall_man(each) for each in everything if each.active]
    form = ReceiptForm(views.store_of(scope), kept, asked.code.strip(), None, "", None, None)
    if asked.product_id is not None:
        form.product = tall_man(await product_of(ctx, asked.product_id))
    if asked.purchase_id is not None:
        form.purchase = await paper_queries.purchase(
            ctx.db, hospital_id=scope.hospital_id, purchase_id=asked.purchase_id
        )
    try:
        scanned = actions.scan(ctx, asked.code)
    except Invalid as error:
        form.problem = error.fields["code"]
        return form
    form.lot, form.expires_on = scanned.lot, scanned.expires_on
    if scanned.gtin:
        form.product = next((each for each in kept if each.gtin == scanned.gtin), form.product)
        if form.product is None:
            form.problem = f"No product here carries the number {scanned.gtin}. Add it to the products."
    return form


@post(
    "/stock/stores/{store_id}/receipts",
    needs=May.WORK_IN_STOCK,
    access=access_store,
    created="/stock/stores/{page.store_id}/products/{page.product_id}",
    load_class="medication",
)
async def receive(ctx: Context, scope: StoreScope, new: NewReceipt) -> Lot:
    """Put what arrived on the shelf: by the pack's code (01, 17, 10), or product, lot and expiry by hand."""
    return await actions.receive(ctx, scope, new)


# --- a lot in a store ------------------------------------------------------------------------------------------------
SHELF = "/stock/stores/{page.store_id}/products/{page.product_id}"


@get(
    "/stock/stores/{store_id}/lots/{lot_id}",
    needs=May.READ_STOCK,
    access=access_level,
    page="stock/lot.html",
    title="Lot {page.lot.number} of {page.product.name}",
    section="stock",
)
async def lot(ctx: Context, scope: LevelScope) -> LotPage:
    """A lot in a store: to be counted, issued, sent, written off, put into quarantine."""
    return await views.lot_page(ctx.db, scope)


@post(
    "/stock/stores/{store_id}/lots/{lot_id}/counts",
    needs=May.WORK_IN_STOCK,
    access=access_level,
    versioned=True,
    then=SHELF,
    load_class="medication",
)
async def count(ctx: Context, scope: LevelScope, given: Count) -> Lot:
    """Set right what the ledger says of a lot by what was counted; a difference needs its reason."""
    return await actions.count(ctx, scope, given)


@post(
    "/stock/stores/{store_id}/lots/{lot_id}/issues",
    needs=May.WORK_IN_STOCK,
    access=access_level,
    then=SHELF,
    load_class="medication",
)
async def issue(ctx: Context, scope: LevelScope, given: Issue) -> Lot:
    """Hand out from a shelf without the pharmacy's queue, with whom or what for."""
    return await actions.issue(ctx, scope, given)


@post(
    "/stock/stores/{store_id}/lots/{lot_id}/write-offs",
    needs=May.WORK_IN_STOCK,
    access=access_level,
    then=SHELF,
    load_class="medication",
)
async def write_off(ctx: Context, scope: LevelScope, given: WriteOff) -> Lot:
    """Take out what is broken, expired or spilt, with the reason."""
    return await actions.write_off(ctx, scope, given)


@put(
    "/stock/lots/{lot_id}/quarantine",
    needs=May.WORK_IN_STOCK,
    access=access_lot,
    versioned=True,
    then="/stock/expiring",
)
async def quarantine(ctx: Context, scope: LotScope, why: Because) -> None:
    """Nobody may use this lot, in any store."""
    await actions.set_quarantine(ctx, scope, is_quarantined=True, reason=why.reason)


@post(
    "/stock/lots/{lot_id}/release", needs=May.WORK_IN_STOCK, access=access_lot, versioned=True, then="/stock/expiring"
)
async def release(ctx: Context, scope: LotScope, why: Because) -> None:
    """The lot may be used again, with the reason."""
    await actions.set_quarantine(ctx, scope, is_quarantined=False, reason=why.reason)


@post(
    "/stock/stores/{store_id}/transfers",
    needs=May.WORK_IN_STOCK,
    access=access_store,
    created="/stock/transfers/{page.id}",
    load_class="medication",
)
async def send(ctx: Context, scope: StoreScope, new: NewTransfer) -> Transfer:
    """Send lots to another store; they are on their way until somebody receives them there."""
    return await transfers.send(ctx, scope, new)
