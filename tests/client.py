"""The front door in tests: the real application on the real database, called in process; and a small world to use it in."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.database import TestDatabase
from tests.world import World
from wardline.app import App
from wardline.platform.database import Addresses
from wardline.platform.settings import Settings


class Client:
    """Calls the application as one person: `as_=` names a member of staff of the world."""

    def __init__(self, app: App, world: World) -> None:
        self.app = app
        self.world = world
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://wardline.test")

    async def call(
        self, method: str, path: str, *, as_: str | None = None, body: Any = None, key: str | None = None, version: int | None = None,
        html: bool = False, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """One request. Writes get a fresh Idempotency-Key unless one is given ("" sends none)."""
        sent = {"accept": "text/html" if html else "application/json", **(headers or {})}
        if as_ is not None:
            sent["authorization"] = f"Bearer {await self.world.token(as_)}"
        if method not in ("GET", "HEAD") and key != "":
            sent["idempotency-key"] = key or uuid4().hex
        if version is not None:
            sent["if-match"] = f'"{version}"'
        content = None
        if body is not None:
            sent["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        return await self.http.request(method, path, headers=sent, content=content, data=form)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.call("POST", path, body=body, **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.call("PUT", path, body=body, **options)

    async def patch(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.call("PATCH", path, body=body, **options)

    async def delete(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, body=body, **options)


def unhurried(app: App) -> App:
    """Tests share the event loop with the application, and stop it between two requests: that is no overload."""
    app.entrance.pulse.keep = lambda: 0.0
    return app


@asynccontextmanager
async def running(database: TestDatabase, folder: Path) -> AsyncGenerator[Client]:
    """The application on this database, with a world in it."""
    settings = Settings(data=folder, secret="test-secret-of-thirty-two-characters", database_connections_max=8)
    app = unhurried(App(settings, Addresses(database.owner, database.app)))
    await app.start()
    try:
        world = await World.build(database.owner)
        yield Client(app, world)
    finally:
        await app.stop()


def items(response: httpx.Response) -> list[dict[str, Any]]:
    """The items of a listing."""
    assert response.status_code == 200, response.text
    return json.loads(response.content)["items"]


async def all_items(client: Client, path: str, *, as_: str) -> list[dict[str, Any]]:
    """The items of every page of a listing: tests share a hospital, and each adds to it."""
    found: list[dict[str, Any]] = []
    after, join = "", "&" if "?" in path else "?"
    while True:
        page = await client.get(f"{path}{join}after={quote(after)}" if after else path, as_=as_)
        found += items(page)
        after = page.json()["next"]
        if not after:
            return found


def uuid_of(value: str) -> UUID:
    return UUID(value)
