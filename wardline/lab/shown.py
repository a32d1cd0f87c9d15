"""Rows as people read them: numbers with their decimals, intervals in words, the range bar's edges. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wardline.lab import rules
from wardline.lab.models import BENCHES, ELSEWHERE, BenchRow, Call, Event, Flag, Result
from wardline.lab.pages import Group, Latest, Line, ResultsPage

COLUMNS_MAX = 8
BAR_ROOM = 0.6  # of the interval, on each side of it


def shown(result: Result) -> Result:
    """The result with its words: `6.9`, `3.5 – 5.2` and where its range bar begins and ends."""
    result.shown = rules.value_words(result.value, result.decimals, result.comparator) or result.words
    result.typed = result.shown.replace(",", "") if result.value is not None else ""
    result.interval = rules.interval_words(result.low, result.high, result.decimals)
    result.bar = _bar(result.value, result.low, result.high)
    return result


def shown_latest(row: tuple[Any, ...]) -> Latest:
    """A row of `LATEST` with its words."""
    latest = Latest(*row)
    latest.shown = rules.value_words(latest.value, latest.decimals, latest.comparator)
    latest.bar = _bar(latest.value, latest.low, latest.high)
    return latest


def _bar(value: float | None, low: float | None, high: float | None) -> tuple[float, float, float, float] | None:
    """The interval, and where the bar around it begins and ends so that the value is on it."""
    if value is None or low is None or high is None:
        return None
    room = (high - low) * BAR_ROOM
    return low, high, min(low - room, value), max(high + room, value)


def shown_call(call: Call) -> Call:
    """The call with its value and the limit that it passed."""
    call.shown = rules.value_words(call.value, call.decimals, call.comparator) or call.words
    if call.flag == Flag.CRITICALLY_POSITIVE:
        call.limit = "" if call.is_withdrawn else "growth in blood"
        return call
    edge, side = (call.critical_low, "below") if call.flag == "LL" else (call.critical_high, "above")
    call.limit = (
        f"{side} {rules.value_words(edge, call.decimals)}"
        if edge is not None and rules.is_critical(call.flag) and not call.is_withdrawn
        else ""
    )
    return call


def shown_event(event: Event, decimals: int) -> Event:
    """The step with its value."""
    event.shown = rules.value_words(event.value, decimals, event.comparator) or event.words
    return event


def with_age(rows: Sequence[BenchRow], now: datetime) -> list[BenchRow]:
    """The rows with how much of their time to the goal is used up."""
    for row in rows:
        if row.received_at is not None and row.due_at is not None:
            row.share = rules.age_share(row.received_at, row.due_at, now)
    return list(rows)


def cumulative(page: ResultsPage) -> ResultsPage:
    """The page's items as a table: the newest columns, a line for each test, grouped by bench."""
    numbers = [each for each in page.items if each.kind == "number" and each.taken_at is not None]
    page.cultures = [each for each in page.items if each.kind == "culture"]
    times = sorted({each.taken_at for each in numbers if each.taken_at}, reverse=True)
    page.columns = times[:COLUMNS_MAX]
    page.groups = [
        Group(name=words, lines=_lines([each for each in numbers if each.bench == bench], page.columns))
        for bench, words in (*BENCHES.items(), ELSEWHERE)
        if any(each.bench == bench for each in numbers)
    ]
    return page


def _lines(results: Sequence[Result], columns: Sequence[datetime]) -> list[Line]:
    by_test: dict[str, list[Result]] = {}
    for each in results:
        by_test.setdefault(each.test, []).append(each)
    lines: list[Line] = []
    for test, found in by_test.items():
        at = {each.taken_at: each for each in reversed(found)}
        latest = next((each for each in found if each.state != "withdrawn"), found[0])
        cells = [at.get(column) for column in columns]
        lines.append(Line(test, latest.name, latest.unit_words, latest.interval, latest, cells))
    return lines
