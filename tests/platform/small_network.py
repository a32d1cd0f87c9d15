"""A Wardline of one page, to try the supervisor on: `up` supervises, `web` serves. Run as a program by the tests."""

import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import click

from wardline.platform import logs, settings
from wardline.platform.serve import serve
from wardline.platform.supervisor import CannotStart, Child, Supervisor

OWN = (sys.executable, __file__)


def create() -> Any:
    """An application that answers every path with the process that answered."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})

    return application


def main() -> None:
    chosen = settings.load()
    logs.configure(chosen, sys.argv[1])
    if sys.argv[1] == "web":
        serve(chosen, "tests.platform.small_network:create")
    elif sys.argv[1] == "worker":
        time.sleep(3600)
    else:
        children = [Child("web", (*OWN, "web"), stop_seconds_max=4), Child("worker", (*OWN, "worker"))]
        try:
            Supervisor(chosen, children, ready=lambda: click.echo("ready")).run()
        except CannotStart as error:
            sys.exit(str(error))
        click.echo("stopped")


if __name__ == "__main__":
    main()
