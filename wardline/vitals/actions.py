"""Recording, correcting, and the scale of a stay. Each runs in the door's transaction and is committed by the door."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.encounters.public import (
    Observed,
    ObservedStay,
    keep_observed,
    observed_encounter_locked,
    observed_stay_locked,
    set_spo2_scale,
)
from wardline.patients.public import access_patient
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context, Written
from wardline.platform.ids import new_id
from wardline.tasks.public import NewTask, require
from wardline.vitals import current, queries, rules
from wardline.vitals.answers import answer
from wardline.vitals.current import Standing
from wardline.vitals.limits import questions, refusals
from wardline.vitals.models import (
    NewObservations,
    NewSpO2Scale,
    Observation,
    ObservationRow,
    Sign,
    Signs,
    SpO2Scale,
    SpO2ScaleSet,
    StoredSet,
)

TASK_KIND = "escalation"


class NoOpenStay(Conflict):
    """Observations belong to an open stay; a finished one takes no more."""

    code = "no_open_stay"
    title = "The patient has no open stay"


class ScaleNotPrescribed(Invalid):
    """Scale 2 is used only after a named prescriber has set the target."""

    code = "spo2_scale_not_prescribed"
    title = "SpO₂ scale 2 is not prescribed"


class Unconfirmed(Invalid):
    """Values that are possible but unlikely: sent again with their names in `confirmed` they are stored."""

    code = "needs_confirmation"
    title = "Please re-check"


class AlreadyInError(Conflict):
    """The set was marked before."""

    code = "already_in_error"
    title = "Already marked as entered in error"


async def access_open_stay(ctx: Context, patient_id: UUID) -> ObservedStay:
    """The open stay of a patient of the caller's hospital, locked: access and stay in one round trip, as saving a set is
    the most frequent write. NotFound for another hospital's patient, NoOpenStay for one who is not here."""
    stay = await observed_stay_locked(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=patient_id)
    if stay is None:
        await access_patient(ctx, patient_id)
        raise NoOpenStay("Observations are recorded during a stay, and this patient has none that is open.")
    return stay


async def record(ctx: Context, stay: ObservedStay, new: NewObservations) -> Observation:
    """Stores one set, scores the patient, keeps the stay's row and asks whoever the score asks for."""
    taken = _taken(ctx, stay, new)
    await queries.insert_set(ctx.db, _new_set(ctx, stay, taken), taken.signs, now=ctx.now)
    stands = taken.stands
    if taken.late:
        stands = await _recalculate(ctx, stay, since=taken.at)
    else:
        await keep_observed(
            ctx.db, _observed(ctx, stay, stands), hospital_id=stay.hospital_id, encounter_id=stay.encounter_id
        )
    task_id = await _escalate(ctx, stay, stands)
    _report(ctx, stay, taken, stands)
    return answer(_row_of(ctx, stay, taken), stands, taken.offered, task_id=task_id)


async def record_lean(ctx: Context, *, patient_id: UUID, new: NewObservations) -> Written | None:
    """The same in two round trips, for a set that comes in its order and calls nobody: most of them. None otherwise."""
    stay = await queries.open_save(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=patient_id)
    if stay is None:
        return None
    taken = _taken(ctx, stay, new)
    if taken.late or (taken.stands.score is not None and rules.escalation_for(taken.stands.score) is not None):
        return None
    effect = queries.put_set(
        new=_new_set(ctx, stay, taken),
        signs=taken.signs,
        seen=_observed(ctx, stay, taken.stands),
        stay=stay,
        now=ctx.now,
    )
    _report(ctx, stay, taken, taken.stands)
    return Written(answer(_row_of(ctx, stay, taken), taken.stands, taken.offered, task_id=None), effect)


class Taken(Struct, frozen=True, kw_only=True):
    """A set that may be stored: its values, its moment, and how the patient stands with it, now and at that moment."""

    id: UUID
    signs: Signs
    at: datetime
    confirmed: list[str]
    late: bool
    offered: rules.Eligibility
    stands: Standing
    stood: Standing


