"""The network goes away at the bedside: nothing is lost, nothing is doubled, and the screen says what is not yet sent."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from playwright.async_api import Browser, Route, expect

from tests.browser.line import lined
from tests.browser.offline import COPIES, chip, done, enter, kept, open_form, ready
from tests.browser.people import HASH, PASSWORD, Person, sit_down
from tests.served import Served

KEY = """async () => {
  const open = indexedDB.open("wardline-copies", 1);
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const ask = db.transaction("session").objectStore("session").get("key");
  const found = await new Promise((done) => (ask.onsuccess = () => done(ask.result)));
  db.close();
  return found ? found.key.extractable : null;
}"""
ENTRIES = """async () => {
  const open = indexedDB.open("wardline-outbox", 1);
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const ask = db.transaction("entries").objectStore("entries").getAll();
  const rows = await new Promise((done) => (ask.onsuccess = () => done(ask.result)));
  db.close();
  return rows;
}"""


async def patients(site: Served, *families: str) -> list[UUID]:
    world = site.world
    found: list[UUID] = []
    for family in families:
        person = await world.patient(world.a, family=family, given="Asha")
        await world.stay(world.a, person)
        found.append(person)
    return found


async def look_at(nurse: Person, *people: UUID) -> None:
    """Open the charts, so that they are known when the network goes."""
    for person in people:
        await nurse.open(f"/patients/{person}/observations")
        await kept(nurse, f"page:/patients/{person}/observations", f"part:/patients/{person}/observations/new")


async def sets_of(site: Served, person: UUID) -> list[Any]:
    async with site.world.owner() as db:
        return await db.fetch(
            "SELECT pulse_per_min, taken_at, recorded_at FROM vitals.observation_set WHERE person_id = $1"
            " ORDER BY recorded_at",
            person,
        )


async def stored(site: Served, person: UUID, count: int) -> list[Any]:
    """The sets of a patient, once there are that many."""
    rows: list[Any] = []
    for _ in range(150):
        rows = await sets_of(site, person)
        if len(rows) >= count:
            return rows
        await asyncio.sleep(0.1)
    raise AssertionError(f"{len(rows)} sets, not {count}")


async def test_three_sets_without_a_network_are_each_stored_once(browser: Browser, site: Served) -> None:
    patel, khan = await patients(site, "Patel", "Khan")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await nurse.open(f"/wards/{site.world.a.ward_id}")
        await look_at(nurse, patel, khan)
        await line.cut()
        entered = datetime.now(UTC)
        for person, pulse in ((patel, "81"), (khan, "82"), (patel, "83")):
            await open_form(nurse, person)
            await expect(nurse.page.locator("#sheet [data-copy]")).to_contain_text("not live")
            await enter(nurse.page, {"pulse_per_min": pulse})
            await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent: Observations")
        await nurse.page.reload()
        await expect(chip(nurse)).to_have_text("3 not yet sent")
        await expect(nurse.page.locator(".ban [data-outbox-mark]")).to_have_text("2 not yet sent")
        await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
        await chip(nurse).click()
        listed = nurse.page.locator("#outbox-list li[data-entry]")
        await expect(listed).to_have_count(3)
        await expect(listed.first).to_contain_text("PATEL, Asha")
        await expect(listed.first).to_contain_text("81 per min")
        assert await sets_of(site, patel) == []
        await line.mend()
        await nurse.page.get_by_role("button", name="Send now").click()
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        assert [row["pulse_per_min"] for row in await stored(site, patel, 2)] == [81, 83]
        assert [row["pulse_per_min"] for row in await stored(site, khan, 1)] == [82]
        for row in await sets_of(site, patel):
            assert abs(row["taken_at"] - entered) < timedelta(minutes=2)
        await done(nurse)


async def test_what_waits_is_sent_when_the_browser_is_online_again(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Online")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await nurse.open(f"/patients/{person}/observations")
    await open_form(nurse, person)
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "84"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await expect(nurse.page.locator("#sheet > *")).to_have_count(0)
    await nurse.context.set_offline(False)
    [row] = await stored(site, person, 1)
    assert row["pulse_per_min"] == 84
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_an_answer_that_was_lost_after_the_commit_doubles_nothing(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Lost")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await open_form(nurse, person)
        line.loses_answers = True
        await enter(nurse.page, {"pulse_per_min": "85"})
        await stored(site, person, 1)
        await expect(chip(nurse)).to_have_text("1 not yet sent", timeout=15_000)
        await line.mend()
        await chip(nurse).click()
        await nurse.page.get_by_role("button", name="Send now").click()
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        assert len(await sets_of(site, person)) == 1
        await done(nurse)


async def test_two_windows_send_each_entry_once(browser: Browser, site: Served) -> None:
    people = await patients(site, *(f"Twin{number}" for number in range(4)))
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await look_at(nurse, *people)
        await line.cut()
        for number, person in enumerate(people):
            await open_form(nurse, person)
            await enter(nurse.page, {"pulse_per_min": str(70 + number)})
            await expect(chip(nurse)).to_have_text(f"{number + 1} not yet sent")
        posts: list[str] = []
        nurse.context.on(
            "request",
            lambda sent: (
                posts.append(sent.url) if sent.url.endswith("/observations") and sent.method == "POST" else None
            ),
        )
        other = await nurse.context.new_page()
        await line.mend()
        await asyncio.gather(nurse.page.reload(), other.goto(f"{line.address}/patients/{people[0]}/observations"))
        for person in people:
            await stored(site, person, 1)
        await expect(chip(nurse)).to_have_count(0, timeout=20_000)
        await expect(other.locator("#outbox-chip")).to_have_count(0)
        assert sorted(posts) == sorted(f"{line.address}/patients/{person}/observations" for person in people)
        for person in people:
            assert len(await sets_of(site, person)) == 1
        await done(nurse)


async def test_an_edge_without_a_server_counts_as_no_network(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Edge")
    nurse = await sit_down(browser, site, "nurse_a", service_workers="block")
    await open_form(nurse, person)

    async def silence(route: Route) -> None:
        await (
            route.fulfill(status=502, body="<html>Bad gateway") if route.request.method == "POST" else route.continue_()
        )

    await nurse.page.route("**/observations", silence)
    await enter(nurse.page, {"pulse_per_min": "86"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    assert await sets_of(site, person) == []
    await nurse.page.unroute("**/observations")
    await chip(nurse).click()
    await nurse.page.get_by_role("button", name="Send now").click()
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [86]
    await done(nurse)


async def test_what_the_server_refuses_later_waits_for_a_person(browser: Browser, site: Served) -> None:
    ended, odd = await patients(site, "Ended", "Odd")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await look_at(nurse, ended, odd)
        await line.cut()
        for person, pulse in ((ended, "87"), (odd, "400")):
            await open_form(nurse, person)
            await enter(nurse.page, {"pulse_per_min": pulse})
            await expect(nurse.page.locator("#toast")).to_contain_text("Not yet sent")
        async with site.world.owner() as db:
            await db.execute(
                "UPDATE encounters.encounter SET state = 'finished', ended_at = now() WHERE person_id = $1", ended
            )
            await db.execute("DELETE FROM encounters.current WHERE person_id = $1", ended)
        await line.mend()
        await nurse.page.evaluate("window.dispatchEvent(new Event('online'))")
        await expect(chip(nurse)).to_have_text("2 not yet sent, 2 to decide", timeout=20_000)
        await chip(nurse).click()
        first = nurse.page.locator("#outbox-list li[data-entry]", has_text="ENDED")
        await expect(first).to_contain_text("no open stay")
        await expect(first).to_contain_text("87 per min")
        await first.get_by_role("button", name="Discard").click()
        await first.get_by_role("button", name="Keep it").click()
        await first.get_by_role("button", name="Discard").click()
        await first.get_by_role("button", name="Discard for good").click()
        await expect(chip(nurse)).to_have_text("1 not yet sent, 1 to decide")
        second = nurse.page.locator("#outbox-list li[data-entry]", has_text="ODD")
        await second.get_by_role("button", name="Open the form filled in").click()
        field = nurse.page.locator("#sheet #pulse_per_min")
        await expect(field).to_have_value("400")
        await field.fill("126")
        await nurse.page.click("#sheet #obs-go")
        assert [row["pulse_per_min"] for row in await stored(site, odd, 1)] == [126]
        await expect(chip(nurse)).to_have_text("1 not sent, discarded")
        assert await sets_of(site, ended) == []
        await done(nurse)


async def test_entries_wait_for_their_author(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Shared")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await ready(nurse)
        await open_form(nurse, person)
        await line.cut()
        await enter(nurse.page, {"pulse_per_min": "88"})
        await expect(chip(nurse)).to_have_text("1 not yet sent")
        await nurse.context.clear_cookies(name="__Host-wardline")
        await line.mend()
        await sign_in(nurse, "doctor_a")
        await expect(chip(nurse)).to_have_text("1 of others not yet sent")
        await nurse.open(f"/patients/{person}/observations")
        await chip(nurse).click()
        await expect(nurse.page.locator("#outbox-list")).to_contain_text("signs in on this device")
        await expect(nurse.page.locator("#outbox-list")).not_to_contain_text("SHARED")
        await asyncio.sleep(1.5)
        assert await sets_of(site, person) == []
        await nurse.context.clear_cookies(name="__Host-wardline")
        await sign_in(nurse, "nurse_a")
        await stored(site, person, 1)
        async with site.world.owner() as db:
            by = await db.fetchval("SELECT recorded_by FROM vitals.observation_set WHERE person_id = $1", person)
        assert by == site.world.staff["nurse_a"]
        await done(nurse)


async def sign_in(person: Person, name: str) -> None:
    """Sign somebody else in at the same device."""
    async with person.site.world.owner() as db:
        staff = person.site.world.staff[name]
        await db.execute("UPDATE identity.staff SET password_hash = $1 WHERE id = $2", HASH, staff)
        email = await db.fetchval("SELECT email FROM identity.staff WHERE id = $1", staff)
    await person.open("/sign-in")
    await person.page.fill("#email", email)
    await person.page.fill("#password", PASSWORD)
    await person.page.click("button.go")
    await person.page.wait_for_url(lambda url: "sign-in" not in url)


async def test_signing_out_warns_and_throws_the_copies_away(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Leaving")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    rows = await nurse.page.evaluate(COPIES)
    assert rows
    assert all("LEAVING" not in sealed and "Leaving" not in sealed for _, sealed in rows)
    assert await nurse.page.evaluate(KEY) is False
    await open_form(nurse, person)
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "89"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await nurse.page.locator("button.who").click()
    await nurse.page.get_by_role("button", name="Sign out").click()
    box = nurse.page.get_by_role("dialog", name="Not yet sent")
    await expect(box).to_contain_text("1 entry of yours is not yet sent")
    await box.get_by_role("button", name="Stay signed in").click()
    await expect(box).to_have_count(0)
    await nurse.page.locator("button.who").click()
    await nurse.page.get_by_role("button", name="Sign out").click()
    await box.get_by_role("button", name="Sign out all the same").click()
    await expect(nurse.page.locator("h1")).to_contain_text("No network")
    assert await nurse.page.evaluate(COPIES) == []
    assert await nurse.page.evaluate(KEY) is None
    assert [entry["state"] for entry in await nurse.page.evaluate(ENTRIES)] == ["waiting"]
    await expect(nurse.page.locator("#outbox-here")).not_to_contain_text("LEAVING")
    await done(nurse)


async def test_only_what_is_listed_is_kept(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Listed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    for path in ("/patients", f"/patients/{person}/details", f"/patients/{person}/problems", "/tasks", "/status"):
        await nurse.open(path)
    await look_at(nurse, person)
    await nurse.page.evaluate(f"fetch('/patients/{person}', {{headers: {{Accept: 'application/json'}}}})")
    names = {row[0] for row in await nurse.page.evaluate(COPIES)}
    assert names <= {
        f"page:/wards/{site.world.a.ward_id}",
        f"page:/patients/{person}/observations",
        f"part:/patients/{person}/observations/new",
    }
    shell = await nurse.page.evaluate(
        "(async () => { const names = await caches.keys(); const cache = await caches.open(names[0]);"
        " return [names.length, (await cache.keys()).map((each) => new URL(each.url).pathname)]; })()"
    )
    assert shell[0] == 1
    assert all(path == "/offline" or path.startswith("/static/") for path in shell[1])
    await nurse.context.set_offline(True)
    await nurse.open(f"/patients/{person}/problems")
    await expect(nurse.page.locator("h1")).to_contain_text("No network")
    await expect(nurse.page.locator("#copies-here a").first).to_be_visible()
    await done(nurse)
