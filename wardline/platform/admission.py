"""How much work a process takes on at once, and who goes first when it is too much.

Measured in requests at work, not in requests a second (Little's law): what is admitted is what can be served soon, the
rest is refused at once. Classes are refused one after the other, reports first, what is done at a bedside last: each may
fill the process only up to its share of the limit, so half of it is always kept for the bedside, which may go half beyond it: a
dose that waits a moment longer is better than one that is refused.

The limit itself follows the time that requests take, which is their number at work divided by how many are answered in a
second. As CoDel does for packets, it looks at the least of an interval: a burst that is worked off is no queue. Where
even the least number at work takes too long, the limit falls by a part; where it does not, it rises, and faster where
somebody was refused. It makes no difference where they wait: for the event loop, a connection, a lock or the disk.
"""

import asyncio
import math
import time
from collections.abc import Callable, Generator, Hashable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NamedTuple

INTERVAL_SECONDS = 0.1
SAMPLES_MIN = 8  # fewer arrivals say nothing about a queue: the interval goes on
TIME_SECONDS_MAX = 0.2  # from admission to answer, on average, where requests stand in line
FALL, RISE = 0.85, 1.05
LIMIT_LEAST, LIMIT_BEGIN, LIMIT_MOST = 100, 256, 512
SIGNING_IN_MAX = 64  # each waits for Argon2, one after the other, in a thread that yields to all other work


class Class(NamedTuple):
    """`share` is the part of the limit up to which a class is admitted; `wait_seconds_max` how long ago a request may
    have arrived at the proxy and still be begun; `acquire_seconds_max` how long it waits for a connection: long, for the
    line is kept short at the entrance, and who has been let in should not be sent away.
    """

    share: float
    wait_seconds_max: float
    acquire_seconds_max: float
    urgent: bool = False  # served before others where both wait for a connection


CLASSES: Mapping[str, Class] = MappingProxyType(
    {
        "always": Class(math.inf, math.inf, 4.0, True),
        "medication": Class(1.5, 4.0, 4.0, True),
        "sign_in": Class(math.inf, 2.0, 2.0),  # a bulkhead of its own: SIGNING_IN_MAX
        "charting": Class(0.5, 1.0, 3.0),
        "streams": Class(0.45, math.inf, 2.0),
        "lists": Class(0.35, 0.5, 2.0),
        "reports": Class(0.15, 0.25, 1.0),
    }
)
# Work that no request asked for (duties, jobs, the record's batches) is patient.
UNASKED = Class(math.inf, math.inf, 2.0)
PERSON_MAX = 20  # requests of one person at work at once
TENANT_LEAST = 4
SEEN_SECONDS = 1.0
LINE_SHARE = 0.9  # of what is answered, for those who come back
LINE_PER_SECOND_MIN = 50.0  # where few were answered because few had asked, or because a node is cold
LINE_SECONDS_MAX = 30.0


class Visit:
    """One request at work: its class and, once they are known, whose it is. `limited` is the task that a deadline ends."""

    __slots__ = ("acquire_seconds_max", "limited", "name", "person", "tenant", "urgent")

    def __init__(self, name: str) -> None:
        kind = CLASSES.get(name, UNASKED)
        self.name = name
        self.urgent = kind.urgent
        self.acquire_seconds_max = kind.acquire_seconds_max
        self.person: Hashable = None
        self.tenant: Hashable = None
        self.limited: asyncio.Task[Any] | None = None

    @contextmanager
    def under_deadline(self) -> Generator[None]:
        """Within a deadline of the task under way. What it only begins, in tasks of their own, is not ended by it."""
        self.limited = asyncio.current_task() if self.name else None
        try:
            yield
        finally:
            self.limited = None


serving: ContextVar[Visit] = ContextVar("serving", default=Visit(""))  # noqa: B039 - nobody changes it


class Limiter:
    """The limit of one process; `now` is a monotonic clock."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.limit = float(LIMIT_BEGIN)
        self.running = 0
        self.signing_in = 0
        self.admitted = dict.fromkeys(CLASSES, 0)
        self.shed = dict.fromkeys(CLASSES, 0)
        self._now = now
        self._set_ceilings()
        self._begin(now())

    def _begin(self, now: float) -> None:
        self._since, self._until = now, now + INTERVAL_SECONDS
        self._samples = self._finished = 0
        self._running_least = math.inf
        self._refused = False

    def _set_ceilings(self) -> None:
        self._ceilings = {name: kind.share * self.limit for name, kind in CLASSES.items()}

    def ceiling(self, load_class: str) -> float:
        """How many requests may be at work for one of this class to be admitted."""
        return self._ceilings[load_class]

    @property
    def tight(self) -> bool:
        """Whether somebody was refused for want of room in this interval."""
        return self._refused

    def admit(self, load_class: str) -> bool:
        """Take a request on, or refuse it at once. What is admitted must be given to `finish`."""
        now = self._now()
        if now >= self._until and self._samples >= SAMPLES_MIN:
            self._judge(now)
        self._samples += 1
        self._running_least = min(self._running_least, self.running)
        if load_class == "sign_in":
            if self.signing_in >= SIGNING_IN_MAX:
                self.shed[load_class] += 1
                return False
            self.signing_in += 1
        elif self.running >= self._ceilings[load_class]:
            self._refused = True
            self.shed[load_class] += 1
            return False
        else:
            self.running += 1
        self.admitted[load_class] += 1
        return True

    def finish(self, load_class: str) -> None:
        """A request that was admitted is answered."""
        self._finished += 1
        if load_class == "sign_in":
            self.signing_in -= 1
        else:
            self.running -= 1
            self._running_least = min(self._running_least, self.running)

    def _judge(self, now: float) -> None:
        """Move the limit by what the interval showed."""
        if self._time_seconds(now - self._since) > TIME_SECONDS_MAX:
            self.limit = max(LIMIT_LEAST, self.limit * FALL)
        else:
            risen = max(self.limit + 1, self.limit * RISE) if self._refused else self.limit + 1
            self.limit = min(LIMIT_MOST, risen)
        self._set_ceilings()
        self._begin(now)

    def _time_seconds(self, seconds: float) -> float:
        """How long the least number at work took to be answered, by Little's law."""
        if not self._running_least:
            return 0.0
        return self._running_least * seconds / self._finished if self._finished else math.inf