def _taken(ctx: Context, stay: ObservedStay, new: NewObservations) -> Taken:
    """Checks what was sent; raises Invalid, ScaleNotPrescribed or Unconfirmed."""
    signs = checked_signs(stay, new)
    taken_at = checked_time(stay, new, ctx.entered_at, ctx.caller.time_zone)
    before = current.latest_of_stay(stay)
    confirmed = confirmed_fields(signs, new.confirmed)
    asked = questions(signs, before, confirmed)
    if asked:
        raise Unconfirmed(
            "Confirm what is unusual or correct it.", fields={name: question.text for name, question in asked.items()}
        )
    offered = current.offered_to(stay, ctx.now, ctx.caller.time_zone)
    latest = rules.with_newer(before, signs, taken_at)
    return Taken(
        id=new_id(),
        signs=signs,
        at=taken_at,
        confirmed=sorted(confirmed),
        late=rules.is_late(before, signs, taken_at),
        offered=offered,
        stands=current.standing(latest, offered, ctx.now),
        stood=current.standing(latest, offered, taken_at),
    )


def _report(ctx: Context, stay: ObservedStay, taken: Taken, stands: Standing) -> None:
    signs_taken = sum(taken.signs.has(sign) for sign in Sign)
    ctx.record(
        "observations.recorded",
        person_id=stay.person_id,
        subject_type="observations",
        subject_id=taken.id,
        detail={
            "encounter_id": stay.encounter_id,
            "signs": signs_taken,
            "confirmed": taken.confirmed,
            "late": taken.late,
        },
    )
    ctx.publish("observations.recorded", {"observation_id": taken.id, "encounter_id": stay.encounter_id})
    _touch(ctx, stay, stands)


def checked_signs(stay: ObservedStay, new: NewObservations) -> Signs:
    """The signs as sent, on the stay's scale; Invalid when empty, impossible or on a scale that nobody prescribed."""
    if new.spo2_scale not in {None, stay.spo2_scale}:
        if new.spo2_scale == SpO2Scale.TWO:
            words = "Scale 2 needs a prescribed target of 88-92 %: a doctor sets it first."
        else:
            words = f"This stay is on scale {stay.spo2_scale}."
        raise ScaleNotPrescribed(words, fields={"spo2_scale": words})
    signs = signs_as_sent(stay, new)
    problems = refusals(signs)
    if not problems and not any(signs.has(sign) for sign in Sign):
        problems = {"respiration_per_min": "Record at least one sign."}
    if problems:
        raise Invalid(fields=problems)
    return rules.as_recorded(signs)


def signs_as_sent(stay: ObservedStay, new: NewObservations) -> Signs:
    """The values as they are, on the stay's scale of SpO2."""
    return Signs(
        respiration_per_min=new.respiration_per_min,
        spo2_percent=new.spo2_percent,
        spo2_scale=SpO2Scale(stay.spo2_scale),
        on_oxygen=new.on_oxygen,
        oxygen_l_per_min=new.oxygen_l_per_min,
        oxygen_device=new.oxygen_device,
        systolic_mmhg=new.systolic_mmhg,
        diastolic_mmhg=new.diastolic_mmhg,
        pulse_per_min=new.pulse_per_min,
        consciousness=new.consciousness,
        temperature_celsius=new.temperature_celsius,
    )


def checked_time(stay: ObservedStay, new: NewObservations, now: datetime, zone: str) -> datetime:
    """When the set was taken: as sent, by the clock on the form, or now. Not in the future, not before the stay. `now` is
    when it was entered, so that a set which waited for the network keeps its time."""
    if new.taken_at is not None:
        taken_at = rules.not_ahead(new.taken_at, now)
    elif new.taken_clock is not None:
        taken_at = rules.clock_time(new.taken_clock, now, ZoneInfo(zone))
    else:
        taken_at = now
    field = "taken_clock" if new.taken_at is None and new.taken_clock else "taken_at"
    if taken_at is None:
        raise Invalid(fields={field: "This time is still to come."})
    if taken_at < stay.started_at - rules.BEFORE_STAY_MAX:
        raise Invalid(fields={field: "This is before the stay began."})
    return taken_at


def confirmed_fields(signs: Signs, confirmed: Collection[str]) -> set[str]:
    """Fields that count as confirmed: named alone, or named with the value that is still there."""
    fields: set[str] = set()
    for entry in confirmed:
        name, has_value, value = entry.partition("=")
        if not has_value or (name in Signs.__struct_fields__ and f"{getattr(signs, name) or 0:g}" == value):
            fields.add(name)
    return fields


