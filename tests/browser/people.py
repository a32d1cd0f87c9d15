"""Members of staff at their browsers: the real application, the real pages, one window each."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page

from tests.served import Served
from wardline.identity.passwords import hash_now

OPENINGS_MAX = 5
OPENING_SECONDS = 0.2
PASSWORD = "a password for the tests"
HASH = hash_now(PASSWORD)


class Person:
    """One member of staff, signed in through the sign-in page."""

    def __init__(self, site: Served, context: BrowserContext, page: Page) -> None:
        self.site = site
        self.context = context
        self.page = page
        self.broken: list[str] = []
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.broken.append(said.text) if said.type == "error" and "status of 4" not in said.text else None
            ),
        )

    async def open(self, path: str) -> None:
        """Go to a page of the site, also while the page goes elsewhere by itself, as one does when the network is back."""
        for _ in range(OPENINGS_MAX):
            try:
                await self.page.goto(self.site.address + path)
                return
            except Error as error:
                if "interrupted by another navigation" not in error.message:
                    raise
                await asyncio.sleep(OPENING_SECONDS)
        raise AssertionError(f"the page never rested long enough to go to {path}")

    async def picture(self, path: Path) -> None:
        """A screenshot, for looking at."""
        await self.page.screenshot(path=path)


async def sit_down(browser: Browser, site: Served, name: str, **options: Any) -> Person:
    """Sign this member of staff in, in a window of their own."""
    async with site.world.owner() as db:
        staff = site.world.staff[name]
        await db.execute("UPDATE identity.staff SET password_hash = $1 WHERE id = $2", HASH, staff)
        email = await db.fetchval("SELECT email FROM identity.staff WHERE id = $1", staff)
    given: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}} | options
    context = await browser.new_context(**given)
    person = Person(site, context, await context.new_page())
    await person.open("/sign-in")
    await person.page.fill("#email", email)
    await person.page.fill("#password", PASSWORD)
    await person.page.click("button.go")
    await person.page.wait_for_url(lambda url: "sign-in" not in url)
    return person
