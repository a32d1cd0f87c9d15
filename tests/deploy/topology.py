"""The production topology, running: deploy/run-local on ports and a folder of its own, with a small network in it."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil

from deploy.local.layout import PORTS_MAX, REDIS, Layout
from deploy.local.programs import PACKAGES, missing
from tests.world import World
from wardline.identity.passwords import hash_now

ROOT = Path(__file__).parents[2]
PASSWORD = "a long enough pass"
READY_SECONDS_MAX = 90
STOP_SECONDS_MAX = 60
WEB_NODES = 2


class Topology:
    """Where it answers, who is in it, and its processes by name."""

    def __init__(self, layout: Layout, world: World) -> None:
        self.layout = layout
        self.world = world
        self.certificate = layout.secret("nginx", "certificate.pem")

    def browser(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser at an address of this machine, which trusts the certificate and follows nothing by itself."""
        trusting = ssl.create_default_context(cafile=str(self.certificate))
        transport = httpx.AsyncHTTPTransport(verify=trusting, local_address=address, retries=0)
        return httpx.AsyncClient(
            transport=transport, base_url=self.layout.page, headers={"accept": "text/html"}, timeout=30
        )

    async def sign_in(self, browser: httpx.AsyncClient, name: str) -> httpx.Response:
        """Sign in as this member of staff through the page's own form."""
        async with self.world.owner() as db:
            email = await db.fetchval(
                "UPDATE identity.staff SET password_hash = $1 WHERE id = $2 RETURNING email",
                hash_now(PASSWORD),
                self.world.staff[name],
            )
        return await browser.post("/sessions", data={"email": email, "password": PASSWORD})

    async def patient_in_bed(self, bed: int = 0) -> UUID:
        """Somebody whose row is on the board of ward A."""
        person = await self.world.patient(self.world.a)
        await self.world.stay(self.world.a, person, bed=self.world.a.beds[bed])
        return person

    def process(self, name: str) -> psutil.Process:
        """The first process of a part, as it is now."""
        return psutil.Process(int((self.layout.data / "run" / f"{name}.pid").read_text()))

    async def restarted(self, name: str, before: int) -> None:
        """Wait until a part that ended is there again and ready."""
        async with asyncio.timeout(READY_SECONDS_MAX):
            while not (self._is_new(name, before) and await self._is_ready(name)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    def _is_new(self, name: str, before: int) -> bool:
        return self.process_id(name) not in (0, before)

    def process_id(self, name: str) -> int:
        """Its number, 0 while there is none."""
        try:
            return int((self.layout.data / "run" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0

    async def _is_ready(self, name: str) -> bool:
        kind, _, number = name.partition("-")
        ports = {"web": self.layout.web_port, "live": self.layout.live_port}
        port = ports[kind](int(number)) if kind in ports else self.layout.port(REDIS)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    async def requests_seen(self) -> list[dict[str, Any]]:
        """What nginx has written down; it does so at least once a second."""
        await asyncio.sleep(1.3)
        lines = (self.layout.data / "nginx" / "access.log").read_text().splitlines()
        return [json.loads(line) for line in lines]


def owned_by(data: Path) -> list[psutil.Process]:
    """Every process that works on this data folder."""
    return [process for process in psutil.process_iter() if _owns(data, process)]


def _owns(data: Path, process: psutil.Process) -> bool:
    try:
        said = [*process.cmdline(), process.environ().get("HOME", ""), process.cwd()]
    except psutil.Error:
        return False
    return any(str(data) in text for text in said)


def what_is_missing() -> str:
    """What this machine lacks; empty where the topology can be started."""
    return missing(tuple(PACKAGES))


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[Topology]:
    """Start it, wait until it says that it is ready, and stop it with Ctrl-C; nothing may stay."""
    layout = fresh_layout(**options)
    started = start(layout)
    try:
        await asyncio.to_thread(wait_ready, started)
        owner = layout.secret("app", "database-url").read_text()
        topology = Topology(layout, await World.build(owner))
        yield topology
        started.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(started.wait, STOP_SECONDS_MAX) == 0
        assert owned_by(layout.data) == []
    finally:
        started.kill()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()
        shutil.rmtree(layout.data, ignore_errors=True)


def fresh_layout(**options: Any) -> Layout:
    """A folder and ports that nobody else uses."""
    data = Path(tempfile.mkdtemp(prefix="wardline-topology-"))
    data.chmod(0o711)
    first = free_ports(PORTS_MAX + 2)
    return Layout(
        data=data, page_port=first + PORTS_MAX, program_port=first + PORTS_MAX + 1, first_port=first, **options
    )


def start(layout: Layout) -> subprocess.Popen[str]:
    return subprocess.Popen(command(layout), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def command(layout: Layout) -> list[str]:
    """`deploy/run-local` for this layout."""
    given = [sys.executable, "-m", "deploy.local", "--data", str(layout.data), "--web", str(layout.web)]
    given += ["--live", str(layout.live), "--server", layout.server, "--first-port", str(layout.first_port)]
    given += ["--page-port", str(layout.page_port), "--program-port", str(layout.program_port)]
    given += ["--log-requests"] if layout.log_requests else []
    return given if layout.monitoring else [*given, "--no-monitoring"]


def wait_ready(started: subprocess.Popen[str]) -> None:
    """Read what it says until it says that it is ready. It gives up by itself when a part is not in a minute."""
    assert started.stdout is not None
    said: list[str] = []
    for line in started.stdout:
        said.append(line)
        if line.startswith("Ctrl-C stops it"):
            return
    raise AssertionError("".join(said))


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, below those the kernel gives to whoever asks for any."""
    while True:
        first = 10_000 + secrets.randbelow(22_000 - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Stream:
    """One open /live as a browser reads it."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def event(self, name: str) -> dict[str, Any]:
        """The next event of this name."""
        async with asyncio.timeout(20):
            kind = ""
            async for line in self._lines:
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == name:
                    return json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream ended")


@asynccontextmanager
async def stream(browser: httpx.AsyncClient, topic: str) -> AsyncGenerator[Stream]:
    """Open a stream through nginx."""
    async with browser.stream(
        "GET", "/live", params={"topic": topic}, headers={"accept": "text/event-stream"}
    ) as answer:
        assert answer.status_code == 200
        yield Stream(answer.aiter_lines())


def in_ci() -> bool:
    return bool(os.environ.get("CI"))
