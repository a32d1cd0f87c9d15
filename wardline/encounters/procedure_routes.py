"""Procedures over HTTP."""

import re
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from wardline.encounters import procedure_queries, queries
from wardline.encounters.procedure_models import (
    NewProcedure,
    Procedure,
    ProcedureError,
    ProcedureRow,
    ProceduresPage,
)
from wardline.encounters.public import banner_with_stay, open_stay_of
from wardline.identity.public import May
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import Invalid, Stale
from wardline.platform.http import Context, get, post
from wardline.platform.ids import new_id

FORMATS = {
    "ICD-10-PCS": (
        re.compile(r"[0-9A-HJ-NP-Z]{7}"),
        "An ICD-10-PCS code has seven digits or letters, without I and O.",
    ),
    "SNOMED-CT": (re.compile(r"[0-9]{6,18}"), "A SNOMED CT code has 6 to 18 digits."),
}


@get(
    "/patients/{patient_id}/procedures",
    needs=May.READ_CHART,
    access=access_patient,
    page="encounters/procedures.html",
    title="Procedures of {page.banner.family}",
    section="patients",
    topic="patient:{patient_id}",
)
async def procedures_of_patient(ctx: Context, patient: PatientScope) -> ProceduresPage:
    """What was done to the patient, newest first."""
    items = await procedure_queries.procedures(ctx.db, patient)
    doctors = await queries.doctors(ctx.db, hospital_id=patient.hospital_id) if ctx.may(May.RECORD_PROCEDURE) else []
    today = ctx.now.astimezone(ZoneInfo(ctx.caller.time_zone)).date()
    return ProceduresPage(await banner_with_stay(ctx.db, patient), items, doctors, ctx.caller.id, today)


@post(
    "/patients/{patient_id}/procedures",
    needs=May.RECORD_PROCEDURE,
    access=access_patient,
    created="/patients/{patient_id}/procedures",
    then="/patients/{patient_id}/procedures",
)
async def add_procedure(ctx: Context, patient: PatientScope, given: NewProcedure) -> Procedure:
    """Record a procedure that was done, by one of the staff or by somebody else."""
    row = await _row(ctx, patient, given)
    await procedure_queries.insert_procedure(ctx.db, patient, row, now=ctx.now, actor_id=ctx.caller.id)
    ctx.record("procedure.recorded", person_id=patient.person_id, subject_id=row.id)
    ctx.touch(f"patient:{patient.person_id}")
    return await procedure_queries.procedure(ctx.db, patient, procedure_id=row.id)


@post(
    "/patients/{patient_id}/procedures/{procedure_id}/error",
    needs=May.RECORD_PROCEDURE,
    access=access_patient,
    versioned=True,
    then="/patients/{patient_id}/procedures",
)
async def mark_as_error(ctx: Context, patient: PatientScope, procedure_id: UUID, why: ProcedureError) -> Procedure:
    """Mark an entry as entered in error, with the reason. It stays in the record, struck through."""
    held = await procedure_queries.procedure(ctx.db, patient, procedure_id=procedure_id)
    marked = await procedure_queries.mark_as_error(
        ctx.db,
        patient,
        procedure_id=procedure_id,
        reason=why.reason.strip(),
        version=ctx.version or 0,
        now=ctx.now,
        actor_id=ctx.caller.id,
    )
    if marked is None:
        raise Stale(current=msgspec.to_builtins(held))
    ctx.record("procedure.entered_in_error", person_id=patient.person_id, subject_id=procedure_id)
    ctx.touch(f"patient:{patient.person_id}")
    return await procedure_queries.procedure(ctx.db, patient, procedure_id=procedure_id)


async def _row(ctx: Context, patient: PatientScope, given: NewProcedure) -> ProcedureRow:
    """What is stored, checked; Invalid names the field."""
    wrong: dict[str, str] = {}
    code = given.code.upper() if given.code else None
    if (code is None) != (given.code_system is None):
        wrong["code"] = "A code needs its system, and a system its code."
    elif code is not None and not FORMATS[str(given.code_system)][0].fullmatch(code):
        wrong["code"] = FORMATS[str(given.code_system)][1]
    if given.performed_on > ctx.now.astimezone(ZoneInfo(ctx.caller.time_zone)).date():
        wrong["performed_on"] = "This date is in the future."
    performer_id = given.performer_id or (None if given.performer.strip() else ctx.caller.id)
    if given.performer_id and not await procedure_queries.works_here(
        ctx.db, hospital_id=patient.hospital_id, staff_id=given.performer_id
    ):
        wrong["performer_id"] = "Choose somebody of this hospital, or write the name."
    if wrong:
        raise Invalid(fields=wrong)
    stay = await open_stay_of(ctx, patient)
    return ProcedureRow(
        id=new_id(), encounter_id=stay.encounter_id if stay else None, code_system=given.code_system, code=code,
        display=given.display.strip(), performed_on=given.performed_on, performer_id=performer_id,
        performer=given.performer.strip(), site=given.site.strip(), comment=given.comment.strip(),
    )  # fmt: skip
