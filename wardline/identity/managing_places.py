"""Managing places: regions and hospitals of the network; departments, wards and rooms of the caller's hospital."""

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wardline.identity import admin_queries as queries
from wardline.identity.admin_models import (
    HospitalChange,
    ManagedDepartmentScope,
    ManagedRoomScope,
    ManagedWard,
    ManagedWardScope,
    NewDepartment,
    NewHospital,
    NewRegion,
    NewRoom,
    NewWard,
    RegionChange,
    RoomChange,
    WardChange,
)
from wardline.identity.models import HospitalScope, seal
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id


def _taken(field: str, words: str) -> "type[Conflict]":
    class NameTaken(Conflict):
        code, title = "name_taken", words

        def __init__(self) -> None:
            super().__init__(words, fields={field: words})

    return NameTaken


on_constraint("region_code_key", _taken("code", "A region has this code already"))
on_constraint("region_name_key", _taken("name", "A region has this name already"))
on_constraint("hospital_code_key", _taken("code", "A hospital has this code already"))
on_constraint("hospital_name_key", _taken("name", "A hospital has this name already"))
on_constraint("hospital_region_id_fkey", _taken("region_id", "There is no such region"))
on_constraint("department_hospital_id_name_key", _taken("name", "A department has this name already"))
on_constraint("ward_hospital_id_name_key", _taken("name", "A ward has this name already"))
on_constraint("ward_hospital_id_code_key", _taken("code", "A ward has this code already"))
on_constraint("ward_hospital_id_department_id_fkey", _taken("department_id", "There is no such department here"))
on_constraint("room_hospital_id_ward_id_label_key", _taken("label", "A room of this ward has this name already"))


async def access_managed_ward(ctx: Context, ward_id: UUID) -> ManagedWardScope:
    """A ward of the caller's hospital, in use or not; NotFound otherwise."""
    row = await queries.any_ward(ctx.db, hospital_id=ctx.caller.tenant_id, ward_id=ward_id)
    if row is None:
        raise NotFound("There is no such ward here.")
    return ManagedWardScope(hospital_id=ctx.caller.tenant_id, id=ward_id, code=row.code, active=row.active, seal=seal())


async def access_room(ctx: Context, room_id: UUID) -> ManagedRoomScope:
    """A room of the caller's hospital; NotFound otherwise."""
    ward_id = await queries.ward_of_room(ctx.db, hospital_id=ctx.caller.tenant_id, room_id=room_id)
    if ward_id is None:
        raise NotFound("There is no such room here.")
    return ManagedRoomScope(hospital_id=ctx.caller.tenant_id, id=room_id, ward_id=ward_id, seal=seal())


async def access_department(ctx: Context, department_id: UUID) -> ManagedDepartmentScope:
    """A department of the caller's hospital; NotFound otherwise."""
    found = await queries.department_id(ctx.db, hospital_id=ctx.caller.tenant_id, department_id=department_id)
    if found is None:
        raise NotFound("There is no such department here.")
    return ManagedDepartmentScope(hospital_id=ctx.caller.tenant_id, id=department_id, seal=seal())


def _touch(ctx: Context, ward_id: UUID | None = None) -> None:
    ctx.touch(f"beds:{ctx.caller.tenant_id}", *([f"ward:{ward_id}"] if ward_id else []))


# ---- the network -----------------------------------------------------------------------------------------------------


async def add_region(ctx: Context, given: NewRegion) -> UUID:
    """A new region."""
    region_id = new_id()
    await queries.insert_region(
        ctx.db, region_id=region_id, code=given.code.upper(), name=given.name.strip(), actor_id=ctx.caller.id
    )
    ctx.record("region.added", subject_id=region_id)
    return region_id


async def change_region(ctx: Context, region_id: UUID, given: RegionChange) -> None:
    """Rename a region."""
    found = next((r for r in await queries.regions(ctx.db) if r.id == region_id), None)
    if found is None:
        raise NotFound("There is no such region.")
    assert ctx.version is not None
    name = given.name.strip()
    if await queries.update_region(ctx.db, region_id=region_id, name=name, version=ctx.version) is None:
        raise Stale(current=found)
    ctx.record("region.changed", subject_id=region_id)


def _check_zone(name: str | None) -> None:
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(fields={"time_zone": "Write a time zone such as Europe/London."}) from None


