"""Access checks for watching: what is of another hospital is not there. Each records that it was opened."""

from uuid import UUID

from wardline.identity.public import access_ward, seal
from wardline.mar.models import GridScope, RoundScope
from wardline.patients.public import access_patient
from wardline.platform.http import Context


async def access_round(ctx: Context, ward_id: UUID) -> RoundScope:
    """The round of a ward of the caller's hospital."""
    ward = await access_ward(ctx, ward_id)
    ctx.saw("round", ward_id)
    return RoundScope(
        hospital_id=ward.hospital_id,
        id=ward.id,
        code=ward.code,
        name=ward.name,
        specialty=ward.specialty,
        zone=ctx.caller.time_zone,
        seal=seal(),
    )


async def access_given(ctx: Context, patient_id: UUID) -> GridScope:
    """A patient's chart of given medicines."""
    patient = await access_patient(ctx, patient_id)
    ctx.saw("given", None, patient.person_id)
    return GridScope(hospital_id=patient.hospital_id, patient=patient, zone=ctx.caller.time_zone, seal=seal())
