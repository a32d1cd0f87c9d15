"""Orders and specimens: asked for, taken, received, rejected, taken back. The door opens the transaction and commits it."""

from uuid import UUID

from wardline.encounters.public import EncounterScope, on_discharge
from wardline.identity.public import May
from wardline.lab import queries, rules, steps
from wardline.lab.forms import Collected, NewOrder
from wardline.lab.models import LabTest, OrderScope, Specimen, SpecimenScope, State
from wardline.lab.scopes import patient_with
from wardline.lab.steps import NewRequest, NewSpecimen
from wardline.orders.public import Together, signed_together
from wardline.patients.public import PatientScope, is_wristband_of, patient_banner
from wardline.platform.errors import Conflict, Denied, Invalid, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

REJECTABLE = ("collected", "received")
RELEASED = (State.TECHNICALLY_RELEASED, State.CLINICALLY_RELEASED)


class NotNow(Conflict):
    """The state does not allow it; the answer says where it stands."""

    code, title = "not_in_this_state", "That cannot be done now"


class OtherPatient(Conflict):
    """The wristband that was scanned is not the patient of the specimen."""

    code, title = "other_patient", "This is another patient"


async def order(ctx: Context, patient: PatientScope, new: NewOrder) -> OrderScope:
    """Asks for tests: one specimen for each tube that they need, with a barcode, to be collected where the patient lies."""
    tests = await _chosen(ctx, new.tests)
    placed = await steps.place_of(ctx.db, patient)
    request = NewRequest(
        id=new_id(),
        encounter_id=placed.encounter_id if placed else None,
        ward_id=placed.ward_id if placed else None,
        urgency=new.urgency,
        reason=new.reason.strip(),
        asked_for=list(dict.fromkeys(new.tests)),
    )
    await steps.insert_request(ctx.db, patient, request, actor_id=ctx.caller.id, now=ctx.now)
    await _ask_for(ctx, patient, request, tests, replaces_id=None)
    ctx.record(
        "lab_order.placed",
        person_id=patient.person_id,
        subject_id=request.id,
        detail={"tests": [test.code for test in tests], "urgency": new.urgency},
    )
    ctx.publish("lab_order.placed", {"order_id": request.id})
    scope = patient_with(patient.hospital_id, patient.person_id)
    return OrderScope(hospital_id=scope.hospital_id, id=request.id, person_id=scope.person_id, seal=scope.seal)


async def order_with_medicines(ctx: Context, patient: PatientScope, codes: list[str]) -> None:
    """Tests that an order set brought along: ordered as if by themselves, by whoever signed."""
    if not ctx.may(May.ORDER_TESTS):
        raise Denied(permission=str(May.ORDER_TESTS))
    await order(ctx, patient, NewOrder(tests=codes))


async def names(ctx: Context) -> dict[str, str]:
    """What can be asked for, panels and single tests, by code."""
    found = {test.code: test.name for test in await queries.tests(ctx.db)}
    return found | {panel.code: panel.name for panel in await queries.panels(ctx.db)}


async def _chosen(ctx: Context, codes: list[str]) -> list[LabTest]:
    """The tests behind codes of tests and panels, each once; Invalid names what is not in the catalogue."""
    catalogue = {test.code: test for test in await queries.tests(ctx.db)}
    panels = {panel.code: panel.tests for panel in await queries.panels(ctx.db)}
    unknown = [code for code in codes if code not in catalogue and code not in panels]
    if unknown:
        raise Invalid(fields={"tests": f"Not in the catalogue: {', '.join(unknown)}."})
    wanted = {name for code in codes for name in panels.get(code, [code])}
    return [test for code, test in catalogue.items() if code in wanted]


async def _ask_for(
    ctx: Context, patient: PatientScope, request: NewRequest, tests: list[LabTest], *, replaces_id: UUID | None
) -> None:
    tubes: dict[tuple[str, str, str], list[LabTest]] = {}
    for test in tests:
        tubes.setdefault((test.specimen, test.container, test.bench), []).append(test)
    numbers = await steps.specimen_numbers(ctx.db, count=len(tubes))
    for number, ((specimen, container, bench), of_tube) in zip(numbers, tubes.items(), strict=True):
        new = NewSpecimen(
            id=new_id(),
            barcode=rules.barcode(number),
            specimen=specimen,
            container=container,
            bench=bench,
            result_ids=[new_id() for _ in of_tube],
            tests=[test.code for test in of_tube],
        )
        await steps.insert_specimen(
            ctx.db, patient, request, new, replaces_id=replaces_id, actor_id=ctx.caller.id, now=ctx.now
        )
    ctx.touch(f"patient:{patient.person_id}")
    if request.ward_id is not None:
        ctx.touch(f"collection:{request.ward_id}")


