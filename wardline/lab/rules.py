"""Decisions of the laboratory. Pure: data in, decision out, time passed in."""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from wardline.lab.models import Flag, Interval, LabTest, Limits, State

IDENTIFIERS_MIN = 2


class Act(StrEnum):
    """What can be done to a result."""

    COLLECT = "collect"
    RECEIVE = "receive"
    RESULT = "result"
    RELEASE_TECHNICALLY = "release_technically"
    RELEASE_CLINICALLY = "release_clinically"
    AMEND = "amend"
    REPORT = "report"
    WITHDRAW = "withdraw"
    REJECT = "reject"
    CANCEL = "cancel"


# From which states an act may be done, and where it leads. The database guards the same order.
ACTS: dict[Act, dict[State, State]] = {
    Act.COLLECT: {State.ORDERED: State.COLLECTED},
    Act.RECEIVE: {State.COLLECTED: State.RECEIVED},
    Act.RESULT: {State.RECEIVED: State.RESULTED, State.RESULTED: State.RESULTED},
    Act.RELEASE_TECHNICALLY: {State.RESULTED: State.TECHNICALLY_RELEASED},
    Act.RELEASE_CLINICALLY: {State.TECHNICALLY_RELEASED: State.CLINICALLY_RELEASED},
    Act.AMEND: {
        State.TECHNICALLY_RELEASED: State.TECHNICALLY_RELEASED,
        State.CLINICALLY_RELEASED: State.CLINICALLY_RELEASED,
    },
    Act.REPORT: {
        State.TECHNICALLY_RELEASED: State.TECHNICALLY_RELEASED,
        State.CLINICALLY_RELEASED: State.CLINICALLY_RELEASED,
    },
    Act.WITHDRAW: {State.TECHNICALLY_RELEASED: State.WITHDRAWN, State.CLINICALLY_RELEASED: State.WITHDRAWN},
    Act.REJECT: {State.COLLECTED: State.REJECTED, State.RECEIVED: State.REJECTED, State.RESULTED: State.REJECTED},
    Act.CANCEL: {State.ORDERED: State.CANCELLED},
}


def after(act: Act, state: State) -> State | None:
    """The state that the act leads to, or None when it cannot be done now."""
    return ACTS[act].get(state)


def age_days(born: date | None, taken_at: date) -> int | None:
    """Age on the day the specimen was taken; None when the birth is not known."""
    return None if born is None else max((taken_at - born).days, 0)


def interval_for(intervals: Sequence[Interval], *, kind: str, sex: str, days: int | None) -> Interval | None:
    """The interval of this kind for a person: the hospital's own, else the shipped one; one for their sex before one for both.

    Without a date of birth only an interval for every age fits: a guess would flag the wrong results.
    """
    fitting = [each for each in intervals if each.kind == kind and each.sex in (None, sex) and _fits_age(each, days)]
    return min(fitting, key=lambda each: (not each.is_own, each.sex is None), default=None)


def _fits_age(interval: Interval, days: int | None) -> bool:
    if days is None:
        return interval.from_days == 0 and interval.to_days is None
    return interval.from_days <= days and (interval.to_days is None or days < interval.to_days)


def limits_for(intervals: Sequence[Interval], *, sex: str, days: int | None) -> Limits:
    """What a value is judged by: reference interval and critical limits, each None where nothing is set."""
    reference = interval_for(intervals, kind="reference", sex=sex, days=days)
    critical = interval_for(intervals, kind="critical", sex=sex, days=days)
    return Limits(
        low=reference.low if reference else None,
        high=reference.high if reference else None,
        critical_low=critical.low if critical else None,
        critical_high=critical.high if critical else None,
    )


def flag_of(value: float, limits: Limits, comparator: str = "") -> Flag | None:
    """LL and HH are critical, beyond the critical limit; L and H outside the interval; N inside; None: nothing to judge by.

    `<3` is below 3, so it counts as just below it, and `>6` likewise: a limit that equals such a value is passed. It may be
    any value on that side, so it is critical wherever a critical limit lies there: `>5.5` may be beyond 6.0.
    """
    below = lambda edge: edge is not None and (value < edge or (comparator == "<" and value <= edge))
    above = lambda edge: edge is not None and (value > edge or (comparator == ">" and value >= edge))
    if below(limits.critical_low) or (comparator == "<" and limits.critical_low is not None):
        return Flag.CRITICALLY_LOW
    if above(limits.critical_high) or (comparator == ">" and limits.critical_high is not None):
        return Flag.CRITICALLY_HIGH
    if below(limits.low):
        return Flag.LOW
    if above(limits.high):
        return Flag.HIGH
    return Flag.NORMAL if limits.low is not None or limits.high is not None else None


def is_critical(flag: str | None) -> bool:
    """Whether somebody has to be told at once."""
    return flag in (Flag.CRITICALLY_LOW, Flag.CRITICALLY_HIGH, Flag.CRITICALLY_POSITIVE)


