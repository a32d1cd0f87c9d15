"""Redis as something that may vanish at any moment: every call answers within 50 ms or says that it knows nothing.

What is asked here is never needed: content that can be rendered again, counts that others keep too, notices that are
also found by asking. So nothing raises. After three failures in a row nobody asks for a while, then one tries; and no
more calls are under way at once than there are connections.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import redis.asyncio as driver
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CONNECTIONS_MAX = 8  # of one process; one more listens for notices
SECONDS_MAX = 0.05
CONNECT_SECONDS_MAX = 0.05
FAILURES_MAX = 3
PAUSE_SECONDS = (0.5, 15.0)
FAULTS = (RedisError, OSError, TimeoutError, ValueError, EOFError)

T = TypeVar("T")
log = structlog.get_logger("redis")


class Breaker:
    """Says whether to ask at all. The pauses double while the failures go on, and vary so that processes do not try
    together."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._pause_seconds = PAUSE_SECONDS[0]
        self._closed_until = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether nobody asks at the moment."""
        return self._failures >= FAILURES_MAX

    def may(self) -> bool:
        """Whether this call may ask. While the breaker is open, one at a time may, after each pause."""
        if not self.is_open:
            return True
        if self._trying or self._now() < self._closed_until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._failures, self._trying = 0, False
        self._pause_seconds = PAUSE_SECONDS[0]

    def abandoned(self) -> None:
        """Hear that a call was not waited for."""
        self._trying = False

    def failed(self) -> bool:
        """Hear of a failure; whether it is the one that opens the breaker."""
        was_open = self.is_open
        self._failures, self._trying = self._failures + 1, False
        if not self.is_open:
            return False
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - spread, not secrecy
        self._closed_until = self._now() + self._pause_seconds * spread
        self._pause_seconds = min(PAUSE_SECONDS[1], self._pause_seconds * 2)
        return not was_open


class Redis:
    """The one client of a process."""

    def __init__(self, url: str, *, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or Breaker()
        self.under_way = 0
        self.results = dict.fromkeys(("hit", "miss", "done", "failed", "skipped"), 0)
        self._driver = client_of(url, SECONDS_MAX, connections_max=CONNECTIONS_MAX)

    async def get(self, key: bytes) -> bytes | None:
        """What is kept under a key; None when nothing is, or when nobody can say."""
        asked, value = await self._ask(lambda: cast("Awaitable[bytes | None]", self._driver.get(key)))
        if asked:
            self.results["miss" if value is None else "hit"] += 1
        return value

    async def put(self, key: bytes, value: bytes, seconds: int) -> None:
        """Keep a value for so long, if it can be kept."""
        await self._do(lambda: cast("Awaitable[Any]", self._driver.set(key, value, ex=seconds)))

    async def count(self, key: bytes, seconds: int) -> int | None:
        """Add one to a count that is forgotten `seconds` after its first; the new count, None when nobody can say."""

        async def add() -> int:
            async with self._driver.pipeline(transaction=False) as both:
                both.incr(key)
                both.expire(key, seconds, nx=True)
                return (await both.execute())[0]

        return await self._do(add)

    async def publish(self, channel: str, text: str) -> bool:
        """Tell whoever listens now; whether it could be told."""
        return await self._do(lambda: cast("Awaitable[Any]", self._driver.publish(channel, text))) is not None

    async def _do(self, work: Callable[[], Awaitable[T]]) -> T | None:
        asked, value = await self._ask(work)
        self.results["done"] += asked
        return value

    async def _ask(self, work: Callable[[], Awaitable[T]]) -> tuple[bool, T | None]:
        """Whether there was an answer, and the answer."""
        if self.under_way >= CONNECTIONS_MAX or not self.breaker.may():
            self.results["skipped"] += 1
            return False, None
        self.under_way += 1
        try:
            async with asyncio.timeout(SECONDS_MAX):
                value = await work()
        except FAULTS as error:
            self.results["failed"] += 1
            if self.breaker.failed():
                log.warning("redis_not_asked", code=type(error).__name__)
            return False, None
        except asyncio.CancelledError:
            self.breaker.abandoned()  # whoever asked has left: that says nothing about Redis
            raise
        finally:
            self.under_way -= 1
        self.breaker.succeeded()
        return True, value

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.aclose()


def client_of(url: str, seconds_max: float | None, *, connections_max: int) -> driver.Redis:
    """A client of the library that neither repeats nor waits: that is decided here. None: it may wait for ever."""
    pool = driver.ConnectionPool.from_url(
        url,
        protocol=2,  # the newer one brings what nobody asked for
        max_connections=connections_max,
        socket_timeout=seconds_max,
        socket_connect_timeout=CONNECT_SECONDS_MAX if seconds_max else 2.0,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    return driver.Redis.from_pool(pool)
