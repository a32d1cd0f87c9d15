"""Who a token belongs to. A known session costs no query: each process keeps the sessions it has seen and asks once a
second which have ended; while that question goes unanswered for 4 s, every request asks the database itself.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from wardline.identity import queries
from wardline.identity.models import SessionRow
from wardline.identity.permissions import OF_ROLE, ROLE_WORDS, Role
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import Problem
from wardline.platform.http import Caller

IDLE_MAX = timedelta(minutes=15)
LIFE_MAX = timedelta(hours=12)
POLL_SECONDS = 1.0
TRUSTED_SECONDS = 4.0
SEEN_FLUSH_SECONDS = 5.0
KNOWN_MAX = 100_000


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


class Known(msgspec.Struct):
    """A session as this process knows it."""

    caller: Caller
    seen_at: datetime
    expires_at: datetime
    noted_at: datetime  # the last use that is written down, or about to be


def caller_of(row: SessionRow, ward_name: str | None) -> Caller:
    """The caller that a session row stands for."""
    name = f"{row.given[:1]}. {row.family}" if row.given else row.family
    return Caller(
        id=row.staff_id,
        tenant_id=row.hospital_id,
        session_id=row.id,
        role=row.role,
        permissions=OF_ROLE[row.role],
        permission_class=row.role,
        display_name=f"{name}, {row.post_nominal}" if row.post_nominal else f"{row.title} {name}".strip(),
        initials=f"{row.given[:1]}{row.family[:1]}".upper(),
        tenant_name=row.hospital,
        tenant_code=row.hospital_code,
        place=ward_name or ROLE_WORDS[Role(row.role)],
        time_zone=row.time_zone,
        reach=frozenset(row.reach),
    )


class Sessions:
    """The sessions that one process has seen."""

    def __init__(self, db: Db) -> None:
        self._db = db.scoped(None)
        self._known: dict[bytes, Known] = {}
        self._by_id: dict[UUID, bytes] = {}
        self._touched: dict[UUID, datetime] = {}
        self._polled_until = clock.now()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin asking which sessions ended, and writing down which were used."""
        self._tasks = [asyncio.create_task(self._poll_forever()), asyncio.create_task(self._flush_forever())]

    async def stop(self) -> None:
        """Stop asking; write down the last uses."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._flush()

    async def caller(self, token: str, db: Db) -> Caller | None:
        """Whose token this is, or None when it is nobody's, has ended, expired or idled out."""
        hashed = token_hash(token)
        now = clock.now()
        known = self._known.get(hashed)
        if (
            known is None
            or (now - self._polled_until).total_seconds() > TRUSTED_SECONDS
            or now - known.seen_at > IDLE_MAX
        ):
            known = await self._load(hashed, now)
        if known is None or now >= known.expires_at or now - known.seen_at > IDLE_MAX:
            return None
        if (now - known.noted_at).total_seconds() > SEEN_FLUSH_SECONDS:
            self._touched[known.caller.session_id] = known.noted_at = now
        known.seen_at = now
        return known.caller

    def still_open(self, session_id: UUID) -> bool:
        """Whether a stream of this session may go on, as far as this process knows."""
        hashed = self._by_id.get(session_id)
        known = self._known.get(hashed) if hashed else None
        now = clock.now()
        return known is not None and now < known.expires_at and now - known.seen_at <= IDLE_MAX

    async def _load(self, hashed: bytes, now: datetime) -> Known | None:
        row = await queries.session(self._db, token_hash=hashed)
        if row is None:
            self._forget(hashed)
            return None
        if len(self._known) >= KNOWN_MAX:
            self._forget(next(iter(self._known)))
        ward_name = None
        if row.ward_id is not None:
            scope = self._db.scoped(row.hospital_id)
            ward_name = await queries.ward_name(scope, hospital_id=row.hospital_id, ward_id=row.ward_id)
        held = self._known.get(hashed)
        known = Known(
            caller_of(row, ward_name),
            max(row.seen_at, held.seen_at) if held else row.seen_at,
            row.expires_at,
            noted_at=row.seen_at,
        )
        self._known[hashed] = known
        self._by_id[row.id] = hashed
        return known

    def _forget(self, hashed: bytes) -> None:
        known = self._known.pop(hashed, None)
        if known is not None:
            self._by_id.pop(known.caller.session_id, None)

    async def _poll_forever(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            asked_at = clock.now()
            try:
                # Ten seconds of overlap: a transaction that ended a session may commit after its own timestamp.
                for session_id in await queries.ended_since(self._db, since=self._polled_until - timedelta(seconds=10)):
                    if hashed := self._by_id.get(session_id):
                        self._forget(hashed)
                self._polled_until = asked_at
            except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                continue

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(SEEN_FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        touched, self._touched = self._touched, {}
        if not touched:
            return
        try:
            await queries.mark_seen(self._db, ids=list(touched), seen=list(touched.values()))
        except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._touched = touched | self._touched
