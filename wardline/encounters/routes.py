"""Stays over HTTP."""

from datetime import datetime

import msgspec

from wardline.encounters import actions, problem_routes, procedure_routes, queries
from wardline.encounters.models import (
    Admission,
    AdmissionPage,
    Discharge,
    Encounter,
    EncounterScope,
    StayChange,
    StayPage,
    VisitsPage,
)
from wardline.encounters.public import access_encounter, banner_with_stay, patient_of
from wardline.identity.public import May
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, get, patch, post

PAGE_ROWS = 50
__all__ = ["problem_routes", "procedure_routes"]  # declare their routes when they are imported


class Paging(msgspec.Struct):
    """Which page of a list; `cursor` is the `next` of the page before."""

    cursor: str | None = None


@post(
    "/patients/{patient_id}/encounters",
    needs=May.ADMIT_PATIENT,
    access=access_patient,
    created="/encounters/{page.id}",
    then="/encounters/{page.id}/move",
)
async def admit(ctx: Context, patient: PatientScope, given: Admission) -> Encounter:
    """Admit the patient: starts a stay; a bed follows."""
    return await actions.admit(ctx, patient, given)


@get(
    "/patients/{patient_id}/encounters",
    needs=May.READ_CHART,
    access=access_patient,
    page="encounters/visits.html",
    title="Visits of {page.banner.family}",
    section="patients",
)
async def encounters_of_patient(ctx: Context, patient: PatientScope, paging: Paging) -> VisitsPage:
    """The patient's stays and visits here, newest first."""
    rows = await queries.encounters_of(ctx.db, patient, before=_time(paging.cursor), limit=PAGE_ROWS + 1)
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    following = last.started_at.isoformat() if last and last.started_at else None
    return VisitsPage(await banner_with_stay(ctx.db, patient), rows[:PAGE_ROWS], following)


@get(
    "/patients/{patient_id}/admission",
    needs=May.ADMIT_PATIENT,
    access=access_patient,
    page="encounters/admission.html",
    title="Admit {page.banner.family}",
    section="patients",
)
async def admission_form(ctx: Context, patient: PatientScope) -> AdmissionPage:
    """The form to admit a patient."""
    doctors = await queries.doctors(ctx.db, hospital_id=patient.hospital_id)
    stay = await queries.current_stay(ctx.db, patient)
    return AdmissionPage(await banner_with_stay(ctx.db, patient), doctors, stay)


@get(
    "/encounters/{encounter_id}/plan",
    needs=May.CHANGE_STAY,
    access=access_encounter,
    page="encounters/plan.html",
    title="Change the stay of {page.banner.family}",
    section="patients",
)
async def plan_form(ctx: Context, scope: EncounterScope) -> StayPage:
    """The form to change isolation, leaving date and needs."""
    return StayPage(await banner_with_stay(ctx.db, patient_of(scope)), await queries.encounter(ctx.db, scope))


@get(
    "/encounters/{encounter_id}/leaving",
    needs=May.DISCHARGE_PATIENT,
    access=access_encounter,
    page="encounters/leaving.html",
    title="Discharge {page.banner.family}",
    section="patients",
)
async def leaving_form(ctx: Context, scope: EncounterScope) -> StayPage:
    """The form to discharge a patient."""
    return StayPage(await banner_with_stay(ctx.db, patient_of(scope)), await queries.encounter(ctx.db, scope))


@get("/encounters/{encounter_id}", needs=May.READ_CHART, access=access_encounter)
async def encounter(ctx: Context, scope: EncounterScope) -> Encounter:
    """One stay or visit."""
    return await queries.encounter(ctx.db, scope)


@patch(
    "/encounters/{encounter_id}",
    needs=May.CHANGE_STAY,
    access=access_encounter,
    versioned=True,
    then="/patients/{page.patient_id}",
)
async def change_stay(ctx: Context, scope: EncounterScope, change: StayChange) -> Encounter:
    """Change isolation, expected leaving date, needs or reason of a stay."""
    return await actions.change_stay(ctx, scope, change)


@post(
    "/encounters/{encounter_id}/discharge",
    needs=May.DISCHARGE_PATIENT,
    access=access_encounter,
    then="/patients/{page.patient_id}",
)
async def discharge(ctx: Context, scope: EncounterScope, given: Discharge) -> Encounter:
    """Discharge: frees the bed, stops what must stop, refuses later entries."""
    return await actions.discharge(ctx, scope, given)


def _time(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        raise BadRequest("This cursor is not one of ours.") from None
    if moment.tzinfo is None:
        raise BadRequest("This cursor is not one of ours.")
    return moment
