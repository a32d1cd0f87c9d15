"""The line between a browser and the site, which a test can cut, mend, and make lose the answers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.served import Served


class Line:
    """Passes bytes on while it is up. `loses_answers`: what is asked arrives, and no answer comes back. `stuck`: nothing
    arrives, and nobody says so."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._there = (parts.hostname or "", parts.port or 0)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.loses_answers = False
        self.stuck = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def mend(self) -> None:
        """Let connections in, always at the same address."""
        self.loses_answers = self.stuck = False
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Close every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in list(self._ends):
            end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._there)
        except OSError:
            writer.close()
            return
        self._ends |= {writer, back}
        ways = [
            asyncio.create_task(self._pass(reader, back)),
            asyncio.create_task(self._pass(there, writer, back=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._ends -= {writer, back}
        writer.close()
        back.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool = False) -> None:
        try:
            while data := await reader.read(65_536):
                if back and self.loses_answers:
                    return
                if self.stuck:
                    continue
                writer.write(data)
                await writer.drain()
        except OSError:
            return


@asynccontextmanager
async def lined(site: Served) -> AsyncGenerator[tuple[Served, Line]]:
    """The same site, behind a line of its own."""
    line = Line(site.address)
    await line.mend()
    try:
        yield Served(line.address, site.world), line
    finally:
        await line.cut()
