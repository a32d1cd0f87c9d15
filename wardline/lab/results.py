"""What is done to results: entered, released in two steps, amended, withdrawn."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.lab import critical, cultures, queries, rules, steps, unread
from wardline.lab.actions import NotNow, touch
from wardline.lab.forms import Amendment, NewValue, NewValues
from wardline.lab.models import ELSEWHERE, Interval, LabTest, Result, SpecimenScope, State
from wardline.lab.pages import Released
from wardline.lab.rules import Act
from wardline.lab.scopes import patient_with, specimen_of
from wardline.lab.steps import Held, Judged, PreviousValue
from wardline.orders.public import follow_creatinine
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context

DOSING_TEST = "CREAT"  # creatinine in serum or plasma, LOINC 14682-9, in µmol/l


class AlreadyReleased(Conflict):
    """Somebody else released it first."""

    code, title = "already_released", "Already released"


class NotTold(Conflict):
    """A critical value is not finished before somebody was told of it."""

    code, title = "nobody_was_told", "Nobody has been told of this critical value yet"


on_constraint("release_once", AlreadyReleased)
on_constraint("result_state_order", lambda: NotNow("The result has gone on meanwhile."))


async def access_held(ctx: Context, result_id: UUID) -> Held:
    """A result of the caller's hospital, to be written to; NotFound otherwise."""
    found = await steps.held(ctx.db, hospital_id=ctx.caller.tenant_id, result_id=result_id)
    if found is None:
        raise NotFound("There is no such result here.")
    return found


# --- entry -----------------------------------------------------------------------------------------------------------
async def enter(ctx: Context, held: Held, new: NewValue) -> Result:
    """Stores a value of one result, judged by the interval for the patient's age and sex, and by the value before."""
    _require(ctx, held, Act.RESULT)
    await _enter(ctx, [(held, new)])
    return await _changed(ctx, held, "result.entered")


async def enter_all(ctx: Context, scope: SpecimenScope, new: NewValues) -> list[Result]:
    """Stores values of one specimen, named by their tests; all or none."""
    await steps.lock_specimen(ctx.db, scope)
    by_test = {each.test: each for each in await steps.held_of_specimen(ctx.db, scope)}
    unknown = [each.test for each in new.results if each.test not in by_test]
    if unknown:
        raise Invalid(fields={"results": f"Not asked for on this specimen: {', '.join(unknown)}."})
    given = [(by_test[each.test], each) for each in new.results]
    for held, _ in given:
        _require(ctx, held, Act.RESULT)
    await _enter(ctx, given)
    ctx.record("result.entered", person_id=scope.person_id, subject_id=scope.id, detail={"results": len(given)})
    touch(ctx, scope, given[0][0].bench, None)
    return await queries.results_of_specimen(ctx.db, scope)


async def _enter(ctx: Context, given: Sequence[tuple[Held, NewValue]]) -> None:
    judged = await _judge_all(ctx, given)
    for (held, _), each in zip(given, judged, strict=True):
        if await steps.put_value(ctx.db, held, each, actor_id=ctx.caller.id, now=ctx.now) is None:
            raise Stale("The result was changed meanwhile.", state=held.state)


async def _judge_all(ctx: Context, given: Sequence[tuple[Held, NewValue]]) -> list[Judged]:
    """What each value is judged by and what comes out. Three queries for all of them."""
    first = given[0][0]
    codes = sorted({held.test for held, _ in given})
    catalogue = {test.code: test for test in await queries.tests(ctx.db)}
    intervals = await queries.intervals(ctx.db, hospital_id=first.hospital_id, codes=codes)
    before = await steps.previous_values(
        ctx.db,
        hospital_id=first.hospital_id,
        person_id=first.person_id,
        codes=codes,
        before=first.taken_at or ctx.now,
    )
    previous = {each.test: each for each in before}
    return [
        judge(
            held,
            new,
            catalogue[held.test],
            [each for each in intervals if each.test_code == held.test],
            previous.get(held.test),
            zone=ZoneInfo(ctx.caller.time_zone),
        )
        for held, new in given
    ]


