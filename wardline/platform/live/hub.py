"""The hub: what is watched in this process, by whom, and the re-reading and pushing when it changes.

One topic has one feed for each audience that watches it. A nudge (or the poll of versions, when a nudge was lost) makes
each feed read once, render once and push the changed elements to all its watchers. The version of a message was known
before its rows were read, so a page never believes itself newer than it is.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog

from wardline.platform import clock, db
from wardline.platform.db import Db, Pool
from wardline.platform.errors import Busy, Problem
from wardline.platform.live.connection import Connection
from wardline.platform.live.feed import Feed, Topic, rows_event, versions_event
from wardline.platform.live.notifier import CHANNEL, versions_in
from wardline.platform.live.turnstile import return_ms
from wardline.platform.live.views import (
    Audience,
    Render,
    Shown,
    View,
    Watch,
    difference,
    of_the_same_sight,
    show,
    views_by_kind,
)

READS_AT_ONCE_MAX = 4
HEARTBEAT_SHARES = 15
RELISTEN_SECONDS_MAX = 5.0
POLLED_TOPICS_MAX = 5_000
KEPT_SECONDS = 60.0  # a board that all have left: they may have been cut off, and come back together

log = structlog.get_logger("live")
FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, Busy)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often things happen."""

    push_seconds: float = 0.25  # at most four pushes a second for a topic
    poll_seconds: float = 2.0  # a lost nudge heals within
    clock_seconds: float = 30.0  # views that show lateness are rendered anew while watched
    heartbeat_seconds: float = 15.0
    rights_seconds: float = 2.0
    life_seconds: float = 600.0
    retry_seconds: float = 1.0  # after a fault while reading


