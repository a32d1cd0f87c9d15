"""From counted answers to plain words. Pure: rows and the time come in, the page goes out."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from wardline.desk.status_models import Check, Drawing, Hour, Part, Speed, State, Trouble
from wardline.platform.metrics import BOUNDS_SECONDS, PROMISED_SECONDS
from wardline.platform.responses import ALL, CELLS, MINUTE, SLOW_SECONDS, Answered, Incident, quantile

SHARE = 0.95
DAYS = 7
HOURS = 24 * DAYS
BOX_HEIGHT = 100
TOP_MS_MIN, TOP_MS_MAX = 100, 500
ELSE = "Everything else"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# What people do, and the routes that it takes; a slice's name alone stands for those of its routes that come nowhere
# before. In this order on the page.
PARTS: dict[str, tuple[str, ...]] = {
    "Ward board": ("beds.ward_board", "beds.wards", "vitals.ward_risk"),
    "Patient summary": ("chart",),
    "Patient search": ("patients.search", "patients.likely_matches", "desk.palette"),
    "Saving observations": ("vitals.record", "vitals.mark_as_error"),
    "Observation charts": ("vitals",),
    "Worklist and calls": ("tasks",),
    "Moving patients": (
        "beds.assign",
        "beds.release",
        "beds.undo",
        "beds.reserve",
        "beds.cancel_reservation",
        "encounters.admit",
        "encounters.discharge",
    ),
    "Bed board": ("beds",),
    "Registration and details": ("patients",),
    "Visits and problems": ("encounters",),
    "Signing in": ("identity.sign_in", "identity.sign_in_page", "desk.start"),
    "Measures for managers": ("analytics",),
    "Administration": ("admin",),
}
_OF_NAME = {name: words for words, names in PARTS.items() for name in names}


def part_of(route: str) -> str:
    """In which part of the page a route is counted."""
    return _OF_NAME.get(route) or _OF_NAME.get(route.partition(".")[0], ELSE)


class Totals(NamedTuple):
    """Rows of one span of time, by part; `together` is all of them."""

    parts: dict[str, list[int]]
    together: Answered | None


def totals(rows: Iterable[Answered]) -> Totals:
    """Sum the routes of each part."""
    parts: dict[str, list[int]] = {}
    together = None
    for row in rows:
        if row.route == ALL:
            together = row
            continue
        before = parts.setdefault(part_of(row.route), [0] * CELLS)
        parts[part_of(row.route)] = [a + b for a, b in zip(before, row.counts, strict=True)]
    return Totals(parts, together)


def speed(counts: Sequence[int]) -> Speed:
    """How fast these were."""
    seconds = quantile(counts, SHARE)
    if seconds is None:
        return Speed(0, None, "", "none")
    return Speed(sum(counts), round(seconds * 1000, 1), duration_words(seconds), state_of(seconds))


def state_of(seconds: float) -> State:
    """Against the promise, and against the alarm."""
    if seconds <= PROMISED_SECONDS:
        return "promised"
    return "slower" if seconds <= SLOW_SECONDS else "slow"


def duration_words(seconds: float) -> str:
    """4.2 ms, 43 ms, 1.2 s, over 10 s."""
    if seconds >= BOUNDS_SECONDS[-1]:
        return f"over {BOUNDS_SECONDS[-1]:g} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def parts(now: Totals, today: Totals, week: Totals) -> list[Part]:
    """All pages first, then each part that anybody used in the week, in the order of PARTS."""
    nothing = [0] * CELLS
    spans = (now, today, week)
    whole = Part("All pages", *(speed(s.together.counts if s.together else nothing) for s in spans))
    used = [words for words in (*PARTS, ELSE) if any(words in span.parts for span in spans)]
    return [whole, *(Part(words, *(speed(span.parts.get(words, nothing)) for span in spans)) for words in used)]


def share_words(share: float) -> str:
    """3 %, or under 1 %."""
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


_TROUBLES = {
    "slow": "Pages were slow: 95 of 100 took up to {}.",
    "failed": "Up to {} of all requests ended in an error.",
    "refused": "Up to {} of all requests were asked to try again.",
    "silent": "Nothing was answered: the service was stopped, or could not reach its database.",
}


def troubles(incidents: Iterable[Incident], now: datetime) -> list[Trouble]:
    """What went wrong, in words."""
    return [
        Trouble(
            kind=found.kind,
            words=_TROUBLES[found.kind].format(
                duration_words(found.worst) if found.kind == "slow" else share_words(found.worst)
            ),
            began_at=found.began_at,
            ended_at=found.ended_at,
            lasting=now - found.ended_at < 3 * MINUTE,
        )
        for found in incidents
    ]


def checks(*, listening: bool, leading: bool, database_seconds: float, recent: Answered | None) -> list[Check]:
    """What has to be so for everybody to work."""
    asked = recent.requests + recent.refused if recent else 0
    refused, failed = (recent.refused, recent.failed) if recent else (0, 0)
    return [
        Check(
            "Changes reach the screens",
            listening,
            "At once." if listening else "Up to two seconds late: the screens look for themselves.",
        ),
        Check("The database answers", True, f"In {duration_words(database_seconds)}."),
        Check(
            "Reminders and escalations run",
            leading,
            "On time." if leading else "No: nobody is called by the clock. Watch your own patients' times.",
        ),
        Check("Nobody is turned away", refused == 0, _of(refused, asked, "were asked to try again")),
        Check("Requests end well", failed == 0, _of(failed, asked, "ended in an error")),
    ]


def _of(bad: int, asked: int, what: str) -> str:
    if asked == 0:
        return "Nothing was asked in the last five minutes."
    if bad == 0:
        return f"All {asked:,} of the last five minutes." if asked > 1 else "The one of the last five minutes."
    return f"{bad:,} of {asked:,} {what} in the last five minutes."


def headline(whole: Part, checked: Sequence[Check]) -> str:
    """The one sentence for somebody who has no time."""
    wrong = [check.words for check in checked if not check.ok]
    if wrong:
        return f"Something needs attention: {', '.join(f'“{words}”' for words in wrong)}."
    if whole.now.state == "none":
        return "Everything runs; nobody asked for anything in the last five minutes."
    within = f"95 of 100 answers within {whole.now.words}"
    if whole.now.state == "promised":
        return f"Everything runs as promised: {within}."
    return f"Everything runs, but slower than promised: {within}."


# ---- the week as a line ----------------------------------------------------------------------------------------------


def hours(rows: Iterable[Answered]) -> list[Hour]:
    """The hours of the week, oldest first."""
    speeds = ((row, speed(row.counts)) for row in rows)
    return [Hour(row.began_at, found.requests, found.within_ms) for row, found in speeds]


def day_words(at: datetime) -> str:
    """Thu 20."""
    return f"{WEEKDAYS[at.weekday()]} {at.day}"


def drawing(week: Sequence[Hour], midnight: datetime) -> Drawing:
    """A line through the hours; `midnight` begins the last of the seven days."""
    first = midnight - timedelta(days=DAYS - 1)
    slowest = max((hour.within_ms or 0.0 for hour in week), default=0.0)
    top = round(min(max(slowest, TOP_MS_MIN), TOP_MS_MAX))
    runs: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for hour in week:
        if hour.within_ms is None:
            continue
        x = (hour.began_at - first) / timedelta(hours=1)
        point = (round(x + 0.5, 2), round(BOX_HEIGHT * (1 - min(hour.within_ms, top) / top), 1))
        if before is None or hour.began_at - before > timedelta(hours=1):
            runs.append([])
        runs[-1].append(point)
        before = hour.began_at
    return Drawing(
        lines=[" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1],
        dots=[run[0] for run in runs if len(run) == 1],
        promise_y=round(BOX_HEIGHT * (1 - PROMISED_SECONDS * 1000 / top), 1),
        top_ms=top,
        days=[day_words(first + timedelta(days=number)) for number in range(DAYS)],
    )
