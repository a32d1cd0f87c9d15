"""Beds as the boards show them."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from wardline.identity.public import HospitalScope, Scope, WardScope
from wardline.platform.http import Input

Filter = Literal["occupied", "high", "medium", "late", "overdue", "isolation", "leaving", "arriving", "free"]

FILTER_WORDS: dict[str, str] = {
    "occupied": "beds in use",
    "high": "NEWS 7 or more",
    "medium": "NEWS 5 to 6",
    "late": "observations late",
    "overdue": "medicines overdue",
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


class OpenedBoard(Struct):
    """What a board's reading finds: everything, or the beds that changed since the version that was held and the tasks if
    any of them did, or nothing."""

    version: int
    code: str
    name: str
    specialty: str
    whole: bool
    beds: list[tuple[Any, ...]] | None
    rooms: list[tuple[Any, ...]] | None
    tasks: list[tuple[Any, ...]] | None


class OpenedHospital(Struct):
    """What a reading of the hospital's board finds: everything, or the beds that changed since the version that was held
    and those who wait now if any of them changed, or nothing."""

    version: int
    whole: bool
    beds: list[tuple[Any, ...]] | None
    rooms: list[tuple[Any, ...]] | None
    wards: list[tuple[Any, ...]] | None
    waiting: list[tuple[Any, ...]] | None


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
    """A bay or the side rooms. On the bed board its beds are those from `first_bed` to before `end_bed`."""

    id: UUID
    ward_id: UUID
    label: str
    kind: str
    sex: str
    first_bed: int = 0
    end_bed: int = 0


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
    trend: str | None  # totals of the last 24 hours, oldest first, with spaces between
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
    medicines_waiting: str | None  # see wardline/beds/medicines.py


class Medicines(Struct, frozen=True):
    """What waits of a patient's medicines. `state` is what the board says: overdue, due (its time has come), next, held, none."""

    state: str
    overdue: int
    held: int  # held back, until the next dose of their order
    next_at: datetime | None  # the soonest that is not overdue


class Patient(Struct):
    """Who lies in a bed, as far as a board shows it. `medicines` is for those who may read charts."""

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
    medicines: Medicines | None
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
    """The head of a bay on the board; its beds are those from `first_bed` to before `end_bed`."""

    id: UUID
    room_id: UUID
    room: str
    kind: str
    sex: str
    beds: int
    in_use: int
    first_bed: int
    end_bed: int


class Summary(Struct):
    """The numbers at the top of a ward board, each of them a filter. `medicines_overdue` counts doses, not beds, and is for
    those who may read charts."""

    beds: int
    in_use: int
    news_high: int
    news_medium: int
    observations_late: int
    medicines_overdue: int | None
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
    owner_role: str
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
    reason: str  # the words without what kind of task it is
    due_at: datetime
    task_id: UUID | None
    owner_role: str
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


class HospitalWard(Struct):
    """A ward of the hospital's board."""

    id: UUID
    code: str
    name: str
    specialty: str


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
    """A ward's head on the hospital's board, and where its rooms and beds stand in the lists."""

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
    first_room: int = 0
    end_room: int = 0
    first_bed: int = 0
    end_bed: int = 0


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
