"""Managing places: regions and hospitals of the network, and the wards, rooms and beds of the caller's hospital."""

from uuid import UUID

from wardline.admin.place_models import (
    HospitalPage,
    HospitalsPage,
    Made,
    Placed,
    PlacesPage,
    RoomOfWard,
    WardOfPlace,
    WardPage,
)
from wardline.beds.public import FEATURE_WORDS, BedScope, access_bed, managing
from wardline.identity.public import HospitalScope, May, access_hospital, managed, managing_places, managing_staff
from wardline.identity.public import admin_models as m
from wardline.identity.public import managing_places as places
from wardline.platform.errors import NotFound
from wardline.platform.http import Context, get, patch, post

WARD_PAGE = "/places/wards/{page.ward_id}"
access_managed_ward = managing_places.access_managed_ward
access_room = managing_places.access_room
access_department = managing_places.access_department


# ---- regions and hospitals -------------------------------------------------------------------------------------------


@get("/hospitals", needs=May.MANAGE_WARDS, page="admin/hospitals.html", title="Hospitals", section="places")
async def hospitals(ctx: Context) -> HospitalsPage:
    """The hospitals that the caller administers, region by region."""
    found = await managing_staff.administered(ctx)
    return HospitalsPage(items=found, next=None, regions=await managed.regions(ctx.db))


@post("/regions", needs=May.MANAGE_NETWORK, created="/hospitals")
async def add_region(ctx: Context, given: m.NewRegion) -> Made:
    """Add a region."""
    return Made(await places.add_region(ctx, given))


@patch("/regions/{region_id}", needs=May.MANAGE_NETWORK, then="/hospitals", versioned=True)
async def change_region(ctx: Context, region_id: UUID, given: m.RegionChange) -> None:
    """Rename a region."""
    await places.change_region(ctx, region_id, given)


@post("/hospitals", needs=May.MANAGE_NETWORK, created="/hospitals/{page.id}", then="/hospitals")
async def add_hospital(ctx: Context, given: m.NewHospital) -> Made:
    """Add a hospital."""
    return Made(await places.add_hospital(ctx, given))


@get(
    "/hospitals/{hospital_id}",
    needs=May.MANAGE_NETWORK,
    page="admin/hospital.html",
    title="{page.hospital.name}",
    section="places",
)
async def hospital(ctx: Context, hospital_id: UUID) -> HospitalPage:
    """One hospital, to be changed."""
    found = next((h for h in await managing_staff.administered(ctx) if h.id == hospital_id), None)
    if found is None:
        raise NotFound("There is no such hospital.")
    return HospitalPage(found, await managed.regions(ctx.db))


@patch("/hospitals/{hospital_id}", needs=May.MANAGE_NETWORK, then="/hospitals", versioned=True)
async def change_hospital(ctx: Context, hospital_id: UUID, given: m.HospitalChange) -> None:
    """Change a hospital, take it out of use or bring it back."""
    await places.change_hospital(ctx, hospital_id, given)


# ---- the caller's hospital -------------------------------------------------------------------------------------------


@get(
    "/places",
    needs=May.MANAGE_WARDS,
    access=access_hospital,
    page="admin/places.html",
    title="Departments and wards",
    section="places",
)
async def list_places(ctx: Context, hospital: HospitalScope) -> PlacesPage:
    """Departments and wards of the hospital that the caller works at now."""
    scope = hospital.hospital_id
    counts = {c.ward_id: c for c in await managing.bed_counts(ctx.db, hospital_id=scope)}
    empty = managing.BedCount(scope, 0, 0)
    return PlacesPage(
        hospital=ctx.caller.tenant_name,
        departments=await managed.departments(ctx.db, hospital_id=scope),
        wards=[
            WardOfPlace(w, counts.get(w.id, empty).beds, counts.get(w.id, empty).occupied)
            for w in await managed.all_wards(ctx.db, hospital_id=scope)
        ],
    )


