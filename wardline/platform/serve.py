"""The web server: granian with one worker process per core, each running the application once."""

import contextlib
import functools
import gc
import importlib
import multiprocessing
import os
import signal
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from wardline.platform import logs, processes
from wardline.platform.settings import Settings

# Granian counts idle connections here, so a small figure would refuse people who only have a page open.
CONNECTIONS_PER_WORKER_MAX = 60_000
BACKLOG = 4096
# Also how long an idle connection is kept.
HEADER_SECONDS_MAX = 60
STOP_SECONDS_MAX = 3


class Web(MPServer):
    """Granian waits for open connections before it stops, so whoever holds streams is told first to end them."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Begin to stop."""
        for child in multiprocessing.active_children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid or 0, processes.END_STREAMS)
        super().signal_handler_interrupt(*args, **kwargs)


def serve(settings: Settings, target: str) -> None:
    """Serve the application factory at `module:name` until SIGTERM or SIGINT. Its workers die with this process."""
    server = Web(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS_MAX * 1000),
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_PER_WORKER_MAX,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS_MAX,
    )
    logs.configure(settings, "web")
    # Imported before the workers are forked, so that they share the memory of the code, and a fault shows once.
    importlib.import_module(target.partition(":")[0])
    server.serve(target_loader=functools.partial(_load, os.getpid(), settings))


def _load(parent_id: int, settings: Settings, target: str) -> Any:
    """Runs in each worker: build the application, then keep the collector away from what was built."""
    processes.die_with_parent(parent_id, signal.SIGKILL)
    signal.signal(processes.END_STREAMS, signal.SIG_IGN)  # until the application knows what to end
    logs.configure(settings, "web")
    application = load(target)()
    gc.collect()
    gc.freeze()
    return application


def load(target: str) -> Any:
    """The object named `module:name`."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)
