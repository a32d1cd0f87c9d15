"""`wardline live`: the streams alone, for a web server in front that sends /live here."""

from typing import Any

import click

from wardline.app import App, create
from wardline.cli import loaded
from wardline.platform import processes
from wardline.platform.serve import serve

PATHS = ("/live", "/health", "/ready", "/metrics")


@click.command()
def live() -> None:
    """Run the live streams alone."""
    processes.yield_to_requests()
    serve(loaded("live"), "wardline.cli.live:create_live", process="live")


class Live:
    """The application with nothing but streams."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or scope["path"] in PATHS:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"only streams here\n"})


def create_live() -> Live:
    """What the server of `wardline live` loads."""
    return Live(create(role="live"))
