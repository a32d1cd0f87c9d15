"""Pages put together from rows; used by the routes and by what is pushed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wardline.identity.public import HospitalScope, access_ward
from wardline.orders.public import current
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context
from wardline.stock import paper_queries, queries, requests, transfers, ward_queries
from wardline.stock.forms import ProductsQuery, RegisterQuery, StoreQuery
from wardline.stock.models import (
    EXPIRING_DAYS,
    Astray,
    ExpiringScope,
    LevelScope,
    RequestScope,
    ShelfScope,
    StockScope,
    Store,
    StoreScope,
    Transfer,
    TransferScope,
    WardStockScope,
)
from wardline.stock.pages import (
    ExpiringPage,
    LotPage,
    LowPage,
    Overview,
    ProductsPage,
    PurchasesPage,
    RegisterIndex,
    RegisterPage,
    RequestPage,
    ShelfPage,
    StorePage,
    TransfersPage,
    WardShelfPage,
    WardStockPage,
    WardTransferPage,
)
from wardline.stock.shown import in_words, marked, tall_man, told, with_cover, with_days

OVERVIEW_ROWS_MAX = 8
PRODUCTS_MAX = 500
REGISTER_DAYS = 31
REGISTER_DAYS_MAX = 400
REGISTER_YEARS = (2000, 2200)
EVERY_LINE = 2_000_000_000


def today_in(zone: str) -> date:
    """The day in a zone, now."""
    return clock.now().astimezone(ZoneInfo(zone)).date()


async def overview(db: Db, hospital: StockScope) -> Overview:
    """The stores, the first of what is low, expiring, on its way, and controlled drugs that lie astray. 6 queries."""
    today = today_in(hospital.zone)
    async with db.one_connection() as one:
        stores = await stores_of(one, hospital, today)
        low = [with_cover(each, today) for each in await queries.low(one, hospital, today=today)]
        soon = await queries.expiring(one, hospital, before=today + timedelta(days=EXPIRING_DAYS))
        transfers = await with_lines(one, hospital, await paper_queries.on_their_way(one, hospital))
        astray = await astray_of(one, hospital)
    return Overview(
        hospital.hospital_id,
        stores,
        low[:OVERVIEW_ROWS_MAX],
        [with_days(each, today) for each in soon[:OVERVIEW_ROWS_MAX]],
        transfers[:OVERVIEW_ROWS_MAX],
        astray,
    )


async def astray_of(db: Db, hospital: StockScope) -> list[Astray]:
    """Controlled drugs that lie in open stores, and products that are not marked though the drug table says so."""
    knowledge = current()
    found = await queries.astray(db, hospital, scheduled=knowledge.scheduled if knowledge else [])
    return [
        tall_man(each)
        for each in found
        if each.store_id or (knowledge and knowledge.schedule_of(each.ingredient, each.form) is not None)
    ]


async def stores_of(db: Db, hospital: StockScope, today: date) -> list[Store]:
    """The stores with what asks for attention in each."""
    found = await queries.stores(db, hospital, today=today, soon=today + timedelta(days=EXPIRING_DAYS))
    return [in_words(each) for each in found]


async def store_page(db: Db, scope: StoreScope, asked: StoreQuery | None = None) -> StorePage:
    """A store's shelves; for whoever watches all of them."""
    today = today_in(scope.zone)
    items = [with_cover(each, today) for each in await queries.shelves(db, scope, today=today)]
    return StorePage(store_of(scope), items, asked.show if asked else "all")


def store_of(scope: StoreScope) -> Store:
    """The store of a scope, for a page's head."""
    return in_words(Store(scope.id, scope.name, scope.kind, None, True, 1, 0, 0, 0, 0))


async def shelf_page(db: Db, scope: ShelfScope, *, before: int | None = None) -> ShelfPage:
    """A product in a store with its lots and its ledger. 3 queries."""
    today = today_in(scope.zone)
    async with db.one_connection() as one:
        shelf = await queries.shelf(one, scope, today=today)
        lots = await queries.lots(one, hospital_id=scope.hospital_id, store_id=scope.id, product_id=scope.product.id)
        entries = await queries.entries(one, scope, before=before or EVERY_LINE)
    following = str(entries[-1].number) if len(entries) == queries.ENTRIES_MAX else None
    return ShelfPage(
        store_of(scope),
        tall_man(scope.product),
        with_cover(shelf, today) if shelf else None,
        marked(lots, today),
        [told(each) for each in entries],
        following,
    )


