"""An order set fills the basket with a click, lines are taken out again, and one signature orders medicines and tests."""

import httpx
from playwright.async_api import Browser, expect

from tests.browser.people import sit_down
from tests.client import Client
from tests.served import Served


async def test_a_set_fills_the_basket_and_no_address_holds_a_drug(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Ferris", given="Noor")
    await world.stay(world.a, person)
    client = Client.__new__(Client)
    client.world = world
    orders = "amoxicillin 1 g iv tds 5d\nclarithromycin 500 mg po bd 5d"
    body = {"name": "Pneumonia, moderate", "specialty": "Respiratory", "orders": orders, "tests": "CRP"}
    async with httpx.AsyncClient(base_url=site.address) as client.http:
        made = await client.post("/medicines/sets", body, as_="pharmacist_a")
        assert made.status_code == 201, made.text
    doctor = await sit_down(browser, site, "doctor_a")
    page = doctor.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await doctor.open(f"/patients/{person}/medicines")
    await page.fill("#line", "paracetamol 1 g po qds prn max 4 g")
    await page.click("text=Favourites and order sets")
    await page.get_by_role("button", name="Pneumonia, moderate").click()
    await expect(page.get_by_role("button", name="Sign 3 orders and 1 test for FERRIS, Noor")).to_be_visible()
    await page.get_by_role("button", name="Remove clarithromycin").click()
    await expect(page.locator("#basket")).not_to_contain_text("clarithromycin")
    await page.check("[name=confirmed]")
    await page.get_by_role("button", name="Sign 2 orders and 1 test for FERRIS, Noor").click()
    await expect(page.locator("#medicine-lists")).to_contain_text("amoxicillin")
    assert not [url for url in asked if "amoxicillin" in url or "paracetamol" in url]
    assert not doctor.broken, doctor.broken
    await doctor.context.close()
