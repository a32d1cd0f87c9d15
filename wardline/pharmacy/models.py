"""The queue, dispensings and what can be dispensed, as the pharmacy and the wards see them. Words follow FHIR
MedicationDispense where it has one.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from wardline.identity.public import HospitalScope
from wardline.orders.public import HistoryStep, Medicine, MedicineRow, Numbers, ShownAlert, Verification
from wardline.patients.public import Banner, PatientScope
from wardline.platform.http import Input

LISTS = {
    "new": "New",
    "query": "Query",
    "ready": "Ready to dispense",
    "waiting": "Waiting for collection",
}
SUPPLY_DAYS = 7  # how long a supply lasts when the order does not say; own, for a hospital to change on the screen
QUANTITY_MAX = 100_000
Why = Annotated[str, Meta(min_length=3, max_length=500)]
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


# --- what is sent ------------------------------------------------------------------------------------------------------
class QueueQuery(Input):
    """Where a page of the queue begins."""

    after: str | None = None


class OrderQuery(Input):
    """`sheet` asks for the sheet beside the queue; a product of a store and the days fill the form."""

    sheet: bool = False
    store_id: UUID | None = None
    product_id: UUID | None = None
    days: Annotated[int, Meta(ge=1, le=400)] | None = None


class Remark(Input):
    """What a pharmacist notes when they verify; may be empty."""

    words: Annotated[str, Meta(max_length=1000)] = ""


class Question(Input):
    """What the prescriber is asked."""

    question: Annotated[str, Meta(min_length=3, max_length=1000)]


class Because(Input):
    """Why an order is refused, or not dispensed."""

    reason: Why


class Signed(Input, kw_only=True):
    """The second person who signs for a controlled drug; empty for others."""

    witness_email: Annotated[str, Meta(max_length=200)] = ""
    witness_password: Annotated[str, Meta(max_length=200)] = ""


class NewDispense(Signed, kw_only=True):
    """What is dispensed: `quantity` units now of the `needed` ones; the rest is owed. Without `lot_id` first expiry goes first;
    another choice says why in `lot_reason`, another form or strength than ordered in `substitution_reason`, more than twice what
    the order needs (and more than a pack) in `quantity_reason`.
    """

    store_id: UUID
    product_id: UUID
    quantity: Quantity
    needed: Quantity | None = None
    days_supply: Annotated[int, Meta(ge=1, le=400)] | None = None
    lot_id: UUID | None = None
    lot_reason: Annotated[str, Meta(max_length=500)] = ""
    substitution_reason: Annotated[str, Meta(max_length=500)] = ""
    quantity_reason: Annotated[str, Meta(max_length=500)] = ""


class HandedOver(Input):
    """Who took it: the patient, a relative, the ward; and why `although` the order was changed or stopped meanwhile."""

    received_by: Annotated[str, Meta(min_length=2, max_length=120)]
    although: Annotated[str, Meta(max_length=500)] = ""


class NewReturn(Signed, kw_only=True):
    """What comes back, to the shelf that it came from; what `is_opened` is written off there at once and used for nobody."""

    lot_id: UUID
    quantity: Quantity
    reason: Annotated[str, Meta(min_length=3, max_length=380)]  # the ledger's line holds it with its own word before it
    is_opened: bool = False


class Scan(Input):
    """What a scanner read: the code of a label or a wristband."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]


# --- the queue ---------------------------------------------------------------------------------------------------------
class ListScope(HospitalScope, frozen=True, kw_only=True):
    """One list of the pharmacy of the caller's hospital."""

    which: str


class OrderScope(HospitalScope, frozen=True, kw_only=True):
    """An order of the caller's hospital, for the pharmacy."""

    row: MedicineRow
    patient: PatientScope
    zone: str


class DispenseScope(HospitalScope, frozen=True, kw_only=True):
    """A dispensing of the caller's hospital."""

    id: UUID
    medicine_id: UUID
    person_id: UUID


class HeldScope(DispenseScope, frozen=True, kw_only=True):
    """A dispensing of the caller's hospital to be changed; its order is held, so that both see each other."""

    order: OrderScope


class Counts(Struct):
    """How many wait in each list."""

    new: int
    query: int
    ready: int
    waiting: int


class QueueRow(Struct):
    """A line of the queue. `id` is the order's, or the dispensing's where that is what waits."""

    id: UUID
    medicine_id: UUID
    patient_id: UUID
    family: str
    given: str
    born_on: date | None
    bed_label: str | None
    name: str
    kind: str
    line: str  # in words
    prescribed_at: datetime
    prescribed_by: str | None
    decided: str | None  # the last decision, of whatever version
    decided_version: int | None
    version: int
    words: str | None
    answer: str | None
    number: str | None  # of the dispensing
    quantity: int | None
    owed: int | None
    unit: str | None
    since: datetime
    tall_man: str = ""
    dose: str = ""
    parts: list[str] = field(default_factory=list[str])

    @property
    def is_stat(self) -> bool:
        """Once only, and at once: before everything else."""
        return self.kind == "once"

    @property
    def is_changed(self) -> bool:
        """Somebody decided on an earlier version of it."""
        return self.decided is not None and self.decided_version != self.version


class Queue(Struct):
    """A page of one list, what is once only first, then by the order's own time."""

    which: str
    name: str
    counts: Counts
    items: list[QueueRow]
    next: str | None = None
    lists: list[tuple[str, str]] = field(default_factory=lambda: list(LISTS.items()))


