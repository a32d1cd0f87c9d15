"""Prescribing, changing, holding and stopping. Each runs in the door's transaction and is committed by the door."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from wardline.encounters.public import EncounterScope, ObservedStay, observed_stay_locked
from wardline.identity.public import seal
from wardline.orders import cards, external, knowledge, lines, queries, together, verification, views
from wardline.orders.forms import ChangedLine, Medicine, Prescribed, SignedBasket
from wardline.orders.lines import MedicineLine
from wardline.orders.measures import touch
from wardline.orders.models import Findings
from wardline.orders.queries import MedicineRow, NewAlerts, NewBasket, NewMedicine, NewStep
from wardline.orders.views import Read
from wardline.patients.public import PatientScope, access_patient, today
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

DISCHARGE_REASON = "The stay is finished."


class NoOpenStay(Conflict):
    """Medicines are prescribed for an open stay or visit."""

    code, title = "no_open_stay", "The patient has no open stay"


class NotClear(Invalid):
    """A line that leaves something open; the fields say what is asked of which line."""

    code, title = "line_not_clear", "Please complete the order"


class NeedsReason(Invalid):
    """Something that interrupts: the basket is signed with a reason or not at all. The answer carries the cards."""

    code, title = "needs_reason", "This needs a reason"


class NeedsConfirmation(Invalid):
    """Checks that could not run: the basket is signed with `confirmed` or not at all. The answer carries the cards."""

    code, title = "needs_confirmation", "Not everything could be checked"


class Ended(Conflict):
    """The order is stopped or was an error; it takes no more changes."""

    code, title = "order_ended", "The order has ended"


class SameState(Conflict):
    """The order is in this state already."""

    code, title = "same_state", "It is so already"


# --- access ------------------------------------------------------------------------------------------------------------
async def access_prescribing(ctx: Context, patient_id: UUID) -> ObservedStay:
    """The open stay of a patient of the caller's hospital, locked, so that orders of one stay are signed one after the
    other and each sees those before it. NotFound for another hospital's patient, NoOpenStay for one who is not here.
    """
    stay = await observed_stay_locked(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=patient_id)
    if stay is None:
        await access_patient(ctx, patient_id)
        raise NoOpenStay("Medicines are prescribed during a stay, and this patient has none that is open.")
    return stay


async def access_medicine(ctx: Context, medicine_id: UUID) -> MedicineRow:
    """An order of the caller's hospital, to read; NotFound otherwise."""
    row = await queries.medicine(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=medicine_id)
    if row is None:
        raise NotFound
    ctx.saw("medicine", row.id, row.person_id)
    return row


async def access_change(ctx: Context, medicine_id: UUID) -> MedicineRow:
    """An order to be changed: its stay is locked before it, as a signature does, so that both see each other."""
    row = await access_medicine(ctx, medicine_id)
    await observed_stay_locked(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=row.person_id)
    return await access_medicine_locked(ctx, medicine_id)


async def access_medicine_locked(ctx: Context, medicine_id: UUID) -> MedicineRow:
    """The same, held until the end of the transaction."""
    row = await queries.medicine_for_update(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=medicine_id)
    if row is None:
        raise NotFound
    return row


def _patient(ctx: Context, person_id: UUID) -> PatientScope:
    return PatientScope(hospital_id=ctx.caller.tenant_id, person_id=person_id, seal=seal())


# --- prescribing -------------------------------------------------------------------------------------------------------
async def prescribe(ctx: Context, stay: ObservedStay, basket: SignedBasket) -> Prescribed:
    """Sign a basket: every line is complete, and what the checks ask has an answer; all of them or none."""
    typed = [line for line in basket.lines if line.strip()]
    if not typed and not basket.tests:
        raise Invalid(fields={"lines": "Type an order."})
    reads, said = await _checked(ctx, stay.person_id, typed)
    _require_clear(reads)
    _require_answers(reads, said, basket)
    made = await _sign(ctx, stay, reads, said, basket) if reads else []
    if basket.tests:
        await together.order(ctx, _patient(ctx, stay.person_id), basket.tests)
    touch(ctx, stay.person_id)
    await verification.tell(ctx, [row.id for row in made], verification.Event.SIGNED)
    rules = knowledge.current()
    return Prescribed(stay.person_id, [views.medicine_of(row, rules=rules) for row in made], basket.tests)


async def _checked(
    ctx: Context, person_id: UUID, typed: Sequence[str], *, without: UUID | None = None
) -> tuple[list[Read], Findings | None]:
    """Each line read and checked, and what another program says of all of them."""
    patient, rules = _patient(ctx, person_id), knowledge.current()
    person = await views.patient_of(ctx.db, patient, today(ctx), ctx.now)
    rows = await queries.medicines_of(ctx.db, patient, limit=queries.MEDICINES_MAX)
    others = views.others_of(rows, rules, ctx.now, without=without)
    reads = views.read_lines(typed, person, others, rules)
    if not reads or not all(read.read.complete for read in reads):
        return reads, None
    asked = external.Asked(
        patient_id=person_id,
        user_id=ctx.caller.id,
        patient=person,
        drafts=[read.read.line for read in reads],
        standing=others,
    )
    return reads, external.said_of(asked, "order-sign", ctx.ahead)


