"""The bare ceiling: a raw ASGI handler on the same server with the same SQL, the same audit record and as much content.

Sessions are remembered, audit rows of 5 ms share one insert, the first goes at once, and the answer waits for its commit. No routes, no
permissions, no limits, no problems, no templates, no security headers: what the product adds is what it costs above this.
"""

import asyncio
import hashlib
import os
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg
import msgspec

from bench.peers import SIZES, ceiling_reads, ceiling_save
from bench.peers.ceiling_reads import Boards
from wardline.platform import database, db, settings
from wardline.platform.ids import new_id

COOKIE = b"__Host-wardline="
APART_SECONDS = 0.005
SESSION = "SELECT id, staff_id, hospital_id FROM identity.session WHERE token_hash = $1 AND ended_at IS NULL"
RECORD = """
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
                         $9::text[], $10::uuid[], $11::text[], $12::text[], $13::jsonb[])
"""
OK = msgspec.json.encode({"ok": True})


class Seen(msgspec.Struct, frozen=True):
    """What an answer shows, for the record."""

    kind: str
    subject_id: UUID | None = None
    person_id: UUID | None = None
    detail: dict[str, Any] | None = None


class Ceiling:
    """One worker's application."""

    def __init__(self, url: str, sizes: dict[str, int]) -> None:
        self._url = url
        self._sizes = sizes
        self._free: list[asyncpg.Connection] = []
        self._known: dict[bytes, Any] = {}
        self._boards: Boards = {}
        self._pending: list[tuple[Any, ...]] = []
        self._done: asyncio.Future[None] | None = None
        self._began_at = -APART_SECONDS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        headers = dict(scope["headers"])
        session = await self._session(headers)
        status, body, more = (
            (401, OK, [])
            if session is None
            else await self._answer(session, scope, headers, await _body(scope, receive))
        )
        answered = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": answered})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _answer(
        self, session: Any, scope: Any, headers: dict[bytes, bytes], sent: bytes
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        _, first, *rest = scope["path"].split("/")
        if first == "bench":
            return 200, await self._recorded(session, OK, Seen("ward")), []
        if scope["method"] == "POST":
            return await self._save(session, UUID(rest[0]), headers[b"idempotency-key"].decode(), sent)
        if first == "wards":
            return 200, await self._board(session, UUID(rest[0])), []
        if first == "patients":
            found = self._chart(session, UUID(rest[0])) if rest else self._search(session, scope["query_string"])
            return 200, await found, []
        return 200, OK, []

    async def _board(self, session: Any, ward_id: UUID) -> bytes:
        connection = await self._take()
        body = await ceiling_reads.board(connection, self._boards, session["hospital_id"], ward_id)
        self._give(connection)
        return await self._recorded(session, self._filled("board", body), Seen("ward", ward_id))

    async def _chart(self, session: Any, person_id: UUID) -> bytes:
        connection = await self._take()
        body = await ceiling_reads.chart(connection, session["hospital_id"], person_id)
        self._give(connection)
        return await self._recorded(session, self._filled("chart", body), Seen("patient", person_id, person_id))

    async def _search(self, session: Any, query: bytes) -> bytes:
        typed = dict(parse_qsl(query.decode()))["q"]
        connection = await self._take()
        misspelt, found, body = await ceiling_reads.search(connection, session["hospital_id"], typed)
        self._give(connection)
        words = hashlib.blake2b(typed.encode(), digest_size=16).hexdigest()
        seen = Seen("search", detail={"words": words, "found": found})
        return await self._recorded(
            session, self._filled("search_misspelt" if misspelt else "search_prefix", body), seen
        )

    async def _save(
        self, session: Any, person_id: UUID, key: str, sent: bytes
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        connection = await self._take()
        await ceiling_save.save(connection, session, person_id, key, sent)
        self._give(connection)
        return 200, b" ", [(b"hx-redirect", f"/patients/{person_id}/observations".encode())]

    def _filled(self, work: str, body: bytes) -> bytes:
        """As long as the product's answer: blanks after JSON mean nothing."""
        return body.ljust(self._sizes.get(work, 0))

    async def _session(self, headers: dict[bytes, bytes]) -> Any:
        token = headers.get(b"cookie", b"").partition(COOKIE)[2].partition(b";")[0]
        hashed = hashlib.blake2b(token, digest_size=32).digest()
        session = self._known.get(hashed)
        if session is None:
            connection = await self._take()
            session = self._known[hashed] = await connection.fetchrow(SESSION, hashed)
            self._give(connection)
        return session

    async def _recorded(self, session: Any, body: bytes, seen: Seen) -> bytes:
        """The body, once the record of what it shows is committed."""
        session_id, staff_id, hospital_id = session
        entry = (
            new_id(),
            hospital_id,
            staff_id,
            "nurse",
            session_id,
            f"{seen.kind}.read",
            "read",
            seen.person_id,
            seen.kind,
            seen.subject_id,
            "1",
            "",
            seen.detail,
        )
        self._pending.append(entry)
        if self._done is None:
            loop = asyncio.get_running_loop()
            self._done = loop.create_future()
            loop.call_later(max(0.0, self._began_at + APART_SECONDS - loop.time()), self._flush)
        await asyncio.shield(self._done)
        return body

    def _flush(self) -> None:
        batch, done = self._pending, self._done
        self._pending, self._done = [], None
        self._began_at = asyncio.get_running_loop().time()
        self._task = asyncio.get_running_loop().create_task(self._write(batch, done))

    async def _write(self, batch: list[tuple[Any, ...]], done: Any) -> None:
        connection = await self._take()
        await connection.execute(RECORD, *[list(column) for column in zip(*batch, strict=True)])
        self._give(connection)
        done.set_result(None)

    async def _take(self) -> asyncpg.Connection:
        return self._free.pop() if self._free else await db.connect(self._url, name="ceiling", answer_seconds_max=None)

    def _give(self, connection: asyncpg.Connection) -> None:
        """Back for the next; one whose statement failed is not given back and is forgotten."""
        self._free.append(connection)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.gather(*(connection.close() for connection in self._free))
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def _body(scope: Any, receive: Any) -> bytes:
    if scope["method"] != "POST":
        return b""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def create() -> Ceiling:
    sizes = msgspec.json.decode(os.environ.get(SIZES, "{}"), type=dict[str, int])
    return Ceiling(database.addresses(settings.load()).app, sizes)
