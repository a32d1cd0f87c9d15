"""A ward's tasks, for its view of what is due."""

from datetime import datetime

from wardline.identity.public import WardScope
from wardline.platform.db import Db
from wardline.tasks import queries
from wardline.tasks.models import Due, Task


async def due_on_ward(db: Db, ward: WardScope, until: datetime) -> list[Due]:
    """Open and taken-on tasks of the ward that are due by then, soonest first."""
    return [_due(each) for each in await queries.tasks_due(db, ward, until=until)]


def _due(task: Task) -> Due:
    taken = f"taken on by {task.acknowledged_by}" if task.acknowledged_by else task.owner_words
    return Due(
        at=task.due_at,
        what="task",
        person_id=task.person_id,
        family=task.family or "",
        given=task.given or "",
        bed_label=task.bed_label or "",
        to_do=task.title,
        detail=task.reason,
        who=taken,
        href=task.href or (f"/patients/{task.person_id}" if task.person_id else "/tasks"),
        is_critical=task.priority == "critical",
    )
