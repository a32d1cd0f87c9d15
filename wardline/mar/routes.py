"""HTTP of medicines given: the patient's grid, the sheet of a dose, what was recorded, the ward's round."""

from uuid import UUID

from wardline.encounters.public import banner_with_stay
from wardline.identity.public import HospitalScope, May, access_hospital
from wardline.mar import actions, ahead, corrections, queries, rounds, views
from wardline.mar.models import (
    Administration,
    AdministrationScope,
    Amendment,
    Because,
    Giving,
    GridQuery,
    InfusionStep,
    NewEffect,
    NewGiving,
    NewNotGiven,
    RoundQuery,
    RoundScope,
    Scans,
)
from wardline.mar.pages import (
    AdministrationPage,
    GridAnswer,
    Round,
    Sheet,
)
from wardline.mar.rounds import NewRoundTimes, RoundTimesPage
from wardline.mar.scopes import access_round
from wardline.patients.public import PatientScope, open_with
from wardline.platform.http import Context, Page, get, post, put


# --- the patient's grid --------------------------------------------------------------------------------------------------
class OpenedGrid(PatientScope, frozen=True, kw_only=True):
    """A patient whose medicines given are about to be read: what must be known before was read as they were opened."""

    times: views.AskedTimes


async def access_grid(ctx: Context, patient_id: UUID) -> OpenedGrid:
    """As `access_patient`, with what must be known before the grid is read: one round trip."""
    patient, times = await open_with(ctx, patient_id, lambda batch, whose: views.ask_times(batch, whose, ctx.now))
    return OpenedGrid(hospital_id=patient.hospital_id, person_id=patient.person_id, seal=patient.seal, times=times)


@get(
    "/patients/{patient_id}/given",
    needs=May.READ_CHART,
    access=access_grid,
    section="patients",
    topic="given:{patient_id}",
    load_class="charting",
)
async def given(ctx: Context, patient: OpenedGrid, asked: GridQuery) -> GridAnswer | Page:
    """A patient's medicines: planned doses with their states, and what was given, of the hours around now, or with `day` of that
    day, which begins at 06:00."""
    ctx.saw("given", None, patient.person_id)
    if not ctx.html:
        return await views.grid_answer(ctx, patient, patient.times, asked.day)
    page = await views.grid_page(ctx, patient, patient.times, asked.day)
    return Page("mar/grid.html", page, f"Given to {page.banner.family.upper()}, {page.banner.given}")


# --- a dose --------------------------------------------------------------------------------------------------------------
async def look_at_dose(ctx: Context, dose_id: UUID) -> Giving:
    """A planned dose of the caller's hospital, to read; NotFound otherwise."""
    where = {"hospital_id": ctx.caller.tenant_id, "dose_id": dose_id}
    return await views.opened(ctx, await queries.giving(ctx.db, **where, medicine_id=None))


async def look_at_order(ctx: Context, medicine_id: UUID) -> Giving:
    """An order of the caller's hospital, to read; NotFound otherwise."""
    where = {"hospital_id": ctx.caller.tenant_id, "medicine_id": medicine_id}
    return await views.opened(ctx, await queries.giving(ctx.db, **where, dose_id=None))


@get("/doses/{dose_id}", needs=May.READ_CHART, access=look_at_dose, section="patients", load_class="charting")
async def dose(ctx: Context, giving: Giving) -> Sheet | Page:
    """A planned dose as it stands, with the five rights."""
    return await _sheet(ctx, giving)


@get(
    "/medicines/{medicine_id}/giving",
    needs=May.READ_CHART,
    access=look_at_order,
    section="patients",
    load_class="charting",
)
async def needed(ctx: Context, giving: Giving) -> Sheet | Page:
    """The same for a medicine that is given when needed, or an infusion that is begun again."""
    return await _sheet(ctx, giving)


async def _sheet(ctx: Context, giving: Giving) -> Sheet | Page:
    found = await views.sheet(ctx, giving, Scans())
    if not ctx.html:
        return found
    if ctx.headers.get("hx-request") == "true":
        return Page("mar/sheet.html", found)
    found.banner = await banner_with_stay(ctx.db, views.patient_of(giving, ctx))
    return Page("mar/dose.html", found, f"{giving.name} for {giving.family.upper()}, {giving.given}")


@post(
    "/doses/{dose_id}/rights",
    needs=May.GIVE_MEDICINE,
    access=look_at_dose,
    keyed=False,
    page="mar/rights.html",
    load_class="charting",
)
async def rights(ctx: Context, giving: Giving, scans: Scans) -> Sheet:
    """The five rights for what was scanned so far. Stores nothing; a number on a wristband has no place in an address."""
    return await views.sheet(ctx, giving, scans)


@post(
    "/medicines/{medicine_id}/rights",
    needs=May.GIVE_MEDICINE,
    access=look_at_order,
    keyed=False,
    page="mar/rights.html",
    load_class="charting",
)
async def rights_needed(ctx: Context, giving: Giving, scans: Scans) -> Sheet:
    """The same for a medicine that is given when needed."""
    return await views.sheet(ctx, giving, scans)


