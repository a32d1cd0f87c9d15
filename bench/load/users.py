"""A user at work, and the topics that users watch."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from bench.load.http import Call, Http
from bench.load.model import Actor, Patient
from bench.load.screens import NOTHING, Shown

if TYPE_CHECKING:
    from bench.load.streams import Stream

PENDING_MAX = 16


class Topic:
    """A topic as far as this worker knows: the newest version that any answer or stream has shown, and the writes whose
    rows are awaited on screens, as (the version they reach at least, when they were sent)."""

    __slots__ = ("known", "name", "pending")

    def __init__(self, name: str) -> None:
        self.name = name
        self.known = 0
        self.pending: deque[tuple[int, float]] = deque(maxlen=PENDING_MAX)


class Draft:
    """A note that somebody writes: its address once it is begun, and the version at which each section was saved last."""

    __slots__ = ("id", "is_sending", "kind", "patient", "saves", "text", "version", "versions")

    def __init__(self, patient: Patient, kind: str) -> None:
        self.patient = patient
        self.kind = kind
        self.id = ""
        self.text = ""
        self.saves = 0
        self.version = 1
        self.versions: dict[str, int] = {}
        self.is_sending = True  # it is being begun


class User:
    """Somebody at a screen: what it shows, what is on the way, whose chart is open."""

    __slots__ = (
        "actor", "arrivals", "attempt", "back_seconds", "cookie", "draft", "heard_at", "home", "http", "late", "open", "patient", "planned", "rereading", "role",
        "seen", "shown", "stale", "stream", "topics", "waiting",
    )  # fmt: skip

    def __init__(self, actor: Actor, topics: list[Topic]) -> None:
        self.actor = actor
        self.role = actor.role
        self.home = actor.home.encode()
        self.cookie = cookie(actor.token, actor.hospital)
        self.topics = topics
        self.seen = [0] * len(topics)
        self.shown: list[Shown] = [NOTHING] * len(topics)
        self.stream: Stream | None = None
        self.http: Http | None = None
        self.open = 0
        self.waiting: deque[Call] = deque()
        self.patient: Patient | None = None
        self.draft: Draft | None = None
        self.planned: Any = None  # what the open form would do
        self.arrivals = 0  # tries to get the first page, or its bell
        self.attempt = 0
        self.back_seconds = 0.0  # when the server wants the stream back, as it has said last
        self.heard_at = 0.0
        self.stale = False
        self.rereading = False
        self.late: asyncio.TimerHandle | None = None


def cookie(token: str, hospital: str) -> bytes:
    """The end of every request of a session: who, and at which hospital, by which a proxy chooses the web node."""
    place = hospital.replace("-", "").encode()
    return (
        b"Cookie: display=dense; __Host-wardline=" + token.encode() + b"; __Host-wardline-place=" + place + b"\r\n\r\n"
    )
