"""What other slices may use of tasks."""

from wardline.tasks.actions import acknowledge, end, on_answer, read_first, require, role_topics
from wardline.tasks.models import NewTask, Priority, Rung, Task
from wardline.tasks.rules import ACKNOWLEDGE_WITHIN, OWNERS

__all__ = [
    "ACKNOWLEDGE_WITHIN",
    "OWNERS",
    "NewTask",
    "Priority",
    "Rung",
    "Task",
    "acknowledge",
    "end",
    "on_answer",
    "read_first",
    "require",
    "role_topics",
]
