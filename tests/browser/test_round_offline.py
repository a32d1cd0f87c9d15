"""The network goes away in the middle of a drug round: doses that are given and not given, and observations, wait on the
device, the screen says so, and each is in the record once when the network is back. What a colleague gave meanwhile is shown.

`WARDLINE_OFFLINE_SECONDS=120` waits the two minutes that it says here; otherwise a moment.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.offline import chip, done, enter, kept, open_form, ready
from tests.browser.people import Person, sit_down
from tests.client import Client
from tests.mar.bedside import Bed, bed, chart, give, order, scans
from tests.served import Served

OFFLINE_SECONDS = float(os.environ.get("WARDLINE_OFFLINE_SECONDS", "1"))
pytestmark = pytest.mark.timeout(120 + OFFLINE_SECONDS)


async def due(client: Client, at: Bed, *lines: str) -> list[dict[str, Any]]:
    """The due doses of new once-only orders."""
    made = [await order(client, at, line) for line in lines]
    doses = {dose["medicine_id"]: dose for dose in (await chart(client, at))["doses"]}
    return [doses[each["id"]] for each in made]


async def look_at(nurse: Person, at: Bed, doses: list[dict[str, Any]]) -> None:
    """The pages of the round are open before the network goes, and the device has what they need."""
    await nurse.open(f"{at.path}/observations")
    await nurse.open(f"{at.path}/given")
    await expect(nurse.page.locator("table.mar")).to_be_visible()
    pages = [f"page:{at.path}/given", f"page:{at.path}/observations", f"part:{at.path}/observations/new"]
    await kept(nurse, *pages, *(f"part:/doses/{dose['id']}" for dose in doses))


async def open_dose(nurse: Person, at: Bed, dose: dict[str, Any]) -> Locator:
    await nurse.open(f"{at.path}/given")
    await nurse.page.locator(f"table.mar a[href='/doses/{dose['id']}']").click()
    sheet = nurse.page.locator("#sheet")
    await expect(sheet.locator("[data-copy]")).to_contain_text("not live")
    return sheet


async def give_dose(nurse: Person, at: Bed, dose: dict[str, Any]) -> None:
    """Both scans tick without a line; the dose waits."""
    sheet = await open_dose(nurse, at, dose)
    for words in (at.number, f"{dose['medicine_id']}/D100000001".upper()):
        await nurse.page.keyboard.type(words)
        await nurse.page.keyboard.press("Enter")
    for right in ("patient", "medicine"):
        await expect(sheet.locator(f"[data-right={right}]")).to_have_class("ok")
    await sheet.locator("#give-go").click()
    await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent: Given")
    await expect(sheet.locator("> *")).to_have_count(0)


async def refuse_dose(nurse: Person, at: Bed, dose: dict[str, Any]) -> None:
    sheet = await open_dose(nurse, at, dose)
    await sheet.locator("#to-not-given").click()
    await sheet.locator("#ng-reason").select_option("refused")
    await sheet.locator("#not-given-form button.go").click()
    await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent: Not given")


async def recorded(site: Served, *at: Bed) -> dict[UUID, list[Any]]:
    """What stands about each dose."""
    async with site.world.owner() as db:
        rows = await db.fetch(
            "SELECT * FROM mar.administration WHERE person_id = ANY($1)", [each.person for each in at]
        )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row["dose_id"], []).append(row)
    return found


async def pulses(site: Served, at: Bed) -> list[int]:
    async with site.world.owner() as db:
        found = await db.fetch("SELECT pulse_per_min FROM vitals.observation_set WHERE person_id = $1", at.person)
    return [row["pulse_per_min"] for row in found]


async def test_a_drug_round_without_a_network(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        patel, khan = await bed(client), await bed(client)
        water, sick = await due(client, patel, "furosemide 40 mg po stat", "ondansetron 4 mg po stat")
        itch, pain = await due(client, khan, "cetirizine 10 mg po stat", "paracetamol 1 g po stat")
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        await look_at(nurse, patel, [water, sick])
        await look_at(nurse, khan, [itch, pain])

        began = datetime.now(UTC)
        await nurse.context.set_offline(True)
        await give_dose(nurse, patel, water)
        await expect(chip(nurse)).to_have_text("1 not yet sent")
        await refuse_dose(nurse, patel, sick)
        await open_form(nurse, patel.person)
        await enter(nurse.page, {"pulse_per_min": "91"})
        await expect(chip(nurse)).to_have_text("3 not yet sent")
        await give_dose(nurse, khan, itch)
        await give_dose(nurse, khan, pain)
        meanwhile = await give(client, pain, scans(khan, pain), who="doctor_a")
        assert meanwhile.status_code == 200, meanwhile.text
        await nurse.page.reload()
        await expect(chip(nurse)).to_have_text("5 not yet sent")
        await expect(nurse.page.locator(".ban [data-outbox-mark]")).to_have_text("2 not yet sent")
        await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
        pressed = datetime.now(UTC)
        await asyncio.sleep(OFFLINE_SECONDS)
        assert [len(rows) for rows in (await recorded(site, patel, khan)).values()] == [1]
        assert await pulses(site, patel) == []
        await nurse.context.set_offline(False)

        await expect(chip(nurse)).to_have_text("1 not yet sent, 1 to decide", timeout=20_000)
        stored = await recorded(site, patel, khan)
        said = {UUID(dose["id"]): action for dose, action in ((water, "given"), (sick, "not_given"), (itch, "given"))}
        for dose_id, action in said.items():
            [row] = stored[dose_id]
            assert (row["action"], row["recorded_by"]) == (action, site.world.staff["nurse_a"])
            assert began - timedelta(minutes=1) <= row["happened_at"] <= pressed, (
                "when it was done, not when it was sent"
            )
        [row] = stored[UUID(pain["id"])]
        assert row["recorded_by"] == site.world.staff["doctor_a"]
        assert len(stored) == 4
        assert await pulses(site, patel) == [91]
        await decide(nurse, khan)
    await done(nurse)


async def test_the_grid_of_a_copy_says_what_was_done_and_waits(browser: Browser, site: Served) -> None:
    """On the copy the dose is still due."""
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        at = await bed(client)
        water, sick = await due(client, at, "furosemide 40 mg po stat", "ondansetron 4 mg po stat")
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        await look_at(nurse, at, [water, sick])
        await nurse.context.set_offline(True)
        await give_dose(nurse, at, water)
        await refuse_dose(nurse, at, sick)
        await nurse.open(f"{at.path}/given")
        cells = [nurse.page.locator(f"td:has(a[href='/doses/{dose['id']}'])") for dose in (water, sick)]
        await expect(cells[0].locator("[data-outbox-mark]")).to_have_text("Given, not yet sent")
        await expect(cells[1].locator("[data-outbox-mark]")).to_have_text("Not given, not yet sent")
        await nurse.context.set_offline(False)
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        await expect(nurse.page.locator("table.mar [data-outbox-mark]")).to_have_count(0)
    await done(nurse)


async def decide(nurse: Person, at: Bed) -> None:
    """What the colleague did is said at what waits; the nurse looks at the dose, and lets the entry go."""
    await chip(nurse).click()
    waits = nurse.page.locator("#outbox-list li[data-entry]")
    await expect(waits).to_have_count(1)
    await expect(waits).to_contain_text("This dose is already recorded")
    await expect(waits).to_contain_text("Doctor A gave it")
    await waits.get_by_role("button", name="Discard").click()
    await waits.get_by_role("button", name="Discard for good").click()
    await expect(chip(nurse)).to_have_text("1 not sent, discarded")
    await waits.get_by_role("button", name="Noted").click()
    await expect(chip(nurse)).to_have_count(0)
    await nurse.open(f"{at.path}/given")
    await expect(nurse.page.locator("table.mar .ds.given")).to_have_count(2)
