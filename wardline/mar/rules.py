"""Decisions about giving: the five rights and time windows. Pure: time comes in."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import combinations, pairwise
from math import isclose
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.mar import codes
from wardline.mar.checks import title_of
from wardline.mar.models import Giving, Right
from wardline.mar.schedule import NEAR_PARTS, minute
from wardline.orders.public import (
    NUMBER,
    UNIT,
    UNITS,
    MedicineLine,
    OrderKind,
    dose_words,
    drugs_named,
    hours_apart,
    in_unit,
    line_from,
    number,
)
from wardline.patients.public import ids_in, is_wristband_of

WINDOW = timedelta(minutes=60)
CRITICAL_WINDOW = timedelta(minutes=30)  # codes.CRITICAL_SOURCE
OVERDUE_MAX = timedelta(hours=24)  # after that a dose that nobody recorded reads as not recorded
EARLY_MAX = timedelta(hours=4)  # own: a dose of the next day is not given by mistake
CLOCK_SKEW_MAX = timedelta(minutes=1)
LATER_AFTER = timedelta(minutes=2)  # from pressing to arriving: then it was kept by the screen
PRESSED_BACK_MAX = timedelta(days=7)
SOON = timedelta(hours=1)  # own: of an as-needed dose without a gap, another within it is asked about
BY_WEIGHT_ROUNDED = 0.1  # own: a dose by weight is rounded to what can be measured
RATE_ROUNDED = 0.1  # a rate that is worked out from a volume is rounded so, in ml/h
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
HALVES = 2
LITRE_ML = 1000
TOLERANCE = 1e-6
_VERSION = re.compile(r"/V(\d{1,6})/", re.IGNORECASE | re.ASCII)
# What is in one (500 mg), in a volume (10 mg/5 ml), or of each part (500/125 mg); and the first of these alone.
_FIGURE = re.compile(rf"(?<![\w./])(?:{NUMBER})(?:\s*{UNIT})?(?:\s*/\s*(?:{NUMBER})?(?:\s*{UNIT})?)*")
_STRENGTH = re.compile(rf"({NUMBER})\s*({UNIT})")
# A bracket that begins with a figure says the strength again: "1.5 g (20 mmol)", "210 mg (68 mg iron)"; one that begins with a
# name ("amoxicillin 500 mg (clavulanic acid 125 mg)"), or adds something, does not.
_SAID_AGAIN = re.compile(
    r"\(\s*(?:equivalent to|equiv\.?|=|about)?\s*(?=\d)(?![^()]*(?:\b(?:and|with|plus)\b|[+&]))[^()]*\)"
)
_DISSOLVED_IN = re.compile(r"\bin\s+(?:sodium chloride|glucose|dextrose|saline|water)\b.*")
_MASSES = frozenset({"g", "mg", "micrograms", "nanograms", "units", "mmol"})


# --- time --------------------------------------------------------------------------------------------------------------
def window_of(critical: str | None) -> timedelta:
    """How far from its time a dose counts as on time."""
    return CRITICAL_WINDOW if critical else WINDOW


def timing_of(due_at: datetime | None, given_at: datetime, critical: str | None) -> str:
    """`on_time`, `early` or `late`."""
    if due_at is None or abs(given_at - due_at) <= window_of(critical):
        return "on_time"
    return "early" if given_at < due_at else "late"


def state_of_due(due_at: datetime, now: datetime, critical: str | None) -> str:
    """How a dose that nobody has recorded stands: `next`, `due`, `overdue`, or `missed` after a day."""
    window = window_of(critical)
    if due_at - now > window:
        return "next"
    if now - due_at > OVERDUE_MAX:
        return "missed"
    return "overdue" if now - due_at > window else "due"


def _clock(text: str) -> time | None:
    match = re.fullmatch(r"\s*(\d{1,2})[:.]?(\d{2})\s*", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def clock_before(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The last time that the ward's clock said `09:05` up to now; None for what is no time. This minute is now."""
    clock = _clock(text)
    if clock is None:
        return None
    local = now.astimezone(zone)
    if (local.hour, local.minute) == (clock.hour, clock.minute):
        return now
    for back in range(2):
        wall = datetime.combine(local.date() - timedelta(days=back), clock)
        moments = [wall.replace(tzinfo=zone, fold=fold) for fold in (1, 0)]
        been = [moment for moment in moments if moment <= now + CLOCK_SKEW_MAX]
        if been:
            return min(been[0], now)
    return None


