"""What the pages of stock show: rows put together."""

import itertools
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field

from wardline.stock.models import (
    EXPIRING_OFFERED,
    Astray,
    Entry,
    ExpiringLot,
    Kept,
    Lot,
    Product,
    Purchase,
    Request,
    Shelf,
    Source,
    Store,
    Supplier,
    Transfer,
)


class Overview(Struct):
    """The stores of a hospital, what is low, what expires, and what is on its way."""

    hospital_id: UUID
    stores: list[Store]
    low: list[Shelf]
    expiring: list[ExpiringLot]
    transfers: list[Transfer]
    astray: list[Astray]
    wards: list[tuple[UUID, str]] = field(default_factory=list[tuple[UUID, str]])
    closed: list[Store] = field(default_factory=list[Store])


class StorePage(Struct):
    """A store's shelves, by name."""

    store: Store
    items: list[Shelf]
    show: str = "all"


class ShelfPage(Struct):
    """A product in a store: its lots, first expiry first, and its ledger, newest first."""

    store: Store
    product: Product
    shelf: Shelf | None
    lots: list[Lot]
    entries: list[Entry]
    next: str | None

    @property
    def version(self) -> int:
        """Of the thresholds; 0 while there are none."""
        return self.shelf.version if self.shelf else 0


class LotPage(Struct):
    """A lot in a store, with what can be done with it."""

    store: Store
    product: Product
    lot: Lot
    targets: list[Store]


class ReceiptForm(Struct):
    """The form of a receipt, filled from the pack's code as far as it says."""

    store: Store
    products: list[Product]
    code: str
    product: Product | None
    lot: str
    expires_on: date | None
    purchase: Purchase | None
    problem: str = ""


class LowPage(Struct):
    """What is low in any store, emptiest first, and whom to order from."""

    items: list[Shelf]
    stores: list[tuple[UUID, str]]
    suppliers: list[Supplier]


class ExpiringPage(Struct):
    """Lots that expire soon, have expired, or may not be used."""

    days: int
    items: list[ExpiringLot]
    days_offered: tuple[int, ...] = EXPIRING_OFFERED


class TransfersPage(Struct):
    """What is on its way, and what arrived last."""

    items: list[Transfer]
    arrived: list[Transfer]
    asked: list[Request]


class ProductsPage(Struct):
    """Everything that is kept."""

    items: list[Product]
    kept: list[Kept]
    q: str = ""
    next: str | None = None


class PurchasesPage(Struct):
    """The last orders, newest first, and whom to order from."""

    items: list[Purchase]
    suppliers: list[Supplier]
    stores: list[Store]
    closed: list[Supplier]


class RegisterPage(Struct):
    """The controlled-drug register of a product in a cabinet: every movement with its running balance, oldest first."""

    store: Store
    product: Product
    since: date
    until: date
    opening: int
    closing: int
    items: list[Entry]
    is_whole: bool
    lies_there: int  # now, as the shelf says

    @property
    def is_unbroken(self) -> bool:
        """Whether each line follows the one before: its number, and its balance."""
        pairs = itertools.pairwise(self.items)
        return all(b.number == a.number + 1 and b.balance == a.balance + b.quantity for a, b in pairs)


class RegisterIndex(Struct):
    """The controlled drugs that lie, or lay, in a cabinet, with when each was counted last."""

    store: Store
    items: list[Shelf]
    counted: dict[str, datetime]


class WardStockPage(Struct):
    """What a ward keeps, what is on its way to it, and what it asked for; `products` are what it may ask for."""

    ward_id: UUID
    ward: str
    stores: list[Store]
    items: list[Shelf]
    transfers: list[Transfer]
    requests: list[Request]
    products: list[Product] = field(default_factory=list[Product])


class WardShelfPage(ShelfPage):
    """A product in a store of a ward."""

    ward_id: UUID


class WardTransferPage(Struct):
    """A transfer to a store of a ward."""

    ward_id: UUID
    ward: str
    transfer: Transfer


class RequestPage(Struct):
    """What a ward asked for, and the stores that could send it."""

    request: Request
    sources: list[Source]
