"""Giving, and saying that a dose was not given. Runs in the door's transaction; the door commits."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from wardline.identity.public import May, witness
from wardline.mar import codes, intervals, queries, rules, when_needed
from wardline.mar.checks import kept
from wardline.mar.intervals import RegularDose
from wardline.mar.models import Administration, Giving, NewGiving, NewNotGiven, Right, Seen
from wardline.mar.moments import moment, sent_later
from wardline.mar.queries import NewAdministration
from wardline.mar.telling import end_task, touch
from wardline.orders.public import MedicineLine, OrderKind, drugs_named
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context, Written
from wardline.platform.ids import new_id

FIELD_OF = {
    "patient": "patient_scan",
    "medicine": "drug_scan",
    "dose": "amount",
    "time": "time_reason",
    "route": "route_checked",
}
DONE_WORDS = {"given": "gave it", "self": "saw it taken", "not_given": "recorded it as not given", "held": "held it"}


class Differs(Invalid):
    """What was scanned or entered is not what is ordered. Nothing was given; the attempt is kept in the record."""

    code, title, noted = "rights_differ", "Stop. This does not match the order", "dose.stopped"


class Missing(Invalid):
    """A right that nobody has looked at yet."""

    code, title = "rights_missing", "A check is left"


class AlreadyDone(Conflict):
    """Somebody else was first; the answer says who and when."""

    code, title = "already_given", "This dose is already recorded"


class NotStanding(Conflict):
    """The order was stopped, is held, or the stay is over."""

    code, title = "order_not_standing", "The order does not stand"


class OrderChanged(Conflict):
    """The order has another line since the dose was planned."""

    code, title = "order_changed", "The order was changed"


class TooSoon(Invalid):
    """An as-needed dose before its gap is over, or beyond its maximum."""

    code, title = "too_soon", "Not yet"


class Planned(Conflict):
    """The order has planned doses, which are given one by one."""

    code, title = "planned", "Give a planned dose"


class Runs(Conflict):
    """An infusion of this order runs."""

    code, title = "infusion_runs", "This infusion runs"


on_constraint("administration_running", Runs)
on_constraint("administration_of_dose", AlreadyDone)


class Done(Struct, frozen=True, kw_only=True):
    """A decision ready to be stored, and how it is answered."""

    new: NewAdministration
    answer: Administration
    at: datetime


# --- access --------------------------------------------------------------------------------------------------------------
async def access_dose(ctx: Context, dose_id: UUID) -> Giving:
    """A planned dose of the caller's hospital, its order held while it is recorded; NotFound otherwise."""
    where = {"hospital_id": ctx.caller.tenant_id, "dose_id": dose_id}
    if await queries.hold_order_of_dose(ctx.db, **where) is None:
        raise NotFound("There is no such dose here.")
    return _there(await queries.giving(ctx.db, **where, medicine_id=None))


async def access_order(ctx: Context, medicine_id: UUID) -> Giving:
    """An order that is given without a planned dose, held for one at a time; NotFound otherwise."""
    where = {"hospital_id": ctx.caller.tenant_id, "medicine_id": medicine_id}
    if medicine_id not in await queries.hold_orders_alone(ctx.db, **where):
        raise NotFound("There is no such order here.")
    return _there(await queries.giving(ctx.db, **where, dose_id=None))


def _there(found: Giving | None) -> Giving:
    if found is None:
        raise NotFound("There is no such dose here.")
    return found


