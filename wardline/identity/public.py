"""What other slices use of identity: permissions, roles, and the access checks that make scopes."""

from uuid import UUID

from wardline.identity import admin_models, managing_places, managing_staff, queries
from wardline.identity import admin_queries as managed
from wardline.identity.bulk import (
    HospitalRecord,
    StaffRecord,
    add_hospitals,
    add_staff,
    ensure_region,
    hospital_with_code,
)
from wardline.identity.devices import device_is_ours
from wardline.identity.models import HospitalRow, HospitalScope, Scope, WardRow, WardScope, seal
from wardline.identity.permissions import OF_ROLE, ROLE_WORDS, SENTENCES, May, Role
from wardline.identity.queries import hospitals, wards
from wardline.identity.sessions import Sessions
from wardline.identity.witnesses import witness
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


async def access_hospital(ctx: Context) -> HospitalScope:
    """The hospital of the caller's session."""
    return HospitalScope(hospital_id=ctx.caller.tenant_id, seal=seal())


async def access_ward(ctx: Context, ward_id: UUID) -> WardScope:
    """A ward of the caller's hospital; NotFound when it is another hospital's or none."""
    row = await queries.ward(ctx.db, hospital_id=ctx.caller.tenant_id, ward_id=ward_id)
    if row is None:
        raise NotFound("There is no such ward here.")
    return WardScope(
        hospital_id=ctx.caller.tenant_id, id=row.id, code=row.code, name=row.name, specialty=row.specialty, seal=seal()
    )


__all__ = [
    "OF_ROLE",
    "ROLE_WORDS",
    "SENTENCES",
    "HospitalRecord",
    "HospitalRow",
    "HospitalScope",
    "May",
    "Role",
    "Scope",
    "Sessions",
    "StaffRecord",
    "WardRow",
    "WardScope",
    "access_hospital",
    "access_ward",
    "add_hospitals",
    "add_staff",
    "admin_models",
    "device_is_ours",
    "ensure_region",
    "hospital_with_code",
    "hospitals",
    "managed",
    "managing_places",
    "managing_staff",
    "seal",
    "wards",
    "witness",
]
