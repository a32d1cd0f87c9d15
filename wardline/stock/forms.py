"""What people and programs send to stock."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from wardline.platform.http import Input

Words = Annotated[str, Meta(max_length=400)]
Reason = Annotated[str, Meta(min_length=3, max_length=400)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
Counted = Annotated[int, Meta(ge=0, le=1_000_000)]
LotNumber = Annotated[str, Meta(max_length=20, pattern="^[ -~]*$")]
Lots = Annotated[list[UUID], Meta(min_length=1, max_length=60)]
Quantities = Annotated[list[Counted], Meta(min_length=1, max_length=60)]


class Witnessed(Input, kw_only=True):
    """What a second person signs with, when a controlled drug is moved."""

    witness_email: Annotated[str, Meta(max_length=200)] = ""
    witness_password: Annotated[str, Meta(max_length=200)] = ""


class NewStore(Input, kw_only=True):
    """A store: the pharmacy's, a ward's cupboard, or a controlled cabinet."""

    name: Name
    kind: Literal["pharmacy", "ward", "controlled"]
    ward_id: UUID | None = None


class NewProduct(Input, kw_only=True):
    """A medicine to be kept. The ingredient may go by any name that the drug table knows; GTIN from the pack if it has one."""

    ingredient: Annotated[str, Meta(min_length=2, max_length=120)]
    form: Annotated[str, Meta(min_length=2, max_length=60)]
    strength: Annotated[str, Meta(min_length=1, max_length=60)]
    unit: Annotated[str, Meta(min_length=1, max_length=30)]
    pack_quantity: Annotated[int, Meta(ge=1, le=100_000)]
    gtin: Annotated[str, Meta(max_length=14)] = ""
    is_controlled: bool = False


class ProductChange(Input, kw_only=True):
    """What may change of a product: the number on its pack, how many are in one, whether it is still kept, and whether it is a
    controlled drug (as it was, where that is not said).
    """

    pack_quantity: Annotated[int, Meta(ge=1, le=100_000)]
    gtin: Annotated[str, Meta(max_length=14)] = ""
    active: bool = True
    is_controlled: bool | None = None


class Thresholds(Input, kw_only=True):
    """At how many units to order, and up to how many."""

    reorder_level: Counted
    target_level: Counted


class NewReceipt(Witnessed, kw_only=True):
    """Medicines that arrived: the pack's code, or product, lot and expiry by hand; in packs or in single units."""

    code: Annotated[str, Meta(max_length=200)] = ""
    product_id: UUID | None = None
    lot: LotNumber = ""
    expires_on: date | None = None
    quantity: Quantity | None = None
    packs: Quantity | None = None
    purchase_id: UUID | None = None


class ReceiptQuery(Input, kw_only=True):
    """What the form of a receipt begins with: a scanned code, a product, or the order that is being received."""

    code: Annotated[str, Meta(max_length=200)] = ""
    product_id: UUID | None = None
    purchase_id: UUID | None = None


class Count(Witnessed, kw_only=True):
    """What was counted of a lot, and how a difference is explained."""

    counted: Counted
    reason: Words = ""


class WriteOff(Witnessed, kw_only=True):
    """How much of a lot is thrown away, and why."""

    quantity: Quantity
    reason: Reason


class Issue(Witnessed, kw_only=True):
    """How much of a lot is handed out without the pharmacy's queue, and to whom or what for."""

    quantity: Quantity
    reason: Reason


class Because(Input, kw_only=True):
    """Why."""

    reason: Reason


class NewTransfer(Witnessed, kw_only=True):
    """Lots for another store, each with its quantity at the same place of the second list."""

    to_store_id: UUID
    lots: Lots
    quantities: Quantities


class Arrived(Witnessed, kw_only=True):
    """What arrived of a transfer, or came back of one that is recalled; less than was sent, and a recall, need a reason."""

    lots: Lots
    quantities: Quantities
    reason: Annotated[str, Meta(max_length=380)] = ""  # the ledger's line holds it with its own words before it


class StoreChange(Input, kw_only=True):
    """Another name for a store."""

    name: Name


class NewRequest(Input, kw_only=True):
    """What a ward asks for, for one of its own stores."""

    store_id: UUID
    product_id: UUID
    quantity: Quantity
    note: Words = ""


class Sending(Witnessed, kw_only=True):
    """From which store something that was asked for is sent, and how much; less says why."""

    from_store_id: UUID
    quantity: Quantity
    reason: Words = ""


class NewSupplier(Input, kw_only=True):
    """Who sells medicines to the hospital."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    email: Annotated[str, Meta(max_length=120)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""


class NewPurchase(Input, kw_only=True):
    """An order to a supplier: products with their quantities in single units; none takes what is low in the store."""

    supplier_id: UUID
    store_id: UUID
    products: Annotated[list[UUID], Meta(max_length=200)] = []
    quantities: Annotated[list[Counted], Meta(max_length=200)] = []


class PurchaseLines(Input, kw_only=True):
    """The lines of a draft, whole: what is missing is taken off, a zero too."""

    products: Annotated[list[UUID], Meta(min_length=1, max_length=200)]
    quantities: Annotated[list[Counted], Meta(min_length=1, max_length=200)]


class ProductsQuery(Input, kw_only=True):
    """Words of a name; everything without any."""

    q: Annotated[str, Meta(max_length=60)] = ""


class StoreQuery(Input, kw_only=True):
    """Which part of a store is shown: all of it, what is low, or what expires soon."""

    show: Literal["all", "low", "expiring"] = "all"


class LedgerQuery(Input, kw_only=True):
    """Lines before this number."""

    before: Annotated[int, Meta(ge=1, le=2_000_000_000)] | None = None


class RegisterQuery(Input, kw_only=True):
    """From which day to which day, in the hospital's zone; the last 31 days without any."""

    since: date | None = None
    until: date | None = None


class ExpiringQuery(Input, kw_only=True):
    """Within how many days."""

    days: Literal[30, 90, 180] = 90
