"""Pages put together from rows; used by the routes and by what is pushed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from uuid import UUID

import msgspec

from wardline.encounters.public import banner_with_stay
from wardline.orders.public import (
    DECIDED_WORDS,
    MEDICINES_MAX,
    Drug,
    MedicineLine,
    MedicineRow,
    Verification,
    alerts_of,
    current,
    dose_words,
    drugs_named,
    history,
    line_of,
    marked,
    medicine_of,
    medicines_of,
    numbers_of,
    parts,
    patient_of,
    reasons,
    routes_of_form,
    seen_version,
    tall_man,
    verification_history,
)
from wardline.patients.public import PatientScope
from wardline.pharmacy import queries, rules, wording
from wardline.pharmacy.models import (
    LISTS,
    Choice,
    Dispense,
    DispensePage,
    DispenseScope,
    DispensesPage,
    ListScope,
    Offer,
    OrderPage,
    OrderQuery,
    OrderScope,
    Queue,
    QueueRow,
    Supply,
    TracePage,
    TraceScope,
)
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import BadRequest, NotFound


# --- the queue ---------------------------------------------------------------------------------------------------------
async def queue(db: Db, scope: ListScope, *, after: queries.Cursor) -> Queue:
    """A page of a list with the counts of all of them. 2 queries."""
    async with db.one_connection() as one:
        counts = await queries.counts(one, scope)
        rows = await _rows(one, scope, after)
    page, more = rows[: queries.PAGE_MAX], len(rows) > queries.PAGE_MAX
    rulebook = current()
    for row in page:
        line = msgspec.json.decode(row.line, type=MedicineLine)
        row.tall_man, row.dose, row.parts = tall_man(row.name, rulebook), dose_words(line), parts(line)
        row.line = " ".join(part for part in (row.name, row.dose, *row.parts) if part)
    following = _cursor_of(page[-1], scope.which) if more else None
    return Queue(scope.which, LISTS[scope.which], counts, page, following)


async def _rows(db: Db, scope: ListScope, after: queries.Cursor) -> list[QueueRow]:
    limit = queries.PAGE_MAX + 1
    if scope.which == "ready":
        return await queries.to_dispense(db, scope, after=after, limit=limit)
    if scope.which == "waiting":
        return await queries.to_collect(db, scope, after=after, limit=limit)
    return await queries.unsettled(db, scope, is_asked=scope.which == "query", after=after, limit=limit)


async def live_queue(db: Db, scope: ListScope) -> Queue:
    """The first page, as it is pushed."""
    return await queue(db, scope, after=queries.BEFORE_ALL)


def cursor(text: str | None) -> queries.Cursor:
    """Where a page of the queue begins; BadRequest for a cursor that is none."""
    if text is None:
        return queries.BEFORE_ALL
    try:
        rank, at, last = text.split("~")
        return queries.Cursor(int(rank) % 2, datetime.fromisoformat(at).astimezone(UTC), UUID(last))
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None


def _cursor_of(row: QueueRow, name: str) -> str:
    at = row.since if name == "waiting" else row.prescribed_at
    return f"{0 if row.is_stat else 1}~{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{row.id}"


# --- an order ----------------------------------------------------------------------------------------------------------
async def order_page(db: Db, scope: OrderScope, *, day: date, asked: OrderQuery | None = None) -> OrderPage:
    """An order with everything that a pharmacist looks at before they decide."""
    asked = asked or OrderQuery()
    rulebook, row, where = current(), scope.row, {"hospital_id": scope.hospital_id, "medicine_id": scope.row.id}
    async with db.one_connection() as one:
        banner = await banner_with_stay(one, scope.patient)
        rows = await medicines_of(one, scope.patient, limit=MEDICINES_MAX)
        person = await patient_of(one, scope.patient, day, clock.now())
        decided = await verification_history(one, **where)
        steps = await history(one, **where)
        shown = await alerts_of(one, **where)
        supply = await queries.supply(one, **where)
        given = await queries.dispenses_of(one, **where)
        choices = choices_of(await queries.offers(one, scope, ingredient=row.name), row, day, asked.days)
    standing = [each for each in rows if each.state in ("active", "held") and each.id != row.id]
    page = OrderPage(
        banner=banner,
        medicine=medicine_of(row, rules=rulebook),
        version=seen_version(row, decided),
        dispense_version=dispense_version(row, decided, supply),
        verification=standing_of(row, decided),
        verifications=decided,
        history=steps,
        alerts=shown,
        reasons={each.code: each.display for each in reasons()},
        numbers=numbers_of(person, rulebook),
        others=marked(standing, rulebook),
        supply=supply,
        dispenses=given,
        choices=choices,
        days=rules.supply_days(line_of(row), asked.days),
    )
    page.chosen = _chosen(page, asked)
    return page


def dispense_version(row: MedicineRow, decided: Sequence[Verification], supply: Supply | None) -> int:
    """What a page says it has seen of an order for dispensing."""
    return seen_version(row, decided) + (supply.dispenses + supply.version if supply else 0)


def standing_of(row: MedicineRow, decided: Sequence[Verification]) -> Verification | None:
    """The decision about the order as it is now."""
    return decided[-1] if decided and decided[-1].medicine_version == row.version else None


def doubt_of(row: MedicineRow, decided: Sequence[Verification]) -> str:
    """Who asked about the order as it is now, or refused it, and with which words; empty where nobody did."""
    standing = standing_of(row, decided)
    if standing is None or standing.state == "verified":
        return ""
    return f"{standing.by} {DECIDED_WORDS[standing.state]} the order: {standing.words}"


def _chosen(page: OrderPage, asked: OrderQuery) -> Choice | None:
    """The product that was asked for, or the one that fits best: what is owed, as ordered, and enough of it there."""
    if asked.product_id is not None:
        wanted = [each for each in page.choices if each.product_id == asked.product_id]
        return next((each for each in wanted if each.store_id == asked.store_id), wanted[0] if wanted else None)
    if not page.choices:
        return None
    owed = page.supply.product_id if page.supply and page.supply.state == "part" else None
    return max(
        page.choices,
        key=lambda each: (
            each.product_id == owed,
            each.is_as_ordered,
            each.needed is not None,
            each.available >= (each.needed or 1),
            each.available > 0,
            -(each.needed or 0),
        ),
    )


def choices_of(offers: Sequence[Offer], row: MedicineRow, day: date, days: int | None = None) -> list[Choice]:
    """The products of an order's ingredient, store by store, those that are as ordered first."""
    line, rulebook = line_of(row), current()
    drugs = drugs_named(row.name) or ()
    for offer in offers:
        offer.unusable = rules.unusable(offer, day)
    found = [
        _choice(list(lots), line, tall_man(row.name, rulebook), drugs, days)
        for _, lots in groupby(offers, key=lambda offer: (offer.store_id, offer.product_id))
    ]
    return sorted(found, key=lambda each: (not each.is_as_ordered, each.available == 0, each.form, each.strength))


