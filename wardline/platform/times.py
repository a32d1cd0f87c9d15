"""Times as staff read them, at the moment and in the zone of the page that is being rendered."""

import datetime as dt
import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
HALF_A_YEAR_DAYS = 182
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Moment(NamedTuple):
    """When, in which zone, and for whose rights a page is being rendered, and the kept texts that wait to be put in."""

    now: dt.datetime
    zone: ZoneInfo
    can: frozenset[str] = frozenset()
    kept: list[str] | None = None


moment: ContextVar[Moment | None] = ContextVar("moment", default=None)


@functools.cache
def zone_named(name: str) -> ZoneInfo:
    """The zone, looked up once; ZoneInfoNotFoundError for a name nobody knows."""
    return ZoneInfo(name)


def rendering() -> Moment:
    """The moment of the page under way; the present, in UTC, outside of any."""
    return moment.get() or Moment(now=dt.datetime.now(dt.UTC), zone=UTC)


def local(at: dt.datetime) -> dt.datetime:
    """The time as the wall clock of the hospital shows it."""
    known = moment.get()
    return at.astimezone(known.zone if known is not None else UTC)


def clock(at: dt.datetime | None) -> str:
    """14:20, in the hospital's zone; nothing for None."""
    if at is None:
        return ""
    there = local(at)
    return f"{there.hour:02}:{there.minute:02}"


def clock_seconds(at: dt.datetime | None) -> str:
    """14:20:07."""
    return "" if at is None else local(at).strftime("%H:%M:%S")


def day(at: dt.date | dt.datetime | None) -> str:
    """23-Nov-2026. The month is a word in English on purpose: 03/04 means two days to two readers."""
    if at is None:
        return ""
    date = local(at) if isinstance(at, dt.datetime) else at
    return f"{date.day:02}-{MONTHS[date.month - 1]}-{date.year}"


def day_short(at: dt.date | dt.datetime | None) -> str:
    """23-Nov, or Today; with its year like day_brief."""
    if at is None:
        return ""
    date = local(at).date() if isinstance(at, dt.datetime) else at
    return "Today" if date == today() else day_brief(date)


def day_brief(at: dt.date | dt.datetime) -> str:
    """23-Nov; 23-Nov-2013 from half a year away: an old date must not read as one of these days."""
    date = local(at).date() if isinstance(at, dt.datetime) else at
    text = f"{date.day:02}-{MONTHS[date.month - 1]}"
    is_far = abs(date.toordinal() - today().toordinal()) > HALF_A_YEAR_DAYS
    return f"{text}-{date.year}" if is_far else text


def today() -> dt.date:
    """The day of the page under way, in its zone."""
    at = rendering()
    return _day_of(at.now, at.zone)


@functools.lru_cache(maxsize=16)  # a page asks for every row
def _day_of(now: dt.datetime, zone: ZoneInfo) -> dt.date:
    return now.astimezone(zone).date()


def daytime(at: dt.datetime | None) -> str:
    """23-Nov-2026 14:20."""
    if at is None:
        return ""
    there = local(at)
    return f"{there.day:02}-{MONTHS[there.month - 1]}-{there.year} {there.hour:02}:{there.minute:02}"


def near(at: dt.datetime | None) -> str:
    """14:20 today, 25-Nov 14:20 on any other day: a time of yesterday must not read as one of today."""
    if at is None:
        return ""
    there = local(at)  # once: a page has dozens of these
    time = f"{there.hour:02}:{there.minute:02}"
    date = there.date()
    return time if date == today() else f"{day_brief(date)} {time}"


def iso(at: dt.date | dt.datetime | None) -> str:
    """RFC 3339, for the datetime attribute."""
    return "" if at is None else at.isoformat()


def age(born: dt.date | None) -> str:
    """Age in words as clinicians use it: 12 d, 7 wk, 14 mo, 70 y."""
    if born is None:
        return "Not known"
    on = today()
    days = (on - born).days
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if days < 28:
        return f"{max(days, 0)} d"
    if months < 6:
        return f"{days // 7} wk"
    if months < 24:
        return f"{months} mo"
    return f"{months // 12} y"


def born_words(born: dt.date | None) -> str:
    """12-Mar-1956 (70 y)."""
    return "Not known" if born is None else f"{day(born)} ({age(born)})"


def span_words(minutes: int) -> str:
    """35 min, 1 h 40, 2 days."""
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    if hours:
        return f"{hours} h {rest:02}"
    return f"{rest} min"


def relative(at: dt.datetime | None) -> str:
    """Words like in 35 min, now, 12 min late: for a time at which something is due."""
    if at is None:
        return ""
    minutes = round((at - rendering().now).total_seconds() / 60)
    if minutes == 0:
        return "now"
    return f"in {span_words(minutes)}" if minutes > 0 else f"{span_words(-minutes)} late"


def ago(at: dt.datetime | None) -> str:
    """35 min ago: for a time at which something happened. Only ever beside the absolute time."""
    if at is None:
        return ""
    minutes = round((rendering().now - at).total_seconds() / 60)
    return "just now" if minutes <= 0 else f"{span_words(minutes)} ago"


WORDS_OF_FORM: dict[str, Callable[[Any], str]] = {
    "clock": clock,
    "near": near,
    "seconds": clock_seconds,
    "day": day,
    "short": day_short,
    "daytime": daytime,
}


def time_element(at: dt.datetime | dt.date | None, form: str = "clock") -> str:
    """A time element in one of the forms, nothing for None; digits and words of ours, so it is safe as it is."""
    return "" if at is None else f'<time datetime="{at.isoformat()}">{WORDS_OF_FORM[form](at)}</time>'


def relative_element(at: dt.datetime | None, kind: str) -> str:
    """A time element that says how long until ("due") or how long ago ("ago"); the browser keeps it right."""
    if at is None:
        return ""
    words = relative(at) if kind == "due" else ago(at)
    return f'<time datetime="{at.isoformat()}" data-relative="{kind}">{words}</time>'
