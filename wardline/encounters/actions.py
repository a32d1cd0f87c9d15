"""Admitting, changing a stay, discharging."""

from typing import Any
from uuid import UUID

from msgspec import UNSET

from wardline.encounters import queries, rules
from wardline.encounters.models import (
    Admission,
    Discharge,
    Encounter,
    EncounterScope,
    StayChange,
)
from wardline.encounters.public import on_discharge
from wardline.identity.public import seal
from wardline.patients.public import PatientScope, on_person_changed, record_death, today
from wardline.platform.errors import Conflict, Invalid, Stale, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id


class AlreadyAdmitted(Conflict):
    code, title = "already_admitted", "This patient is already admitted here"


class StayEnded(Conflict):
    code, title = "encounter_finished", "This stay has ended"


on_constraint("encounter_one_stay", AlreadyAdmitted)
on_constraint("encounter_state_order", StayEnded)


def _topics(ctx: Context, encounter: Encounter) -> None:
    ctx.touch(f"patient:{encounter.patient_id}")
    # Whoever has no bed stands among those who wait, and they are read when a stay is named.
    ctx.touch(f"beds:{ctx.caller.tenant_id}", elements=[encounter.bed_id or encounter.id])
    if encounter.ward_id is not None:
        ctx.touch(f"ward:{encounter.ward_id}", elements=[encounter.bed_id])


async def touch_boards(ctx: Context, person_id: UUID) -> None:
    """The boards of this hospital that show the person; a ward whole, because who shares a name changes with it."""
    stay = await queries.place_of_person(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=person_id)
    if stay is None:
        return
    ctx.touch(f"beds:{ctx.caller.tenant_id}", elements=[stay.bed_id or stay.encounter_id])
    if stay.ward_id is not None:
        ctx.touch(f"ward:{stay.ward_id}")


on_person_changed.append(touch_boards)


async def admit(ctx: Context, patient: PatientScope, given: Admission) -> Encounter:
    """Start a stay. One open stay a person and hospital; a lost race reads as AlreadyAdmitted."""
    if problem := rules.admission_problem(given, today(ctx)):
        raise Invalid(fields=problem)
    doctor_id = given.doctor_id
    if doctor_id and not await queries.is_doctor(ctx.db, hospital_id=patient.hospital_id, staff_id=doctor_id):
        raise Invalid(fields={"doctor_id": "Choose a doctor of this hospital."})
    if (
        given.class_ != "outpatient"
        and (stay := await queries.current_stay(ctx.db, patient))
        and stay.class_ != "outpatient"
    ):
        raise AlreadyAdmitted(encounter_id=stay.encounter_id, since=stay.started_at)
    encounter_id = new_id()
    await queries.insert_encounter(
        ctx.db, patient, given, encounter_id=encounter_id, started_at=ctx.now, actor_id=ctx.caller.id
    )
    await queries.insert_current(ctx.db, patient, given, encounter_id=encounter_id, started_at=ctx.now)
    scope = EncounterScope(
        hospital_id=patient.hospital_id, id=encounter_id, person_id=patient.person_id, state="in_progress", seal=seal()
    )
    ctx.record(
        "encounter.admitted", person_id=patient.person_id, subject_id=encounter_id, detail={"class": given.class_}
    )
    ctx.publish("encounter.admitted", {"encounter_id": encounter_id, "person_id": patient.person_id})
    encounter = await queries.encounter(ctx.db, scope)
    _topics(ctx, encounter)
    return encounter


async def change_stay(ctx: Context, scope: EncounterScope, change: StayChange) -> Encounter:
    """Change what may change during a stay, at the version that was read."""
    held = await queries.encounter_for_update(ctx.db, scope)
    if held.version != ctx.version:
        raise Stale(current=held)
    if held.state != "in_progress" or held.needs is None:
        raise StayEnded(ended_at=held.ended_at)
    isolation = (
        held.isolation if change.isolation is UNSET else (None if change.isolation == "none" else change.isolation)
    )
    await queries.change_current(
        ctx.db,
        scope,
        isolation=isolation,
        expected_discharge_on=_new(change.expected_discharge_on, held.expected_discharge_on),
        ready_to_leave=bool(_new(change.ready_to_leave, held.ready_to_leave)),
        needs=list(_new(change.needs, held.needs)),
        pregnant=bool(_new(change.pregnant, held.pregnant)),
    )
    await queries.change_encounter(
        ctx.db, scope, reason=_new(change.reason, held.reason), specialty=_new(change.specialty, held.specialty)
    )
    changed = [name for name in change.__struct_fields__ if getattr(change, name) is not UNSET]
    ctx.record("encounter.changed", person_id=scope.person_id, subject_id=scope.id, detail={"fields": changed})
    encounter = await queries.encounter(ctx.db, scope)
    _topics(ctx, encounter)
    return encounter


def _new(given: Any, held: Any) -> Any:
    return held if given is UNSET else given


async def discharge(ctx: Context, scope: EncounterScope, given: Discharge) -> Encounter:
    """End a stay: the bed is freed, what must stop stops, and later entries are refused."""
    held = await queries.encounter_for_update(ctx.db, scope)
    if held.state != "in_progress":
        raise StayEnded(ended_at=held.ended_at, state=held.state)
    if ctx.version is not None and ctx.version != held.version:
        raise Stale(current=held)
    for stop in on_discharge:
        await stop(ctx, scope)
    await queries.delete_current(ctx.db, scope)
    await queries.finish(ctx.db, scope, ended_at=ctx.now, discharged_to=given.discharged_to)
    if given.discharged_to == "died":
        await record_death(ctx, PatientScope(hospital_id=scope.hospital_id, person_id=scope.person_id, seal=seal()))
    ctx.record(
        "encounter.discharged",
        person_id=scope.person_id,
        subject_id=scope.id,
        detail={"discharged_to": given.discharged_to},
    )
    ctx.publish("encounter.discharged", {"encounter_id": scope.id, "person_id": scope.person_id})
    _topics(ctx, held)
    return await queries.encounter(ctx.db, scope)
