"""What becomes of something recorded: an amendment, an error, the effect of an as-needed dose, the course of an infusion."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from wardline.identity.public import May, seal, witness
from wardline.mar import codes, queries, rules
from wardline.mar.actions import Differs, access_order, require_standing, was_before_stop
from wardline.mar.checks import shown
from wardline.mar.models import Administration, AdministrationScope, Amendment, Giving, InfusionStep, NewEffect
from wardline.mar.queries import Amended, NewStep, Running
from wardline.mar.telling import touch
from wardline.orders.public import drugs_named
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

AMENDED_BACK_MAX = timedelta(days=7)
NEXT_OF = {"running": ("rate_changed", "paused", "stopped"), "paused": ("resumed", "stopped")}
SHOWN_BEFORE = ("happened_at", "amount", "unit", "site", "words", "timing")


class InError(Conflict):
    """It was marked as an error before."""

    code, title = "entered_in_error", "Already marked as entered in error"


class Followed(Conflict):
    """Something else was recorded about the dose since."""

    code, title = "followed", "Something was recorded after this"


class NotRunning(Conflict):
    """The infusion does not run, or cannot go on so."""

    code, title = "infusion_does_not_run", "The infusion does not run"


async def access_administration(ctx: Context, administration_id: UUID) -> AdministrationScope:
    """What was recorded at the caller's hospital; NotFound otherwise."""
    where = {"hospital_id": ctx.caller.tenant_id, "administration_id": administration_id}
    person_id = await queries.whose(ctx.db, **where)
    if person_id is None:
        raise NotFound("There is no such dose here.")
    ctx.saw("dose", administration_id, person_id)
    return AdministrationScope(hospital_id=ctx.caller.tenant_id, id=administration_id, person_id=person_id, seal=seal())


async def found(ctx: Context, scope: AdministrationScope) -> Administration:
    """What was recorded, with the five rights as they were."""
    where = {"hospital_id": scope.hospital_id, "administration_id": scope.id}
    item = await queries.administration(ctx.db, **where)
    item.rights = shown(await queries.rights_of(ctx.db, **where))
    return item


async def _held(ctx: Context, scope: AdministrationScope) -> Administration:
    """The same, held until the end of the transaction; InError for a mistake, Stale for another version."""
    where = {"hospital_id": scope.hospital_id, "administration_id": scope.id}
    await queries.hold_administration(ctx.db, **where)
    item = await queries.administration(ctx.db, **where)
    if item.state == "resolved":
        raise Followed("It was held back; what was done later is recorded beside it.")
    if item.state != "final":
        raise InError
    if ctx.version is not None and ctx.version != item.version:
        raise Stale(current=msgspec.to_builtins(item))
    return item


def _before(item: Administration) -> str:
    """What it says until now, for the history."""
    return msgspec.json.encode({name: getattr(item, name) for name in SHOWN_BEFORE}).decode()


async def amend(ctx: Context, scope: AdministrationScope, new: Amendment) -> Administration:
    """Other values for what was recorded; what it said before stays in its history."""
    item = await _held(ctx, scope)
    giving = await _giving_of(ctx, item)
    at = _amended_time(ctx, item, new, giving)
    if new.site and new.site not in codes.SITES:
        raise Invalid(fields={"site": "Choose a site of the list."})
    if new.amount is not None and item.action not in {"given", "self"}:
        raise Invalid(fields={"amount": "Nothing was given."})
    is_other_dose = new.amount is not None and new.amount != item.amount
    second = await _second(ctx, giving, new) if is_other_dose else None
    to = Amended(
        happened_at=at,
        amount=item.amount if new.amount is None else new.amount,
        site=new.site or item.site,
        words=new.words.strip() or item.words,
        timing=item.timing if at == item.happened_at else rules.timing_of(item.due_at, at, giving.critical),
    )
    step = NewStep(
        id=new_id(),
        kind="amended",
        happened_at=ctx.now,
        words=new.why.strip(),
        before=_before(item),
        witness_id=second,
    )
    await queries.amend(ctx.db, to, step, version=item.version, **_by(ctx, scope))
    return await _reported(ctx, scope, "dose.amended", {"witness_id": second})


async def _second(ctx: Context, giving: Giving, signed: Amendment | InfusionStep) -> UUID | None:
    """The witness of another rate or dose, where giving the medicine needs one."""
    if not codes.witness_reason(giving.name, drugs_named(giving.name), giving.route):
        return None
    return await witness(ctx, signed.witness_email, signed.witness_password, needs=May.GIVE_MEDICINE)


async def _giving_of(ctx: Context, item: Administration) -> Giving:
    """The dose, or the order, that it was recorded about."""
    of = {"dose_id": item.dose_id, "medicine_id": None if item.dose_id else item.medicine_id}
    giving = await queries.giving(ctx.db, hospital_id=ctx.caller.tenant_id, **of)
    assert giving is not None, "what was recorded is of an order"
    return giving


def _amended_time(ctx: Context, item: Administration, new: Amendment, giving: Giving) -> datetime:
    """When it happened instead: a clock is the one nearest to when it happened, and not after the recording."""
    at = new.given_at or item.happened_at
    field = "given_at" if new.given_at is not None else "given_clock"
    if new.given_at is None and new.given_clock.strip():
        zone = ZoneInfo(ctx.caller.time_zone)
        clock = rules.clock_near(new.given_clock, item.happened_at, item.recorded_at, zone)
        if clock is None:
            raise Invalid(fields={"given_clock": "Enter the time as 14:20."})
        at = clock
    if at == item.happened_at:
        return at
    if at.tzinfo is None or at > item.recorded_at + rules.CLOCK_SKEW_MAX:
        raise Invalid(fields={field: "It was recorded earlier than that."})
    if at < item.happened_at - AMENDED_BACK_MAX:
        raise Invalid(fields={field: "This is more than a week before what was recorded."})
    if not rules.is_after_order(at, giving.prescribed_at):
        raise Invalid(fields={field: "This is before the order was signed."})
    if item.rate_since is not None and item.rate_since != item.happened_at and at > item.rate_since:
        raise Invalid(fields={field: "The infusion was changed before that."})
    return at


