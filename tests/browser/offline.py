"""A nurse whose network goes away: what is kept on the device, what waits there, and what the screen says."""

import asyncio
from typing import Any
from uuid import UUID

from playwright.async_api import Page, expect

from tests.browser.people import Person
from tests.browser.waits import until

COPIES = """async () => {
  const open = indexedDB.open("wardline-copies", 1);
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const names = [...db.objectStoreNames];
  if (!names.length) return [];
  const ask = db.transaction("pages").objectStore("pages").getAll();
  const rows = await new Promise((done) => (ask.onsuccess = () => done(ask.result)));
  db.close();
  return rows.map((row) => [row.id, new TextDecoder("latin1").decode(row.sealed)]);
}"""


async def ready(person: Person) -> None:
    """Wait until the worker stands behind the page and has its shell."""
    await until(person.page, "navigator.serviceWorker.ready.then(() => true)")
    await until(person.page, "navigator.serviceWorker.controller !== null")


async def kept(person: Person, *ids: str) -> None:
    """Wait until the worker has copies under these names."""
    there: set[str] = set()
    for _ in range(100):
        there = {row[0] for row in await person.page.evaluate(COPIES)}
        if set(ids) <= there:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"no copies of {set(ids) - there}")


async def enter(page: Page, values: dict[str, str]) -> None:
    """Type a set into the form that is open, and save it."""
    for name, value in values.items():
        await page.fill(f"#sheet #{name}", value)
    await page.click("#sheet #obs-go")


async def open_form(nurse: Person, person: UUID) -> None:
    await nurse.open(f"/patients/{person}/observations")
    await nurse.page.click("#new-observations")
    await expect(nurse.page.locator("#sheet #pulse_per_min")).to_be_visible()


def chip(nurse: Person) -> Any:
    return nurse.page.locator("#outbox-chip")


async def done(*people: Person) -> None:
    for person in people:
        lost = ("Failed to load resource", "Failed to fetch", "net::ERR", "status of 5", "htmx:error: timeout")
        assert [words for words in person.broken if not any(part in words for part in lost)] == []
        await person.context.close()
