"""Notices of changed topics through Redis, beside PostgreSQL's: for live processes that cannot LISTEN.

A transaction pooler passes no LISTEN on, and a process that has lost its listening connection hears nothing until it has
another. The same texts that are notified are published, each with a keyed mark, since a version that nobody committed
would keep a page from showing what comes later.
"""

import asyncio
import contextlib
import hashlib
import hmac
import random
from collections.abc import Callable

import structlog

from wardline.platform.live.notifier import versions_in
from wardline.platform.redis_client import FAULTS, Redis, client_of

CHANNEL = "wl:topics"
AGAIN_SECONDS_MAX = 10.0
SILENCE_SECONDS_MAX = 30.0  # then the connection is asked whether it still is one
MARK_LENGTH = 32

log = structlog.get_logger("live")


class Notices:
    """Tells and hears. `heard` takes topics with their versions, as from PostgreSQL."""

    def __init__(self, redis: Redis, url: str, secret: str) -> None:
        self._redis = redis
        self._url = url
        self._key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"wl.notices").digest()
        self._listening: asyncio.Task[None] | None = None
        self.listening = False
        self.told = 0
        self.heard = 0

    async def tell(self, text: str) -> None:
        """Publish one notification's text, if it can be."""
        self.told += await self._redis.publish(CHANNEL, self._mark(text) + text)

    def _mark(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=MARK_LENGTH // 2).hexdigest()

    def start(self, heard: Callable[[dict[str, int]], None]) -> None:
        """Begin to listen, and go on whatever happens to the connection."""
        self._listening = asyncio.create_task(self._listen(heard))

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self, heard: Callable[[dict[str, int]], None]) -> None:
        wait = 0.2
        while True:
            client = client_of(self._url, None, connections_max=2)
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as ear:
                    await ear.subscribe(CHANNEL)
                    self.listening, wait = True, 0.2
                    while True:
                        message = await ear.get_message(timeout=SILENCE_SECONDS_MAX)
                        if message is None:
                            await ear.ping()
                        elif isinstance(message["data"], bytes):
                            self._take(message["data"], heard)
            except FAULTS as error:
                log.warning("notices_not_heard", code=type(error).__name__)
            finally:
                self.listening = False
                with contextlib.suppress(*FAULTS):
                    await client.aclose()
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - spread, not secrecy
            wait = min(wait * 2, AGAIN_SECONDS_MAX)

    def _take(self, data: bytes, heard: Callable[[dict[str, int]], None]) -> None:
        text = data.decode("utf-8", "replace")
        mark, text = text[:MARK_LENGTH], text[MARK_LENGTH:]
        if hmac.compare_digest(mark.encode(), self._mark(text).encode()):
            self.heard += 1
            heard(versions_in(text))
