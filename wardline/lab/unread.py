"""Results out of range, or changed, that were released to the wards: a task for the doctors until somebody has read them."""

from collections.abc import Sequence
from datetime import timedelta

from wardline.lab import queries, rules, shown
from wardline.lab.models import Flag, Result
from wardline.lab.steps import Held
from wardline.platform.http import Context
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, Task, on_answer, require

TASK_KIND = "results_to_read"
OUT_OF_RANGE = "Results out of range: read and act"
CHANGED = "A result was amended or withdrawn: read and act"
READ_WITHIN = timedelta(hours=12)
REASON_MAX = 400


async def ask_to_read(ctx: Context, results: Sequence[Held]) -> None:
    """One task for an order, whose words grow with its results; a critical value has a call, and a task, of its own."""
    first = results[0]
    found = await queries.results_of_request(ctx.db, hospital_id=first.hospital_id, result_id=first.id)
    odd = [each for each in found if _asks(each)]
    if odd:
        await _require(ctx, first, str(odd[0].request_id), OUT_OF_RANGE, [_words(each) for each in odd])


async def ask_after_change(ctx: Context, held: Held, how: str) -> None:
    """A value that the wards had is not what it was, in range or not: somebody may have acted on it."""
    found = await queries.results_of_request(ctx.db, hospital_id=held.hospital_id, result_id=held.id)
    changed = await queries.result(ctx.db, hospital_id=held.hospital_id, result_id=held.id)
    assert changed is not None, "it was changed in this transaction"
    others = [_words(each) for each in found if each.id != held.id and _asks(each)]
    await _require(ctx, held, str(changed.request_id), CHANGED, [f"{_words(changed)} {how}", *others])


def _words(result: Result) -> str:
    each = shown.shown(result)
    return f"{each.name} {each.shown} {each.unit_words}".strip()


async def _require(ctx: Context, first: Held, request_id: str, title: str, each: Sequence[str]) -> None:
    words = ", ".join(each)
    new = NewTask(
        hospital_id=first.hospital_id,
        kind=TASK_KIND,
        subject_key=request_id,
        ward_id=first.ward_id,
        person_id=first.person_id,
        encounter_id=first.encounter_id,
        title=title,
        reason=words if len(words) <= REASON_MAX else f"{words[: REASON_MAX - 2].rsplit(', ', 1)[0]} …",
        priority=Priority.ROUTINE,
        rung=Rung.DOCTOR_ON_CALL,
        within=READ_WITHIN,
    )
    await require(ctx, new)


def _asks(result: Result) -> bool:
    """Whether somebody has to read it: out of its interval but not critical, or something grew."""
    if result.state != "clinically_released" or rules.is_critical(result.flag):
        return False
    return result.flag in (Flag.LOW, Flag.HIGH) or bool(result.isolates)


async def _answered(_ctx: Context, _task: Task, _answer: str) -> None:
    """Read is read, by whichever doctor; and a result is read after a discharge too."""


DONE_AT[TASK_KIND] = "/lab-orders/{}/results"
on_answer[TASK_KIND] = _answered