async def lot_page(db: Db, scope: LevelScope) -> LotPage:
    """A lot in a store, and where it may be sent."""
    today = today_in(scope.zone)
    async with db.one_connection() as one:
        found = await queries.lot(one, scope, lot_id=scope.lot_id)
        product = await queries.product(one, hospital_id=scope.hospital_id, product_id=scope.product_id)
        stores = await stores_of(one, scope, today)
    assert found is not None, "the access check has seen it"
    assert product is not None, "a lot is of a product"
    targets = [
        each for each in stores if each.id != scope.id and (each.kind == "controlled" or not product.is_controlled)
    ]
    if not product.is_controlled:
        targets.sort(key=lambda each: each.kind == "controlled")
    return LotPage(store_of(scope), tall_man(product), marked([found], today)[0], targets)


async def products_page(db: Db, hospital: StockScope, asked: ProductsQuery) -> ProductsPage:
    """Products by name, with where each lies."""
    everything = [tall_man(each) for each in await queries.products(db, hospital_id=hospital.hospital_id)]
    words = asked.q.strip().lower().split()
    items = [each for each in everything if all(word in f"{each.ingredient} {each.name}".lower() for word in words)]
    shown = items[:PRODUCTS_MAX]
    kept = await queries.where_kept(db, hospital_id=hospital.hospital_id, products=[each.id for each in shown])
    return ProductsPage(shown, kept, asked.q.strip())


async def low_page(db: Db, hospital: StockScope) -> LowPage:
    """What is low in any store."""
    today = today_in(hospital.zone)
    async with db.one_connection() as one:
        items = [with_cover(each, today) for each in await queries.low(one, hospital, today=today)]
        suppliers = await paper_queries.suppliers(one, hospital)
    stores = {each.store_id: each.store for each in items}
    return LowPage(items, list(stores.items()), suppliers)


async def expiring_page(db: Db, scope: ExpiringScope) -> ExpiringPage:
    """What expires within days, has expired, or is in quarantine."""
    today = today_in(scope.zone)
    found = await queries.expiring(db, scope, before=today + timedelta(days=scope.days))
    return ExpiringPage(scope.days, [with_days(each, today) for each in found])


async def transfers_page(db: Db, hospital: StockScope) -> TransfersPage:
    """What is on its way, what arrived last, and what wards ask for. 5 queries."""
    async with db.one_connection() as one:
        on_their_way = await with_lines(one, hospital, await paper_queries.on_their_way(one, hospital))
        arrived = await with_lines(one, hospital, await paper_queries.arrived(one, hospital))
        asked = [tall_man(each) for each in await ward_queries.asked(one, hospital)]
    return TransfersPage(on_their_way, arrived, asked)


async def with_lines(db: Db, hospital: HospitalScope, transfers: list[Transfer]) -> list[Transfer]:
    """Transfers with their lots, in one query more."""
    if not transfers:
        return []
    lines = await paper_queries.transfer_lines(
        db, hospital_id=hospital.hospital_id, transfers=[each.id for each in transfers]
    )
    for each in transfers:
        each.lines = [line for line in lines if line.transfer_id == each.id]
    return transfers


async def purchases_page(db: Db, hospital: StockScope) -> PurchasesPage:
    """The last orders, whom to order from, and where it can go."""
    today = today_in(hospital.zone)
    async with db.one_connection() as one:
        return PurchasesPage(
            await paper_queries.purchases(one, hospital),
            await paper_queries.suppliers(one, hospital),
            await stores_of(one, hospital, today),
            await paper_queries.closed_suppliers(one, hospital),
        )


async def register_index(db: Db, scope: StoreScope) -> RegisterIndex:
    """The controlled drugs that lie, or lay, in a cabinet. 2 queries."""
    today = today_in(scope.zone)
    async with db.one_connection() as one:
        items = [with_cover(each, today) for each in await queries.registered(one, scope, today=today)]
        counted = await queries.counted_last(one, scope)
    return RegisterIndex(store_of(scope), items, {str(each.product_id): each.at for each in counted})


