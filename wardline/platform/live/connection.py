"""One open stream: what waits to be sent to it, within a limit, and how it ends.

While nothing is sent it costs a few hundred bytes: messages are shared between all watchers, and a task exists only
while something is on its way.
"""

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from wardline.platform.live.hub import Feed

PENDING_BYTES_MAX = 262_144
PENDING_MESSAGES_MAX = 64


class Connection:
    """A watcher. `put` never waits: a reader too slow for its limit is dropped, and re-reads when it comes back."""

    __slots__ = (
        "_flushing",
        "_pending",
        "_pending_bytes",
        "_send",
        "done",
        "ends_at",
        "feeds",
        "opened",
        "reason",
        "session_id",
        "tenant_code",
    )

    def __init__(self, send: Any, session_id: UUID, ends_at: float) -> None:
        self.session_id = session_id
        self.ends_at = ends_at
        self.tenant_code = ""
        self.feeds: list[Feed] = []
        self.opened = False
        self.reason = "closed"
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send = send
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._flushing: asyncio.Task[None] | None = None

    def put(self, message: bytes, *, greets: bool = False) -> None:
        """Queue a message. Before the greeting nothing is queued: the greeting brings the newest state, however much."""
        if not self.opened or self.done.done():
            return
        if self._pending and not greets and (
            self._pending_bytes + len(message) > PENDING_BYTES_MAX or len(self._pending) >= PENDING_MESSAGES_MAX
        ):
            self._pending.clear()
            self.end("slow")
            return
        self._pending.append(message)
        self._pending_bytes += len(message)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._pending:
                messages, self._pending = self._pending, []
                self._pending_bytes = 0
                for message in messages:
                    await self._send({"type": "http.response.body", "body": message, "more_body": True})
        except Exception:  # noqa: BLE001 - servers differ in what a closed connection raises
            self.end("closed")
        finally:
            self._flushing = None

    def end(self, reason: str) -> None:
        """Say that the stream is over; whoever serves it closes it."""
        if not self.done.done():
            self.reason = reason
            self.done.set_result(None)

    async def finish(self, seconds_max: float) -> bool:
        """Wait until what is queued has left; False when the reader does not take it."""
        if self._flushing is None:
            return True
        flushing = self._flushing
        if self.reason in ("slow", "closed"):
            flushing.cancel()
            return False
        _, waiting = await asyncio.wait([flushing], timeout=seconds_max)
        if waiting:
            flushing.cancel()
        return not waiting