async def add_hospital(ctx: Context, given: NewHospital) -> UUID:
    """A new hospital, empty: its administrators add wards and staff."""
    _check_zone(given.time_zone)
    hospital_id = new_id()
    given.name = given.name.strip()
    await queries.insert_hospital(
        ctx.db, given, hospital_id=hospital_id, code=given.code.upper(), actor_id=ctx.caller.id
    )
    ctx.record("hospital.added", subject_id=hospital_id)
    return hospital_id


async def change_hospital(ctx: Context, hospital_id: UUID, given: HospitalChange) -> None:
    """Change a hospital; one taken out of use signs everybody there out."""
    found = next((h for h in await queries.all_hospitals(ctx.db) if h.id == hospital_id), None)
    if found is None:
        raise NotFound("There is no such hospital.")
    if given.active is False and hospital_id == ctx.caller.tenant_id:
        raise Conflict("You work at this hospital now. Switch to another one first.")
    _check_zone(given.time_zone)
    assert ctx.version is not None
    if await queries.update_hospital(ctx.db, given, changed_id=hospital_id, version=ctx.version) is None:
        raise Stale(current=found)
    if given.active is False:
        await queries.end_sessions_at(ctx.db, hospital_ids=[hospital_id], reason="hospital_closed")
    ctx.record("hospital.changed", subject_id=hospital_id)


# ---- the caller's hospital -------------------------------------------------------------------------------------------


async def add_department(ctx: Context, hospital: HospitalScope, given: NewDepartment) -> UUID:
    """A new department."""
    made = new_id()
    await queries.insert_department(
        ctx.db, hospital_id=hospital.hospital_id, department_id=made, name=given.name.strip(), actor_id=ctx.caller.id
    )
    ctx.record("department.added", subject_id=made)
    return made


async def change_department(ctx: Context, department: ManagedDepartmentScope, given: NewDepartment) -> None:
    """Rename a department."""
    assert ctx.version is not None
    scope = {"hospital_id": department.hospital_id, "department_id": department.id}
    if await queries.update_department(ctx.db, name=given.name.strip(), version=ctx.version, **scope) is None:
        raise Stale
    ctx.record("department.changed", subject_id=department.id)
    _touch(ctx)


async def add_ward(ctx: Context, hospital: HospitalScope, given: NewWard) -> UUID:
    """A new ward, last in the order."""
    await access_department(ctx, given.department_id)
    ward_id = new_id()
    await queries.insert_ward(ctx.db, given, hospital_id=hospital.hospital_id, ward_id=ward_id, actor_id=ctx.caller.id)
    ctx.record("ward.added", subject_id=ward_id)
    _touch(ctx, ward_id)
    return ward_id


async def change_ward(ctx: Context, ward: ManagedWardScope, given: WardChange) -> ManagedWard:
    """Change a ward. Whether it may be emptied of its code or taken out of use is for the beds to say."""
    if given.department_id is not None:
        await access_department(ctx, given.department_id)
    assert ctx.version is not None
    scope = {"hospital_id": ward.hospital_id, "ward_id": ward.id}
    if await queries.update_ward(ctx.db, given, version=ctx.version, **scope) is None:
        raise Stale(current=await queries.any_ward(ctx.db, **scope))
    ctx.record("ward.changed", subject_id=ward.id)
    _touch(ctx, ward.id)
    changed = await queries.any_ward(ctx.db, **scope)
    assert changed is not None
    return changed


async def add_room(ctx: Context, ward: ManagedWardScope, given: NewRoom) -> UUID:
    """A new bay or side room, last on its ward."""
    room_id = new_id()
    await queries.insert_room(
        ctx.db, given, hospital_id=ward.hospital_id, ward_id=ward.id, room_id=room_id, actor_id=ctx.caller.id
    )
    ctx.record("room.added", subject_id=room_id)
    _touch(ctx, ward.id)
    return room_id


async def change_room(ctx: Context, room: ManagedRoomScope, given: RoomChange) -> None:
    """Rename, reorder, or say for whom a room is."""
    assert ctx.version is not None
    changed = await queries.update_room(
        ctx.db, given, hospital_id=room.hospital_id, room_id=room.id, version=ctx.version
    )
    if changed is None:
        raise Stale
    ctx.record("room.changed", subject_id=room.id)
    _touch(ctx, room.ward_id)
