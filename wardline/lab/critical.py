"""The loop of a critical value: somebody is told and reads it back, a clinician acknowledges it, and then it is closed.

The task climbs its ladder by the clock of the worker; neither the laboratory's list nor the task can be left before.
"""

from uuid import UUID

from wardline.identity.public import access_hospital
from wardline.lab import call_steps, queries, rules, shown
from wardline.lab.forms import Acknowledgement, CallBack
from wardline.lab.models import Call, State
from wardline.lab.steps import Held
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.tasks.public import (
    DONE_AT,
    NewTask,
    Priority,
    Rung,
    Task,
    acknowledge,
    end,
    on_answer,
    read_first,
    require,
)

TASK_KIND = "critical_result"


class AlreadyTold(Conflict):
    """Somebody else recorded the call first; the answer says who was told."""

    code, title = "already_told", "Somebody has already been told"


class ValueChanged(Conflict):
    """The value that was read is not the one that stands now; the answer shows it."""

    code, title = "value_changed", "The value was changed since you read it"


class NotToldYet(Conflict):
    """The task cannot be finished before somebody was told and read the value back."""

    code, title = "nobody_was_told", "Nobody has been told of this critical value yet"


async def open_call(ctx: Context, held: Held, *, revision: int) -> UUID:
    """Puts the value on the laboratory's list and makes the task for the doctor on call. Returns the call's id."""
    call_id = new_id()
    task_id = await require(ctx, await _task(ctx, held, call_id))
    await call_steps.open_call(ctx.db, held, call_id=call_id, revision=revision, task_id=task_id, now=ctx.now)
    ctx.record(
        "critical_call.opened",
        person_id=held.person_id,
        subject_id=call_id,
        detail={"test": held.test, "flag": held.flag},
    )
    ctx.publish("critical_call.opened", {"call_id": call_id, "result_id": held.id})
    ctx.touch(f"lab:{held.hospital_id}", f"patient:{held.person_id}", f"results:{held.person_id}")
    return call_id


async def tell_amended(ctx: Context, held: Held, *, revision: int) -> None:
    """An amended value is told anew, unless nobody has heard of the old one: then its call goes on with the new value.

    Calls of it that are still open show the new value from now on; who read the old one cannot acknowledge them.
    """
    for call_id in await call_steps.value_changed(ctx.db, held):
        await require(ctx, await _task(ctx, held, call_id))
    if await call_steps.untouched_call(ctx.db, held, revision=revision) is None:
        await open_call(ctx, held, revision=revision)


async def tell_withdrawn(ctx: Context, held: Held) -> None:
    """Who heard of a value hears that it does not count; its call stands one revision after the value's last."""
    await tell_amended(ctx, held, revision=held.revision + 1)


async def _task(ctx: Context, held: Held, call_id: UUID) -> NewTask:
    result = await queries.result(ctx.db, hospital_id=held.hospital_id, result_id=held.id)
    assert result is not None
    shown.shown(result)
    words = f"{result.name} {result.shown} {result.unit_words}"
    if result.interval:
        words += f" (interval {result.interval})"
    if result.state == State.WITHDRAWN:
        words += ", withdrawn: do not act on it"
    elif result.revision > 1:
        words += ", amended"
    return NewTask(
        hospital_id=held.hospital_id,
        kind=TASK_KIND,
        subject_key=str(call_id),
        ward_id=held.ward_id,
        person_id=held.person_id,
        encounter_id=held.encounter_id,
        title="Result withdrawn: acknowledge"
        if result.state == State.WITHDRAWN
        else "Critical result: acknowledge and act",
        reason=words,
        priority=Priority.CRITICAL,
        rung=Rung.DOCTOR_ON_CALL,
    )