@post("/places/departments", needs=May.MANAGE_WARDS, access=access_hospital, then="/places")
async def add_department(ctx: Context, hospital: HospitalScope, given: m.NewDepartment) -> Made:
    """Add a department."""
    return Made(await places.add_department(ctx, hospital, given))


@patch(
    "/places/departments/{department_id}",
    needs=May.MANAGE_WARDS,
    access=access_department,
    then="/places",
    versioned=True,
)
async def change_department(ctx: Context, department: m.ManagedDepartmentScope, given: m.NewDepartment) -> None:
    """Rename a department."""
    await places.change_department(ctx, department, given)


@post("/places/wards", needs=May.MANAGE_WARDS, access=access_hospital, created="/places/wards/{page.id}")
async def add_ward(ctx: Context, hospital: HospitalScope, given: m.NewWard) -> Made:
    """Add a ward."""
    return Made(await places.add_ward(ctx, hospital, given))


@get(
    "/places/wards/{ward_id}",
    needs=May.MANAGE_WARDS,
    access=access_managed_ward,
    page="admin/ward.html",
    title="{page.ward.name}",
    section="places",
)
async def ward(ctx: Context, ward: m.ManagedWardScope) -> WardPage:
    """A ward with its rooms and beds, to be changed."""
    scope = {"hospital_id": ward.hospital_id, "ward_id": ward.id}
    row = await managed.any_ward(ctx.db, **scope)
    if row is None:
        raise NotFound
    beds = await managing.managed_beds(ctx.db, **scope)
    return WardPage(
        ward=row,
        departments=await managed.departments(ctx.db, hospital_id=ward.hospital_id),
        rooms=[
            RoomOfWard(room, [b for b in beds if b.room_id == room.id]) for room in await managed.rooms(ctx.db, **scope)
        ],
        features=list(FEATURE_WORDS.items()),
    )


@patch(
    "/places/wards/{ward_id}",
    needs=May.MANAGE_WARDS,
    access=access_managed_ward,
    then="/places",
    versioned=True,
)
async def change_ward(ctx: Context, ward: m.ManagedWardScope, given: m.WardChange) -> m.ManagedWard:
    """Rename, reorder, retire a ward or bring it back. Its code and its place among those in use change only while it is
    empty."""
    if given.active is not None and given.active != ward.active:
        await managing.set_ward_beds(ctx, ward.id, active=given.active)
    elif given.code not in (None, ward.code):
        await managing.require_empty_ward(ctx, ward.id)
    return await places.change_ward(ctx, ward, given)


@post(
    "/places/wards/{ward_id}/rooms",
    needs=May.MANAGE_WARDS,
    access=access_managed_ward,
    then=WARD_PAGE,
)
async def add_room(ctx: Context, ward: m.ManagedWardScope, given: m.NewRoom) -> Placed:
    """Add a bay or a side room."""
    return Placed(await places.add_room(ctx, ward, given), ward.id)


@patch("/places/rooms/{room_id}", needs=May.MANAGE_WARDS, access=access_room, then=WARD_PAGE, versioned=True)
async def change_room(ctx: Context, room: m.ManagedRoomScope, given: m.RoomChange) -> Placed:
    """Rename or reorder a room, or say for whom it is."""
    await places.change_room(ctx, room, given)
    return Placed(room.id, room.ward_id)


@post("/places/rooms/{room_id}/beds", needs=May.MANAGE_WARDS, access=access_room, then=WARD_PAGE)
async def add_bed(ctx: Context, room: m.ManagedRoomScope, given: managing.NewBed) -> Placed:
    """Add a bed to a room."""
    return Placed(await managing.add_bed(ctx, ward_id=room.ward_id, room_id=room.id, given=given), room.ward_id)


@patch("/places/beds/{bed_id}", needs=May.MANAGE_WARDS, access=access_bed, then=WARD_PAGE, versioned=True)
async def change_bed(ctx: Context, bed: BedScope, given: managing.BedChange) -> Placed:
    """Renumber, reorder, equip or retire a bed."""
    await managing.change_bed(ctx, bed, given)
    return Placed(bed.id, bed.ward_id)
