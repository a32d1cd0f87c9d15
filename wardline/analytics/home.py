"""From facts to tiles and rows. Pure: the hospitals are those that the caller may see."""

from datetime import datetime
from uuid import UUID

import msgspec

from wardline.analytics.measures import (
    MEASURES,
    WEEKS,
    Fact,
    Measure,
    change_words,
    state_of,
    target,
    value_of,
    words,
)
from wardline.analytics.models import Cell, Drawing, Heading, PlaceRow, Tile
from wardline.analytics.queries import NowRow, WeekRow

SPARK_LEFT, SPARK_RIGHT, SPARK_TOP, SPARK_BOTTOM = 4.0, 164.0, 8.3, 43.7
BAR_LEFT, BAR_RIGHT = 8.0, 364.0


class Place(msgspec.Struct):
    """A hospital with its region, as far as the page needs it."""

    id: UUID
    name: str
    region_id: UUID
    region: str


class Facts:
    """Everything that was read, by measure, week and hospital."""

    def __init__(self, weeks: list[WeekRow], now: list[NowRow]) -> None:
        self._facts = {
            (r.measure, r.weeks_ago, r.hospital_id): Fact(
                r.numerator, r.denominator, r.buckets, counted=r.denominator > 0
            )
            for r in weeks
        }
        self._now = {r.hospital_id: r for r in now}
        self._as_of: dict[str, datetime] = {}
        for row in weeks:
            self._as_of[row.measure] = max(row.as_of, self._as_of.get(row.measure, row.as_of))

    def beds(self, ids: list[UUID]) -> int:
        """How many beds these hospitals have."""
        return sum(self._now[i].beds for i in ids if i in self._now)

    def with_beds(self, ids: list[UUID]) -> int:
        """How many of these hospitals have beds: a target for each hospital is for those."""
        return sum(1 for i in ids if i in self._now and self._now[i].beds)

    def waiting_long(self, ids: list[UUID]) -> int:
        """How many wait longer than 4 h now."""
        return sum(self._now[i].waiting_long for i in ids if i in self._now)

    def week(self, measure: Measure, week: int, ids: list[UUID]) -> Fact:
        """The week of these hospitals together."""
        together = Fact()
        for hospital_id in ids:
            fact = self._facts.get((measure.key, week, hospital_id))
            if fact is not None:
                together.add(fact)
        return together

    def current(self, measure: Measure, ids: list[UUID]) -> float | None:
        """The number that stands first: of this moment where there is one, else of the last seven days."""
        if measure.key == "full":
            beds = self.beds(ids)
            return 100 * sum(self._now[i].occupied for i in ids if i in self._now) / beds if beds else None
        if measure.key == "waiting":
            return float(sum(self._now[i].waiting for i in ids if i in self._now)) if self._now else None
        return value_of(measure, self.week(measure, 0, ids))

    def as_of(self, measure: Measure, now: datetime) -> datetime | None:
        """When the number was counted."""
        return now if measure.key in ("full", "waiting") else self._as_of.get(measure.key)


def tile(measure: Measure, facts: Facts, places: list[Place], now: datetime, *, may_open: bool) -> Tile:
    """One question answered for these places together."""
    ids = [p.id for p in places]
    value = facts.current(measure, ids)
    before = [value_of(measure, facts.week(measure, week, ids)) for week in range(WEEKS - 1, 0, -1)]
    weeks = [*before, value]
    hospitals = facts.with_beds(ids)
    low, high, _ = target(measure, hospitals)
    note, strong = _note(measure, facts, places)
    return Tile(
        key=measure.key,
        question=measure.question,
        value=None if value is None else round(value, 2),
        words=words(measure, value),
        unit=measure.unit,
        change=change_words(measure, value, before[-1]),
        state=state_of(measure, value, hospitals),
        target_low=low,
        target_high=high,
        weeks=[None if w is None else round(w, 2) for w in weeks],
        note=note,
        note_strong=strong,
        as_of=facts.as_of(measure, now),
        href=measure.href if may_open else f"/home?by=hospital#{measure.key}",
        drawing=None if value is None else _drawing(measure, value, weeks, hospitals),
    )


