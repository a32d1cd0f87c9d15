"""HTTP of the laboratory for wards: orders, collection, results, critical values."""

from datetime import timedelta

from wardline.encounters.public import banner_with_stay
from wardline.identity.public import May, WardScope
from wardline.lab import actions, critical, labels, queries, report, shown, trends, views
from wardline.lab.forms import Acknowledgement, Because, CallBack, Collected, NewOrder, ResultsQuery, TrendQuery
from wardline.lab.models import Call, Order, OrderScope, Result, Specimen, SpecimenScope
from wardline.lab.pages import CallPage, OrderForm, OrdersPage, ResultPage, ResultsPage, Round, SpecimenPage, TrendPage
from wardline.lab.scopes import (
    access_call,
    access_collection,
    access_order,
    access_result,
    access_specimen,
    patient_with,
)
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import NotFound
from wardline.platform.http import Context, File, Listing, Redirect, get, post


# --- orders ----------------------------------------------------------------------------------------------------------
@get(
    "/patients/{patient_id}/lab-orders/new",
    needs=May.ORDER_TESTS,
    access=access_patient,
    page="lab/order.html",
    title="Order tests for {page.banner.family}, {page.banner.given}",
    section="patients",
)
async def order_form(ctx: Context, patient: PatientScope) -> OrderForm:
    """The form to ask for tests."""
    return OrderForm(await banner_with_stay(ctx.db, patient), await queries.panels(ctx.db), await queries.tests(ctx.db))


@post(
    "/patients/{patient_id}/lab-orders",
    needs=May.ORDER_TESTS,
    access=access_patient,
    created="/lab-orders/{page.id}",
    then="/patients/{page.patient_id}/lab-orders",
    load_class="medication",
)
async def order(ctx: Context, patient: PatientScope, new: NewOrder) -> Order:
    """Ask for tests and panels. The answer holds a specimen, with its barcode, for each tube that is needed."""
    return await views.order_with_specimens(ctx.db, await actions.order(ctx, patient, new))


@get("/patients/{patient_id}/lab-orders", needs=May.READ_CHART, access=access_patient, section="patients",
     page="lab/orders.html", title="Laboratory orders")  # fmt: skip
async def orders(ctx: Context, patient: PatientScope) -> OrdersPage | Listing[Order]:
    """A patient's last orders and how far their specimens are."""
    items = await views.orders(ctx.db, patient)
    ctx.saw("lab_order", None, patient.person_id, detail={"orders": len(items)})
    if not ctx.html:
        return Listing(items)
    return OrdersPage(await banner_with_stay(ctx.db, patient), items)


@get("/lab-orders/{order_id}", needs=May.READ_CHART, access=access_order, section="patients")
async def one_order(ctx: Context, scope: OrderScope) -> Order:
    """One order with its specimens."""
    return await views.order_with_specimens(ctx.db, scope)


@get("/lab-orders/{order_id}/results", needs=May.READ_CHART, access=access_order, section="patients")
async def results_of_order(ctx: Context, scope: OrderScope) -> Redirect:
    """Where the results of an order are read: among the patient's results."""
    return Redirect(f"/patients/{scope.person_id}/results")


# --- specimens -------------------------------------------------------------------------------------------------------
@get(
    "/wards/{ward_id}/collection",
    needs=May.COLLECT_SPECIMEN,
    access=access_collection,
    page="lab/collection.html",
    title="Specimens to collect on {page.ward_name}",
    section="wards",
    topic="collection:{ward_id}",
)
async def collection(ctx: Context, ward: WardScope) -> Round:
    """Specimens to be collected on a ward, most urgent and oldest first."""
    return await views.collection(ctx.db, ward)


@get(
    "/specimens/{specimen_id}",
    needs=May.READ_CHART,
    access=access_specimen,
    page="lab/specimen.html",
    title="Specimen {page.specimen.barcode} of {page.specimen.family}, {page.specimen.given}",
    section="lab",
)
async def specimen(ctx: Context, scope: SpecimenScope) -> SpecimenPage:
    """A specimen with its results; outside of the laboratory only released ones have values."""
    of_laboratory = ctx.may(May.WORK_IN_LABORATORY)
    return await views.specimen_page(ctx.db, scope, of_laboratory=of_laboratory, with_banner=ctx.html)


@get("/specimens/{specimen_id}/label", needs=May.COLLECT_SPECIMEN, access=access_specimen, section="lab")
async def label(ctx: Context, scope: SpecimenScope) -> File:
    """The label of the tube as a PDF: whose it is, what it is, and the barcode as a code that scanners read."""
    found = await queries.specimen(ctx.db, scope)
    return File(await labels.label(found), "application/pdf", name=f"specimen-{found.barcode}.pdf", inline=True)


@post(
    "/specimens/{specimen_id}/collection",
    needs=May.COLLECT_SPECIMEN,
    access=access_specimen,
    versioned=True,
    then="/specimens/{page.id}",
    load_class="medication",
)
async def collect(ctx: Context, scope: SpecimenScope, given: Collected) -> Specimen:
    """The specimen was taken. A wristband that is scanned has to be the patient's."""
    return await actions.collect(ctx, scope, given)


