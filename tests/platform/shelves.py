"""A small world to watch: shelves with books, a recorder of audit calls, and a browser tab that reads a stream."""

import asyncio
import html
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from tests.database import TestDatabase
from wardline.platform.admission import Limiter
from wardline.platform.db import Db, Pool
from wardline.platform.errors import NotFound, Problem
from wardline.platform.http import Caller, Context, Seen
from wardline.platform.ids import new_id
from wardline.platform.live import Hub, Pace, Streams, Turnstile, View

TENANT = UUID("01890000-0000-7000-8000-000000000001")
QUICK = Pace(
    push_seconds=0.02,
    poll_seconds=30,
    clock_seconds=30,
    heartbeat_seconds=0.3,
    rights_seconds=0.05,
    life_seconds=60,
    retry_seconds=0.05,
)


class May(StrEnum):
    READ = "shelf.read"


class Book(msgspec.Struct):
    id: int
    title: str
    place: str


class Shelf(msgspec.Struct):
    name: str
    books: list[Book]


class Library:
    """The access check and the read function of the view, with counts of their calls and a fault that can be put in."""

    def __init__(self) -> None:
        self.checks = 0
        self.reads = 0
        self.fault: Exception | None = None
        self.before_rows: Callable[[], Awaitable[object]] | None = None

    async def access(self, ctx: Context, shelf_id: UUID) -> UUID:
        """Shelves belong to one tenant, which is their id."""
        self.checks += 1
        if shelf_id != ctx.caller.tenant_id:
            raise NotFound
        ctx.saw("shelf", shelf_id)
        return shelf_id

    async def read(self, db: Db, shelf_id: UUID, _version: int = 0) -> Shelf:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        if self.before_rows is not None:
            happens, self.before_rows = self.before_rows, None
            await happens()
        rows = await db.fetch("SELECT id, title, place FROM shelf.book WHERE shelf_id = $1 ORDER BY position", shelf_id)
        return Shelf("Novels", [Book(*row) for row in rows])


def view_of(library: Library, *, kind: str = "shelf", **options: Any) -> View:
    return View(
        pattern=kind + ":{shelf_id}",
        needs=May.READ,
        read=library.read,
        access=library.access,
        parameters={"shelf_id": UUID},
        row="row",
        rows="books",
        key="id",
        prefix="book",
        as_="book",
        parts={"count": "count"},
        container="place-{row.place}",
        **options,
    )


def rendered(name: str, **values: Any) -> str:
    """What a template would do: a row that shows more to those who may edit."""
    if name == "count":
        return f'<p id="count">{len(values["page"].books)}</p>'
    book = values["book"]
    edit = " edit" if "edit" in values["can"] else ""
    return f'<li id="book-{book.id}">{html.escape(book.title)}{edit}</li>'


def caller(*, permission_class: str = "reader", permissions: Sequence[str] = (), tenant_id: UUID = TENANT) -> Caller:
    return Caller(
        id=new_id(),
        tenant_id=tenant_id,
        session_id=new_id(),
        role="reader",
        permissions=frozenset([May.READ, *permissions]),
        permission_class=permission_class,
        display_name="R. Eader",
    )


class Notes:
    """An audit record that remembers what was asked of it."""

    def __init__(self) -> None:
        self.watched: list[Seen] = []
        self.refusals: list[str] = []
        self.noted: list[tuple[str, dict[str, Any]]] = []

    async def reads(self, ctx: Context, reads: Sequence[Seen]) -> None:
        assert ctx.signed_in
        self.watched.extend(reads)

    async def refused(self, caller: Caller | None, problem: Problem, route: str, request_id: str, client: str) -> None:
        self.refusals.append(problem.code)

    async def note(
        self, caller: Caller, action: str, request_id: str, client: str, detail: dict[str, Any] | None = None
    ) -> None:
        self.noted.append((action, detail or {}))


