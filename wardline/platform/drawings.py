"""Values as points on small drawings, for templates that draw with SVG."""

import functools
from collections.abc import Iterable
from html import escape
from typing import Any

BAR_WIDTH = 112.0
SCORE_MAX = 9.0  # every sparkline of scores shares this scale, so steepness can be compared down a column


def spark_points(values: Iterable[float | int], width: int = 44, height: int = 18) -> str:
    """The points of a polyline for scores on the shared scale 0 to 9: oldest left, newest right."""
    scores = [min(max(float(value), 0.0), SCORE_MAX) for value in values]
    step = (width - 6) / max(len(scores) - 1, 1)
    bottom, room = height - 2.0, height - 4.0
    return " ".join(
        f"{2 + index * step:.0f},{bottom - score * room / SCORE_MAX:.1f}" for index, score in enumerate(scores)
    )


def trend_points(values: Iterable[float | int], width: int = 170, height: int = 52) -> str:
    """The points of a polyline that fills its own height: for one measure over time, not for comparing rows."""
    numbers = [float(value) for value in values]
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    room = (high - low) or 1.0
    step = (width - 10) / max(len(numbers) - 1, 1)
    return " ".join(
        f"{4 + index * step:.1f},{height - 8.3 - (number - low) / room * (height - 16.6):.1f}"
        for index, number in enumerate(numbers)
    )


def last_point(points: str) -> list[str]:
    """The [x, y] of the newest point of a polyline."""
    return points.rsplit(" ", maxsplit=1)[-1].split(",") if points else ["0", "0"]


def place(value: float, low: float, high: float, width: float = 112) -> str:
    """Where a value stands on an axis from low to high, in pixels, kept on the axis."""
    room = float(high) - float(low)
    share = (float(value) - float(low)) / room if room else 0.0
    return f"{min(max(share, 0.0), 1.0) * float(width):.1f}"


def range_bar(value: float, low: float, high: float, axis_low: float, axis_high: float, unit: str = "") -> str:
    """A value on the line from axis_low to axis_high, with the interval as a pill: a dot within it, a diamond outside. As
    markup, because a table has one in each row."""
    value, low, high = float(value), float(low), float(high)  # a template hands whole numbers on as such
    first, room = float(axis_low), float(axis_high) - float(axis_low)
    scale = BAR_WIDTH / room if room else 0.0
    left, right, at = (round(min(max((each - first) * scale, 0.0), BAR_WIDTH), 1) for each in (low, high, value))
    at = round(at + 4, 1)
    if value < low or value > high:
        mark = f'<path class="out" d="M{at} 1l6 7-6 7-6-7z"/>'
    else:
        mark = f'<circle class="in" cx="{at}" cy="8" r="5"/>'
    return (
        '<svg class="rb" width="120" height="16" role="img" '
        f'aria-label="{value} {_safe_words(unit)}, range {low} to {high}">'
        '<rect class="ax" x="4" y="7" width="112" height="2"/>'
        f'<rect class="in-range" x="{round(left + 4, 1)}" y="5" width="{round(max(right - left, 4), 1)}" height="6" rx="3"/>'
        f"{mark}</svg>"
    )


@functools.lru_cache(maxsize=500)  # the units of all tests
def _safe_words(text: str) -> str:
    return escape(text).replace("/", "&#x2f;")


def bar_of(result: Any) -> str:
    """The same of a result with `value`, `bar` (the interval and the ends of the axis) and `unit_words`; nothing without."""
    return range_bar(result.value, *result.bar, unit=result.unit_words) if result.bar else ""
