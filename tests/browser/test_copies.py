"""Copies of pages when the network is gone: marked, readable by everybody, gone with the session and never instead of truth."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.line import lined
from tests.browser.people import sit_down
from tests.browser.test_outbox import COPIES, KEY, chip, done, enter, look_at, open_form, patients, ready
from tests.browser.test_pages import AXE, RULES
from tests.browser.waits import until
from tests.served import Served
from wardline.desk import offline

LATER = "window.dispatchEvent(new Event('online'))"


async def check(page: Page, what: str) -> None:
    """No fault that axe finds, and nothing wider than the window."""
    await page.evaluate(AXE)
    found = await page.evaluate(f"axe.run(document, {RULES})")
    faults = [f"{what}: {v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"][:3]]
    assert not faults, "\n".join(faults)
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{what}: {wide} pixels too wide"


@pytest.mark.parametrize(
    ("theme", "size"),
    [("light", {"width": 1366, "height": 768}), ("dark", {"width": 1366, "height": 768}), ("light", {"width": 390, "height": 844})],
)  # fmt: skip
async def test_what_is_not_sent_can_be_read_by_everybody(
    browser: Browser, site: Served, theme: str, size: dict[str, int]
) -> None:
    good, bad = await patients(site, "Readable", "Refused")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a", color_scheme=theme, viewport=size)
        await ready(nurse)
        await look_at(nurse, good, bad)
        await line.cut()
        for number, (person, pulse) in enumerate(((good, "81"), (bad, "400"))):
            await open_form(nurse, person)
            await check(nurse.page, "the form out of a copy")
            await enter(nurse.page, {"pulse_per_min": pulse})
            await expect(chip(nurse)).to_contain_text(f"{number + 1} not yet sent")
        await check(nurse.page, "a copy with marks")
        await chip(nurse).focus()
        await nurse.page.keyboard.press("Enter")
        await expect(nurse.page.locator("#outbox-list li[data-entry]")).to_have_count(2)
        await check(nurse.page, "the list")
        await nurse.page.keyboard.press("Escape")
        await nurse.open("/tasks")
        await expect(nurse.page.locator("#outbox-here li[data-entry]")).to_have_count(2)
        await expect(nurse.page.locator("#copies-here a")).to_have_count(2)
        await check(nurse.page, "no network")
        await nurse.page.locator("#copies-here a", has_text="REFUSED").click()
        await expect(nurse.page.locator(".ban h1")).to_contain_text("REFUSED")
        await line.mend()
        await nurse.page.evaluate(LATER)
        await expect(chip(nurse)).to_contain_text("1 to decide", timeout=20_000)
        await chip(nurse).click()
        await check(nurse.page, "a conflict")
        await done(nurse)


async def test_a_network_that_does_not_answer_is_not_waited_for(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Stuck")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await look_at(nurse, person)
        line.stuck = True
        await nurse.open(f"/patients/{person}/observations")
        await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
        await nurse.page.click("#new-observations")
        await enter(nurse.page, {"pulse_per_min": "81"})
        await expect(chip(nurse)).to_have_text("1 not yet sent", timeout=30_000)
        await line.cut()
        await line.mend()
        await nurse.page.evaluate(LATER)
        await expect(chip(nurse)).to_have_count(0, timeout=30_000)
        await done(nurse)


async def test_a_copy_gives_way_to_what_is_true_now(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Truth")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await look_at(nurse, person)
        await line.cut()
        await nurse.open(f"/patients/{person}/observations")
        await expect(nurse.page.locator("#live-chip")).to_contain_text("Not live since")
        assert await nurse.page.evaluate("'stale' in document.body.dataset")
        now = await nurse.page.evaluate("Math.abs(window.wardline.now() - Date.now())")
        assert now < 5_000
        async with site.world.owner() as db:
            await db.execute("UPDATE patients.person SET family = 'Truth-Renamed' WHERE id = $1", person)
        await line.mend()
        await nurse.page.evaluate(LATER)
        await expect(nurse.page.locator("#live-chip")).to_contain_text("Live", timeout=20_000)
        await expect(nurse.page.locator(".ban h1")).to_contain_text("TRUTH-RENAMED")
        await expect(nurse.page.locator(".stale")).not_to_be_visible()
        await done(nurse)


async def test_another_session_begins_with_nothing(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Session")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    await nurse.page.locator("button.who").click()
    await nurse.page.get_by_role("button", name="Sign out").click()
    await nurse.page.wait_for_url("**/sign-in")
    await until(nurse.page, f"({KEY})().then((key) => key === null)")
    assert await nurse.page.evaluate(COPIES) == []
    await nurse.context.set_offline(True)
    await nurse.open(f"/patients/{person}/observations")
    await expect(nurse.page.locator("h1")).to_contain_text("No network")
    await done(nurse)


async def test_a_page_that_came_past_the_worker_is_taken_on(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    tools = await nurse.context.new_cdp_session(nurse.page)
    await nurse.page.evaluate("window.before = true")
    await tools.send("Page.reload", {"ignoreCache": True})
    await until(nurse.page, "!window.before")
    await ready(nurse)
    await done(nurse)


async def test_a_new_version_takes_over_and_leaves_nothing_of_the_old_one(browser: Browser, site: Served) -> None:
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await nurse.page.evaluate(
        "caches.open('shell-before').then((cache) => cache.put('/static/old.css', new Response('old')))"
    )
    before = offline.KEPT_MAX
    try:
        offline.KEPT_MAX = before + 1  # another text, as a new version has
        offline._worker.cache_clear()  # pyright: ignore[reportPrivateUsage]
        await nurse.page.reload()
        await until(nurse.page, "caches.keys().then((names) => names.length === 1)")
        names = await nurse.page.evaluate("caches.keys()")
    finally:
        offline.KEPT_MAX = before
        offline._worker.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert names != ["shell-before"]
    await done(nurse)
