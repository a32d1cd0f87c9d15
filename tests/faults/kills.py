"""kill -9 of the product's own web workers while people write, and what has to be true afterwards. For any write of any slice.

A test gives a *work*: a small story of writes by one hand, through `Hand.write`, over and over under load. While hands work,
a seeded nemesis kills a worker, now and then all of them, and waits until the server is whole again. A hand whose answer
does not come sends the same request with the same Idempotency-Key again, as the product's pages do; what was answered is
acknowledged and must stand. Afterwards the test looks at the database: nothing half, nothing twice, nothing lost.

    async with web(database, tmp_path) as server:
        figures = await under_kills(server, work)
    assert figures.kills == KILLS

`WARDLINE_FAULT_KILLS` says how many kills, `WARDLINE_FAULT_SEED` repeats a run.
"""

import asyncio
import logging
import os
import random
import secrets
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from tests.database import TestDatabase
from tests.world import World

log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("WARDLINE_FAULT_KILLS", "4"))
SEED = int(os.environ.get("WARDLINE_FAULT_SEED", "0")) or secrets.randbelow(1_000_000)
WORKERS = 2
HANDS = 6
WHOLE_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 60
PAUSE_SECONDS = 0.1
BETWEEN_SECONDS = (0.05, 0.9)
EVERYBODY_EVERY = 5  # each so many kills, all workers at once


class Figures:
    """What happened in a run: how many kills, how many stories were told to their end, how the writes were answered."""

    def __init__(self) -> None:
        self.kills = 0
        self.restarts = 0
        self.stories = 0
        self.answers: Counter[str] = Counter()

    def __str__(self) -> str:
        said = ", ".join(f"{what} {count}" for what, count in sorted(self.answers.items()))
        return f"seed {SEED}: {self.kills} kills, {self.restarts} restarts, {self.stories} stories; {said}"


class Server:
    """`wardline web` with its workers, on a port of its own; started again when it ends, as its supervisor does."""

    def __init__(self, database: TestDatabase, folder: Path, world: World) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        given = {
            "DATA": str(folder),
            "PORT": str(self.port),
            "WORKERS": str(WORKERS),
            "DATABASE_URL": database.owner,
            "APP_DATABASE_URL": database.app,
            "SECRET": secrets.token_hex(24),
        }
        self._environ = os.environ | {f"WARDLINE_{name}": value for name, value in given.items()}
        self._log = folder / "web.log"
        self.world = world
        self.figures = Figures()
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as written:
            return subprocess.Popen(
                [sys.executable, "-m", "wardline", "web"],
                cwd=ROOT,
                env=self._environ,
                stdout=written,
                stderr=subprocess.STDOUT,
            )

    def supervise(self) -> None:
        """Granian gives up when workers die too often in a short time; whoever runs it starts it again."""
        if self.process.poll() is not None:
            self.figures.restarts += 1
            self.process = self._started()

    def stop(self) -> None:
        """It ends with the test."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text()[-4000:]

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that answer, without the one that looks after them and without multiprocessing's helper."""
        found: list[psutil.Process] = []
        if self.process.poll() is not None:
            return found
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline()):
                    found.append(child)
            except psutil.NoSuchProcess:
                continue
        return found

    async def whole(self) -> None:
        """Wait until every worker is there again and one of them answers."""
        async with asyncio.timeout(WHOLE_SECONDS_MAX), httpx.AsyncClient(base_url=self.address, timeout=2) as browser:
            while True:
                self.supervise()
                if len(self.workers) == WORKERS:
                    try:
                        if (await browser.get("/sign-in")).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                await asyncio.sleep(PAUSE_SECONDS)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def web(database: TestDatabase, folder: Path) -> AsyncGenerator[Server]:
    """The product's web server on this database, with a world in it."""
    server = Server(database, folder, await World.build(database.owner))
    try:
        try:
            await server.whole()
        except TimeoutError:
            raise AssertionError(server.said) from None
        yield server
    finally:
        server.stop()


class Hand:
    """Somebody who writes, and sends again with the same key until there is an answer."""

    def __init__(self, server: Server, browser: httpx.AsyncClient) -> None:
        self._server = server
        self._browser = browser
        self.world = server.world

    async def read(self, path: str, *, as_: str) -> dict[str, Any]:
        """What stands there, as JSON."""
        answer = await self._answered("GET", path, None, {"authorization": await self._who(as_)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(
        self, method: str, path: str, body: Any, *, as_: str, version: int | None = None, also: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        """One write, acknowledged: its answer as JSON. Any other answer than success, or one of `also`, fails the test."""
        headers = {"authorization": await self._who(as_), "idempotency-key": uuid4().hex}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        answer = await self._answered(method, path, body, headers)
        assert answer.status_code in (200, 201, *also), f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def _who(self, name: str) -> str:
        return f"Bearer {await self.world.token(name)}"

    async def _answered(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        answers = self._server.figures.answers
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                try:
                    answer = await self._browser.request(method, path, json=body, headers=headers)
                except httpx.TransportError as error:
                    answers[type(error).__name__] += 1
                else:
                    busy = answer.status_code in (429, 503)
                    answers[f"{answer.status_code} {answer.json()['code']}" if busy else str(answer.status_code)] += 1
                    if not busy:
                        return answer
                await asyncio.sleep(PAUSE_SECONDS)


async def under_kills(
    server: Server, work: Callable[[Hand], Awaitable[None]], *, kills: int = KILLS, hands: int = HANDS
) -> Figures:
    """So many hands tell the story over and over until so many workers were killed; each tells its last one to the end."""
    done = asyncio.Event()

    async def at_work() -> None:
        limits = httpx.Limits(max_keepalive_connections=0)  # the next request may meet another worker
        accept = {"accept": "application/json"}
        async with httpx.AsyncClient(base_url=server.address, timeout=15, limits=limits, headers=accept) as browser:
            while not done.is_set():
                await work(Hand(server, browser))
                server.figures.stories += 1

    async with asyncio.TaskGroup() as working:
        for _ in range(hands):
            working.create_task(at_work())
        try:
            await _kill(server, kills)
        finally:
            done.set()
            log.warning("%s", server.figures)  # the seed, for whoever has to repeat a run that failed
    return server.figures


async def _kill(server: Server, kills: int) -> None:
    dice = random.Random(SEED)
    while server.figures.kills < kills:
        await asyncio.sleep(dice.uniform(*BETWEEN_SECONDS))
        server.supervise()
        standing = server.workers
        if not standing:
            continue
        everybody = server.figures.kills % EVERYBODY_EVERY == EVERYBODY_EVERY - 1
        for victim in standing if everybody else standing[dice.randrange(len(standing)) :][:1]:
            victim.kill()
        server.figures.kills += 1
        await server.whole()