@post(
    "/specimens/{specimen_id}/cancellation",
    needs=May.ORDER_TESTS,
    access=access_specimen,
    versioned=True,
    then="/patients/{page.patient_id}/lab-orders",
)
async def cancel(ctx: Context, scope: SpecimenScope, why: Because) -> Specimen:
    """Take back what was asked for, before it is collected."""
    return await actions.cancel(ctx, scope, why.reason)


# --- results ---------------------------------------------------------------------------------------------------------
@get(
    "/patients/{patient_id}/results",
    needs=May.READ_CHART,
    access=access_patient,
    page="lab/results.html",
    title="Results",
    section="patients",
    topic="results:{patient_id}",
    load_class="charting",
)
async def results(ctx: Context, patient: PatientScope, asked: ResultsQuery) -> ResultsPage:
    """A patient's released results: a table of tests and times, with intervals, flags and amended marks."""
    before = views.cursor(asked.before)
    page = await views.results_page(ctx.db, patient, before=before, with_banner=ctx.html)
    ctx.saw("results", None, patient.person_id, detail={"results": len(page.items)})
    return page


@get("/patients/{patient_id}/results/report", needs=May.READ_CHART, access=access_patient, load_class="reports")
async def results_report(ctx: Context, patient: PatientScope) -> File:
    """A patient's released results as a PDF."""
    page = await views.results_page(ctx.db, patient, before=views.NEWEST, with_banner=True)
    ctx.saw("results", None, patient.person_id, detail={"results": len(page.items), "printed": True})
    assert page.banner is not None
    caller = ctx.caller
    made = await report.report(
        page.banner,
        page.items,
        of=await queries.count_of_results(ctx.db, patient),
        hospital=caller.tenant_name,
        by=caller.display_name,
        zone=caller.time_zone,
        now=ctx.now,
    )
    return File(made, "application/pdf", name="results.pdf", inline=True)


@get(
    "/patients/{patient_id}/results/{test_code}",
    needs=May.READ_CHART,
    access=access_patient,
    page="lab/trend.html",
    title="{page.test.name} of {page.banner.family}, {page.banner.given}",
    section="patients",
)
async def trend(ctx: Context, patient: PatientScope, test_code: str, asked: TrendQuery) -> TrendPage:
    """One test over days, with its interval."""
    test = await queries.test(ctx.db, code=test_code)
    if test is None:
        raise NotFound("There is no such test.")
    since = ctx.now - timedelta(days=asked.days)
    found = await queries.values_of(ctx.db, patient, test=test.code, since=since)
    ctx.saw("results", None, patient.person_id, detail={"results": len(found)})
    return trends.trend_page(
        await banner_with_stay(ctx.db, patient), test, found, days=asked.days, zone=ctx.caller.time_zone, now=ctx.now
    )


@get(
    "/results/{result_id}",
    needs=May.READ_CHART,
    access=access_result,
    page="lab/result.html",
    title="{page.result.name}",
    section="patients",
)
async def result(ctx: Context, found: Result) -> ResultPage:
    """One result with everything that happened to it."""
    return await views.result_page(
        ctx.db,
        found,
        patient_with(ctx.caller.tenant_id, found.patient_id),
        of_laboratory=ctx.may(May.WORK_IN_LABORATORY),
        with_banner=ctx.html,
    )


# --- critical values -------------------------------------------------------------------------------------------------
@get(
    "/critical-calls/{call_id}",
    needs=May.READ_CHART,
    access=access_call,
    page="lab/call.html",
    title="Critical value of {page.call.family}, {page.call.given}",
    section="lab",
)
async def call(ctx: Context, found: Call) -> CallPage:
    """A critical value: who was told, who has acknowledged it, and what is still to be done."""
    page = CallPage(shown.shown_call(found), [])
    if ctx.html:
        page.staff = await queries.who_can_be_told(ctx.db, hospital_id=ctx.caller.tenant_id)
        page.banner = await banner_with_stay(ctx.db, patient_with(ctx.caller.tenant_id, found.patient_id))
    return page


@get("/critical-calls", needs=May.READ_CHART, page="lab/calls_page.html", title="Critical values", section="lab")
async def calls(ctx: Context) -> Listing[Call]:
    """Critical values whose loop is open, the oldest first."""
    found = await critical.open_ones(ctx)
    ctx.saw("critical_call", None, detail={"calls": len(found)})
    return Listing(found)


@post(
    "/critical-calls/{call_id}/call-back",
    needs=May.WORK_IN_LABORATORY,
    access=access_call,
    versioned=True,
    then="/lab",
    load_class="medication",
)
async def record_call(ctx: Context, found: Call, given: CallBack) -> Call:
    """Record who was told, which identifiers of the patient they read back, and the value they read back."""
    return await critical.record_call(ctx, found, given)


@post(
    "/critical-calls/{call_id}/acknowledgement",
    needs=May.ANSWER_AS_DOCTOR,
    access=access_call,
    versioned=True,
    then="/critical-calls/{page.id}",
    load_class="medication",
)
async def acknowledge(ctx: Context, found: Call, given: Acknowledgement) -> Call:
    """Acknowledge the critical value that was read (its call's version) and say what is done. The first one counts; it closes
    the loop once somebody was told. 409 with the newer value when it was amended meanwhile."""
    return await critical.acknowledge_call(ctx, found, given)
