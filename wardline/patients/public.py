"""What other slices use of patients: the access check that makes a patient's scope."""

from uuid import UUID

from wardline.identity.public import Scope, seal
from wardline.patients.bulk import (
    AllergyRecord,
    ContactRecord,
    IdentifierRecord,
    PersonRecord,
    RegistrationRecord,
    add_allergies,
    add_contacts,
    add_identifiers,
    add_people,
    add_registrations,
    state_no_known_allergies,
)
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


class PatientScope(Scope, frozen=True, kw_only=True):
    """A person registered at the caller's hospital; the read is recorded."""

    person_id: UUID


async def access_patient(ctx: Context, patient_id: UUID) -> PatientScope:
    """The patient, when registered at the caller's hospital; NotFound otherwise. Records that the record was opened."""
    known = await ctx.db.fetchval(
        "SELECT 1 FROM patients.registration WHERE hospital_id = $1 AND person_id = $2",
        ctx.caller.tenant_id,
        patient_id,
    )
    if known is None:
        raise NotFound("There is no such patient here.")
    ctx.saw("patient", patient_id, patient_id)
    return PatientScope(hospital_id=ctx.caller.tenant_id, person_id=patient_id, seal=seal())


async def record_death(ctx: Context, patient: PatientScope) -> None:
    """Note on the person that they died today; the banner turns black everywhere."""
    await ctx.db.execute(
        "UPDATE patients.person SET deceased_on = $2, version = version + 1 WHERE id = $1",
        patient.person_id,
        ctx.now.date(),
    )
    ctx.record("patient.died", person_id=patient.person_id, subject_type="patient", subject_id=patient.person_id)


__all__ = [
    "AllergyRecord",
    "ContactRecord",
    "IdentifierRecord",
    "PatientScope",
    "PersonRecord",
    "RegistrationRecord",
    "access_patient",
    "add_allergies",
    "add_contacts",
    "add_identifiers",
    "add_people",
    "add_registrations",
    "record_death",
    "state_no_known_allergies",
]
