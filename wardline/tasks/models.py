"""A task, the rungs of the ladder it may climb, and what is asked and answered about it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from wardline.identity.public import Scope
from wardline.platform.http import Input


class Priority(StrEnum):
    """How soon somebody must act."""

    ROUTINE = "routine"
    URGENT = "urgent"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the lowest, so that priorities can be compared."""
        return list(Priority).index(self)


class Rung(StrEnum):
    """Who is asked, from the bedside up. Somebody on a rung is found by role and, later, by the on-call list."""

    NURSE_IN_CHARGE = "nurse_in_charge"
    DOCTOR_ON_CALL = "doctor_on_call"
    REGISTRAR = "registrar"
    OUTREACH_TEAM = "outreach_team"
    PHARMACIST = "pharmacist"  # beside the ladder: nobody stands above


# Where a task of a kind is done, by what it is about. Slices above add to it.
DONE_AT: dict[str, str] = {}


class NewTask(Struct, frozen=True, kw_only=True):
    """What somebody must act on. A second one of the same kind and subject raises or refreshes the open one."""

    hospital_id: UUID
    kind: str
    subject_key: str
    ward_id: UUID | None
    person_id: UUID | None
    encounter_id: UUID | None
    title: str
    reason: str
    priority: Priority
    rung: Rung
    within: timedelta | None = None  # the kind's own time; such a task stays with its owner and climbs no ladder
    worse: bool = False  # since the task was last raised: one that was taken on waits for an answer again


class HeldTask(Struct, frozen=True):
    """The open task of a kind and subject, as far as a decision about it needs."""

    id: UUID
    state: str
    priority: str
    rung: int
    due_at: datetime
    ward_id: UUID | None
    owner_role: str


class PlacedTask(Struct, frozen=True):
    """An open task that left a board, or went to another: whose it is, and the ward that showed it."""

    id: UUID
    owner_role: str
    ward_id: UUID | None


class Standing(Struct, frozen=True, kw_only=True):
    """Where a task stands on its ladder and until when."""

    rung: int
    owner_role: str
    owner_words: str
    ladder: list[str]
    due_at: datetime
    climbs_at: datetime | None


class ClimbingTask(Struct, frozen=True):
    """A task that nobody acknowledged in time."""

    id: UUID
    person_id: UUID | None
    ward_id: UUID | None
    priority: str
    rung: int
    owner_role: str
    ladder: list[str]


class Task(Struct, frozen=True):
    """A task as people and programs see it; `acknowledged_by` is a name."""

    id: UUID
    kind: str
    title: str
    reason: str
    priority: str
    state: str
    owner_role: str
    owner_words: str
    next_words: str
    due_at: datetime
    climbs_at: datetime | None
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by_id: UUID | None
    acknowledged_by: str | None
    ward_id: UUID | None
    person_id: UUID | None
    encounter_id: UUID | None
    family: str | None
    given: str | None
    bed_label: str | None
    version: int
    subject_key: str

    @property
    def href(self) -> str:
        """Where it is done, empty where that is the task itself."""
        return DONE_AT.get(self.kind, "").format(self.subject_key)


class TaskQuery(Input):
    """Which tasks: of one's own role, of a ward, or (`everyone`) of the whole hospital."""

    ward_id: UUID | None = None
    everyone: bool = False
    after: str | None = None


class AsRead(Input):
    """The words of the task as they were read, where a number stands in them; or send the task's version."""

    reason: Annotated[str, Meta(max_length=1000)] = ""


class Due(Struct):
    """Something that has to be done on a ward by a time, in the shape in which every slice tells it to the ward's view.

    `what` is the kind: task, observations, collection, medicine; `to_do` says what, `who` by whom where that is known. It is
    late from `late_at` on, where that is not its time itself, and `mark` says how.
    """

    at: datetime
    what: str
    person_id: UUID | None
    family: str
    given: str
    bed_label: str
    to_do: str
    detail: str
    who: str
    href: str
    is_critical: bool = False
    late_at: datetime | None = None
    mark: str = "Late"


class RoleScope(Scope, frozen=True, kw_only=True):
    """What waits for one role at one hospital."""

    role: str


class Worklist(Struct):
    """A page of tasks, most urgent first."""

    items: list[Task]
    next: str | None
    everyone: bool = False


class Alarm(Struct):
    """The newest critical task that waits, said aloud on every page of who must answer it."""

    task_id: UUID
    family: str
    given: str
    bed_label: str
    reason: str
    due_at: datetime


class Bell(Struct):
    """How many tasks wait for somebody of this role; pushed with the newest alarm."""

    open: int
    critical: int
    alarm: Alarm | None = None
