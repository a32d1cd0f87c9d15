"""Trends as drawings: each sign over hours, its usual range as a band, points joined in time order. Pure geometry."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.vitals.limits import number
from wardline.vitals.models import ObservationRow

WIDTH, HEIGHT = 620, 104
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 22
HOURS_OFFERED = (24, 72, 168)
TEXT_APART = 20
TICK_APART = 18  # from the ends of the axis, so that no time is cut off


class Axis(Struct, frozen=True):
    """A measure of the page: the field, its words, the axis and what counts as usual (0 points on NEWS2)."""

    field: str
    title: str
    unit: str
    low: float
    high: float
    usual_low: float
    usual_high: float


AXES = (
    Axis("news_score", "NEWS", "points", 0, 12, 0, 4),
    Axis("respiration_per_min", "Respiration", "per min", 4, 36, 12, 20),
    Axis("spo2_percent", "SpO₂", "%", 80, 100, 96, 100),
    Axis("systolic_mmhg", "Systolic pressure", "mmHg", 60, 240, 111, 219),
    Axis("pulse_per_min", "Pulse", "per min", 30, 170, 51, 90),
    Axis("temperature_celsius", "Temperature", "°C", 34, 41, 36.1, 38.0),
)


class Dot(Struct, frozen=True):
    """A value where it is drawn; `usual` is a dot, anything else a diamond."""

    x: str
    y: str
    at: datetime
    text: str
    usual: bool


class Tick(Struct, frozen=True):
    """A line of the grid with its words."""

    place: str
    text: str


class Trend(Struct, frozen=True):
    """One drawing."""

    title: str
    unit: str
    points: str
    dots: list[Dot]
    band_y: str
    band_height: str
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    latest: str


def trends(rows_oldest_first: Sequence[ObservationRow], hours: int, zone: ZoneInfo, now: datetime) -> list[Trend]:
    """A drawing for each measure over the hours before `now`; measures without a value are left out."""
    drawn = [
        drawing(axis, [(row.taken_at, getattr(row, axis.field)) for row in rows_oldest_first], hours, zone, now)
        for axis in AXES
    ]
    return [trend for trend in drawn if trend.dots]


def drawing(
    axis: Axis, points: Sequence[tuple[datetime, float | None]], hours: int, zone: ZoneInfo, now: datetime
) -> Trend:
    """One measure over the hours before `now`, its points oldest first; those without a value are left out."""
    since = now - timedelta(hours=hours)
    x_ticks = _x_ticks(since, hours, zone)
    dots: list[Dot] = []
    for at, value in points:
        if value is not None and at >= since:
            x, y = _x(at, since, hours), _y(axis, value)
            usual = axis.usual_low <= value <= axis.usual_high
            dots.append(Dot(f"{x:.1f}", f"{y:.1f}", at.astimezone(zone), number(value), usual))
    top, bottom = _y(axis, axis.usual_high), _y(axis, axis.usual_low)
    return Trend(
        title=axis.title,
        unit=axis.unit,
        points=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        dots=dots,
        band_y=f"{top:.1f}",
        band_height=f"{bottom - top:.1f}",
        y_ticks=_y_ticks(axis),
        x_ticks=x_ticks,
        latest=dots[-1].text if dots else "",
    )


def _x(at: datetime, since: datetime, hours: int) -> float:
    share = (at - since) / timedelta(hours=hours)
    return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return HEIGHT - BOTTOM - min(max(share, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM)


def _y_ticks(axis: Axis) -> list[Tick]:
    """The edges of the usual range, then the ends of the axis, each where its words do not run into another's."""
    kept: list[float] = []
    for mark in (axis.usual_low, axis.usual_high, axis.low, axis.high):
        if all(abs(_y(axis, mark) - _y(axis, other)) >= TEXT_APART for other in kept):
            kept.append(mark)
    return [Tick(f"{_y(axis, mark):.1f}", number(mark)) for mark in kept]


def _x_ticks(since: datetime, hours: int, zone: ZoneInfo) -> list[Tick]:
    """Marks on round hours of local time, or on midnights where days are shown, of every few days where they are many."""
    step, form = (timedelta(hours=4), "%H:%M") if hours <= 24 else (timedelta(days=max(1, hours // 168)), "%d-%b")
    begin = since.astimezone(zone)
    at = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    ticks: list[Tick] = []
    while at < begin + timedelta(hours=hours):
        if at >= begin and WIDTH - RIGHT - TICK_APART > _x(at, since, hours) > LEFT + TICK_APART:
            ticks.append(Tick(f"{_x(at, since, hours):.1f}", f"{at:{form}}"))
        at += step
    return ticks
