"""What happens to beds: given, left, moved back, kept for somebody, cleaned, closed and opened again.

Order of locks: the beds by id, then the stay. Reads before a lock only choose what to lock; decisions are made after it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.beds import moves, queries, rules
from wardline.beds.models import BedScope
from wardline.beds.move_models import (
    Assignment,
    BedStanding,
    Closure,
    LastMove,
    NewReservation,
    Occupancy,
    Release,
    Stay,
)
from wardline.encounters.public import EncounterScope, access_encounter, on_discharge, place
from wardline.identity.public import seal
from wardline.platform.errors import Conflict, Invalid, NotFound, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.platform.render import family_first
from wardline.tasks.public import follow


class BedTaken(Conflict):
    """Somebody lies in the bed; the answer names them, since both are patients of one hospital."""

    code, title = "bed_taken", "The bed is taken"


class MovedMeanwhile(Conflict):
    code, title = "moved_meanwhile", "The patient was moved meanwhile"


class BedNotReady(Conflict):
    code, title = "bed_not_ready", "The bed is not ready"


class BedUnfit(Conflict):
    """A rule speaks against the bed; `override_reason` overrides it."""

    code, title = "bed_unfit", "This bed does not fit without a reason"


class StayEnded(Conflict):
    code, title = "encounter_finished", "This stay has ended"


class BedEmpty(Conflict):
    code, title = "bed_empty", "Nobody lies in this bed"


class UndoTooLate(Conflict):
    code, title = "undo_too_late", "The move can no longer be undone"


on_constraint("occupancy_one_per_bed", BedTaken)
on_constraint("occupancy_one_per_encounter", MovedMeanwhile)
on_constraint("reservation_one_per_bed", lambda: BedNotReady("The bed is already kept for somebody else."))
on_constraint("reservation_one_per_encounter", MovedMeanwhile)


async def access_bed(ctx: Context, bed_id: UUID) -> BedScope:
    """A bed of the caller's hospital; NotFound otherwise."""
    found = await queries.place_of_bed(ctx.db, hospital_id=ctx.caller.tenant_id, bed_id=bed_id)
    if found is None:
        raise NotFound("There is no such bed here.")
    return BedScope(hospital_id=ctx.caller.tenant_id, id=bed_id, ward_id=found.ward_id, label=found.label, seal=seal())


def clock_words(ctx: Context, at: datetime) -> str:
    """A time as the hospital's wall clock shows it, with the day when it is another."""
    zone = ZoneInfo(ctx.caller.time_zone)
    local = at.astimezone(zone)
    same_day = local.date() == ctx.now.astimezone(zone).date()
    return local.strftime("%H:%M" if same_day else "%d-%b-%Y %H:%M")


def _taken(ctx: Context, bed: BedStanding) -> BedTaken:
    assert bed.since is not None
    name = family_first(bed.family or "", bed.given or "")
    return BedTaken(
        f"{name} has bed {bed.label} since {clock_words(ctx, bed.since)}.",
        held_by=name,
        encounter_id=bed.encounter_id,
        since=bed.since,
        bed_id=bed.id,
    )


def _topics(ctx: Context, bed: BedScope, stay: Stay | None = None) -> None:
    if stay is None:
        ctx.touch(f"ward:{bed.ward_id}", f"beds:{bed.hospital_id}", elements=[bed.id])
        return
    # A ward's tasks name the bed of their patient, and the hospital's board who waits for one: the stay among the elements has
    # them read too.
    changed = [bed.id, stay.bed_id, stay.reserved_bed_id, stay.encounter_id]
    wards = {bed.ward_id, stay.ward_id, stay.reserved_ward_id} - {None}
    ctx.touch(f"patient:{stay.person_id}")
    ctx.touch(f"beds:{bed.hospital_id}", *(f"ward:{ward_id}" for ward_id in wards), elements=changed)


async def _held(ctx: Context, bed: BedScope) -> BedStanding:
    """The bed as it stands, held until the end of the transaction."""
    await moves.lock_beds(ctx.db, hospital_id=bed.hospital_id, bed_ids=[bed.id])
    return await moves.standing(ctx.db, bed)


async def _stay_held(ctx: Context, before: Stay) -> Stay:
    """The stay, held; refused when it has ended, or lies elsewhere than when the beds to be held were chosen."""
    scope: dict[str, Any] = {"hospital_id": ctx.caller.tenant_id, "encounter_id": before.encounter_id}
    state = await moves.lock_encounter(ctx.db, **scope)
    if state != "in_progress":
        raise StayEnded(f"{family_first(before.family, before.given)} is no longer here.", state=state)
    stay = await moves.stay(ctx.db, **scope)
    if stay.bed_id != before.bed_id:
        name = family_first(stay.family, stay.given)
        where = f"now lies in {stay.bed_label}" if stay.bed_label else "has no bed any more"
        raise MovedMeanwhile(f"{name} {where}.", bed_id=stay.bed_id, bed_label=stay.bed_label, since=stay.bed_since)
    return stay