def _choice(lots: list[Offer], line: MedicineLine, letters: str, drugs: Sequence[Drug], days: int | None) -> Choice:
    one = lots[0]
    own = [route for drug in drugs for form in drug.forms if form.words == one.form for route in form.routes]
    amount = line.amount_to or line.amount or (line.steps[0].amount if line.steps else None)
    counted = amount is not None and not line.per_kg and not line.rate
    each = (
        rules.units_per_dose(amount, strength=one.strength, unit=one.unit, form=one.form)
        if amount and counted
        else None
    )
    told = wording.directions(line, strength=one.strength, unit=one.unit, form=one.form)
    return Choice(
        store_id=one.store_id,
        store=one.store,
        product_id=one.product_id,
        name=f"{one.ingredient} {one.strength} {one.form}",
        tall_man=f"{letters} {one.strength} {one.form}",
        form=one.form,
        strength=one.strength,
        unit=one.unit,
        is_controlled=one.is_controlled,
        is_as_ordered=rules.is_as_ordered(
            line,
            form=one.form,
            strength=one.strength,
            unit=one.unit,
            routes=own or routes_of_form(one.form),
            usual=rules.usual_make(drugs, line.route),
        ),
        available=rules.available(lots),
        units_per_dose=None if each is None else float(each),
        needed=rules.needed(line, strength=one.strength, unit=one.unit, form=one.form, days=days),
        days=rules.supply_days(line, days),
        lots=[lot for lot in lots if lot.lot_id is not None],
        units=rules.plural(one.unit, 2),
        pack_quantity=one.pack_quantity,
        dose_units=told.units,
        dose_problem=told.problem,
        directions=told.words,
    )


