"""The streams of all users: opened, heard, and opened again as the product's own page does it (live-page.js)."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from time import monotonic
from typing import Any
from urllib.parse import quote

from bench.load.http import Wire
from bench.load.requests import Requests
from bench.load.screens import Reader, Rows, Versions
from bench.load.users import Topic, User

# As in live-page.js.
BACK_SECONDS = (1.0, 30.0)
BACK_USUAL_SECONDS = 2.0
STALE_SECONDS = 20.0
GRACE_SECONDS = 1.5
REREAD_SPREAD_SECONDS = 3.0
MARK_SPREAD_SECONDS = 0.3
REREAD_ATTEMPT = 4


class Stream(asyncio.Protocol):
    """One open stream."""

    __slots__ = ("_chunked", "_rest", "_text", "_watching", "greeted", "transport", "user")

    def __init__(self, watching: "Watching", user: User) -> None:
        self._watching = watching
        self._rest = b""
        self._text = b""
        self._chunked = False
        self.user = user
        self.greeted = False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        if not self.greeted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not self._greet(data[:end].lower()):
                return
            data = data[end + 4 :]
        if not self._chunked:
            self._heard(data)
            return
        at, length = 0, len(data)
        while at < length:
            end = data.find(b"\r\n", at)
            stop = end + 2 + int(data[at:end], 16) if end >= 0 else length
            if stop + 2 > length:
                self._rest = data[at:]
                return
            if stop == end + 2:
                self.transport.close()
                return
            self._heard(data[end + 2 : stop])
            at = stop + 2

    def _greet(self, head: bytes) -> bool:
        status = int(head[9:12])
        if status != 200:
            after = head.partition(b"\r\nretry-after:")[2].partition(b"\r\n")[0].strip()
            self._watching.refused(self.user, status, float(after) if after.isdigit() else 0.0)
            self.transport.abort()
            return False
        self._chunked = b"transfer-encoding: chunked" in head
        self.greeted = True
        self._watching.opened(self.user)
        return True

    def _heard(self, text: bytes) -> None:
        """Whole events are understood; the beginning of one waits for its end."""
        if self._text:
            text = self._text + text
            self._text = b""
        if not text.endswith(b"\n\n"):
            whole = text.rfind(b"\n\n") + 2
            self._text = text[whole:] if whole > 1 else text
            if whole < 2:
                return
            text = text[:whole]
        self._watching.heard(self.user, text)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watching.lost(self.user, self)


class Watching:
    """Keeps every user's stream. `reread` sends the request with which a page reads itself anew."""

    def __init__(
        self,
        wire: Wire,
        requests: Requests,
        topics: dict[str, Topic],
        dice: Random,
        *,
        reread: Callable[[User], None],
        delivered: Callable[[float], None],
    ) -> None:
        self._wire = wire
        self._requests = requests
        self._topics = topics
        self._dice = dice
        self._reread = reread
        self._delivered = delivered
        self._reader = Reader()
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._behind: deque[tuple[float, User, int, int]] = deque()
        self.closing = False
        self.open_now = 0
        self.counts: Counter[str] = Counter()
        self.reopened_at: list[float] = []

    def open(self, user: User) -> None:
        """Begin to open a user's stream."""
        user.late = None
        if self.closing or user.stream is not None:
            return
        user.stream = Stream(self, user)
        task = self._loop.create_task(self._connect(user, user.stream))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, user: User, stream: Stream) -> None:
        asked = "&".join(
            f"topic={quote(topic.name)}&version={seen}" for topic, seen in zip(user.topics, user.seen, strict=True)
        )
        try:
            await self._wire.connect(lambda: stream)
        except (OSError, TimeoutError):
            self.counts["streams_not_connected"] += 1
            self._again(user)
            return
        stream.transport.write(self._requests.stream(f"/live?{asked}".encode(), user))

    def opened(self, user: User) -> None:
        self.open_now += 1
        self.counts["streams_opened"] += 1
        self.reopened_at.append(monotonic())
        user.attempt = 0
        user.heard_at = monotonic()

    def refused(self, user: User, status: int, after_seconds: float) -> None:
        """The server says when to come again; some add a little at random."""
        self.counts[f"streams_refused_{status}"] += 1
        if status == 503:
            user.back_seconds = (after_seconds or BACK_USUAL_SECONDS) + self._dice.random() * BACK_SECONDS[0]

    def lost(self, user: User, stream: Stream) -> None:
        """The stream has ended: come back with full jitter."""
        if stream.greeted:
            self.open_now -= 1
            self.counts["streams_ended"] += 1
        if user.stream is stream:
            self._again(user)

    def _again(self, user: User) -> None:
        user.stream = None
        if self.closing:
            return
        wait = user.back_seconds or self._backoff(user.attempt)
        user.back_seconds = 0.0
        user.attempt += 1
        user.late = self._loop.call_later(wait, self.open, user)
        if user.attempt == REREAD_ATTEMPT:
            self._reread(user)

    def _backoff(self, attempt: int) -> float:
        """Where the server has said nothing: twice as long each time, with full jitter."""
        least, most = BACK_SECONDS
        return least / 2 + self._dice.random() * min(most, BACK_USUAL_SECONDS * 2**attempt)

    def heard(self, user: User, text: bytes) -> None:
        """Put what came into what the user's screen shows."""
        now = user.heard_at = monotonic()
        for message in self._reader.messages(text):
            if isinstance(message, Rows):
                self._rows(user, message, now)
            elif isinstance(message, Versions):
                self._versions(user, message.versions, now)
            else:
                user.back_seconds = message
        user.stale = False

    def _rows(self, user: User, rows: Rows, now: float) -> None:
        at = next((at for at, topic in enumerate(user.topics) if topic.name == rows.topic), None)
        if at is None:
            self.counts["rows_of_others"] += 1
            return
        topic = user.topics[at]
        self.counts["pushes"] += 1
        before, version = user.seen[at], rows.version
        if version < before:
            return
        user.seen[at] = version
        user.shown[at] = user.shown[at].after(rows)
        topic.known = max(topic.known, version)
        for reached, sent_at in topic.pending:
            if before < reached <= version:
                self._delivered(now - sent_at)
        if rows.reread:
            self.reread_soon(user, MARK_SPREAD_SECONDS)

    def _versions(self, user: User, versions: dict[str, int], now: float) -> None:
        self.counts["heartbeats"] += 1
        for at, topic in enumerate(user.topics):
            version = versions.get(topic.name, 0)
            topic.known = max(topic.known, version)
            if version > user.seen[at]:
                self._behind.append((now + GRACE_SECONDS, user, at, version))

    def reread_soon(self, user: User, spread_seconds: float) -> None:
        """Read the page anew within this time, once."""
        if not user.rereading and not self.closing:
            user.rereading = True
            self._loop.call_later(self._dice.random() * spread_seconds, self._reread, user)

    def every_second(self, users: list[User], now: float) -> None:
        """Who is behind after the grace reads anew; who has heard nothing for long says so on the screen."""
        while self._behind and self._behind[0][0] <= now:
            _, user, at, version = self._behind.popleft()
            if version > user.seen[at]:
                self.counts["found_behind"] += 1
                self.reread_soon(user, REREAD_SPREAD_SECONDS)
        for user in users:
            if user.heard_at and not user.stale and now - user.heard_at > STALE_SECONDS:
                user.stale = True
                self.counts["screens_not_live"] += 1

    def drop_all(self, users: list[User]) -> None:
        """Every stream breaks at once."""
        self.reopened_at.clear()
        for user in users:
            if user.stream is not None and user.stream.transport is not None:
                user.stream.transport.abort()

    def close(self, users: list[User]) -> None:
        """No stream is wanted any more."""
        self.closing = True
        for user in users:
            if user.late is not None:
                user.late.cancel()
            if user.stream is not None and user.stream.transport is not None:
                user.stream.transport.abort()