def _require_fit(ctx: Context, bed: BedStanding, stay: Stay, override_reason: str | None) -> None:
    """BedTaken, BedNotReady or BedUnfit unless the bed may be given to the stay."""
    if bed.encounter_id is not None and bed.encounter_id != stay.encounter_id:
        raise _taken(ctx, bed)
    found = rules.fit(bed, stay, at=clock_words(ctx, bed.reserved_due_at) if bed.reserved_due_at else "")
    if found.refused:
        raise BedNotReady(f"Bed {bed.label}: {found.refused}.", state=bed.state, since=bed.state_since, bed_id=bed.id)
    if found.doubt and not override_reason:
        raise BedUnfit(
            f"Bed {bed.label}: {found.doubt}. Say why it has to be this bed.",
            reasons=[reason.words for reason in found.reasons if not reason.fits],
            needs="override_reason",
        )


async def assign(ctx: Context, bed: BedScope, given: Assignment) -> Occupancy:
    """Put a patient into a bed, from wherever they lie now. The same again changes nothing."""
    before_lock = await moves.standing(ctx.db, bed)
    if before_lock.encounter_id not in (None, given.stay_id):
        raise _taken(ctx, before_lock)
    scope = await access_encounter(ctx, given.stay_id)
    before = await moves.stay(ctx.db, hospital_id=bed.hospital_id, encounter_id=scope.id)
    wanted = [bed.id] if before.bed_id is None else [bed.id, before.bed_id]
    await moves.lock_beds(ctx.db, hospital_id=bed.hospital_id, bed_ids=wanted)
    stands = await moves.standing(ctx.db, bed)
    if stands.encounter_id not in (None, scope.id):
        raise _taken(ctx, stands)
    stay = await _stay_held(ctx, before)
    if stay.bed_id == bed.id:
        return _occupancy(bed, stay, scope.id, stay.bed_since or ctx.now)
    _require_fit(ctx, stands, stay, given.override_reason)
    if stands.reserved_for_id not in (None, stay.encounter_id):
        await _cancel(ctx, bed, None)
    return await _move(ctx, bed, stay, scope, next_state="cleaning", reason="moved", words=given.override_reason or "")


async def _move(
    ctx: Context, bed: BedScope, stay: Stay, scope: EncounterScope, *, next_state: str, reason: str, words: str
) -> Occupancy:
    """End the old occupancy, begin the new one, note the place on the stay; everything needed is held."""
    if stay.bed_id is not None:
        await _leave(ctx, stay, stay.bed_id, reason=reason, next_state=next_state, words="")
    occupancy_id = new_id()
    await moves.occupy(
        ctx.db,
        bed,
        occupancy_id=occupancy_id,
        encounter_id=stay.encounter_id,
        person_id=stay.person_id,
        at=ctx.now,
        actor_id=ctx.caller.id,
        words=words,
    )
    await place(ctx, scope, ward_id=bed.ward_id, bed_id=bed.id, bed_label=bed.label, since=ctx.now)
    if stay.ward_id != bed.ward_id:
        await follow(ctx, scope, bed.ward_id)
    from_bed = None if stay.bed_id is None else str(stay.bed_id)
    detail: dict[str, Any] = {"encounter_id": str(stay.encounter_id), "from_bed_id": from_bed}
    if words:
        detail["overridden"] = True
    ctx.record("bed.assigned", person_id=stay.person_id, subject_id=bed.id, detail=detail)
    ctx.publish("bed.assigned", {"bed_id": bed.id, "encounter_id": stay.encounter_id, "from_bed_id": stay.bed_id})
    _topics(ctx, bed, stay)
    made = _occupancy(bed, stay, occupancy_id, ctx.now)
    made.left_bed_id, made.left_bed_label = stay.bed_id, stay.bed_label
    made.undo_until = ctx.now + rules.UNDO_WITHIN
    return made


def _occupancy(bed: BedScope, stay: Stay, occupancy_id: UUID, since: datetime) -> Occupancy:
    return Occupancy(
        id=occupancy_id,
        bed_id=bed.id,
        bed_label=bed.label,
        ward_id=bed.ward_id,
        encounter_id=stay.encounter_id,
        person_id=stay.person_id,
        family=stay.family,
        given=stay.given,
        since=since,
    )


async def _leave(ctx: Context, stay: Stay, bed_id: UUID, *, reason: str, next_state: str, words: str) -> None:
    await moves.vacate(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        bed_id=bed_id,
        encounter_id=stay.encounter_id,
        reason=reason,
        next_state=next_state,
        event_id=new_id(),
        at=ctx.now,
        actor_id=ctx.caller.id,
        words=words,
    )
    ctx.record(
        "bed.released",
        person_id=stay.person_id,
        subject_id=bed_id,
        detail={"encounter_id": str(stay.encounter_id), "reason": reason},
    )