def judge(
    held: Held,
    new: NewValue,
    test: LabTest,
    intervals: Sequence[Interval],
    previous: PreviousValue | None,
    *,
    zone: ZoneInfo,
) -> Judged:
    """A value with its flag, interval and delta; Invalid where it is not what the test gives. `zone` is the hospital's, as the
    day of birth is: a newborn's band ends with a day there."""
    value, comparator = _as_number(new)
    words, isolates = cultures.read(test, new)
    if test.kind == "number" and value is None:
        raise Invalid(fields={"entry": f"A number in {test.unit_words}."})
    if value is not None and value < 0:
        raise Invalid(fields={"entry": f"{test.name} cannot be below 0."})
    if test.kind == "culture" and value is not None:
        raise Invalid(fields={"words": "What grew, or that nothing grew."})
    assert held.taken_at is not None, "a specimen on the bench was collected"
    days = rules.age_days(held.born_on, held.taken_at.astimezone(zone).date())
    limits = rules.limits_for(intervals, sex=held.sex, days=days)
    return Judged(
        value=value,
        comparator=comparator,
        words=words,
        isolates=isolates,
        unit=test.unit,
        low=limits.low,
        high=limits.high,
        critical_low=limits.critical_low,
        critical_high=limits.critical_high,
        flag=rules.flag_of_culture(test.code, words, isolates)
        if value is None
        else rules.flag_of(value, limits, comparator),
        previous=previous.value if previous else None,
        previous_at=previous.taken_at if previous else None,
        is_jump=value is not None
        and previous is not None
        and rules.is_jump(test, value, held.taken_at, previous.value, previous.taken_at),
        method=new.method.strip(),
        report=new.report,
    )


def _as_number(new: NewValue) -> tuple[float | None, str]:
    """The number and its sign, sent as such or as typed (`6.9`, `<3`)."""
    text = new.entry.strip().replace(" ", "")
    if not text:
        return new.value, new.comparator
    read = rules.entry_read(text)
    if read is None:
        raise Invalid(fields={"entry": "A number such as 6.9 or <3."})
    if new.value is not None and read != (new.value, new.comparator):
        raise Invalid(fields={"entry": "It says another value than the number that was sent with it."})
    return read


# --- release ---------------------------------------------------------------------------------------------------------
async def release_technically(ctx: Context, held: Held) -> Result:
    """The first step for one result; a critical one calls for somebody to be told."""
    _require(ctx, held, Act.RELEASE_TECHNICALLY)
    await steps.lock_specimen(ctx.db, specimen_of(held))
    await _release_technically(ctx, [held])
    return await _changed(ctx, held, "result.technically_released")


async def release_all_technically(ctx: Context, scope: SpecimenScope) -> Released:
    """The first step for everything that has been entered on a specimen."""
    await steps.lock_specimen(ctx.db, scope)
    ready = [each for each in await steps.held_of_specimen(ctx.db, scope) if each.state == State.RESULTED]
    if not ready:
        raise NotNow("Nothing on this specimen waits for the technical release.")
    calls = await _release_technically(ctx, ready)
    ctx.record(
        "result.technically_released", person_id=scope.person_id, subject_id=scope.id, detail={"results": len(ready)}
    )
    touch(ctx, scope, ready[0].bench, None)
    return await _released(ctx, scope, released=len(ready), calls=calls)


