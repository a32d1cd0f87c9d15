"""The application on a real port, in a thread of its own: for browsers, fuzzers and whoever needs sockets."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from tests.client import unhurried
from tests.database import TestDatabase
from tests.world import World
from wardline.app import App
from wardline.platform.database import Addresses
from wardline.platform.settings import Settings


class Served:
    """Where the application answers, the world in it, and a client that calls it in process for set-up."""

    def __init__(self, address: str, world: World, database: TestDatabase | None = None) -> None:
        self.address = address
        self.world = world
        self.database = database


@asynccontextmanager
async def served(database: TestDatabase, folder: Path) -> AsyncGenerator[Served]:
    """The application on this database at an address of 127.0.0.1, with a world in it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings = Settings(
        data=folder, port=port, secret="test-secret-of-thirty-two-characters", database_connections_max=8
    )
    server = uvicorn.Server(
        uvicorn.Config(
            lambda: unhurried(App(settings, Addresses(database.owner, database.app))),
            factory=True,
            host="127.0.0.1",
            port=port,
            log_level="error",
            lifespan="on",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, name="served", daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            await asyncio.sleep(0.02)
        yield Served(f"http://127.0.0.1:{port}", await World.build(database.owner), database)
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, 10)


@contextmanager
def worked(site: Served, folder: Path) -> Generator[None]:
    """The worker beside it, as a process: it hears what happened, and makes the doses of new orders."""
    assert site.database is not None, "the site itself, without a line before it"
    given = {"DATA": str(folder), "DATABASE_URL": site.database.owner, "APP_DATABASE_URL": site.database.app}
    given["SECRET"] = secrets.token_hex(24)
    environ = os.environ | {f"WARDLINE_{name}": value for name, value in given.items()}
    with (folder / "worker.log").open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "wardline", "worker"],
            cwd=Path(__file__).parents[1],
            env=environ,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
