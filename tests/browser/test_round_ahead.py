"""The round is kept ahead: who has opened the ward's list can finish the round when the network goes, in one request."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Request, expect

from tests.browser.offline import chip, done, kept, ready
from tests.browser.people import sit_down
from tests.browser.test_round_offline import due, recorded
from tests.client import Client
from tests.mar.bedside import Bed, bed
from tests.served import Served
from wardline.mar import ahead
from wardline.mar.models import RoundScope
from wardline.platform.errors import Busy
from wardline.platform.http import Context

AHEAD_SECONDS = 4  # the worker asks two seconds after the page

pytestmark = pytest.mark.timeout(120)


async def together(client: Client, count: int) -> list[Bed]:
    """Patients of one ward."""
    beds = [await bed(client) for _ in range(count)]
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE encounters.current SET ward_id = $1 WHERE person_id = ANY($2)",
            beds[0].ward,
            [each.person for each in beds],
        )
    for each in beds:
        each.ward = beds[0].ward
    return beds


async def test_a_round_begun_before_the_network_went_can_be_finished(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        beds = await together(client, 3)
        doses = [(await due(client, each, "furosemide 40 mg po stat"))[0] for each in beds]
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        asked: list[str] = []

        def note(request: Request) -> None:
            asked.append(request.url.removeprefix(site.address))

        nurse.context.on("request", note)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        await kept(nurse, *(f"page:{each.path}/given" for each in beds))
        await kept(nurse, *(f"{kind}:/doses/{dose['id']}" for dose in doses for kind in ("page", "part")))
        about = [path for path in asked if "/patients/" in path or "/doses/" in path or path.endswith("/ahead")]
        assert about in ([], [f"/wards/{beds[0].ward}/round/ahead"]), "one request for all of it"
        await nurse.context.set_offline(True)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        for at, dose in zip(beds[:2], doses[:2], strict=True):
            await finish(nurse, at, dose)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        await nurse.page.locator(f"a[href='/doses/{doses[2]['id']}']").click()
        await expect(nurse.page.locator(".ban h1")).to_contain_text("MARR")
        await expect(nurse.page.locator("#give-form")).to_be_visible()
        await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
        await expect(chip(nurse)).to_have_text("2 not yet sent")
        await nurse.context.set_offline(False)
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        stored = await recorded(site, *beds)
        assert sorted(str(dose_id) for dose_id in stored) == sorted(dose["id"] for dose in doses[:2])
        assert {len(rows) for rows in stored.values()} == {1}
    await done(nurse)


async def test_nothing_is_fetched_ahead_while_the_server_asks_for_less(
    browser: Browser, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UUID] = []

    async def busy(ctx: Context, ward: RoundScope) -> ahead.RoundAhead:
        asked.append(ward.id)
        raise Busy("Too much to do.")

    monkeypatch.setattr(ahead, "round_ahead", busy)
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        [at] = await together(client, 1)
        await due(client, at, "furosemide 40 mg po stat")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    for _ in range(2):
        await nurse.open(f"/wards/{at.ward}/round")
        await kept(nurse, f"page:/wards/{at.ward}/round")
        await asyncio.sleep(AHEAD_SECONDS)
    assert asked == [at.ward]
    await done(nurse)


async def finish(nurse: Any, at: Bed, dose: dict[str, Any]) -> None:
    """From the list to the patient, to the dose, and on."""
    await nurse.open(f"/wards/{at.ward}/round")
    await nurse.page.locator(f"#round-body a[href='{at.path}/given']").first.click()
    await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
    await expect(nurse.page.locator(".ban")).to_have_attribute("data-person", str(at.person))
    await nurse.page.locator(f"table.mar a[href='/doses/{dose['id']}']").click()
    sheet = nurse.page.locator("#sheet")
    await expect(sheet.locator("[data-copy]")).to_contain_text("not live")
    for words in (at.number, f"{dose['medicine_id']}/D100000001".upper()):
        await nurse.page.keyboard.type(words)
        await nurse.page.keyboard.press("Enter")
    await expect(sheet.locator("[data-right=medicine]")).to_have_class("ok")
    await sheet.locator("#give-go").click()
    await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent: Given")
    await expect(sheet.locator("> *")).to_have_count(0)
