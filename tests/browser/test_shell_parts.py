"""The shell's behaviour in a real browser, one promise at a time."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.stage import Stage, row

pytestmark = pytest.mark.browser


async def focused(page: Page) -> str:
    return await page.evaluate("document.activeElement.id")


async def test_a_changed_row_is_put_in_and_told(page: Page, stage: Stage) -> None:
    await stage.push(html={"bed-a": row("a", "Alpha 2"), "bed-c": None})
    await expect(page.locator("#bed-a")).to_have_text("Alpha 2")
    await expect(page.locator("#bed-a")).to_have_class(re.compile("changed"))
    await expect(page.locator("#bed-c")).to_have_count(0)
    await expect(page.locator("#announcer")).to_have_text("Alpha 2")
    await expect(page.locator("#live-chip")).to_contain_text("Live ")


async def test_the_row_under_the_hand_waits_and_says_so(page: Page, stage: Stage) -> None:
    await page.focus("#bed-b a")
    order = {"beds": ["bed-a", "bed-d", "bed-b", "bed-c"]}
    await stage.push(html={"bed-b": row("b", "Beta 2"), "bed-d": row("d", "Delta 1")}, order=order)
    await expect(page.locator("#waiting-changes")).to_have_text("2 changes – show")
    await expect(page.locator("#bed-b")).to_have_text("Beta 1")
    await page.focus("#note")
    await expect(page.locator("#bed-b")).to_have_text("Beta 2")
    await expect(page.locator("#beds a")).to_have_text(["Alpha 1", "Delta 1", "Beta 2", "Gamma 1"])
    await expect(page.locator("#waiting-changes")).to_have_count(0)


async def test_a_page_that_is_behind_reads_itself_anew_and_keeps_typing(page: Page, stage: Stage) -> None:
    await page.fill("#note", "half a sentence")
    stage.rows["a"] = "Alpha 9"
    stage.version += 1
    await stage.beat()
    await expect(page.locator("#bed-a")).to_have_text("Alpha 9", timeout=8_000)
    assert await page.input_value("#note") == "half a sentence"
    assert await focused(page) == "note"


async def test_a_mark_lets_the_page_read_itself_anew(page: Page, stage: Stage) -> None:
    stage.rows["a"] = "Alpha 5"
    await stage.push(html={"chart-mark": '<i id="chart-mark" hidden data-reread="1"></i>'})
    await expect(page.locator("#bed-a")).to_have_text("Alpha 5", timeout=3_000)


async def test_a_page_without_its_stream_says_so(page: Page, stage: Stage) -> None:
    await stage.cut()
    await expect(page.locator("#live-chip")).to_contain_text("Reconnecting")
    await expect(page.locator("#live-chip")).to_contain_text("Not live since", timeout=25_000)
    await expect(page.locator(".stale")).to_contain_text("Check before you act")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stage.joined.clear()
    stage.open = True
    await asyncio.wait_for(stage.joined.wait(), 40)
    await stage.push(html={"bed-a": row("a", "Alpha 7")})
    await expect(page.locator("#live-chip")).to_contain_text("Live")
    await expect(page.locator("#bed-a")).to_have_text("Alpha 7")
    await expect(page.locator(".stale")).not_to_be_visible()
    await asyncio.sleep(0.5)
    pages = {urlsplit(url).path for url in asked if "/static/" not in url}
    assert pages == {"/live"}  # what was missed came with the stream


async def test_an_error_is_shown_at_the_top_and_at_the_field(page: Page, stage: Stage) -> None:
    await page.fill("#pulse", "bad")
    await page.press("#pulse", "Control+Enter")
    await expect(page.locator("#form .problem h2")).to_have_text("Check")
    await expect(page.locator("#pulse")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#pulse-error")).to_have_text("Pulse must be a number")
    assert await page.input_value("#pulse") == "bad"
    await page.click("#form .problem a")
    assert await focused(page) == "pulse"


async def test_one_act_keeps_one_key_until_it_succeeds(page: Page, stage: Stage) -> None:
    await page.fill("#pulse", "bad")
    await page.press("#pulse", "Control+Enter")
    await expect(page.locator("#form .problem h2")).to_have_text("Check")
    await page.route("**/sent", lambda route: route.abort())
    await page.fill("#pulse", "80")
    await page.press("#pulse", "Control+Enter")
    await expect(page.locator("#form .problem h2")).to_have_text("Not sent")
    assert await page.input_value("#pulse") == "80"
    await page.unroute("**/sent")
    await page.click("#form .problem button")
    await expect(page.locator("#saved")).to_be_visible()
    assert len(stage.keys) == 2
    assert stage.keys[0] == stage.keys[1] != "from the cache"


async def test_the_sheet_takes_focus_keeps_what_was_typed_and_gives_focus_back(page: Page) -> None:
    await page.focus("#opener")
    await page.keyboard.press("Enter")
    await expect(page.locator("#value")).to_be_focused()
    await page.fill("#value", "typed")
    await page.keyboard.press("Escape")
    await expect(page.locator("#toast")).to_contain_text("Close once more")
    await page.keyboard.press("Escape")
    await expect(page.locator("#sheet > *")).to_have_count(0)
    assert await focused(page) == "opener"


async def test_the_palette_acts_on_the_open_patient(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.address}/board")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette-on")).to_contain_text("PATEL, Asha")
    await page.keyboard.type("obs")
    await expect(page.locator("#palette-list li")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator("#sheet h2")).to_have_text("/p1/observations/new")


async def test_a_patient_is_moved_by_keys(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.address}/board")
    await page.focus("[data-encounter-id=e1]")
    await page.keyboard.press(" ")
    await expect(page.locator("#announcer")).to_contain_text("Picked up DOYLE. 2 free beds")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sheet h2")).to_have_text("/encounters/e1/move?bed=3")


async def test_a_patient_is_moved_by_pointer(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.address}/board")
    await page.hover("[data-encounter-id=e9]")
    await page.mouse.down()
    await page.hover("[data-bed-id='3']")
    await page.hover("[data-bed-id='2']")
    await page.mouse.up()
    await expect(page.locator("#sheet h2")).to_have_text("/encounters/e9/move?bed=2")


async def test_theme_and_density_are_kept_where_the_server_can_read_them(page: Page) -> None:
    await page.click(".who")
    await page.click("[data-theme-choice=dark]")
    await page.click("[data-density-choice=compact]")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert "display=dark.compact" in await page.evaluate("document.cookie")


async def test_single_letters_can_be_switched_off(page: Page) -> None:
    await page.focus("#main")
    await page.keyboard.press("?")
    await page.uncheck("#keys-on")
    await page.keyboard.press("Escape")
    await page.focus("#main")
    await page.keyboard.press("?")
    await expect(page.locator("#keys-dialog")).not_to_be_visible()