async def record_call(ctx: Context, call: Call, given: CallBack) -> Call:
    """Records who was told and what they read back: two identifiers of the patient, and the value, which has to be right."""
    shown.shown_call(call)
    if call.told_at is not None or (ctx.version is not None and ctx.version != call.version):
        raise _too_late(call)
    _check(call, given)
    told = await call_steps.tell(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        call=call,
        told_to=given.told_to.strip(),
        identifiers=sorted(set(given.identifiers)),
        read_back=given.read_back,
        read_back_words=given.read_back_words.strip(),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if told is None:
        raise _too_late(await _again(ctx, call.id))
    after = await _again(ctx, call.id)
    if after.closed_at is not None:
        await end(ctx, call.task_id)
    _report(ctx, call, "critical_call.told")
    return after


def _too_late(call: Call) -> Conflict:
    """Why the call cannot be recorded as it was made: somebody else did, or the value is another one now."""
    if call.told_at is not None:
        return AlreadyTold(f"{call.told_by} told {call.told_to}.", told_at=call.told_at, told_to=call.told_to)
    value = f"{call.name} {call.shown} {call.unit_words}"
    return Stale(
        f"{value} was withdrawn. Tell them this." if call.is_withdrawn else f"It is {value} now. Tell them this.",
        current={"version": call.version, "shown": call.shown},
    )


def _check(call: Call, given: CallBack) -> None:
    wrong: dict[str, str] = {}
    if len(set(given.identifiers)) < rules.IDENTIFIERS_MIN:
        wrong["identifiers"] = "At least two identifiers of the patient are read back."
    wrong |= _not_read_back(call, given)
    if not given.told_to.strip():
        wrong["told_to"] = "Who was told?"
    if wrong:
        raise Invalid(fields=wrong)


def _not_read_back(call: Call, given: CallBack) -> dict[str, str]:
    """What is wrong with the value as it was read back: a number for a number, what grew for a culture."""
    if call.value is None:
        organisms = [str(each["organism"]) for each in call.isolates]
        if rules.is_growth_read_back(call.words, organisms, given.read_back_words):
            return {}
        return {"read_back_words": "This is not what grew, as the report says it. Read it out again."}
    if given.read_back is not None and rules.is_read_back_right(call.value, given.read_back, call.decimals):
        return {}
    return {"read_back": "This is not the value on the report. Read it out again."}


async def acknowledge_call(ctx: Context, call: Call, given: Acknowledgement) -> Call:
    """A clinician knows the value that stands now and says what they do. It closes the loop once somebody was told; the
    first one counts. ValueChanged, with the newer value, when it was amended since it was read."""
    seen = await call_steps.hold(ctx.db, hospital_id=ctx.caller.tenant_id, call_id=call.id)
    if ctx.version is None or not seen.value_version <= ctx.version <= seen.version:
        raise _value_changed(await _again(ctx, call.id))
    await acknowledge(ctx, call.task_id)
    await call_steps.note_action(ctx.db, hospital_id=ctx.caller.tenant_id, call_id=call.id, action=given.action.strip())
    return await _again(ctx, call.id)


def _value_changed(call: Call) -> ValueChanged:
    value = f"{call.name} {call.shown} {call.unit_words}"
    return ValueChanged(
        f"{value} was withdrawn. Read it, then acknowledge." if call.is_withdrawn else f"It is {value} now.",
        current={"version": call.version, "shown": call.shown, "revision": call.revision},
    )


async def _hold(ctx: Context, task: Task) -> None:
    """Nobody amends the value while its task is answered, on whichever page."""
    await call_steps.hold_of_task(ctx.db, hospital_id=ctx.caller.tenant_id, task_id=task.id)


async def _answered(ctx: Context, task: Task, answer: str) -> None:
    """Keeps the call in step with its task, whichever page the task was answered on."""
    where = {"hospital_id": ctx.caller.tenant_id, "task_id": task.id}
    if answer == "done":
        if not await call_steps.is_told(ctx.db, **where):
            raise NotToldYet("The laboratory has to tell somebody, who reads it back. Then it can be finished.")
        await call_steps.note_acknowledged(ctx.db, **where, actor_id=ctx.caller.id, now=ctx.now)
    elif await call_steps.note_acknowledged(ctx.db, **where, actor_id=ctx.caller.id, now=ctx.now):
        await end(ctx, task.id)
    ctx.record("critical_call.acknowledged", person_id=task.person_id, subject_id=task.id)
    ctx.touch(f"lab:{ctx.caller.tenant_id}", f"results:{task.person_id}")


DONE_AT[TASK_KIND] = "/critical-calls/{}"
on_answer[TASK_KIND] = _answered
read_first[TASK_KIND] = _hold


async def open_ones(ctx: Context) -> list[Call]:
    """Every critical value of the hospital whose loop is open."""
    hospital = await access_hospital(ctx)
    return [shown.shown_call(each) for each in await queries.open_calls(ctx.db, hospital)]


async def _again(ctx: Context, call_id: UUID) -> Call:
    found = await queries.call(ctx.db, hospital_id=ctx.caller.tenant_id, call_id=call_id)
    if found is None:
        raise NotFound
    return shown.shown_call(found)


def _report(ctx: Context, call: Call, action: str) -> None:
    ctx.record(action, person_id=call.patient_id, subject_id=call.id)
    ctx.publish(action, {"call_id": call.id})
    ctx.touch(f"lab:{ctx.caller.tenant_id}", f"patient:{call.patient_id}", f"results:{call.patient_id}")