async def release(ctx: Context, bed: BedScope, given: Release) -> BedStanding:
    """Free the bed without another for the patient, who goes back to those who wait."""
    stands = await _held(ctx, bed)
    if stands.encounter_id is None:
        raise BedEmpty(f"Nobody lies in bed {bed.label}.", state=stands.state)
    scope = await access_encounter(ctx, stands.encounter_id)
    before = await moves.stay(ctx.db, hospital_id=bed.hospital_id, encounter_id=scope.id)
    stay = await _stay_held(ctx, before)
    await _leave(ctx, stay, bed.id, reason="released", next_state="cleaning", words=given.reason)
    await place(ctx, scope, ward_id=None, bed_id=None, bed_label=None, since=None)
    ctx.publish("bed.released", {"bed_id": bed.id, "encounter_id": stay.encounter_id})
    _topics(ctx, bed, stay)
    return await moves.standing(ctx.db, bed)


async def free_on_discharge(ctx: Context, scope: EncounterScope) -> None:
    """Free the bed of a stay that ends, in the transaction of its end; what was kept for it is kept no longer."""
    stay = await moves.stay(ctx.db, hospital_id=scope.hospital_id, encounter_id=scope.id)
    if stay.reserved_bed_id is not None:
        await _cancel(ctx, await access_bed(ctx, stay.reserved_bed_id), None)
    if stay.bed_id is None:
        return
    bed = await access_bed(ctx, stay.bed_id)
    await moves.lock_beds(ctx.db, hospital_id=scope.hospital_id, bed_ids=[bed.id])
    await _leave(ctx, stay, bed.id, reason="discharged", next_state="cleaning", words="")
    ctx.publish("bed.released", {"bed_id": bed.id, "encounter_id": scope.id})
    _topics(ctx, bed, stay)


on_discharge.append(free_on_discharge)


async def undo(ctx: Context, bed: BedScope) -> Occupancy | None:
    """Take a move back within half a minute, by whoever made it: the patient lies where they lay, or waits again."""
    first = await moves.last_move(ctx.db, bed)
    if first is None:
        raise BedEmpty(f"Nobody lies in bed {bed.label}.")
    wanted = [bed.id] if first.from_bed_id is None else [bed.id, first.from_bed_id]
    await moves.lock_beds(ctx.db, hospital_id=bed.hospital_id, bed_ids=wanted)
    move = await moves.last_move(ctx.db, bed)
    if move is None or move.occupancy_id != first.occupancy_id:
        raise MovedMeanwhile(f"Bed {bed.label} has changed meanwhile.")
    if (
        move.left_reason == "entered_in_error"
        or move.moved_by != ctx.caller.id
        or not rules.may_undo(move.since, ctx.now)
    ):
        raise UndoTooLate("Half a minute has passed, or this is not your own last move. Move the patient instead.")
    scope = await access_encounter(ctx, move.encounter_id)
    before = await moves.stay(ctx.db, hospital_id=bed.hospital_id, encounter_id=scope.id)
    stay = await _stay_held(ctx, before)
    return await _move_back(ctx, bed, stay, scope, move)


async def _move_back(
    ctx: Context, bed: BedScope, stay: Stay, scope: EncounterScope, move: LastMove
) -> Occupancy | None:
    if move.from_bed_id is None:
        await _leave(ctx, stay, bed.id, reason="entered_in_error", next_state="ready", words="Undone")
        await place(ctx, scope, ward_id=None, bed_id=None, bed_label=None, since=None)
        await follow(ctx, scope, None)
        ctx.publish("bed.released", {"bed_id": bed.id, "encounter_id": stay.encounter_id})
        _topics(ctx, bed, stay)
        return None
    old = await access_bed(ctx, move.from_bed_id)
    stands = await moves.standing(ctx.db, old)
    if stands.encounter_id is not None:
        raise _taken(ctx, stands)
    if stands.state == "closed":
        raise BedNotReady(f"Bed {old.label} is closed.", state=stands.state, bed_id=old.id)
    if stands.state == "cleaning":
        await _set(ctx, old, state="ready", kind="cleaning_done", words="Undone")
    made = await _move(ctx, old, stay, scope, next_state="ready", reason="entered_in_error", words="Undone")
    made.undo_until = None
    ctx.touch(f"ward:{old.ward_id}")
    return made


