"""Who is told when a dose changes, and the task that asked for it."""

from uuid import UUID

from wardline.platform.errors import Conflict
from wardline.platform.http import Context
from wardline.tasks.public import end


def touch(ctx: Context, person_id: UUID, ward_id: UUID | None, *, waits: bool = False) -> None:
    """The patient's grid, their summary, and the round of the ward they lie on; where what `waits` of their doses has changed, also
    their bed on the ward's board."""
    ctx.touch(f"given:{person_id}", f"patient:{person_id}")
    if ward_id is not None:
        ctx.touch(f"round:{ward_id}")
    if waits:
        touch_board(ctx, person_id, ward_id)


def touch_board(ctx: Context, person_id: UUID, ward_id: UUID | None) -> None:
    """The bed where they lie on the ward's board, which shows the doses that wait."""
    if ward_id is not None:
        ctx.touch(f"ward:{ward_id}", elements=[person_id])


async def end_task(ctx: Context, task_id: UUID | None) -> None:
    """The dose waits for nobody any more; a task that was closed before stays as it is."""
    if task_id is None:
        return
    try:
        await end(ctx, task_id)
    except Conflict:
        return