# --- giving --------------------------------------------------------------------------------------------------------------
async def give(ctx: Context, giving: Giving, new: NewGiving) -> Administration:
    """Record a dose as given. Refused where a right does not hold, somebody was first, or the order does not stand."""
    line = rules.line_of(giving)
    if giving.dose_id is None and rules.kind_of(giving) not in {OrderKind.AS_NEEDED, OrderKind.INFUSION}:
        raise Planned("This order has planned doses: give one of them.")
    near = await intervals.before_dose(ctx.db, giving, hospital_id=ctx.caller.tenant_id, now=ctx.now)
    at, rights = _decide(ctx, giving, line, new, near)
    await _require_room(ctx, giving, line, new, at)
    why = codes.witness_reason(giving.name, drugs_named(giving.name), giving.route)
    second = await witness(ctx, new.witness_email, new.witness_password, needs=May.GIVE_MEDICINE) if why else None
    done = _given(ctx, giving, line, new, at, rights, second)
    return await _store(ctx, giving, done)


async def give_lean(ctx: Context, *, dose_id: UUID, new: NewGiving) -> Written | None:
    """The same in two round trips, for a planned dose that needs no second person and that no task asks for: most."""
    giving = await queries.giving(ctx.db, hospital_id=ctx.caller.tenant_id, dose_id=dose_id, medicine_id=None)
    if giving is None or not _is_plain(giving) or when_needed.bounds_of(giving):
        return None
    if codes.witness_reason(giving.name, drugs_named(giving.name), giving.route):
        return None
    line = rules.line_of(giving)
    near = await intervals.before_dose(ctx.db, giving, hospital_id=ctx.caller.tenant_id, now=ctx.now)
    at, rights = _decide(ctx, giving, line, new, near)
    if giving.running_id is not None and rules.is_infusion(line):
        return None
    return _written(ctx, giving, _given(ctx, giving, line, new, at, rights, None))


def _is_plain(giving: Giving) -> bool:
    """Whether nothing is out of the ordinary: the order stands, no task asks for the dose, and it was not held back."""
    waits = giving.done_action == "held"
    plain = giving.version is not None and giving.dose_state != "lapsed" and not waits
    return plain and giving.task_id is None and giving.order_state == "active"


def _decide(
    ctx: Context, giving: Giving, line: MedicineLine, new: NewGiving, doses: list[RegularDose]
) -> tuple[datetime, list[Right]]:
    """When it was given and the five rights; raises what stands against it."""
    at = moment(ctx, giving, new)
    _require_open(ctx, giving, at, before_stop=new.before_stop or sent_later(ctx, new.pressed_at))
    _require_known(new)
    near = intervals.near(giving, line, doses, at, ZoneInfo(ctx.caller.time_zone))
    rights = rights_of(giving, line, new, at, near=near)
    _require_rights(ctx, giving, new, rights)
    return at, rights


def _require_open(ctx: Context, giving: Giving, at: datetime, *, before_stop: bool = False) -> None:
    expected = giving.version if giving.dose_id is not None else giving.order_version
    if giving.done_id is not None and (giving.done_action != "held" or ctx.version != expected):
        raise _already(giving)  # a dose that was held back waits; who has not seen that it is held is told
    been = before_stop and was_before_stop(giving, at)
    if not been:
        require_standing(giving)
    lapsed = giving.dose_state == "lapsed" and before_stop and at < giving.since
    if giving.dose_id is not None and giving.dose_since != giving.since and not lapsed:
        raise OrderChanged(
            f"{giving.name} was changed. Look at the order as it stands.", medicine_id=giving.medicine_id
        )
    if giving.dose_state not in {None, "due", "held", "lapsed"}:
        raise NotStanding("This dose was held with its order.", state=giving.dose_state)
    # As needed, before the stop: the stop is a version of its own, and the line was the same.
    same_line = been and giving.dose_id is None and giving.line_version <= (ctx.version or 0) < giving.order_version
    if ctx.version != expected and not same_line:
        raise Stale(current={"version": expected, "name": giving.name, "amount": giving.amount, "unit": giving.unit})


def was_before_stop(giving: Giving, at: datetime) -> bool:
    """Whether the order was stopped or held after this moment."""
    return giving.order_state in {"stopped", "held"} and giving.state_at is not None and at < giving.state_at


