"""Days of the week and times of the day in a line of entry: "weekly on monday", "mon/wed/fri", "bd at 10:00 and 22:00".

What is said twice in two ways is asked: "bd at 18:00", "once a week mon thu". A bare number is a time only behind "at", so that no
dose and no count is ever taken for one; "at 8" and "8:30" are asked, since they may be in the evening, and so is how often, of a
single time without it. An order keeps both as FHIR's timing does (`dayOfWeek`, `timeOfDay`).
"""

import re
from itertools import pairwise
from typing import NamedTuple

from wardline.orders.lines import HOURS_PER_DAY, HOURS_PER_WEEK, WEEKDAYS, days_words, hours_words, times_words
from wardline.orders.reading import NUMBER, UNIT, Reading

_DAY = r"(?:mon(?:days?)?|tue(?:s|sdays?)?|wed(?:s|nesdays?)?|thu(?:r|rs|rsdays?)?|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?)(?![a-z])"
_ITEM = rf"{_DAY}(?:\s*-\s*{_DAY}){{2,}}|{_DAY}\s*(?:-|to|through|thru)\s*{_DAY}|{_DAY}"
_BETWEEN = r"\s*(?:,|/|&|\+)?\s*(?:and\s+)?(?:on\s+)?"
_SEVERAL = {
    "weekdays": "mon to fri",
    "weekends": "sat sun",
    "weekday": "mon to fri",
    "weekend": "sat sun",
    "mwf": "mon wed fri",
    "m/w/f": "mon wed fri",
}
_DAYS = (
    rf"(?:(?:on|at)\s+)?(?:(?:every|each|an?|the)\s+)?(?:{'|'.join(_SEVERAL)}|(?:{_ITEM})(?:{_BETWEEN}(?:{_ITEM}))*)"
)
_EXCEPT = rf"(?:except(?:\s+for)?|excluding|apart from)\s+{_DAYS}"
_A_WEEK = r"(?:(twice|thrice)|(\d{1,2})\s*(?:x|times|days))\s*(?:/\s*|(?:a|per|each|every)\s+)?(?:weekly|week|wk)|(\d)\s*/\s*(?:week|wk)"

_HALF = r"(?:\s*[ap]\.?m\b\.?)"
_HOURS = r"(?:\s*(?:hrs?|hours|h)(?![a-z]))"
# What makes the number before it no time: a unit, a count, a range, or a part of something ("5/7", "10/min").
_ALL = (
    rf"(?![.:,]?\d)(?!\s*(?:{UNIT}|(?:x(?!\s*\d)|times|doses?|days?|weeks?|months?|hourly|hrly|mins?|minutes?|per|kg)\b|-))"
    rf"(?!\s*/\s*(?:\d{{1,3}}(?![\d:])(?!{_HALF})|[a-z]))"
)
_FOUR = rf"(?:[01]\d|2[0-4])[0-5]\d{_HOURS}?{_ALL}"
# What can be nothing else: 18:00, 8:30, 0800, 1800 hrs, noon. One to ten is a dilution; 1:15 and 1:30 are what insulin is counted by.
_SURE = (
    rf"(?:(?:[01]\d|2[0-4]):[0-5]\d(?:{_HALF}|{_HOURS})?|[2-9]:(?:00|30){_HALF}?|(?:[01]\d|2[0-4])[0-5]\d{_HOURS}|0\d[0-5]\d"
    rf"|(?:12\s*)?(?:noon|midday|midnight)){_ALL}"
)
_OF_HALF = rf"(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?{_HALF}{_ALL}"  # "5 am" alone may be a dose in the morning
_LOOSE = rf"(?:{_OF_HALF}|{_SURE}|(?:2[0-4]|[01]?\d)(?::[0-5]\d)?{_HOURS}?{_ALL})"
_LIST = r"\s*(?:,|/|&|\+|and)\s*(?:and\s+|at\s+)?"
_OR_SPACE = rf"(?:{_LIST}|\s+)"
_TIMES = (
    rf"(?:(?:at|@)\s*{_FOUR}|0\d[0-5]\d{_ALL})(?:{_OR_SPACE}{_FOUR})*",
    rf"(?:at|@)\s*{_LOOSE}(?:{_LIST}{_LOOSE}|\s+{_SURE})*",
    rf"{_SURE}(?:{_OR_SPACE}{_SURE})*",
)
_TIMES_OF_HALF = rf"{_OF_HALF}(?:{_OR_SPACE}{_OF_HALF})*"
_EACH = re.compile(rf"(?:12\s*)?(noon|midday|midnight)|(\d{{1,2}})(?:[:.]?(\d\d))?(?!\d)({_HALF})?")
_BEGINS = r"(?:start(?:ing|s)?|begin(?:ning)?|from|(?:first|next|last) dose|last given|until|till|before|after|by|stop(?:ping)?|due)"
_MORNING, _NIGHT = ("04:00", "12:00"), ("18:00", "03:00")


