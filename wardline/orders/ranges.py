"""Ranges in a line of entry: "5-10 mg", "500 mg-1 g", "0.05-0.5 mcg/kg/min", "4-6 hourly", "3-4 times a day", "for 5-7 days".

A dose or a rate has a lower and an upper end, and so has the interval of a medicine as needed: its shorter end is the least
time between two doses, and the checks count with it. Whatever must be one number (the interval of a regular order, days, the
most in 24 hours) is asked for; a single number elsewhere in the line answers.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from wardline.orders.doses import MILLIGRAMS
from wardline.orders.lines import HOURS_PER_DAY, Amount, hours_words, plain, range_words
from wardline.orders.reading import MOST, NUMBER, PER_DAY, UNIT, Reading, amount_of

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
TO = r"\s*(?:-|to|or)\s*"
HOURS_MAX = 24 * 366
DAYS_MAX = 366
EVERY_OF = {
    "h": 1, "d": 24, "w": 168, "wk": 168, "wks": 168, "hour": 1, "hours": 1, "hourly": 1, "hrly": 1, "hrs": 1, "hr": 1, "day": 24, "days": 24, "week": 168, "weeks": 168,
}  # fmt: skip
EACH = r"(?:hourly|hrly|hours?|hrs?|h|days?|weeks?)(?![a-z])"
DAYS_OF = {"d": 1, "day": 1, "days": 1, "/7": 1, "w": 7, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "/52": 7}
TIMES = {"od": 1, "once": 1, "bd": 2, "bid": 2, "twice": 2, "tds": 3, "tid": 3, "qds": 4, "qid": 4}
TIMES_MAX = 24
COUNTED = frozenset({"tablets", "capsules", "sachets", "puffs", "sprays", "drops", "patches", "applications"})
_TIME = r"(?:\s*/\s*(minutes?|min|hours?|hr|h))?"
_NAMES = "|".join(sorted(TIMES, key=len, reverse=True))
_A_DAY = r"\s*(?:x|times)\s*(?:a|per|/|each)?\s*(?:day|daily|d)"


# --- amounts -----------------------------------------------------------------------------------------------------------
def bounds(reading: Reading) -> None:
    """`max 3-4 g`, `over 5-10 min`: one number is wanted of each. `500 mg up to 1 g` is a range, or a dose and its most."""
    either = reading.take(rf"({NUMBER})\s*({UNIT})\s*up to\s*({NUMBER})\s*({UNIT})(?!{PER_DAY})")
    if either is not None:
        low, high = f"{either[1]} {either[2]}", f"{either[3]} {either[4]}"
        choices = (f"{low} to {high}", f"{low} at most {high} in 24 hours")
        reading.ask("amount", f"{low} up to {high}: each time, or at most {high} in 24 hours?", choices)
    most = reading.take(rf"{MOST}\s*({NUMBER})\s*(?:{UNIT})?{TO}({NUMBER})\s*({UNIT})(?:{PER_DAY})?")
    if most is not None:
        ends = [amount_of(reading, each, most[3]) for each in (most[1], most[2])]
        words = [f"at most {each.words} in 24 hours" for each in ends if each]
        _one_of(reading, "day_max", ends, words, f"At most {most[1]}, or {most[2]} {most[3]}?")
    over = reading.take(rf"over\s*(\d{{1,4}}){TO}(\d{{1,4}})\s*(hours?|hrs?|h|minutes?|mins?)")
    if over is not None:
        unit, size = ("hours", 60) if over[3].startswith("h") else ("minutes", 1)
        words = [f"over {each} {unit}" for each in (over[1], over[2])]
        minutes = [int(each) * size for each in (over[1], over[2])]
        _one_of(reading, "over_minutes", minutes, words, f"Over {over[1]}, or {over[2]} {unit}?")


def amounts(reading: Reading) -> None:
    """`5-10 mg`, `500 mg to 1 g`, `1 or 2 tablets`, `0.05-0.5 micrograms/kg/min`."""
    end = rf"({NUMBER})\s*(?:({UNIT})(\s*/\s*kg)?{_TIME})?"
    pattern = rf"(?:(?:at|@)\s*)?{end}(\s*(?:-|to|or)\s*)({NUMBER})\s*({UNIT})(\s*/\s*kg)?{_TIME}"
    for found in iter(lambda: reading.take(pattern), None):
        low, unit_low, kg_low, time_low, between, high, unit, kg, time = found.groups()
        if unit_low and ((kg_low and not kg) or (time_low and (time or "")[:1] != time_low[:1])):
            reading.ask("amount", f'"{found[0].strip()}" has two units: write both ends in one.')
            continue
        _set_range(reading, amount_of(reading, low, unit_low or unit), amount_of(reading, high, unit), between.strip())
        reading.set(per_kg=bool(kg), **({"rate": "min" if time.startswith("m") else "h"} if time else {}))
        if "ng" in (unit_low, unit):
            reading.nanograms = f"{low}-{high}"


def _set_range(reading: Reading, low: Amount | None, high: Amount | None, between: str) -> None:
    if low is None or high is None:
        return  # asked already: one of them is not an amount
    said = f"{low.words} to {high.words}" if low.unit != high.unit else f"{plain(low.value)} to {high.words}"
    same = _in_one_unit(low, high)
    if same is None:
        reading.ask("amount", f"{said} has two units: write both ends in one.")
    elif same[0].value >= same[1].value:
        reading.ask("amount", f"{said} is not a range.")
    elif between == "or" and same[0].unit not in COUNTED:
        choices = (low.words, high.words, f"{plain(same[0].value)} to {same[1].words}")
        reading.ask("amount", f"{low.words}, or {high.words}, or anything between?", choices)
    else:
        reading.set(amount=same[0], amount_to=same[1])


def _in_one_unit(low: Amount, high: Amount) -> tuple[Amount, Amount] | None:
    """Both ends in the smaller unit, which needs no fractions; None where they do not measure the same."""
    if low.unit == high.unit:
        return low, high
    if low.unit not in MILLIGRAMS or high.unit not in MILLIGRAMS:
        return None
    unit = min(low.unit, high.unit, key=MILLIGRAMS.__getitem__)
    return _as(low, unit), _as(high, unit)


def _as(amount: Amount, unit: str) -> Amount:
    size = Decimal(str(MILLIGRAMS[amount.unit])) / Decimal(str(MILLIGRAMS[unit]))
    return Amount(Decimal(f"{(amount.value * size).normalize():f}"), unit)


def bare(reading: Reading, units: tuple[str, ...]) -> bool:
    """`5-10` without a unit: asked, whatever the strengths are. Returns whether there was one."""
    found = reading.take(rf"({NUMBER}){TO}({NUMBER})")
    if found is not None:
        reading.ask(
            "amount", f"{found[1]} to {found[2]} of what?", tuple(f"{found[1]}-{found[2]} {unit}" for unit in units)
        )
    return found is not None


# --- how often, how long -----------------------------------------------------------------------------------------------
def often(reading: Reading) -> None:
    """Ranges of intervals, of times a day and of days. As needed, the shorter interval and the higher number count."""
    _minutes(reading)
    _intervals(reading)
    _times(reading)
    days = reading.take(rf"(?:for\s*|x\s*)?(\d{{1,3}}){TO}(\d{{1,3}})\s*(d|days?|w|weeks?|wks?|/7|/52)")
    if days is not None:
        ends = [int(each) * DAYS_OF[days[3]] for each in (days[1], days[2])]
        words = [f"for {each} days" for each in ends]
        _one_of(reading, "days", ends, words, f"For {ends[0]}, or {ends[1]} days?")


def _intervals(reading: Reading) -> None:
    found = reading.take(
        rf"(?:every|q)\s*(\d{{1,3}})\s*({EACH})?{TO}(?:every\s*|q\s*)?(\d{{1,3}})\s*({EACH})"
    ) or reading.take(rf"(\d{{1,3}})\s*(hourly|hrly|h)?{TO}(\d{{1,3}})\s*(hourly|hrly)")
    if found is not None:
        low, high = (int(found[each]) * EVERY_OF[found[unit] or found[4]] for each, unit in ((1, 2), (3, 4)))
        _set_interval(reading, low, high)
    vague = reading.take(rf"(?:every|q)\s*(\d{{1,3}}){TO}(\d{{1,3}})(?!\s*(?:months?|years?))") or reading.take(
        rf"(?<!for )(\d{{1,3}})\s*(?:hrs?|h)?{TO}(\d{{1,3}})\s*(?:hours?|hrs?|h)"
    )
    if vague is not None and reading.fields.get("every_hours") != int(vague[1]):
        choices = (f"every {vague[1]} to {vague[2]} hours",)
        reading.ask("often", f'"{vague[0].strip()}": every {vague[1]} to {vague[2]} hours? Write it out.', choices)


def _set_interval(reading: Reading, low: int, high: int) -> None:
    if not 0 < low < high <= HOURS_MAX:
        reading.ask("often", f"Every {low} to {high} hours cannot be.")
    elif reading.fields.get("as_needed"):
        reading.set(every_hours=low, every_hours_to=high)
        words = f"at least {hours_words(low)} between two doses, the shorter of {range_words(low, high)}"
        most = (
            ""
            if reading.fields.get("day_max")
            else '; the checks count one each time unless a most is said ("max 4 doses")'
        )
        reading.assumptions.append(f"{words}{most}")
    else:
        words = ["every hour" if hours == 1 else f"every {hours_words(hours)}" for hours in (low, high)]
        asked = f"A regular dose has one interval: {words[0]}, or {words[1]}? A range is for as needed."
        _one_of(reading, "every_hours", [low, high], words, asked, also=("as needed",))


def _minutes(reading: Reading) -> None:
    """`every 5 minutes`: an order keeps hours between doses."""
    found = reading.take(rf"(?:every|q)\s*(\d{{1,3}})(?:{TO}(\d{{1,3}}))?\s*(?:minutes?|mins?)")
    if found is None:
        return
    if not found[2] and int(found[1]) and int(found[1]) % 60 == 0:
        reading.set(every_hours=int(found[1]) // 60)
    else:
        words = "An interval of minutes is not kept by an order: write the hours between two doses, or once only."
        _one_of(reading, "once", [True], ["once only"], words)


def _times(reading: Reading) -> None:
    numbers = reading.take(rf"(\d{{1,2}}){TO}(\d{{1,2}}){_A_DAY}") or reading.take(
        rf"(once){TO}(twice)\s*(?:a day|daily)"
    )
    found = numbers or reading.take(rf"({_NAMES}){TO}({_NAMES})")
    if found is not None:
        low, high = (TIMES.get(each) or int(each) for each in (found[1], found[2]))
        _set_times(reading, low, high)
    most = reading.take(rf"{MOST}\s*({_NAMES})(?:\s*(?:a day|daily))?")
    if most is not None:
        _at_most(reading, TIMES[most[1]])


def _at_most(reading: Reading, times: int) -> None:
    words = "once a day" if times == 1 else f"{times} times a day"
    if reading.fields.get("as_needed"):
        reading.set(times_per_day=times)
    else:
        asked = f"A regular dose is given so many times a day, not up to: {words}? Or as needed?"
        _one_of(reading, "times_per_day", [times], [words], asked, also=("as needed",))


def _set_times(reading: Reading, low: int, high: int) -> None:
    if not 0 < low < high <= TIMES_MAX:
        reading.ask("often", f"{low} to {high} times a day cannot be.")
    elif reading.fields.get("as_needed"):
        reading.set(times_per_day=high)
        reading.assumptions.append(f"at most {high} times in 24 hours")
    else:
        words = ["once a day" if each == 1 else f"{each} times a day" for each in (low, high)]
        asked = f"A regular dose is given so many times a day: {low}, or {high}? A range is for as needed."
        _one_of(reading, "times_per_day", [low, high], words, asked, also=("as needed",))


# --- one number of two ---------------------------------------------------------------------------------------------------
def _one_of(
    reading: Reading, field: str, ends: Sequence[object], words: list[str], asked: str, also: tuple[str, ...] = ()
) -> None:
    """Remember that one of two is wanted: the rest of the line may say which."""
    reading.either.append((field, tuple(ends), asked, (*words, *also)))


def settle(reading: Reading) -> None:
    """Ask for what the rest of the line has not said."""
    often = {"every_hours", "times_per_day", "once"}
    for field, ends, asked, choices in reading.either:
        if reading.fields.get(field) in ends or any(question.words == asked for question in reading.questions):
            continue
        answers = _beside_times(reading, ends) if field == "every_hours" else ()
        reading.ask("often" if field in often else field, asked, answers or choices)


def _beside_times(reading: Reading, ends: tuple[object, ...]) -> tuple[str, ...]:
    """What answers "qds 4-6 hourly": the interval that is four times a day, or as needed with that most."""
    times = reading.fields.get("times_per_day")
    if not isinstance(times, int) or reading.fields.get("per_kg"):
        return ()
    same = [
        f"every {hours_words(hours)}" for hours in ends if isinstance(hours, int) and hours * times == HOURS_PER_DAY
    ]
    return (*same, f"as needed at most {times} {'dose' if times == 1 else 'doses'} in 24 hours")


def spelled(plain_text: str, in_words: dict[str, str]) -> str:
    """`four to six hourly`, `one or two tablets` in figures, where the second is a figure by now."""
    names = "|".join(in_words)
    return re.sub(rf"\b({names})(?=\s+(?:to|or)\s+\d)", lambda found: in_words[found[1]], plain_text)
