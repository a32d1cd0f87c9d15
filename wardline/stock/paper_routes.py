"""HTTP of what goes between stores and suppliers, and of the controlled-drug register."""

from wardline.identity.public import May
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, File, get, post, put
from wardline.stock import purchasing, queries, register, transfers, views
from wardline.stock.forms import Arrived, Because, NewPurchase, NewSupplier, PurchaseLines, RegisterQuery
from wardline.stock.models import (
    Purchase,
    PurchaseScope,
    ShelfScope,
    StockScope,
    StoreScope,
    Supplier,
    Transfer,
    TransferScope,
)
from wardline.stock.pages import PurchasesPage, RegisterIndex, RegisterPage, TransfersPage
from wardline.stock.scopes import access_purchase, access_shelf, access_stock, access_store, access_transfer
from wardline.stock.shown import with_cover


# --- transfers -------------------------------------------------------------------------------------------------------
@get(
    "/stock/transfers",
    needs=May.READ_STOCK,
    access=access_stock,
    page="stock/transfers.html",
    title="Transfers",
    section="stock",
    topic="stock_transfers:{hospital_id}",
)
async def transfers_list(ctx: Context, hospital: StockScope) -> TransfersPage:
    """What is on its way between stores, oldest first, and what arrived last."""
    return await views.transfers_page(ctx.db, hospital)


@get(
    "/stock/transfers/{transfer_id}",
    needs=May.READ_STOCK,
    access=access_transfer,
    page="stock/transfer.html",
    title="Transfer {page.number}",
    section="stock",
)
async def transfer(ctx: Context, scope: TransferScope) -> Transfer:
    """A transfer with its lots: what was sent, what arrived."""
    return await transfers.transfer_with_lines(ctx, scope.id)


@post(
    "/stock/transfers/{transfer_id}/receipt",
    needs=May.WORK_IN_STOCK,
    access=access_transfer,
    versioned=True,
    then="/stock/transfers/{page.id}",
    load_class="medication",
)
async def receive_transfer(ctx: Context, scope: TransferScope, given: Arrived) -> Transfer:
    """Receive a transfer: how much of each lot arrived; less than was sent needs a reason and stays in view."""
    return await transfers.receive(ctx, scope, given)


@get(
    "/stock/transfers/{transfer_id}/recall",
    needs=May.WORK_IN_STOCK,
    access=access_transfer,
    page="stock/recall.html",
    title="Take back transfer {page.number}",
    section="stock",
)
async def recall_page(ctx: Context, scope: TransferScope) -> Transfer:
    """A transfer on its way, to be taken back by the store that sent it."""
    return await transfers.transfer_with_lines(ctx, scope.id)


@post(
    "/stock/transfers/{transfer_id}/recall",
    needs=May.WORK_IN_STOCK,
    access=access_transfer,
    versioned=True,
    then="/stock/transfers/{page.id}",
    load_class="medication",
)
async def recall_transfer(ctx: Context, scope: TransferScope, given: Arrived) -> Transfer:
    """Take a transfer back on its way: how much of each lot came back, and why."""
    return await transfers.recall(ctx, scope, given)


# --- suppliers and orders --------------------------------------------------------------------------------------------
@get(
    "/stock/orders",
    needs=May.READ_STOCK,
    access=access_stock,
    page="stock/purchases.html",
    title="Orders to suppliers",
    section="stock",
    topic="stock_orders:{hospital_id}",
)
async def purchases(ctx: Context, hospital: StockScope) -> PurchasesPage:
    """The last orders, newest first, and the suppliers."""
    return await views.purchases_page(ctx.db, hospital)


@post("/stock/suppliers", needs=May.WORK_IN_STOCK, access=access_stock, then="/stock/orders")
async def add_supplier(ctx: Context, hospital: StockScope, new: NewSupplier) -> Supplier:
    """Add somebody to buy from."""
    return await purchasing.add_supplier(ctx, hospital, new)


@post("/stock/orders", needs=May.WORK_IN_STOCK, access=access_stock, created="/stock/orders/{page.id}")
async def draft(ctx: Context, hospital: StockScope, new: NewPurchase) -> Purchase:
    """Draft an order for a store: of what is named, or else of what is low there, up to its target in whole packs."""
    store = await access_store(ctx, new.store_id)
    today = views.today_in(ctx.caller.time_zone)
    found = [with_cover(each, today) for each in await queries.shelves(ctx.db, store, today=today)]
    return await purchasing.draft(ctx, store, new, found)