def _note(measure: Measure, facts: Facts, places: list[Place]) -> tuple[str, str]:
    """The worst place of several; for one, how many cases there were."""
    ids = [p.id for p in places]
    if len(places) > 1:
        known = [(v, p.name) for p in places if (v := facts.current(measure, [p.id])) is not None]
        if not known:
            return "", ""
        value, name = max(known) if measure.worst == "highest" else min(known)
        unit = " %" if measure.kind == "percent" else ""
        return f"{measure.worst_words}:", f"{name} {words(measure, value)}{unit}"
    week = facts.week(measure, 0, ids)
    said = {"n": f"{week.denominator:,.0f}", "beds": f"{facts.beds(ids):,}", "long": str(facts.waiting_long(ids))}
    days = "" if measure.key in ("full", "waiting") else " in 7 days"
    return "", measure.of_words.format(**said) + days


def _drawing(measure: Measure, value: float, weeks: list[float | None], hospitals: int) -> Drawing:
    low, high, _ = target(measure, hospitals)
    times = max(hospitals, 1) if measure.each else 1
    axis_low, axis_high = measure.axis_low * times, measure.axis_high * times
    known = [w for w in weeks if w is not None]
    goal = low if measure.worst == "lowest" else high
    bottom, top = min([*known, goal]), max([*known, goal])

    def across(number: float) -> float:
        share = (number - axis_low) / ((axis_high - axis_low) or 1)
        return BAR_LEFT + min(max(share, 0.0), 1.0) * (BAR_RIGHT - BAR_LEFT)

    def up(number: float) -> float:
        share = (number - bottom) / ((top - bottom) or 1)
        return SPARK_BOTTOM - share * (SPARK_BOTTOM - SPARK_TOP)

    step = (SPARK_RIGHT - SPARK_LEFT) / (WEEKS - 1)
    points = [f"{SPARK_LEFT + n * step:.1f},{up(w):.1f}" for n, w in enumerate(weeks) if w is not None]
    unit = " %" if measure.kind == "percent" else ""
    return Drawing(
        line=" ".join(points),
        end=(f"{SPARK_RIGHT:.1f}", f"{up(value):.1f}"),
        target_y=f"{up(goal):.1f}",
        pill_x=f"{across(low):.1f}",
        pill_width=f"{max(across(high) - across(low), 8):.1f}",
        at=f"{across(value):.1f}",
        low_x=f"{across(low):.1f}",
        high_x=f"{across(high):.1f}",
        low_words=f"{low:,.10g}",
        high_words=f"{high:,.10g}{unit}",
        high_anchor="end" if high >= axis_high else "middle",
    )


def headings() -> list[Heading]:
    """The columns of the comparison."""
    return [Heading(m.key, m.question, m.unit, f"{m.low:g} to {m.high:g}{' each' if m.each else ''}") for m in MEASURES]


def rows(facts: Facts, places: list[Place], by: str) -> list[PlaceRow]:
    """The hospitals, or the regions, one beside the other."""
    groups: dict[UUID, tuple[str, list[Place]]] = {}
    for place in places:
        key, name = (place.region_id, place.region) if by == "region" else (place.id, place.name)
        groups.setdefault(key, (name, []))[1].append(place)
    return [
        PlaceRow(
            id=key,
            name=name,
            hospitals=len(members),
            beds=facts.beds([p.id for p in members]),
            href=f"/home?{by}={key}",
            cells=[_cell(m, facts, members) for m in MEASURES],
        )
        for key, (name, members) in groups.items()
    ]


def _cell(measure: Measure, facts: Facts, members: list[Place]) -> Cell:
    ids = [p.id for p in members]
    value = facts.current(measure, ids)
    return Cell(
        measure.key,
        None if value is None else round(value, 2),
        words(measure, value),
        state_of(measure, value, facts.with_beds(ids)),
    )
