"""Sentences from a shift, played in a real browser on the real product."""

import asyncio

from playwright.async_api import Browser, Route, expect

from tests.browser.people import Person, sit_down
from tests.served import Served

HIGH = {
    "respiration_per_min": "26",
    "spo2_percent": "91",
    "systolic_mmhg": "89",
    "diastolic_mmhg": "55",
    "pulse_per_min": "118",
    "temperature_celsius": "38.6",
}


async def done(*people: Person) -> None:
    for person in people:
        assert not person.broken, person.broken
        await person.context.close()


async def test_a_nurse_signs_in_and_out(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    await expect(nurse.page.locator("header.top")).to_contain_text("Nurse A")
    await nurse.page.click("header.top button.who")
    await nurse.page.get_by_role("button", name="Sign out").click()
    await nurse.page.wait_for_url("**/sign-in")
    await nurse.open("/wards")
    await nurse.page.wait_for_url("**/sign-in")
    await done(nurse)


async def test_observations_reach_the_doctor_at_once(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Doyle", given="Francis", sex="male")
    await world.stay(world.a, person, bed=world.a.beds[3])
    nurse, doctor = await asyncio.gather(sit_down(browser, site, "nurse_a"), sit_down(browser, site, "doctor_a"))
    await doctor.open(f"/wards/{world.a.ward_id}")
    await expect(doctor.page.locator("#live-chip")).to_contain_text("Live")
    await nurse.open(f"/patients/{person}/observations/new")
    for field, value in HIGH.items():
        await nurse.page.fill(f"[name={field}]", value)
    await nurse.page.locator("label", has_text="Oxygen").first.click()
    await nurse.page.locator("label:has(input[name=consciousness][value=A])").click()
    registrar = await sit_down(browser, site, "doctor_a")
    await registrar.open("/patients")
    await expect(registrar.page.locator("#live-chip")).to_contain_text("Live")
    save = nurse.page.locator("form button.go").last
    await save.click()
    await expect(registrar.page.locator("#toast")).to_contain_text("DOYLE, Francis", timeout=5000)
    row = doctor.page.locator(f"#bed-{world.a.beds[3]}")
    await expect(row.locator(".sc.n3")).to_be_visible(timeout=5000)
    needs = doctor.page.locator("#ward-needs, #needs, [id*=need]").first
    await expect(needs).to_contain_text("DOYLE")
    await registrar.page.get_by_role("button", name="Open worklist").click()
    call = registrar.page.locator("#tasks tr", has_text="DOYLE")
    await call.get_by_role("button", name="Acknowledge").click()
    await expect(call).to_contain_text("Done")
    await expect(needs.locator(".answered")).to_contain_text("DOYLE", timeout=5000)
    await expect(doctor.page.locator("#toast")).to_be_empty()
    await done(nurse, doctor, registrar)


async def test_registering_somebody_who_is_on_file(browser: Browser, site: Served) -> None:
    world = site.world
    await world.patient(world.a, family="Macdonald", given="Catriona Jane")
    clerk = await sit_down(browser, site, "receptionist_a")
    await clerk.open("/patients/new?q=macdonald+catriona+12%2F3%2F56")
    await expect(clerk.page.locator("main")).to_contain_text("Very likely")
    await clerk.page.get_by_role("button", name="Use this record").click()
    await clerk.page.wait_for_url("**/patients/*")
    await expect(clerk.page.locator(".ban")).to_contain_text("MACDONALD")
    await done(clerk)


async def test_two_people_want_one_bed(browser: Browser, site: Served) -> None:
    world = site.world
    stays = []
    for family in ("Abdi", "Ferrari"):
        person = await world.patient(world.a, family=family, given="Lucia")
        stays.append(await world.stay(world.a, person))
    nurse, doctor = await asyncio.gather(sit_down(browser, site, "nurse_a"), sit_down(browser, site, "doctor_a"))
    bed = world.a.beds[0]
    await asyncio.gather(
        nurse.open(f"/encounters/{stays[0]}/move?bed={bed}"), doctor.open(f"/encounters/{stays[1]}/move?bed={bed}")
    )
    await nurse.page.locator("form button.go").click()
    await expect(nurse.page.locator("body")).to_contain_text("ABDI, Lucia is in 7-01", timeout=5000)
    await doctor.page.locator("form button.go").click()
    await expect(doctor.page.locator(".problem").first).to_contain_text("ABDI", timeout=5000)
    await expect(doctor.page.get_by_role("button", name="FERRARI")).to_be_visible()
    await done(nurse, doctor)


async def test_a_patient_is_admitted_and_given_a_bed(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.b, family="Nowak", given="Irena")
    nurse = await sit_down(browser, site, "nurse_b")
    await nurse.open(f"/patients/{person}")
    await nurse.page.get_by_role("link", name="Admit").click()
    await nurse.page.get_by_role("button", name="Admit NOWAK").click()
    await expect(nurse.page.locator("#reason:invalid")).to_have_count(1)
    await nurse.page.fill("#reason", "Community acquired pneumonia")
    await nurse.page.select_option("#isolation", "contact")
    await nurse.page.get_by_role("button", name="Admit NOWAK").click()
    await nurse.page.wait_for_url("**/move")
    await nurse.page.locator("form button.go").click()
    await expect(nurse.page.locator("body")).to_contain_text("NOWAK, Irena is in 7-")
    await nurse.open(f"/patients/{person}")
    await expect(nurse.page.locator(".ban")).to_contain_text("Contact isolation")
    await expect(nurse.page.locator(".ban")).to_contain_text("7-0")
    await done(nurse)


async def test_the_banner_opens_into_address_and_contacts(browser: Browser, site: Served) -> None:
    world = site.world
    person = await world.patient(world.a, family="Okonkwo", given="Blessing")
    nurse = await sit_down(browser, site, "nurse_a")
    await nurse.page.goto(f"{site.address}/patients/{person}")
    card = nurse.page.locator(".ban .bancard")
    await expect(card).to_be_hidden()
    await nurse.page.keyboard.press("b")
    await expect(card).to_contain_text("Family doctor")
    await expect(nurse.page.get_by_role("button", name="Address and contacts")).to_have_attribute(
        "aria-expanded", "true"
    )
    await nurse.page.keyboard.press("Escape")
    await expect(card).to_be_hidden()
    await nurse.page.get_by_role("button", name="Address and contacts").click()
    await expect(card).to_contain_text("Next of kin")
    await done(nurse)


# What the page waits before it asks for the bell again, which then comes at once.
WAITS_FOR_BELL = """
    const wait = window.setTimeout;
    window.waitsForBell = [];
    window.setTimeout = (act, milliseconds, ...rest) => {
      const asksForBell = String(act).includes("/tasks/bell");
      if (asksForBell) window.waitsForBell.push(milliseconds);
      return wait(act, asksForBell ? 0 : milliseconds, ...rest);
    };
"""


async def test_a_bell_that_was_refused_without_a_time_is_not_asked_for_at_once(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a", service_workers="block")
    times = ["", "Fri, 27 Nov 2026 08:00:00 GMT", "0"]

    async def refuse(route: Route) -> None:
        if not times:
            await route.continue_()
            return
        said = times.pop(0)
        await route.fulfill(status=503, headers={"retry-after": said} if said else {}, body="")

    await nurse.page.add_init_script(WAITS_FOR_BELL)
    await nurse.page.route("**/tasks/bell", refuse)
    await nurse.open("/wards")
    await expect(nurse.page.locator("#bell:not([hx-get])")).to_have_count(1, timeout=20_000)
    assert await nurse.page.evaluate("window.waitsForBell") == [5_000, 5_000, 5_000]
    await nurse.context.close()


async def test_a_page_and_its_bell_that_were_refused_come_by_themselves(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a", service_workers="block")
    refused: list[str] = []

    async def refuse_once(route: Route) -> None:
        path = route.request.url.removeprefix(site.address)
        if path in refused:
            await route.continue_()
            return
        refused.append(path)
        again = {"retry-after": "1", "content-type": "text/html"} | ({"refresh": "1"} if path == "/wards" else {})
        await route.fulfill(status=503, headers=again, body="<p>Much is asked</p>")

    await nurse.page.route("**/wards", refuse_once)
    await nurse.page.route("**/tasks/bell", refuse_once)
    await nurse.open("/wards")
    await expect(nurse.page.locator("#bell:not([hx-get])")).to_have_count(1, timeout=20_000)
    await expect(nurse.page.locator("header.top")).not_to_contain_text("Much is asked")
    assert refused == ["/wards", "/tasks/bell"]
    assert [each for each in nurse.broken if "status of 503" not in each] == []
    await nurse.context.close()
