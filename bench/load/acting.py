"""The users act: at random moments that do not wait for answers, so that a slow server is seen as slow as it is.

All users together are one Poisson process: whose turn it is is drawn when the moment comes, which is the same as an
exponential pause for each. Latency counts from that moment, however late the request could be sent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from math import ceil
from random import Random
from time import monotonic

from bench.load import checks
from bench.load.histogram import bucket
from bench.load.http import Call, Client
from bench.load.journeys import Journeys, Sent
from bench.load.model import WINDOW_SECONDS, Cells, Phase, Timetable
from bench.load.screens import Pages
from bench.load.users import User

LATE_SECONDS = 0.010
TURN_ACTS_MAX = 100  # then what has arrived is read first
SAMPLES_OF_KIND_MAX = 5


class Tally:
    """What was measured, by route and window, and by second."""

    def __init__(self) -> None:
        self.begins = float("inf")
        self.ends = float("inf")
        self.routes: dict[str, dict[int, Cells]] = {}
        self.seconds: dict[int, Cells] = {}
        self.before: Counter[str] = Counter()  # errors outside of what is measured
        self.screens_ms: dict[int, int] = {}
        self.samples: list[str] = []
        self._sampled: Counter[str] = Counter()

    def add(self, call: Call, now: float, error: str) -> None:
        if error and self._sampled[error] < SAMPLES_OF_KIND_MAX:
            self._sampled[error] += 1
            self.samples.append(sample(call, error))
        if not self.begins <= call.due < self.ends:
            if error:
                self.before[error] += 1
            return
        microseconds = int((now - call.due) * 1e6)
        number = bucket(microseconds)
        since = call.due - self.begins
        windows = self.routes.get(call.route)
        if windows is None:
            windows = self.routes[call.route] = {}
        for table, at in ((windows, int(since // WINDOW_SECONDS)), (self.seconds, int(since))):
            cells = table.get(at)
            if cells is None:
                cells = table[at] = Cells()
            if error:
                cells.errors[error] = cells.errors.get(error, 0) + 1
            buckets = cells.failed if error else cells.right
            buckets[number] = buckets.get(number, 0) + 1
            cells.max_us = max(cells.max_us, microseconds)

    def delivered(self, seconds: float) -> None:
        """The rows of a write have come to a watcher's screen."""
        number = bucket(int(seconds * 1e6))
        self.screens_ms[number] = self.screens_ms.get(number, 0) + 1


def sample(call: Call, error: str) -> str:
    """One failure in a line, without anybody's name: what was asked, what came."""
    asked = call.request.partition(b" HTTP/1.1")[0].decode(errors="replace")
    return f"{error}: {asked} as {call.user.role}: {call.status} {call.body[:200].decode(errors='replace')!r}"


def forget(sent: Sent) -> None:
    """A write that failed is awaited on no screen."""
    for topic, base in sent.raises:
        awaited = next((each for each in topic.pending if each[0] == base + 1), None)
        if awaited is not None:
            topic.pending.remove(awaited)


