import asyncio

import pytest

from wardline.platform.cache import OVERHEAD_BYTES, FragmentCache, size_bytes


class Maker:
    def __init__(self, value: str = "made") -> None:
        self.value = value
        self.made = 0
        self.gate = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self) -> str:
        self.made += 1
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return self.value


async def test_a_value_is_made_once_and_then_kept():
    cache, make = FragmentCache(), Maker()
    make.gate.set()
    assert [await cache.get("key", make) for _ in range(3)] == ["made"] * 3
    assert (make.made, cache.hits, cache.misses) == (1, 2, 1)


async def test_twenty_five_who_ask_at_once_cost_one_rendering():
    cache, make = FragmentCache(), Maker()
    asking = [asyncio.create_task(cache.get("key", make)) for _ in range(25)]
    await asyncio.sleep(0)
    make.gate.set()
    assert await asyncio.gather(*asking) == ["made"] * 25
    assert (make.made, cache.waits) == (1, 24)


async def test_when_the_maker_is_cancelled_another_makes_it():
    cache, make = FragmentCache(), Maker()
    first = asyncio.create_task(cache.get("key", make))
    second = asyncio.create_task(cache.get("key", make))
    await asyncio.sleep(0)
    first.cancel()
    make.gate.set()
    assert await second == "made"
    assert make.made == 2
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_reaches_all_who_wait_and_is_not_kept():
    cache, make = FragmentCache(), Maker()
    make.fault = ValueError()
    asking = [asyncio.create_task(cache.get("key", make)) for _ in range(2)]
    await asyncio.sleep(0)
    make.gate.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]
    make.fault = None
    assert await cache.get("key", make) == "made"


async def test_the_least_recently_used_goes_first():
    room = 20 * (OVERHEAD_BYTES + size_bytes("x" * 100))
    cache = FragmentCache(bytes_max=room)
    make = Maker("x" * 100)
    make.gate.set()
    for number in range(20):
        await cache.get(number, make)
    await cache.get(0, make)
    await cache.get(20, make)
    assert (len(cache), cache.bytes, cache.evicted) == (20, room, 1)
    misses = cache.misses
    await cache.get(0, make)
    assert cache.misses == misses
    await cache.get(1, make)
    assert cache.misses == misses + 1


async def test_a_value_too_large_is_served_but_not_kept():
    cache, make = FragmentCache(bytes_max=10_000), Maker("x" * 2_000)
    make.gate.set()
    assert await cache.get("key", make) == make.value
    assert len(cache) == 0
