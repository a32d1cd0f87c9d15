"""The tasks that this process has read: one that reads the same again stays the same object, for whoever has rendered it.

Every reading still asks the database; what is kept here answers nobody. Kept in two generations: when the younger is full it
becomes the elder, and the elder goes.
"""

from uuid import UUID

from wardline.tasks.models import Task

GENERATION_MAX = 20_000  # about 1 KB each

_young: dict[UUID, Task] = {}
_old: dict[UUID, Task] = {}


def same_objects(tasks: list[Task]) -> list[Task]:
    """The tasks as they were just read, each the object of an earlier reading where nothing about it has changed."""
    return [_same(task) for task in tasks]


def _same(task: Task) -> Task:
    global _young, _old
    known = _young.get(task.id, task)
    if known is not task and known == task:
        return known
    elder = _old.get(task.id, task)
    kept = elder if elder == task else task
    if len(_young) >= GENERATION_MAX:
        _young, _old = {}, _young
    _young[task.id] = kept
    return kept