def _require_clear(reads: Sequence[Read]) -> None:
    open_fields = {
        f"lines.{at}" if len(reads) > 1 else "lines": " ".join(question.words for question in read.read.questions)
        for at, read in enumerate(reads)
        if not read.read.complete
    }
    if open_fields:
        raise NotClear("Say what is asked, then sign.", fields=open_fields)


def _require_answers(reads: Sequence[Read], said: Findings | None, given: SignedBasket | ChangedLine) -> None:
    """Every stop has a reason and every gap a confirmation of somebody who saw it."""
    found = [(read.findings, read.read.line.name) for read in reads]
    if said is not None:
        found.append((said, external.name()))
    all_cards = [msgspec.to_builtins(card) for findings, name in found for card in cards.cards(findings, name)]
    seen = set(given.shown)
    stops = [(alert.summary, cards.of_alert(alert, name).uuid) for findings, name in found for alert in findings.stops]
    unanswered = [words for words, card in stops if not given.reason or card not in seen]
    if unanswered:
        words = (
            "Choose a reason, or change the order."
            if not given.reason
            else "There are cards that you have not seen: check again, then choose a reason."
        )
        raise NeedsReason(f"{'; '.join(unanswered)}.", fields={"reason": words}, cards=all_cards)
    asking = [(gap, name) for findings, name in found for gap in findings.not_checked if gap.asks]
    gaps = [gap.words for gap, name in asking if not given.confirmed or cards.of_gap(gap, name).uuid not in seen]
    if gaps:
        words = "; ".join(dict.fromkeys(gaps))
        raise NeedsConfirmation(
            f"{words}.", fields={"confirmed": "Confirm that you go on without it."}, cards=all_cards
        )


async def _sign(
    ctx: Context, stay: ObservedStay, reads: Sequence[Read], said: Findings | None, basket: SignedBasket
) -> list[MedicineRow]:
    """Stores the whole basket in one statement."""
    person = {"person_id": stay.person_id, "encounter_id": stay.encounter_id}
    new = [_new_medicine(ctx, read.read.line, medicine_id=new_id(), **person) for read in reads]
    found = [(each.id, read.findings) for each, read in zip(new, reads, strict=True)]
    shown = _shown(found if said is None else [*found, (new[0].id, said)], basket)
    columns = NewBasket(
        hospital_id=ctx.caller.tenant_id,
        **person,
        actor_id=ctx.caller.id,
        ids=[each.id for each in new],
        step_ids=[new_id() for _ in new],
        names=[each.name for each in new],
        kinds=[each.kind for each in new],
        routes=[each.route for each in new],
        texts=[each.text for each in new],
        lines=[each.line for each in new],
        ends=[each.ends_on for each in new],
    )
    await queries.insert_basket(ctx.db, columns, shown, now=ctx.now)
    for each, read in zip(new, reads, strict=True):
        ctx.record(
            "medicine.prescribed",
            person_id=stay.person_id,
            subject_id=each.id,
            detail={"kind": each.kind, "alerts": len(read.findings.alerts), "reason": basket.reason or None},
        )
        ctx.publish("medicine.prescribed", {"medicine_id": each.id, "hospital_id": each.hospital_id})
    return [_row(ctx, each) for each in new]


def _new_medicine(
    ctx: Context, line: MedicineLine, *, medicine_id: UUID, person_id: UUID, encounter_id: UUID
) -> NewMedicine:
    days = sum(step.days for step in line.steps) or line.days
    return NewMedicine(
        hospital_id=ctx.caller.tenant_id,
        id=medicine_id,
        person_id=person_id,
        encounter_id=encounter_id,
        name=line.name,
        kind=line.kind.value,
        route=line.route,
        text=lines.text(line),
        line=msgspec.json.encode(line).decode(),
        ends_on=today(ctx) + timedelta(days=days) if days else None,
        actor_id=ctx.caller.id,
    )


def _row(ctx: Context, new: NewMedicine) -> MedicineRow:
    """A new order as it now stands in the table."""
    return MedicineRow(
        id=new.id,
        person_id=new.person_id,
        encounter_id=new.encounter_id,
        name=new.name,
        kind=new.kind,
        route=new.route,
        text=new.text,
        line=new.line,
        state="active",
        state_reason="",
        ends_on=new.ends_on,
        prescribed_at=ctx.now,
        prescribed_by=ctx.caller.display_name,
        stopped_at=None,
        version=1,
    )


def _step(kind: str, text: str, reason: str = "") -> NewStep:
    return NewStep(id=new_id(), kind=kind, text=text, reason=reason)


