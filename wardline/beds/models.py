"""Beds as boards show them, moves as people propose them, and what is asked and answered about them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from wardline.identity.public import HospitalScope, Scope, WardScope
from wardline.platform.http import Input

Filter = Literal["occupied", "high", "medium", "late", "isolation", "leaving", "arriving", "free"]
Words = Annotated[str, Meta(min_length=2, max_length=200)]

FILTER_WORDS: dict[str, str] = {
    "occupied": "beds in use",
    "high": "NEWS 7 or more",
    "medium": "NEWS 5 to 6",
    "late": "observations late",
    "isolation": "in isolation",
    "leaving": "leave today",
    "arriving": "arriving",
    "free": "ready",
}


class BedScope(Scope, frozen=True, kw_only=True):
    """One bed of the caller's hospital, with the ward and the room it stands in."""

    id: UUID
    ward_id: UUID
    label: str  # 7-04


class BedPlace(Struct):
    """Where a bed stands."""

    ward_id: UUID
    label: str


class BoardScope(WardScope, frozen=True, kw_only=True):
    """A ward whose board is being read, with the zone that says what today is there."""

    zone: str


class HospitalBoardScope(HospitalScope, frozen=True, kw_only=True):
    """The hospital whose beds are being read, likewise."""

    zone: str


class BoardQuery(Input):
    """Which beds to look at."""

    show: Filter | None = None


class HospitalQuery(Input):
    """`tv` leads to the view for a wall: no names, nothing to press."""

    view: Literal["tv"] | None = None


class Room(Struct):
    """A bay or the side rooms."""

    id: UUID
    ward_id: UUID
    label: str
    kind: str
    sex: str


class BedRow(Struct):
    """A row of the board as it is stored."""

    id: UUID
    room_id: UUID
    room: str
    label: str
    state: str
    state_since: datetime
    state_reason: str
    features: list[str]
    version: int
    encounter_id: UUID | None
    person_id: UUID | None
    since: datetime | None
    family: str | None
    given: str | None
    sex: str | None
    born_on: date | None
    news_score: int | None
    news_band: str | None
    news_single_three: bool | None
    news_signs: int | None
    news_history: list[int] | None
    news_history_at: list[datetime] | None
    observations_due_at: datetime | None
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool | None
    tasks: int
    reserved_for_id: UUID | None
    reserved_family: str | None
    reserved_given: str | None
    reserved_sex: str | None
    reserved_born_on: date | None
    reserved_from: str | None
    reserved_due_at: datetime | None


class Patient(Struct):
    """Who lies in a bed, as far as a board shows it."""

    encounter_id: UUID
    person_id: UUID
    family: str
    given: str
    sex: str
    born_on: date | None
    since: datetime
    same_name: bool
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool
    leaves_today: bool
    news_score: int | None
    news_band: str | None
    news_signs: int
    trend: list[int]  # totals of the last 24 hours, oldest first
    observations_due_at: datetime | None
    observations_late: bool
    tasks: int


class Reservation(Struct):
    """Who a bed is kept for."""

    encounter_id: UUID
    family: str
    given: str
    sex: str
    born_on: date | None
    from_place: str
    due_at: datetime


class Bed(Struct):
    """A bed on its ward's board. `marks` are the filters that it passes."""

    id: UUID
    room_id: UUID
    room: str
    label: str
    state: str
    state_since: datetime
    state_reason: str
    features: list[str]
    version: int
    patient: Patient | None
    reservation: Reservation | None
    marks: list[str]


class RoomHead(Struct):
    """The head of a bay on the board."""

    id: UUID
    room_id: UUID
    room: str
    kind: str
    sex: str
    beds: int
    in_use: int


class Summary(Struct):
    """The numbers at the top of a ward board, each of them a filter."""

    beds: int
    in_use: int
    news_high: int
    news_medium: int
    observations_late: int
    in_isolation: int
    leave_today: int
    ready_to_leave: int
    arriving: int
    next_arrival_at: datetime | None
    ready: int
    cleaning: int
    closed: int


