"""How Wardline is doing, as the page shows it."""

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["promised", "slower", "slow", "none"]


class Speed(msgspec.Struct, frozen=True):
    """95 of 100 answers took at most `within_ms`; `words` is that for reading."""

    requests: int
    within_ms: float | None
    words: str
    state: State


class Part(msgspec.Struct, frozen=True):
    """Something people do, and how fast it was in the last five minutes, today and in the last seven days."""

    words: str
    now: Speed
    today: Speed
    week: Speed


class Check(msgspec.Struct, frozen=True):
    """One thing that has to be so, and how it is."""

    words: str
    ok: bool
    detail: str


class Trouble(msgspec.Struct, frozen=True):
    """What went wrong in a stretch of time; `lasting` while it is not over."""

    kind: str
    words: str
    began_at: datetime
    ended_at: datetime
    lasting: bool


class Hour(msgspec.Struct, frozen=True):
    """One hour of the week, all pages together."""

    began_at: datetime
    requests: int
    within_ms: float | None


class Drawing(msgspec.Struct, frozen=True):
    """The hours as lines in a box of 168 by 100; a gap where nothing was counted. `days` stand under it."""

    lines: list[str]
    dots: list[tuple[float, float]]
    promise_y: float
    top_ms: int
    days: list[str]


class StatusPage(msgspec.Struct, frozen=True):
    """`promise_ms` is what the product promises for 95 of 100 answers."""

    as_of: datetime
    well: bool
    headline: str
    promise_ms: int
    checks: list[Check]
    parts: list[Part]
    troubles: list[Trouble]
    hours: list[Hour]
    drawing: Drawing