# --- taken before amounts are read -------------------------------------------------------------------------------------
def take(reading: Reading) -> None:
    """Take days and times out of the rest of a line; `settle` says what they mean beside the rest."""
    _take_times(reading)
    left_out = {day for words in _all(reading, _EXCEPT) for day in _days_of(words)}
    found = _all(reading, _DAYS)
    days = {day for words in found for day in _days_of(words)}
    if days or left_out:
        days = (days or WEEKDAYS.keys()) - left_out
        if not days:
            reading.ask("often", "On no day of the week? Write the days on which it is given.")
        reading.repeats = len(days) > 1 or bool(re.search(r"\b(?:every|each)\b|days\b", " ".join(found)))
        reading.fields["weekdays"] = tuple(day for day in WEEKDAYS if day in days)
    several = reading.take(_A_WEEK)
    if several is not None:
        count = {"twice": 2, "thrice": 3}.get(several[1] or "") or int(several[2] or several[3])
        reading.times_a_week = (count, several[0].strip())
    of_week = reading.take(rf"(?<!for )(?<!x ){len(days)}\s*/\s*7") if len(days) > 1 else None
    if of_week is not None:
        asked = f'"{of_week[0].strip()}" beside {days_words(sorted(days, key=list(WEEKDAYS).index))}: in every week, or for {len(days)} days? Leave it out, or write the days.'
        reading.either.append(("days", (len(days),), asked, (f"for {len(days)} days",)))


def _all(reading: Reading, pattern: str) -> list[str]:
    return [found[0].strip() for found in iter(lambda: reading.take(pattern), None)]


def _days_of(words: str) -> list[str]:
    for several, days in _SEVERAL.items():
        words = words.replace(several, days)
    order, found = list(WEEKDAYS), list[str]()
    for item in re.findall(_ITEM, words):
        named = [each[:3] for each in re.findall(_DAY, item)]
        if len(named) == 2:
            first, last = map(order.index, named)
            named = [order[(first + after) % len(order)] for after in range((last - first) % len(order) + 1)]
        found += named
    return found


def _take_times(reading: Reading) -> None:
    begins = reading.take(
        rf"{_BEGINS}\s+(?:on\s+)?(?:{_DAYS}|(?:at\s+)?(?:{_SURE}|{_OF_HALF})|(?:at|@)\s*(?:{_FOUR}|{_LOOSE}))"
    )
    if begins is not None:
        words = f'"{begins[0].strip()}": an order begins when it is signed, and ends after the days that it says.'
        reading.ask("rest", f"{words} Leave it out, and sign or stop it then.")
    phrases = [words for pattern in _TIMES for words in _all(reading, pattern)]
    if re.search(rf"(?<![\w.,])(?:{NUMBER})\s*{UNIT}", reading.rest):
        phrases += _all(reading, _TIMES_OF_HALF)
    said = [[_clock(reading, each) for each in _EACH.finditer(words)] for words in phrases]
    clocks = {clock.words for phrase in said for clock in phrase}
    for phrase in said:
        others = {clock.words for other in said if other is not phrase for clock in other}
        clocks -= _settle_halves(reading, phrase, others)
        if len({clock.words for clock in phrase}) < len(phrase):  # "at 0, 12 and 24 h" counts from the first dose
            reading.ask(
                "often", "One time of day is said twice: write each once, or how many hours are between two doses."
            )
    if clocks:
        reading.fields["clocks"] = tuple(sorted(clocks))


class _Clock(NamedTuple):
    """`words` as 08:00."""

    words: str
    is_bare: bool  # 8, 8:30 or 12, without anything that says of which half of the day
    is_late: bool  # an hour that only the 24 have


def _clock(reading: Reading, written: re.Match[str]) -> _Clock:
    named, digits, minute, half = written.groups()
    if named is not None:
        return _Clock("00:00" if named == "midnight" else "12:00", is_bare=False, is_late=False)
    hour, noon = int(digits), HOURS_PER_DAY // 2
    if half is not None:
        hour = hour % noon + (noon if "p" in half else 0) if 1 <= hour <= noon else HOURS_PER_DAY
    is_half = half is None and 1 <= hour <= noon
    is_bare = is_half and digits[0] != "0" and (minute is None or len(digits) == 1)
    words = f"{hour % HOURS_PER_DAY:02}:{minute or '00'}"
    if hour > HOURS_PER_DAY or (hour == HOURS_PER_DAY and (half or words != "00:00")):
        reading.ask("often", f'"{written[0].strip()}" is not a time of day.')
    return _Clock(words, is_bare, is_late=half is None and not is_half)


