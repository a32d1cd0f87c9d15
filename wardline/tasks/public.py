"""What other slices may use of tasks."""

from wardline.tasks.actions import acknowledge, end, follow, on_answer, read_first, require, role_topics, settle
from wardline.tasks.due import due_on_ward
from wardline.tasks.models import DONE_AT, Due, NewTask, Priority, Rung, Task
from wardline.tasks.rules import ACKNOWLEDGE_WITHIN, OWNERS
from wardline.tasks.timeline import TIMELINE

__all__ = [
    "ACKNOWLEDGE_WITHIN",
    "DONE_AT",
    "OWNERS",
    "TIMELINE",
    "Due",
    "NewTask",
    "Priority",
    "Rung",
    "Task",
    "acknowledge",
    "due_on_ward",
    "end",
    "follow",
    "on_answer",
    "read_first",
    "require",
    "role_topics",
    "settle",
]
