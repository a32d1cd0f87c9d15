"""Scripts of a page that may have to keep what is typed: 30 KB, packed, on the way to a browser that has a worker."""

import gzip
import re
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.browser.offline import ready
from tests.browser.people import Person, sit_down
from tests.browser.test_round_offline import due
from tests.browser.waits import until
from tests.client import Client
from tests.mar.bedside import bed
from tests.served import Served
from wardline.platform import static

LIMIT_BYTES = 30 * 1024
LOADED = "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('.js?'))"


async def scripts(nurse: Person) -> dict[str, int]:
    """The scripts of the page that is open, with their bytes as they are sent."""
    paths = {re.sub(r".*/static/|[?].*", "", name) for name in await nurse.page.evaluate(LOADED)}
    return {path: len(gzip.compress(static.content_of(path) or b"", 9)) for path in sorted(paths)}


@pytest.mark.timeout(120)
async def test_every_page_with_the_outbox_keeps_the_budget(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        at = await bed(client)
        [dose] = await due(client, at, "furosemide 40 mg po stat")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    pages: list[tuple[str, str]] = [
        (f"{at.path}/observations/new", ""),
        (f"{at.path}/observations", "#new-observations"),
        (f"/doses/{dose['id']}", ""),
        (f"/medicines/{UUID(dose['medicine_id'])}/giving", ""),
        (f"{at.path}/given", f"table.mar a[href='/doses/{dose['id']}']"),
    ]
    with_outbox = 0
    for path, opener in pages:
        await nurse.open(path)
        if opener:
            await nurse.page.locator(opener).click()
            await expect(nurse.page.locator("#sheet form[data-outbox]").first).to_be_attached()
        if await nurse.page.locator("form[data-outbox]").count():
            await until(nurse.page, "window.wardline.outbox !== undefined")
            with_outbox += 1
        found = await scripts(nurse)
        assert "outbox-more.js" not in found, path
        assert sum(found.values()) <= LIMIT_BYTES, f"{path}: {found}"
    assert with_outbox >= 4
    await nurse.context.close()
