"""Stores, products, lots, the ledger, transfers, suppliers and orders, as the pharmacy sees them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from wardline.identity.public import HospitalScope

KIND_WORDS = {"pharmacy": "Pharmacy", "ward": "Ward cupboard", "controlled": "Controlled cabinet"}
EXPIRING_DAYS = 90
EXPIRING_OFFERED = (30, 90, 180)
LIFE_YEARS_MAX = 15  # no pack is good for longer: it is a slip of the finger


class Move(StrEnum):
    """What a line of the ledger is."""

    RECEIPT = "receipt"
    DISPENSE = "dispense"
    RETURN = "return"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    WRITE_OFF = "write_off"
    COUNT = "count"


MOVE_WORDS = {
    Move.RECEIPT: "Received",
    Move.DISPENSE: "Taken",
    Move.RETURN: "Returned",
    Move.TRANSFER_IN: "From another store",
    Move.TRANSFER_OUT: "To another store",
    Move.WRITE_OFF: "Written off",
    Move.COUNT: "Count corrected",
}


class Product(Struct):
    """A medicine as it is kept: an ingredient of the drug table in a form and strength, counted in `unit`s."""

    id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    pack_quantity: int
    gtin: str | None
    is_controlled: bool
    active: bool
    version: int
    tall_man: str = ""

    @property
    def name(self) -> str:
        """How it is spoken of."""
        return f"{self.tall_man or self.ingredient} {self.strength} {self.form}"


class Lot(Struct):
    """A lot in a store. Unusable ones say why: `expired` or `quarantined`."""

    id: UUID
    store_id: UUID
    product_id: UUID
    number: str
    expires_on: date
    is_quarantined: bool
    quarantine_reason: str
    quantity: int
    version: int  # of the quantity; a count names it
    lot_version: int  # of the lot; quarantine names it
    counted_at: datetime | None = None
    unusable: str | None = None
    days_left: int = 0


class StockScope(HospitalScope, frozen=True, kw_only=True):
    """The stock of the caller's hospital; `zone` says where its days end."""

    zone: str = "UTC"


class ExpiringScope(StockScope, frozen=True, kw_only=True):
    """What of the stock expires within so many days."""

    days: int


class StoreScope(StockScope, frozen=True, kw_only=True):
    """One store of the caller's hospital."""

    id: UUID
    name: str
    kind: str
    ward_id: UUID | None = None


class WardStockScope(StockScope, frozen=True, kw_only=True):
    """The stores of one ward of the caller's hospital."""

    ward_id: UUID
    ward: str


class RequestScope(HospitalScope, frozen=True, kw_only=True):
    """What a ward asked for, at the caller's hospital."""

    id: UUID
    ward_id: UUID


class SupplierScope(HospitalScope, frozen=True, kw_only=True):
    """One supplier of the caller's hospital."""

    id: UUID


class ShelfScope(StoreScope, frozen=True, kw_only=True):
    """A product in one store of the caller's hospital."""

    product: Product


class LevelScope(StoreScope, frozen=True, kw_only=True):
    """A lot in one store of the caller's hospital."""

    lot_id: UUID
    product_id: UUID


class LotScope(HospitalScope, frozen=True, kw_only=True):
    """One lot of the caller's hospital, wherever it lies."""

    id: UUID
    product_id: UUID


class ProductScope(HospitalScope, frozen=True, kw_only=True):
    """One product of the caller's hospital."""

    product: Product


class TransferScope(HospitalScope, frozen=True, kw_only=True):
    """One transfer between two stores of the caller's hospital."""

    id: UUID
    from_store_id: UUID
    to_store_id: UUID


class PurchaseScope(HospitalScope, frozen=True, kw_only=True):
    """One order to a supplier of the caller's hospital."""

    id: UUID
    store_id: UUID


class Held(Struct, frozen=True):
    """A lot in a store that is locked for this transaction."""

    lot_id: UUID
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    is_controlled: bool
    number: str
    expires_on: date
    is_quarantined: bool
    quantity: int
    version: int

    @property
    def words(self) -> str:
        """`amoxicillin 500 mg capsule, lot A123`."""
        return f"{self.ingredient} {self.strength} {self.form}, lot {self.number}"


class Line(Struct, frozen=True):
    """A line for the ledger: how much of a lot comes (above zero) or goes; zero for a count that found what was expected."""

    lot_id: UUID
    quantity: int


class Entry(Struct):
    """A line of the ledger."""

    id: UUID
    at: datetime
    number: int
    kind: str
    quantity: int
    balance: int
    lot: str
    expires_on: date
    reference: UUID | None
    reason: str
    actor: str | None
    witness: str | None
    words: str = ""