def require_standing(giving: Giving) -> None:
    """NotStanding unless the order is active and the stay goes on."""
    if giving.order_state == "active" and giving.has_stay:
        return
    state = giving.order_state.replace("_", " ") if giving.order_state != "active" else "over: the stay is finished"
    by = f" by {giving.state_by}" if giving.state_by else ""
    raise NotStanding(
        f"{giving.name} is {state}{by}. {giving.order_reason}".strip(),
        state=giving.order_state,
        at=giving.state_at,
        by=giving.state_by,
    )


def _already(giving: Giving) -> AlreadyDone:
    assert giving.done_action is not None
    return AlreadyDone(
        f"{giving.done_by} {DONE_WORDS[giving.done_action]}.",
        administration_id=giving.done_id,
        action=giving.done_action,
        at=giving.done_at,
        by=giving.done_by,
    )


def _require_known(new: NewGiving) -> None:
    """Codes are of the lists; `other` is said in words."""
    wrong: dict[str, str] = {}
    if new.no_scan_reason and new.no_scan_reason not in codes.NO_SCAN:
        wrong["no_scan_reason"] = "Choose a reason of the list."
    if new.no_scan_reason == "other" and len(new.no_scan_words.strip()) < 3:
        wrong["no_scan_words"] = "Say why in words."
    if new.site and new.site not in codes.SITES:
        wrong["site"] = "Choose a site of the list."
    if wrong:
        raise Invalid(fields=wrong)


def rights_of(giving: Giving, line: MedicineLine, new: NewGiving, at: datetime, *, near: str) -> list[Right]:
    """The five rights as they stand with what was scanned and said; `near` says what dose this one would be too near to."""
    by_hand = bool(new.no_scan_reason)
    amount = new.rate if line.rate else new.amount
    words = rules.words_of(giving, line)
    dose = rules.right_dose(
        new.drug_scan, amount, rules.ordered(giving, line), at, reason=new.amount_reason, words=words
    )
    too_much = rules.too_fast(line, new.rate) or rules.too_large(line, new.volume_ml)
    return [
        rules.right_patient(new.patient_scan, giving, new.identifiers if by_hand else (), at),
        rules.right_medicine(new.drug_scan, giving, at, by_hand=by_hand),
        rules.differs(dose, too_much) if too_much else dose,
        rules.right_time(giving, at, near=near, reason=new.time_reason),
        rules.right_route(giving, at, checked=new.route_checked),
    ]


def _require_rights(ctx: Context, giving: Giving, new: NewGiving, rights: list[Right]) -> None:
    wrong = {FIELD_OF[right.key]: right.words for right in rights if right.holds is False}
    if wrong:
        problem = Differs(" ".join(wrong.values()), fields=wrong, differs=[r.key for r in rights if r.holds is False])
        problem.about = (giving.person_id, giving.dose_id or giving.medicine_id)
        raise problem
    missing = {_missing_field(right.key, new): right.words for right in rights if right.holds is None}
    if "patient_scan" in missing or "drug_scan" in missing:
        missing["no_scan_reason"] = "Scan, or say why nothing was scanned."
    if missing:
        raise Missing("; ".join(f"{words}" for words in missing.values()), fields=missing)


def _missing_field(key: str, new: NewGiving) -> str:
    if key == "patient" and new.no_scan_reason:
        return "identifiers"
    if key == "dose" and new.amount is not None:
        return "amount_reason"
    return FIELD_OF[key]


