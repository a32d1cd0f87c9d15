"""A drug round in a real browser: the grid by keys alone, a wristband that is another's, the right one, and a colleague's
screen that shows it by itself."""

import os
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.people import Person, sit_down
from tests.prescribing import confirmed
from tests.served import Served


async def signed(site: Served, person: object, *lines: str) -> None:
    """Orders of a doctor, written as a program does it."""
    import httpx

    from tests.client import Client

    client = Client.__new__(Client)
    client.world, client.http = site.world, httpx.AsyncClient(base_url=site.address)
    for line in lines:
        answer = await confirmed(client, f"/patients/{person}/medicines", {"lines": [line]}, as_="doctor_a")
        assert answer.status_code in (200, 201), answer.text
    await client.http.aclose()


async def keep_picture(person: Person, name: str) -> None:
    """For looking at, where WARDLINE_PICTURES names a folder."""
    folder = os.environ.get("WARDLINE_PICTURES")
    if folder:
        await person.picture(Path(folder) / f"{name}.png")


async def test_a_round_by_keys_and_scans(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Patel", given="Asha")
    await world.stay(world.a, person, bed=world.a.beds[2])
    async with world.owner() as db:
        number = await db.fetchval("SELECT network_number FROM patients.person WHERE id = $1", person)
    await signed(
        site, person, "furosemide 40 mg po stat", "paracetamol 1 g po qds", "amlodipine 5 mg po od",
        "enoxaparin 40 mg sc od", "salbutamol 2.5 mg neb every 4 hours prn", "sodium chloride 1 litre iv over 8 hours stat",
    )  # fmt: skip
    nurse, colleague = await sit_down(browser, site, "nurse_a"), await sit_down(browser, site, "doctor_a")
    for each in (nurse, colleague):
        await each.open(f"/patients/{person}/given")
        await expect(each.page.locator("#live-chip")).to_contain_text("Live")
    page = nurse.page
    await keep_picture(nurse, "mar-grid")
    # By keys: into the grid, along the row to the due dose, G.
    first = page.locator('table.mar [data-stop][tabindex="0"]')
    await expect(first).to_have_count(1)
    await first.focus()
    for _ in range(8):
        if await page.evaluate("document.activeElement.classList.contains('due')"):
            break
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("g")
    await expect(page.get_by_role("heading", name="Give", exact=True)).to_be_visible()
    await expect(page.locator("#patient_scan")).to_be_focused()
    # A wedge types the code and Enter; the wristband is another patient's.
    await page.keyboard.type("0000000000")
    await page.keyboard.press("Enter")
    await expect(page.locator(".stopbox")).to_contain_text("This does not match")
    await expect(page.locator("#give-go")).to_have_attribute("aria-disabled", "true")
    await keep_picture(nurse, "mar-stop")
    await page.locator("#patient_scan").fill("")
    await page.locator("#patient_scan").focus()
    await page.keyboard.type(number)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-right=patient]")).to_have_class("ok")
    await page.locator("#drug_scan").focus()
    await page.keyboard.type("Furosemide 40 mg")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-right=medicine]")).to_have_class("ok")
    await keep_picture(nurse, "mar-sheet")
    await page.locator("#give-go").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#give-form")).to_have_count(0)
    await expect(page.locator("table.mar")).to_contain_text("Given")
    await expect(colleague.page.locator("#mar-once")).to_contain_text("Given", timeout=8000)
    for each in (nurse, colleague):
        assert not each.broken, each.broken
        await each.context.close()


async def test_a_held_dose_waits_and_the_wards_list_hears_of_it(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Okonjo", given="Ngozi")
    await world.stay(world.a, person, bed=world.a.beds[3])
    await signed(site, person, "bisoprolol 5 mg po stat")
    nurse, colleague = await sit_down(browser, site, "nurse_a"), await sit_down(browser, site, "doctor_a")
    page = nurse.page
    await nurse.open(f"/patients/{person}/given")
    await expect(page.locator("#live-chip")).to_contain_text("Live")
    async with world.owner() as db:
        number = await db.fetchval("SELECT network_number FROM patients.person WHERE id = $1", person)
        ward = await db.fetchval("SELECT ward_id FROM encounters.current WHERE person_id = $1", person)
        dose = await db.fetchval("SELECT id FROM mar.dose WHERE person_id = $1", person)
    await colleague.open(f"/wards/{ward}/due?what=medicine")
    await expect(colleague.page.locator("#live-chip")).to_contain_text("Live")
    line = colleague.page.locator("tr", has=colleague.page.locator(f'a[href="/doses/{dose}"]'))
    await expect(line).to_contain_text("bisoprolol")
    await page.locator("table.mar a.due").click()
    await page.locator("#to-not-given").click()
    await page.locator("#ng-reason").select_option("low_pressure")
    await page.locator("#not-given-form .go").click()
    await expect(page.locator("#mar-once")).to_contain_text("Held")
    await expect(line).to_contain_text("Held back", timeout=20_000)
    await page.locator("table.mar a.held").click()
    await expect(page.locator(".heldline")).to_contain_text("Low blood pressure")
    await keep_picture(nurse, "mar-held")
    for field, code in (("#patient_scan", number), ("#drug_scan", "Bisoprolol 5 mg")):
        await page.locator(field).fill(code)
        await page.locator(field).press("Enter")
    await expect(page.locator("[data-right=medicine]")).to_have_class("ok")
    await page.locator("#give-go").click()
    await expect(page.locator("#give-form")).to_have_count(0)
    await expect(page.locator("#mar-once")).to_contain_text("Given")
    await expect(line).to_have_count(0, timeout=20_000)
    for each in (nurse, colleague):
        assert not each.broken, each.broken
        await each.context.close()
