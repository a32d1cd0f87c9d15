"""What the pages of the laboratory show, and what its programs get: rows put together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from wardline.lab.models import (
    BENCHES,
    BenchCount,
    BenchRow,
    Call,
    Event,
    Interval,
    LabTest,
    Order,
    Panel,
    Result,
    Specimen,
)
from wardline.patients.public import Banner


class Laboratory(Struct):
    """The laboratory's first page: critical values that somebody must be told of, and the benches."""

    calls: list[Call]
    benches: list[BenchCount]


class Bench(Struct):
    """A bench's list, most urgent and oldest first."""

    bench: str
    name: str
    items: list[BenchRow]
    benches: list[tuple[str, str]] = field(default_factory=lambda: list(BENCHES.items()))


class SpecimenPage(Struct):
    """A specimen with its results, for entry and release."""

    specimen: Specimen
    results: list[Result]
    banner: Banner | None = None

    @property
    def next_step(self) -> str:
        """Which release comes next: the clinical one once everything that was entered is released technically."""
        states = {each.state for each in self.results}
        return "clinical" if "technically_released" in states and not states & {"received", "resulted"} else "technical"


class ResultPage(Struct):
    """One result with everything that happened to it."""

    result: Result
    history: list[Event]
    banner: Banner | None = None


class DrugLine(Struct):
    """A drug of the susceptibility table: S, I, R or nothing, and the MIC in mg/L as typed."""

    drug: str
    sir: str
    mic: str


class Block(Struct):
    """One organism of the culture form."""

    organism: str
    quantity: str
    lines: list[DrugLine]


class CulturePage(Struct):
    """A culture to be reported on; `act` is what saving does now."""

    result: Result
    act: str
    blocks: list[Block]
    words: str
    no_growth: bool
    organisms: list[str]
    quantities: list[str]
    banner: Banner | None = None


class Round(Struct):
    """Specimens to be collected on a ward."""

    ward_id: UUID
    ward_name: str
    items: list[Specimen]


class OrderForm(Struct):
    """What can be asked for."""

    banner: Banner
    panels: list[Panel]
    tests: list[LabTest]


class OrdersPage(Struct):
    """A patient's orders, newest first."""

    banner: Banner | None
    items: list[Order]


class Line(Struct):
    """One test of the cumulative table; `cells` follow the page's columns, None where it was not measured."""

    test: str
    name: str
    unit_words: str
    interval: str
    latest: Result
    cells: list[Result | None]


class Group(Struct):
    """The tests of one bench."""

    name: str
    lines: list[Line]


class ResultsPage(Struct):
    """A patient's results: tests down, times across, newest first."""

    patient_id: UUID
    columns: list[datetime]
    groups: list[Group]
    cultures: list[Result]
    items: list[Result]
    next: str | None = None
    banner: Banner | None = None


class CallPage(Struct):
    """A critical value with whom it may be told to."""

    call: Call
    staff: list[str]
    banner: Banner | None = None


class TrendPage(Struct):
    """One test over time: the drawing, and its values as a table."""

    banner: Banner
    patient_id: UUID
    test: LabTest
    days: int
    drawing: Any
    items: list[Result]
    days_offered: tuple[int, ...] = (7, 30, 365)


class TestPage(Struct):
    """A test with its intervals and limits, the hospital's own where it has any."""

    test: LabTest
    intervals: list[Interval]


class Catalogue(Struct):
    """Every test and panel."""

    items: list[LabTest]
    panels: list[Panel]


class Released(Struct):
    """What a release did."""

    specimen_id: UUID
    released: int
    calls: int
    waiting: int


class BenchFigures(Struct):
    """What left a bench in a time: minutes from receipt to clinical release, and how much of it in the goal."""

    bench: str
    released: int
    median_minutes: float
    slow_minutes: float  # nine of ten took no longer
    in_goal: int
    amended: int
    withdrawn: int
    collected: int = 0
    rejected: int = 0


class RejectFigures(Struct):
    """Specimens of a bench in a time."""

    bench: str
    collected: int
    rejected: int


class CallFigures(Struct):
    """Critical values in a time: minutes until somebody was told, and until a clinician acknowledged."""

    opened: int
    told_minutes: float | None
    acknowledged_minutes: float | None
    in_fifteen: int
    still_open: int


class Figures(Struct):
    """How the laboratory does, from what happened."""

    days: int
    benches: list[BenchFigures]
    calls: CallFigures
    days_offered: tuple[int, ...] = (7, 30, 90)


class Latest(Struct):
    """The newest value of a test, for the chart's summary."""

    id: UUID
    name: str
    unit_words: str
    decimals: int
    value: float
    comparator: str
    flag: str | None
    low: float | None
    high: float | None
    taken_at: datetime
    state: str
    revision: int
    call_id: UUID | None
    told_at: datetime | None
    told_to: str | None
    kind: str = "number"
    shown: str = ""
    bar: tuple[float, float, float, float] | None = None
