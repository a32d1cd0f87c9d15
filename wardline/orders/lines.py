"""A medicine line: what is given, how much, by which route, how often and for how long; in words, and back into text."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from wardline.orders.doses import in_unit
from wardline.orders.drugs import DrugTable
from wardline.orders.models import Considered

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 7 * HOURS_PER_DAY
MINUTES_PER_DAY = 24 * 60


class OrderKind(StrEnum):
    """How doses follow from an order."""

    SCHEDULED = "scheduled"
    AS_NEEDED = "as_needed"
    ONCE = "once"
    INFUSION = "infusion"
    TAPER = "taper"


class Amount(Struct, frozen=True):
    """A number with its unit: mg, g, micrograms, units, ml, tablets ..."""

    value: Decimal
    unit: str

    @property
    def words(self) -> str:
        """`1,000 units`, `0.5 mg`."""
        return f"{plain(self.value, commas=True)} {self.unit}"


class Step(Struct, frozen=True):
    """A step of a tapering dose."""

    amount: Amount
    days: int


class MedicineLine(Struct, frozen=True, kw_only=True):
    """One order as it was understood. What was not said, and could not be inferred, is None or empty."""

    name: str
    amount: Amount | None = None
    amount_to: Amount | None = None  # the upper end of a range
    per_kg: bool = False
    rate: str = ""  # of an infusion: "min" or "h"
    strength: str = ""  # what the dose is made of: 10 mg/5 ml, 50 %, 30/500
    diluent: str = ""  # what it is given in: 1 litres sodium chloride 0.9 %
    over_minutes: int | None = None
    route: str = ""
    side: str = ""  # left eye, both ears
    form: str = ""
    times_per_day: int | None = None
    every_hours: int | None = None
    every_hours_to: int | None = None  # as needed: the longer end of the interval; the other is the least between doses
    at: str = ""  # morning, night
    weekdays: tuple[str, ...] = ()  # on these days only, as WEEKDAYS has them (FHIR's dayOfWeek)
    clocks: tuple[str, ...] = ()  # at these times on the ward's clock, as 08:00 (FHIR's timeOfDay)
    meal: str = ""  # with food, after food, before food
    as_needed: bool = False
    reason: str = ""
    day_max: Amount | None = None
    once: bool = False
    days: int | None = None
    steps: tuple[Step, ...] = ()

    @property
    def kind(self) -> OrderKind:
        """How doses follow from it."""
        if self.steps:
            return OrderKind.TAPER
        if self.once:
            return OrderKind.ONCE
        if self.rate:
            return OrderKind.INFUSION
        return OrderKind.AS_NEEDED if self.as_needed else OrderKind.SCHEDULED


def plain(value: Decimal, *, commas: bool = False) -> str:
    """A leading zero and no trailing one: `0.5`, `5`, `1,000`."""
    text = f"{value:,f}" if commas else f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- in words ----------------------------------------------------------------------------------------------------------
WEEKDAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
            "sat": "Saturday", "sun": "Sunday"}  # fmt: skip


def dose_words(line: MedicineLine) -> str:
    """`500 mg`, `2 to 4 mg`, `0.1 micrograms/kg/min`."""
    if line.steps:
        return ", then ".join(f"{step.amount.words} for {_days(step.days)}" for step in line.steps)
    if line.amount is None:
        return ""
    words = line.amount.words
    if line.amount_to is not None:
        words = f"{plain(line.amount.value, commas=True)} to {line.amount_to.words}"
    return words + ("/kg" if line.per_kg else "") + (f"/{line.rate}" if line.rate else "")


def often_words(line: MedicineLine) -> str:
    """`3 times a day`, `every 6 hours`, `at night`, `once a week on Monday, at night`, `twice a day at 10:00 and 22:00`, `once only`;
    empty while it is not known."""
    at = "" if not line.at else f"in the {line.at}" if line.at == "morning" else f"at {line.at}"
    every_day = line.times_per_day == 1 and line.every_hours is None and not line.once
    interval = "" if at and every_day else _interval_words(line)
    days = f"on {days_words(line.weekdays)}" if line.weekdays else ""
    if len(line.weekdays) == 1 and line.times_per_day is not None:
        days += "s"  # each of them, and so it reads back
    clocks = f"at {_listed(line.clocks)}" if line.clocks else ""
    return ", ".join(filter(None, (" ".join(filter(None, (interval, days, clocks))), at)))


def days_words(days: Sequence[str]) -> str:
    """`Monday, Wednesday and Friday`."""
    return _listed([WEEKDAYS[day] for day in days])


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def times_words(times: int) -> str:
    """`once a day`, `3 times a day`."""
    return {1: "once a day", 2: "twice a day"}.get(times, f"{times} times a day")


def _interval_words(line: MedicineLine) -> str:
    if line.once:
        return "once only"
    if line.times_per_day is not None:
        return times_words(line.times_per_day)
    if line.every_hours is not None:
        if line.every_hours_to is not None:
            return f"every {range_words(line.every_hours, line.every_hours_to)}"
        if line.every_hours == 1:
            return "every hour"
        if line.every_hours == HOURS_PER_WEEK:
            return "once a week"
        return f"every {hours_words(line.every_hours)}"
    return ""


def hours_words(hours: int) -> str:
    """`1 hour`, `6 hours`, `28 days`."""
    if hours % HOURS_PER_DAY == 0 and hours > HOURS_PER_DAY:
        return f"{hours // HOURS_PER_DAY} days"
    return "1 hour" if hours == 1 else f"{hours} hours"


def hours_apart(line: MedicineLine) -> int | None:
    """The least hours between two doses of a line that counts them in hours or gives them days apart; None for so many a day."""
    gaps = gaps_hours(line)
    return (
        line.every_hours if line.every_hours is not None else min(gaps) if gaps and min(gaps) > HOURS_PER_DAY else None
    )


def gaps_hours(line: MedicineLine) -> list[int]:
    """The hours between the days of the week of a line that is given once on each of them; none for any other."""
    if not line.weekdays or line.times_per_day != 1:
        return []
    days = [list(WEEKDAYS).index(day) for day in line.weekdays]
    return [(after - before) * HOURS_PER_DAY for before, after in pairwise([*days, days[0] + len(WEEKDAYS)])]


def range_words(low: int, high: int) -> str:
    """`4 to 6 hours`, `28 to 42 days`."""
    in_days = low % HOURS_PER_DAY == 0 and high % HOURS_PER_DAY == 0
    size, unit = (HOURS_PER_DAY, "days") if in_days else (1, "hours")
    return f"{low // size} to {high // size} {unit}"


def parts(line: MedicineLine) -> list[str]:
    """What follows the name, in the order of a medication line; nothing that is not known."""
    as_needed = ("as needed" + (f" for {line.reason}" if line.reason else "")) if line.as_needed else ""
    return [
        part
        for part in (
            f"of {line.strength}" if line.strength else "",
            line.form,
            line.route,
            line.side,
            often_words(line),
            line.meal,
            f"in {line.diluent}" if line.diluent else "",
            f"over {line.over_minutes} minutes" if line.over_minutes else "",
            as_needed,
            f"at most {line.day_max.words} in 24 hours" if line.day_max else "",
            f"for {_days(line.days)}" if line.days and not line.steps else "",
        )
        if part
    ]


def text(line: MedicineLine) -> str:
    """The line as somebody could have typed it: reading it again gives the same line."""
    if line.steps:
        steps = " then ".join(
            f"{plain(step.amount.value)} {step.amount.unit} for {_days(step.days)}" for step in line.steps
        )
        return " ".join(part for part in (line.name, steps, *parts(line)) if part)
    return " ".join(part for part in (line.name, dose_words(line), *parts(line)) if part)


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


# --- for the checks ----------------------------------------------------------------------------------------------------
def considered(line: MedicineLine, table: DrugTable | None) -> Considered:
    """The line as the checks see it: the most that one dose and one day can come to."""
    found = table.find(line.name) if table else None
    highest = _made_of(line, _highest(line))
    return Considered(
        name=line.name,
        drugs=found.drugs if found else (),
        route=line.route,
        unit=highest.unit if highest else "",
        dose=None if highest is None or line.rate else float(highest.value),
        day_total=None if highest is None else _day_total(line, highest),
        per_kg=line.per_kg,
    )


_IN_ML = re.compile(r"([\d.,]+) (mg|g|micrograms|nanograms|units|mmol)/(?:([\d.,]+) )?ml")


def _made_of(line: MedicineLine, amount: Amount | None) -> Amount | None:
    """Millilitres of a known strength as what they hold: 10 ml of 240 mg/5 ml are 480 mg."""
    held = held_in_ml(line.strength)
    if amount is None or held is None or amount.unit != "ml":
        return amount
    return Amount(amount.value * held.value, held.unit)


def held_in_ml(strength: str) -> Amount | None:
    """What one millilitre holds: 48 mg of `240 mg/5 ml`; None where a strength does not say it."""
    found = _IN_ML.fullmatch(strength)
    if found is None:
        return None
    held, volume = (Decimal((each or "1").replace(",", "")) for each in (found[1], found[3]))
    return Amount(held / volume, found[2]) if volume else None


def _highest(line: MedicineLine) -> Amount | None:
    if not line.steps:
        return line.amount_to or line.amount
    unit = line.steps[0].amount.unit
    sized = [(in_unit(float(step.amount.value), step.amount.unit, unit), step.amount) for step in line.steps]
    known = [(size, amount) for size, amount in sized if size is not None]
    return max(known, key=lambda each: each[0])[1] if len(known) == len(sized) else None


def _day_total(line: MedicineLine, highest: Amount) -> float | None:
    total = _without_bound(line, float(highest.value))
    if line.day_max is None or line.per_kg:
        return total
    most = _made_of(line, line.day_max) or line.day_max
    bound = in_unit(float(most.value), most.unit, highest.unit)
    return bound if total is None else total if bound is None else min(total, bound)


def _without_bound(line: MedicineLine, amount: float) -> float | None:
    if line.rate:
        return amount * (MINUTES_PER_DAY if line.rate == "min" else HOURS_PER_DAY)
    if line.once:
        return amount
    if line.times_per_day is not None:
        return amount * line.times_per_day
    if line.every_hours is not None:
        return amount * max(1.0, HOURS_PER_DAY / line.every_hours)
    return None
