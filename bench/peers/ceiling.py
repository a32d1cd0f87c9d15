"""The bare ceiling: a raw ASGI handler on the same server with the same session table and the same audit record.

Sessions are remembered, audit rows of 5 ms share one insert and the answer waits for its commit. No routes, no
permissions, no limits, no problems, no security headers: what the door adds is what it costs above this.
"""

import asyncio
import hashlib
from typing import Any

import asyncpg
import msgspec

from wardline.platform import database, db, settings
from wardline.platform.ids import new_id

COOKIE = b"__Host-wardline="
FLUSH_SECONDS = 0.005
CONNECTIONS = 8
SESSION = "SELECT id, staff_id, hospital_id FROM identity.session WHERE token_hash = $1 AND ended_at IS NULL"
RECORD = """
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
                         $9::text[], $10::uuid[], $11::text[], $12::text[], $13::jsonb[])
"""
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"11")]


class Ceiling:
    """One worker's application."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[asyncpg.Connection] = []
        self._opened = 0
        self._known: dict[bytes, Any] = {}
        self._pending: list[tuple[Any, ...]] = []
        self._done: asyncio.Future[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        session = await self._session(scope["headers"])
        if scope["path"] == "/bench/door":
            await self._record(session)
        body = msgspec.json.encode({"ok": True})
        await send({"type": "http.response.start", "status": 200 if session else 401, "headers": HEADERS})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _session(self, headers: list[tuple[bytes, bytes]]) -> Any:
        cookie = next((value for name, value in headers if name == b"cookie"), b"")
        token = cookie.partition(COOKIE)[2].partition(b";")[0]
        hashed = hashlib.blake2b(token, digest_size=32).digest()
        session = self._known.get(hashed)
        if session is None:
            connection = await self._take()
            session = self._known[hashed] = await connection.fetchrow(SESSION, hashed)
            self._free.append(connection)
        return session

    async def _record(self, session: Any) -> None:
        session_id, staff_id, hospital_id = session
        entry = (
            new_id(),
            hospital_id,
            staff_id,
            "nurse",
            session_id,
            "ward.read",
            "read",
            None,
            "ward",
            None,
            "1",
            "",
            None,
        )
        self._pending.append(entry)
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)
        await asyncio.shield(self._done)

    def _flush(self) -> None:
        batch, done = self._pending, self._done
        self._pending, self._done = [], None
        self._task = asyncio.get_running_loop().create_task(self._write(batch, done))

    async def _write(self, batch: list[tuple[Any, ...]], done: Any) -> None:
        connection = await self._take()
        await connection.execute(RECORD, *[list(column) for column in zip(*batch, strict=True)])
        self._free.append(connection)
        done.set_result(None)

    async def _take(self) -> asyncpg.Connection:
        return self._free.pop() if self._free else await db.connect(self._url, name="ceiling")

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def create() -> Ceiling:
    return Ceiling(database.addresses(settings.load()).app)
