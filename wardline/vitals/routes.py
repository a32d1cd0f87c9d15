"""HTTP of observations: recording, reading, correcting, the scale of a stay, the ward by risk."""

from datetime import UTC, datetime
from uuid import UUID

from wardline.encounters.public import EncounterScope, access_encounter
from wardline.identity.public import May, access_ward
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import BadRequest, NotFound
from wardline.platform.http import Context, Listing, get, post, put
from wardline.vitals import actions, queries
from wardline.vitals.answers import observation as answer_of
from wardline.vitals.models import (
    ErrorReason,
    NewObservations,
    NewSpO2Scale,
    Observation,
    ObservationQuery,
    ObservationRow,
    SpO2ScaleSet,
    WardRisk,
)

NEWEST = queries.Cursor(taken_at=datetime(9999, 1, 1, tzinfo=UTC), id=UUID(int=2**128 - 1))


async def access_observation(ctx: Context, observation_id: UUID) -> ObservationRow:
    """One set of the caller's hospital; NotFound otherwise."""
    row = await queries.observation(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=observation_id)
    if row is None:
        raise NotFound
    return row


@get("/patients/{patient_id}/observations", needs=May.READ_CHART, access=access_patient)
async def observations(ctx: Context, patient: PatientScope, asked: ObservationQuery) -> Listing[Observation]:
    """A patient's sets at this hospital, newest first; those entered in error are marked, not left out."""
    rows = await queries.sets_of_patient(ctx.db, patient, before=_cursor(asked.after), limit=asked.limit + 1)
    page, more = rows[: asked.limit], len(rows) > asked.limit
    ctx.saw("observations", None, patient.person_id, detail={"sets": len(page)})
    return Listing(
        items=[answer_of(row) for row in page],
        next=f"{page[-1].taken_at:%Y-%m-%dT%H:%M:%S.%fZ}~{page[-1].id}" if more else None,
    )


@post(
    "/patients/{patient_id}/observations",
    needs=May.RECORD_OBSERVATIONS,
    access=access_patient,
    created="/observations/{page.id}",
    then="/patients/{page.patient_id}/observations",
    load_class="charting",
)
async def record(ctx: Context, patient: PatientScope, new: NewObservations) -> Observation:
    """Record one set. 409 without an open stay; 422 names what is impossible, or unlikely and not `confirmed`."""
    return await actions.record(ctx, patient, new)


@get("/observations/{observation_id}", needs=May.READ_CHART)
async def observation(ctx: Context, observation_id: UUID) -> Observation:
    """One set as it was recorded, with the score as it stood."""
    row = await access_observation(ctx, observation_id)
    ctx.saw("observations", row.id, row.person_id)
    return answer_of(row)


@post(
    "/observations/{observation_id}/correction",
    needs=May.RECORD_OBSERVATIONS,
    access=access_observation,
    versioned=True,
    then="/patients/{page.patient_id}/observations",
)
async def mark_as_error(ctx: Context, row: ObservationRow, why: ErrorReason) -> Observation:
    """Mark a set as entered in error, with the reason. It stays in the record; the score is worked out without it."""
    return answer_of(await actions.mark_as_error(ctx, row, why.reason))


@put("/encounters/{encounter_id}/spo2-scale", needs=May.PRESCRIBE_SPO2_SCALE, access=access_encounter)
async def prescribe_scale(ctx: Context, encounter: EncounterScope, new: NewSpO2Scale) -> SpO2ScaleSet:
    """Prescribe the target of 88-92 % (scale 2), or go back to scale 1. The caller is the named prescriber."""
    return await actions.prescribe_scale(ctx, encounter.id, new)


@get("/wards/{ward_id}/risk", needs=May.READ_CHART)
async def ward_risk(ctx: Context, ward_id: UUID) -> WardRisk:
    """The ward's patients, sickest first."""
    ward = await access_ward(ctx, ward_id)
    items = await queries.risk_of_ward(ctx.db, ward)
    ctx.saw("ward", ward_id, detail={"patients": len(items)})
    return WardRisk(ward_id=ward.id, ward_name=ward.name, items=items)


def _cursor(after: str | None) -> queries.Cursor:
    if after is None:
        return NEWEST
    try:
        taken_at, set_id = after.split("~")
        return queries.Cursor(taken_at=datetime.fromisoformat(taken_at).astimezone(UTC), id=UUID(set_id))
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None
