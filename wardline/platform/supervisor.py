"""One machine, one command: runs PostgreSQL and Wardline's processes, restarts what crashes, leaves nothing behind.

Promises: one supervisor per data folder; children stop in order within ten seconds of Ctrl-C or SIGTERM; children end
even when the supervisor itself is killed (the kernel sees to it on Linux), and the next start recovers.
"""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import msgspec
import structlog

from wardline.platform import database, migrate, processes
from wardline.platform.postgres import PostgresError, Server
from wardline.platform.settings import Settings, ensure_data_folder

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 9.0
POLL_SECONDS = 0.1
RESTART_SECONDS_MIN = 0.5
RESTART_SECONDS_MAX = 30.0
# A child that has worked for this long has got over its trouble; its next crash is restarted at once again.
STEADY_SECONDS_MIN = 60.0
PREDECESSOR_SECONDS_MAX = 3.0

log = structlog.stdlib.get_logger()


class CannotStart(Exception):
    """Wardline cannot start; the text tells a person why and what to do."""


class Child(msgspec.Struct, frozen=True):
    """A process of Wardline: its name and the command that starts it."""

    name: str
    command: tuple[str, ...]
    stop_seconds_max: float = 2.0


class _Running:
    """A child at work: started, restarted with growing pauses, stopped."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.restart_seconds = RESTART_SECONDS_MIN
        self.restart_at: float | None = None
        self.start()

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor, which keeps the order."""
        self.restart_at = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own command, no shell)
            self.child.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=processes.dying_with_parent(signal.SIGKILL),  # noqa: PLW1509 (no threads here)
        )

    def keep(self) -> None:
        """Start it again when it has ended, after a pause that doubles with every crash."""
        now = time.monotonic()
        if self.restart_at is not None:
            if now >= self.restart_at:
                self.start()
            return
        exit_code = self.process.poll()
        if exit_code is None:
            return
        if now - self.started_at > STEADY_SECONDS_MIN:
            self.restart_seconds = RESTART_SECONDS_MIN
        log.error("a process ended", child=self.child.name, exit_code=exit_code, seconds=self.restart_seconds)
        self.restart_at = now + self.restart_seconds
        self.restart_seconds = min(self.restart_seconds * 2, RESTART_SECONDS_MAX)

    def stop(self) -> None:
        """Ask, then insist. The whole session ends, so a worker that its master left behind does too."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.child.stop_seconds_max)
            except subprocess.TimeoutExpired:
                log.warning("a process did not stop in time", child=self.child.name)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Runs the children on these settings. `before` is work between the migrations and the children's start."""

    def __init__(
        self,
        settings: Settings,
        children: Sequence[Child],
        *,
        before: Callable[[], None] = lambda: None,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._children = children
        self._before = before
        self._ready = ready
        self._running: list[_Running] = []
        self._postgres: Server | None = None

    def run(self) -> None:
        """Start everything, keep it running until a signal comes, stop everything. Raises CannotStart."""
        with locked(self._settings), _signals_as_interrupt():
            refuse_taken_port(self._settings)
            try:
                self._start()
                self._keep()
            except KeyboardInterrupt:
                pass
            except (PostgresError, database.DatabaseError) as error:
                raise CannotStart(str(error)) from error
            finally:
                _ignore_signals()
                self._stop()

    def _start(self) -> None:
        if self._settings.database_url is None:
            self._postgres = Server(database.embedded_folder(self._settings))
            self._start_postgres(self._postgres)
            database.prepare_embedded(self._postgres.url)
        else:
            database.prepare(self._settings)
        migrate.upgrade(database.addresses(self._settings).owner)
        self._before()
        for child in self._children:
            self._running.append(_Running(child))
        self._wait_ready()
        self._ready()

    def _start_postgres(self, server: Server) -> None:
        server.start()
        server.wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not answers(self._settings):
            for running in self._running:
                if running.process.poll() is not None:
                    raise CannotStart(f"The process `{running.child.name}` ended while starting; see above.")
            if time.monotonic() > deadline:
                raise CannotStart(f"Wardline did not answer at {self._settings.address}/ready in time.")
            time.sleep(POLL_SECONDS / 2)

    def _keep(self) -> NoReturn:
        while True:
            time.sleep(POLL_SECONDS)
            if self._postgres and (exit_code := self._postgres.poll()) is not None:
                log.error("a process ended", child="postgres", exit_code=exit_code)
                time.sleep(RESTART_SECONDS_MIN)
                self._start_postgres(self._postgres)
            for running in self._running:
                running.keep()

    def _stop(self) -> None:
        started = time.monotonic()
        for running in self._running:
            running.stop()
        if self._postgres:
            self._postgres.stop(fast_seconds_max=max(2.0, STOP_SECONDS_MAX - 2 - (time.monotonic() - started)))


@contextmanager
def locked(settings: Settings) -> Generator[None]:
    """Hold the data folder for this process. The kernel gives it back however the process ends."""
    ensure_data_folder(settings.data)
    with (settings.data / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(
                f"Wardline already runs on the data folder {settings.data} (process {file.read().strip() or '?'}). "
                "Stop it first, or give this one a folder of its own in WARDLINE_DATA."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def refuse_taken_port(settings: Settings) -> None:
    """Raise CannotStart when somebody listens on the port. A killed predecessor's web server gets time to go."""
    deadline = time.monotonic() + PREDECESSOR_SECONDS_MAX
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). "
                        f"Choose another one: WARDLINE_PORT={settings.port + 1}."
                    ) from error
            else:
                return
        time.sleep(POLL_SECONDS)


def answers(settings: Settings) -> bool:
    """Whether the web server says that it is ready to serve people."""
    host = settings.address.removeprefix("http://").rpartition(":")[0].strip("[]")
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _signals_as_interrupt() -> Generator[None]:
    """Let SIGTERM and a closed terminal end the work the way Ctrl-C does."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """An impatient second Ctrl-C must not leave a process behind; stopping is short anyway."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
