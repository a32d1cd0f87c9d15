"""HTTP of observations: recording, reading, correcting, the scale of a stay, the ward by risk."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.encounters.public import (
    EncounterScope,
    ObservedStay,
    access_encounter,
    banner_with_stay,
    observed_stay,
)
from wardline.identity.public import May, access_ward
from wardline.patients.public import PatientScope, access_patient, no_such_patient, opened_patient
from wardline.platform.errors import NotFound
from wardline.platform.http import Context, Listing, Page, get, post, put
from wardline.vitals import actions, pages, queries, trends, views
from wardline.vitals.answers import observation as answer_of
from wardline.vitals.models import (
    ErrorReason,
    NewObservations,
    NewSpO2Scale,
    Observation,
    ObservationQuery,
    ObservationRow,
    SpO2ScaleSet,
    TrendQuery,
    Typed,
    WardRisk,
    signs_of,
)


async def access_observation(ctx: Context, observation_id: UUID) -> ObservationRow:
    """One set of the caller's hospital; NotFound otherwise."""
    row = await queries.observation(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=observation_id)
    if row is None:
        raise NotFound
    return row


class OpenedObservations(PatientScope, frozen=True, kw_only=True):
    """A patient whose newest chart was read as it was opened, where a page is asked for."""

    row: queries.ChartRow | None = None


async def access_chart(ctx: Context, patient_id: UUID) -> OpenedObservations:
    """As `access_patient`, with what the page shows: one round trip."""
    if not ctx.html:
        patient, row = await access_patient(ctx, patient_id), None
    else:
        row = await queries.open_chart(
            ctx.db,
            hospital_id=ctx.caller.tenant_id,
            person_id=patient_id,
            topic=ctx.topic,
            since=ctx.now - views.RECENT,
            limit=pages.COLUMNS_MAX + 1,
        )
        if row is None:
            raise no_such_patient()
        patient = opened_patient(ctx, patient_id, row.topic_version)
    return OpenedObservations(hospital_id=patient.hospital_id, person_id=patient_id, seal=patient.seal, row=row)


@get(
    "/patients/{patient_id}/observations",
    needs=May.READ_CHART,
    access=access_chart,
    section="patients",
    topic="observations:{patient_id}",
    load_class="charting",
)
async def observations(
    ctx: Context, patient: OpenedObservations, asked: ObservationQuery
) -> Listing[Observation] | Page:
    """A patient's sets at this hospital, newest first; those entered in error are marked, not left out."""
    if ctx.html:
        return await _chart(ctx, patient, asked, opens_sheet=False, opened=patient.row)
    rows, more = await views.rows_of(ctx.db, patient, asked, asked.limit)
    ctx.saw("observations", None, patient.person_id, detail={"sets": len(rows)})
    return Listing(items=[answer_of(row) for row in rows], next=pages.cursor_of(rows[-1]) if more else None)


@get(
    "/patients/{patient_id}/observations/new",
    needs=May.RECORD_OBSERVATIONS,
    access=access_patient,
    topic="observations:{patient_id}",
    section="patients",
    load_class="charting",
)
async def new_observations(ctx: Context, patient: PatientScope) -> pages.SheetPage | Page:
    """The entry form, in the sheet beside the chart."""
    if ctx.html and ctx.headers.get("hx-request") != "true":
        return await _chart(ctx, patient, ObservationQuery(), opens_sheet=True)
    stay = await observed_stay(ctx.db, patient)
    by, zone = ctx.caller.display_name, ctx.caller.time_zone
    sheet = pages.sheet_page(stay, patient_id=patient.person_id, by=by, zone=zone, now=ctx.now)
    return Page("vitals/sheet.html", sheet) if ctx.html else sheet


@get(
    "/patients/{patient_id}/observations/preview",
    needs=May.RECORD_OBSERVATIONS,
    access=access_patient,
    page="vitals/preview.html",
)
async def preview(ctx: Context, patient: PatientScope, typed: Typed) -> pages.Preview:
    """What the values would score if they were saved now, and what would be asked about them. Stores nothing."""
    stay = await observed_stay(ctx.db, patient)
    if stay is None:
        raise actions.NoOpenStay
    signs = actions.signs_as_sent(stay, typed)
    confirmed = actions.confirmed_fields(signs, typed.confirmed)
    return pages.preview(signs, stay, confirmed, zone=ctx.caller.time_zone, now=ctx.now)


