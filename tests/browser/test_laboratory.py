"""A critical potassium in a real browser: ordered, collected, measured, told, acknowledged, by three people."""

import asyncio
import re

from playwright.async_api import Browser, expect

from tests.browser.people import Person, sit_down
from tests.served import Served


async def done(*people: Person) -> None:
    for person in people:
        assert not person.broken, person.broken
        await person.context.close()


async def test_a_critical_potassium_is_told_and_acknowledged(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Nowak", given="Irena")
    await world.stay(world.a, person, bed=world.a.beds[1])
    doctor, nurse, technician = await asyncio.gather(
        sit_down(browser, site, "doctor_a"),
        sit_down(browser, site, "nurse_a"),
        sit_down(browser, site, "laboratory_technician_a"),
    )
    await technician.page.wait_for_url("**/lab")
    await nurse.open(f"/wards/{world.a.ward_id}/collection")
    await expect(nurse.page.locator("#live-chip")).to_contain_text("Live")
    bench = technician.page
    await technician.open("/lab/benches/chemistry")
    await expect(bench.locator("#live-chip")).to_contain_text("Live")

    await doctor.open(f"/patients/{person}/results")
    await doctor.page.get_by_role("link", name="Order tests").click()
    await doctor.page.get_by_label("Potassium", exact=True).check()
    await doctor.page.locator("label", has_text="Stat").click()
    await doctor.page.get_by_role("button", name="Order for NOWAK, Irena").click()
    await doctor.page.wait_for_url(f"**/patients/{person}/lab-orders")

    row = nurse.page.locator("#collection-body tr", has_text="NOWAK")
    await expect(row).to_contain_text("Stat", timeout=5000)
    await row.get_by_role("link", name="Collect").click()
    await nurse.page.get_by_label("Wristband").fill("0000000000")
    await nurse.page.get_by_role("button", name="Collected from NOWAK, Irena").click()
    await expect(nurse.page.locator(".problem").first).to_contain_text("another patient")
    await nurse.page.get_by_label("Wristband").fill("")
    await nurse.page.get_by_role("button", name="Collected from NOWAK, Irena").click()
    await expect(nurse.page.locator("main")).to_contain_text("On the way")

    specimen = bench.locator("#bench-body tr", has_text="NOWAK")
    await expect(specimen).to_contain_text("On the way", timeout=5000)
    await specimen.get_by_role("link").first.click()
    await bench.get_by_role("button", name="Received in the laboratory").click()
    field = bench.get_by_label("Potassium, mmol/L")
    await field.fill("6.8")
    await field.press("Enter")
    await expect(bench.locator("tr", has_text="Potassium")).to_contain_text("Critical")
    await bench.get_by_role("button", name="Release technically").click()
    await expect(bench.locator("tr", has_text="Potassium")).to_contain_text("Nobody told yet")
    await bench.get_by_role("button", name="Release clinically").click()
    await expect(bench.locator(".problem").first).to_contain_text("Nobody has been told")
    await expect(doctor.page.locator("#bell")).to_contain_text("critical", timeout=5000)

    await bench.get_by_role("link", name="Nobody told yet").click()
    await bench.get_by_label("Who was told").fill("Sister Kim")
    await bench.get_by_label(re.compile("Name: NOWAK")).check()
    await bench.get_by_label(re.compile("Born: ")).check()
    await bench.get_by_label(re.compile("The value they read back")).fill("8.6")
    await bench.get_by_role("button", name="Told and read back").click()
    await expect(bench.locator(".problem").first).to_contain_text("This is not the value on the report")
    await bench.get_by_label(re.compile("The value they read back")).fill("6.8")
    await bench.get_by_role("button", name="Told and read back").click()
    await bench.wait_for_url("**/lab")
    call = bench.locator("#lab-calls tr", has_text="NOWAK")
    await expect(call).to_contain_text("not acknowledged yet")

    await doctor.open(f"/patients/{person}")
    await doctor.page.get_by_role("link", name=re.compile("Potassium 6.8: told")).click()
    await doctor.page.get_by_label("What you do about it").fill("Calcium and insulin")
    await doctor.page.get_by_role("button", name="Acknowledge Potassium 6.8 of NOWAK").click()
    await expect(doctor.page.locator("main")).to_contain_text("Calcium and insulin")
    await expect(call).to_have_count(0, timeout=5000)
    await done(doctor, nurse, technician)
