"""The numbers of a patient that dosing rests on: weighed and typed at the bedside, or released by the laboratory."""

from datetime import datetime, timedelta
from uuid import UUID

from wardline.orders import queries
from wardline.orders.forms import MeasureRecorded, NewMeasure
from wardline.patients.public import PatientScope
from wardline.platform.errors import Invalid
from wardline.platform.http import Context
from wardline.platform.ids import new_id

CLOCK_SKEW_MAX = timedelta(minutes=1)
MEASURE_LIMITS = {"weight_kg": (0.2, 500.0, "kg"), "creatinine_umol_per_l": (5.0, 3000.0, "µmol/l")}
CREATININE = "creatinine_umol_per_l"


def medicines_topic(person_id: UUID) -> str:
    """The topic that a patient's medicines are watched by."""
    return f"medicines:{person_id}"


def touch(ctx: Context, person_id: UUID) -> None:
    """A patient's medicines have changed: the list of them, and the summary that shows what stands."""
    ctx.touch(medicines_topic(person_id), f"patient:{person_id}")


async def record_measure(ctx: Context, patient: PatientScope, new: NewMeasure) -> MeasureRecorded:
    """A weight or a creatinine; a value that cannot be, or a time that is to come, is refused."""
    low, high, unit = MEASURE_LIMITS[new.kind]
    if not low <= new.value <= high:
        raise Invalid(fields={"value": f"Enter {low:g} to {high:g} {unit}."})
    taken_at = new.taken_at or ctx.now
    if taken_at.tzinfo is None or taken_at > ctx.now + CLOCK_SKEW_MAX:
        raise Invalid(fields={"taken_at": "Enter a time with its zone that has been."})
    measure_id = new_id()
    await queries.insert_measure(
        ctx.db,
        patient,
        measure_id=measure_id,
        kind=new.kind,
        value=new.value,
        taken_at=taken_at,
        result_id=None,
        actor_id=ctx.caller.id,
    )
    ctx.record("measure.recorded", person_id=patient.person_id, subject_id=measure_id, detail={"kind": new.kind})
    touch(ctx, patient.person_id)
    return MeasureRecorded(measure_id, patient.person_id, new.kind, new.value, taken_at)


async def follow_creatinine(
    ctx: Context, patient: PatientScope, *, result_id: UUID, umol_per_l: float | None, taken_at: datetime
) -> None:
    """The creatinine of a released result, as dosing uses it from now on; None takes it back, and the one before counts.

    Said again for the same result, it takes the place of what was said before: a result counts once. A value beyond what can
    be recorded counts as the bound, so that it is never left out.
    """
    await queries.supersede_measure(ctx.db, patient, result_id=result_id, now=ctx.now)
    if umol_per_l is not None:
        low, high, _ = MEASURE_LIMITS[CREATININE]
        await queries.insert_measure(
            ctx.db,
            patient,
            measure_id=new_id(),
            kind=CREATININE,
            value=min(max(umol_per_l, low), high),
            taken_at=taken_at,
            result_id=result_id,
            actor_id=ctx.caller.id,
        )
    touch(ctx, patient.person_id)
