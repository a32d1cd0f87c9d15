"""One test over time, drawn like the trends of the observations. Pure geometry."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from wardline.lab.models import LabTest, Result
from wardline.lab.pages import TrendPage
from wardline.lab.shown import shown
from wardline.patients.public import Banner
from wardline.vitals.public import Axis, drawing

ROOM = 0.15  # of the span, above and below


def trend_page(
    banner: Banner, test: LabTest, newest_first: Sequence[Result], *, days: int, zone: str, now: datetime
) -> TrendPage:
    """The values of the last days with the interval that the newest was judged by."""
    points = [(each.taken_at, each.value) for each in reversed(newest_first) if each.taken_at is not None]
    axis = axis_of(test, newest_first)
    drawn = drawing(axis, points, days * 24, ZoneInfo(zone), now) if axis is not None else None
    return TrendPage(banner, banner.person_id, test, days, drawn, [shown(each) for each in newest_first])


def axis_of(test: LabTest, results: Sequence[Result]) -> Axis | None:
    """An axis that holds every value and the newest interval; without an interval nothing is called unusual."""
    values = [each.value for each in results if each.value is not None]
    if not values:
        return None
    low, high = results[0].low, results[0].high
    edges = [*values, *(edge for edge in (low, high) if edge is not None)]
    room = (max(edges) - min(edges)) * ROOM or 1.0
    bottom, top = round(min(edges) - room, 1), round(max(edges) + room, 1)
    usual_low = bottom if low is None else low
    usual_high = top if high is None else high
    return Axis("value", test.name, test.unit_words, bottom, top, usual_low, usual_high)
