"""When the doses of an order are due. Pure: the line, the moment from which it counts and the hospital's zone come in.

Doses so many times a day follow the clock of the ward, so a change to summer time moves none of them on the wall. A dose
every so many hours keeps its hours, also through such a night. A clock time that a night skips is given when the clocks
have moved; one that comes twice is given once, the first time.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.orders.public import WEEKDAYS, Amount, MedicineLine, OrderKind, hours_apart

FIRST_OF_EVEN = 6
NEAR_PARTS = 3  # own: two doses of an order nearer than a third of their interval are asked about, and none is planned
KEPT_EIGHTHS = 7  # own: an interval of days is kept on its last day, and from seven eighths of it on
DAY = timedelta(days=1)
AROUND = timedelta(hours=12)
HOURS_OF_DAY = 24
SLOTS_MAX = 200


class RoundTimes(Struct, frozen=True, kw_only=True):
    """The times of the drug rounds, as the clock on the wall shows them, by how often a day a medicine is given.

    As shipped: rounds at 08, 12, 18 and 22 o'clock, with 06 and 14 where a drug needs the day in even parts: the times of
    the usual British inpatient chart. A hospital sets its own.
    """

    once: tuple[str, ...] = ("08:00",)
    twice: tuple[str, ...] = ("08:00", "18:00")
    three: tuple[str, ...] = ("08:00", "14:00", "22:00")
    four: tuple[str, ...] = ("08:00", "12:00", "18:00", "22:00")
    five: tuple[str, ...] = ("06:00", "10:00", "14:00", "18:00", "22:00")
    six: tuple[str, ...] = ("02:00", "06:00", "10:00", "14:00", "18:00", "22:00")
    night: tuple[str, ...] = ("22:00",)


SHIPPED = RoundTimes()
OFTEN = ("once", "twice", "three", "four", "five", "six")


class Slot(Struct, frozen=True):
    """One planned dose."""

    due_at: datetime
    amount: Decimal | None
    amount_to: Decimal | None
    unit: str
    is_first: bool


def slots(
    line: MedicineLine,
    *,
    since: datetime,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    given_before: datetime | None = None,
    given_late: datetime | None = None,
    times: RoundTimes = SHIPPED,
) -> list[Slot]:
    """The doses that are due from `start` to before `end`, of a line that counts since `since`; none for as needed.

    `given_before` is the last dose by an earlier line of the order, or by an earlier order of the medicine: the interval goes
    on from there, so that another dose of a weekly drug is not due a day after the last one, and what was once only and is
    given is not given again. It is the planned time; `given_late` is when a dose that came late was given, and counts where
    doses are less than a day apart. A dose of 22:00 that came after midnight is of the day before, all the same.
    """
    begun = minute(since)
    if given_before is not None and given_late is not None and _is_within_a_day(line, times):
        given_before = max(given_before, given_late)
    found: list[Slot] = []
    for place, (due_at, day) in enumerate(_moments(line, begun, zone, end, given_before, times)):
        if due_at >= end or len(found) >= SLOTS_MAX:
            break
        if due_at >= start and not (
            found and found[-1].due_at == due_at
        ):  # two times of a night that skips one are one
            found.append(_slot(line, due_at, day, is_first=place == 0))
    return found


def minute(moment: datetime) -> datetime:
    """The beginning of its minute, in UTC: an order counts from the minute it was signed in."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def clocks_of(line: MedicineLine, times: RoundTimes = SHIPPED) -> list[time]:
    """The times of the day at which a line is given."""
    if line.clocks:
        return _clocks(line.clocks)
    if line.at == "night":
        return _clocks(times.night)
    often = line.times_per_day or 1
    if often <= len(OFTEN):
        return _clocks(getattr(times, OFTEN[often - 1]))
    gap = HOURS_OF_DAY / often
    return sorted(time(int(FIRST_OF_EVEN + gap * place) % HOURS_OF_DAY) for place in range(often))


def _clocks(words: tuple[str, ...]) -> list[time]:
    return sorted(time.fromisoformat(each) for each in words)


def on_the_clock(line: MedicineLine) -> bool:
    """Whether doses follow the clock of the ward rather than a count of hours."""
    return line.every_hours is None or (line.every_hours % HOURS_OF_DAY == 0)


def _is_within_a_day(line: MedicineLine, times: RoundTimes) -> bool:
    """Whether doses of a line are less than a day apart."""
    hours = hours_apart(line)
    return hours < HOURS_OF_DAY if hours else len(clocks_of(line, times)) > 1


def _moments(
    line: MedicineLine,
    begun: datetime,
    zone: ZoneInfo,
    end: datetime,
    given_before: datetime | None,
    times: RoundTimes,
) -> Iterator[tuple[datetime, int]]:
    """Each due moment in order, with the day of the course that it belongs to."""
    if line.kind is OrderKind.AS_NEEDED:
        return
    if line.kind in {OrderKind.ONCE, OrderKind.INFUSION}:
        if given_before is None or line.kind is OrderKind.INFUSION:
            yield begun, 0
    elif on_the_clock(line):
        yield from _by_clock(line, begun, zone, end, given_before, times)
    else:
        yield from _by_hours(line, begun, end, given_before)


