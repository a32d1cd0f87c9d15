"""What of the tasks can be watched: the worklist of a role, and its bell on every page."""

from uuid import UUID

from wardline.identity.public import May, seal
from wardline.platform.alike import Alike
from wardline.platform.db import Db
from wardline.platform.errors import NotFound
from wardline.platform.http import Context
from wardline.platform.live import live
from wardline.tasks import queries
from wardline.tasks.models import Bell, RoleScope, Task, Worklist

shown_tasks: Alike[Task] = Alike(20_000, name=lambda task: task.id)  # about 1 KB each


async def live_worklist(db: Db, scope: RoleScope) -> Worklist:
    """The first page of the role's tasks."""
    items = await queries.open_tasks(
        db,
        hospital_id=scope.hospital_id,
        owner_role=scope.role,
        ward_id=None,
        after=queries.BEFORE_ALL,
        limit=queries.PAGE_MAX,
    )
    return Worklist(items=shown_tasks.rows(scope.hospital_id, items), next=None)


async def live_bell(db: Db, scope: RoleScope) -> Bell:
    """What nobody has acknowledged yet, and the newest alarm among it."""
    bell = await queries.bell(db, hospital_id=scope.hospital_id, owner_role=scope.role)
    if bell.critical:
        bell.alarm = await queries.newest_alarm(db, hospital_id=scope.hospital_id, owner_role=scope.role)
    return bell


@live(
    "tasks:{hospital_id}:{role}",
    needs=May.READ_TASKS,
    read=live_worklist,
    rows="items",
    row="tasks/task_row.html",
    key="id",
    prefix="task",
    container="tasks-body",
    parts={"tasks-empty": "tasks/empty.html"},
    clocked=True,
    alone=True,
    still=True,
)
async def access_worklist(ctx: Context, hospital_id: UUID, role: str) -> RoleScope:
    """The worklist of the caller's own role at the hospital of the session. Records that it was opened."""
    scope = _own(ctx, hospital_id, role)
    ctx.saw("worklist", None)
    return scope


@live(
    "bell:{hospital_id}:{role}",
    needs=May.READ_TASKS,
    read=live_bell,
    parts={"bell": "tasks/bell.html"},
)
async def access_bell(ctx: Context, hospital_id: UUID, role: str) -> RoleScope:
    """How many tasks wait for the caller's own role."""
    return _own(ctx, hospital_id, role)


def _own(ctx: Context, hospital_id: UUID, role: str) -> RoleScope:
    if hospital_id != ctx.caller.tenant_id or role != ctx.caller.role:
        raise NotFound
    return RoleScope(hospital_id=hospital_id, role=role, seal=seal())