class Acting:
    """One worker's users at work."""

    arrived: Callable[[User], None]  # told of each who has a page; set by whoever opens the streams

    def __init__(
        self,
        users: list[User],
        journeys: Journeys,
        client: Client,
        tally: Tally,
        pages: Pages,
        dice: Random,
        *,
        retries: int,
    ) -> None:
        self._users = users
        self._journeys = journeys
        self._client = client
        self._pages = pages
        self._dice = dice
        self._loop = asyncio.get_running_loop()
        self._phases: list[Phase] = []
        self._rate = 0.0
        self._next = 0.0
        self._ends = 0.0
        self.tally = tally
        self.offered = 0
        self.late_sends = 0
        self.conflicts = 0
        self.retries = 0
        self._retries_max = retries

    def start(self, table: Timetable, mean_seconds: float) -> None:
        """Act from the opening of the first stream until the end; who has no page yet does not act."""
        self.tally.begins, self.tally.ends = table.begins, table.ends
        self._phases, self._ends = table.phases, table.ends
        self._rate = len(self._users) / mean_seconds
        self._next = max(table.opens, monotonic()) + self._dice.expovariate(self._rate)
        self._loop.call_later(self._pause(), self._turn)

    def _turn(self) -> None:
        """Everybody whose moment has come."""
        for _ in range(TURN_ACTS_MAX):
            due = self._next
            if due > monotonic() or due >= self._ends:
                break
            self._act(due)
            self._next = due + self._dice.expovariate(self._rate * self._factor(due))
        if self._next < self._ends:
            self._loop.call_later(self._pause(), self._turn)

    def _pause(self) -> float:
        """Until the next moment; the loop's timers count whole milliseconds."""
        return max(0.0, ceil((self._next - monotonic()) * 1000) / 1000)

    def _factor(self, at: float) -> float:
        for phase in self._phases:
            if phase.begins <= at < phase.ends:
                return phase.factor
        return 1.0

    def _act(self, due: float) -> None:
        user = self._dice.choice(self._users)
        if not user.heard_at:
            return  # still arriving
        self._send(user, self._journeys.next(user, due))

    def reread(self, user: User) -> None:
        """The page's own script reads it anew."""
        self._send(user, self._journeys.reread(user, monotonic()))

    def arrive(self, user: User) -> None:
        """Open the page that stays open."""
        self._send(user, self._journeys.first(user, monotonic()))

    def _send(self, user: User, call: Call) -> None:
        now = monotonic()
        if self.tally.begins <= call.due < self.tally.ends:
            self.offered += 1
            self.late_sends += now - call.due > LATE_SECONDS
        sent: Sent | None = call.note
        if sent is not None:
            for topic, base in sent.raises:
                topic.pending.append((base + 1, now))
        self._client.send(user, call)

    def finished(self, call: Call) -> None:
        """Judge an answer, keep its figures, and let it change what the rig knows."""
        now = monotonic()
        error = call.error or (f"status {call.status}" if call.status != call.expected else call.check(call))
        if not call.error and checks.was_first(call):
            self.conflicts += 1
            error = ""
        good = not error and call.status == call.expected
        if not good and call.note is not None:
            forget(call.note)
        if good and call.note is not None:
            error = self._version(call)
        self.tally.add(call, now, error)
        self._journeys.settle(call, good=good)
        if call.status == 503 and call.tries < self._retries_max:
            self._again(call)
        if call.route in ("first page", "reread"):
            self._read(call, good=good)
        elif call.route == "first bell":
            self._read_bell(call, good=good)

    def _again(self, call: Call) -> None:
        """Somebody who does not read "try again later" presses the button again, at once."""
        again = Call(call.user, call.route, call.request, due=monotonic(), check=call.check, note=call.note)
        again.tries = call.tries + 1
        self.retries += 1
        self._send(call.user, again)

    def _version(self, call: Call) -> str:
        """What is known of a topic when a page is asked for, the page must show."""
        sent: Sent = call.note
        if sent.topic is None:
            return ""
        name, _, version = call.header(b"wardline-topic").decode().rpartition("@")
        if name != sent.topic.name or not version.isdigit():
            return checks.WRONG_PAGE
        sent.topic.known = max(sent.topic.known, int(version))
        return checks.OLD if int(version) < sent.version else ""

    def _read(self, call: Call, *, good: bool) -> None:
        """Show what the page shows, unless the stream has brought something newer meanwhile."""
        user = call.user
        user.rereading = False
        if not good:
            if not user.heard_at:
                self._loop.call_later(self._asked_back_seconds(call), self.arrive, user)
            return
        version = int(call.header(b"wardline-topic").rpartition(b"@")[2])
        if version >= user.seen[0]:
            user.seen[0] = version
            user.shown[0] = self._pages.shown(user.topics[0].name, user.role, call.body)
        if not user.heard_at:
            user.heard_at = monotonic()
            self.arrived(user)
            self._ask_bell(user)

    def _read_bell(self, call: Call, *, good: bool) -> None:
        """What the page does not know of the bell, it asks for again."""
        user = call.user
        if good:
            user.shown[1] = self._pages.shown(user.topics[1].name, user.role, call.body)
        else:
            self._loop.call_later(self._asked_back_seconds(call), self._ask_bell, user)

    def _asked_back_seconds(self, call: Call) -> float:
        """When the browser asks again by itself, as it was told; else after how long somebody does, longer each time."""
        told = call.header(b"retry-after")
        if told.isdigit():
            return int(told) + self._dice.random()
        user = call.user
        user.arrivals += 1
        return self._dice.uniform(1, 5) * 2 ** min(user.arrivals - 1, 3)

    def _ask_bell(self, user: User) -> None:
        self._send(user, self._journeys.first_bell(user, monotonic()))
