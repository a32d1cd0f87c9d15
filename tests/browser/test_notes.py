"""Writing a note at a real browser: it saves itself, two people see each other's words, a lost line loses nothing."""

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.browser.people import Person, sit_down
from tests.browser.waits import until
from tests.served import Served


async def done(*people: Person) -> None:
    """Leave once the page has all it asked for."""
    for person in people:
        await expect(person.page.locator("#live-chip")).to_contain_text("Live")
        assert not person.broken, person.broken
        await person.context.close()


async def begun(site: Served, person: Person, family: str, kind: str) -> str:
    """A new note of this person's, open in their window; its address."""
    patient = await site.world.patient(site.world.a, family=family)
    await site.world.stay(site.world.a, patient)
    await person.open(f"/patients/{patient}/notes/new")
    await person.page.locator(f"form.kind:has(input[value={kind}]) button.go").click()
    await person.page.wait_for_url("**/notes/*-*")
    return person.page.url.removeprefix(site.address)


async def test_two_people_write_one_handover_and_one_signs(browser: Browser, site: Served) -> None:
    doctor, nurse = await asyncio.gather(sit_down(browser, site, "doctor_a"), sit_down(browser, site, "nurse_a"))
    where = await begun(site, doctor, "Handley", "handover")
    await nurse.open(where)
    for person in (doctor, nurse):
        await expect(person.page.locator("#live-chip")).to_contain_text("Live")
    await doctor.page.fill("#t-situation", "Pneumonia, day 3.")
    await expect(doctor.page.locator("form:has(#t-situation) [data-status]")).to_contain_text("Draft saved ")
    await nurse.page.type("#t-situation", "Needs help to wash.", delay=5)
    theirs = nurse.page.locator("#said-situation .passage:visible")
    await expect(theirs).to_contain_text("Pneumonia, day 3.", timeout=5000)
    await expect(theirs).to_contain_text("is writing")
    assert await nurse.page.input_value("#t-situation") == "Needs help to wash."
    await expect(doctor.page.locator("#said-situation .passage:visible")).to_contain_text(
        "Needs help to wash", timeout=5000
    )
    await doctor.page.fill("#t-recommendation", "Oral antibiotic tomorrow.")
    await doctor.page.press("#t-recommendation", "Control+Enter")
    await doctor.page.wait_for_selector("#note-state[data-state=signed]")
    await expect(doctor.page.locator("main")).to_contain_text("Oral antibiotic tomorrow.")
    await expect(nurse.page.locator("#note-state")).to_contain_text("Signed", timeout=5000)
    await expect(nurse.page.locator("#t-situation")).to_have_count(0)
    await done(doctor, nurse)


