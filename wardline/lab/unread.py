"""Results out of range that were released to the wards: a task for the doctors until somebody has read them."""

from collections.abc import Sequence
from datetime import timedelta

from wardline.lab import queries, rules, shown
from wardline.lab.models import Flag, Result
from wardline.lab.steps import Held
from wardline.platform.http import Context
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, Task, on_answer, require

TASK_KIND = "results_to_read"
READ_WITHIN = timedelta(hours=12)
REASON_MAX = 400


async def ask_to_read(ctx: Context, results: Sequence[Held]) -> None:
    """One task for an order, whose words grow with its results; a critical value has a call, and a task, of its own."""
    first = results[0]
    found = await queries.results_of_request(ctx.db, hospital_id=first.hospital_id, result_id=first.id)
    odd = [shown.shown(each) for each in found if _asks(each)]
    if not odd:
        return
    words = ", ".join(f"{each.name} {each.shown} {each.unit_words}".strip() for each in odd)
    new = NewTask(
        hospital_id=first.hospital_id,
        kind=TASK_KIND,
        subject_key=str(odd[0].request_id),
        ward_id=first.ward_id,
        person_id=first.person_id,
        encounter_id=first.encounter_id,
        title="Results out of range: read and act",
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
