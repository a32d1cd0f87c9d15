"""A web application that says who serves it; started by test_serve.py as a program of its own."""

import asyncio
import sys
from typing import Any

import msgspec

from wardline.platform import settings
from wardline.platform.serve import serve


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    said = {
        "loop": type(asyncio.get_running_loop()).__module__,
        "parsers": [name for name in ("httptools", "h11", "granian") if name in sys.modules],
        "client": scope["client"][0],
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": msgspec.json.encode(said)})


def create() -> Any:
    """What each worker loads."""
    return application


if __name__ == "__main__":
    serve(settings.load(), "tests.platform.small_web:create")