async def test_a_lost_line_says_so_and_loses_nothing(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    where = await begun(site, nurse, "Lineham", "nursing")
    await nurse.page.route("**/sections/*", lambda route: route.abort())
    await nurse.page.type("#t-care", "Dressing changed", delay=5)
    state = nurse.page.locator("form:has(#t-care) [data-status]")
    await expect(state).to_contain_text("Not saved: no connection", timeout=6000)
    nurse.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await nurse.page.goto(site.address + where)
    assert await nurse.page.input_value("#t-care") == "Dressing changed"
    await nurse.page.unroute("**/sections/*")
    await nurse.page.type("#t-care", ".", delay=5)
    await expect(state).to_contain_text("Draft saved ", timeout=25_000)
    assert await nurse.page.evaluate("sessionStorage.length") == 0
    await nurse.page.reload()
    assert await nurse.page.input_value("#t-care") == "Dressing changed."
    await nurse.context.close()


async def test_one_person_in_two_windows_chooses(browser: Browser, site: Served) -> None:
    doctor = await sit_down(browser, site, "doctor_a")
    where = await begun(site, doctor, "Windows", "progress")
    other = await doctor.context.new_page()
    await other.goto(site.address + where)
    await doctor.page.fill("#t-plan", "From the first window")
    await expect(doctor.page.locator("form:has(#t-plan) [data-status]")).to_contain_text("Draft saved ")
    await other.fill("#t-plan", "From the second window")
    conflict = other.locator("form:has(#t-plan) .conflict")
    await expect(conflict).to_contain_text("From the first window", timeout=5000)
    await conflict.get_by_role("button", name="Keep both").click()
    await expect(other.locator("form:has(#t-plan) [data-status]")).to_contain_text("Draft saved ", timeout=5000)
    assert await other.input_value("#t-plan") == "From the first window\nFrom the second window"
    await done(doctor)


async def test_a_command_copies_problems_by_keys_alone(browser: Browser, site: Served) -> None:
    doctor = await sit_down(browser, site, "doctor_a")
    await begun(site, doctor, "Slasher", "progress")
    await doctor.page.focus("#t-subjective")
    await doctor.page.keyboard.type("Known. /all")
    await expect(doctor.page.get_by_role("option")).to_have_text("Allergies (/allergies)")
    await doctor.page.keyboard.press("Enter")
    await expect(doctor.page.locator("#t-subjective")).to_have_value(re.compile("end of copy"))
    value = await doctor.page.input_value("#t-subjective")
    assert value.startswith("Known. \n⟦Allergies, copied ")
    assert "Not recorded: nobody has asked yet" in value
    await expect(doctor.page.locator("[data-length]")).to_contain_text("% copied")
    await doctor.page.focus("#t-plan")
    await doctor.page.get_by_role("button", name="Copy in allergies").click()
    await expect(doctor.page.locator("#t-plan")).to_have_value(re.compile("end of copy"))
    await expect(doctor.page.locator("[data-whole-status]")).to_have_text("Everything is saved.")
    patient = await doctor.page.locator(".ban").get_attribute("data-person")
    await doctor.open(f"/patients/{patient}")
    await doctor.page.focus("#main")
    await doctor.page.keyboard.press("i")
    await expect(doctor.page.locator("#sheet")).to_contain_text("Progress note")
    await doctor.page.keyboard.press("Escape")
    await expect(doctor.page.locator("#sheet > *")).to_have_count(0)


async def test_a_problem_is_coded_while_it_is_typed(browser: Browser, site: Served) -> None:
    doctor = await sit_down(browser, site, "doctor_a")
    patient = await site.world.patient(site.world.a, family="Codeman")
    await doctor.open(f"/patients/{patient}/problems")
    await doctor.page.fill("#display", "")
    await doctor.page.type("#display", "copd", delay=20)
    await expect(doctor.page.locator("#codes [data-code]").first).to_contain_text("J44.9", timeout=8000)
    await doctor.page.keyboard.press("ArrowDown")
    await doctor.page.keyboard.press("Enter")
    assert await doctor.page.input_value("#code") == "J44.9"
    await doctor.page.keyboard.press("Control+Enter")
    await expect(doctor.page.locator("table.problemlist")).to_contain_text(
        "Chronic obstructive pulmonary disease, unspecified"
    )
    await done(doctor)


async def test_words_that_come_after_the_signature_wait_for_an_addendum(browser: Browser, site: Served) -> None:
    doctor, nurse = await asyncio.gather(sit_down(browser, site, "doctor_a"), sit_down(browser, site, "nurse_a"))
    where = await begun(site, doctor, "Lateword", "handover")
    await doctor.page.fill("#t-situation", "Stable.")
    await expect(doctor.page.locator("form:has(#t-situation) [data-status]")).to_contain_text("Draft saved ")
    await nurse.open(where)
    await nurse.page.route("**/sections/*", lambda route: route.abort())
    await nurse.page.fill("#t-situation", "Fell at 14:10.")
    await nurse.page.fill("#t-recommendation", "Observations hourly.")
    await expect(nurse.page.locator("form:has(#t-situation) [data-status]")).to_contain_text("no connection")
    await doctor.page.press("#t-situation", "Control+Enter")
    await doctor.page.wait_for_selector("#note-state[data-state=signed]")
    await nurse.page.unroute("**/sections/*")
    late = nurse.page.locator("form:has(#t-situation) .conflict")
    await expect(late).to_contain_text("signed it", timeout=25_000)
    await late.get_by_role("button").click()
    await expect(nurse.page.locator("#addendum-text")).to_have_value(
        "Situation:\nFell at 14:10.\n\nRecommendation:\nObservations hourly."
    )
    await nurse.page.reload()
    await expect(nurse.page.locator("#addendum-text")).to_have_value(re.compile("Fell at 14:10"))
    await nurse.page.get_by_role("button", name="Add to the note").click()
    await expect(nurse.page.locator("#note-addenda")).to_contain_text("Fell at 14:10.")
    # The addendum may be heard of before the page that was asked for has come: the wait outlives the change of page.
    await until(nurse.page, "sessionStorage.length === 0")
    await done(doctor)
    await nurse.context.close()


async def test_a_page_that_reads_itself_anew_leaves_unsaved_words(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    await begun(site, nurse, "Rereader", "nursing")
    await expect(nurse.page.locator("#live-chip")).to_contain_text("Live")
    reread = "document.querySelector('live-page').fetchPage()"
    await nurse.page.route("**/sections/*", lambda route: route.abort())
    await nurse.page.fill("#t-care", "Dressing changed")
    await nurse.page.evaluate("document.querySelector('.notehelp').dataset.mark = 'kept'")
    await nurse.page.evaluate(reread)
    await expect(nurse.page.locator(".notehelp[data-mark=kept]")).to_have_count(1)
    assert await nurse.page.input_value("#t-care") == "Dressing changed"
    await nurse.context.close()


async def test_words_for_a_withdrawn_draft_can_be_copied(browser: Browser, site: Served) -> None:
    doctor, nurse = await asyncio.gather(sit_down(browser, site, "doctor_a"), sit_down(browser, site, "nurse_a"))
    where = await begun(site, doctor, "Withdrawn", "handover")
    await nurse.open(where)
    await nurse.page.route("**/sections/*", lambda route: route.abort())
    await nurse.page.fill("#t-situation", "Fell at 14:10.")
    await expect(nurse.page.locator("form:has(#t-situation) [data-status]")).to_contain_text("no connection")
    await doctor.page.click("details summary:has-text('Entered in error')")
    await doctor.page.fill("#reason", "Wrong patient")
    await doctor.page.get_by_role("button", name="as entered in error").click()
    await doctor.page.wait_for_selector("#note-state[data-state=entered_in_error]")
    await nurse.page.unroute("**/sections/*")
    late = nurse.page.locator("form:has(#t-situation) .conflict")
    await expect(late).to_contain_text("takes no addendum", timeout=25_000)
    await late.get_by_role("button").click()
    for _ in range(2):
        kept = nurse.page.locator("#kept-words")
        await expect(kept).to_be_visible()
        await expect(kept.locator("textarea")).to_have_value("Situation:\nFell at 14:10.")
        await nurse.page.reload()
    await doctor.context.close()
    await nurse.context.close()


async def test_a_refused_save_does_not_end_saving(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    await begun(site, nurse, "Refused", "nursing")
    refusal = {"detail": "That is too much.", "code": "invalid"}
    await nurse.page.route("**/sections/*", lambda route: route.fulfill(status=422, json=refusal))
    state = nurse.page.locator("form:has(#t-care) [data-status]")
    await nurse.page.fill("#t-care", "Dressing changed")
    await expect(state).to_have_text("Not saved: That is too much.")
    await nurse.page.unroute("**/sections/*")
    await nurse.page.type("#t-care", ".", delay=5)
    await expect(state).to_contain_text("Draft saved ", timeout=6000)
    await nurse.context.close()


async def test_words_typed_before_the_script_came_are_saved(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    where = await begun(site, nurse, "Earlybird", "nursing")
    come = asyncio.Event()

    async def late(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await nurse.page.route("**/static/notes.js*", late)
    await nurse.page.goto(site.address + where, wait_until="commit")
    await nurse.page.fill("#t-care", "Dressing changed")
    come.set()
    await expect(nurse.page.locator("form:has(#t-care) [data-status]")).to_contain_text("Draft saved ", timeout=6000)
    await nurse.context.close()


async def test_words_kept_for_somebody_else_are_not_offered(browser: Browser, site: Served) -> None:
    doctor = await sit_down(browser, site, "doctor_a")
    where = await begun(site, doctor, "Otherhand", "progress")
    await doctor.page.fill("#t-plan", "Oxygen.")
    await doctor.page.press("#t-plan", "Control+Enter")
    await doctor.page.wait_for_selector("#note-state[data-state=signed]")
    note = where.rpartition("/")[2]
    await doctor.page.evaluate(
        """(note) => sessionStorage.setItem(`draft:another:${note}:plan`,
             JSON.stringify({ text: "Theirs", title: "Plan", at: Date.now() }))""",
        note,
    )
    await doctor.page.reload()
    await until(doctor.page, "sessionStorage.length === 0")
    await expect(doctor.page.locator("#addendum-text")).to_have_value("")
    await done(doctor)
