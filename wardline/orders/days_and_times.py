"""Days of the week and times of the day in a line of entry: "weekly on monday", "mon/wed/fri", "bd at 10:00 and 22:00".

What is said twice in two ways is asked: "bd at 18:00", "once a week mon thu". A bare number is a time only behind "at", so that no
dose and no count is ever taken for one; "at 8" is asked, since it may be in the evening. How often such a dose is, an order keeps
as FHIR's timing does (`dayOfWeek`, `timeOfDay`).
"""

import re
from itertools import pairwise
from typing import NamedTuple

from wardline.orders.lines import HOURS_PER_DAY, HOURS_PER_WEEK, WEEKDAYS, days_words, hours_words, times_words
from wardline.orders.reading import NUMBER, UNIT, Reading

_DAY = r"(?:mon(?:days?)?|tue(?:s|sdays?)?|wed(?:s|nesdays?)?|thu(?:r|rs|rsdays?)?|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?)(?![a-z])"
_BETWEEN = r"\s*(?:,|/|&|\+)?\s*(?:and\s+)?(?:on\s+)?"
_SPAN = re.compile(rf"({_DAY})\s*(?:-|to)\s*({_DAY})")
_SEVERAL = {"weekdays": "mon to fri", "weekends": "sat sun", "mwf": "mon wed fri"}
_DAYS = rf"(?:(?:on|at)\s+)?(?:(?:every|each|an?)\s+)?(?:{'|'.join(_SEVERAL)}|{_DAY}\s*(?:-|to)\s*{_DAY}|{_DAY}(?:{_BETWEEN}{_DAY})*)"

_HALF = r"\s*[ap]\.?m\b\.?"
# What can be nothing else: 18:00, 8:30, 0800, 1800 hrs, noon. One to ten is a dilution, and 1:15 what insulin is counted by.
_SURE = rf"(?:[01]\d|2[0-4]):[0-5]\d(?:{_HALF}|\s*(?:hrs?|hours|h)(?![a-z]))?|\d:(?:00|30)(?:{_HALF})?|(?:[01]\d|2[0-4])[0-5]\d\s*(?:hrs|hours|h)(?![a-z])|0\d[0-5]\d|(?:12\s*)?(?:noon|midday|midnight)"
_HOUR_OF_HALF = rf"(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?{_HALF}"  # "5 am" alone may be a dose in the morning
_BEHIND_AT = rf"{_HOUR_OF_HALF}|{_SURE}|(?:2[0-4]|[01]?\d):[0-5]\d|(?:[01]\d|2[0-4])[0-5]\d|(?:2[0-4]|[01]?\d)(?!\d)(?:\s*(?:hrs?|hours|h)(?![a-z]))?"
_NO_UNIT = rf"(?!\s*(?:{UNIT}|x\b|times\b|doses?\b|/|-|%|[.,]?\d))"
_LIST = r"\s*(?:,|/|&|\+|and)\s*(?:and\s+|at\s+)?"
_AT = rf"(?:at|@)\s*(?:{_BEHIND_AT}){_NO_UNIT}(?:{_LIST}(?:{_BEHIND_AT}){_NO_UNIT})*"
_ALONE = rf"(?:{_SURE})(?:(?:{_LIST}|\s+)(?:{_SURE}))*"
_ALONE_OF_HALF = rf"(?:{_HOUR_OF_HALF})(?:(?:{_LIST}|\s+)(?:{_HOUR_OF_HALF}))*"
_BEGINS = r"(?:start(?:ing|s)?|begin(?:ning)?|from|first dose|next dose|last dose|until|till|before|after|by|stop(?:ping)?|given|due)"
_EACH = re.compile(_BEHIND_AT)
_MORNING, _NIGHT = ("04:00", "12:00"), ("18:00", "03:00")


# --- taken before amounts are read -------------------------------------------------------------------------------------
def take(reading: Reading) -> None:
    """Take days and times out of the rest of a line; `settle` says what they mean beside the rest."""
    _take_times(reading)
    found = [each[0].strip() for each in iter(lambda: reading.take(_DAYS), None)]
    days = {day for words in found for day in _days_of(words)}
    if days:
        reading.repeats = len(days) > 1 or bool(re.search(r"\b(?:every|each)\b|days\b", found[0]))
        reading.fields["weekdays"] = tuple(day for day in WEEKDAYS if day in days)
    several = reading.take(
        r"(?:(twice|thrice)|(\d{1,2})\s*(?:x|times))\s*(?:/\s*|(?:a|per|each|every)\s+)?(?:weekly|week|wk)|(\d)\s*/\s*(?:week|wk)"
    )
    if several is not None:
        count = {"twice": 2, "thrice": 3}.get(several[1] or "") or int(several[2] or several[3])
        reading.times_a_week = (count, several[0].strip())


