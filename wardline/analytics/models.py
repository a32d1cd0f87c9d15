"""The home page as it is shown, and its twin for programs."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from wardline.platform.http import Input


class HomeQuery(Input):
    """`by` compares; `region` and `hospital` narrow the tiles."""

    by: Literal["all", "region", "hospital"] = "all"
    region: UUID | None = None
    hospital: UUID | None = None


class Drawing(msgspec.Struct):
    """Where things stand in the tile's two drawings, in pixels."""

    line: str
    end: tuple[str, str]
    target_y: str
    pill_x: str
    pill_width: str
    at: str
    low_x: str
    high_x: str
    low_words: str
    high_words: str
    high_anchor: str


class Tile(msgspec.Struct):
    """One question answered. `weeks`: 13 numbers, oldest first, null where nothing was counted."""

    key: str
    question: str
    value: float | None
    words: str
    unit: str
    change: str
    state: Literal["on", "near", "off", "none"]
    target_low: float
    target_high: float
    weeks: list[float | None]
    note: str
    note_strong: str
    as_of: datetime | None
    href: str
    drawing: Drawing | None


class Cell(msgspec.Struct):
    """One measure of one place, in the comparison."""

    key: str
    value: float | None
    words: str
    state: Literal["on", "near", "off", "none"]


class PlaceRow(msgspec.Struct):
    """A region or hospital beside the others."""

    id: UUID
    name: str
    hospitals: int
    beds: int
    href: str
    cells: list[Cell]


class Heading(msgspec.Struct):
    """A column of the comparison."""

    key: str
    question: str
    unit: str
    target: str


class HomePage(msgspec.Struct):
    """The tiles of a place, or the comparison of several."""

    title: str
    hospitals: int
    beds: int
    by: str
    narrowed: str
    off: int
    near: int
    measured: int
    tiles: list[Tile]
    headings: list[Heading]
    places: list[PlaceRow]
    several: bool
