"""Tells the hubs of all processes which topics a commit has changed.

Never inside the writing transaction: NOTIFY holds a lock of the whole database until its transaction is flushed. What
is lost here (a crash, a broken connection) is found by the hubs' poll of versions. Another transport (between machines
that share no database) needs only these two: `nudge` on this side, `Hub.nudged` on the other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from wardline.platform import db

CHANNEL = "topics"
PAYLOAD_BYTES_MAX = 7_900  # PostgreSQL refuses 8,000
PENDING_TOPICS_MAX = 10_000

log = structlog.get_logger("live")


class Notifier:
    """Sends the topics of commits on a connection of its own: at once, and what is committed meanwhile in the next call.

    So one call at a time takes the lock that NOTIFY needs, and the more is committed, the more share one.
    """

    def __init__(self, url: str, *, also: Callable[[str], Awaitable[None]] | None = None) -> None:
        self._url = url
        self._also = also  # another way that the same texts go, which never raises
        self._pending: dict[str, int] = {}
        self._connection: db.Connection | None = None
        self._sending: asyncio.Task[None] | None = None
        self.sent = 0
        self.lost = 0

    def nudge(self, versions: dict[str, int]) -> None:
        """Say that these topics are committed at these versions. Returns at once, never fails."""
        if not versions:
            return
        if len(self._pending) > PENDING_TOPICS_MAX:
            self.lost += len(versions)
            return
        for topic, version in versions.items():
            self._pending[topic] = max(version, self._pending.get(topic, 0))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        while self._pending:
            batch, self._pending = self._pending, {}
            if self._also is None:
                await self._notify(batch)
            else:
                await asyncio.gather(self._notify(batch), *map(self._also, payloads(batch)))

    async def _notify(self, batch: dict[str, int]) -> None:
        try:
            connection = await self._connected()
            for payload in payloads(batch):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
            self.sent += len(batch)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.lost += len(batch)
            log.warning("nudges_lost", count=len(batch), code=type(error).__name__)
            await self._drop()

    async def _connected(self) -> db.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await db.connect(self._url, name="wardline notifier")
            # The lock is then held for the memory copy only, not for a flush to disk.
            await self._connection.execute("SET synchronous_commit = off")
        return self._connection

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Send what is gathered and close the connection."""
        if self._sending is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(self._sending, timeout=2)
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close(timeout=2)


def payloads(versions: dict[str, int]) -> list[str]:
    """The topics as texts short enough for one notification each: a line `topic version` for each."""
    texts: list[str] = []
    lines: list[str] = []
    size = 0
    for topic, version in versions.items():
        line = f"{topic} {version}"
        length = len(line.encode()) + 1
        if size + length > PAYLOAD_BYTES_MAX:
            texts.append("\n".join(lines))
            lines, size = [], 0
        lines.append(line)
        size += length
    return [*texts, "\n".join(lines)] if lines else texts


def versions_in(payload: str) -> dict[str, int]:
    """The topics and versions of a notification."""
    versions: dict[str, int] = {}
    for line in payload.splitlines():
        topic, _, version = line.rpartition(" ")
        if topic and version.isdigit():
            versions[topic] = int(version)
    return versions
