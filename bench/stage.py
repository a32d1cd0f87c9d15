"""A throwaway Wardline: a database of its own with fsync on, seeded, and web servers on free ports."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psycopg

from bench.seeding import Seeded, Seeder
from wardline.platform import database, migrate, postgres
from wardline.platform.settings import Settings

SECRET = "a secret that protects nothing but invented people"
START_SECONDS_MAX = 30


class Server:
    """A web server in a process of its own, on a free port."""

    def __init__(self, command: tuple[str, ...], data: Path, told: Mapping[str, str]) -> None:
        self.port = free_port()
        environment = (
            os.environ
            | {
                "WARDLINE_DATA": str(data),
                "WARDLINE_PORT": str(self.port),
                "WARDLINE_WORKERS": "1",
                "WARDLINE_ENV": "development",
                "WARDLINE_SECRET": SECRET,
                "WARDLINE_LOG_LEVEL": "error",
            }
            | dict(told)
        )
        self.process = subprocess.Popen([sys.executable, "-m", *command], env=environment, stdin=subprocess.DEVNULL)

    def wait(self, path: str) -> None:
        """Return when it answers at all."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"The server {self.process.args} did not start.")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Stage:
    """The database and the servers of a run."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.settings = Settings(data=self.data, secret=SECRET, workers=1)
        self._embedded = postgres.Server(database.embedded_folder(self.settings))
        self.addresses = database.addresses(self.settings)
        self.servers: dict[str, Server] = {}

    @property
    def database_pid(self) -> int:
        found = self._embedded.pid
        assert found is not None, "the database runs"
        return found

    def start_database(self) -> None:
        self._embedded.start()
        self._embedded.wait_ready()
        database.prepare_embedded(self._embedded.url)
        migrate.upgrade(self.addresses.owner)

    def seed(self, people: int) -> Seeded:
        async def work() -> Seeded:
            connection = await asyncpg.connect(self.addresses.owner)
            try:
                return await Seeder(connection).run(people)
            finally:
                await connection.close()

        seeded = asyncio.run(work())
        with psycopg.connect(self._embedded.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        return seeded

    def start(self, name: str, *command: str, path: str = "/ready", told: Mapping[str, str] | None = None) -> Server:
        """`told` is what the server finds in its environment besides the settings."""
        server = self.servers[name] = Server(command, self.data, told or {})
        server.wait(path)
        return server

    def stop(self) -> None:
        for server in self.servers.values():
            server.stop()
        self._embedded.stop()


@contextmanager
def stage() -> Generator[Stage]:
    """A stage that is gone afterwards, with its folder and its processes."""
    folder = Path(tempfile.mkdtemp(prefix="wardline-bench-"))
    folder.chmod(0o711)
    made = Stage(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