def _new_set(ctx: Context, stay: ObservedStay, taken: Taken) -> queries.NewSet:
    return queries.NewSet(
        hospital_id=stay.hospital_id,
        id=taken.id,
        person_id=stay.person_id,
        encounter_id=stay.encounter_id,
        taken_at=taken.at,
        entered_at=ctx.entered_at if ctx.sent_later else None,
        recorded_by=ctx.caller.id,
        news_score=taken.stood.total,
        news_signs=taken.stood.signs_scored,
        news_band=taken.stood.band,
        confirmed=taken.confirmed,
    )


def _row_of(ctx: Context, stay: ObservedStay, taken: Taken) -> ObservationRow:
    signs = taken.signs
    return ObservationRow(
        id=taken.id,
        person_id=stay.person_id,
        encounter_id=stay.encounter_id,
        taken_at=taken.at,
        recorded_at=ctx.now,
        recorded_by=ctx.caller.display_name,
        recorded_by_initials=ctx.caller.initials,
        respiration_per_min=signs.respiration_per_min,
        spo2_percent=signs.spo2_percent,
        spo2_scale=signs.spo2_scale,
        on_oxygen=signs.on_oxygen,
        oxygen_l_per_min=signs.oxygen_l_per_min,
        oxygen_device=signs.oxygen_device,
        systolic_mmhg=signs.systolic_mmhg,
        diastolic_mmhg=signs.diastolic_mmhg,
        pulse_per_min=signs.pulse_per_min,
        consciousness=signs.consciousness,
        temperature_celsius=signs.temperature_celsius,
        news_score=taken.stood.total,
        news_signs=taken.stood.signs_scored,
        news_band=taken.stood.band,
        confirmed=taken.confirmed,
        state="final",
        error_reason=None,
        version=1,
    )


def _observed(ctx: Context, stay: ObservedStay, stands: Standing) -> Observed:
    """The stay's row after a set that is the newest."""
    history, history_at = list(stay.news_history), list(stay.news_history_at)
    if stands.total is not None:
        history.append(stands.total)
        history_at.append(max(stands.latest.taken_at.values()))
    return current.observed(stands, by=ctx.caller.id, history=history, history_at=history_at)


async def _recalculate(ctx: Context, stay: ObservedStay, *, since: datetime) -> Standing:
    """Works the stay out again from its sets, for a late or a mistaken one; scores before `since` stay as they were."""
    sets = await queries.sets_of_encounter(ctx.db, hospital_id=stay.hospital_id, encounter_id=stay.encounter_id)
    offered = current.offered_to(stay, ctx.now, ctx.caller.time_zone)
    worked_out = current.rescored(sets, offered)
    await _rescore(ctx, stay.hospital_id, [(row, s) for row, s in worked_out.by_set if row.taken_at >= since])
    stands = current.standing(worked_out.latest, offered, ctx.now)
    scored = [(s.total, row.taken_at) for row, s in worked_out.by_set if s.total is not None]
    seen = current.observed(
        stands,
        by=worked_out.by_set[-1][0].recorded_by if worked_out.by_set else None,
        history=[total for total, _ in scored],
        history_at=[taken_at for _, taken_at in scored],
    )
    await keep_observed(ctx.db, seen, hospital_id=stay.hospital_id, encounter_id=stay.encounter_id)
    return stands


async def _rescore(ctx: Context, hospital_id: UUID, by_set: Sequence[tuple[StoredSet, Standing]]) -> None:
    changed = [
        (row, stands)
        for row, stands in by_set
        if (row.news_score, row.news_signs, row.news_band) != (stands.total, stands.signs_scored, stands.band)
    ]
    if changed:
        await queries.rescore_sets(
            ctx.db,
            hospital_id=hospital_id,
            ids=[row.id for row, _ in changed],
            taken_at=[row.taken_at for row, _ in changed],
            scores=[stands.total for _, stands in changed],
            signs=[stands.signs_scored for _, stands in changed],
            bands=[stands.band for _, stands in changed],
        )


