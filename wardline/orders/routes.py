"""HTTP of medicines: the patient's list, the basket and its preview, what becomes of an order, the drug table."""

from uuid import UUID

from wardline.encounters.public import ObservedStay, banner_with_stay, on_discharge
from wardline.identity.public import May
from wardline.orders import (
    actions,
    ahead,
    cards,
    hooks,
    knowledge,
    measures,
    queries,
    review,
    sets,
    verification,
    views,
)
from wardline.orders.drugs import Understood
from wardline.orders.forms import (
    BasketAsked,
    BasketSeen,
    ChangedLine,
    DrugFound,
    MeasureRecorded,
    Medicine,
    MedicineDetail,
    NameQuery,
    NewMeasure,
    Prescribed,
    QueryAnswer,
    SignedBasket,
    StateReason,
    Verification,
)
from wardline.orders.queries import MedicineRow
from wardline.patients.public import PatientScope, access_patient, open_with, today
from wardline.platform.errors import Busy
from wardline.platform.http import Context, Listing, Page, get, post

on_discharge.append(actions.stop_orders_of_stay)
DECLARED = (review, sets)  # their routes are declared by being imported


class OpenedMedicines(PatientScope, frozen=True, kw_only=True):
    """A patient whose medicines were read as they were opened."""

    asked: views.AskedPage


async def access_medicines(ctx: Context, patient_id: UUID) -> OpenedMedicines:
    """As `access_patient`, with what the page shows: one round trip."""
    patient, asked = await open_with(ctx, patient_id, views.ask_page)
    return OpenedMedicines(hospital_id=patient.hospital_id, person_id=patient.person_id, seal=patient.seal, asked=asked)


@get(
    "/patients/{patient_id}/medicines",
    needs=May.READ_CHART,
    access=access_medicines,
    section="patients",
    topic="medicines:{patient_id}",
    load_class="charting",
)
async def medicines(ctx: Context, patient: OpenedMedicines) -> Listing[Medicine] | Page:
    """A patient's medicines at this hospital, the current ones first."""
    ctx.saw("medicines", None, patient.person_id)
    if ctx.html:
        page = await views.medicines_page(ctx, patient, patient.asked)
        return Page("orders/medicines.html", page, f"Medicines of {page.banner.family.upper()}, {page.banner.given}")
    rows = patient.asked.rows.value
    rules = knowledge.current()
    stand = await views.with_pharmacy(ctx.db, patient.hospital_id, views.marked(views.current(rows), rules))
    past = [views.medicine_of(row, rules=rules) for row in rows if row.state not in views.CURRENT]
    return Listing(items=[*stand, *past])


@post(
    "/patients/{patient_id}/medicines/preview",
    needs=May.PRESCRIBE,
    access=access_patient,
    page="orders/preview.html",
    ahead=ahead.of_preview,
    keyed=False,
    secret=True,  # nothing is kept for a repeated key: the same lines are checked anew
    load_class="charting",
)
async def preview(ctx: Context, patient: PatientScope, typed: BasketAsked) -> BasketSeen:
    """What the typed lines say, what is asked about them, and what the checks find.

    Stores nothing; a POST, so that no address and no access log holds what was typed.
    """
    return await views.seen_basket(ctx, patient, [*typed.lines, typed.line], tests=typed.tests, without=typed.without)


@post(
    "/patients/{patient_id}/medicines",
    needs=May.PRESCRIBE,
    access=actions.access_prescribing,
    ahead=ahead.of_basket,
    then="/patients/{page.patient_id}/medicines",
    load_class="medication",
)
async def prescribe(ctx: Context, stay: ObservedStay, basket: SignedBasket) -> Prescribed:
    """Sign a basket, all of it or nothing. 422 says what is not clear, needs a reason or could not be checked."""
    return await actions.prescribe(ctx, stay, basket)


@get("/medicines/names", needs=May.READ_CHART)
async def names(ctx: Context, asked: NameQuery) -> Listing[DrugFound]:
    """Drugs of the table whose name begins so."""
    rules = knowledge.current()
    if rules is None:
        raise Busy("The drug table is not available.")
    exact = rules.table.find(asked.start)
    found = [exact] if exact else []
    found += [each for each in rules.table.starting_with(asked.start) if each != exact]
    return Listing(items=[_drug(each) for each in found])


def _drug(found: Understood) -> DrugFound:
    drugs, single = found.drugs, len(found.drugs) == 1
    return DrugFound(
        name=found.name,
        tall_man=drugs[0].tall_man if single else found.name,
        ingredients=[drug.name for drug in drugs],
        classes=sorted({key for drug in drugs for key in drug.classes}),
        atc=[code for drug in drugs for code in drug.atc],
        rxnorm=drugs[0].rxnorm if single else "",
        routes=list(dict.fromkeys(route for drug in drugs for route in drug.routes)),
        strengths=[f"{form.words} {strength}" for drug in drugs for form in drug.forms for strength in form.strengths],
    )


@get("/medicines/{medicine_id}", needs=May.READ_CHART, access=actions.access_medicine, section="patients")
async def medicine(ctx: Context, row: MedicineRow) -> MedicineDetail | Page:
    """One order with its history, and what the checks showed when it was signed."""
    patient = await access_patient(ctx, row.person_id)
    shown = [views.medicine_of(row, rules=knowledge.current())]
    found = MedicineDetail(
        banner=await banner_with_stay(ctx.db, patient),
        medicine=(await views.with_pharmacy(ctx.db, patient.hospital_id, shown))[0],
        history=await queries.history(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id),
        alerts=await queries.alerts_of(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id),
        reasons=cards.reasons(),
        verifications=await verification.verification_history(
            ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=row.id
        ),
    )
    title = f"{row.name} of {found.banner.family.upper()}, {found.banner.given}"
    return Page("orders/medicine.html", found, title) if ctx.html else found


