"""A real redis-server for tests: on a port of its own, keeping nothing, killed, emptied and stopped at will."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from redis.exceptions import ConnectionError as NotThere

PROGRAM = shutil.which("redis-server")
START_SECONDS_MAX = 20
# In CI its absence is a failure and not a skip.
needs_redis = pytest.mark.skipif(
    PROGRAM is None and "CI" not in os.environ, reason="no redis-server here: apt-get install redis-server"
)


class RedisServer:
    """One server; `url` stays the same when it is started anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None, "redis-server is not there: apt-get install redis-server"
        settings = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        limits = ["--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lfu"]
        self._process = subprocess.Popen([PROGRAM, *settings, *limits], stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.client().ping()
                return
            except NotThere:
                assert time.monotonic() < until, "redis-server did not start"
                time.sleep(0.02)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop_answering(self) -> None:
        """The process is there, its port too, and nothing comes back."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def answer_again(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        self.client().flushall()


@contextmanager
def running_redis(folder: Path) -> Generator[RedisServer]:
    """A server that is gone afterwards."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