class Shares:
    """Who has how much at work. While somebody is refused for want of room, one person may have PERSON_MAX requests and
    one tenant not much more than its part, so that a hospital that asks ten times as much does not crowd out others.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._held: dict[Hashable, int] = {}
        self._seen: set[Hashable] = set()
        self._seen_before: set[Hashable] = set()
        self._turns_at = now() + SEEN_SECONDS

    def enter(self, visit: Visit, *, tenant: Hashable, person: Hashable) -> None:
        """Count a visit as theirs; once for each, and once for `leave`."""
        visit.tenant, visit.person = tenant, person
        self._held[tenant] = self._held.get(tenant, 0) + 1
        self._held[person] = self._held.get(person, 0) + 1
        if self._now() >= self._turns_at:
            self._seen_before, self._seen = self._seen, set()
            self._turns_at = self._now() + SEEN_SECONDS
        self._seen.add(tenant)

    def leave(self, visit: Visit) -> None:
        """Forget a visit."""
        for key in (visit.tenant, visit.person):
            if key is None:
                continue
            left = self._held[key] - 1
            if left:
                self._held[key] = left
            else:
                del self._held[key]

    def person_has_too_much(self, visit: Visit) -> bool:
        """Whether one person has more at work than anybody at a screen could."""
        return self._held[visit.person] > PERSON_MAX

    def tenant_has_too_much(self, visit: Visit, ceiling: float) -> bool:
        """Whether a tenant has more than half as much again as its equal part of the room for this class."""
        tenants = max(len(self._seen), len(self._seen_before))
        return tenants > 1 and self._held[visit.tenant] > max(TENANT_LEAST, 1.5 * ceiling / tenants)


class Bucket:
    """At most `per_second` in the long run, `burst` at once."""

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._held = burst
        self._at = now()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._now()
        self._held = min(self._burst, self._held + (now - self._at) * self._per_second)
        self._at = now
        if self._held < 1:
            return False
        self._held -= 1
        return True


class Line:
    """The line of those who were refused: when each is asked back, so that no more come than can be served.

    Where all are asked back within a few seconds, those who wait for a page ask so often that refusing them takes the
    processor from serving them: with 20,000 who waited, six of seven requests were refused (bench/results/log.md).
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, *, seconds_max: float = LINE_SECONDS_MAX) -> None:
        self._now = now
        self._seconds_max = seconds_max
        self._since = self._ends = now()
        self._answered = 0
        self._per_second = 100.0

    def answered(self) -> None:
        """One was served."""
        self._answered += 1

    def seconds(self) -> float:
        """Take the next place in the line; after how long its turn comes, at most `seconds_max`."""
        now = self._now()
        if now - self._since >= SEEN_SECONDS:
            self._per_second = max(LINE_PER_SECOND_MIN, LINE_SHARE * self._answered / (now - self._since))
            self._since, self._answered = now, 0
        self._ends = min(max(self._ends, now) + 1 / self._per_second, now + self._seconds_max)
        return self._ends - now


class Age:
    """How long ago a request arrived at the proxy, by the proxy's clock and ours.

    The two may differ: the youngest request of the last half minute or so is taken as just arrived, so a clock that is
    wrong refuses nobody.
    """

    def __init__(self, *, window_seconds: float = 30.0, now: Callable[[], float] = time.time) -> None:
        self._window_seconds = window_seconds
        self._now = now
        self._youngest = self._youngest_before = math.inf
        self._turns_at = now() + window_seconds

    def of(self, arrived: float) -> float:
        """Seconds since the time on the proxy's clock, at least 0."""
        now = self._now()
        if now >= self._turns_at:
            self._youngest_before, self._youngest = self._youngest, math.inf
            self._turns_at = now + self._window_seconds
        seconds = now - arrived
        self._youngest = min(self._youngest, seconds)
        return seconds - min(self._youngest, self._youngest_before)
