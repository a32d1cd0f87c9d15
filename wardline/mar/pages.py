"""What pages show of giving, and what programs read in their place."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from wardline.mar.models import Administration, Right, Step
from wardline.patients.public import Banner


class Entry(Struct, kw_only=True):
    """Something in a cell: its state as an icon and a word, and the line below."""

    id: str
    href: str
    kind: str  # due, overdue, next, given, late, not_given, held, self, missed, can_give, wait, running, paused
    icon: str
    word: str
    at: datetime | None = None
    words: str = ""
    version: int | None = None
    act: str = ""  # give where it can be given here


class HeldBack(Struct, frozen=True):
    """That a dose was held back: by whom, when and why."""

    id: UUID
    happened_at: datetime
    reason: str
    words: str
    by: str
    state: str


class Cell(Struct, kw_only=True):
    """A cell of the grid: `span` columns wide, hatched when the order was stopped before."""

    entries: list[Entry]
    span: int = 1
    now: bool = False
    hatched: bool = False
    words: str = ""
    bar: int | None = None  # hundredths of an infusion that have run in
    bar_words: str = ""
    ends_at: datetime | None = None


class GridRow(Struct, kw_only=True):
    """A row: the head of a group, or a medicine with a cell for each column."""

    id: str
    group: str
    is_head: bool = False
    title: str = ""
    counts: str = ""
    columns: int = 0
    now_column: int = -1
    medicine_id: UUID | None = None
    name: str = ""
    tall_man: str = ""
    dose: str = ""
    parts: list[str] = []
    marks: list[list[str]] = []  # icon, words, loudness
    is_stopped: bool = False
    cells: list[Cell] = []


class Column(Struct):
    """A column of the grid."""

    at: datetime
    now: bool
    begins_day: bool


class Grid(Struct, kw_only=True):
    """A patient's medicines in groups: over the hours around now (`live`), or over a day that begins at 06:00."""

    patient_id: UUID
    day: date
    live: bool
    columns: list[Column]
    rows: list[GridRow]
    overdue: int
    due: int
    begins: datetime
    ends: datetime
    before: date | None = None
    after: date | None = None
    missed: int = 0  # doses of the week before that nobody recorded
    missed_day: date | None = None


class GridPage(Struct, kw_only=True):
    """The grid's page; programs read `doses` and `administrations`. `groups` are the grid's rows by their groups, each as
    the object that it was before where it shows the same."""

    banner: Banner
    grid: Grid
    groups: list[tuple[str, list[GridRow]]]


class DueDose(Struct, kw_only=True):
    """A planned dose with how it stands now."""

    id: UUID
    medicine_id: UUID
    name: str
    dose: str
    route: str
    due_at: datetime
    state: str
    critical: str
    order_state: str
    version: int


class AsNeeded(Struct, kw_only=True):
    """An order that is given when needed, and whether it can be now."""

    medicine_id: UUID
    name: str
    dose: str
    route: str
    can_give: bool
    from_at: datetime | None
    why: str


class GridAnswer(Struct, kw_only=True):
    """A day of a patient's chart, or the hours around now, for programs."""

    patient_id: UUID
    day: date
    doses: list[DueDose]
    as_needed: list[AsNeeded]
    administrations: list[Administration]


class Sheet(Struct, kw_only=True):
    """What is seen before a dose is given."""

    path: str
    medicine_id: UUID
    dose_id: UUID | None
    patient_id: UUID
    family: str
    given: str
    name: str
    tall_man: str
    dose: str
    parts: list[str]
    due_at: datetime | None
    state: str
    state_words: str
    critical: str
    rights: list[Right]
    checked: int
    missing: str
    stop: list[str]
    decision: str
    decision_words: str
    witness: str
    sources: list[str]
    amount: str
    unit: str
    timing: str
    near: str
    is_as_needed: bool
    as_needed_words: str
    is_infusion: bool
    rate: str
    rate_unit: str
    volume_ml: str
    asks_line: bool
    injected: bool
    by: str
    now: datetime
    version: int | None
    line_version: int
    number: str
    mrn: str
    not_given: list[list[str]]
    held: list[list[str]]
    no_scan: list[list[str]]
    sites: list[str]
    before_stop: bool  # the order has ended; what was given before is recorded
    day: date | None  # asked for where the clock alone does not say it
    clock: datetime | None  # when it is recorded as given, unless the giver says otherwise
    held_lines: list[HeldBack]
    asks_bound: bool  # an as-needed order names a maximum of the drug
    banner: Banner | None = None


class AdministrationPage(Struct, kw_only=True):
    """What was recorded about a dose, with its history."""

    item: Administration
    tall_man: str
    reason_words: str
    no_scan_words: str
    effect_words: str
    dose: str
    parts: list[str]
    history: list[Step]
    effects: list[list[str]]
    sites: list[str]
    now_ml: int | None
    witness: str  # why a second person signs another rate, or another dose
    held_lines: list[HeldBack]
    banner: Banner | None = None


class RoundRow(Struct):
    """A dose on the ward's list."""

    id: UUID
    medicine_id: UUID
    person_id: UUID
    family: str
    given: str
    bed_label: str | None
    name: str
    line: str
    route: str
    due_at: datetime
    amount: float | None
    amount_to: float | None
    unit: str
    critical: str
    dose_state: str
    version: int


class RoundItem(Struct, kw_only=True):
    """A dose on the ward's list as it is shown; `within` is the smallest choice of hours that shows it, 0 for overdue."""

    id: UUID
    medicine_id: UUID
    patient_id: UUID
    family: str
    given: str
    bed_label: str
    name: str
    tall_man: str
    dose: str
    route: str
    due_at: datetime
    state: str
    critical: str
    within: int
    version: int


class Round(Struct):
    """What is overdue on a ward and what is due in the next hours, the oldest first."""

    ward_id: UUID
    ward_name: str
    overdue: int
    due: int
    items: list[RoundItem]
    hours: int = 4