def _by_clock(
    line: MedicineLine,
    begun: datetime,
    zone: ZoneInfo,
    end: datetime,
    given_before: datetime | None,
    times: RoundTimes,
) -> Iterator[tuple[datetime, int]]:
    every_days = max(1, (line.every_hours or HOURS_OF_DAY) // HOURS_OF_DAY)
    clocks, course, days = clocks_of(line, times), _course_days(line), _weekdays(line)
    earliest = _earliest_wall(line, given_before, zone, len(clocks))
    first: datetime | None = None  # on the wall
    day = begun.astimezone(zone).date()
    if given_before is not None and every_days > 1 and not line.weekdays:
        day = max(day, given_before.astimezone(zone).date() + every_days * DAY)
    last = end.astimezone(zone).date()
    while day <= last:
        walls = [datetime.combine(day, clock) for clock in clocks] if day.weekday() in days else []
        for due_at, wall in sorted((_moment(wall, zone), wall) for wall in walls):  # one that is skipped comes late
            if due_at < begun or (first is None and earliest is not None and wall < earliest):
                continue
            first = first or wall
            passed = (wall.date() - first.date()).days
            if course is not None and wall >= first + course * DAY:
                return
            if passed % every_days == 0:
                yield due_at, passed
        day += DAY


def _weekdays(line: MedicineLine) -> set[int]:
    """The days of the week on which a line is given, Monday as 0."""
    return {place for place, day in enumerate(WEEKDAYS) if not line.weekdays or day in line.weekdays}


def _earliest_wall(line: MedicineLine, given_before: datetime | None, zone: ZoneInfo, times: int) -> datetime | None:
    """From when a line keeps its distance from the dose before it, on the wall; None where there is none to keep.

    Doses that are days apart keep seven eighths of that, so that a weekly drug whose day is changed from Thursday to Monday is due
    on the Monday after the next; named days that are as many days apart are kept, whatever the time. What is given at one time of
    the day is not due again on the day on which it was given, and at several not within a third of the time between two.
    """
    if given_before is None:
        return None
    given, hours = given_before.astimezone(zone).replace(tzinfo=None), hours_apart(line) or HOURS_OF_DAY
    if hours > HOURS_OF_DAY:
        earliest, named = given + kept(timedelta(hours=hours)), given.date() + timedelta(hours=hours)
        return min(earliest, datetime.combine(named, time())) if line.weekdays else earliest
    return datetime.combine(given.date() + DAY, time()) if times == 1 else given + DAY / times / NEAR_PARTS


def kept(interval: timedelta) -> timedelta:
    """From when on after a dose its interval counts as kept: a round is not to the minute."""
    return interval * KEPT_EIGHTHS / 8


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clock on the wall says so; of a time that comes twice the first, of one that is skipped just after."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _by_hours(
    line: MedicineLine, begun: datetime, end: datetime, given_before: datetime | None
) -> Iterator[tuple[datetime, int]]:
    assert line.every_hours is not None
    if given_before is not None:
        begun = max(begun, minute(given_before) + timedelta(hours=line.every_hours))
    anchor = begun if begun.minute == 0 else begun.replace(minute=0) + timedelta(hours=1)
    course = _course_days(line)
    due_at = anchor
    while due_at < end and (course is None or due_at < anchor + course * DAY):
        yield due_at, (due_at - anchor) // DAY
        due_at += timedelta(hours=line.every_hours)


def _course_days(line: MedicineLine) -> int | None:
    return sum(step.days for step in line.steps) or line.days


def _slot(line: MedicineLine, due_at: datetime, day: int, *, is_first: bool) -> Slot:
    amount, amount_to = line.amount, line.amount_to
    if line.steps:
        amount = _step_amount(line, day)
    return Slot(
        due_at=due_at,
        amount=amount.value if amount else None,
        amount_to=amount_to.value if amount_to else None,
        unit=amount.unit if amount else "",
        is_first=is_first,
    )


def _step_amount(line: MedicineLine, day: int) -> Amount:
    for step in line.steps:
        if day < step.days:
            return step.amount
        day -= step.days
    return line.steps[-1].amount


def day_of_chart(now: datetime, zone: ZoneInfo) -> date:
    """The day of the chart, which begins at 06:00."""
    local = now.astimezone(zone)
    return local.date() if local.hour >= FIRST_OF_EVEN else local.date() - DAY


def chart_clocks(times: RoundTimes) -> list[time]:
    """The times at which the columns of a chart begin: 06:00, and the rounds of up to four a day and of the night."""
    rounds = {*times.once, *times.twice, *times.three, *times.four, *times.night}
    return sorted({time(FIRST_OF_EVEN), *_clocks(tuple(rounds))})


def chart_day(day: date, zone: ZoneInfo, clocks: list[time]) -> list[datetime]:
    """The moments at which the columns of a day's chart begin, and, last, the one at which the next day's do."""
    early = [clock for clock in clocks if clock.hour < FIRST_OF_EVEN]
    walls = [datetime.combine(day, clock) for clock in clocks if clock.hour >= FIRST_OF_EVEN]
    walls += [datetime.combine(day + DAY, clock) for clock in early]
    return sorted({_moment(wall, zone) for wall in [*walls, datetime.combine(day + DAY, time(FIRST_OF_EVEN))]})


def chart_around(now: datetime, zone: ZoneInfo, clocks: list[time]) -> list[datetime]:
    """The same of the time around a moment: whole columns, at least twelve hours back and twelve ahead."""
    today = day_of_chart(now, zone)
    begins = sorted({begin for days in range(-1, 2) for begin in chart_day(today + days * DAY, zone, clocks)})
    first = max(begin for begin in begins if begin <= now - AROUND)
    last = min(begin for begin in begins if begin >= now + AROUND)
    return [begin for begin in begins if first <= begin <= last]