def _days_of(words: str) -> list[str]:
    for several, days in _SEVERAL.items():
        words = words.replace(several, days)
    span = _SPAN.search(words)
    if span is None:
        return [each[:3] for each in re.findall(_DAY, words)]
    order = list(WEEKDAYS)
    first, last = (order.index(each[:3]) for each in span.groups())
    return [order[day % len(order)] for day in range(first, (last if last >= first else last + len(order)) + 1)]


def _take_times(reading: Reading) -> None:
    begins = reading.take(rf"(?:{_BEGINS})\s+(?:on\s+)?(?:{_DAYS}|(?:at\s+)?(?:{_SURE}|{_HOUR_OF_HALF})|{_AT})")
    if begins is not None:
        words = f'"{begins[0].strip()}": an order begins when it is signed, and ends after the days that it says.'
        reading.ask("rest", f"{words} Leave it out, and sign or stop it then.")
    patterns = [_AT, _ALONE]
    if re.search(rf"(?<![\w.,])(?:{NUMBER})\s*{UNIT}", reading.rest):
        patterns.append(_ALONE_OF_HALF)
    phrases = [each[0] for pattern in patterns for each in iter(lambda at=pattern: reading.take(at), None)]
    said = [[_clock(reading, each) for each in _EACH.findall(re.sub(r"\bat\b|@", " ", words))] for words in phrases]
    clocks = {clock.words for phrase in said for clock in phrase}
    for phrase in said:
        others = {clock.words for other in said if other is not phrase for clock in other}
        clocks -= _settle_halves(reading, phrase, others)
    if clocks:
        reading.fields["clocks"] = tuple(sorted(clocks))


class _Clock(NamedTuple):
    """`words` as 08:00; `is_bare`: an hour up to twelve, without anything that says of which half of the day."""

    words: str
    is_bare: bool
    is_late: bool  # an hour that only the 24 have


def _clock(reading: Reading, written: str) -> _Clock:
    named = re.search("noon|midday|midnight", written)
    if named is not None:
        return _Clock("00:00" if named[0] == "midnight" else "12:00", is_bare=False, is_late=False)
    digits, half = re.sub(r"\D", "", written), re.search(r"([ap])\.?m", written)
    hour, minute = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    is_bare = half is None and re.fullmatch(r"[1-9]|1[0-2]", written.strip()) is not None
    is_late = half is None and not 1 <= hour <= HOURS_PER_DAY // 2
    if half is not None:
        hour = hour % 12 + (12 if half[1] == "p" else 0) if 1 <= hour <= HOURS_PER_DAY // 2 else HOURS_PER_DAY
    elif hour == HOURS_PER_DAY and not minute:
        hour = 0
    if hour >= HOURS_PER_DAY:
        reading.ask("often", f'"{written.strip()}" is not a time of day.')
    return _Clock(f"{hour % HOURS_PER_DAY:02}:{minute:02}", is_bare, is_late)


def _settle_halves(reading: Reading, phrase: list[_Clock], others: set[str]) -> set[str]:
    """`at 8`: in the morning, or in the evening? `at 8 and 20` says it. Returns what another phrase of the line has answered."""
    bare = [clock.words for clock in phrase if clock.is_bare]
    if not bare or any(clock.is_late for clock in phrase):
        return set()
    if len(phrase) > 1:
        reading.ask(
            "often", f'"at {" and ".join(bare)}": in the morning, or in the evening? Write them as 08:00 or 20:00.'
        )
        return set()
    hour = int(bare[0][:2])
    choices = (bare[0], f"{(hour + 12) % HOURS_PER_DAY:02}:00")
    if others & set(choices):
        return {bare[0]} - others
    reading.ask("often", f'"at {hour}": in the morning, or in the evening?', tuple(f"at {each}" for each in choices))
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
    elif not reading.repeats or not isinstance(times, int):
        if reading.repeats:
            fields["every_hours"] = HOURS_PER_WEEK
        else:
            reading.ask("often", f"Every {days_words(days)}?", ("once a week",))
    elif times == 1:
        fields.pop("times_per_day")
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
    elif times is None:
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
