"""What a handler is given: who asks, in which scope, at what time, and what it says about its own work."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from wardline.platform.db import Db
from wardline.platform.enqueue import defer
from wardline.platform.errors import Denied, NotSignedIn
from wardline.platform.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping


SENT_LATER_SECONDS = 60


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in. `tenant_id` comes from the session only; fragments are rendered for `permission_class`."""

    id: UUID
    tenant_id: UUID
    session_id: UUID
    role: str
    permissions: frozenset[str]
    permission_class: str
    display_name: str
    initials: str = ""
    tenant_name: str = ""
    tenant_code: str = ""  # short, for figures
    place: str = ""
    time_zone: str = "UTC"
    reach: frozenset[UUID] = frozenset()  # every tenant the person may switch to or compare


class Change(msgspec.Struct, frozen=True):
    """One row for the record of changes; detail holds ids, states, codes and counts, never clinical values or names."""

    id: UUID
    action: str
    person_id: UUID | None
    subject_type: str | None
    subject_id: UUID | None
    detail: dict[str, Any] | None


class Seen(msgspec.Struct, frozen=True):
    """One read of patient data, recorded before the answer leaves."""

    action: str
    person_id: UUID | None
    subject_type: str
    subject_id: UUID | None
    detail: dict[str, Any] | None = None


class Context:
    """One request: the caller, the database in the caller's scope, the time, and what the handler reports."""

    __slots__ = (
        "_caller",
        "ahead",
        "changes",
        "client",
        "cookies",
        "db",
        "entered_at",
        "events",
        "headers",
        "html",
        "now",
        "reads",
        "reply_cookies",
        "request_id",
        "route",
        "topic",
        "topic_version",
        "topics",
        "version",
    )

    def __init__(
        self, *, caller: Caller | None, db: Db, now: datetime, request_id: str, client: str, html: bool
    ) -> None:
        self._caller = caller
        self.db = db
        self.now = now
        self.entered_at = now  # when the person pressed the button: earlier than now where the network was gone
        self.request_id = request_id
        self.client = client
        self.html = html
        self.route = ""
        self.version: int | None = None
        self.ahead: Any = None  # what the route asked for before its transaction opened
        self.topic = ""  # of the page that is read
        self.topic_version: int | None = None  # once the access check has read it on its way
        self.headers: Mapping[str, str] = {}
        self.cookies: Mapping[str, str] = {}
        self.reply_cookies: list[str] = []
        self.changes: list[Change] = []
        self.reads: list[Seen] = []
        self.topics: dict[str, frozenset[UUID] | None] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []

    @property
    def caller(self) -> Caller:
        """Who asks; NotSignedIn on an anonymous request."""
        if self._caller is None:
            raise NotSignedIn
        return self._caller

    def enter(self, caller: Caller) -> None:
        """Say who the caller is: for the door, and for signing in."""
        self._caller = caller

    @property
    def tenant_code(self) -> str:
        """The short code of the caller's tenant, "" while nobody is signed in."""
        return self._caller.tenant_code if self._caller is not None else ""

    @property
    def sent_later(self) -> bool:
        """Whether this waited on a device until the network was back."""
        return (self.now - self.entered_at).total_seconds() >= SENT_LATER_SECONDS

    @property
    def signed_in(self) -> bool:
        return self._caller is not None

    def may(self, permission: StrEnum) -> bool:
        """Whether the caller's role holds this permission."""
        return self._caller is not None and permission in self._caller.permissions

    def need(self, permission: StrEnum) -> None:
        """Denied unless the caller may; for what depends on the content of a request rather than on its route."""
        if not self.may(permission):
            raise Denied(permission=str(permission))

    def saw(
        self, kind: str, subject_id: UUID | None, person_id: UUID | None = None, *, detail: dict[str, Any] | None = None
    ) -> None:
        """Report a read of patient data; it is durable before the answer leaves."""
        self.reads.append(Seen(f"{kind}.read", person_id, kind, subject_id, detail))

    def record(
        self,
        action: str,
        *,
        person_id: UUID | None = None,
        subject_type: str | None = None,
        subject_id: UUID | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Report a change; its audit row is written in the transaction of the change, and says how late it was sent."""
        if self.sent_later:
            detail = (detail or {}) | {"sent_later_seconds": round((self.now - self.entered_at).total_seconds())}
        kind = subject_type or action.partition(".")[0]
        self.changes.append(Change(new_id(), action, person_id, kind, subject_id, detail))

    def touch(self, *topics: str, elements: Iterable[UUID | None] = ()) -> None:
        """Say which topics this write changes; their versions rise with the commit and watchers are told after it.

        `elements` names the only rows of the topics that look different now (None among them counts for nothing);
        without any, everything may.
        """
        named = frozenset(element for element in elements if element is not None)
        for topic in topics:
            before = self.topics.get(topic, frozenset())
            self.topics[topic] = named | before if named and before is not None else None

    def raised(self) -> tuple[list[str], list[UUID | None]]:
        """The topics to raise, in their one order, each once for every element that was named."""
        topics: list[str] = []
        elements: list[UUID | None] = []
        for topic in sorted(self.topics):
            named = self.topics[topic]
            for element in sorted(named) if named else (None,):
                topics.append(topic)
                elements.append(element)
        return topics, elements

    def publish(self, name: str, payload: dict[str, Any]) -> None:
        """Write an event (ids and versions only) to the outbox, for other slices to act on after the commit."""
        self.events.append((name, payload))

    async def enqueue(self, name: str, /, **args: Any) -> None:
        """Enqueue a job (ids and codes only); it exists exactly when this write does."""
        await defer(self.db, name, **args)

    def forget_reports(self) -> None:
        """Take back everything reported, because the work starts again."""
        self.changes.clear()
        self.reads.clear()
        self.topics.clear()
        self.events.clear()

    def set_cookie(self, value: str) -> None:
        """Send one Set-Cookie header, given whole."""
        self.reply_cookies.append(value)


def search_hash(text: str) -> str:
    """How a search's words appear in the record: recognisable when repeated, not readable."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