@get(
    "/stock/orders/{purchase_id}",
    needs=May.READ_STOCK,
    access=access_purchase,
    page="stock/purchase.html",
    title="Order {page.number} to {page.supplier}",
    section="stock",
)
async def purchase(ctx: Context, scope: PurchaseScope) -> Purchase:
    """An order with its lines: what was ordered, what arrived."""
    return await purchasing.purchase_with_lines(ctx, scope)


@put(
    "/stock/orders/{purchase_id}/lines",
    needs=May.WORK_IN_STOCK,
    access=access_purchase,
    versioned=True,
    then="/stock/orders/{page.id}",
)
async def change_lines(ctx: Context, scope: PurchaseScope, new: PurchaseLines) -> Purchase:
    """Set the lines of a draft."""
    return await purchasing.change(ctx, scope, new)


@post(
    "/stock/orders/{purchase_id}/sending",
    needs=May.WORK_IN_STOCK,
    access=access_purchase,
    versioned=True,
    then="/stock/orders/{page.id}",
)
async def send_purchase(ctx: Context, scope: PurchaseScope) -> Purchase:
    """The order went to the supplier. From now on medicines are received against it."""
    return await purchasing.send(ctx, scope)


@post(
    "/stock/orders/{purchase_id}/cancellation",
    needs=May.WORK_IN_STOCK,
    access=access_purchase,
    versioned=True,
    then="/stock/orders/{page.id}",
)
async def cancel_purchase(ctx: Context, scope: PurchaseScope, why: Because) -> Purchase:
    """What has not arrived of an order is not wanted any more."""
    return await purchasing.cancel(ctx, scope, why.reason)


# --- the controlled-drug register ------------------------------------------------------------------------------------
@get(
    "/stock/stores/{store_id}/register",
    needs=May.READ_STOCK,
    access=access_store,
    page="stock/register_index.html",
    title="Controlled-drug register of {page.store.name}",
    section="stock",
)
async def register_index(ctx: Context, scope: StoreScope) -> RegisterIndex:
    """The controlled drugs of a cabinet with their balances."""
    return await views.register_index(ctx.db, scope)


@get(
    "/stock/stores/{store_id}/register/{product_id}",
    needs=May.READ_STOCK,
    access=access_shelf,
    page="stock/register.html",
    title="Register of {page.product.name} in {page.store.name}",
    section="stock",
)
async def register_of(ctx: Context, scope: ShelfScope, asked: RegisterQuery) -> RegisterPage:
    """Every movement of a controlled drug in a cabinet, with its running balance and both people."""
    ctx.saw("register", scope.product.id, detail={"store": str(scope.id)})
    return await views.register_page(ctx.db, scope, asked)


@get("/stock/stores/{store_id}/register/{product_id}/table", needs=May.READ_STOCK, access=access_shelf, section="stock")
async def register_table(ctx: Context, scope: ShelfScope, asked: RegisterQuery) -> File:
    """The register as a table for spreadsheets (CSV). 400 for more lines than it holds: ask for a shorter time."""
    ctx.saw("register", scope.product.id, detail={"store": str(scope.id), "table": True})
    page = await views.register_page(ctx.db, scope, asked)
    if not page.is_whole:
        raise BadRequest("There are more lines than fit here. Ask for a shorter time.")
    name = f"register-{page.since}-{page.until}.csv"
    return File(register.table(page, zone=ctx.caller.time_zone), "text/csv; charset=utf-8", name=name)


@get("/stock/stores/{store_id}/register/{product_id}/print", needs=May.READ_STOCK, access=access_shelf, section="stock")
async def print_register(ctx: Context, scope: ShelfScope, asked: RegisterQuery) -> File:
    """The register as a PDF."""
    ctx.saw("register", scope.product.id, detail={"store": str(scope.id), "printed": True})
    page = await views.register_page(ctx.db, scope, asked)
    drawn = await register.pdf(
        page, hospital=ctx.caller.tenant_name, by=ctx.caller.display_name, zone=ctx.caller.time_zone, now=ctx.now
    )
    return File(drawn, "application/pdf", name=f"register-{page.since}-{page.until}.pdf", inline=True)
