"""A doctor prescribes on a real page: an allergy stops, a reason lets it pass, and a nurse's open page shows the orders."""

import httpx
from playwright.async_api import Browser, expect

from tests.browser.people import sit_down
from tests.client import Client
from tests.served import Served


async def test_a_doctor_signs_two_orders_past_an_allergy_and_the_nurse_sees_them(
    browser: Browser, site: Served
) -> None:
    world = site.world
    person = await world.patient(world.a, family="Marsh", given="Ines")
    await world.stay(world.a, person)
    client = Client.__new__(Client)
    client.world = world
    allergy = {"substance": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}
    async with httpx.AsyncClient(base_url=site.address) as client.http:
        await client.post(f"/patients/{person}/allergies", allergy, as_="nurse_a")
        for kind, value in (("weight_kg", 61), ("creatinine_umol_per_l", 182)):
            await client.post(f"/patients/{person}/measures", {"kind": kind, "value": value}, as_="nurse_a")
    doctor, nurse = await sit_down(browser, site, "doctor_a"), await sit_down(browser, site, "nurse_a")
    await nurse.open(f"/patients/{person}/medicines")
    await expect(nurse.page.locator("#live-chip")).to_contain_text("Live")
    await doctor.open(f"/patients/{person}/medicines")
    page = doctor.page
    await page.fill("#line", "amox 500 tds 5d")
    await expect(page.locator("#basket")).to_contain_text("amoxicillin: allergy to penicillin")
    await page.click("text=Add another")
    await expect(page.locator("#line")).to_have_value("")
    await page.fill("#line", "metformin 500 bd")
    await expect(page.locator("#basket")).to_contain_text("kidney function below 30")
    sign = page.get_by_role("button", name="Sign 2 orders for MARSH, Ines")
    await expect(sign).to_be_visible()
    await page.select_option("#reason", "specialist")
    await sign.click()
    await expect(page.locator("#medicine-lists")).to_contain_text("amoxicillin")
    await expect(nurse.page.locator("#medicine-lists")).to_contain_text("metformin", timeout=5000)
    await page.locator("#medicine-lists").get_by_role("link", name="amoxicillin").click()
    await expect(page.get_by_role("button", name="Stop amoxicillin")).to_be_visible()
    for member in (doctor, nurse):
        assert not member.broken, member.broken
        await member.context.close()