async def mark_as_error(ctx: Context, scope: AdministrationScope, reason: str) -> Administration:
    """Entered in error: it stays, struck through, and its dose is due again."""
    item = await _held(ctx, scope)
    step = NewStep(
        id=new_id(), kind="entered_in_error", happened_at=ctx.now, words=reason.strip(), before=_before(item)
    )
    await queries.mark_as_error(ctx.db, step, version=item.version, **_by(ctx, scope))
    return await _reported(ctx, scope, "dose.entered_in_error", is_due_again=True)


async def set_effect(ctx: Context, scope: AdministrationScope, new: NewEffect) -> Administration:
    """What a dose did; a later one stands, the earlier stays in the history."""
    item = await _held(ctx, scope)
    if item.action not in {"given", "self"}:
        raise Conflict("Nothing was given.")
    words = "; ".join(each for each in (codes.EFFECTS[new.effect], new.words.strip()) if each)
    step = NewStep(id=new_id(), kind="effect", happened_at=ctx.now, words=words)
    await queries.set_effect(ctx.db, step, effect=new.effect, **_by(ctx, scope))
    return await _reported(ctx, scope, "dose.effect_recorded")


async def step_infusion(ctx: Context, scope: AdministrationScope, new: InfusionStep) -> Administration:
    """Another rate, a pause, going on, or the end; the volume that has run in is worked out unless it is said."""
    item = await _held(ctx, scope)
    if item.infusion is None or new.act not in NEXT_OF.get(item.infusion, ()):
        raise NotRunning(f"It is {item.infusion or 'no infusion'}.", state=item.infusion)
    at = new.at or ctx.now
    since = item.rate_since or item.happened_at
    if at.tzinfo is None or at > ctx.now + rules.CLOCK_SKEW_MAX or at < since:
        raise Invalid(fields={"at": "Enter a time that has been, after the last change."})
    if new.act == "rate_changed" and new.rate is None:
        raise Invalid(fields={"rate": "Enter the new rate."})
    if new.act in {"paused", "stopped"} and len(new.words.strip()) < 3 and new.volume_given_ml is None:
        raise Invalid(fields={"words": "Say why, or how much has run in."})
    second = None
    if new.act in {"rate_changed", "resumed"}:
        second = await _require_ordered(ctx, item, new, at)
    to, step = _course(item, new, at, since)
    step = msgspec.structs.replace(step, witness_id=second)
    await queries.step_infusion(ctx.db, to, step, version=item.version, **_by(ctx, scope))
    detail = {"rate": to.rate, "rate_unit": to.rate_unit, "witness_id": second}
    return await _reported(ctx, scope, f"infusion.{new.act}", detail)


async def _require_ordered(ctx: Context, item: Administration, new: InfusionStep, at: datetime) -> UUID | None:
    """It goes on only while its order stands, and not faster than ordered; what was before a stop can still be said.

    Returns the witness of another rate, where giving it needs one.
    """
    giving = await access_order(ctx, item.medicine_id)
    if not was_before_stop(giving, at):
        require_standing(giving)
    faster = rules.too_fast(rules.line_of(giving), item.rate if new.rate is None else new.rate)
    if faster:
        problem = Differs(faster, fields={"rate": faster}, differs=["dose"])
        problem.about = (giving.person_id, giving.medicine_id)
        raise problem
    if new.rate is None or new.rate == item.rate:
        return None
    return await _second(ctx, giving, new)


def _course(item: Administration, new: InfusionStep, at: datetime, since: datetime) -> tuple[Running, NewStep]:
    running = item.infusion == "running"
    worked_out = (
        rules.run_in_ml(item.rate, item.rate_unit, volume_given=item.volume_given_ml, since=since, now=at)
        if running
        else item.volume_given_ml
    )
    volume = worked_out if new.volume_given_ml is None else new.volume_given_ml
    rate = new.rate if new.rate is not None else item.rate
    state = {"rate_changed": "running", "resumed": "running", "paused": "paused", "stopped": "stopped"}[new.act]
    to = Running(
        infusion=state,
        rate=rate,
        rate_unit=item.rate_unit,
        volume_given_ml=volume,
        rate_since=at,
        ended_at=at if state == "stopped" else None,
    )
    step = NewStep(
        id=new_id(),
        kind=new.act,
        happened_at=at,
        words=new.words.strip(),
        rate=rate,
        rate_unit=item.rate_unit,
        volume_given_ml=volume,
    )
    return to, step


def _by(ctx: Context, scope: AdministrationScope) -> dict[str, Any]:
    return {
        "hospital_id": scope.hospital_id,
        "administration_id": scope.id,
        "actor_id": ctx.caller.id,
        "now": ctx.now,
    }


async def _reported(
    ctx: Context,
    scope: AdministrationScope,
    action: str,
    detail: dict[str, Any] | None = None,
    *,
    is_due_again: bool = False,
) -> Administration:
    ctx.record(action, person_id=scope.person_id, subject_id=scope.id, detail=detail)
    ctx.publish(action, {"administration_id": scope.id, "hospital_id": scope.hospital_id})
    ward_id = await queries.ward_of(ctx.db, hospital_id=scope.hospital_id, person_id=scope.person_id)
    touch(ctx, scope.person_id, ward_id, waits=is_due_again)
    return await found(ctx, scope)
