"""A real Chromium for the tests of this folder; they skip, saying so, where there is none."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.stage import Stage
from tests.conftest import started_server
from tests.database import clone
from tests.served import Served, served
from wardline.platform import static

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the whole run."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if static.content_of("vendor/htmx.min.js") is None:
        pytest.skip("the browser files are not there: make setup")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        await launched.close()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stand-in for the product, on a port of its own."""
    played = Stage()
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0)
    played.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield played
    await played.cut()
    server.close()


@pytest.fixture
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """A fresh page on the stage; a script error fails the test."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    opened = await context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    await opened.goto(stage.address)
    await asyncio.wait_for(stage.joined.wait(), 10)
    yield opened
    await context.close()
    assert not broken


@pytest.fixture(scope="module")
async def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The product itself, on a database and a port of its own."""
    with clone(started_server(request.config), "browser") as database:
        async with served(database, tmp_path_factory.mktemp("site")) as running:
            yield running
