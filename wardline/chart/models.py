"""What the summary shows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from wardline.chart.keeping import Panel
from wardline.encounters.public import Encounter, Problem
from wardline.lab.public import Latest
from wardline.mar.public import DueMedicine
from wardline.orders.public import StandingMedicine
from wardline.patients.public import Banner, BannerRow


class SetRow(msgspec.Struct):
    """One set of observations as the ribbon and the history need it."""

    id: UUID
    taken_at: datetime
    recorded_by: str | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    respiration_per_min: int | None
    spo2_percent: int | None
    on_oxygen: bool | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    consciousness: str | None
    temperature_celsius: float | None


class OpenTask(msgspec.Struct):
    """Something that somebody must do about this patient."""

    id: UUID
    title: str
    reason: str
    priority: str
    state: str
    owner_role: str
    owner_words: str
    due_at: datetime
    acknowledged_by: str | None
    version: int


class RecentNote(msgspec.Struct):
    """A note in short; a draft without its words, which change while it is written."""

    id: UUID
    kind: str
    state: str
    at: datetime
    by: str
    text: str
    kind_words: str = ""


class SignLine(msgspec.Struct):
    """A row of the NEWS2 card: the value in words, its unit, its points and when it was taken if not with the newest."""

    name: str
    value: str
    unit: str
    points: int | None
    taken_at: datetime | None
    old: bool


class NewsCard(msgspec.Struct):
    """Where the patient stands: `label` is the score, or `8+` while signs are missing."""

    label: str
    band: str | None
    title: str
    text: str
    frequency: str
    due_at: datetime | None
    at: datetime | None
    by: str | None
    signs: list[SignLine]
    not_offered: str


class SummaryRow(BannerRow):
    """The banner's columns, then the rows of each panel; empty panels are None."""

    visits: list[tuple[Any, ...]] | None
    observed: tuple[Any, ...] | None
    sets: list[tuple[Any, ...]] | None
    problems: list[tuple[Any, ...]] | None
    tasks: list[tuple[Any, ...]] | None
    results: list[tuple[Any, ...]] | None
    notes: list[tuple[Any, ...]] | None
    medicines: list[tuple[Any, ...]] | None
    due: list[tuple[Any, ...]] | None
    done: list[tuple[Any, ...]] | None
    released: list[tuple[Any, ...]] | None


class OpenedSummary(SummaryRow):
    """What opening the summary has found: the row, unless the reader holds the version that its topic has."""

    was_read: bool
    topic_version: int | None


class Numbered(StrEnum):
    """Where a mark has room for its number: on every screen, on wide ones, or among its neighbours on none."""

    ALWAYS = "always"
    WIDE = "wide"
    NEVER = "never"


class Mark(msgspec.Struct):
    """Something on the 24-hour axis, at a percentage of its width."""

    at: datetime
    left: float
    label: str
    band: str | None
    numbered: Numbered = Numbered.ALWAYS


class LaneMark(msgspec.Struct):
    """Doses or results of about one time: what they are in one word, and all of them in words.

    Doses: given, not_given, held or overdue; results: critical, out (of range) or plain.
    """

    at: datetime
    left: float
    kind: str
    words: str


class Tick(msgspec.Struct):
    at: datetime
    left: float


class Ribbon(msgspec.Struct):
    """The last 24 hours on one axis, with the marks of each lane."""

    ticks: list[Tick]
    scores: list[Mark]
    thread: list[tuple[float, float]]
    now_left: float
    words: str
    doses: list[LaneMark]
    results: list[LaneMark]


class Summary(msgspec.Struct, kw_only=True):
    """The patient in one answer. Panels are null for those who may not read the chart."""

    id: UUID
    version: int
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    deceased_on: date | None
    allergy_state: str
    allergies: list[str]
    banner: Banner
    stay: Encounter | None
    visits: list[Encounter]
    news: NewsCard | None = None
    ribbon: Ribbon | None = None
    last_set: SetRow | None = None
    problems: list[Problem] | None = None
    tasks: list[OpenTask] | None = None
    results: list[Latest] | None = None
    notes: list[RecentNote] | None = None
    medicines: list[StandingMedicine] | None = None
    due: list[DueMedicine] | None = None


class Bar(msgspec.Struct):
    """What the buttons of the page are about."""

    stay_id: UUID | None
    is_dead: bool


class SummaryPage(msgspec.Struct, kw_only=True):
    """The same as panels, which are rendered one by one. None: not shown, or not to this reader."""

    banner: Banner
    bar: Panel[Bar]
    visits: Panel[list[Encounter]]
    stay: Panel[Encounter] | None = None
    ribbon: Ribbon | None = None
    news: Panel[NewsCard] | None = None
    last_set: Panel[SetRow] | None = None
    problems: Panel[list[Problem]] | None = None
    tasks: Panel[list[OpenTask]] | None = None
    results: Panel[list[Latest]] | None = None
    notes: Panel[list[RecentNote]] | None = None
    medicines: Panel[list[StandingMedicine]] | None = None
    due: Panel[list[DueMedicine]] | None = None
