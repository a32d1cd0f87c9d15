"""Moving a patient on the bed board: by the form, by drag, by keys; and what everybody else sees of it."""

import asyncio
from uuid import UUID

from playwright.async_api import Browser, expect

from tests.browser.people import Person, sit_down
from tests.browser.test_journeys import done
from tests.browser.waits import box_of
from tests.served import Served


async def _waiting(site: Served, family: str) -> UUID:
    person = await site.world.patient(site.world.a, family=family, given="Sam")
    return await site.world.stay(site.world.a, person)


async def _board(browser: Browser, site: Served, name: str) -> Person:
    person = await sit_down(browser, site, name)
    await person.open("/beds")
    await expect(person.page.locator("#live-chip")).to_contain_text("Live")
    return person


async def test_a_move_by_the_form_is_seen_by_others_and_undone(browser: Browser, site: Served) -> None:
    stay = await _waiting(site, "Kovac")
    nurse, doctor = await asyncio.gather(_board(browser, site, "nurse_a"), _board(browser, site, "doctor_a"))
    page, tile = nurse.page, f"[data-encounter-id='{stay}'].bed"
    await page.click(f"#wait-{stay}")
    await expect(page.locator("#move h2")).to_contain_text("KOVAC")
    await expect(page.locator("#move footer a")).to_be_focused()
    await expect(page.locator(".bed .rank").first).to_be_visible()
    chosen = await page.locator("#move .fit b").nth(1).inner_text()
    await page.locator("#move input[type=radio]").nth(1).check()
    await expect(page.locator("#move button.go")).to_contain_text(f"Put KOVAC, Sam in {chosen}")
    await page.click("#move button.go")
    await expect(page.locator("#moved-head")).to_contain_text(f"KOVAC, Sam is in {chosen}")
    await expect(doctor.page.locator(tile)).to_have_attribute("data-bed-label", chosen)
    await expect(doctor.page.locator(f"#wait-{stay}")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("#undone-head")).to_be_visible()
    await expect(doctor.page.locator(f"#wait-{stay}")).to_be_visible()
    await done(nurse, doctor)


async def test_a_drag_proposes_and_the_form_decides(browser: Browser, site: Served) -> None:
    stay = await _waiting(site, "Fraser")
    nurse = await _board(browser, site, "nurse_a")
    page = nurse.page
    bed = page.locator(".bed[data-free]").first
    label = await bed.get_attribute("data-bed-label")
    start, end = await box_of(page.locator(f"#wait-{stay}")), await box_of(bed)
    await page.mouse.move(start["x"] + 20, start["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 60, start["y"] + 60, steps=4)
    await page.mouse.move(end["x"] + 20, end["y"] + 20, steps=8)
    await page.mouse.up()
    await page.click("#move button.go")
    await expect(page.locator("#moved-head")).to_contain_text(f"FRASER, Sam is in {label}")
    await done(nurse)


async def test_a_move_by_keys_alone(browser: Browser, site: Served) -> None:
    stay = await _waiting(site, "Mendes")
    nurse = await _board(browser, site, "nurse_a")
    page = nurse.page
    await page.focus(f"#wait-{stay}")
    await page.keyboard.press("Space")
    await expect(page.locator("#announcer")).to_contain_text("Picked up MENDES, Sam")
    await page.keyboard.press("Escape")
    await expect(page.locator("#announcer")).to_contain_text("stays where they are")
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#announcer")).to_contain_text("Enter to propose")
    label = await page.locator(".bed.pick").get_attribute("data-bed-label")
    # Rows that come in draw the bed anew: it stays chosen, and keeps the hand.
    await page.evaluate(
        """() => {
          const bed = document.querySelector(".bed.pick"), fresh = bed.cloneNode(true);
          fresh.classList.remove("pick");
          bed.replaceWith(fresh);
          document.dispatchEvent(new CustomEvent("wardline:rows", { detail: { rows: [fresh] } }));
        }"""
    )
    await expect(page.locator(f'.bed.pick[data-bed-label="{label}"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#move footer a")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#move button.go")).to_contain_text(f"Put MENDES, Sam in {label}")
    await page.keyboard.press("Enter")
    await expect(page.locator("#moved-head")).to_contain_text(f"MENDES, Sam is in {label}")
    await done(nurse)
