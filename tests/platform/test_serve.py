"""Both servers keep what is promised of a web worker: uvloop, a native parser, a limit of connections, a backlog."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from wardline.platform.serve import BACKLOG

ROOT = Path(__file__).parents[2]
SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
CONNECTIONS = 8
WORKERS = 2
KNOCKING = 3_000  # more than either server's own default lets wait
START_SECONDS_MAX = 30


class Server:
    """A server of its own process group on a port of its own."""

    def __init__(self, kind: str, data: Path, *, workers: int = 1) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        given = {"DATA": str(data), "PORT": str(self.port), "WORKERS": str(workers), "SERVER": kind}
        given["CONNECTIONS"] = str(CONNECTIONS if workers == 1 else 1000)
        environ = os.environ | {f"WARDLINE_{name}": value for name, value in given.items()}
        self.process = subprocess.Popen([sys.executable, "-m", "tests.platform.small_web"], cwd=ROOT, env=environ)
        self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                self.ask()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        raise AssertionError("it did not start")

    def ask(self, **headers: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    @property
    def workers(self) -> list[psutil.Process]:
        """Its processes without the first, which only looks after them, and without multiprocessing's helper."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


@pytest.fixture(params=["granian", "uvicorn"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Server]:
    """One worker with room for a handful of connections."""
    started = Server(request.param, tmp_path)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.fixture(params=["granian", "uvicorn"])
def several(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Server]:
    """Two workers."""
    started = Server(request.param, tmp_path, workers=WORKERS)
    yield started
    started.process.kill()
    started.process.wait()


def test_uvloop_and_a_native_parser(server: Server) -> None:
    said = server.ask()
    assert said["loop"] == "uvloop"
    assert {"granian", "httptools"} & set(said["parsers"])


def test_nobody_else_decides_who_asks(server: Server) -> None:
    """Uvicorn would believe a forwarded address from this machine; whom to believe is Wardline's own setting."""
    assert server.ask(x_forwarded_for="203.0.113.7")["client"] == "127.0.0.1"


def test_a_worker_takes_so_many_connections_and_no_more(server: Server) -> None:
    with ExitStack() as open_ones:
        for _ in range(CONNECTIONS):
            idle = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(4096)
        one_more = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        one_more.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        one_more.settimeout(1)
        try:
            answer = one_more.recv(4096)
        except TimeoutError:
            answer = b""
        assert answer == b"" or b" 503 " in answer
    assert server.ask()


@pytest.mark.skipif(int(SOMAXCONN.read_text()) < BACKLOG, reason="the kernel lets fewer wait (net.core.somaxconn)")
def test_many_may_knock_while_every_worker_is_busy(server: Server) -> None:
    for worker in server.workers:
        worker.suspend()
    with ExitStack() as open_ones:
        for _ in range(KNOCKING):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=2))
    for worker in server.workers:
        worker.resume()


def test_as_many_processes_as_said_end_with_the_first(several: Server) -> None:
    workers = several.workers
    assert len(workers) == WORKERS
    several.process.kill()
    several.process.wait()
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(several: Server, number: signal.Signals) -> None:
    workers = several.workers
    several.process.send_signal(number)
    several.process.wait(10)
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []
