"""Who is told when a dose changes, and the task that asked for it."""

from uuid import UUID

from wardline.platform.errors import Conflict
from wardline.platform.http import Context
from wardline.tasks.public import end


def touch(ctx: Context, person_id: UUID, ward_id: UUID | None, stay: UUID | None = None) -> None:
    """The patient's grid, their summary, and the round of the ward they lie on; with `stay`, where what waits of its doses has
    changed, also its bed on the ward's board."""
    ctx.touch(f"given:{person_id}", f"patient:{person_id}")
    if ward_id is not None:
        ctx.touch(f"round:{ward_id}")
    touch_board(ctx, ward_id, stay)


def touch_board(ctx: Context, ward_id: UUID | None, stay: UUID | None) -> None:
    """The bed of a stay on its ward's board, which shows the doses that wait."""
    if ward_id is not None and stay is not None:
        ctx.touch(f"ward:{ward_id}", elements=[stay])


async def end_task(ctx: Context, task_id: UUID | None) -> None:
    """The dose waits for nobody any more; a task that was closed before stays as it is."""
    if task_id is None:
        return
    try:
        await end(ctx, task_id)
    except Conflict:
        return
