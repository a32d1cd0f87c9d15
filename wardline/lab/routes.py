"""HTTP of the laboratory: benches, specimens, entry and release. What wards see of it is in ward_routes."""

from wardline.identity.public import HospitalScope, May, access_hospital
from wardline.lab import actions, cultures, figures, limits, queries, results, rules, shown, views, ward_routes
from wardline.lab.forms import Amendment, Because, FiguresQuery, NewBand, NewIntervals, NewValue, NewValues, Scan
from wardline.lab.models import BenchScope, Result, Specimen, SpecimenScope, TestScope
from wardline.lab.pages import Bench, Catalogue, CulturePage, Figures, Laboratory, Released, TestPage
from wardline.lab.results import access_held
from wardline.lab.scopes import access_bench, access_culture, access_specimen, access_test, patient_with
from wardline.lab.steps import Held
from wardline.platform.errors import Invalid, NotFound
from wardline.platform.http import SIGNED_IN, Context, Listing, Redirect, get, post, put

__all__ = ["ward_routes"]


# --- benches ---------------------------------------------------------------------------------------------------------
@get(
    "/lab",
    needs=May.WORK_IN_LABORATORY,
    access=access_hospital,
    page="lab/laboratory.html",
    title="Laboratory",
    section="lab",
    topic="lab:{hospital_id}",
)
async def laboratory(ctx: Context, hospital: HospitalScope) -> Laboratory:
    """Critical values of which somebody has to be told, and what waits on each bench."""
    found = await views.laboratory(ctx.db, hospital)
    ctx.saw("bench", None, detail={"calls": len(found.calls)})
    return found


@get(
    "/lab/benches/{bench}",
    needs=May.WORK_IN_LABORATORY,
    access=access_bench,
    page="lab/bench.html",
    title="{page.name}",
    section="lab",
    topic="bench:{hospital_id}:{bench}",
)
async def bench(ctx: Context, scope: BenchScope) -> Bench:
    """Specimens on their way to a bench or on it, most urgent and oldest first, with their age against the goal."""
    return await views.bench(ctx.db, scope)


@get("/lab/scan", needs=May.COLLECT_SPECIMEN, section="lab")
async def scan(ctx: Context, asked: Scan) -> Redirect:
    """The specimen with this barcode: where to go."""
    barcode = asked.barcode.strip()
    if not rules.is_barcode(barcode):
        raise Invalid(
            fields={"barcode": "This is not one of our barcodes: ten digits, of which the last fits the others."}
        )
    found = await queries.specimen_with_barcode(ctx.db, hospital_id=ctx.caller.tenant_id, barcode=barcode)
    if found is None:
        raise NotFound("No specimen here has this barcode.")
    return Redirect(f"/specimens/{found}")


# --- specimens -------------------------------------------------------------------------------------------------------
@post(
    "/specimens/{specimen_id}/receipt",
    needs=May.WORK_IN_LABORATORY,
    access=access_specimen,
    versioned=True,
    then="/specimens/{page.id}",
    load_class="medication",
)
async def receive(ctx: Context, scope: SpecimenScope) -> Specimen:
    """The specimen reached the laboratory; the clock of its results starts."""
    return await actions.receive(ctx, scope)


@post(
    "/specimens/{specimen_id}/rejection",
    needs=May.WORK_IN_LABORATORY,
    access=access_specimen,
    versioned=True,
    then="/lab/benches/{page.bench}",
    load_class="medication",
)
async def reject(ctx: Context, scope: SpecimenScope, why: Because) -> Specimen:
    """The specimen cannot be used. Another one is asked for in its place at once."""
    return await actions.reject(ctx, scope, why.reason)


@put(
    "/specimens/{specimen_id}/results",
    needs=May.WORK_IN_LABORATORY,
    access=access_specimen,
    then="/specimens/{specimen_id}",
    load_class="medication",
)
async def enter_all(ctx: Context, scope: SpecimenScope, new: NewValues) -> Listing[Result]:
    """Enter values of a specimen, named by their tests: all of them or none."""
    return Listing([shown.shown(each) for each in await results.enter_all(ctx, scope, new)])