class Tab:
    """One browser tab on /live: its events, and a hand on how fast it reads."""

    def __init__(self, streams: Streams, who: Caller, query: str, *, method: str = "GET") -> None:
        self.status = 0
        self.body = b""
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self._left = asyncio.Event()
        self._arrived = asyncio.Condition()
        self._rest = b""
        headers = [(b"authorization", f"Bearer {who.session_id}".encode())]
        scope = {
            "type": "http",
            "method": method,
            "path": "/live",
            "query_string": query.encode(),
            "headers": headers,
            "client": ("127.0.0.1", 1),
        }
        self.task = asyncio.create_task(streams(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        async with self._arrived:
            self.body += message["body"]
            self._take(message["body"])
            self._arrived.notify_all()

    def _take(self, body: bytes) -> None:
        *whole, self._rest = (self._rest + body).split(b"\n\n")
        for event in whole:
            lines = dict(line.split(b": ", 1) for line in event.split(b"\n"))
            if b"event" in lines:
                self.events.append((lines[b"event"].decode(), msgspec.json.decode(lines[b"data"])))

    async def until(self, wanted: Callable[[str, dict[str, Any]], bool], seconds_max: float = 10) -> dict[str, Any]:
        """The first event, of those that came or will come, that is wanted; it and what came before is taken away."""

        def found() -> bool:
            return any(wanted(*event) for event in self.events)

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(found), seconds_max)
            place = next(i for i, event in enumerate(self.events) if wanted(*event))
            _, data = self.events[place]
            del self.events[: place + 1]
            return data

    async def event(self, name: str) -> dict[str, Any]:
        return await self.until(lambda kind, _: kind == name)

    async def rows(self) -> dict[str, Any]:
        return await self.event("rows")

    async def ended(self, seconds_max: float = 10) -> None:
        await asyncio.wait_for(asyncio.shield(self.task), seconds_max)

    async def leave(self) -> None:
        self._left.set()
        await self.ended()


class World:
    """A running hub on a real database, with one shelf of three books."""

    def __init__(self, database: TestDatabase, owner: asyncpg.Connection, pace: Pace, **options: Any) -> None:
        self.database = database
        self.owner = owner
        self.catalogue = Library()
        self.notes = Notes()
        self.callers: dict[str, Caller] = {}
        self.ended_sessions: set[UUID] = set()
        self.shelf_id = new_id()
        self.pool = Pool(database.app, size=6)
        self.hub = Hub(
            self.pool,
            database.app,
            [view_of(self.catalogue, **options), view_of(self.catalogue, kind="quiet")],
            render=rendered,
            still_allowed=lambda session_id: session_id not in self.ended_sessions,
            pace=pace,
        )
        self.turnstile = Turnstile(Limiter())
        self.streams = Streams(self.hub, pool=self.pool, gate=self._gate, record=self.notes, turnstile=self.turnstile)

    @property
    def topic(self) -> str:
        return f"shelf:{self.shelf_id}"

    async def _gate(self, token: str, db: Db) -> Caller | None:
        return self.callers.get(token)

    def sign_in(self, **options: Any) -> Caller:
        options.setdefault("tenant_id", self.shelf_id)
        who = caller(**options)
        self.callers[str(who.session_id)] = who
        return who

    def tab(self, who: Caller | None = None, *, version: int = 0, query: str | None = None) -> Tab:
        asked = f"topic={self.topic}&version={version}" if query is None else query
        return Tab(self.streams, who or self.sign_in(), asked)

    async def change(self, sql: str, *args: Any, topic: str | None = None) -> int:
        """One committed write that touches the shelf's topic; returns its version."""
        async with self.owner.transaction():
            await self.owner.execute(sql, *args)
            versions: Any = await self.owner.fetchval(
                "SELECT platform.close_write(NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', $1)", [topic or self.topic]
            )
        return versions[0]

    async def put_book(self, number: int, title: str, place: str = "top") -> int:
        return await self.change(
            "INSERT INTO shelf.book (shelf_id, id, title, place, position) VALUES ($1, $2, $3, $4, $2) "
            "ON CONFLICT (shelf_id, id) DO UPDATE SET title = $3, place = $4",
            self.shelf_id,
            number,
            title,
            place,
        )


@asynccontextmanager
async def world(database: TestDatabase, pace: Pace = QUICK, **options: Any) -> AsyncGenerator[World]:
    """A world that is listening; `options` are those of its view."""
    owner = await asyncpg.connect(database.owner)
    await owner.execute(
        "SELECT pg_advisory_lock(1); CREATE SCHEMA IF NOT EXISTS shelf; GRANT USAGE ON SCHEMA shelf TO wardline_app;"
        "CREATE TABLE IF NOT EXISTS shelf.book (shelf_id uuid, id int, title text, place text, position int, "
        "PRIMARY KEY (shelf_id, id)); GRANT SELECT ON shelf.book TO wardline_app; SELECT pg_advisory_unlock(1)"
    )
    made = World(database, owner, pace, **options)
    for number, title in enumerate(("Emma", "Middlemarch", "Persuasion"), start=1):
        await made.put_book(number, title)
    await made.hub.start()
    try:
        yield made
    finally:
        await made.hub.stop()
        await made.pool.close()
        await owner.close()