async def _escalate(ctx: Context, stay: ObservedStay, stands: Standing) -> UUID | None:
    """The task that the score asks for; an open one is raised or refreshed. A falling score leaves it to a person to
    close: somebody was called and must hear why."""
    escalation = rules.escalation_for(stands.score) if stands.score else None
    if stands.score is None or escalation is None:
        return None
    return await require(
        ctx,
        NewTask(
            hospital_id=stay.hospital_id,
            kind=TASK_KIND,
            subject_key=str(stay.encounter_id),
            ward_id=stay.ward_id,
            person_id=stay.person_id,
            encounter_id=stay.encounter_id,
            title=rules.response_to(stands.score).title,
            reason=rules.escalation_reason(stands.score, stay.news_score),
            priority=escalation.priority,
            rung=escalation.rung,
            worse=stay.news_score is not None and stay.news_score < stands.score.total,
        ),
    )


def _touch(ctx: Context, stay: ObservedStay, stands: current.Standing | None = None) -> None:
    ctx.touch(f"patient:{stay.person_id}", f"observations:{stay.person_id}")
    if stay.ward_id is not None:
        ctx.touch(f"ward:{stay.ward_id}", elements=[stay.bed_id])
    shown_before = rules.on_bed_board(stay.news_score)
    if stands is not None and stay.bed_id is not None and rules.on_bed_board(stands.total) != shown_before:
        ctx.touch(f"beds:{stay.hospital_id}", elements=[stay.bed_id])


async def mark_as_error(ctx: Context, row: ObservationRow, reason: str) -> ObservationRow:
    """Marks a set as entered in error and works the score out without it. The set stays, struck through."""
    hospital_id = ctx.caller.tenant_id
    stay = await observed_encounter_locked(ctx.db, hospital_id=hospital_id, encounter_id=row.encounter_id)
    assert ctx.version is not None, "the route asks for the version"
    marked = await queries.mark_as_error(
        ctx.db, hospital_id=hospital_id, set_id=row.id, taken_at=row.taken_at, reason=reason, version=ctx.version
    )
    if marked is None:
        await _explain_refusal(ctx, row.id)
    if stay is not None:
        stands = await _recalculate(ctx, stay, since=row.taken_at)
        await _escalate(ctx, stay, stands)
        _touch(ctx, stay, stands)
    ctx.record(
        "observations.entered_in_error",
        person_id=row.person_id,
        subject_type="observations",
        subject_id=row.id,
        detail={"encounter_id": row.encounter_id},
    )
    ctx.publish("observations.entered_in_error", {"observation_id": row.id, "encounter_id": row.encounter_id})
    ctx.touch(f"patient:{row.person_id}", f"observations:{row.person_id}")
    return await _row(ctx, row.id)


async def _explain_refusal(ctx: Context, set_id: UUID) -> None:
    row = await _row(ctx, set_id)
    if row.state == "entered_in_error":
        raise AlreadyInError("Somebody marked this set before.", reason=row.error_reason)
    raise Stale("The set was changed meanwhile.", current={"id": row.id, "version": row.version})


async def _row(ctx: Context, set_id: UUID) -> ObservationRow:
    row = await queries.observation(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=set_id)
    if row is None:
        raise NotFound
    return row


async def prescribe_scale(ctx: Context, encounter_id: UUID, new: NewSpO2Scale) -> SpO2ScaleSet:
    """Sets the scale for saturations read from now on; what was read before keeps the scale it was read on."""
    stay = await observed_encounter_locked(ctx.db, hospital_id=ctx.caller.tenant_id, encounter_id=encounter_id)
    if stay is None:
        raise NoOpenStay("The stay is finished.")
    if stay.spo2_scale != new.scale:
        await set_spo2_scale(
            ctx.db,
            hospital_id=stay.hospital_id,
            encounter_id=encounter_id,
            scale=new.scale,
            prescriber_id=ctx.caller.id,
            now=ctx.now,
        )
        ctx.record(
            "spo2_scale.prescribed",
            person_id=stay.person_id,
            subject_type="encounter",
            subject_id=encounter_id,
            detail={"scale": new.scale},
        )
        _touch(ctx, stay)
    is_two = new.scale == SpO2Scale.TWO
    return SpO2ScaleSet(
        encounter_id=encounter_id,
        patient_id=stay.person_id,
        scale=new.scale,
        prescribed_by=ctx.caller.display_name if is_two else None,
        prescribed_at=ctx.now if is_two else None,
    )