def _settle_halves(reading: Reading, phrase: list[_Clock], others: set[str]) -> set[str]:
    """`at 8`: 08:00, or 20:00? `at 8 and 20` says it. Returns what another phrase of the line has answered."""
    bare = [clock.words for clock in phrase if clock.is_bare]
    if not bare or any(clock.is_late for clock in phrase):
        return set()
    if len(phrase) > 1:
        reading.ask("often", f'"at {" and ".join(bare)}": before noon, or after it? Write each as 08:00 or as 20:00.')
        return set()
    early, late = bare[0], f"{(int(bare[0][:2]) + 12) % HOURS_PER_DAY:02}{bare[0][2:]}"
    if others & {early, late}:
        return {early} - others
    reading.ask("often", f"At {early}, or at {late}?", (f"at {early}", f"at {late}"))
    return set()


# --- looked at once the rest is known ----------------------------------------------------------------------------------
def settle(reading: Reading) -> None:
    """What the days and times mean beside how often the line says; what does not fit is asked."""
    days, clocks = reading.fields.get("weekdays"), reading.fields.get("clocks")
    if isinstance(days, tuple) or isinstance(clocks, tuple):
        other = next((name for name in ("once", "rate", "as_needed") if reading.fields.get(name)), None)
        if other is not None:
            kind = {"once": "One dose only", "rate": "An infusion", "as_needed": "A medicine as needed"}[other]
            reading.ask("rest", f"{kind} has no days of the week and no times of day: leave them out.")
            return
    _settle_week(reading, days if isinstance(days, tuple) else ())
    if isinstance(clocks, tuple):
        _settle_clocks(reading, clocks)


def _settle_week(reading: Reading, days: tuple[str, ...]) -> None:
    if reading.times_a_week is not None:
        count, written = reading.times_a_week
        if count != len(days):
            said = f"and {days_words(days)}: which of both?" if days else 'on which days? Write them, as in "mon thu".'
            reading.ask("often", f'"{written}": {said}')
            return
        reading.repeats = True
        if count == 1:
            reading.set(every_hours=HOURS_PER_WEEK)
    if days:
        _settle_days(reading, days)


def _settle_days(reading: Reading, days: tuple[str, ...]) -> None:
    fields, hours, times = reading.fields, reading.fields.get("every_hours"), reading.fields.get("times_per_day")
    if reading.fields.get("steps"):
        reading.ask(
            "rest", "Steps have no days of the week: leave them out, or write each step as an order of its own."
        )
    elif isinstance(hours, int):
        often = "once a week" if hours == HOURS_PER_WEEK else f"every {hours_words(hours)}"
        if hours % HOURS_PER_WEEK or len(days) > 1:
            reading.ask("often", f"{often[0].upper()}{often[1:]}, or on {days_words(days)}?")
    elif len(days) == len(WEEKDAYS):
        fields.pop("weekdays")
        fields.setdefault("times_per_day", 1)
    elif len(days) > 1:
        fields.setdefault("times_per_day", 1)
    elif not reading.repeats:
        each = f"on {days_words(days).lower()}s" if isinstance(times, int) else "once a week"
        reading.ask("often", f"Every {days_words(days)}?", (each,))
    elif times is None or times == 1:
        fields.pop("times_per_day", None)
        fields["every_hours"] = HOURS_PER_WEEK


def _settle_clocks(reading: Reading, clocks: tuple[str, ...]) -> None:
    fields, hours, times = reading.fields, reading.fields.get("every_hours"), reading.fields.get("times_per_day")
    listed = " and ".join(clocks)
    at = fields.get("at")
    if at is not None:
        low, high = _MORNING if at == "morning" else _NIGHT
        if len(clocks) == 1 and (low <= clocks[0] < high if low < high else not high <= clocks[0] < low):
            fields.pop("at")
        else:
            reading.ask(
                "often", f"In the morning, or at {listed}?" if at == "morning" else f"At night, or at {listed}?"
            )
    if isinstance(hours, int) and hours % HOURS_PER_DAY == 0:
        if len(clocks) > 1:
            reading.ask(
                "often", f"Every {hours_words(hours)}, and {len(clocks)} times of day ({listed}): at which one?"
            )
    elif isinstance(hours, int):
        if _is_apart(clocks, hours):
            fields.pop("every_hours")
            fields["times_per_day"] = len(clocks)
        else:
            reading.ask(
                "often",
                f"Every {hours_words(hours)} counts from the first dose: leave {listed} out, or write every time of the day.",
            )
    elif times is None and len(clocks) > 1:  # a single one may be for today only: how often is asked
        fields["times_per_day"] = len(clocks)
    elif times != len(clocks) and isinstance(times, int):
        words = "1 time of day" if len(clocks) == 1 else f"{len(clocks)} times of day"
        said = times_words(times)
        reading.ask("often", f"{said[0].upper()}{said[1:]}, and {words} ({listed}): write as many.")


def _is_apart(clocks: tuple[str, ...], hours: int) -> bool:
    """Whether the times are just so many hours apart, around the day."""
    minutes = [int(clock[:2]) * 60 + int(clock[3:]) for clock in clocks]
    gaps = [after - before for before, after in pairwise([*minutes, minutes[0] + HOURS_PER_DAY * 60])]
    return all(gap == hours * 60 for gap in gaps)
