"""A worker process as the leading process holds it: lines of JSON there and back."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from bench.load.model import Part, Told
from bench.load.options import CannotRun

ROOT = Path(__file__).resolve().parents[2]
LINE_BYTES_MAX = 1 << 30
END_SECONDS_MAX = 5.0


class Hand:
    """One worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asking = asyncio.Lock()

    @classmethod
    async def start(cls, part: Part) -> "Hand":
        """A new process with these users."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.load.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            limit=LINE_BYTES_MAX,
        )
        hand = cls(process)
        await hand._say(part)
        return hand

    async def _say(self, what: Any) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._asking:
            try:
                self._process.stdin.write(msgspec.json.encode(what) + b"\n")
                await self._process.stdin.drain()
                line = await self._process.stdout.readline()
            except (BrokenPipeError, ConnectionResetError):
                line = b""
        if not line:
            raise CannotRun(f"A process of the rig ended with code {await self._process.wait()}; see above.")
        return line

    async def ask(self, do: str, **more: Any) -> Any:
        """Give an order and wait for its answer."""
        return msgspec.json.decode(await self._say({"do": do, **more}))

    async def tell(self) -> Told:
        """The worker's account; its users leave."""
        return msgspec.json.decode(await self._say({"do": "tell"}), type=Told)

    async def end(self) -> None:
        """The process is gone afterwards."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_SECONDS_MAX)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