# Whatever grows there is told at once, a Gram stain before it has a name too: blood is sterile. (Royal College of
# Pathologists, The communication of critical and unexpected pathology results, G158.)
CRITICAL_CULTURES = frozenset({"BCULT"})
NO_GROWTH = "No growth"


# What may follow a typed "no growth"; "no growth in the anaerobic bottle, cocci in the aerobic one" is growth.
_NO_GROWTH_YET = frozenset((
    "after", "all", "at", "both", "bottles", "culture", "d", "date", "day", "days", "detected", "far", "final", "for", "h", "hour",
    "hours", "hrs", "in", "incubation", "interim", "isolated", "of", "on", "seen", "so", "the", "to", "week", "weeks", "yet",
))  # fmt: skip


def is_no_growth(words: str, isolates: Sequence[object]) -> bool:
    """Whether a culture says that nothing grew, ticked (then with remarks after a full stop) or typed."""
    start, rest = words[: len(NO_GROWTH)], words[len(NO_GROWTH) :]
    if isolates or start.lower() != NO_GROWTH.lower():
        return False
    if start == NO_GROWTH and rest.startswith(". "):
        return True
    following = re.findall(r"[^\W\d_]+|[^\w\s.,()]", rest.lower())
    return all(word in _NO_GROWTH_YET for word in following)


def flag_of_culture(test_code: str, words: str, isolates: Sequence[object]) -> Flag | None:
    """Growth where nothing should grow is critical; whatever is said that is not "no growth" counts as growth."""
    if test_code not in CRITICAL_CULTURES or is_no_growth(words, isolates) or not (words or isolates):
        return None
    return Flag.CRITICALLY_POSITIVE


def is_jump(
    test: LabTest, value: float, taken_at: datetime, previous: float | None, previous_at: datetime | None
) -> bool:
    """The delta check: whether the value changed by more than the test lets pass, within its hours."""
    if test.delta_change is None or test.delta_hours is None or previous is None or previous_at is None:
        return False
    if taken_at - previous_at > timedelta(hours=test.delta_hours):
        return False
    return abs(value - previous) > test.delta_change + 1e-9


def due_at(tests: Collection[LabTest], urgency: str, received_at: datetime) -> datetime:
    """When the last of a specimen's results is due: the longest goal of its tests, counted from receipt."""
    minutes = max(t.turnaround_minutes if urgency == "routine" else t.urgent_minutes for t in tests)
    return received_at + timedelta(minutes=minutes)


def age_share(received_at: datetime, due: datetime, now: datetime) -> float:
    """How much of the time to the goal is used up: 0 to 1, and 1 when it is late."""
    whole = (due - received_at).total_seconds()
    return min(max((now - received_at).total_seconds() / whole, 0.0), 1.0) if whole > 0 else 1.0


def barcode(number: int) -> str:
    """The number with its check digit (Luhn): a slip of one digit is noticed."""
    return f"{number:09d}{check_digit(f'{number:09d}')}"


def check_digit(digits: str) -> int:
    """Luhn's digit for these."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def is_barcode(text: str) -> bool:
    """Ten digits of which the last one fits the others."""
    return len(text) == 10 and text.isascii() and text.isdigit() and check_digit(text[:9]) == int(text[9])


def value_words(value: float | None, decimals: int, comparator: str = "") -> str:
    """The value as people read it: with the decimals of its test, a comma from a thousand on."""
    return "" if value is None else f"{comparator}{value:,.{decimals}f}"


def interval_words(low: float | None, high: float | None, decimals: int) -> str:
    """`3.5 – 5.2`, `over 45`, `under 100`; nothing where no interval is set."""
    if low is not None and high is not None:
        return f"{low:,.{decimals}f} – {high:,.{decimals}f}"
    if low is not None:
        return f"over {low:,.{decimals}f}"
    return "" if high is None else f"under {high:,.{decimals}f}"


def is_read_back_right(value: float, read_back: float, decimals: int) -> bool:
    """Whether the number that was repeated on the phone is the one on the report."""
    return f"{value:.{decimals}f}" == f"{read_back:.{decimals}f}"


_SMALL_WORDS = frozenset({"a", "an", "and", "in", "of", "on", "or", "the", "with"})
READ_BACK_WORDS_MAX = 8


def is_growth_read_back(words: str, organisms: Sequence[str], read_back: str) -> bool:
    """Whether what was repeated names what grew: each organism, or the first words of the report where none has a name."""
    wanted = _words_of(" ".join(organisms) or words)[:READ_BACK_WORDS_MAX]
    return bool(wanted) and set(wanted) <= set(_words_of(read_back))


def _words_of(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in _SMALL_WORDS]


_ENTRY = re.compile(r"([<>]?)(-?\d{1,9}(?:\.\d{1,6})?)", re.ASCII)


def entry_read(text: str) -> tuple[float, str] | None:
    """What was typed as a number and its sign: `6.9`, `<3`; None for anything else.

    A comma is refused: 1,234 is a thousand to one reader and one and a bit to another.
    """
    found = _ENTRY.fullmatch(text)
    return None if found is None else (float(found[2]), found[1])