# --- dispensing --------------------------------------------------------------------------------------------------------
class Offer(Struct):
    """A lot of a product that could be dispensed, in a store. `unusable` says why it may not: expired, quarantined."""

    store_id: UUID
    store: str
    product_id: UUID
    ingredient: str
    form: str
    strength: str
    unit: str
    is_controlled: bool
    lot_id: UUID | None
    lot_number: str | None
    expires_on: date | None
    is_quarantined: bool
    quantity: int
    pack_quantity: int = 1
    unusable: str = ""


class Choice(Struct):
    """A product in a store with its lots, first expiry first, and how much of it the order needs."""

    store_id: UUID
    store: str
    product_id: UUID
    name: str
    tall_man: str
    form: str
    strength: str
    unit: str
    is_controlled: bool
    is_as_ordered: bool
    available: int
    units_per_dose: float | None
    needed: int | None
    days: int
    lots: list[Offer]
    units: str = ""  # the unit for many of it
    pack_quantity: int = 1
    dose_units: str = ""  # the dose in units: 2 tablets (1 g)
    dose_problem: str = ""  # where it does not come out even
    directions: str = ""  # what the label will say

    @property
    def first(self) -> Offer | None:
        """The lot that is proposed."""
        return next((lot for lot in self.lots if not lot.unusable and lot.quantity > 0), None)


class LotTaken(Struct, frozen=True):
    """How much of a lot a dispensing took, and how much came back."""

    lot_id: UUID
    lot_number: str
    expires_on: date
    quantity: int
    returned: int
    dispense_id: UUID
    is_quarantined: bool = False  # now; it may have been put there since


class Dispense(Struct):
    """A dispensing (FHIR MedicationDispense)."""

    id: UUID
    number: str
    medicine_id: UUID
    medicine_version: int
    patient_id: UUID
    store_id: UUID
    product_id: UUID
    product: str
    unit: str
    dosage: str
    type: str
    status: str
    quantity: int
    owed: int
    returned: int
    days_supply: int | None
    substitution_reason: str
    lot_reason: str
    when_prepared: datetime
    prepared_by: str
    witness: str | None
    when_handed_over: datetime | None
    handed_over_by: str | None
    received_by: str
    although: str
    version: int
    quantity_reason: str = ""
    lots: list[LotTaken] = field(default_factory=list[LotTaken])


class ReturnLine(Struct, frozen=True):
    """What came back of a dispensing."""

    dispense_id: UUID
    at: datetime
    by: str
    lot_number: str
    quantity: int
    reason: str
    is_opened: bool = False


class Supply(Struct, frozen=True):
    """How far the supply of an order is; `dispenses` of it so far, the last of `product_id`, which is what is owed."""

    state: str
    medicine_version: int
    owed: int
    reason: str
    task_id: UUID | None
    since: datetime
    dispenses: int
    product_id: UUID | None
    version: int = 1  # rises with every step of the supply


class OrderPage(Struct, kw_only=True):
    """An order with the patient's context, for who verifies and dispenses it. `version` is what a decision names,
    `dispense_version` what a dispensing does: it rises with every change, decision and dispensing.
    """

    banner: Banner
    medicine: Medicine
    version: int
    dispense_version: int
    verification: Verification | None
    verifications: list[Verification]
    history: list[HistoryStep]
    alerts: list[ShownAlert]
    reasons: dict[str, str]
    numbers: Numbers
    others: list[Medicine]
    supply: Supply | None
    dispenses: list[Dispense]
    choices: list[Choice]
    chosen: Choice | None = None
    days: int = SUPPLY_DAYS


class DispensesPage(Struct, kw_only=True):
    """What was dispensed of an order, newest first, and what came back of it."""

    banner: Banner
    medicine: Medicine
    items: list[Dispense]
    returns: list[ReturnLine]


class DispensePage(Struct, kw_only=True):
    """One dispensing."""

    banner: Banner
    medicine: Medicine
    dispense: Dispense
    returns: list[ReturnLine]
    is_controlled: bool = False
    doubt: str = ""  # what a pharmacist asked about the order as it is now, or why it was refused


# --- where a lot went --------------------------------------------------------------------------------------------------
class TraceScope(HospitalScope, frozen=True, kw_only=True):
    """A lot of the caller's hospital, to see who has something of it."""

    id: UUID


class TracedLot(Struct, frozen=True):
    """A lot, as a recall speaks of it."""

    id: UUID
    number: str
    expires_on: date
    is_quarantined: bool
    quarantine_reason: str
    product: str


class TracedDispense(Struct, frozen=True):
    """Somebody who has, or waits for, `quantity` of a lot."""

    id: UUID
    number: str
    patient_id: UUID
    family: str
    given: str
    born_on: date | None
    mrn: str | None
    bed_label: str | None
    quantity: int
    unit: str
    status: str
    when_prepared: datetime
    when_handed_over: datetime | None
    received_by: str


class TracePage(Struct):
    """Who has something of a lot, newest first; `is_whole` is false when there are more than fit."""

    lot: TracedLot
    items: list[TracedDispense]
    is_whole: bool = True


class Labelled(Struct, frozen=True):
    """What stands on a label."""

    family: str
    given: str
    born_on: date | None
    mrn: str
    network_number: str
    hospital: str
