"""The stores of the demo network: what lies where, what was used in the last four weeks, what is low, expiring, on its way.

Every quantity comes from lines of the ledger, as in a real hospital; the database adds them up while they are written.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, field

from wardline.demo.book import Book
from wardline.demo.dice import Dice
from wardline.demo.network import Hospital, Staff, Ward
from wardline.stock.gs1 import check_digit

HISTORY_DAYS = 28
WEEKS_IN_STOCK = (2, 4)
CUPBOARDS_OF_HOSPITAL = 6
LOW_EVERY, EXPIRING_EVERY = 9, 7


class Kept(NamedTuple):
    """A product with how many units a hospital uses of it in a day; `ward` on wards too."""

    ingredient: str
    form: str
    strength: str
    unit: str
    pack: int
    day: int
    ward: bool = False
    controlled: bool = False


PRODUCTS = (
    Kept("paracetamol", "tablet", "500 mg", "tablet", 100, 160, True),
    Kept("paracetamol", "injection", "10 mg/ml", "vial", 10, 14),
    Kept("ibuprofen", "tablet", "400 mg", "tablet", 84, 30, True),
    Kept("amoxicillin", "capsule", "500 mg", "capsule", 21, 36, True),
    Kept("co-amoxiclav", "tablet", "500 mg/125 mg", "tablet", 21, 24),
    Kept("co-amoxiclav", "injection", "1.2 g", "vial", 10, 18),
    Kept("flucloxacillin", "capsule", "500 mg", "capsule", 28, 26),
    Kept("piperacillin-tazobactam", "injection", "4.5 g", "vial", 10, 16),
    Kept("ceftriaxone", "injection", "1 g", "vial", 10, 9),
    Kept("doxycycline", "capsule", "100 mg", "capsule", 8, 12),
    Kept("clarithromycin", "tablet", "500 mg", "tablet", 14, 10),
    Kept("metronidazole", "tablet", "400 mg", "tablet", 21, 9),
    Kept("gentamicin", "injection", "40 mg/ml", "ampoule", 10, 6),
    Kept("vancomycin", "injection", "500 mg", "vial", 10, 7),
    Kept("trimethoprim", "tablet", "200 mg", "tablet", 14, 8),
    Kept("nitrofurantoin", "capsule", "100 mg", "capsule", 14, 8),
    Kept("omeprazole", "capsule", "20 mg", "capsule", 28, 52, True),
    Kept("lansoprazole", "capsule", "30 mg", "capsule", 28, 22),
    Kept("ondansetron", "tablet", "4 mg", "tablet", 30, 12, True),
    Kept("cyclizine", "injection", "50 mg/ml", "ampoule", 5, 9, True),
    Kept("metoclopramide", "tablet", "10 mg", "tablet", 28, 8),
    Kept("senna glycosides", "tablet", "7.5 mg", "tablet", 60, 30, True),
    Kept("lactulose", "oral liquid", "3.4 g/5 ml", "bottle", 1, 3),
    Kept("furosemide", "tablet", "40 mg", "tablet", 28, 44, True),
    Kept("furosemide", "injection", "10 mg/ml", "ampoule", 10, 15, True),
    Kept("bisoprolol", "tablet", "2.5 mg", "tablet", 28, 30, True),
    Kept("ramipril", "capsule", "5 mg", "capsule", 28, 24),
    Kept("amlodipine", "tablet", "5 mg", "tablet", 28, 28),
    Kept("atorvastatin", "tablet", "40 mg", "tablet", 28, 34),
    Kept("aspirin", "tablet", "75 mg", "tablet", 28, 40, True),
    Kept("clopidogrel", "tablet", "75 mg", "tablet", 28, 14),
    Kept("apixaban", "tablet", "5 mg", "tablet", 56, 30),
    Kept("warfarin", "tablet", "1 mg", "tablet", 28, 16),
    Kept("enoxaparin", "injection", "40 mg/0.4 ml", "syringe", 10, 34, True),
    Kept("dalteparin", "injection", "5000 units/0.2 ml", "syringe", 10, 8),
    Kept("digoxin", "tablet", "125 micrograms", "tablet", 28, 8),
    Kept("amiodarone", "tablet", "200 mg", "tablet", 28, 6),
    Kept("metformin", "tablet", "500 mg", "tablet", 84, 44),
    Kept("gliclazide", "tablet", "80 mg", "tablet", 28, 12),
    Kept("insulin aspart", "injection", "100 units/ml", "vial", 1, 2),
    Kept("insulin glargine", "injection", "100 units/ml", "pen", 5, 2),
    Kept("glucose", "injection", "500 mg/ml", "ampoule", 10, 2),
    Kept("prednisolone", "tablet", "5 mg", "tablet", 28, 40),
    Kept("hydrocortisone", "injection", "100 mg", "vial", 10, 6),
    Kept("salbutamol", "nebuliser liquid", "2.5 mg/2.5 ml", "ampoule", 20, 30, True),
    Kept("ipratropium bromide", "nebuliser liquid", "500 micrograms/2 ml", "ampoule", 20, 12),
    Kept("levothyroxine", "tablet", "50 micrograms", "tablet", 28, 10),
    Kept("sertraline", "tablet", "50 mg", "tablet", 28, 14),
    Kept("haloperidol", "injection", "5 mg/ml", "ampoule", 10, 2),
    Kept("naloxone", "injection", "400 micrograms/ml", "ampoule", 10, 1),
    Kept("epinephrine", "injection", "1 mg/10 ml", "syringe", 10, 1),
    Kept("sodium chloride", "infusion", "9 mg/ml 1 l", "bag", 10, 40, True),
    Kept("potassium chloride", "infusion", "3 mg/ml 1 l", "bag", 10, 5),
    Kept("codeine", "tablet", "30 mg", "tablet", 28, 20),
    Kept("morphine", "injection", "10 mg/ml", "ampoule", 10, 5, controlled=True),
    Kept("morphine", "oral liquid", "10 mg/5 ml", "bottle", 1, 1, controlled=True),
    Kept("oxycodone", "capsule", "5 mg", "capsule", 56, 7, controlled=True),
    Kept("fentanyl", "patch", "25 micrograms/h", "patch", 5, 1, controlled=True),
    Kept("ketamine", "injection", "10 mg/ml", "vial", 10, 1, controlled=True),
    Kept("midazolam", "injection", "1 mg/ml", "ampoule", 10, 4, controlled=True),
)
SUPPLIERS = (
    ("Meridian Wholesale", "orders@meridian.example", "01632 960011"),
    ("Northern Hospital Supplies", "desk@northern.example", "01632 960028"),
    ("Kestrel Specials", "lab@kestrel.example", "01632 960047"),
)


class Line(NamedTuple):
    """A movement that will be written, when its time in the ledger comes."""

    at: datetime
    store_id: UUID
    lot_id: UUID
    kind: str
    quantity: int
    reference: UUID | None
    reason: str
    witness: Staff | None


class Place(Struct):
    """A store with what lies in it, by lot."""

    id: UUID
    ward: Ward | None
    holds: dict[UUID, int] = field(default_factory=dict[UUID, int])


class Shelves:
    """Fills the stores of hospitals into the book."""

    def __init__(self, book: Book, dice: Dice, now: datetime) -> None:
        self.book, self.dice, self.now = book, dice, now
        self.since = now - timedelta(days=HISTORY_DAYS)
        self.lines: list[Line] = []

    def fill(self, hospital: Hospital) -> None:
        """Stores, products, four weeks of the ledger, a transfer on its way and orders."""
        self.lines = []
        main = self._store(hospital, "Main pharmacy", "pharmacy", None)
        cabinet = self._store(hospital, "Controlled drugs", "controlled", None)
        cupboards = [
            self._store(hospital, f"Ward {ward.number} cupboard", "ward", ward)
            for ward in hospital.wards[-CUPBOARDS_OF_HOSPITAL:]
        ]
        low: list[tuple[UUID, Kept]] = []
        for number, kept in enumerate(PRODUCTS):
            product = self._product(hospital, kept, number)
            is_low = number % LOW_EVERY == 4
            low += [(product, kept)] if is_low else []
            lots = self._stocked(hospital, cabinet if kept.controlled else main, product, kept, number, is_low=is_low)
            if kept.ward:
                for cupboard in cupboards:
                    self._supply(hospital, main, cupboard, product, kept, lots[-1])
        self._on_its_way(hospital, main, cupboards[0])
        self._orders(hospital, main, low)
        pharmacist = hospital.pharmacists[0]
        for line in sorted(self.lines, key=lambda line: line.at):
            self._entry(hospital, line, pharmacist)

    # --- places and products -----------------------------------------------------------------------------------------
    def _store(self, hospital: Hospital, name: str, kind: str, ward: Ward | None) -> Place:
        place = Place(self.dice.id(self.since), ward)
        self.book.add(
            "stock.store",
            hospital_id=hospital.id,
            id=place.id,
            name=name,
            kind=kind,
            ward_id=ward.id if ward else None,
            created_at=self.since,
        )
        return place

    def _product(self, hospital: Hospital, kept: Kept, number: int) -> UUID:
        product = self.dice.id(self.since)
        # Numbers beginning with 02 are for use inside a company: nobody's real pack carries them.
        digits = f"002{number:010}"
        self.book.add(
            "stock.product",
            hospital_id=hospital.id,
            id=product,
            ingredient=kept.ingredient,
            form=kept.form,
            strength=kept.strength,
            unit=kept.unit,
            pack_quantity=kept.pack,
            gtin=digits + check_digit(digits),
            is_controlled=kept.controlled,
            created_at=self.since,
        )
        return product

    def _lot(self, hospital: Hospital, product: UUID, days: int, *, quarantine: str = "") -> UUID:
        lot = self.dice.id(self.since)
        self.book.add(
            "stock.lot",
            hospital_id=hospital.id,
            id=lot,
            product_id=product,
            number=f"{self.dice.one_of('ABCDEFGHKLMN')}{self.dice.whole(10_000, 99_999)}",
            expires_on=(self.now + timedelta(days=days)).date(),
            is_quarantined=bool(quarantine),
            quarantine_reason=quarantine,
            created_at=self.since,
        )
        return lot

    def _shelf(self, hospital: Hospital, place: Place, product: UUID, reorder: int, target: int) -> None:
        self.book.add(
            "stock.shelf",
            hospital_id=hospital.id,
            store_id=place.id,
            product_id=product,
            reorder_level=reorder,
            target_level=target,
            created_at=self.since,
        )

    # --- the ledger --------------------------------------------------------------------------------------------------
    def _stocked(
        self, hospital: Hospital, place: Place, product: UUID, kept: Kept, number: int, *, is_low: bool
    ) -> list[UUID]:
        """Two lots of a product, and what left them: the first is nearly used up, the second is not."""
        self._shelf(hospital, place, product, kept.day * 10, kept.day * 42)
        witness = self.dice.one_of(hospital.wards).nurses[0] if kept.controlled else None
        soon = number % EXPIRING_EVERY == 3
        recalled = "Recalled by the maker, class 2" if number == EXPIRING_EVERY + 1 else ""
        lots = [
            self._lot(hospital, product, self.dice.whole(9, 80) if soon else self.dice.whole(120, 260)),
            self._lot(hospital, product, self.dice.whole(300, 900), quarantine=recalled),
        ]
        used = kept.day * HISTORY_DAYS
        first = -(-(used + kept.day * 3) // kept.pack) * kept.pack
        weeks = self.dice.whole(*WEEKS_IN_STOCK)
        second = kept.pack if is_low else -(-kept.day * 7 * weeks // kept.pack) * kept.pack
        for lot, quantity in zip(lots, (first, second), strict=True):
            at = self.since + timedelta(hours=self.dice.whole(0, 8))
            self._move(at, place, lot, "receipt", quantity, witness=witness)
        for day in range(1, HISTORY_DAYS, 3):
            at = self.since + timedelta(days=day, minutes=self.dice.whole(0, 500))
            taken = max(1, round(kept.day * 3 * self.dice.between(0.75, 1.25)))
            self._take(at, place, lots, taken, witness)
        if soon and not kept.controlled:
            old = self._lot(hospital, product, -self.dice.whole(1, 12))
            self._move(self.since, place, old, "receipt", kept.pack)
        return lots

    def _take(self, at: datetime, place: Place, lots: list[UUID], quantity: int, witness: Staff | None) -> None:
        """Takes from the first lot that has it; less when there is less. Never from the second lot of a recalled product."""
        lot = lots[0]
        taken = min(quantity, place.holds.get(lot, 0))
        if taken:
            self._move(at, place, lot, "dispense", -taken, reference=self.dice.id(at), witness=witness)

    def _supply(self, hospital: Hospital, main: Place, cupboard: Place, product: UUID, kept: Kept, lot: UUID) -> None:
        """What a ward's cupboard got from the pharmacy, and used."""
        day = max(1, kept.day // 12)
        self._shelf(hospital, cupboard, product, day * 4, day * 12)
        wanted = min(day * self.dice.whole(14, 34), main.holds[lot] // (CUPBOARDS_OF_HOSPITAL + 1))
        if wanted < 1:
            return
        sent = self.since + timedelta(days=2, minutes=self.dice.whole(0, 300))
        paper = self._transfer(hospital, main, cupboard, sent, sent + timedelta(hours=1), [(lot, wanted)])
        self._move(sent, main, lot, "transfer_out", -wanted, reference=paper)
        self._move(sent + timedelta(hours=1), cupboard, lot, "transfer_in", wanted, reference=paper)
        for number in range(1, 6):
            at = sent + timedelta(days=4 * number, minutes=self.dice.whole(0, 500))
            taken = min(round(day * self.dice.between(1.2, 3.4)), cupboard.holds[lot])
            if taken:
                self._move(at, cupboard, lot, "dispense", -taken, reference=self.dice.id(at), reason="Ward use")

    def _move(
        self,
        at: datetime,
        place: Place,
        lot: UUID,
        kind: str,
        quantity: int,
        *,
        reference: UUID | None = None,
        reason: str = "",
        witness: Staff | None = None,
    ) -> None:
        place.holds[lot] = place.holds.get(lot, 0) + quantity
        self.lines.append(Line(at, place.id, lot, kind, quantity, reference, reason, witness))

    def _entry(self, hospital: Hospital, line: Line, pharmacist: Staff) -> None:
        self.book.add(
            "stock.entry",
            hospital_id=hospital.id,
            id=self.dice.id(line.at),
            at=line.at,
            store_id=line.store_id,
            lot_id=line.lot_id,
            kind=line.kind,
            quantity=line.quantity,
            reference=line.reference,
            reason=line.reason,
            actor_id=pharmacist.id,
            witness_id=line.witness.id if line.witness else None,
        )

    # --- papers ------------------------------------------------------------------------------------------------------
    def _transfer(
        self,
        hospital: Hospital,
        here: Place,
        there: Place,
        sent_at: datetime,
        received_at: datetime | None,
        lots: list[tuple[UUID, int]],
    ) -> UUID:
        paper = self.dice.id(sent_at)
        nurse = there.ward.nurses[0] if there.ward else hospital.pharmacists[0]
        self.book.add(
            "stock.transfer",
            hospital_id=hospital.id,
            id=paper,
            from_store_id=here.id,
            to_store_id=there.id,
            state="received" if received_at else "sent",
            sent_at=sent_at,
            sent_by=hospital.pharmacists[0].id,
            received_at=received_at,
            received_by=nurse.id if received_at else None,
        )
        for lot, quantity in lots:
            self.book.add(
                "stock.transfer_line",
                hospital_id=hospital.id,
                transfer_id=paper,
                lot_id=lot,
                sent=quantity,
                received=quantity if received_at else None,
            )
        return paper

    def _on_its_way(self, hospital: Hospital, main: Place, cupboard: Place) -> None:
        """A box that nobody has unpacked yet."""
        lots = [(lot, min(20, held // 4)) for lot, held in cupboard.holds.items() if main.holds.get(lot, 0) >= 40][:2]
        lots = [(lot, quantity) for lot, quantity in lots if quantity]
        if not lots:
            return
        sent = self.now - timedelta(minutes=self.dice.whole(15, 90))
        paper = self._transfer(hospital, main, cupboard, sent, None, lots)
        for lot, quantity in lots:
            self._move(sent, main, lot, "transfer_out", -quantity, reference=paper)

    def _orders(self, hospital: Hospital, main: Place, low: list[tuple[UUID, Kept]]) -> None:
        """Suppliers, an order that was sent yesterday, and a draft."""
        suppliers = [self._supplier(hospital, *given) for given in SUPPLIERS]
        open_kept = [(product, kept) for product, kept in low if not kept.controlled]
        sent, drafted = open_kept[:3], open_kept[3:5]
        for supplier, state, wanted in ((suppliers[0], "sent", sent), (suppliers[1], "draft", drafted)):
            at = self.now - timedelta(days=1, hours=self.dice.whole(1, 6))
            purchase = self.dice.id(at)
            self.book.add(
                "stock.purchase",
                hospital_id=hospital.id,
                id=purchase,
                supplier_id=supplier,
                store_id=main.id,
                state=state,
                sent_at=at + timedelta(hours=1) if state == "sent" else None,
                sent_by=hospital.pharmacists[0].id if state == "sent" else None,
                created_at=at,
                created_by=hospital.pharmacists[0].id,
            )
            for product, kept in wanted:
                packs = -(-kept.day * 35 // kept.pack)
                self.book.add(
                    "stock.purchase_line",
                    hospital_id=hospital.id,
                    purchase_id=purchase,
                    product_id=product,
                    ordered=packs * kept.pack,
                )

    def _supplier(self, hospital: Hospital, name: str, email: str, phone: str) -> UUID:
        supplier = self.dice.id(self.since)
        self.book.add(
            "stock.supplier",
            hospital_id=hospital.id,
            id=supplier,
            name=name,
            email=email,
            phone=phone,
            created_at=self.since,
        )
        return supplier
