"""Access checks of the pharmacy: what is of another hospital is not there. Each records that it was opened."""

from uuid import UUID

from wardline.identity.public import seal
from wardline.orders.public import MedicineRow, access_change, access_medicine
from wardline.patients.public import PatientScope
from wardline.pharmacy import queries
from wardline.pharmacy.models import LISTS, DispenseScope, HeldScope, ListScope, OrderScope, TraceScope
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


async def access_list(ctx: Context, which: str) -> ListScope:
    """A list of the caller's pharmacy; NotFound for one that is none."""
    if which not in LISTS:
        raise NotFound("There is no such list.")
    ctx.saw("pharmacy_queue", None, detail={"list": which})
    return ListScope(hospital_id=ctx.caller.tenant_id, which=which, seal=seal())


async def access_list_topic(ctx: Context, hospital_id: UUID, which: str) -> ListScope:
    """The same for watching; only the hospital of the session."""
    if hospital_id != ctx.caller.tenant_id:
        raise NotFound
    return await access_list(ctx, which)


async def access_order(ctx: Context, medicine_id: UUID) -> OrderScope:
    """An order of the caller's hospital, to read; NotFound otherwise."""
    return order_scope(ctx, await access_medicine(ctx, medicine_id))


async def access_order_locked(ctx: Context, medicine_id: UUID) -> OrderScope:
    """The same, held until the end of the transaction: who stops it meanwhile comes before or after, never between."""
    return order_scope(ctx, await access_change(ctx, medicine_id))


async def access_dispense(ctx: Context, dispense_id: UUID) -> DispenseScope:
    """A dispensing of the caller's hospital, to read; NotFound otherwise."""
    found = await queries.dispense(ctx.db, hospital_id=ctx.caller.tenant_id, dispense_id=dispense_id)
    if found is None:
        raise NotFound("There is no such dispensing here.")
    ctx.saw("dispense", dispense_id, found.patient_id)
    return DispenseScope(
        hospital_id=ctx.caller.tenant_id,
        id=dispense_id,
        medicine_id=found.medicine_id,
        person_id=found.patient_id,
        seal=seal(),
    )


async def access_dispense_held(ctx: Context, dispense_id: UUID) -> HeldScope:
    """The same, with its order held until the end of the transaction: the order always before its dispensings."""
    found = await access_dispense(ctx, dispense_id)
    return HeldScope(
        hospital_id=found.hospital_id,
        id=found.id,
        medicine_id=found.medicine_id,
        person_id=found.person_id,
        order=await access_order_locked(ctx, found.medicine_id),
        seal=seal(),
    )


async def access_trace(ctx: Context, lot_id: UUID) -> TraceScope:
    """A lot of the caller's hospital; NotFound otherwise."""
    if await queries.traced_lot(ctx.db, hospital_id=ctx.caller.tenant_id, lot_id=lot_id) is None:
        raise NotFound("There is no such lot here.")
    return TraceScope(hospital_id=ctx.caller.tenant_id, id=lot_id, seal=seal())


def order_scope(ctx: Context, row: MedicineRow) -> OrderScope:
    """The scope of an order that the caller may open."""
    hospital_id = ctx.caller.tenant_id
    patient = PatientScope(hospital_id=hospital_id, person_id=row.person_id, seal=seal())
    return OrderScope(hospital_id=hospital_id, row=row, patient=patient, zone=ctx.caller.time_zone, seal=seal())