def clock_near(text: str, near: datetime, latest: datetime, zone: ZoneInfo) -> datetime | None:
    """When the ward's clock said `09:05` nearest to a moment, and not after the latest; None for what is no time."""
    clock = _clock(text)
    if clock is None:
        return None
    day = near.astimezone(zone).date()
    walls = [datetime.combine(day + away * DAY, clock) for away in (-1, 0, 1)]
    moments = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)]
    been = [moment for moment in moments if moment <= latest]
    nearest = min(been, key=lambda moment: abs(moment - minute(near)), default=None)
    return near if nearest == minute(near) else nearest


def clock_on(day: date, text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the ward's clock said `09:05` on a day; None for what is no time, or is to come."""
    clock = _clock(text)
    if clock is None:
        return None
    at = datetime.combine(day, clock, tzinfo=zone)
    return at if at <= now else None


def is_after_order(given_at: datetime, prescribed_at: datetime) -> bool:
    """A dose is given once it is ordered; the minute of the signature counts whole."""
    return given_at >= minute(prescribed_at)


# --- what is given -----------------------------------------------------------------------------------------------------
def is_infusion(line: MedicineLine) -> bool:
    """Whether giving it means that something runs: a rate, or a volume over hours."""
    if line.rate:
        return True
    volume = line.amount is not None and line.amount.unit in {"ml", "litres"}
    return bool(volume and line.over_minutes and line.over_minutes >= 60)


def volume_ml(line: MedicineLine) -> float | None:
    """The volume of an infusion that says one."""
    if line.rate or line.amount is None or line.amount.unit not in {"ml", "litres"}:
        return None
    return float(line.amount.value) * (LITRE_ML if line.amount.unit == "litres" else 1)


def rate_of(line: MedicineLine) -> tuple[float | None, str]:
    """The ordered rate with its unit; of a volume over hours, ml/h."""
    if line.rate and line.amount is not None:
        return float(line.amount.value), f"{line.amount.unit}{'/kg' if line.per_kg else ''}/{line.rate}"
    volume = volume_ml(line)
    if volume is None or not line.over_minutes:
        return None, "ml/h"
    return round(volume * 60 / line.over_minutes, 1), "ml/h"


def run_in_ml(
    rate: float | None, unit: str, *, volume_given: float | None, since: datetime, now: datetime
) -> float | None:
    """What an infusion in ml/h has run in by now; None where its rate is no volume."""
    if rate is None or unit != "ml/h":
        return volume_given
    return (volume_given or 0) + rate * max((now - since) / timedelta(hours=1), 0)


def too_fast(line: MedicineLine, rate: float | None) -> str:
    """Why a rate is more than what is ordered; empty where it is not, or the order says none."""
    ordered_rate, unit = rate_of(line)
    if rate is None or ordered_rate is None or not is_infusion(line):
        return ""
    if line.rate:
        high = float(line.amount_to.value) if line.amount_to else ordered_rate
        room = TOLERANCE
    else:
        high, room = ordered_rate, RATE_ROUNDED
    return f"{rate:g} {unit} is faster than the ordered {high:g} {unit}." if rate > high + room else ""


def too_large(line: MedicineLine, volume: float | None) -> str:
    """Why a volume is more than what is ordered; empty where it is not, or the order says none."""
    high = volume_ml(line)
    if volume is None or high is None or volume <= high + TOLERANCE:
        return ""
    return f"{volume:g} mL is more than the ordered {high:g} mL."


class Ordered(Struct, frozen=True):
    """How much of an order is one dose: from, at most, and in which unit; None where only the giver can say."""

    low: float | None
    high: float | None
    unit: str


def ordered(giving: Giving, line: MedicineLine) -> Ordered:
    """What one dose is: of the planned dose, or of the line; of an infusion by rate, the rate. A dose by weight is entered,
    near what the newest weight makes of it."""
    if line.rate and line.amount is not None:
        low = float(line.amount.value)
        return Ordered(low, float(line.amount_to.value) if line.amount_to else low, rate_of(line)[1])
    if line.per_kg:
        return _by_weight(giving, line)
    if giving.dose_id is not None and giving.amount is not None:
        return Ordered(giving.amount, giving.amount_to or giving.amount, giving.unit or "")
    if line.amount is None:
        return Ordered(None, None, "")
    low = float(line.amount.value)
    return Ordered(low, float(line.amount_to.value) if line.amount_to else low, line.amount.unit)


def _by_weight(giving: Giving, line: MedicineLine) -> Ordered:
    if line.amount is None or giving.weight_kg is None:
        return Ordered(None, None, line.amount.unit if line.amount else "")
    low = float(line.amount.value) * giving.weight_kg
    high = float(line.amount_to.value) * giving.weight_kg if line.amount_to else low
    return Ordered(low * (1 - BY_WEIGHT_ROUNDED), high * (1 + BY_WEIGHT_ROUNDED), line.amount.unit)


# --- the five rights -----------------------------------------------------------------------------------------------------
def same_patient(scan: str, giving: Giving) -> bool:
    """Whether a wristband is this patient's: their number, the hospital's number, or their id in a code."""
    return is_wristband_of(scan, person_id=giving.person_id, numbers=(giving.network_number, giving.mrn))


class Scan(Struct, frozen=True):
    """What a code or a line on a medicine says: orders by their ids, or a drug by name or code with its strength."""

    orders: frozenset[UUID]
    names: frozenset[str] | None  # ingredients; None: not understood
    strength: tuple[float, str] | None
    version: int | None = None  # of the order, where the label says it


def read_scan(text: str) -> Scan:
    """A pharmacy label carries the id of its order; anything else is a product by name, ATC or RxNorm code."""
    ids = ids_in(text)
    if ids:
        version = _VERSION.search(text)
        return Scan(ids, None, None, int(version[1]) if version else None)
    plain = text.lower().replace("µ", "u").replace("μ", "u")
    end = next((each.start() for each in _figures(plain)), len(plain))
    behind = _SAID_AGAIN.sub(" ", plain[end:])
    drugs = drugs_named(plain[:end].strip())
    names = frozenset(drug.name for drug in drugs or ()) | (_named_in(behind) if drugs else frozenset())
    strengths = [_strength(each[0]) for each in _figures(behind)]
    if not names or (len(names) == 1 and any(_differ(*two) for two in combinations(filter(None, strengths), 2))):
        return Scan(ids, None, None)  # no medicine, or one of two strengths: nobody knows which
    return Scan(ids, names, strengths[0] if len(names) == 1 and strengths else None)


def _figures(text: str) -> list[re.Match[str]]:
    return [each for each in _FIGURE.finditer(text) if re.search(UNIT, each[0])]


def _differ(one: tuple[float, str], other: tuple[float, str]) -> bool:
    """Whether these are two strengths: 20 mg and 40 mg are, 0.1 mg and 100 micrograms are one, and so are 1.5 g and 20 mmol."""
    size = in_unit(*one, other[1]) if one[1] in _MASSES else None
    return size is not None and not isclose(size, other[0])


def _strength(figure: str) -> tuple[float, str] | None:
    match = _STRENGTH.fullmatch(figure.strip())
    value = number(match[1]) if match else None
    return None if match is None or value is None else (float(value), UNITS[match[2]])


def _named_in(text: str) -> frozenset[str]:
    """The drugs that stand behind a strength: "paracetamol 500 mg and codeine 30 mg" is no paracetamol. What a bag was made up
    with is none of them."""
    words = re.findall(r"[a-z][a-z-]+", _DISSOLVED_IN.sub("", text))
    found = [drugs_named(each) or () for each in (*words, *map(" ".join, pairwise(words)))]
    return frozenset(drug.name for drugs in found for drug in drugs)


def right_patient(scan: str, giving: Giving, identifiers: Sequence[str], at: datetime | None) -> Right:
    """The wristband, or two identifiers that were asked for."""
    words = f"{giving.family.upper()}, {giving.given}"
    right = partial(Right, key="patient", title=title_of("patient"))
    if scan:
        if same_patient(scan, giving):
            return right(holds=True, source="Wristband", at=at, words=words)
        return right(holds=False, source="Wristband", at=at, words=f"This wristband is not that of {words}.")
    if len(set(identifiers)) >= 2:
        return right(holds=True, source="Asked", at=at, words=words)
    return right(holds=None, words=f"Scan the wristband of {words}")


def right_medicine(scan: str, giving: Giving, at: datetime | None, *, by_hand: bool) -> Right:
    """The label or the product, or what was read by eye where a reason says why nothing was scanned."""
    right = partial(Right, key="medicine", title=title_of("medicine"))
    if not scan:
        if by_hand:
            return right(holds=True, source="Read by eye", at=at, words=giving.name)
        return right(holds=None, words=f"Scan the label of {giving.name}")
    found = read_scan(scan)
    if found.orders:
        if giving.medicine_id in found.orders and found.version is not None and found.version < giving.line_version:
            earlier = (
                "This label is of the order before it was changed. Scan the product, or type its name and strength."
            )
            return right(holds=False, source="Label", at=at, words=earlier)
        if giving.medicine_id in found.orders:
            return right(holds=True, source="Label", at=at, words=giving.name)
        return right(holds=False, source="Label", at=at, words="This label is for another order.")
    if found.names is None:
        return right(holds=False, source="Scan", at=at, words="This code is not known as a medicine.")
    wanted = frozenset(drug.name for drug in drugs_named(giving.name) or ())
    if found.names != wanted:
        words = f"This is {' + '.join(sorted(found.names))}; {giving.name} is ordered."
        return right(holds=False, source="Scan", at=at, words=words)
    return right(holds=True, source="Product", at=at, words=scan.strip()[:100])


def differs(right: Right, words: str) -> Right:
    """The same right, which does not hold."""
    return Right(key=right.key, title=right.title, holds=False, source="Order", at=right.at, words=words)


def right_dose(scan: str, amount: float | None, of: Ordered, at: datetime | None, *, reason: str, words: str) -> Right:
    """The amount against the order, and the strength of what was scanned against the amount."""
    right = partial(Right, key="dose", title=title_of("dose"))
    if of.low is None or of.high is None:
        if amount is None:
            return right(holds=None, words=f"{words}: enter the dose that is given")
        return right(holds=True, source="Entered", at=at, words=f"{amount:g} {of.unit}, ordered {words}")
    given = of.low if amount is None and of.low == of.high else amount
    if given is None:
        return right(holds=None, words=f"{words}: enter the dose that is given")
    if given > of.high + TOLERANCE:
        too_much = f"{given:g} {of.unit} is more than the ordered {words}."
        return right(holds=False, source="Order", at=at, words=too_much)
    if given < of.low - TOLERANCE and len(reason.strip()) < 3:
        return right(holds=None, words=f"{given:g} of {words}: say why not all of it")
    strength = read_scan(scan).strength if scan else None
    if strength is not None:
        return _by_strength(given, of.unit, strength, at)
    return right(holds=True, source="Order", at=at, words=f"{given:g} {of.unit}, ordered {words}")


def _by_strength(given: float, unit: str, strength: tuple[float, str], at: datetime | None) -> Right:
    right = partial(Right, key="dose", title=title_of("dose"))
    size, written = in_unit(strength[0], strength[1], unit), f"{strength[0]:g} {strength[1]}"
    if size is None:
        return right(holds=True, source="Order", at=at, words=f"{given:g} {unit}")
    units = given / size
    if abs(units * HALVES - round(units * HALVES)) > TOLERANCE or units < 1 / HALVES - TOLERANCE:
        words = f"{given:g} {unit} cannot be given in halves of {written}."
        return right(holds=False, source="Scan", at=at, words=words)
    return right(holds=True, source="Scan", at=at, words=f"{given:g} {unit} = {units:g} x {written}")


def interval_of(line: MedicineLine) -> timedelta:
    """How far apart the doses of a line are; where they come on days of the week, the two that are nearest."""
    hours = hours_apart(line)
    return hours * HOUR if hours else DAY / (line.times_per_day or 1)


def near_another(giving: Giving, line: MedicineLine, given_at: datetime) -> str:
    """How near to the last dose of the order this one would be, in words; empty where there is time between them."""
    if giving.due_at is None or giving.other_at is None or line.kind not in {OrderKind.SCHEDULED, OrderKind.TAPER}:
        return ""
    apart = abs(given_at - giving.other_at)
    if apart >= interval_of(line) / NEAR_PARTS:
        return ""
    return f"{length(round(apart / timedelta(minutes=1)))} from the last dose"


def right_time(giving: Giving, given_at: datetime, *, near: str, reason: str) -> Right:
    """The planned time and its window, and time since the last dose (`near` says where it is too short); else with a reason."""
    right = partial(Right, key="time", title=title_of("time"))
    if giving.due_at is None:
        return right(holds=True, source="By the clock", at=given_at, words="Given when needed")
    timing = timing_of(giving.due_at, given_at, giving.critical)
    minutes = int(window_of(giving.critical) / timedelta(minutes=1))
    if timing == "on_time" and not near:
        return right(holds=True, source="By the clock", at=given_at, words=f"Within {minutes} min of its time")
    apart = length(round(abs(given_at - giving.due_at) / timedelta(minutes=1)))
    words = ", ".join(each for each in ("" if timing == "on_time" else f"{apart} {timing}", near) if each)
    words = words[0].upper() + words[1:]
    if len(reason.strip()) < 3:
        return right(holds=None, words=f"{words}: say why")
    return right(holds=True, source="With a reason", at=given_at, words=f"{words}: {reason.strip()}")


def right_route(giving: Giving, at: datetime | None, *, checked: bool) -> Right:
    """The route of the order; where there is a line, somebody looked at it."""
    right = partial(Right, key="route", title=title_of("route"))
    if giving.route not in codes.LINE_CHECKED:
        return right(holds=True, source="Order", at=at, words=giving.route.capitalize())
    if checked:
        return right(holds=True, source="Line checked", at=at, words=giving.route.capitalize())
    return right(holds=None, words=f"{giving.route.capitalize()}: look at the line")


def length(minutes: int) -> str:
    """`45 min`, `2 h 20 min`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def words_of(giving: Giving, line: MedicineLine) -> str:
    """The dose in words: of the planned dose where the line has several."""
    if line.steps and giving.amount is not None:
        return f"{giving.amount:,g} {giving.unit}"
    if line.per_kg and not line.rate and line.amount is not None and giving.weight_kg is not None:
        amount = float(line.amount.value) * giving.weight_kg
        return f"{dose_words(line)}, {amount:,.4g} {line.amount.unit} at {giving.weight_kg:g} kg"
    return dose_words(line)


def line_of(giving: Giving) -> MedicineLine:
    """The line of the order as it stands."""
    return line_from(giving.line)


def kind_of(giving: Giving) -> OrderKind:
    """How its doses follow."""
    return OrderKind(giving.kind)
