"""What other slices may use of tasks."""

from wardline.tasks.actions import require, role_topics
from wardline.tasks.models import NewTask, Priority, Rung
from wardline.tasks.rules import ACKNOWLEDGE_WITHIN, OWNERS

__all__ = [
    "ACKNOWLEDGE_WITHIN",
    "OWNERS",
    "NewTask",
    "Priority",
    "Rung",
    "require",
    "role_topics",
]
