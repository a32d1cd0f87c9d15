"""The last day of a patient on one axis: scores, doses and results. Pure: the time is passed in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.chart.models import LaneMark, Mark, Numbered, Ribbon, SetRow, Tick
from wardline.mar.public import DoneMedicine

RIBBON_HOURS = 24
RIBBON_AHEAD_HOURS = 1
TICK_HOURS = 3
# The axis is at least so wide, in CSS pixels, on a phone and above 700. A number takes 24, or 34 for three letters, and a gap,
# on a phone so much that the scores between can be seen.
NARROW_PX, NARROW_GAP_PX = 250, 12
WIDE_PX, WIDE_GAP_PX = 560, 2
TICK_CLEAR_OF_NOW = timedelta(minutes=55)  # the word "Now" stands there
TOGETHER = timedelta(minutes=30)  # of a drug round, or of what the laboratory sends: one mark, as two would touch
HISTORY_SIGNS_TOTAL = 7
DOSE_WORDS = {
    "given": "given",
    "self": "taken by the patient",
    "not_given": "not given",
    "held": "held back",
    "overdue": "overdue",
}

T = TypeVar("T", DoneMedicine, "Released")


class Axis:
    """From 24 hours ago to an hour from now, as the hospital's clock shows it."""

    def __init__(self, now: datetime, zone: str) -> None:
        self.now, self.zone = now, ZoneInfo(zone)
        self.begin, self.span = now - timedelta(hours=RIBBON_HOURS), timedelta(hours=RIBBON_HOURS + RIBBON_AHEAD_HOURS)

    def left(self, at: datetime) -> float:
        """How far along a time stands, in percent."""
        return round(100 * (at - self.begin) / self.span, 2)

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def period(self, first: datetime, last: datetime) -> str:
        begin, end = self.clock(first), self.clock(last)
        return begin if begin == end else f"{begin} to {end}"

    def ticks(self) -> list[Tick]:
        """Every third whole hour of local time, save where the word Now stands."""
        local = self.begin.astimezone(self.zone)
        first = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=TICK_HOURS - local.hour % TICK_HOURS)
        hours = [first + timedelta(hours=TICK_HOURS * n) for n in range(RIBBON_HOURS // TICK_HOURS + 1)]
        end = self.begin + self.span
        return [Tick(at, self.left(at)) for at in hours if at <= end and abs(at - self.now) >= TICK_CLEAR_OF_NOW]


class Released(Struct):
    """What the laboratory released at one moment."""

    at: datetime
    total: int
    critical: int
    out: int
    words: str | None


def ribbon(sets: list[SetRow], doses: list[DoneMedicine], released: list[Released], now: datetime, zone: str) -> Ribbon:
    """Scores, doses and results of the last 24 hours on one axis that ends an hour from now."""
    axis = Axis(now, zone)
    scores = [
        Mark(row.taken_at, axis.left(row.taken_at), label_of(row), row.news_band)
        for row in reversed(sets)
        if row.news_score is not None and row.taken_at >= axis.begin
    ]
    number(scores)
    return Ribbon(
        ticks=axis.ticks(),
        scores=scores,
        thread=[(a.left, b.left) for a, b in pairwise(scores)],
        now_left=axis.left(now),
        words=" ".join([_said_of_scores(scores, axis), _said_of_doses(doses), _said_of_results(released)]),
        doses=dose_marks(doses, axis),
        results=result_marks(released, axis),
    )


# --- doses and results -------------------------------------------------------------------------------------------------
def dose_marks(doses: list[DoneMedicine], axis: Axis) -> list[LaneMark]:
    """A mark for doses of one kind within half an hour; what is overdue stands last, so that nothing covers it."""
    groups = _together(sorted(doses, key=lambda dose: dose.kind == "overdue"), lambda dose: dose.kind)
    return [_dose_mark(group, axis) for group in groups]


def _dose_mark(group: list[DoneMedicine], axis: Axis) -> LaneMark:
    kind, when = group[0].kind, axis.period(group[0].at, group[-1].at)
    words = f"{when} {DOSE_WORDS[kind]}: {', '.join(dose.words for dose in group)}"
    return LaneMark(group[0].at, axis.left(group[0].at), "given" if kind == "self" else kind, words)


def result_marks(released: list[Released], axis: Axis) -> list[LaneMark]:
    """A mark for what was released within half an hour, in the shape of the worst of it."""
    return [_result_mark(group, axis) for group in _together(released, lambda _: "")]


def _result_mark(group: list[Released], axis: Axis) -> LaneMark:
    critical, out = sum(each.critical for each in group), sum(each.out for each in group)
    total, named = sum(each.total for each in group), ", ".join(each.words for each in group if each.words)
    words = f"{axis.period(group[0].at, group[-1].at)} {total} {'result' if total == 1 else 'results'}"
    return LaneMark(
        group[0].at,
        axis.left(group[0].at),
        "critical" if critical else "out" if out else "plain",
        f"{words}: {named}" if named else words,
    )


def _together(events: list[T], alike: Callable[[T], str]) -> list[list[T]]:
    """Events, oldest first, in groups of what is alike and within half an hour of the group's first."""
    groups: list[list[T]] = []
    latest: dict[str, list[T]] = {}
    for event in events:
        group = latest.get(alike(event))
        if group is None or event.at - group[0].at > TOGETHER:
            group = latest[alike(event)] = []
            groups.append(group)
        group.append(event)
    return groups


# --- in words, for who hears the page ----------------------------------------------------------------------------------
def _said_of_scores(scores: list[Mark], axis: Axis) -> str:
    said = ", ".join(f"{mark.label} at {axis.clock(mark.at)}" for mark in scores)
    return f"NEWS2 in the last 24 hours: {said}." if said else "No NEWS2 score in the last 24 hours."


def _said_of_doses(doses: list[DoneMedicine]) -> str:
    kinds = [dose.kind for dose in doses]
    said = ", ".join(f"{kinds.count(kind)} {words}" for kind, words in DOSE_WORDS.items() if kind in kinds)
    return f"Doses: {said}." if said else "No doses."


def _said_of_results(released: list[Released]) -> str:
    total, critical, out = (sum(getattr(each, name) for each in released) for name in ("total", "critical", "out"))
    more = "".join(f", {count} {words}" for count, words in ((critical, "critical"), (out, "out of range")) if count)
    return f"Results: {total}{more}." if total else "No results."


# --- scores ------------------------------------------------------------------------------------------------------------
def number(scores: list[Mark]) -> None:
    """Say which of the scores, oldest first, have room for their number: the newest before all, then the highest."""
    wide, narrow = _with_room(scores, WIDE_PX, WIDE_GAP_PX), _with_room(scores, NARROW_PX, NARROW_GAP_PX)
    for place, mark in enumerate(scores):
        mark.numbered = Numbered.ALWAYS if place in narrow else Numbered.WIDE if place in wide else Numbered.NEVER


def _with_room(scores: list[Mark], width_px: int, gap_px: int) -> set[int]:
    """The places of those that are numbered; the highest may stand close to the newest."""
    newest_first = range(len(scores) - 1, -1, -1)
    highest_first = sorted(newest_first[1:], key=lambda place: -int(scores[place].label.rstrip("+")))
    taken = list(newest_first[:1])
    for place in highest_first:
        gap = WIDE_GAP_PX if len(taken) == 1 else gap_px
        if all(_room_px(scores[place], scores[other], width_px) >= gap for other in taken):
            taken.append(place)
    return set(taken)


def _room_px(one: Mark, other: Mark, width_px: int) -> float:
    """What is left between the numbers of two scores."""
    widths_px = [34 if len(mark.label) > 2 else 24 for mark in (one, other)]
    return abs(one.left - other.left) / 100 * width_px - sum(widths_px) / 2


def label_of(row: SetRow) -> str:
    """The score as it stood, with a plus while signs were missing."""
    return f"{row.news_score}" if row.news_signs == HISTORY_SIGNS_TOTAL else f"{row.news_score}+"
