"""An order in a real browser: signed, asked about, answered, verified, dispensed in part, by two people."""

import asyncio

import httpx
from playwright.async_api import Browser, expect

from tests.browser.people import Person, sit_down
from tests.client import Client
from tests.pharmacy import way
from tests.served import Served


async def done(*people: Person) -> None:
    for person in people:
        assert not person.broken, person.broken
        await person.context.close()


async def test_an_order_is_asked_about_verified_and_dispensed_in_part(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Orlov", given="Vera")
    await world.stay(world.a, person, bed=world.a.beds[2])
    client = Client.__new__(Client)
    client.world = world
    async with httpx.AsyncClient(base_url=site.address) as client.http:
        await way.stocked(client, 6, 4)
        doctor, pharmacist = await asyncio.gather(
            sit_down(browser, site, "doctor_a"), sit_down(browser, site, "pharmacist_a")
        )
        await pharmacist.page.wait_for_url("**/pharmacy/queue/new")
        desk = pharmacist.page
        await expect(desk.locator("#live-chip")).to_contain_text("Live")
        order = await way.prescribed(client, person=str(person))

    row = desk.locator("#queue-body tr", has_text="ORLOV")
    await expect(row).to_contain_text("amoxicillin", timeout=5000)
    await expect(desk.locator("#queue-lists")).to_contain_text("New 1")
    # Space shows the order beside the list; the question goes from there.
    await row.get_by_role("link").focus()
    await desk.keyboard.press("Space")
    sheet = desk.locator("#sheet")
    await expect(sheet.get_by_role("heading", level=2)).to_contain_text("ORLOV, Vera")
    await sheet.get_by_text("Ask the prescriber").click()
    await sheet.get_by_label("To K. Doctor A").fill("Is it meant for five days?")
    await sheet.get_by_role("button", name="Ask about amoxicillin").click()
    await desk.wait_for_url(f"**/medicines/{order['id']}/pharmacy")
    await expect(desk.locator("main")).to_contain_text("No answer yet")

    await doctor.open("/tasks")
    await expect(doctor.page.locator("#tasks-body")).to_contain_text("Is it meant for five days?")
    await doctor.open(f"/medicines/{order['id']}")
    await doctor.page.get_by_label("Your answer").fill("Yes, five days.")
    await doctor.page.get_by_role("button", name="Answer about amoxicillin").click()
    await expect(doctor.page.locator("main")).to_contain_text("Query answered")

    await pharmacist.open("/pharmacy/queue/query")
    await expect(desk.locator("#queue-body tr", has_text="ORLOV")).to_contain_text("Yes, five days.")
    await desk.locator("#queue-body tr", has_text="ORLOV").get_by_role("link").press("Enter")
    await desk.get_by_role("button", name="Verify amoxicillin").click()
    await expect(desk.get_by_role("heading", name="Dispense")).to_be_visible()
    await expect(desk.get_by_label("Needed, capsules")).to_have_value("15")
    await expect(desk.get_by_label("Dispense now, capsules")).to_have_value("10")
    await desk.get_by_label("Dispense now, capsules").fill("12")
    button = desk.get_by_role("button", name="Dispense amoxicillin for ORLOV, Vera")
    await button.click()
    await expect(desk.locator(".problem").first).to_contain_text("10 capsules")
    await expect(desk.get_by_label("Dispense now, capsules")).to_have_value("12")
    await desk.get_by_label("Dispense now, capsules").fill("10")
    await button.click()
    await desk.wait_for_url("**/dispenses/*")
    await expect(desk.locator("main")).to_contain_text("5 owed")
    await desk.get_by_label("Who takes it").fill("Nurse of ward 7")
    await desk.get_by_role("button", name="Hand over to them").click()
    await expect(desk.locator("main")).to_contain_text("Handed over")

    await doctor.open(f"/patients/{person}/medicines")
    await expect(doctor.page.locator("#medicine-lists")).to_contain_text("10 capsules dispensed, handed over, 5 owed")
    await done(doctor, pharmacist)
