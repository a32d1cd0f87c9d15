"""Keeps parts running: starts them in order, waits until each is ready, starts again what ends, stops in reverse."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from deploy.local.parts import Part, base_environment
from wardline.platform import processes

READY_SECONDS_MAX = 60.0
RESTART_SECONDS = 1.0
POLL_SECONDS = 0.05


class CannotStart(Exception):
    """A part did not start; the text names it and its log."""


class Kept:
    """A part at work. Its output is in logs/NAME.log, its process id in run/NAME.pid."""

    def __init__(self, part: Part, data: Path) -> None:
        self.part = part
        self._data = data
        self._log = data / "logs" / f"{part.name}.log"
        self._ended_at: float | None = None
        self.start()

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only run-local, which keeps the order."""
        part = self.part
        self._ended_at = None
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 (our own commands, no shell)
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=base_environment(part, self._data),
                user=part.account.user_id if part.account else None,
                group=part.account.group_id if part.account else None,
                extra_groups=[] if part.account else None,
                start_new_session=True,
                preexec_fn=processes.dying_with_parent(part.orphan_number),  # noqa: PLW1509 (no threads here)
            )
        (self._data / "run" / f"{part.name}.pid").write_text(str(self.process.pid))

    def wait_ready(self) -> None:
        """Return when it is ready; raises CannotStart."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self.part.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"{self.part.name} did not start:\n{self.last_words()}")
            time.sleep(POLL_SECONDS)

    def last_words(self) -> str:
        """The end of its log, and where the rest is."""
        lines = self._log.read_text(errors="replace").splitlines()[-8:]
        return "\n".join([*lines, f"The whole log: {self._log}"])

    def keep(self) -> bool:
        """Start it again a moment after it has ended. True when it has just been found ended."""
        if self._ended_at is not None:
            if time.monotonic() - self._ended_at > RESTART_SECONDS:
                self.start()
            return False
        if self.process.poll() is None:
            return False
        self._ended_at = time.monotonic()
        return True

    def ask_to_stop(self) -> None:
        """Let it begin to end."""
        if self.process.poll() is None:
            self.process.send_signal(self.part.stop_number)

    def stop(self) -> None:
        """Wait for its end, then insist; nothing of its session stays."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.part.stop_seconds_max)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        (self._data / "run" / f"{self.part.name}.pid").unlink(missing_ok=True)