class Store(Struct):
    """A store with how much of it asks for attention."""

    id: UUID
    name: str
    kind: str
    ward_id: UUID | None
    active: bool
    version: int
    products: int
    low: int
    expiring: int
    unusable: int
    closed_reason: str = ""
    kind_words: str = ""


class Shelf(Struct):
    """A product in a store: quantity, thresholds, use and the days that it lasts."""

    store_id: UUID
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    pack_quantity: int
    is_controlled: bool
    quantity: int
    usable: int
    reorder_level: int
    target_level: int
    version: int
    used: int  # in the last `use_days` days
    use_days: int
    next_expiry: date | None
    quarantined: int
    on_order: int
    store: str
    tall_man: str = ""
    cover_days: float | None = None
    bar: tuple[float, float, float, float] | None = None
    days_to_expiry: int | None = None

    @property
    def name(self) -> str:
        return f"{self.tall_man or self.ingredient} {self.strength} {self.form}"

    @property
    def is_low(self) -> bool:
        """At or under the reorder level, counted without what may not be used."""
        return self.reorder_level > 0 and self.usable <= self.reorder_level


class ExpiringLot(Struct):
    """A lot in a store that expires soon, or has."""

    store_id: UUID
    store: str
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    lot_id: UUID
    number: str
    expires_on: date
    is_quarantined: bool
    quantity: int
    tall_man: str = ""
    days_left: int = 0

    @property
    def name(self) -> str:
        return f"{self.tall_man or self.ingredient} {self.strength} {self.form}"


class Astray(Struct):
    """A controlled drug that lies in an open store, or a product that is not marked as one though the drug table says so."""

    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    store_id: UUID | None
    store: str | None
    quantity: int
    tall_man: str = ""

    @property
    def name(self) -> str:
        return f"{self.tall_man or self.ingredient} {self.strength} {self.form}"


class CountedLast(Struct, frozen=True):
    """When somebody counted a product of a store last."""

    product_id: UUID
    at: datetime


class Kept(Struct):
    """How much of a product lies in a store."""

    product_id: UUID
    store_id: UUID
    store: str
    quantity: int


class TransferLine(Struct):
    """A lot on its way."""

    transfer_id: UUID
    lot_id: UUID
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    is_controlled: bool
    number: str
    expires_on: date
    sent: int
    received: int | None

    @property
    def name(self) -> str:
        return f"{self.ingredient} {self.strength} {self.form}"

    @property
    def missing(self) -> int:
        """How many did not arrive."""
        return 0 if self.received is None else self.sent - self.received


class Transfer(Struct):
    """Medicines from one store to another."""

    id: UUID
    number: int
    from_store_id: UUID
    from_store: str
    to_store_id: UUID
    to_store: str
    state: str
    sent_at: datetime
    sent_by: str | None
    received_at: datetime | None
    received_by: str | None
    reason: str
    version: int
    lines: list[TransferLine] = field(default_factory=list[TransferLine])


class Supplier(Struct):
    """Who sells medicines to the hospital."""

    id: UUID
    name: str
    email: str
    phone: str
    active: bool
    version: int
    closed_reason: str = ""


class Request(Struct):
    """What a ward asked the pharmacy for."""

    id: UUID
    number: int
    ward_id: UUID
    ward: str
    store_id: UUID
    store: str
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    is_controlled: bool
    quantity: int
    note: str
    state: str
    transfer_id: UUID | None
    task_id: UUID
    reason: str
    ended_at: datetime | None
    ended_by: str | None
    version: int
    created_at: datetime
    created_by: str | None
    tall_man: str = ""

    @property
    def name(self) -> str:
        return f"{self.tall_man or self.ingredient} {self.strength} {self.form}"


class Source(Struct):
    """A store from which something that was asked for can be sent."""

    store_id: UUID
    store: str
    usable: int


class PurchaseLine(Struct):
    """A product of an order, in single units."""

    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    pack_quantity: int
    ordered: int
    received: int
    is_controlled: bool

    @property
    def name(self) -> str:
        return f"{self.ingredient} {self.strength} {self.form}"


class Purchase(Struct):
    """An order to a supplier."""

    id: UUID
    number: int
    supplier_id: UUID
    supplier: str
    store_id: UUID
    store: str
    state: str
    sent_at: datetime | None
    sent_by: str | None
    reason: str
    version: int
    created_at: datetime
    created_by: str | None
    products: int
    ordered: int
    received: int
    lines: list[PurchaseLine] = field(default_factory=list[PurchaseLine])
