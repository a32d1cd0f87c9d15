"""Medicines on the ward's board in a real browser: it fits every screen, and shows by itself what a colleague does."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.beds.places import put, stay_of
from tests.browser.people import sit_down
from tests.client import Client
from tests.mar.bedside import Lying, chart, give, lying, moved, order, scans
from tests.mar.test_waiting import dose_of
from tests.served import Served


def program(site: Served) -> Client:
    """A program's hand on the site."""
    client = Client.__new__(Client)
    client.world, client.http = site.world, httpx.AsyncClient(base_url=site.address)
    return client


async def with_overdue(client: Client) -> Lying:
    """Somebody with one dose overdue and others to come, on a ward where every number of the summary has something to say."""
    at, now = await lying(client), datetime.now(UTC)
    beds = [each["id"] for each in (await client.get(f"/wards/{at.ward}", as_="nurse_a")).json()["beds"]]
    ill: dict[str, Any] = {
        "news_score": 8,
        "news_band": "high",
        "news_signs": 7,
        "observations_due_at": now - timedelta(minutes=130),
    }
    await put(client, await stay_of(client, client.world.a, family="Doyle", **ill), beds[1])
    leaving: dict[str, Any] = {
        "ready_to_leave": True,
        "isolation": "protective",
        "news_score": 5,
        "news_band": "medium",
        "news_signs": 7,
    }
    await put(client, await stay_of(client, client.world.a, family="Featherstonehaugh", **leaving), beds[6])
    coming = await stay_of(client, client.world.a, family="Nowak")
    kept = await client.put(f"/beds/{beds[2]}/reservation", {"encounter_id": coming}, as_="nurse_a")
    cleaned = await client.post(f"/beds/{beds[3]}/cleaning", as_="nurse_a")
    assert (kept.status_code, cleaned.status_code) == (200, 200), kept.text + cleaned.text
    made = await order(client, at, "furosemide 40 mg po stat")
    await order(client, at, "paracetamol 1 g po qds")
    await moved(client, await dose_of(client, at, made), -45)
    return at


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1024, 768), (390, 844)])
async def test_the_board_fits_and_says_what_is_overdue(
    browser: Browser, site: Served, width: int, height: int, theme: str
) -> None:
    client = program(site)
    at = await with_overdue(client)
    nurse = await sit_down(browser, site, "nurse_a", viewport={"width": width, "height": height}, color_scheme=theme)
    await nurse.open(f"/wards/{at.ward}")
    cell = nurse.page.locator(f"#bed-{at.bed_id} .c-md")
    await expect(cell).to_contain_text("1 overdue")
    await expect(nurse.page.locator('[data-filter="overdue"]')).to_contain_text("medicines overdue")
    wide = await nurse.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    if folder := os.environ.get("WARDLINE_PICTURES"):
        await nurse.picture(Path(folder) / f"ward-medicines-{theme}-{width}.png")
    await cell.get_by_role("link").click()
    await nurse.page.wait_for_url(lambda url: url.endswith(f"/patients/{at.person}/given"))
    assert nurse.broken == []
    await nurse.context.close()
    await client.http.aclose()


async def test_a_colleagues_board_shows_an_order_and_its_dose_by_itself(browser: Browser, site: Served) -> None:
    client = program(site)
    at = await lying(client)
    colleague = await sit_down(browser, site, "doctor_a")
    await colleague.open(f"/wards/{at.ward}")
    await expect(colleague.page.locator("#live-chip")).to_contain_text("Live")
    cell = colleague.page.locator(f"#bed-{at.bed_id} .c-md")
    await expect(cell).to_contain_text("None due")
    made = await order(client, at, "furosemide 40 mg po stat")
    await chart(client, at)
    await expect(cell).to_contain_text("Due", timeout=15_000)
    dose = await dose_of(client, at, made)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    await expect(cell).to_contain_text("None due", timeout=15_000)
    assert colleague.broken == []
    await colleague.context.close()
    await client.http.aclose()
