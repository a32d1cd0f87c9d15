"""HTTP of the pharmacy: the queue, an order with its context, decisions, dispensings, labels, what comes back."""

from wardline.identity.public import May
from wardline.orders.public import Verification, access_medicine
from wardline.patients.public import access_patient, today
from wardline.pharmacy import actions, handing, labels, queries, views
from wardline.pharmacy.models import (
    Because,
    Dispense,
    DispensePage,
    DispenseScope,
    DispensesPage,
    HandedOver,
    HeldScope,
    ListScope,
    NewDispense,
    NewReturn,
    OrderPage,
    OrderQuery,
    OrderScope,
    Question,
    Queue,
    QueueQuery,
    Remark,
    Scan,
    TracePage,
    TraceScope,
)
from wardline.pharmacy.scopes import (
    access_dispense,
    access_dispense_held,
    access_list,
    access_order,
    access_order_locked,
    access_trace,
)
from wardline.platform.errors import NotFound
from wardline.platform.http import Context, File, Listing, Page, Redirect, get, post


# --- the queue ---------------------------------------------------------------------------------------------------------
@get("/pharmacy", needs=May.VERIFY_MEDICINE, section="pharmacy")
async def pharmacy(ctx: Context) -> Redirect:
    """Where a pharmacist's day begins: what is new in the queue."""
    return Redirect("/pharmacy/queue/new")


@get(
    "/pharmacy/queue/{which}",
    needs=May.VERIFY_MEDICINE,
    access=access_list,
    page="pharmacy/queue.html",
    title="Pharmacy: {page.name}",
    section="pharmacy",
    topic="pharmacy:{hospital_id}:{which}",
    load_class="charting",
)
async def queue(ctx: Context, scope: ListScope, asked: QueueQuery) -> Queue:
    """One list of the queue: `new`, `query`, `ready` or `waiting`. Once only first, then by the order's own time."""
    return await views.queue(ctx.db, scope, after=views.cursor(asked.after))


@get("/pharmacy/scan", needs=May.DISPENSE_MEDICINE, section="pharmacy")
async def scan(ctx: Context, asked: Scan) -> Redirect:
    """Where the code of a label or of a wristband leads."""
    code = asked.code.replace(" ", "")
    number = code.rpartition("/")[2].upper()
    if number.startswith("D"):
        found = await queries.dispense_with_number(ctx.db, hospital_id=ctx.caller.tenant_id, number=number)
        if found is not None:
            return Redirect(f"/dispenses/{found}")
    person = await queries.person_with_code(ctx.db, hospital_id=ctx.caller.tenant_id, code=code)
    if person is None:
        raise NotFound("No label and no patient here has this code.")
    return Redirect(f"/patients/{person}/medicines")


# --- an order ----------------------------------------------------------------------------------------------------------
@get("/medicines/{medicine_id}/pharmacy", needs=May.VERIFY_MEDICINE, access=access_order, section="pharmacy")
async def order(ctx: Context, scope: OrderScope, asked: OrderQuery) -> OrderPage | Page:
    """An order with the patient's context: allergies, weight, kidney function, other medicines, what the checks showed, and
    what could be dispensed of it.
    """
    patient = await access_patient(ctx, scope.row.person_id)
    found = await views.order_page(ctx.db, scope, day=today(ctx), asked=asked)
    ctx.saw("medicines", None, patient.person_id)
    if not ctx.html:
        return found
    title = f"{scope.row.name} of {found.banner.family.upper()}, {found.banner.given}"
    return Page("pharmacy/sheet.html" if asked.sheet else "pharmacy/order.html", found, title)


@post(
    "/medicines/{medicine_id}/verification",
    needs=May.VERIFY_MEDICINE,
    access=access_order_locked,
    versioned=True,
    then="/medicines/{page.medicine_id}/pharmacy",
    load_class="medication",
)
async def verify(ctx: Context, scope: OrderScope, remark: Remark) -> Verification:
    """Verify an order as it is now. 409 with what stands when somebody decided or changed it first."""
    return await actions.verify(ctx, scope, remark.words)


@post(
    "/medicines/{medicine_id}/query",
    needs=May.VERIFY_MEDICINE,
    access=access_order_locked,
    versioned=True,
    then="/medicines/{page.medicine_id}/pharmacy",
    load_class="medication",
)
async def ask(ctx: Context, scope: OrderScope, new: Question) -> Verification:
    """Ask the prescriber. The question is a task of theirs and of the ward; the order keeps its place."""
    return await actions.ask(ctx, scope, new.question)


@post(
    "/medicines/{medicine_id}/refusal",
    needs=May.VERIFY_MEDICINE,
    access=access_order_locked,
    versioned=True,
    then="/medicines/{page.medicine_id}/pharmacy",
    load_class="medication",
)
async def refuse(ctx: Context, scope: OrderScope, why: Because) -> Verification:
    """Refuse an order, with the reason; the prescriber hears it as a task."""
    return await actions.refuse(ctx, scope, why.reason)


