"""Rendered content kept in the process: at most so many bytes, the least recently used goes first.

A key holds everything that decides the content (topic, version, fragment, permission class, language, clock bucket), so
nothing is ever invalidated: a newer version is another key. Whoever asks for what is just being made waits for it.
"""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple

BYTES_MAX = 64_000_000
OVERHEAD_BYTES = 400  # key, entry, links
UNKNOWN_BYTES = 1_000


class Kept(NamedTuple):
    value: Any
    size_bytes: int


class _Abandoned(Exception):
    """Whoever was making the value was cancelled; one of those who wait makes it."""


class FragmentCache:
    """A bounded cache that makes each value once."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.bytes = 0
        self.hits = 0
        self.misses = 0
        self.waits = 0  # asked for while it was being made
        self.evicted = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._making: dict[Hashable, asyncio.Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """The value of `key`, made by `make` if nobody has it. An error is everybody's who waited, and is not kept."""
        while True:
            kept = self._kept.get(key)
            if kept is not None:
                self.hits += 1
                self._kept.move_to_end(key)
                return kept.value
            making = self._making.get(key)
            if making is None:
                self.misses += 1
                return await self._make(key, make)
            self.waits += 1
            try:
                return await asyncio.shield(making)
            except _Abandoned:
                continue

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        making: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._making[key] = making
        try:
            value = await make()
        except BaseException as error:
            making.set_exception(error if isinstance(error, Exception) else _Abandoned())
            making.exception()  # seen, even if nobody waits
            raise
        finally:
            del self._making[key]
        making.set_result(value)
        self._keep(key, value)
        return value

    def _keep(self, key: Hashable, value: Any) -> None:
        size = OVERHEAD_BYTES + size_bytes(value)
        if size > self.bytes_max // 10:
            return  # one value must not empty the cache
        self._kept[key] = Kept(value, size)
        self.bytes += size
        while self.bytes > self.bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self.bytes -= oldest.size_bytes
            self.evicted += 1


def size_bytes(value: Any) -> int:
    """Roughly what a cached value occupies."""
    if isinstance(value, (str, bytes)):
        return sys.getsizeof(value)
    if isinstance(value, (tuple, list)):
        return sum(map(size_bytes, value))
    body = getattr(value, "body", None)
    return UNKNOWN_BYTES + (len(body) if isinstance(body, (str, bytes)) else 0)
