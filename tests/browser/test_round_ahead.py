"""The round is kept ahead: who has opened the ward's list can finish the round when the network goes, in one request."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Request, expect

from tests.browser.offline import COPIES, chip, done, kept, ready
from tests.browser.people import Person, sit_down
from tests.browser.test_outbox import sign_in
from tests.browser.test_round_offline import due, recorded
from tests.client import Client
from tests.mar.bedside import Bed, bed, order
from tests.served import Served
from wardline.mar import ahead
from wardline.mar.models import RoundScope
from wardline.platform.errors import Busy
from wardline.platform.http import Context

AHEAD_SECONDS = 4  # the worker asks two seconds after the page

pytestmark = pytest.mark.timeout(120)


async def together(client: Client, count: int) -> list[Bed]:
    """Patients of one ward."""
    beds = [await bed(client) for _ in range(count)]
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE encounters.current SET ward_id = $1 WHERE person_id = ANY($2)",
            beds[0].ward,
            [each.person for each in beds],
        )
    for each in beds:
        each.ward = beds[0].ward
    return beds


async def gone(nurse: Person, about: str) -> set[str]:
    """The names of the copies, once none of them is about this any more."""
    there: set[str] = set()
    for _ in range(100):
        there = {row[0] for row in await nurse.page.evaluate(COPIES)}
        if not any(about in name for name in there):
            break
        await asyncio.sleep(0.1)
    assert not any(about in name for name in there)
    return there


async def test_a_round_begun_before_the_network_went_can_be_finished(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        beds = await together(client, 3)
        doses = [(await due(client, each, "furosemide 40 mg po stat"))[0] for each in beds]
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        asked: list[str] = []

        def note(request: Request) -> None:
            asked.append(request.url.removeprefix(site.address))

        nurse.context.on("request", note)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        await kept(nurse, *(f"page:{each.path}/given" for each in beds))
        await kept(nurse, *(f"{kind}:/doses/{dose['id']}" for dose in doses for kind in ("page", "part")))
        about = [path for path in asked if "/patients/" in path or "/doses/" in path or path.endswith("/ahead")]
        assert about in ([], [f"/wards/{beds[0].ward}/round/ahead"]), "one request for all of it"
        await nurse.context.set_offline(True)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        for at, dose in zip(beds[:2], doses[:2], strict=True):
            await finish(nurse, at, dose)
        await nurse.open(f"/wards/{beds[0].ward}/round")
        await nurse.page.locator(f"a[href='/doses/{doses[2]['id']}']").click()
        await expect(nurse.page.locator(".ban h1")).to_contain_text("MARR")
        await expect(nurse.page.locator("#give-form")).to_be_visible()
        await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
        await expect(chip(nurse)).to_have_text("2 not yet sent")
        await nurse.context.set_offline(False)
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        stored = await recorded(site, *beds)
        assert sorted(str(dose_id) for dose_id in stored) == sorted(dose["id"] for dose in doses[:2])
        assert {len(rows) for rows in stored.values()} == {1}
    await done(nurse)


async def test_nothing_is_fetched_ahead_while_the_server_asks_for_less(
    browser: Browser, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UUID] = []

    async def busy(ctx: Context, ward: RoundScope) -> ahead.RoundAhead:
        asked.append(ward.id)
        raise Busy("Too much to do.")

    monkeypatch.setattr(ahead, "round_ahead", busy)
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        [at] = await together(client, 1)
        await due(client, at, "furosemide 40 mg po stat")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    for _ in range(2):
        await nurse.open(f"/wards/{at.ward}/round")
        await kept(nurse, f"page:/wards/{at.ward}/round")
        await asyncio.sleep(AHEAD_SECONDS)
    assert asked == [at.ward]
    await done(nurse)


async def test_the_sheet_of_a_dose_that_was_sent_is_no_copy_any_more(browser: Browser, site: Served) -> None:
    """On it the dose would still be due."""
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        [at] = await together(client, 1)
        first, second = await due(client, at, "furosemide 40 mg po stat", "amoxicillin 500 mg po stat")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await nurse.open(f"/wards/{at.ward}/round")
    await kept(nurse, *(f"{kind}:/doses/{dose['id']}" for dose in (first, second) for kind in ("page", "part")))
    await nurse.page.evaluate(
        "(path) => fetch(path, { method: 'POST' }).then(() => true)", f"/doses/{first['id']}/giving"
    )
    there = await gone(nurse, first["id"])
    assert {name for name in there if "/doses/" in name} == {
        f"page:/doses/{second['id']}",
        f"part:/doses/{second['id']}",
    }
    await done(nurse)


async def test_what_can_be_given_when_needed_is_at_hand_once(browser: Browser, site: Served) -> None:
    """Its sheet is kept ahead with the round; once it is entered, the next dose may not be due yet, and the copy is gone."""
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        [at] = await together(client, 1)
        await due(client, at, "furosemide 40 mg po stat")
        needed = await order(client, at, "paracetamol 1 g po 4-6 hourly prn max 4 g")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    path = f"/medicines/{needed['id']}/giving"
    await nurse.open(f"/wards/{at.ward}/round")
    await kept(nurse, f"page:{at.path}/given", f"page:{path}", f"part:{path}")
    await nurse.context.set_offline(True)
    await nurse.open(path)
    await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
    await expect(nurse.page.locator("#give-form")).to_be_visible()
    await nurse.page.evaluate("(path) => fetch(path, { method: 'POST' }).catch(() => true)", path)
    await gone(nurse, needed["id"])
    await nurse.context.set_offline(False)
    await done(nurse)


async def test_what_was_fetched_ahead_takes_the_place_of_nothing_newer_and_of_nobody_else(
    browser: Browser, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UUID] = []
    released = threading.Event()
    real = ahead.round_ahead

    async def slow(ctx: Context, ward: RoundScope) -> ahead.RoundAhead:
        found = await real(ctx, ward)
        asked.append(ward.id)
        await asyncio.to_thread(released.wait, 30)
        return found

    monkeypatch.setattr(ahead, "round_ahead", slow)
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        seen, other = await together(client, 2)
        for each in (seen, other):
            await due(client, each, "furosemide 40 mg po stat")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await nurse.open(f"/wards/{seen.ward}/round")
    await holds_that(lambda: bool(asked))
    await nurse.open(f"{seen.path}/given")
    await kept(nurse, f"page:{seen.path}/given")
    before = dict(await nurse.page.evaluate(COPIES))
    released.set()
    await kept(nurse, f"page:{other.path}/given", f"ahead:/wards/{seen.ward}/round")
    after = dict(await nurse.page.evaluate(COPIES))
    assert after[f"page:{seen.path}/given"] == before[f"page:{seen.path}/given"]
    await done(nurse)

    asked.clear()
    released.clear()
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await nurse.open(f"/wards/{seen.ward}/round")
    await holds_that(lambda: bool(asked))
    await nurse.context.clear_cookies(name="__Host-wardline")
    await sign_in(nurse, "doctor_a")
    await nurse.open(f"{seen.path}/observations")
    await kept(nurse, f"page:{seen.path}/observations")
    released.set()
    await asyncio.sleep(1)
    names = {row[0] for row in await nurse.page.evaluate(COPIES)}
    assert f"page:{seen.path}/observations" in names
    assert not any("/given" in name or "/doses/" in name for name in names)
    await done(nurse)


async def holds_that(question: Callable[[], bool]) -> None:
    for _ in range(150):
        if question():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to that")


async def finish(nurse: Any, at: Bed, dose: dict[str, Any]) -> None:
    """From the list to the patient, to the dose, and on."""
    await nurse.open(f"/wards/{at.ward}/round")
    await nurse.page.locator(f"#round-body a[href='{at.path}/given']").first.click()
    await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
    await expect(nurse.page.locator(".ban")).to_have_attribute("data-person", str(at.person))
    await nurse.page.locator(f"table.mar a[href='/doses/{dose['id']}']").click()
    sheet = nurse.page.locator("#sheet")
    await expect(sheet.locator("[data-copy]")).to_contain_text("not live")
    for words in (at.number, f"{dose['medicine_id']}/D100000001".upper()):
        await nurse.page.keyboard.type(words)
        await nurse.page.keyboard.press("Enter")
    await expect(sheet.locator("[data-right=medicine]")).to_have_class("ok")
    await sheet.locator("#give-go").click()
    await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent: Given")
    await expect(sheet.locator("> *")).to_have_count(0)
