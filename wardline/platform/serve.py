"""The web server: one worker process per core, each running the application once on uvloop behind a native parser.

Granian is what is measured and meant; uvicorn with httptools is the fallback, chosen by one setting.
"""

import contextlib
import functools
import gc
import importlib
import multiprocessing
import os
import resource
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from wardline.platform import logs, processes
from wardline.platform.settings import Settings

# How many may knock while every worker is busy. The kernel cuts it to net.core.somaxconn (4096 on Linux).
BACKLOG = 4096
# Also how long an idle connection is kept.
HEADER_SECONDS_MAX = 60
STOP_SECONDS_MAX = 3


def serve(settings: Settings, target: str, *, process: str = "web") -> None:
    """Serve the application factory at `module:name` until SIGTERM or SIGINT. Its workers die with this process."""
    logs.configure(settings, process)
    raise_file_limit()
    # Imported before the workers are forked, so that they share the memory of the code, and a fault shows once.
    importlib.import_module(target.partition(":")[0])
    make = functools.partial(_load, os.getpid(), settings, process)
    if settings.server == "uvicorn":
        _serve_with_uvicorn(settings, functools.partial(make, target))
    else:
        _serve_with_granian(settings, target, make)


def raise_file_limit() -> None:
    """Let this process and its children open as many files, which are connections, as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _load(parent_id: int, settings: Settings, process: str, target: str) -> Any:
    """Runs in each worker: build the application, then keep the collector away from what was built."""
    processes.die_with_parent(parent_id, signal.SIGKILL)
    signal.signal(processes.END_STREAMS, signal.SIG_IGN)  # until the application knows what to end
    logs.configure(settings, process)
    application = load(target)()
    gc.collect()
    gc.freeze()
    return application


def load(target: str) -> Any:
    """The object named `module:name`."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _end_streams() -> None:
    """A server waits for open connections before it stops, so whoever holds streams is told first to end them."""
    for child in multiprocessing.active_children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid or 0, processes.END_STREAMS)


# ---- granian ---------------------------------------------------------------------------------------------------------


class Web(MPServer):
    """Granian, telling its workers to end their streams before it stops."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Begin to stop."""
        _end_streams()
        super().signal_handler_interrupt(*args, **kwargs)


def _serve_with_granian(settings: Settings, target: str, make: Callable[[str], Any]) -> None:
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
        backpressure=settings.connections_max,  # it counts idle connections too
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS_MAX,
    )
    server.serve(target_loader=make)


# ---- uvicorn ---------------------------------------------------------------------------------------------------------


def _serve_with_uvicorn(settings: Settings, make: Callable[[], Any]) -> None:
    """Uvicorn has no deadline for a request's head and body, so it belongs behind a proxy that has."""
    import uvicorn  # noqa: PLC0415 - only where it is chosen
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

    class Workers(Multiprocess):
        def terminate_all(self) -> None:
            _end_streams()
            super().terminate_all()

    config = uvicorn.Config(
        make,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        interface="asgi3",
        backlog=BACKLOG,
        limit_concurrency=settings.connections_max,
        timeout_keep_alive=HEADER_SECONDS_MAX,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        proxy_headers=False,  # whose word is taken for who asks is a setting of ours
        server_header=False,
        access_log=False,
        log_config=None,
    )
    listening = _listening(settings)
    try:
        Workers(config, [listening]).run()
    finally:
        listening.close()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((settings.host, settings.port))
    listening.listen(BACKLOG)
    listening.set_inheritable(True)
    return listening
