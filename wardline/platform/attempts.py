"""How often something was tried in the last minute, counted over all processes where there is a Redis.

Each process counts for itself too, and whoever has counted more decides. So a Redis that is gone, slow or emptied lifts
no limit below what one process alone would hold; what must hold beyond that is counted in PostgreSQL.
"""

import hashlib
import time
from collections.abc import Callable

from wardline.platform.redis_client import Redis

WINDOW_SECONDS = 60
SUBJECTS_MAX = 50_000


class Attempts:
    """Counts of one process, and of all."""

    def __init__(self, shared: Redis | None = None, *, secret: str = "", now: Callable[[], float] = time.time) -> None:
        self._shared = shared
        self._secret = hashlib.blake2b(secret.encode(), digest_size=32, person=b"wl.attempts").digest()
        self._now = now
        self._window = 0
        self._counts: dict[bytes, int] = {}

    async def add(self, what: str, subject: str) -> int:
        """Count one more try of a subject in this minute; how many there were with it."""
        window = int(self._now()) // WINDOW_SECONDS
        if window != self._window or len(self._counts) > SUBJECTS_MAX:
            self._window, self._counts = window, {}
        hashed = hashlib.blake2b(f"{what}\0{subject}".encode(), key=self._secret, digest_size=16).hexdigest()
        key = f"wl:n:{window}:{hashed}".encode()
        self._counts[key] = own = self._counts.get(key, 0) + 1
        counted = await self._shared.count(key, 2 * WINDOW_SECONDS) if self._shared else None
        return max(own, counted or 0)

    def seconds_left(self) -> int:
        """Until the next minute begins."""
        return WINDOW_SECONDS - int(self._now()) % WINDOW_SECONDS


_attempts = Attempts()


def configure(shared: Redis | None, secret: str) -> None:
    """Say once, at start, whether the count is shared."""
    global _attempts
    _attempts = Attempts(shared, secret=secret)


def attempts() -> Attempts:
    """The counts of this process."""
    return _attempts