class TaskRow(Struct):
    """A task of the ward as it is stored."""

    id: UUID
    title: str
    reason: str
    priority: str
    state: str
    owner_words: str
    ladder: list[str]
    due_at: datetime
    climbs_at: datetime | None
    acknowledged_at: datetime | None
    person_id: UUID | None
    family: str | None
    given: str | None
    bed_label: str | None


class Need(Struct):
    """Something on the ward that somebody must do. `kind`: task, observations, arrival."""

    kind: str
    tier: str  # crit, warn, info
    person_id: UUID | None
    family: str
    given: str
    bed_label: str
    words: str
    due_at: datetime
    task_id: UUID | None
    owner_words: str
    next_words: str
    climbs_at: datetime | None
    acknowledged_at: datetime | None


class WardHead(Struct):
    """The ward that a board belongs to."""

    id: UUID
    code: str
    name: str
    specialty: str


class WardBoard(Struct, kw_only=True):
    """A ward: who lies where and how they are, and what waits for somebody."""

    ward: WardHead
    summary: Summary
    needs: list[Need]
    soon: list[Need]
    rooms: list[RoomHead]
    beds: list[Bed]
    show: str | None = None
    show_words: str = ""


class LiveWardBoard(WardBoard, kw_only=True):
    """The same with the heads of the rooms among the rows, for pushing."""

    rows: list[RoomHead | Bed]


class WardOnList(Struct):
    """A ward in the list of wards."""

    id: UUID
    code: str
    name: str
    specialty: str
    beds: int
    in_use: int
    ready: int
    reserved: int
    cleaning: int
    closed: int
    news_high: int
    news_medium: int
    observations_late: int
    leave_today: int


class Tile(Struct):
    """A bed on the hospital's board."""

    id: UUID
    ward_id: UUID
    room_id: UUID
    label: str
    place: str  # 7-04
    state: str
    state_since: datetime
    version: int
    encounter_id: UUID | None
    family: str | None
    given: str | None
    news_score: int | None
    news_band: str | None
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool | None
    reserved_for_id: UUID | None
    reserved_due_at: datetime | None


class TileHead(Struct):
    """A ward's head on the hospital's board."""

    id: UUID
    ward_id: UUID
    code: str
    name: str
    specialty: str
    beds: int
    in_use: int
    ready: int
    cleaning: int
    closed: int
    reserved: int
    leave_today: int


class Waiting(Struct):
    """Somebody admitted who has no bed yet; `wait_share` is the wait as a share of six hours, in 200 parts."""

    encounter_id: UUID
    person_id: UUID
    family: str
    given: str
    sex: str
    born_on: date | None
    class_: str = msgspec.field(name="class")
    from_place: str
    specialty: str
    needs: list[str]
    isolation: str | None
    since: datetime
    reserved_bed_label: str | None
    reserved_due_at: datetime | None
    wait_minutes: int = 0
    wait_words: str = ""
    over: bool = False
    wait_share: int = 0


class HospitalSummary(Struct):
    """The top line of the bed board."""

    beds: int
    in_use: int
    free: int
    cleaning: int
    reserved: int
    closed: int
    leave_today: int
    ready_to_leave: int
    waiting: int
    waiting_over: int
    in_use_percent: int


class HospitalBeds(Struct, kw_only=True):
    """All beds of the hospital and those who wait for one."""

    summary: HospitalSummary
    waiting: list[Waiting]
    wards: list[TileHead]
    rooms: list[Room]
    beds: list[Tile]


class LiveHospitalBeds(HospitalBeds, kw_only=True):
    """The same with the heads of the wards among the rows, for pushing."""

    rows: list[TileHead | Tile]


class Assignment(Input):
    """Who gets the bed; a reason where a rule speaks against it."""

    encounter_id: UUID
    override_reason: Words | None = None


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


class MovePlan(Struct):
    """Where a patient could lie: beds that fit, best first, and why the others do not."""

    stay: Stay
    needs: list[str]
    fits: list[FitBed]
    refused: list[FitBed]
    chosen: FitBed | None
    free: int


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