@post(
    "/doses/{dose_id}/giving",
    needs=May.GIVE_MEDICINE,
    access=actions.access_dose,
    lean=actions.give_lean,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def give(ctx: Context, giving: Giving, new: NewGiving) -> Administration:
    """Record a planned dose as given. 422 names the right that does not hold; 409 says who was first, or that the order
    does not stand."""
    return await actions.give(ctx, giving, new)


@post(
    "/doses/{dose_id}/not-given",
    needs=May.GIVE_MEDICINE,
    access=actions.access_dose,
    lean=actions.not_given_lean,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def not_given(ctx: Context, giving: Giving, new: NewNotGiven) -> Administration:
    """Record that a planned dose was not given, or was held back, and why."""
    return await actions.not_given(ctx, giving, new)


@post(
    "/medicines/{medicine_id}/giving",
    needs=May.GIVE_MEDICINE,
    access=actions.access_order,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def give_needed(ctx: Context, giving: Giving, new: NewGiving) -> Administration:
    """Record an as-needed dose, or begin an infusion again. The version is the order's. 422 before its gap is over or beyond
    its maximum."""
    return await actions.give(ctx, giving, new)


# --- what was recorded -----------------------------------------------------------------------------------------------------
@get(
    "/administrations/{administration_id}",
    needs=May.READ_CHART,
    access=corrections.access_administration,
    section="patients",
)
async def administration(ctx: Context, scope: AdministrationScope) -> AdministrationPage | Page:
    """What was recorded about a dose: who, when, the five rights as they were, and everything that became of it."""
    found = await views.administration_page(ctx, scope)
    if not ctx.html:
        return found
    if ctx.headers.get("hx-request") == "true":
        return Page("mar/recorded.html", found)
    return Page("mar/administration.html", found, f"{found.item.name}, recorded")


@post(
    "/administrations/{administration_id}/amendment",
    needs=May.GIVE_MEDICINE,
    access=corrections.access_administration,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def amend(ctx: Context, scope: AdministrationScope, new: Amendment) -> Administration:
    """Amend what was recorded, with the reason. What it said before stays in its history."""
    return await corrections.amend(ctx, scope, new)


@post(
    "/administrations/{administration_id}/correction",
    needs=May.GIVE_MEDICINE,
    access=corrections.access_administration,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def mark_as_error(ctx: Context, scope: AdministrationScope, why: Because) -> Administration:
    """Mark what was recorded as entered in error. It stays, struck through, and its dose is due again."""
    return await corrections.mark_as_error(ctx, scope, why.reason)


@post(
    "/administrations/{administration_id}/effect",
    needs=May.GIVE_MEDICINE,
    access=corrections.access_administration,
    then="/patients/{page.patient_id}/given",
    load_class="charting",
)
async def effect(ctx: Context, scope: AdministrationScope, new: NewEffect) -> Administration:
    """Record what a dose did."""
    return await corrections.set_effect(ctx, scope, new)


@post(
    "/administrations/{administration_id}/infusion",
    needs=May.GIVE_MEDICINE,
    access=corrections.access_administration,
    versioned=True,
    then="/patients/{page.patient_id}/given",
    load_class="medication",
)
async def step_infusion(ctx: Context, scope: AdministrationScope, new: InfusionStep) -> Administration:
    """Change the rate of an infusion that runs, pause it, let it go on, or stop it, with the volume that has run in."""
    return await corrections.step_infusion(ctx, scope, new)


# --- the times of the rounds ------------------------------------------------------------------------------------------
@get(
    "/round-times",
    needs=May.SET_ROUND_TIMES,
    access=access_hospital,
    page="mar/round_times.html",
    title="Times of the drug rounds",
    section="places",
)
async def round_times(ctx: Context, hospital: HospitalScope) -> RoundTimesPage:
    """The times of the hospital's drug rounds, and every setting of them there was."""
    return await rounds.page(ctx, hospital)


@put("/round-times", needs=May.SET_ROUND_TIMES, access=access_hospital, versioned=True, then="/round-times")
async def set_round_times(ctx: Context, hospital: HospitalScope, new: NewRoundTimes) -> RoundTimesPage:
    """Set other times. They count for doses that are planned from now on; an order that is planned already keeps its times
    until it is changed."""
    return await rounds.replace(ctx, hospital, new)


# --- the ward --------------------------------------------------------------------------------------------------------------
@get(
    "/wards/{ward_id}/round",
    needs=May.READ_CHART,
    access=access_round,
    page="mar/round.html",
    title="Medicines on {page.ward_name}",
    section="wards",
    topic="round:{ward_id}",
    load_class="charting",
)
async def ward_round(ctx: Context, ward: RoundScope, asked: RoundQuery) -> Round:
    """What is overdue on a ward and what is due in the next hours, the oldest first."""
    found = await views.round_page(ctx.db, ward, now=ctx.now, hours=asked.hours)
    if not ctx.html:
        found.items = [item for item in found.items if item.within <= asked.hours]
    return found


@get("/wards/{ward_id}/round/ahead", needs=May.READ_CHART, access=access_round, load_class="reports")
async def round_ahead(ctx: Context, ward: RoundScope) -> ahead.RoundAhead:
    """The pages of a round in one answer, for a device that keeps copies. The first to be refused when there is much to do."""
    return await ahead.round_ahead(ctx, ward)
