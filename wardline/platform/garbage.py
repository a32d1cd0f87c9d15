"""When the garbage collector may look at what a long-lived process holds.

A worker with thousands of connections and the boards it has drawn holds millions of objects, and nearly all of its rubbish
is freed by counting references. A full collection of them stops everybody for a third of a second (bench/results/log.md),
so what has lived for half a minute is put out of the collector's reach. The price is that a circle of objects that dies
later stays in memory until the next full collection: that one waits for an hour without one, and for a quiet moment.
"""

import asyncio
import gc
import time

YOUNG_OBJECTS = 10_000  # collected when so many more were made than freed
MIDDLE_TURNS = 2  # each object is looked at once by it, so oftener costs no more, and a pause is shorter
OLD_TURNS = 1_000_000  # never by itself: see the keeper
FREEZE_SECONDS = 30
FULL_SECONDS = 3_600
FULL_SECONDS_MAX = 4 * FULL_SECONDS  # then also under load
QUIET_CPU_SHARE = 0.1


class Keeper:
    """Keeps pauses short in this process from `start` to `stop`."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._full_at = time.monotonic()
        self._found = gc.get_threshold()
        self.full_collections = 0

    def start(self) -> None:
        """Take over from the collector's own timing."""
        gc.set_threshold(YOUNG_OBJECTS, MIDDLE_TURNS, OLD_TURNS)
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Leave the collector as it was found."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        gc.set_threshold(*self._found)
        gc.unfreeze()

    async def _keep(self) -> None:
        while True:
            cpu, at = time.process_time(), time.monotonic()
            await asyncio.sleep(FREEZE_SECONDS)
            busy = (time.process_time() - cpu) / (time.monotonic() - at)
            self.tidy(busy_share=busy)

    def tidy(self, *, busy_share: float) -> None:
        """Collect what is young and put the rest out of reach; collect everything when that is due."""
        began = time.monotonic()
        if full_is_due(began - self._full_at, busy_share):
            gc.unfreeze()
            gc.collect()
            self._full_at = began
            self.full_collections += 1
        else:
            gc.collect(1)
        gc.freeze()


def full_is_due(since_seconds: float, busy_share: float) -> bool:
    """Once an hour in a quiet half minute, and every four hours in any case."""
    return since_seconds >= FULL_SECONDS_MAX or (since_seconds >= FULL_SECONDS and busy_share <= QUIET_CPU_SHARE)
