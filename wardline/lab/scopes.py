"""Access checks of the laboratory: what is of another hospital is not there. Each records that it was opened."""

from uuid import UUID

from wardline.identity.public import HospitalScope, WardScope, access_ward, seal
from wardline.lab import queries
from wardline.lab.models import BENCHES, BenchScope, Call, OrderScope, Result, ResultsScope, SpecimenScope, TestScope
from wardline.lab.steps import Held
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


async def access_specimen(ctx: Context, specimen_id: UUID) -> SpecimenScope:
    """A specimen of the caller's hospital; NotFound otherwise."""
    hospital_id = ctx.caller.tenant_id
    person_id = await queries.whose_specimen(ctx.db, hospital_id=hospital_id, specimen_id=specimen_id)
    if person_id is None:
        raise NotFound("There is no such specimen here.")
    ctx.saw("specimen", specimen_id, person_id)
    return SpecimenScope(hospital_id=hospital_id, id=specimen_id, person_id=person_id, seal=seal())


async def access_order(ctx: Context, order_id: UUID) -> OrderScope:
    """An order of the caller's hospital; NotFound otherwise."""
    person_id = await queries.whose_order(ctx.db, hospital_id=ctx.caller.tenant_id, order_id=order_id)
    if person_id is None:
        raise NotFound("There is no such order here.")
    ctx.saw("lab_order", order_id, person_id)
    return OrderScope(hospital_id=ctx.caller.tenant_id, id=order_id, person_id=person_id, seal=seal())


async def access_result(ctx: Context, result_id: UUID) -> Result:
    """A result of the caller's hospital; NotFound otherwise."""
    found = await queries.result(ctx.db, hospital_id=ctx.caller.tenant_id, result_id=result_id)
    if found is None:
        raise NotFound("There is no such result here.")
    ctx.saw("result", result_id, found.patient_id)
    return found


async def access_culture(ctx: Context, culture_id: UUID) -> Result:
    """A culture of the caller's hospital; NotFound otherwise, and for a result that is a number."""
    found = await access_result(ctx, culture_id)
    if found.kind != "culture":
        raise NotFound("This result is a number: it is entered on its specimen.")
    return found


async def access_call(ctx: Context, call_id: UUID) -> Call:
    """A critical call of the caller's hospital; NotFound otherwise."""
    found = await queries.call(ctx.db, hospital_id=ctx.caller.tenant_id, call_id=call_id)
    if found is None:
        raise NotFound("There is no such critical value here.")
    ctx.saw("critical_call", call_id, found.patient_id)
    return found


async def access_test(ctx: Context, test_code: str) -> TestScope:
    """A test of the catalogue; NotFound otherwise."""
    test = await queries.test(ctx.db, code=test_code)
    if test is None:
        raise NotFound("There is no such test.")
    return TestScope(hospital_id=ctx.caller.tenant_id, test=test, seal=seal())


async def access_bench(ctx: Context, bench: str) -> BenchScope:
    """A bench of the caller's laboratory; NotFound otherwise."""
    if bench not in BENCHES:
        raise NotFound("There is no such bench.")
    ctx.saw("bench", None, detail={"bench": bench})
    return BenchScope(hospital_id=ctx.caller.tenant_id, bench=bench, seal=seal())


async def access_bench_topic(ctx: Context, hospital_id: UUID, bench: str) -> BenchScope:
    """The same for watching; only the hospital of the session."""
    _own(ctx, hospital_id)
    return await access_bench(ctx, bench)


async def access_laboratory(ctx: Context, hospital_id: UUID) -> HospitalScope:
    """The laboratory of the caller's hospital, for watching."""
    _own(ctx, hospital_id)
    ctx.saw("bench", None)
    return HospitalScope(hospital_id=hospital_id, seal=seal())


async def access_collection(ctx: Context, ward_id: UUID) -> WardScope:
    """The specimens to collect on a ward of the caller's hospital."""
    ward = await access_ward(ctx, ward_id)
    ctx.saw("collection", ward_id)
    return ward


async def access_results(ctx: Context, patient_id: UUID) -> ResultsScope:
    """A patient's results, for watching."""
    patient = await access_patient(ctx, patient_id)
    ctx.saw("results", None, patient.person_id)
    return ResultsScope(hospital_id=patient.hospital_id, patient=patient, zone=ctx.caller.time_zone, seal=seal())


def patient_with(hospital_id: UUID, person_id: UUID) -> PatientScope:
    """The patient of something that the caller may open."""
    return PatientScope(hospital_id=hospital_id, person_id=person_id, seal=seal())


def _own(ctx: Context, hospital_id: UUID) -> None:
    if hospital_id != ctx.caller.tenant_id:
        raise NotFound


def specimen_of(held: Held) -> SpecimenScope:
    """The specimen of a result that the caller may write to."""
    return SpecimenScope(hospital_id=held.hospital_id, id=held.specimen_id, person_id=held.person_id, seal=seal())
