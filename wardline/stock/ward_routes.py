"""HTTP of a ward's own stores: what lies there, what is on its way, what is asked for; and the pharmacy's answer."""

from wardline.identity.public import May
from wardline.platform.http import Context, get, post
from wardline.stock import actions, requests, transfers, views
from wardline.stock.forms import Arrived, Because, Count, NewRequest, Sending
from wardline.stock.models import (
    LevelScope,
    Lot,
    Request,
    RequestScope,
    ShelfScope,
    Transfer,
    TransferScope,
    WardStockScope,
)
from wardline.stock.pages import RequestPage, WardShelfPage, WardStockPage, WardTransferPage
from wardline.stock.scopes import (
    access_request,
    access_ward_level,
    access_ward_request,
    access_ward_shelf,
    access_ward_stock,
    access_ward_transfer,
)


# --- the ward --------------------------------------------------------------------------------------------------------
@get(
    "/wards/{ward_id}/stock",
    needs=May.SUPPLY_WARD,
    access=access_ward_stock,
    page="stock/ward.html",
    title="Stock of {page.ward}",
    section="wards",
    topic="ward_stock:{ward_id}",
)
async def ward_stock(ctx: Context, scope: WardStockScope) -> WardStockPage:
    """What a ward keeps, what is on its way to it, and what it asked for."""
    return await views.ward_page_with_products(ctx.db, scope)


@post(
    "/wards/{ward_id}/stock/requests",
    needs=May.SUPPLY_WARD,
    access=access_ward_stock,
    then="/wards/{page.ward_id}/stock",
    load_class="medication",
)
async def ask(ctx: Context, scope: WardStockScope, new: NewRequest) -> Request:
    """Ask the pharmacy for a product, for one of the ward's stores. It is a task of the pharmacists."""
    return await requests.ask(ctx, scope, new)


@post(
    "/wards/{ward_id}/stock/requests/{request_id}/withdrawal",
    needs=May.SUPPLY_WARD,
    access=access_ward_request,
    versioned=True,
    then="/wards/{page.ward_id}/stock",
)
async def withdraw(ctx: Context, scope: RequestScope) -> Request:
    """The ward does not want it any more."""
    return await requests.withdraw(ctx, scope)


@get(
    "/wards/{ward_id}/stock/transfers/{transfer_id}",
    needs=May.SUPPLY_WARD,
    access=access_ward_transfer,
    page="stock/ward_transfer.html",
    title="Transfer {page.transfer.number}",
    section="wards",
)
async def ward_transfer(ctx: Context, scope: TransferScope) -> WardTransferPage:
    """A transfer to a store of the ward, to be received there."""
    return await views.ward_transfer_page(ctx, scope)


@post(
    "/wards/{ward_id}/stock/transfers/{transfer_id}/receipt",
    needs=May.SUPPLY_WARD,
    access=access_ward_transfer,
    versioned=True,
    then="/wards/{ward_id}/stock",
    load_class="medication",
)
async def receive_on_ward(ctx: Context, scope: TransferScope, given: Arrived) -> Transfer:
    """Receive a transfer into the ward's store: how much of each lot arrived; less than was sent needs a reason."""
    return await transfers.receive(ctx, scope, given)


@get(
    "/wards/{ward_id}/stock/stores/{ward_store_id}/products/{product_id}",
    needs=May.SUPPLY_WARD,
    access=access_ward_shelf,
    page="stock/ward_shelf.html",
    title="{page.product.name} in {page.store.name}",
    section="wards",
)
async def ward_shelf(ctx: Context, scope: ShelfScope) -> WardShelfPage:
    """A product in a store of the ward: its lots, each to be counted, and its ledger, newest line first."""
    return await views.ward_shelf_page(ctx.db, scope)


@post(
    "/wards/{ward_id}/stock/stores/{ward_store_id}/lots/{lot_id}/counts",
    needs=May.SUPPLY_WARD,
    access=access_ward_level,
    versioned=True,
    then="/wards/{ward_id}/stock/stores/{page.store_id}/products/{page.product_id}",
    load_class="medication",
)
async def count_on_ward(ctx: Context, scope: LevelScope, given: Count) -> Lot:
    """Say what was counted of a lot on the ward; a difference needs its reason, a controlled drug a second person."""
    return await actions.count(ctx, scope, given)


# --- the pharmacy's answer -------------------------------------------------------------------------------------------
@get(
    "/stock/requests/{request_id}",
    needs=May.READ_STOCK,
    access=access_request,
    page="stock/request.html",
    title="Request {page.request.number} of {page.request.ward}",
    section="stock",
)
async def request(ctx: Context, scope: RequestScope) -> RequestPage:
    """What a ward asked for, and from where it could be sent."""
    return await views.request_page(ctx, scope)


@post(
    "/stock/requests/{request_id}/sending",
    needs=May.WORK_IN_STOCK,
    access=access_request,
    versioned=True,
    created="/stock/transfers/{page.id}",
    load_class="medication",
)
async def send_request(ctx: Context, scope: RequestScope, given: Sending) -> Transfer:
    """Send what was asked for from a store, first expiry first; less says why. The ward receives it."""
    return await requests.send(ctx, scope, given)


@post(
    "/stock/requests/{request_id}/refusal",
    needs=May.WORK_IN_STOCK,
    access=access_request,
    versioned=True,
    then="/stock/transfers",
)
async def decline_request(ctx: Context, scope: RequestScope, why: Because) -> Request:
    """Nothing is sent, with the reason for the ward."""
    return await requests.decline(ctx, scope, why.reason)