class Hub:
    """Everything that is watched in this process. `still_allowed` says whether a session may go on watching."""

    def __init__(
        self,
        pool: Pool,
        listen_url: str,
        views: Sequence[View],
        *,
        render: Render,
        still_allowed: Callable[[UUID], bool],
        pace: Pace | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.views = views_by_kind(views)
        self.pace = pace or Pace()
        self._pool = pool
        self._listen_url = listen_url
        self._render = render
        self._still_allowed = still_allowed
        self._now = now
        self._topics: dict[str, Topic] = {}
        self._shares: list[set[Connection]] = [set() for _ in range(HEARTBEAT_SHARES)]
        self._reading = asyncio.Semaphore(READS_AT_ONCE_MAX)
        self._duties: list[asyncio.Task[None]] = []
        self.listening = False
        self.closing = False
        self.reads = 0
        self.renders = 0
        self.pushes = 0
        self.healed = 0  # changes that the poll found before any nudge did
        self.ended: dict[str, int] = {}
        self.streams_of: Counter[str] = Counter()  # by the tenant's short code

    # ---- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen for nudges and begin the regular duties."""
        self._duties = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(_every(self.pace.poll_seconds, self._poll)),
            asyncio.create_task(_every(self.pace.rights_seconds, self._end_the_due)),
            asyncio.create_task(self._beat()),
        ]

    async def stop(self) -> None:
        """End every stream and the duties."""
        self.end_all()
        for task in [*self._duties, *(t.refreshing for t in self._topics.values() if t.refreshing)]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._duties = []

    def end_all(self) -> None:
        """End every stream, and refuse new ones: the process is about to stop."""
        self.closing = True
        for connection in list(self.connections()):
            connection.end("stopping")

    def connections(self) -> Iterator[Connection]:
        """Every open stream."""
        for share in self._shares:
            yield from share

    @property
    def streams(self) -> int:
        return sum(map(len, self._shares))

    @property
    def topics(self) -> int:
        return len(self._topics)

    # ---- watchers ------------------------------------------------------------------------------------------------

    async def join(
        self, connection: Connection, watch: Watch, scope: Any, audience: Audience, can: frozenset[str]
    ) -> Feed:
        """Add a watcher. The first of an audience causes one read; all who come meanwhile wait for the same."""
        topic = self._topics.setdefault(watch.topic, Topic(watch.topic))
        audience, can = of_the_same_sight(watch.view, audience, can)
        feed = topic.feeds.get(audience)
        if feed is None:
            feed = topic.feeds[audience] = Feed(watch.topic, watch.view, scope, audience, can)
            feed.opening = asyncio.create_task(self._open(topic, feed))
        elif not feed.watchers and feed.version >= 0:
            feed.scope = scope
            feed.opening = asyncio.create_task(self._come_back(topic, feed))
        feed.watchers.add(connection)
        connection.feeds.append(feed)
        assert feed.opening is not None
        await asyncio.shield(feed.opening)
        return feed

    def opened(self, connection: Connection, versions: dict[str, int], *, retry_ms: int) -> None:
        """Greet a watcher who has joined its feeds, and send what it does not show yet.

        Who shows a version that the feed came through gets what changed since; everybody else gets everything of a view
        that follows the clock, since equal versions do not say that the same lateness is shown. So does who joins a feed
        whose rows may be newer than its version: the next change would leave out what the watcher does not show.
        """
        min(self._shares, key=len).add(connection)
        connection.opened = True
        self.streams_of[connection.tenant_code] += 1
        retry = f"retry: {retry_ms}\n".encode()
        connection.put(retry + versions_event("hello", connection.feeds, self._now()), greets=True)
        for feed in connection.feeds:
            shows = versions.get(feed.topic, 0)
            missing = feed.since(shows)
            if missing is None and (feed.view.clocked or _time() < feed.unsure_until or shows < feed.version):
                missing = feed.everything()
            if missing:
                connection.put(missing, greets=True)

    def leave(self, connection: Connection) -> None:
        """Forget a watcher, and what nobody watches any more."""
        for share in self._shares:
            share.discard(connection)
        for feed in connection.feeds:
            feed.watchers.discard(connection)
            if feed.watchers:
                continue
            feed.left_at = _time()
            if not feed.view.holds or feed.version < 0:
                self._forget(feed)
        if connection.opened:
            self.ended[connection.reason] = self.ended.get(connection.reason, 0) + 1
            self.streams_of[connection.tenant_code] -= 1

    def _forget(self, feed: Feed) -> None:
        topic = self._topics.get(feed.topic)
        if topic is not None and topic.feeds.get(feed.audience) is feed:
            del topic.feeds[feed.audience]
            if not topic.feeds:
                del self._topics[feed.topic]

    # ---- changes -------------------------------------------------------------------------------------------------

    def nudged(self, versions: dict[str, int], *, by_poll: bool = False) -> None:
        """Hear that topics are committed at these versions; those nobody watches here do not matter."""
        for name, version in versions.items():
            topic = self._topics.get(name)
            if topic is not None and version > topic.wanted:
                self.healed += by_poll and topic.wanted > 0
                topic.wanted = version
                self._schedule(topic)

    def _schedule(self, topic: Topic) -> None:
        if topic.refreshing is None or topic.refreshing.done():
            topic.refreshing = asyncio.create_task(self._refresh(topic))

    async def _refresh(self, topic: Topic) -> None:
        """Bring every feed of a topic up to date. Changes that arrive meanwhile are gathered into the next round."""
        while True:
            await asyncio.sleep(max(0.0, topic.next_at - _time()))
            behind = [feed for feed in topic.feeds.values() if self._is_behind(topic, feed)]
            if not behind:
                return
            topic.next_at = _time() + self.pace.push_seconds
            for feed in behind:
                try:
                    await self._update(topic, feed)
                except FAULTS as error:
                    topic.next_at = _time() + self.pace.retry_seconds
                    log.warning("live_read_failed", topic=feed.view.pattern, code=type(error).__name__)
                except Exception as error:
                    log.error("live_view_failed", topic=feed.view.pattern, code=type(error).__name__, exc_info=error)
                    for connection in list(feed.watchers):
                        connection.end("gone" if isinstance(error, Problem) else "failed")
                    feed.version = topic.wanted
                    self._forget(feed)

    def _is_behind(self, topic: Topic, feed: Feed) -> bool:
        if feed.version < 0 or not feed.watchers:
            return False
        return feed.version < topic.wanted or self._clock_is_due(feed)

    def _clock_is_due(self, feed: Feed) -> bool:
        return feed.view.clocked and feed.version >= 0 and _time() - feed.rendered_at >= self.pace.clock_seconds

    async def _open(self, topic: Topic, feed: Feed) -> None:
        topic.wanted = max(topic.wanted, await self._version(topic))
        await self._read(feed, topic.wanted, whole=True)
        topic.wanted = max(topic.wanted, await self._version(topic))
        if feed.version < topic.wanted:
            feed.unsure_until = _time() + self._unsure_seconds
            self._schedule(topic)

        feed.begins_at(topic.wanted)

    async def _come_back(self, topic: Topic, feed: Feed) -> None:
        """Bring a feed that nobody watched for a while up to date, for those who have just come."""
        topic.wanted = max(topic.wanted, await self._version(topic))
        if self._is_behind(topic, feed):
            self._schedule(topic)
            assert topic.refreshing is not None
            await asyncio.shield(topic.refreshing)

    async def _version(self, topic: Topic) -> int:
        async with self._reading:
            found = await Db(self._pool, None).fetchval(
                "SELECT version FROM platform.topic WHERE topic = $1", topic.name
            )
        return found or 0

    @property
    def _unsure_seconds(self) -> float:
        """By then a commit that came between version and rows is known, by its nudge or by the poll."""
        return self.pace.poll_seconds + 1

    async def _update(self, topic: Topic, feed: Feed) -> None:
        """Read and render a feed again and push what changed. A risen version is told even where nothing shows.

        What was pushed just before goes along: it may have been newer than its version, and a page read at that version,
        which arrived later, has put the older rows back.
        """
        before, version_before = feed.shown, feed.version
        again = feed.just_sent if _time() < feed.unsure_until else set[str]()
        await self._read(feed, topic.wanted, whole=self._clock_is_due(feed))
        feed.unsure_until = _time() + self._unsure_seconds
        changed = difference(before, feed.shown)
        if not changed and feed.version == version_before:
            return
        feed.just_sent = set(changed.html)
        html = {name: feed.shown.html.get(name) for name in again} | changed.html
        feed.remember(html, changed.order)
        message = rows_event(feed.topic, feed.version, html, changed.order)
        for connection in list(feed.watchers):
            connection.put(message)
        self.pushes += len(feed.watchers)

    async def _read(self, feed: Feed, version: int, *, whole: bool) -> None:
        async with self._reading:
            asked = (version,) if feed.view.holds else ()
            page = await feed.view.read(Db(self._pool, feed.audience.tenant_id), feed.scope, *asked)
        self.reads += 1
        feed.shown = show(
            feed.view,
            page,
            before=Shown() if whole and not self._stands_still(feed) else feed.shown,
            audience=feed.audience,
            can=feed.can,
            now=self._now(),
            render=self._render,
        )
        self.renders += 1
        feed.version = version
        feed.full = None
        if whole:
            feed.rendered_at = _time()

    def _stands_still(self, feed: Feed) -> bool:
        """Whether the clock alone changes nothing of what the feed shows; at midnight "today" is another day."""
        today = self._now().astimezone(ZoneInfo(feed.audience.zone)).date()
        same_day, feed.rendered_on = feed.rendered_on == today, today
        return feed.view.still and same_day

    # ---- duties --------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Hear nudges on a connection of its own; when it breaks, come back and catch up by a poll."""
        wait = 0.1
        while True:
            connection: db.Connection | None = None
            try:
                connection = await db.connect(self._listen_url, name="wardline live")
                await connection.add_listener(CHANNEL, self._heard)
                self.listening, wait = True, 0.1
                await self._poll()
                await _lost(connection)
            except FAULTS as error:
                log.warning("live_not_listening", code=type(error).__name__)
            finally:
                self.listening = False
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - spread, not secrecy
            wait = min(wait * 2, RELISTEN_SECONDS_MAX)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self.nudged(versions_in(str(payload)))

    async def _poll(self) -> None:
        """Compare the versions of everything watched, a few thousand at a time."""
        names = list(self._topics)
        for first in range(0, len(names), POLLED_TOPICS_MAX):
            some = names[first : first + POLLED_TOPICS_MAX]
            rows = await Db(self._pool, None).fetch(
                "SELECT topic, version FROM platform.topic WHERE topic = ANY($1)", some
            )
            self.nudged({row[0]: row[1] for row in rows}, by_poll=True)

    async def _end_the_due(self) -> None:
        """End the streams whose session or rights have ended, and those that have lived long enough; forget the feeds
        that nobody has come back to."""
        now = _time()
        for connection in list(self.connections()):
            if not self._still_allowed(connection.session_id):
                connection.end("rights")
            elif connection.ends_at <= now:
                connection.put(f"retry: {random.randint(200, 1500)}\n\n".encode())  # noqa: S311 - spread
                connection.end("life")
        for topic in list(self._topics.values()):
            for feed in list(topic.feeds.values()):
                if not feed.watchers and feed.version >= 0 and now - feed.left_at > KEPT_SECONDS:
                    self._forget(feed)

    async def _beat(self) -> None:
        """Heartbeats, a share of the streams at a time, and the views that follow the clock."""
        step = 0
        while True:
            await asyncio.sleep(self.pace.heartbeat_seconds / HEARTBEAT_SHARES)
            step = (step + 1) % HEARTBEAT_SHARES
            self._send_heartbeats(self._shares[step])
            for topic in list(self._topics.values()):
                if any(map(self._clock_is_due, topic.feeds.values())):
                    self._schedule(topic)

    def _send_heartbeats(self, share: set[Connection]) -> None:
        """The versions, and how long to stay away when the stream is lost, which depends on how many there are now."""
        encoded: dict[tuple[Feed, ...], bytes] = {}
        now = self._now()
        for connection in list(share):
            feeds = tuple(connection.feeds)
            if feeds not in encoded:
                retry = f"retry: {return_ms(self.streams)}\n".encode()
                encoded[feeds] = retry + versions_event("versions", connection.feeds, now)
            connection.put(encoded[feeds])


async def _lost(connection: db.Connection) -> None:
    """Return when the connection is gone."""
    gone = asyncio.Event()
    connection.add_termination_listener(lambda *_: gone.set())
    if not connection.is_closed():
        await gone.wait()


def _time() -> float:
    return asyncio.get_running_loop().time()


async def _every(seconds: float, duty: Callable[[], Awaitable[None]]) -> None:
    """Do a duty again and again; one that fails is logged and done again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await duty()
        except Exception as error:  # noqa: BLE001 - the duty goes on
            log.warning("live_duty_failed", job=getattr(duty, "__name__", ""), code=type(error).__name__)