async def _require_room(ctx: Context, giving: Giving, line: MedicineLine, new: NewGiving, at: datetime) -> None:
    """What an as-needed order leaves room for, and that no infusion of the order runs."""
    if rules.is_infusion(line) and giving.running_id is not None:
        raise Runs("Stop the one that runs first.", administration_id=giving.running_id)
    as_needed = rules.kind_of(giving) is OrderKind.AS_NEEDED
    bounds = [] if as_needed else when_needed.bounds_of(giving)
    if not as_needed and not bounds:
        return
    gap_hours = max(line.every_hours or 0, 24)
    before = await queries.given_since(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        person_id=giving.person_id,
        since=at - gap_hours * rules.HOUR,
    )
    before = when_needed.of_drug(giving.name, before)
    if as_needed:
        found = when_needed.as_needed(line, giving.medicine_id, before, at, new.amount)
    else:
        found = when_needed.within_bounds(line, bounds, before, at, new.amount or giving.amount)
    if not found.may:
        from_at = found.from_at.isoformat() if found.from_at else None
        raise TooSoon(f"{found.why}.", fields={"given_at": f"{found.why}."}, from_at=from_at)
    if found.not_checked and not new.confirmed:
        raise Invalid(fields={"confirmed": f"{found.not_checked}. Confirm that it may be given all the same."})


def _given(
    ctx: Context,
    giving: Giving,
    line: MedicineLine,
    new: NewGiving,
    at: datetime,
    rights: list[Right],
    second: UUID | None,
) -> Done:
    of = rules.ordered(giving, line)
    runs = rules.is_infusion(line)
    rate, rate_unit = rules.rate_of(line) if runs else (None, "")
    said = (
        new.reason.strip() or (line.reason if line.as_needed else ""),
        new.time_reason,
        new.amount_reason,
        new.no_scan_words,
    )
    amount = None if line.rate else new.amount or (of.low if of.low == of.high else None)
    scanned = new.patient_scan and new.drug_scan
    return _done(
        ctx,
        giving,
        action="self" if new.self_administered else "given",
        at=at,
        witness_id=second,
        amount=amount,
        unit=of.unit if amount is not None else "",
        words="; ".join(each.strip() for each in said if each.strip()),
        timing=rules.timing_of(giving.due_at, at, giving.critical),
        site=new.site,
        no_scan="" if scanned else new.no_scan_reason,
        rights=rights,
        sent_later=sent_later(ctx, new.pressed_at),
        infusion="running" if runs else None,
        rate=new.rate or rate,
        rate_unit=rate_unit,
        volume_ml=new.volume_ml or (rules.volume_ml(line) if runs else None),
    )


# --- not given -----------------------------------------------------------------------------------------------------------
async def not_given(ctx: Context, giving: Giving, new: NewNotGiven) -> Administration:
    """Record that a dose was not given, or was held back, and why."""
    return await _store(ctx, giving, _not_given(ctx, giving, new))


async def not_given_lean(ctx: Context, *, dose_id: UUID, new: NewNotGiven) -> Written | None:
    """The same in two round trips where no task asks for the dose."""
    giving = await queries.giving(ctx.db, hospital_id=ctx.caller.tenant_id, dose_id=dose_id, medicine_id=None)
    if giving is None or not _is_plain(giving):
        return None
    return _written(ctx, giving, _not_given(ctx, giving, new))


def _not_given(ctx: Context, giving: Giving, new: NewNotGiven) -> Done:
    at = moment(ctx, giving, new)
    _require_open(ctx, giving, at, before_stop=new.before_stop or sent_later(ctx, new.pressed_at))
    if new.reason not in (codes.HELD if new.action == "held" else codes.NOT_GIVEN):
        raise Invalid(fields={"reason": "Choose a reason of the list."})
    if new.reason == "other" and len(new.words.strip()) < 3:
        raise Invalid(fields={"words": "Say why in words."})
    return _done(
        ctx,
        giving,
        action=new.action,
        at=at,
        reason=new.reason,
        words=new.words.strip(),
        sent_later=sent_later(ctx, new.pressed_at),
    )