async def cancel(ctx: Context, scope: SpecimenScope, reason: str) -> Specimen:
    """Takes back what was asked for, before it is collected."""
    done = await steps.cancel(ctx.db, scope, version=_version(ctx), reason=reason, actor_id=ctx.caller.id, now=ctx.now)
    return await _after(ctx, scope, done is not None, "cancelled")


async def cancel_of_stay(ctx: Context, stay: EncounterScope) -> None:
    """Takes back what was not collected of a stay that ends, in the transaction of its end. What is on its way goes on."""
    wards = await steps.cancel_of_stay(
        ctx.db, stay, reason="The stay is finished.", actor_id=ctx.caller.id, now=ctx.now
    )
    ctx.touch(*(f"collection:{ward_id}" for ward_id in wards))


on_discharge.append(cancel_of_stay)
signed_together.append(Together(names=names, order=order_with_medicines))


async def collect(ctx: Context, scope: SpecimenScope, given: Collected) -> Specimen:
    """The specimen was taken from the patient. A scanned wristband has to be theirs."""
    if given.wristband.strip():
        found = await patient_banner(ctx.db, patient_with(scope.hospital_id, scope.person_id))
        numbers = (found.identifier, found.mrn)
        if not is_wristband_of(given.wristband, person_id=scope.person_id, numbers=numbers):
            raise OtherPatient(f"This specimen is for {found.family.upper()}, {found.given}. Nothing was recorded.")
    done = await steps.collect(
        ctx.db, scope, version=_version(ctx), taken_at=ctx.now, actor_id=ctx.caller.id, now=ctx.now
    )
    return await _after(ctx, scope, done is not None, "collected")


async def receive(ctx: Context, scope: SpecimenScope) -> Specimen:
    """The specimen reached the laboratory: the clock of its results starts."""
    held = await steps.held_of_specimen(ctx.db, scope)
    catalogue = {test.code: test for test in await queries.tests(ctx.db)}
    request = await steps.request_of(ctx.db, scope)
    due_at = rules.due_at([catalogue[each.test] for each in held], request.urgency, ctx.now)
    done = await steps.receive(ctx.db, scope, version=_version(ctx), due_at=due_at, actor_id=ctx.caller.id, now=ctx.now)
    return await _after(ctx, scope, done is not None, "received")


async def reject(ctx: Context, scope: SpecimenScope, reason: str) -> Specimen:
    """The specimen cannot be used; another one is asked for in its place at once. Not while a released result of it stands."""
    await steps.lock_specimen(ctx.db, scope)
    held = await steps.held_of_specimen(ctx.db, scope)
    standing = [each.test for each in held if each.state in RELEASED and each.specimen_state in REJECTABLE]
    if standing:
        raise NotNow(f"Withdraw its results first: {', '.join(standing)}. Then the specimen can be rejected.")
    codes = await steps.reject(ctx.db, scope, version=_version(ctx), reason=reason, actor_id=ctx.caller.id, now=ctx.now)
    if codes:
        catalogue = [test for test in await queries.tests(ctx.db) if test.code in codes]
        request = await steps.request_of(ctx.db, scope)
        patient = patient_with(scope.hospital_id, scope.person_id)
        await _ask_for(ctx, patient, request, catalogue, replaces_id=scope.id)
    return await _after(ctx, scope, bool(codes), "rejected")


def _version(ctx: Context) -> int:
    assert ctx.version is not None, "the route is versioned"
    return ctx.version


async def _after(ctx: Context, scope: SpecimenScope, is_done: bool, what: str) -> Specimen:
    """The specimen as it is now, reported; Stale or NotNow when it was not as the caller had read it."""
    found = await queries.specimen(ctx.db, scope)
    if not is_done:
        where = found.state.replace("_", " ")
        if found.version != ctx.version:
            raise Stale(f"The specimen is {where} now.", state=found.state, current={"version": found.version})
        raise NotNow(f"The specimen is {where}.", state=found.state)
    ctx.record(
        f"specimen.{what}", person_id=scope.person_id, subject_id=scope.id, detail={"order_id": str(found.request_id)}
    )
    ctx.publish(f"specimen.{what}", {"specimen_id": scope.id, "version": found.version})
    touch(ctx, scope, found.bench, found.ward_id)
    return found


def touch(ctx: Context, scope: SpecimenScope, bench: str, ward_id: UUID | None) -> None:
    """Everything that shows a specimen or how far it is."""
    ctx.touch(f"lab:{scope.hospital_id}", f"bench:{scope.hospital_id}:{bench}", f"patient:{scope.person_id}")
    if ward_id is not None:
        ctx.touch(f"collection:{ward_id}")