# --- what was dispensed ------------------------------------------------------------------------------------------------
async def dispenses_page(db: Db, scope: OrderScope) -> DispensesPage:
    """Every dispensing of an order with its lots, and what came back."""
    async with db.one_connection() as one:
        items = await queries.dispenses_of(one, hospital_id=scope.hospital_id, medicine_id=scope.row.id)
        ids = [each.id for each in items]
        lots = await queries.lots_of(one, hospital_id=scope.hospital_id, dispense_ids=ids)
        back = await queries.returns_of(one, hospital_id=scope.hospital_id, dispense_ids=ids)
        banner = await banner_with_stay(one, scope.patient)
    for each in items:
        each.lots = [lot for lot in lots if lot.dispense_id == each.id]
    return DispensesPage(banner=banner, medicine=medicine_of(scope.row, rules=current()), items=items, returns=back)


async def one_dispense(db: Db, scope: DispenseScope) -> Dispense:
    """A dispensing with its lots."""
    found = await queries.dispense(db, hospital_id=scope.hospital_id, dispense_id=scope.id)
    if found is None:
        raise NotFound
    found.lots = await queries.lots_of(db, hospital_id=scope.hospital_id, dispense_ids=[scope.id])
    return found


async def dispense_page(db: Db, scope: DispenseScope, row: MedicineRow, patient: PatientScope) -> DispensePage:
    """A dispensing with the order that it is for."""
    async with db.one_connection() as one:
        found = await one_dispense(one, scope)
        back = await queries.returns_of(one, hospital_id=scope.hospital_id, dispense_ids=[scope.id])
        banner = await banner_with_stay(one, patient)
        controlled = await queries.is_controlled(one, hospital_id=scope.hospital_id, product_id=found.product_id)
        decided = await verification_history(one, hospital_id=scope.hospital_id, medicine_id=row.id)
    return DispensePage(
        banner=banner,
        medicine=medicine_of(row, rules=current()),
        dispense=found,
        returns=back,
        is_controlled=bool(controlled),
        doubt=doubt_of(row, decided),
    )


async def trace_page(db: Db, scope: TraceScope) -> TracePage:
    """Who has something of a lot. 2 queries."""
    async with db.one_connection() as one:
        lot = await queries.traced_lot(one, hospital_id=scope.hospital_id, lot_id=scope.id)
        items = await queries.dispensed_of_lot(one, scope)
    if lot is None:
        raise NotFound
    return TracePage(lot, items, is_whole=len(items) < queries.TRACED_MAX)


async def supplied(db: Db, hospital_id: UUID, medicine_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What was last dispensed of these orders, in words, for the patient's medicines."""
    found = await queries.newest_dispenses(db, hospital_id=hospital_id, medicine_ids=list(medicine_ids))
    return {each.medicine_id: _supplied_words(each) for each in found}


def _supplied_words(each: queries.Supplied) -> str:
    if each.status == "cancelled":
        return "Returned to the pharmacy"
    words = f"{each.quantity:,} {rules.plural(each.unit, each.quantity)} dispensed"
    words += ", handed over" if each.status == "completed" else ", in the pharmacy"
    return f"{words}, {each.owed:,} owed" if each.owed else words
