"""HTTP of the worklist."""

from datetime import UTC, datetime
from uuid import UUID

from wardline.encounters.public import on_discharge
from wardline.identity.public import May
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, get, post
from wardline.tasks import actions, queries
from wardline.tasks.live import access_bell, live_bell, shown_tasks
from wardline.tasks.models import AsRead, Bell, Task, TaskQuery, Worklist

on_discharge.append(actions.cancel_tasks_of_stay)


@get(
    "/tasks",
    needs=May.READ_TASKS,
    page="tasks/worklist.html",
    title="Worklist",
    section="worklist",
    topic="tasks:{hospital_id}:{role}",
    load_class="charting",
)
async def worklist(ctx: Context, asked: TaskQuery) -> Worklist:
    """Tasks of the caller's role, unanswered and most urgent first; of a ward, or of everyone, when asked."""
    own_role = None if asked.everyone or asked.ward_id else ctx.caller.role
    items = await queries.open_tasks(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        owner_role=own_role,
        ward_id=asked.ward_id,
        after=_cursor(asked.after),
        limit=queries.PAGE_MAX + 1,
    )
    page, more = shown_tasks.rows(ctx.caller.tenant_id, items[: queries.PAGE_MAX]), len(items) > queries.PAGE_MAX
    ctx.saw("worklist", asked.ward_id, detail={"tasks": len(page)})
    return Worklist(items=page, next=_cursor_of(page[-1]) if more else None, everyone=asked.everyone)


@get("/tasks/bell", needs=May.READ_TASKS, page="tasks/bell.html", title="Waiting")
async def bell(ctx: Context) -> Bell:
    """How many tasks nobody of the caller's role has acknowledged, and the newest alarm among them: as it is pushed."""
    found = await live_bell(ctx.db, await access_bell(ctx, ctx.caller.tenant_id, ctx.caller.role))
    if found.alarm is not None:
        ctx.saw("task", found.alarm.task_id)
    return found


@post(
    "/tasks/{task_id}/acknowledgement",
    needs=May.ACKNOWLEDGE_TASK,
    then="/tasks",
    page="tasks/answered.html",
    keyed=False,
    load_class="medication",
)
async def acknowledge(ctx: Context, task_id: UUID, read: AsRead) -> Task:
    """Take the task on: its clock stops. Repeating it is harmless; a second person gets 409 with who was first. A critical
    result is taken on as it was read: 428 without its version or its words, 409 when it is another value now."""
    return await actions.acknowledge_read(ctx, task_id, reason=read.reason)


@post(
    "/tasks/{task_id}/completion",
    needs=May.ACKNOWLEDGE_TASK,
    then="/tasks",
    page="tasks/answered.html",
    keyed=False,
    load_class="medication",
)
async def finish(ctx: Context, task_id: UUID) -> Task:
    """Mark the task as done."""
    return await actions.finish(ctx, task_id)


def _cursor(after: str | None) -> queries.Cursor:
    if after is None:
        return queries.BEFORE_ALL
    try:
        rank, due_at, task_id = after.split("~")
        return queries.Cursor(
            rank=int(rank) % 10, due_at=datetime.fromisoformat(due_at).astimezone(UTC), id=UUID(task_id)
        )
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None


def _cursor_of(task: Task) -> str:
    rank = queries.RANKS[task.priority] + (0 if task.state == "open" else queries.ANSWERED)
    return f"{rank}~{task.due_at:%Y-%m-%dT%H:%M:%S.%fZ}~{task.id}"