async def register_page(db: Db, scope: ShelfScope, asked: RegisterQuery) -> RegisterPage:
    """The register of days, oldest line first, with what was there before and after. BadRequest for days that are none."""
    zone = ZoneInfo(scope.zone)
    until = asked.until or today_in(scope.zone)
    if not REGISTER_YEARS[0] <= until.year < REGISTER_YEARS[1]:
        raise BadRequest("The register holds no such day.")
    since = asked.since or until - timedelta(days=REGISTER_DAYS - 1)
    if not timedelta(0) <= until - since <= timedelta(days=REGISTER_DAYS_MAX):
        raise BadRequest(f"From a day to the same or a later one, at most {REGISTER_DAYS_MAX} days.")
    items = await queries.entries_between(
        db,
        scope,
        since=datetime.combine(since, time.min, zone).astimezone(UTC),
        until=datetime.combine(until + timedelta(days=1), time.min, zone).astimezone(UTC),
    )
    shelf = await queries.shelf(db, scope, today=today_in(scope.zone))
    if items:
        opening = items[0].balance - items[0].quantity
        closing = items[-1].balance
    else:
        opening = closing = await balance_before(db, scope, datetime.combine(since, time.min, zone).astimezone(UTC))
    return RegisterPage(
        store_of(scope),
        tall_man(scope.product),
        since,
        until,
        opening,
        closing,
        [told(each) for each in items],
        is_whole=len(items) < queries.REGISTER_LINES_MAX,
        lies_there=shelf.quantity if shelf else 0,
    )


async def balance_before(db: Db, scope: ShelfScope, moment: datetime) -> int:
    """What was there at a moment; 0 before the first line."""
    return await queries.balance_before(db, scope, moment=moment) or 0


# --- a ward ------------------------------------------------------------------------------------------------------------
async def ward_page(db: Db, ward: WardStockScope) -> WardStockPage:
    """What a ward keeps, what is on its way to it, and what it asked for. 5 queries."""
    today = today_in(ward.zone)
    async with db.one_connection() as one:
        stores = [in_words(each) for each in await ward_queries.stores(one, ward)]
        items = [with_cover(each, today) for each in await ward_queries.shelves(one, ward, today=today)]
        coming = await with_lines(one, ward, await ward_queries.on_their_way(one, ward))
        asked = [tall_man(each) for each in await ward_queries.of_ward(one, ward)]
    return WardStockPage(ward.ward_id, ward.ward, stores, items, coming, asked)


async def ward_page_with_products(db: Db, ward: WardStockScope) -> WardStockPage:
    """The same with what the ward may ask for."""
    page = await ward_page(db, ward)
    locked = any(store.kind == "controlled" for store in page.stores)
    kept = await queries.products(db, hospital_id=ward.hospital_id)
    page.products = [tall_man(each) for each in kept if each.active and (locked or not each.is_controlled)]
    return page


async def ward_shelf_page(db: Db, scope: ShelfScope) -> WardShelfPage:
    """A product in a store of a ward, with its lots and the newest lines of its ledger. 3 queries."""
    assert scope.ward_id is not None, "the access check has seen that it is the ward's"
    page = await shelf_page(db, scope)
    return WardShelfPage(page.store, page.product, page.shelf, page.lots, page.entries, None, ward_id=scope.ward_id)


async def ward_transfer_page(ctx: Context, scope: TransferScope) -> WardTransferPage:
    """A transfer to a store of a ward; the access check has seen that it is the ward's."""
    store = await queries.store(ctx.db, hospital_id=scope.hospital_id, store_id=scope.to_store_id)
    assert store is not None, "the access check has seen it"
    assert store.ward_id is not None, "it is a ward's"
    ward = await access_ward(ctx, store.ward_id)
    return WardTransferPage(ward.id, ward.name, await transfers.transfer_with_lines(ctx, scope.id))


async def request_page(ctx: Context, scope: RequestScope) -> RequestPage:
    """What a ward asked for, and the stores that could send it."""
    found = await requests.request_of(ctx, scope.id)
    today = today_in(ctx.caller.time_zone)
    sources = await ward_queries.sources(ctx.db, scope, product_id=found.product_id, today=today)
    return RequestPage(found, [each for each in sources if each.store_id != found.store_id])