def _shown(signed: Sequence[tuple[UUID, Findings]], given: SignedBasket | ChangedLine) -> NewAlerts:
    """What was shown with each order, with the reason where one was asked for: override rates are counted from these rows."""
    alerts = [(medicine_id, alert) for medicine_id, findings in signed for alert in findings.alerts]
    gaps = [(medicine_id, gap) for medicine_id, findings in signed for gap in findings.not_checked if gap.asks]
    return NewAlerts(
        ids=[new_id() for _ in range(len(alerts) + len(gaps))],
        medicine_ids=[medicine_id for medicine_id, _ in (*alerts, *gaps)],
        rules=[alert.rule for _, alert in alerts] + ["not_checked"] * len(gaps),
        kinds=[alert.kind.value for _, alert in alerts] + ["not_checked"] * len(gaps),
        tiers=[int(alert.tier) for _, alert in alerts] + [0] * len(gaps),
        summaries=[alert.summary for _, alert in alerts] + [gap.words for _, gap in gaps],
        sources=[alert.source for _, alert in alerts] + [""] * len(gaps),
        reasons=[given.reason if alert.interrupts else None for _, alert in alerts] + ["confirmed"] * len(gaps),
        words=given.words.strip(),
    )


# --- what becomes of an order ------------------------------------------------------------------------------------------
async def change(ctx: Context, row: MedicineRow, new: ChangedLine) -> Medicine:
    """Another line for a standing order: read, checked and answered like a new one; the old line stays in its history."""
    _require_standing(ctx, row)
    (read,), said = await _checked(ctx, row.person_id, [new.line], without=row.id)
    _require_clear([read])
    _require_answers([read], said, new)
    line = _new_medicine(
        ctx, read.read.line, medicine_id=row.id, person_id=row.person_id, encounter_id=row.encounter_id
    )
    version = await queries.change_line(
        ctx.db, line, _step("changed", line.text, new.why.strip()), version=row.version, now=ctx.now
    )
    assert version is not None, "the row is locked and its version was compared"
    found = [(row.id, read.findings)]
    shown = _shown(found if said is None else [*found, (row.id, said)], new)
    if shown.ids:
        await queries.insert_alerts(
            ctx.db, shown, hospital_id=ctx.caller.tenant_id, actor_id=ctx.caller.id, now=ctx.now
        )
    _report(ctx, row, "medicine.changed")
    await verification.order_changed(ctx, row)
    return await _as_it_stands(ctx, row.id)


async def set_state(ctx: Context, row: MedicineRow, state: str, kind: str, reason: str) -> Medicine:
    """Hold, resume, stop or strike an order. Ended and SameState say why it cannot be."""
    if state == "entered_in_error":
        _require_version(ctx, row)
        if row.state == state:
            raise SameState("It is marked as entered in error.")
    else:
        _require_standing(ctx, row)
        if row.state == state:
            raise SameState(f"The order is {row.state}.", state=row.state)
    version = await queries.set_state(
        ctx.db,
        _step(kind, row.text, reason.strip()),
        hospital_id=ctx.caller.tenant_id,
        medicine_id=row.id,
        version=row.version,
        state=state,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    assert version is not None, "the row is locked and its version was compared"
    _report(ctx, row, f"medicine.{kind}")
    await verification.order_changed(ctx, row)
    return await _as_it_stands(ctx, row.id)


def _require_standing(ctx: Context, row: MedicineRow) -> None:
    if row.state not in views.CURRENT:
        raise Ended(f"It is {row.state.replace('_', ' ')}: {row.state_reason}".rstrip(": "), state=row.state)
    _require_version(ctx, row)


def _require_version(ctx: Context, row: MedicineRow) -> None:
    if ctx.version != row.version:
        raise Stale(current=msgspec.to_builtins(views.medicine_of(row)))


def _report(ctx: Context, row: MedicineRow, action: str) -> None:
    ctx.record(action, person_id=row.person_id, subject_id=row.id)
    ctx.publish(action, {"medicine_id": row.id, "hospital_id": ctx.caller.tenant_id})
    touch(ctx, row.person_id)


async def _as_it_stands(ctx: Context, medicine_id: UUID) -> Medicine:
    row = await queries.medicine(ctx.db, hospital_id=ctx.caller.tenant_id, medicine_id=medicine_id)
    assert row is not None
    return views.medicine_of(row, rules=knowledge.current())


async def stop_orders_of_stay(ctx: Context, stay: EncounterScope) -> None:
    """Ends the orders of a stay that is over, in the transaction of the discharge."""
    held = await queries.open_of_stay(ctx.db, hospital_id=stay.hospital_id, encounter_id=stay.id)
    if not held:
        return
    await queries.stop_all(
        ctx.db,
        hospital_id=stay.hospital_id,
        ids=[one.id for one in held],
        step_ids=[new_id() for _ in held],
        reason=DISCHARGE_REASON,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    for one in held:
        ctx.record("medicine.stopped", person_id=stay.person_id, subject_id=one.id)
    touch(ctx, stay.person_id)
    await verification.orders_ended(ctx, [one.id for one in held])