@post(
    "/specimens/{specimen_id}/technical-release",
    needs=May.WORK_IN_LABORATORY,
    access=access_specimen,
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def release_all_technically(ctx: Context, scope: SpecimenScope) -> Released:
    """Release everything that has been entered on a specimen; critical values go to the doctor on call at once."""
    return await results.release_all_technically(ctx, scope)


@post(
    "/specimens/{specimen_id}/clinical-release",
    needs=May.RELEASE_RESULTS,
    access=access_specimen,
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def release_all_clinically(ctx: Context, scope: SpecimenScope) -> Released:
    """Release a specimen's results to the wards; a critical value of which nobody was told stays behind."""
    return await results.release_all_clinically(ctx, scope)


# --- results ---------------------------------------------------------------------------------------------------------
@put(
    "/results/{result_id}/value",
    needs=May.WORK_IN_LABORATORY,
    access=access_held,
    versioned=True,
    page="lab/entered.html",
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def enter(ctx: Context, held: Held, new: NewValue) -> Result:
    """Enter one value; flag, interval and delta check come with the answer."""
    return shown.shown(await results.enter(ctx, held, new))


@get(
    "/cultures/{culture_id}",
    needs=May.WORK_IN_LABORATORY,
    access=access_culture,
    page="lab/culture.html",
    title="{page.result.name}",
    section="lab",
)
async def culture(ctx: Context, found: Result) -> CulturePage:
    """A culture to be reported on: organisms with their susceptibilities, or that nothing grew; interim or final."""
    patient = patient_with(ctx.caller.tenant_id, found.patient_id)
    return await cultures.culture_page(ctx.db, found, patient, with_banner=ctx.html)


@post(
    "/results/{result_id}/report",
    needs=May.RELEASE_RESULTS,
    access=access_held,
    versioned=True,
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def report_culture(ctx: Context, held: Held, new: NewValue) -> Result:
    """The next report of a culture whose interim report was released, or its final one. Who reads the first sees this one."""
    return shown.shown(await results.report(ctx, held, new))


@post(
    "/results/{result_id}/technical-release",
    needs=May.WORK_IN_LABORATORY,
    access=access_held,
    versioned=True,
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def release_technically(ctx: Context, held: Held) -> Result:
    """The first step of release, for one result."""
    return shown.shown(await results.release_technically(ctx, held))


@post(
    "/results/{result_id}/clinical-release",
    needs=May.RELEASE_RESULTS,
    access=access_held,
    versioned=True,
    then="/specimens/{page.specimen_id}",
    load_class="medication",
)
async def release_clinically(ctx: Context, held: Held) -> Result:
    """The second step. 409 while nobody was told of a critical value."""
    return shown.shown(await results.release_clinically(ctx, held))


@post(
    "/results/{result_id}/amendment",
    needs=May.RELEASE_RESULTS,
    access=access_held,
    versioned=True,
    then="/results/{page.id}",
    load_class="medication",
)
async def amend(ctx: Context, held: Held, new: Amendment) -> Result:
    """Set a released result right, with the reason. The old value stays in the history."""
    return shown.shown(await results.amend(ctx, held, new))


@post(
    "/results/{result_id}/withdrawal",
    needs=May.RELEASE_RESULTS,
    access=access_held,
    versioned=True,
    then="/results/{page.id}",
    load_class="medication",
)
async def withdraw(ctx: Context, held: Held, why: Because) -> Result:
    """Withdraw a released result, with the reason. It stays in view, struck through."""
    return shown.shown(await results.withdraw(ctx, held, why.reason))


@get(
    "/lab/figures",
    needs=May.WORK_IN_LABORATORY,
    access=access_hospital,
    page="lab/figures.html",
    title="Turnaround and quality",
    section="lab",
    load_class="reports",
)
async def lab_figures(ctx: Context, hospital: HospitalScope, asked: FiguresQuery) -> Figures:
    """Turnaround by bench, rejected specimens, amended results and how fast critical values were told, over days."""
    return await figures.figures(ctx.db, hospital, days=asked.days, now=ctx.now)


# --- the catalogue ---------------------------------------------------------------------------------------------------
@get("/lab/tests", needs=SIGNED_IN, page="lab/tests.html", title="Laboratory tests", section="lab")
async def tests(ctx: Context) -> Catalogue:
    """What can be asked for: tests with LOINC code, unit, specimen, bench and goal, and panels."""
    return Catalogue(await queries.tests(ctx.db), await queries.panels(ctx.db))


@get(
    "/lab/tests/{test_code}",
    needs=SIGNED_IN,
    access=access_test,
    page="lab/test.html",
    title="{page.test.name}",
    section="lab",
)
async def test(ctx: Context, scope: TestScope) -> TestPage:
    """A test with its reference intervals and critical limits, each with its source."""
    return await limits.test_page(ctx, scope)


@put(
    "/lab/tests/{test_code}/intervals",
    needs=May.SET_LABORATORY_LIMITS,
    access=access_test,
    then="/lab/tests/{page.test.code}",
)
async def set_intervals(ctx: Context, scope: TestScope, new: NewIntervals) -> TestPage:
    """Set the hospital's own intervals or limits of a test; an empty list goes back to what is shipped."""
    return await limits.replace(ctx, scope, new)


@post(
    "/lab/tests/{test_code}/intervals",
    needs=May.SET_LABORATORY_LIMITS,
    access=access_test,
    then="/lab/tests/{page.test.code}",
)
async def add_interval(ctx: Context, scope: TestScope, new: NewBand) -> TestPage:
    """Add one band to the hospital's own set."""
    return await limits.add(ctx, scope, new)
