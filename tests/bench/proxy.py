"""A line between the rig and the server that can be made to fail: what a test puts in, the rig must find."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

Change = Callable[[bytes], bytes]


class Proxy:
    """Passes on every byte, changed by `request` (from the rig), `answer` and `event` (of streams), if they are set."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self.url = ""
        self.request: Change | None = None
        self.answer: Change | None = None
        self.event: Change | None = None
        self.held = asyncio.Event()  # cleared: no answer passes
        self.held.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the rig."""
        there, back = await asyncio.open_connection(self._host, self._port)
        kind = {"stream": False}
        tasks = [
            asyncio.create_task(self._ask(reader, back, kind)),
            asyncio.create_task(self._tell(there, writer, kind)),
        ]
        self._tasks.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.difference_update(tasks)
        back.close()
        writer.close()

    async def _ask(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, kind: dict[str, bool]) -> None:
        while data := await reader.read(65_536):
            kind["stream"] = kind["stream"] or data.startswith(b"GET /live")
            back.write(self.request(data) if self.request else data)
            await back.drain()

    async def _tell(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: dict[str, bool]) -> None:
        while data := await there.read(1_048_576):
            await self.held.wait()
            change = self.event if kind["stream"] else self.answer
            writer.write(change(data) if change else data)
            await writer.drain()

    async def close(self) -> None:
        """Every connection ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxied(upstream: str) -> AsyncGenerator[Proxy]:
    """A proxy to this address."""
    proxy = Proxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