async def reserve(ctx: Context, bed: BedScope, given: NewReservation) -> BedStanding:
    """Keep a free bed for a patient; what was kept for them elsewhere is kept no longer."""
    due_at = given.due_at or ctx.now + rules.RESERVED_FOR
    if due_at.tzinfo is None:
        raise Invalid(fields={"due_at": "Say the time with its zone."})
    if due_at < ctx.now:
        raise Invalid(fields={"due_at": "This time has passed."})
    scope = await access_encounter(ctx, given.encounter_id)
    stands = await _held(ctx, bed)
    if stands.encounter_id is not None:
        raise _taken(ctx, stands)
    if stands.state == "closed" or not stands.active:
        raise BedNotReady(f"Bed {bed.label} is closed.", state=stands.state, bed_id=bed.id)
    if stands.reserved_for_id not in (None, scope.id):
        name = family_first(stands.reserved_family or "", stands.reserved_given or "")
        raise BedNotReady(f"Bed {bed.label} is kept for {name}.", held_by=name, due_at=stands.reserved_due_at)
    before = await moves.stay(ctx.db, hospital_id=bed.hospital_id, encounter_id=scope.id)
    stay = await _stay_held(ctx, before)
    await _cancel(ctx, bed, scope.id)
    await moves.reserve(
        ctx.db,
        bed,
        reservation_id=new_id(),
        encounter_id=scope.id,
        person_id=scope.person_id,
        from_place=given.from_place or (stay.bed_label or ""),
        due_at=due_at,
        at=ctx.now,
        actor_id=ctx.caller.id,
    )
    ctx.record("bed.reserved", person_id=scope.person_id, subject_id=bed.id, detail={"encounter_id": str(scope.id)})
    ctx.publish("bed.reserved", {"bed_id": bed.id, "encounter_id": scope.id})
    _topics(ctx, bed, stay)
    return await moves.standing(ctx.db, bed)


async def _cancel(ctx: Context, bed: BedScope, encounter_id: UUID | None) -> None:
    wards = await moves.cancel_reservations(
        ctx.db,
        hospital_id=bed.hospital_id,
        bed_id=bed.id,
        encounter_id=encounter_id,
        event_id=new_id(),
        other_event_id=new_id(),
        at=ctx.now,
        actor_id=ctx.caller.id,
    )
    if wards:
        ctx.record("bed.reservation_ended", subject_id=bed.id, detail={"reservations": len(wards)})
        ctx.touch(f"beds:{bed.hospital_id}", *(f"ward:{ward_id}" for ward_id in wards))


async def cancel_reservation(ctx: Context, bed: BedScope) -> BedStanding:
    """Keep the bed for nobody."""
    await _held(ctx, bed)
    await _cancel(ctx, bed, None)
    return await moves.standing(ctx.db, bed)


async def _set(ctx: Context, bed: BedScope, *, state: str, kind: str, words: str = "") -> None:
    await moves.set_state(
        ctx.db, bed, state=state, kind=kind, words=words, event_id=new_id(), at=ctx.now, actor_id=ctx.caller.id
    )
    ctx.record(f"bed.{kind}", subject_id=bed.id)
    ctx.publish(f"bed.{kind}", {"bed_id": bed.id})
    _topics(ctx, bed)


async def start_cleaning(ctx: Context, bed: BedScope) -> BedStanding:
    """An empty bed is being cleaned from now. The same again changes nothing."""
    stands = await _held(ctx, bed)
    if stands.encounter_id is not None:
        raise _taken(ctx, stands)
    if stands.state == "closed":
        raise BedNotReady(f"Bed {bed.label} is closed.", state=stands.state, bed_id=bed.id)
    if stands.state == "cleaning":
        return stands
    await _set(ctx, bed, state="cleaning", kind="cleaning_started")
    return await moves.standing(ctx.db, bed)


async def finish_cleaning(ctx: Context, bed: BedScope) -> BedStanding:
    """The bed is clean and ready. The same again changes nothing."""
    stands = await _held(ctx, bed)
    if stands.state != "cleaning":
        return stands
    await _set(ctx, bed, state="ready", kind="cleaning_done")
    return await moves.standing(ctx.db, bed)


async def close(ctx: Context, bed: BedScope, given: Closure) -> BedStanding:
    """Take an empty bed out of use, with the reason; it is kept for nobody any more."""
    stands = await _held(ctx, bed)
    if stands.encounter_id is not None:
        raise _taken(ctx, stands)
    await _cancel(ctx, bed, None)
    await _set(ctx, bed, state="closed", kind="closed", words=given.reason)
    return await moves.standing(ctx.db, bed)


async def reopen(ctx: Context, bed: BedScope) -> BedStanding:
    """Bring a closed bed back; it is cleaned first. An open one stays as it is."""
    stands = await _held(ctx, bed)
    if stands.state != "closed":
        return stands
    await _set(ctx, bed, state="cleaning", kind="reopened")
    return await moves.standing(ctx.db, bed)