@get(
    "/patients/{patient_id}/observations/trends",
    needs=May.READ_CHART,
    access=access_patient,
    page="vitals/trends.html",
    title="Trends of {page.banner.family}, {page.banner.given}",
    section="patients",
)
async def trends_of_patient(ctx: Context, patient: PatientScope, asked: TrendQuery) -> pages.TrendsPage:
    """Each sign over hours or days, as drawings."""
    hours = asked.hours if asked.hours in trends.HOURS_OFFERED else trends.HOURS_OFFERED[0]
    since = ctx.now - timedelta(hours=hours)
    rows = await queries.sets_since(ctx.db, patient, since=since)
    ctx.saw("observations", None, patient.person_id, detail={"sets": len(rows)})
    return pages.TrendsPage(
        banner=await banner_with_stay(ctx.db, patient),
        patient_id=patient.person_id,
        hours=hours,
        hours_offered=trends.HOURS_OFFERED,
        trends=trends.trends(rows[::-1], hours, ZoneInfo(ctx.caller.time_zone), ctx.now),
    )


@post(
    "/patients/{patient_id}/observations",
    needs=May.RECORD_OBSERVATIONS,
    access=actions.access_open_stay,
    lean=actions.record_lean,
    created="/observations/{page.id}",
    then="/patients/{page.patient_id}/observations",
    load_class="medication",
)
async def record(ctx: Context, stay: ObservedStay, new: NewObservations) -> Observation:
    """Record one set. 409 without an open stay; 422 names what is impossible, or unlikely and not `confirmed`."""
    return await actions.record(ctx, stay, new)


@get("/observations/{observation_id}", needs=May.READ_CHART, section="patients")
async def observation(ctx: Context, observation_id: UUID) -> Observation | Page:
    """One set as it was recorded, with the score as it stood."""
    row = await access_observation(ctx, observation_id)
    ctx.saw("observations", row.id, row.person_id)
    if not ctx.html:
        return answer_of(row)
    banner = await banner_with_stay(ctx.db, await access_patient(ctx, row.person_id))
    title = f"Observations of {banner.family.upper()}, {banner.given}"
    entered_at = await queries.entered_at(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=row.id)
    return Page("vitals/detail.html", pages.detail_page(banner, row, signs_of(row), entered_at), title)


@post(
    "/observations/{observation_id}/correction",
    needs=May.RECORD_OBSERVATIONS,
    access=access_observation,
    versioned=True,
    then="/patients/{page.patient_id}/observations",
    load_class="medication",
)
async def mark_as_error(ctx: Context, row: ObservationRow, why: ErrorReason) -> Observation:
    """Mark a set as entered in error, with the reason. It stays in the record; the score is worked out without it."""
    return answer_of(await actions.mark_as_error(ctx, row, why.reason))


@put(
    "/encounters/{encounter_id}/spo2-scale",
    needs=May.PRESCRIBE_SPO2_SCALE,
    access=access_encounter,
    then="/patients/{page.patient_id}/observations",
    load_class="medication",
)
async def prescribe_scale(ctx: Context, encounter: EncounterScope, new: NewSpO2Scale) -> SpO2ScaleSet:
    """Prescribe the target of 88-92 % (scale 2), or go back to scale 1. The caller is the named prescriber."""
    return await actions.prescribe_scale(ctx, encounter.id, new)


@get("/wards/{ward_id}/risk", needs=May.READ_CHART, section="wards", topic="ward:{ward_id}")
async def ward_risk(ctx: Context, ward_id: UUID) -> WardRisk | Page:
    """The ward's patients, sickest first."""
    ward = await access_ward(ctx, ward_id)
    items = await queries.risk_of_ward(ctx.db, ward)
    ctx.saw("ward", ward_id, detail={"patients": len(items)})
    if ctx.html:
        return Page("vitals/risk.html", pages.risk_page(ward.id, ward.name, items, ctx.now), f"{ward.name} by risk")
    return WardRisk(ward_id=ward.id, ward_name=ward.name, items=items)


async def _chart(
    ctx: Context,
    patient: PatientScope,
    asked: ObservationQuery,
    *,
    opens_sheet: bool,
    opened: queries.ChartRow | None = None,
) -> Page:
    page = await views.chart_page(
        ctx.db,
        patient,
        asked,
        zone=ctx.caller.time_zone,
        now=ctx.now,
        opens_sheet=opens_sheet,
        opened=opened,
    )
    ctx.saw("observations", None, patient.person_id, detail={"sets": len(page.chart.columns)})
    return Page("vitals/chart.html", page, f"{page.banner.family.upper()}, {page.banner.given} – observations")
