"""The load: a small HTTP client in a process of its own, so that its CPU is not the server's.

Reads one order a line (JSON) from standard input and answers with one line each. `load` is a closed loop: every
connection sends its next request when the answer to its last has come. It warms up, says so, waits for a line, runs.
"""

import asyncio
import itertools
import sys
import time
import uuid
from collections import Counter
from typing import Any

import asyncpg
import msgspec
import uvloop

KEY = b"@@KEY@@"
OPENED_AT_ONCE = 50


class Load(msgspec.Struct):
    """One measurement: the requests are sent in turn; `changes` (SQL, one for each) are made before their request."""

    port: int
    connections: int
    seconds: float
    warm_seconds: float
    requests: list[str]
    status: int = 200
    changes: list[str] = []
    database: str = ""


class Streams(msgspec.Struct):
    """Watch `path` on many streams while each of `changes` runs against the database, so many a second."""

    port: int
    count: int
    request: str
    database: str
    changes: list[str]
    changes_per_s: float


class Http(asyncio.Protocol):
    """One kept-alive connection: one request at a time, answers with a content-length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._length = -1
        self._answer: asyncio.Future[int] | None = None
        self._status = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Send; the future is the status once the whole answer is here."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._length < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            self._status = int(head[9:12])
            at = head.find(b"\ncontent-length:")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._length = end + 4 + length
        if len(self._buffer) >= self._length:
            self._buffer, self._length = b"", -1
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(self._status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))


class Counted:
    """What one run counted."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []


class Loader:
    """Keeps the connections of one load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        texts = [request.encode("latin-1") for request in load.requests]
        changes = load.changes or [""] * len(texts)
        self._turns = itertools.cycle(zip(texts, changes, strict=True))
        self._changer: Any = None
        self._changing = asyncio.Lock()

    async def open(self) -> int:
        """Connect; the process id of the database's backend that makes the changes, or 0."""
        loop = asyncio.get_running_loop()
        pairs = [
            await loop.create_connection(Http, "127.0.0.1", self._load.port) for _ in range(self._load.connections)
        ]
        self._connections = [protocol for _, protocol in pairs]
        if not self._load.changes:
            return 0
        changer = self._changer = await asyncpg.connect(self._load.database)
        await changer.execute("SET synchronous_commit = off")
        return await changer.fetchval("SELECT pg_backend_pid()")

    async def run(self, seconds: float) -> Counted:
        counted, until = Counted(), time.perf_counter() + seconds
        await asyncio.gather(*(self._one(each, until, counted) for each in self._connections))
        return counted

    async def _one(self, connection: Http, until: float, counted: Counted) -> None:
        while time.perf_counter() < until:
            request, change = next(self._turns)
            if KEY in request:
                request = request.replace(KEY, uuid.uuid4().hex.encode())
            if self._changer is not None:
                async with self._changing:
                    await self._changer.execute(change)
            started = time.perf_counter()
            counted.statuses[await connection.ask(request)] += 1
            counted.latencies.append(time.perf_counter() - started)

    async def close(self) -> None:
        for each in self._connections:
            each.transport.close()
        if self._changer is not None:
            await self._changer.close()


class Stream(asyncio.Protocol):
    """One open stream: counts the row events that arrive."""

    def __init__(self) -> None:
        self.opened = asyncio.get_running_loop().create_future()
        self.arrivals: list[float] = []
        self._tail = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        self.arrivals += [time.perf_counter()] * seen.count(b"event: rows")
        self._tail = seen[-10:] if not seen.endswith(b"event: rows") else b""
        if not self.opened.done() and b"event: hello" in seen:
            self.opened.set_result(None)


async def watch(order: Streams) -> dict[str, Any]:
    """Open the streams (pausing before and after for whoever samples), make the changes, count what arrived."""
    loop = asyncio.get_running_loop()
    database = await asyncpg.connect(order.database)
    backend = await database.fetchval("SELECT pg_backend_pid()")
    await say({"backend": backend})
    await hear()
    streams: list[Stream] = []
    for first in range(0, order.count, OPENED_AT_ONCE):
        some = min(OPENED_AT_ONCE, order.count - first)
        pairs = [await loop.create_connection(Stream, "127.0.0.1", order.port) for _ in range(some)]
        for transport, stream in pairs:
            transport.write(order.request.encode("latin-1"))
            streams.append(stream)
        async with asyncio.timeout(10):
            for _, stream in pairs:
                await stream.opened
    await asyncio.sleep(0.5)
    await say({"opened": len(streams)})
    await hear()
    for stream in streams:
        stream.arrivals.clear()
    committed: list[float] = []
    for change in order.changes:
        await database.execute(change)
        committed.append(time.perf_counter())
        await asyncio.sleep(1 / order.changes_per_s)
    await asyncio.sleep(0.5)
    waits = [at - commit for s in streams for at, commit in zip(s.arrivals, committed, strict=False)]
    delivered = sum(len(stream.arrivals) for stream in streams)
    for stream in streams:
        stream.transport.close()
    await database.close()
    return {"delivered": delivered, "expected": len(streams) * len(committed), **percentiles(waits)}


def percentiles(latencies: list[float]) -> dict[str, float]:
    """The middle and the slow end, in milliseconds."""
    ordered = sorted(latencies) or [0.0]
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95))
    }


async def load(order: Load) -> dict[str, Any]:
    loader = Loader(order)
    backend = await loader.open()
    try:
        await loader.run(order.warm_seconds)
        await say({"backend": backend})
        await hear()
        counted = await loader.run(order.seconds)
    finally:
        await loader.close()
    wrong = {str(status): n for status, n in counted.statuses.items() if status != order.status}
    return {"requests": len(counted.latencies), "wrong": wrong, **percentiles(counted.latencies)}


async def say(values: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(values) + b"\n")
    sys.stdout.buffer.flush()


async def hear() -> bytes:
    """The next line that the measuring process sends."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.readline)


async def main() -> None:
    while line := await hear():
        kind, _, rest = line.partition(b" ")
        if kind == b"load":
            await say(await load(msgspec.json.decode(rest, type=Load)))
        else:
            await say(await watch(msgspec.json.decode(rest, type=Streams)))


if __name__ == "__main__":
    uvloop.run(main())
