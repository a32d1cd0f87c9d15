"""Moves as people propose them, and what is decided, answered and remembered about a single bed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from wardline.patients.public import Banner
from wardline.platform.errors import Invalid
from wardline.platform.http import Input

Words = Annotated[str, Meta(min_length=2, max_length=200)]


class Assignment(Input):
    """Who gets the bed (`encounter` is a short name for `encounter_id`); a reason where a rule speaks against it."""

    encounter_id: UUID | None = None
    encounter: UUID | None = None
    override_reason: Words | None = None

    @property
    def stay_id(self) -> UUID:
        """The stay that gets the bed; Invalid when neither name was sent."""
        found = self.encounter_id or self.encounter
        if found is None:
            raise Invalid(fields={"encounter_id": "This is needed."})
        return found


class Release(Input):
    """Why the bed is freed without another."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class NewReservation(Input):
    """Who the bed is kept for, from where and until when (two hours from now, if not said)."""

    encounter_id: UUID
    from_place: Annotated[str, Meta(max_length=100)] = ""
    due_at: datetime | None = None


class Closure(Input):
    """Why the bed is out of use."""

    reason: Words


class Occupancy(Struct):
    """Who lies in a bed since when; `left_bed_id` is the bed that was left for it."""

    id: UUID
    bed_id: UUID
    bed_label: str
    ward_id: UUID
    encounter_id: UUID
    person_id: UUID
    family: str
    given: str
    since: datetime
    left_bed_id: UUID | None = None
    left_bed_label: str | None = None
    undo_until: datetime | None = None


class BedStanding(Struct):
    """A bed alone: its state, who lies in it and who it is kept for."""

    id: UUID
    ward_id: UUID
    ward: str
    room_id: UUID
    room: str
    room_kind: str
    room_sex: str
    label: str
    state: str
    state_since: datetime
    state_reason: str
    features: list[str]
    active: bool
    version: int
    specialty: str
    encounter_id: UUID | None = None
    person_id: UUID | None = None
    family: str | None = None
    given: str | None = None
    since: datetime | None = None
    reserved_for_id: UUID | None = None
    reserved_family: str | None = None
    reserved_given: str | None = None
    reserved_due_at: datetime | None = None


class Stay(Struct):
    """A stay as far as a decision about its bed needs it."""

    encounter_id: UUID
    person_id: UUID
    class_: str
    state: str
    started_at: datetime
    specialty: str
    ward_id: UUID | None
    bed_id: UUID | None
    bed_label: str | None
    bed_since: datetime | None
    isolation: str | None
    needs: list[str]
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    network_number: str
    reserved_bed_id: UUID | None
    reserved_ward_id: UUID | None


class LastMove(Struct):
    """How the patient of a bed came into it."""

    occupancy_id: UUID
    encounter_id: UUID
    person_id: UUID
    since: datetime
    moved_by: UUID | None
    from_bed_id: UUID | None
    left_reason: str | None


class Reason(Struct, frozen=True):
    """A reason for or against a bed, in words."""

    words: str
    fits: bool


class Fit(Struct):
    """What speaks for and against a bed for a stay. `refused`: why it cannot be; `doubt`: why it needs a reason."""

    reasons: list[Reason]
    refused: str
    doubt: str
    points: int


class FitBed(Struct):
    """A bed in the list of proposals."""

    bed_id: UUID
    label: str
    ward: str
    room: str
    state: str
    state_since: datetime
    rank: int
    reasons: list[Reason]
    refused: str
    doubt: str


class MovePlan(Struct, omit_defaults=True):
    """Where a patient could lie: beds that fit, best first, and why the others do not."""

    stay: Stay
    needs: list[str]
    fits: list[FitBed]
    refused: list[FitBed]
    chosen: FitBed | None
    free: int
    banner: Banner | None = None  # on a page of its own


class MoveQuery(Input):
    """The bed that somebody has pointed at."""

    bed: UUID | None = None


class HistoryQuery(Input):
    """Which page: `cursor` is the `next` of the page before."""

    cursor: str | None = None


class HistoryRow(Struct):
    """Something that happened to a bed."""

    at: datetime
    kind: str
    words: str
    actor: str | None
    encounter_id: UUID | None
    person_id: UUID | None
    family: str | None
    given: str | None


class BedHistory(Struct):
    """What happened to a bed, newest first."""

    bed: BedStanding
    items: list[HistoryRow]
    next: str | None