@post(
    "/medicines/{medicine_id}/change",
    needs=May.PRESCRIBE,
    access=actions.access_change,
    ahead=ahead.of_change,
    versioned=True,
    then="/medicines/{page.id}",
    load_class="medication",
)
async def change(ctx: Context, row: MedicineRow, new: ChangedLine) -> Medicine:
    """Write another line for a standing order. It is checked like a new one."""
    return await actions.change(ctx, row, new)


@post(
    "/medicines/{medicine_id}/hold",
    needs=May.PRESCRIBE,
    access=actions.access_medicine_locked,
    versioned=True,
    then="/medicines/{page.id}",
    load_class="medication",
)
async def hold(ctx: Context, row: MedicineRow, why: StateReason) -> Medicine:
    """Hold an order: it stays, and no dose is due until it is resumed."""
    return await actions.set_state(ctx, row, "held", "held", why.reason)


@post(
    "/medicines/{medicine_id}/resumption",
    needs=May.PRESCRIBE,
    access=actions.access_medicine_locked,
    versioned=True,
    then="/medicines/{page.id}",
    load_class="medication",
)
async def resume(ctx: Context, row: MedicineRow, why: StateReason) -> Medicine:
    """Resume a held order."""
    return await actions.set_state(ctx, row, "active", "resumed", why.reason)


@post(
    "/medicines/{medicine_id}/stop",
    needs=May.PRESCRIBE,
    access=actions.access_medicine_locked,
    versioned=True,
    then="/medicines/{page.id}",
    load_class="medication",
)
async def stop(ctx: Context, row: MedicineRow, why: StateReason) -> Medicine:
    """Stop an order. It does not come back: a new one is written."""
    return await actions.set_state(ctx, row, "stopped", "stopped", why.reason)


@post(
    "/medicines/{medicine_id}/correction",
    needs=May.PRESCRIBE,
    access=actions.access_medicine_locked,
    versioned=True,
    then="/medicines/{page.id}",
    load_class="medication",
)
async def mark_as_error(ctx: Context, row: MedicineRow, why: StateReason) -> Medicine:
    """Mark an order as entered in error, with the reason. It stays in the record, struck through."""
    return await actions.set_state(ctx, row, "entered_in_error", "entered_in_error", why.reason)


@post(
    "/medicines/{medicine_id}/answer",
    needs=May.PRESCRIBE,
    access=actions.access_change,
    then="/medicines/{page.medicine_id}",
    load_class="medication",
)
async def answer_query(ctx: Context, row: MedicineRow, given: QueryAnswer) -> Verification:
    """Answer the pharmacist's question about an order; it keeps its place in the queue. 409 when none is open."""
    return await verification.answer(ctx, row, given.answer)


@post(
    "/patients/{patient_id}/measures",
    needs=May.RECORD_OBSERVATIONS,
    access=access_patient,
    then="/patients/{page.patient_id}/medicines",
)
async def record_measure(ctx: Context, patient: PatientScope, new: NewMeasure) -> MeasureRecorded:
    """Record a weight or a creatinine, which dosing rests on."""
    return await measures.record_measure(ctx, patient, new)


# --- CDS Hooks ---------------------------------------------------------------------------------------------------------
@get("/cds-services", needs=May.PRESCRIBE)
async def services(ctx: Context) -> hooks.Services:
    """The services of CDS Hooks that another program may call with its user's session."""
    return hooks.SERVICES


@post("/cds-services/order-select", needs=May.PRESCRIBE, raw_body=True, keyed=False, load_class="charting")
async def order_select(ctx: Context, body: bytes) -> hooks.Cards:
    """Cards for the orders that were just selected."""
    return await _cards(ctx, hooks.request(body, "order-select"))


@post("/cds-services/order-sign", needs=May.PRESCRIBE, raw_body=True, keyed=False, load_class="charting")
async def order_sign(ctx: Context, body: bytes) -> hooks.Cards:
    """Cards for every draft order that is about to be signed."""
    return await _cards(ctx, hooks.request(body, "order-sign"))


async def _cards(ctx: Context, asked: hooks.Request) -> hooks.Cards:
    """The drafts checked against the patient, the orders that stand here, and each other."""
    patient = await access_patient(ctx, asked.context.patient_id)
    rules = knowledge.current()
    person = await views.patient_of(ctx.db, patient, today(ctx), ctx.now)
    rows = await queries.medicines_of(ctx.db, patient, limit=queries.MEDICINES_MAX)
    return hooks.answer(asked, person, views.others_of(rows, rules, ctx.now), rules)


@post("/cds-services/order-select/feedback", needs=May.PRESCRIBE, raw_body=True, keyed=False)
async def feedback_on_select(ctx: Context, body: bytes) -> hooks.Received:
    """What the user did with the cards of order-select."""
    return await _feedback(ctx, body, "order-select")


@post("/cds-services/order-sign/feedback", needs=May.PRESCRIBE, raw_body=True, keyed=False)
async def feedback_on_sign(ctx: Context, body: bytes) -> hooks.Received:
    """What the user did with the cards of order-sign."""
    return await _feedback(ctx, body, "order-sign")


async def _feedback(ctx: Context, body: bytes, service: str) -> hooks.Received:
    given = hooks.feedback(body)
    await queries.insert_feedback(
        ctx.db, given, hospital_id=ctx.caller.tenant_id, service=service, actor_id=ctx.caller.id, now=ctx.now
    )
    ctx.record("feedback.received", subject_type="feedback", detail={"service": service, "cards": len(given.ids)})
    return hooks.Received(len(given.ids))
