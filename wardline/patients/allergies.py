"""Allergies and their three states: recorded, confirmed none, not recorded. Unknown never reads as none."""

from datetime import date
from uuid import UUID

import msgspec

from wardline.patients import queries
from wardline.patients.actions import topic
from wardline.patients.finding import today
from wardline.patients.forms import AllergyConfirmation, NewAllergy
from wardline.patients.models import AllergyRecorded, AllergyState, PatientScope
from wardline.patients.rules import holds_unseen
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

_LINES = str.maketrans(dict.fromkeys("\n\t", " "))  # a reaction may be told in lines


class AllergiesRecorded(Conflict):
    code, title = "allergies_recorded", "Allergies are recorded for this patient"


class NoAllergiesRecorded(Conflict):
    code, title = "no_allergies_recorded", "No allergy is recorded for this patient"


async def record_allergy(ctx: Context, patient: PatientScope, new: NewAllergy) -> AllergyRecorded:
    """Record an allergy or intolerance; whatever was confirmed before no longer stands."""
    _check(new, today(ctx))
    await queries.lock_person(ctx.db, patient)
    allergy_id = new_id()
    await queries.insert_allergy(
        ctx.db,
        patient,
        allergy_id=allergy_id,
        substance=new.substance.strip(),
        code_system=new.code_system,
        code=new.code,
        category=new.category,
        reaction=new.reaction.strip(),
        severity=new.severity,
        noted_on=new.noted_on,
        kind=new.kind,
        verification=new.verification,
        staff_id=ctx.caller.id,
    )
    ctx.record("allergy.recorded", person_id=patient.person_id, subject_type="allergy", subject_id=allergy_id)
    return await _set_state(ctx, patient, AllergyState.RECORDED, allergy_id)


def _check(new: NewAllergy, day: date) -> None:
    """Invalid for what was noted on a day to come, and for what reads as another substance than it is."""
    wrong = {
        name: "It holds a character that cannot be seen."
        for name, text in (("substance", new.substance), ("reaction", new.reaction))
        if holds_unseen(text.translate(_LINES))
    }
    if new.noted_on is not None and new.noted_on > day:
        wrong["noted_on"] = "This date is in the future."
    if wrong:
        raise Invalid(fields=wrong)


async def mark_mistaken(ctx: Context, patient: PatientScope, allergy_id: UUID, reason: str) -> AllergyRecorded:
    """Strike an entry through, with the reason. When none is left, allergies are not recorded: unknown, not none."""
    await queries.lock_person(ctx.db, patient)
    assert ctx.version is not None
    marked = await queries.mark_allergy_mistaken(
        ctx.db, patient, allergy_id=allergy_id, version=ctx.version, reason=reason.strip()
    )
    if marked is None:
        await _explain(ctx, patient, allergy_id)
    ctx.record("allergy.entered_in_error", person_id=patient.person_id, subject_type="allergy", subject_id=allergy_id)
    left = await queries.active_allergies(ctx.db, patient)
    return await _set_state(ctx, patient, AllergyState.RECORDED if left else AllergyState.NOT_RECORDED, allergy_id)


async def resolve(ctx: Context, patient: PatientScope, allergy_id: UUID) -> AllergyRecorded:
    """An allergy that is over, as after a test. When none is left, somebody has to ask anew: unknown, not none."""
    await queries.lock_person(ctx.db, patient)
    assert ctx.version is not None
    if await queries.resolve_allergy(ctx.db, patient, allergy_id=allergy_id, version=ctx.version) is None:
        await _explain(ctx, patient, allergy_id)
    ctx.record("allergy.resolved", person_id=patient.person_id, subject_type="allergy", subject_id=allergy_id)
    left = await queries.active_allergies(ctx.db, patient)
    return await _set_state(ctx, patient, AllergyState.RECORDED if left else AllergyState.NOT_RECORDED, allergy_id)


async def _explain(ctx: Context, patient: PatientScope, allergy_id: UUID) -> None:
    held = {allergy.allergy_id: allergy for allergy in await queries.allergies(ctx.db, patient)}
    if allergy_id not in held:
        raise NotFound("There is no such allergy.")
    raise Stale(current=msgspec.to_builtins(held[allergy_id]))


async def confirm(ctx: Context, patient: PatientScope, said: AllergyConfirmation) -> AllergyRecorded:
    """Somebody asked, and confirms that there is none, or that the list is right."""
    await queries.lock_person(ctx.db, patient)
    person = await queries.person(ctx.db, patient)
    if ctx.version != person.version:
        raise Stale(current=msgspec.to_builtins(person))
    active = await queries.active_allergies(ctx.db, patient)
    if said.none_known and active:
        raise AllergiesRecorded("Mark the wrong entries as entered in error first.", active=active)
    if not said.none_known and not active:
        raise NoAllergiesRecorded("Record the allergies, or confirm that there are none.")
    state = AllergyState.NONE_KNOWN if said.none_known else AllergyState.RECORDED
    ctx.record(
        "allergies.confirmed", person_id=patient.person_id, subject_id=patient.person_id, detail={"state": state}
    )
    return await _set_state(ctx, patient, state, None, confirmed=True)


async def _set_state(
    ctx: Context, patient: PatientScope, state: AllergyState, allergy_id: UUID | None, *, confirmed: bool = False
) -> AllergyRecorded:
    version = await queries.set_allergy_state(
        ctx.db,
        patient,
        state=state,
        confirmed_at=ctx.now if confirmed else None,
        confirmed_by=ctx.caller.id if confirmed else None,
    )
    ctx.publish("patient.allergies_changed", {"person_id": patient.person_id, "version": version})
    ctx.touch(topic(patient.person_id))
    return AllergyRecorded(person_id=patient.person_id, allergy_id=allergy_id, allergy_state=state, version=version)