async def _release_technically(ctx: Context, results: Sequence[Held]) -> int:
    """Releases these and opens a call for each critical one; how many calls. Growth is judged again: a culture may have been
    entered before growth was marked.
    """
    grown = [each.id for each in results if rules.flag_of_culture(each.test, each.words, each.isolates)]
    done = await steps.release_technically(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        ids=[each.id for each in results],
        versions=[each.version for each in results],
        grown=grown,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if len(done) != len(results):
        raise await _not_released(ctx, results)
    critical_ones = [each for each in results if rules.is_critical(each.flag) or each.id in grown]
    for each in critical_ones:
        await critical.open_call(ctx, each, revision=each.revision)
    return len(critical_ones)


async def release_clinically(ctx: Context, held: Held) -> Result:
    """The second step for one result: the wards see it. Not before somebody was told of a critical one."""
    _require(ctx, held, Act.RELEASE_CLINICALLY)
    if held.untold_id is not None:
        raise _not_told(held)
    await steps.lock_specimen(ctx.db, specimen_of(held))
    await _release_clinically(ctx, [held])
    await steps.finish(ctx.db, specimen_of(held))
    return await _changed(ctx, held, "result.clinically_released")


async def release_all_clinically(ctx: Context, scope: SpecimenScope) -> Released:
    """The second step for a specimen; critical values of which nobody was told stay on the bench."""
    await steps.lock_specimen(ctx.db, scope)
    technical = [
        each for each in await steps.held_of_specimen(ctx.db, scope) if each.state == State.TECHNICALLY_RELEASED
    ]
    ready = [each for each in technical if each.untold_id is None]
    if technical and not ready:
        raise _not_told(technical[0])
    if not ready:
        raise NotNow("Nothing on this specimen waits for the clinical release.")
    await _release_clinically(ctx, ready)
    await steps.finish(ctx.db, scope)
    ctx.record(
        "result.clinically_released", person_id=scope.person_id, subject_id=scope.id, detail={"results": len(ready)}
    )
    touch(ctx, scope, ready[0].bench, None)
    ctx.touch(f"results:{scope.person_id}")
    return await _released(ctx, scope, released=len(ready), calls=0)


async def _release_clinically(ctx: Context, results: Sequence[Held]) -> None:
    done = await steps.release_clinically(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        ids=[each.id for each in results],
        versions=[each.version for each in results],
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if len(done) != len(results):
        raise await _not_released(ctx, results)
    for each in results:
        ctx.publish("result.released", {"result_id": each.id, "revision": each.revision})
        await _tell_dosing(ctx, each, each.value)
    await unread.ask_to_read(ctx, results)


async def _not_released(ctx: Context, results: Sequence[Held]) -> Conflict:
    """What kept these from their release, as they stand now."""
    now = await steps.held_of_specimen(ctx.db, specimen_of(results[0]))
    if now[0].specimen_state in ("rejected", "cancelled"):
        return NotNow(f"The specimen is {now[0].specimen_state}.", state=now[0].specimen_state)
    wanted = {each.id for each in results}
    untold = next((each for each in now if each.id in wanted and each.untold_id is not None), None)
    return AlreadyReleased("Somebody else released it first.") if untold is None else _not_told(untold)


def _not_told(held: Held) -> NotTold:
    if held.is_newest_told:
        words = "An earlier call about this result was acknowledged, but nobody was told. Record it; then it can be released."
    else:
        words = "Ring the ward and record who read the value back; then it can be released."
    return NotTold(words, call_id=held.untold_id)


async def _released(ctx: Context, scope: SpecimenScope, *, released: int, calls: int) -> Released:
    open_states = (State.COLLECTED, State.RECEIVED, State.RESULTED, State.TECHNICALLY_RELEASED)
    waiting = sum(each.state in open_states for each in await steps.held_of_specimen(ctx.db, scope))
    return Released(specimen_id=scope.id, released=released, calls=calls, waiting=waiting)


# --- after the release -----------------------------------------------------------------------------------------------
async def amend(ctx: Context, held: Held, new: Amendment) -> Result:
    """Sets a released value right. What it was stays in the history; a critical one, or one that somebody was called
    about, is told anew."""
    _require(ctx, held, Act.AMEND)
    if held.bench == ELSEWHERE[0]:
        raise NotNow("Another laboratory measured it: its value can be withdrawn here, not amended.")
    [judged] = await _judge_all(ctx, [(held, new)])
    revision = await steps.amend(ctx.db, held, judged, reason=new.reason.strip(), actor_id=ctx.caller.id, now=ctx.now)
    if revision is None:
        raise Stale("The result was changed meanwhile.", state=held.state)
    if rules.is_critical(judged.flag) or held.has_call:
        await critical.tell_amended(ctx, held, revision=revision)
    elif held.state == State.CLINICALLY_RELEASED:
        await unread.ask_after_change(ctx, held, "amended")
    ctx.publish("result.amended", {"result_id": held.id, "revision": revision})
    if held.state == State.CLINICALLY_RELEASED:
        await _tell_dosing(ctx, held, judged.value)
    return await _changed(ctx, held, "result.amended")


async def report(ctx: Context, held: Held, new: NewValue) -> Result:
    """The next report of a culture, or its final one, after an interim report that was released. It is no amendment: what
    the earlier one said was right when it was said."""
    _require(ctx, held, Act.REPORT)
    if held.report != "interim":
        raise NotNow("The final report is out. Amend it, with the reason.", state=held.state)
    [judged] = await _judge_all(ctx, [(held, new)])
    await steps.lock_specimen(ctx.db, specimen_of(held))
    revision = await steps.report_on(ctx.db, held, judged, actor_id=ctx.caller.id, now=ctx.now)
    if revision is None:
        raise Stale("The result was changed meanwhile.", state=held.state)
    await steps.finish(ctx.db, specimen_of(held))
    await _tell_report(ctx, held, judged, revision)
    ctx.publish("result.reported", {"result_id": held.id, "revision": revision})
    return await _changed(ctx, held, "result.reported")


async def _tell_report(ctx: Context, held: Held, judged: Judged, revision: int) -> None:
    """Growth that is critical is told as it is known; a report that only adds to what somebody was told of is read."""
    is_told = held.has_call and held.untold_id is None
    known = {each["organism"] for each in held.isolates}
    is_same = judged.words == held.words and known.issuperset(each["organism"] for each in judged.isolates)
    adds = is_told and rules.is_critical(judged.flag) and is_same
    if (rules.is_critical(judged.flag) or held.has_call) and not adds:
        await critical.tell_amended(ctx, held, revision=revision)
    elif held.state == State.CLINICALLY_RELEASED and adds:
        await unread.ask_after_change(ctx, held, "reported on")
    elif held.state == State.CLINICALLY_RELEASED:
        await unread.ask_to_read(ctx, [held])


async def withdraw(ctx: Context, held: Held, reason: str) -> Result:
    """The released result does not count any more; it stays in view, struck through, with the reason. That is told where
    somebody was to be called about the value."""
    _require(ctx, held, Act.WITHDRAW)
    await steps.lock_specimen(ctx.db, specimen_of(held))
    if await steps.withdraw(ctx.db, held, reason=reason.strip(), actor_id=ctx.caller.id, now=ctx.now) is None:
        raise Stale("The result was changed meanwhile.", state=held.state)
    await steps.finish(ctx.db, specimen_of(held))
    if held.has_call:
        await critical.tell_withdrawn(ctx, held)
    elif held.state == State.CLINICALLY_RELEASED:
        await unread.ask_after_change(ctx, held, "withdrawn")
    ctx.publish("result.withdrawn", {"result_id": held.id})
    if held.state == State.CLINICALLY_RELEASED:
        await _tell_dosing(ctx, held, None)
    return await _changed(ctx, held, "result.withdrawn")


async def _tell_dosing(ctx: Context, held: Held, value: float | None) -> None:
    """What the wards see of serum creatinine is what medicines are dosed by; None where it does not count any more."""
    imported = held.bench == ELSEWHERE[0] and value is None  # another laboratory's, which is taken back here
    if held.taken_at is None or not (held.test == DOSING_TEST or imported):
        return
    patient = patient_with(held.hospital_id, held.person_id)
    await follow_creatinine(ctx, patient, result_id=held.id, umol_per_l=value, taken_at=held.taken_at)


def _require(ctx: Context, held: Held, act: Act) -> None:
    """Stale when it is not as the caller read it, NotNow when its state does not allow the act."""
    if ctx.version is not None and ctx.version != held.version:
        where = held.state.replace("_", " ")
        raise Stale(f"The result is {where} now.", state=held.state, current={"version": held.version})
    if rules.after(act, State(held.state)) is None:
        raise NotNow(f"The result is {held.state.replace('_', ' ')}.", state=held.state)


async def _changed(ctx: Context, held: Held, action: str) -> Result:
    ctx.record(
        action, person_id=held.person_id, subject_id=held.id, detail={"test": held.test, "revision": held.revision}
    )
    touch(ctx, specimen_of(held), held.bench, None)
    ctx.touch(f"results:{held.person_id}")
    found = await queries.result(ctx.db, hospital_id=held.hospital_id, result_id=held.id)
    assert found is not None
    return found
