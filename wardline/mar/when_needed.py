"""Decisions about as-needed doses: the gap, the number and the maximum in 24 hours. Pure: time comes in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from wardline.mar.models import GivenBefore, Giving
from wardline.mar.rules import DAY, SOON, TOLERANCE, length
from wardline.mar.schedule import minute
from wardline.orders.public import MedicineLine, OrderKind, drugs_named, in_unit, line_from


class AsNeededNow(Struct, frozen=True):
    """Whether an as-needed dose may be given, from when, why not, and what could not be checked."""

    may: bool
    from_at: datetime | None = None
    why: str = ""
    not_checked: str = ""


def as_needed(
    line: MedicineLine, medicine_id: UUID, before: Sequence[GivenBefore], at: datetime, amount: float | None
) -> AsNeededNow:
    """The gap and the maximum in 24 hours. The maximum counts every dose of the drug, by whichever order it was given; one
    that another order gave within the gap is asked about, as both may be meant (morphine by the clock, and when needed). So is
    the number in 24 hours with those of other as-needed orders: one that was stopped and written anew begins no new day.
    """
    own = [each for each in before if each.medicine_id == medicine_id]
    gap = _gap(line, own, at)
    if gap is not None:
        return gap
    count = _count(line, own, at)
    if count is not None:
        return count
    total = _total(line, before, at, amount)
    if not total.may:
        return total
    asked = (_near(line, medicine_id, before, at), _number(line, medicine_id, before, at), total.not_checked)
    return AsNeededNow(True, not_checked="; ".join(each for each in asked if each))


def of_drug(name: str, before: Sequence[GivenBefore]) -> list[GivenBefore]:
    """The doses that hold an ingredient of this drug; without a table those of the same name."""
    wanted = ingredients(name)
    alike = {each for each in {dose.name for dose in before} if wanted & ingredients(each)}
    return [each for each in before if each.name in alike]


def ingredients(name: str) -> frozenset[str]:
    """What a name stands for, and the name itself where there is no table."""
    return frozenset(drug.name for drug in drugs_named(name) or ()) | {name.lower()}


def _near(line: MedicineLine, medicine_id: UUID, before: Sequence[GivenBefore], at: datetime) -> str:
    """What was given so near that somebody decides whether this is another dose, or the same again."""
    hours = timedelta(hours=line.every_hours) if line.every_hours else SOON
    near = [each for each in before if abs(minute(each.happened_at) - minute(at)) < hours]
    if not near:
        return ""
    last = min(near, key=lambda each: abs(each.happened_at - at))
    by = "" if last.medicine_id == medicine_id else " by another order"
    apart = length(round(abs(last.happened_at - at) / timedelta(minutes=1)))
    return f"{last.name.capitalize()} was given{by} {apart} {'before' if last.happened_at <= at else 'after'}"


def _gap(line: MedicineLine, own: Sequence[GivenBefore], at: datetime) -> AsNeededNow | None:
    if line.every_hours is None:
        return None
    hours = timedelta(hours=line.every_hours)
    near = [each.happened_at for each in own if abs(minute(each.happened_at) - minute(at)) < hours]
    if not near:
        return None
    return AsNeededNow(False, max(near) + hours, f"At least {line.every_hours} hours between doses")


def _days_around(before: Sequence[GivenBefore], at: datetime) -> list[list[GivenBefore]]:
    """What was given in every 24 hours that a dose at this moment would be in: a dose may be recorded after later ones."""
    ends = [at, *(each.happened_at for each in before if at < each.happened_at < at + DAY)]
    return [[each for each in before if end - DAY < each.happened_at <= end] for end in ends]


def _count(line: MedicineLine, own: Sequence[GivenBefore], at: datetime) -> AsNeededNow | None:
    if line.times_per_day is None:
        return None
    fullest = max(_days_around(own, at), key=len)
    if len(fullest) < line.times_per_day:
        return None
    given = sorted(each.happened_at for each in fullest)
    return AsNeededNow(False, given[-line.times_per_day] + DAY, f"At most {_times(line.times_per_day)} in 24 hours")


def _number(line: MedicineLine, medicine_id: UUID, before: Sequence[GivenBefore], at: datetime) -> str:
    """What the as-needed orders of a drug gave together, where that is as many as this one is for."""
    if line.times_per_day is None:
        return ""
    needed = [each for each in before if each.medicine_id == medicine_id or each.kind == OrderKind.AS_NEEDED]
    count = max(map(len, _days_around(needed, at)))
    if count < line.times_per_day:
        return ""
    given = f"Given {_times(count)} in 24 hours with another order"
    return f"{given}, ordered at most {_times(line.times_per_day)}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def bounds_of(giving: Giving) -> list[MedicineLine]:
    """The patient's as-needed orders of the same ingredient that name a maximum in 24 hours."""
    lines = [line_from(text) for text in giving.needed or ()]
    wanted = ingredients(giving.name) if lines else frozenset[str]()
    return [line for line in lines if line.day_max is not None and wanted & ingredients(line.name)]


def within_bounds(
    line: MedicineLine,
    bounds: Sequence[MedicineLine],
    before: Sequence[GivenBefore],
    at: datetime,
    amount: float | None,
) -> AsNeededNow:
    """Whether a regular dose stays within the maximum that an as-needed order names; beyond it somebody decides."""
    for bound in bounds:
        as_one = structs.replace(line, day_max=bound.day_max)
        if bound.day_max is not None and not _total(as_one, before, at, amount).may:
            words = (
                f"With this dose more than {bound.day_max.words} in 24 hours, the maximum of {bound.name} when needed"
            )
            return AsNeededNow(True, not_checked=words)
    return AsNeededNow(True)


def _total(line: MedicineLine, before: Sequence[GivenBefore], at: datetime, amount: float | None) -> AsNeededNow:
    if line.day_max is None:
        return AsNeededNow(True)
    bound, unit = float(line.day_max.value), line.day_max.unit
    wanted = amount if amount is not None else float(line.amount.value) if line.amount else None
    new = None if wanted is None else in_unit(wanted, line.amount.unit if line.amount else unit, unit)
    days = [[(each.happened_at, _size(each, unit)) for each in day] for day in _days_around(before, at)]
    if new is None or any(size is None for day in days for _, size in day):
        return AsNeededNow(
            True, not_checked=f"Not checked: at most {line.day_max.words} in 24 hours, the amounts cannot be added up"
        )
    fullest = max(days, key=lambda day: sum(size or 0 for _, size in day))
    left = sum(size or 0 for _, size in fullest)
    if left + new <= bound + TOLERANCE:
        return AsNeededNow(True)
    for given_at, size in sorted(fullest):
        left -= size or 0
        if left + new <= bound + TOLERANCE:
            return AsNeededNow(False, given_at + DAY, f"At most {line.day_max.words} in 24 hours")
    return AsNeededNow(False, None, f"At most {line.day_max.words} in 24 hours")


def _size(each: GivenBefore, unit: str) -> float | None:
    return None if each.amount is None else in_unit(each.amount, each.unit, unit)