@post(
    "/medicines/{medicine_id}/ward-stock",
    needs=May.DISPENSE_MEDICINE,
    access=access_order_locked,
    versioned=True,
    then="/medicines/{page.medicine_id}/pharmacy",
    load_class="medication",
)
async def decline(ctx: Context, scope: OrderScope, why: Because) -> Verification:
    """Dispense nothing of a verified order, because the ward has it; it leaves the list. The version is `dispense_version`:
    412 when somebody dispensed of it, left it to the ward or changed it since the page was read.
    """
    return await actions.decline(ctx, scope, why.reason)


# --- dispensings -------------------------------------------------------------------------------------------------------
@get("/medicines/{medicine_id}/dispenses", needs=May.READ_CHART, access=access_order, section="patients")
async def dispenses(ctx: Context, scope: OrderScope) -> Listing[Dispense] | Page:
    """What was dispensed of an order, newest first, with its lots and what came back."""
    await access_patient(ctx, scope.row.person_id)
    found: DispensesPage = await views.dispenses_page(ctx.db, scope)
    title = f"Dispensed: {scope.row.name} of {found.banner.family.upper()}, {found.banner.given}"
    return Page("pharmacy/dispenses.html", found, title) if ctx.html else Listing(found.items)


@post(
    "/medicines/{medicine_id}/dispenses",
    needs=May.DISPENSE_MEDICINE,
    access=access_order,
    versioned=True,
    created="/dispenses/{page.id}",
    then="/dispenses/{page.id}",
    load_class="medication",
)
async def dispense(ctx: Context, scope: OrderScope, new: NewDispense) -> Dispense:
    """Dispense a verified order from a store, first expiry first. What is missing is owed. A controlled drug has a witness.
    The version is `dispense_version`: 412 when the order was changed or dispensed since the page was read.
    """
    return await actions.dispense(ctx, scope, new)


@get("/dispenses/{dispense_id}", needs=May.READ_CHART, access=access_dispense, section="pharmacy")
async def one_dispense(ctx: Context, scope: DispenseScope) -> Dispense | Page:
    """One dispensing."""
    if not ctx.html:
        return await views.one_dispense(ctx.db, scope)
    row = await access_medicine(ctx, scope.medicine_id)
    patient = await access_patient(ctx, scope.person_id)
    found: DispensePage = await views.dispense_page(ctx.db, scope, row, patient)
    title = f"{found.dispense.number}: {row.name} of {found.banner.family.upper()}, {found.banner.given}"
    return Page("pharmacy/dispense.html", found, title)


@get(
    "/stock/lots/{lot_id}/dispenses",
    needs=May.DISPENSE_MEDICINE,
    access=access_trace,
    page="pharmacy/trace.html",
    title="Lot {page.lot.number}: who has it",
    section="stock",
)
async def trace(ctx: Context, scope: TraceScope) -> TracePage:
    """Who has, or waits for, something of a lot: what a recall asks."""
    found = await views.trace_page(ctx.db, scope)
    for each in found.items:
        ctx.saw("dispense", each.id, each.patient_id)
    return found


@get("/dispenses/{dispense_id}/label", needs=May.DISPENSE_MEDICINE, access=access_dispense, section="pharmacy")
async def label(ctx: Context, scope: DispenseScope) -> File:
    """The label as a PDF: whose, what, how to take it, lot and expiry, and a code that scanners read."""
    row = await access_medicine(ctx, scope.medicine_id)
    patient = await access_patient(ctx, scope.person_id)
    found = await views.one_dispense(ctx.db, scope)
    who = await queries.labelled(ctx.db, patient)
    pdf = await labels.label(found, row, who, zone=ctx.caller.time_zone)
    return File(pdf, "application/pdf", name=f"label-{found.number}.pdf", inline=True)


@post(
    "/dispenses/{dispense_id}/hand-over",
    needs=May.DISPENSE_MEDICINE,
    access=access_dispense_held,
    versioned=True,
    then="/dispenses/{page.id}",
    load_class="medication",
)
async def hand_over(ctx: Context, scope: HeldScope, given: HandedOver) -> Dispense:
    """The patient or the ward has collected it. 409 when the order was changed or stopped meanwhile, unless it says why."""
    return await handing.hand_over(ctx, scope, given)


@post(
    "/dispenses/{dispense_id}/returns",
    needs=May.DISPENSE_MEDICINE,
    access=access_dispense,
    versioned=True,
    then="/dispenses/{page.id}",
    load_class="medication",
)
async def take_back(ctx: Context, scope: DispenseScope, new: NewReturn) -> Dispense:
    """Put unopened units of one lot back to stock, with the reason; opened ones are written off. 409 for more than went out."""
    return await handing.take_back(ctx, scope, new)