# --- storing -------------------------------------------------------------------------------------------------------------
def _done(
    ctx: Context,
    giving: Giving,
    *,
    action: str,
    at: datetime,
    witness_id: UUID | None = None,
    amount: float | None = None,
    unit: str = "",
    reason: str = "",
    words: str = "",
    timing: str = "on_time",
    site: str = "",
    no_scan: str = "",
    rights: list[Right] | None = None,
    sent_later: bool = False,
    infusion: str | None = None,
    rate: float | None = None,
    rate_unit: str = "",
    volume_ml: float | None = None,
) -> Done:
    new = NewAdministration(
        hospital_id=ctx.caller.tenant_id, id=new_id(), medicine_id=giving.medicine_id, dose_id=giving.dose_id,
        person_id=giving.person_id, encounter_id=giving.encounter_id, action=action, happened_at=at,
        recorded_by=ctx.caller.id, witness_id=witness_id, amount=amount, unit=unit, reason=reason, words=words[:500],
        timing=timing, site=site, no_scan=no_scan, checks=kept(rights or [], at),
        sent_later=sent_later, infusion=infusion, rate=rate if infusion else None, rate_unit=rate_unit,
        volume_ml=volume_ml, step_id=new_id(),
    )  # fmt: skip
    answer = Administration(
        id=new.id, medicine_id=new.medicine_id, dose_id=new.dose_id, patient_id=new.person_id, name=giving.name,
        due_at=giving.due_at, action=action, happened_at=at, recorded_at=ctx.now, recorded_by=ctx.caller.display_name,
        recorded_by_initials=ctx.caller.initials, witness=None, witness_initials=None, amount=amount, unit=unit,
        reason=reason, words=new.words, timing=timing, site=site, no_scan=no_scan, effect="", sent_later=sent_later,
        infusion=infusion, rate=new.rate, rate_unit=rate_unit, volume_ml=volume_ml,
        volume_given_ml=0 if infusion else None, rate_since=at if infusion else None, ended_at=None, state="final",
        version=1, rights=msgspec.to_builtins(rights or [], str_keys=True),
    )  # fmt: skip
    return Done(new=new, answer=answer, at=at)


async def _store(ctx: Context, giving: Giving, done: Done) -> Administration:
    if giving.done_action == "held" and giving.done_id is not None:
        await queries.resolve_held(ctx.db, done.new, held_id=giving.done_id, step_id=new_id(), now=ctx.now)
    if await queries.insert_administration(ctx.db, done.new, now=ctx.now) is None:
        raise _already(
            _there(
                await queries.giving(ctx.db, hospital_id=ctx.caller.tenant_id, dose_id=giving.dose_id, medicine_id=None)
            )
        )
    await end_task(ctx, giving.task_id)
    _report(ctx, giving, done)
    if done.new.witness_id is not None:
        return await queries.administration(ctx.db, hospital_id=ctx.caller.tenant_id, administration_id=done.new.id)
    return done.answer


def _written(ctx: Context, giving: Giving, done: Done) -> Written:
    assert giving.version is not None
    seen = Seen(
        hospital_id=ctx.caller.tenant_id,
        medicine_id=giving.medicine_id,
        order_version=giving.order_version,
        dose_id=giving.dose_id,
        version=giving.version,
    )
    effect = queries.put_administration(new=done.new, seen=seen, now=ctx.now)
    _report(ctx, giving, done)
    return Written(done.answer, effect)


def _report(ctx: Context, giving: Giving, done: Done) -> None:
    new = done.new
    action = {"given": "dose.given", "self": "dose.self_taken", "not_given": "dose.not_given", "held": "dose.held"}[
        new.action
    ]
    ctx.record(
        action,
        person_id=new.person_id,
        subject_id=new.id,
        detail={
            "medicine_id": new.medicine_id,
            "dose_id": new.dose_id,
            "timing": new.timing,
            "scanned": not new.no_scan,
            "witness_id": new.witness_id,
            "sent_later": new.sent_later,
        },
    )
    ctx.publish(action, {"administration_id": new.id, "medicine_id": new.medicine_id, "hospital_id": new.hospital_id})
    touch(ctx, new.person_id, giving.ward_id, waits=new.dose_id is not None)
