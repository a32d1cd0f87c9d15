"""A watched topic and its feeds: what each audience is shown, and the messages made of it."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from wardline.platform.live.connection import Connection
from wardline.platform.live.views import Audience, Shown, View

CHANGES_KEPT = 16


class Change(NamedTuple):
    """The elements and containers that a feed changed when it came to a version, or at it by the clock."""

    version: int
    html: frozenset[str]
    order: frozenset[str]


class Feed:
    """One topic as one audience sees it.

    It remembers which elements it changed at which version, so that who comes back is sent those alone. A page at a
    version is younger than that version's commit, so what had changed before the feed read that version is on it.
    """

    __slots__ = (
        "audience",
        "can",
        "changes",
        "complete_after",
        "full",
        "just_sent",
        "left_at",
        "opening",
        "rendered_at",
        "rendered_on",
        "scope",
        "shown",
        "since_bytes",
        "topic",
        "unsure_until",
        "version",
        "view",
        "watchers",
    )

    def __init__(self, topic: str, view: View, scope: Any, audience: Audience, can: frozenset[str]) -> None:
        self.topic = topic
        self.view = view
        self.scope = scope
        self.audience = audience
        self.can = can
        self.version = -1
        self.shown = Shown()
        self.rendered_at = 0.0
        self.rendered_on: date | None = None
        self.unsure_until = 0.0  # until then the rows may be newer than the version says
        self.just_sent: set[str] = set()  # the elements of the last push
        self.watchers: set[Connection] = set()
        self.full: bytes | None = None
        self.opening: asyncio.Task[None] | None = None
        self.left_at = 0.0  # when the last watcher went
        self.changes: deque[Change] = deque()
        self.complete_after: int | None = None  # what changed since a version above this one is known
        self.since_bytes: dict[int, bytes] = {}

    def begins_at(self, version: int) -> None:
        """Everything was read while this was the newest version that may be among it."""
        self.complete_after = version
        self.changes.clear()
        self.since_bytes.clear()

    def remember(self, html: Iterable[str], order: Iterable[str]) -> None:
        """Note which elements and containers were just brought to the feed's version."""
        if len(self.changes) >= CHANGES_KEPT:
            forgotten = self.changes.popleft()
            self.complete_after = max(forgotten.version, self.complete_after or 0)
        self.changes.append(Change(self.version, frozenset(html), frozenset(order)))
        self.since_bytes.clear()

    def since(self, version: int) -> bytes | None:
        """What a page at this version does not show yet, empty when nothing; None when that is not known."""
        if self.complete_after is None or version <= self.complete_after:
            return None
        version = min(version, self.version + 1)
        if version not in self.since_bytes:
            missed = [change for change in self.changes if change.version >= version]
            html = {name: self.shown.html.get(name) for change in missed for name in change.html}
            order = {name: self.shown.order.get(name, []) for change in missed for name in change.order}
            message = rows_event(self.topic, self.version, html, order) if missed else b""
            self.since_bytes[version] = message
        return self.since_bytes[version]

    def everything(self) -> bytes:
        """All elements in one message, encoded once for all who need it."""
        if self.full is None:
            empty = {self.view.container: list[str]()} if self.view.container and "{" not in self.view.container else {}
            order = empty | self.shown.order
            self.full = rows_event(self.topic, self.version, dict(self.shown.html), order, whole=True)
        return self.full


class Topic:
    """A watched topic: the newest version heard of, and the feeds that show it."""

    __slots__ = ("feeds", "name", "next_at", "refreshing", "wanted")

    def __init__(self, name: str) -> None:
        self.name = name
        self.wanted = 0
        self.next_at = 0.0
        self.feeds: dict[Audience, Feed] = {}
        self.refreshing: asyncio.Task[None] | None = None


def rows_event(
    topic: str, version: int, html: dict[str, Any], order: dict[str, list[str]], *, whole: bool = False
) -> bytes:
    """Changed elements as one server-sent event; `whole`: all there are, so that what is not among them is gone."""
    data: dict[str, Any] = {"topic": topic, "version": version, "html": html}
    if order:
        data["order"] = order
    if whole:
        data["whole"] = True
    return b"event: rows\ndata: " + msgspec.json.encode(data) + b"\n\n"


def versions_event(name: str, feeds: Sequence[Feed], at: datetime) -> bytes:
    """The versions of a stream's topics as one server-sent event."""
    data = {"versions": {feed.topic: feed.version for feed in feeds}, "at": at}
    return f"event: {name}\n".encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"
