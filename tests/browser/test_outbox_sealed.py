"""What waits on a device can be read by its author alone, during their session; and what was done there is told once."""

import asyncio
import json
from typing import Any
from uuid import UUID

from playwright.async_api import Browser, Page, expect

from tests.browser.offline import chip, done, enter, open_form, ready
from tests.browser.people import Person, sit_down
from tests.browser.test_outbox import ENTRIES, look_at, patients, sets_of, sign_in, stored
from tests.browser.waits import until
from tests.served import Served

# Everything that the entries hold, as somebody finds it who takes the disk.
BYTES = f"""async () => {{
  const rows = await ({ENTRIES})();
  const words = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new TextDecoder("latin1").decode(value) : value;
  return rows.map((row) => JSON.stringify(row, (name, value) => words(value)));
}}"""
KEYS = """async () => {
  const open = indexedDB.open("wardline-keys", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("keys", { keyPath: "id" });
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const ask = db.transaction("keys").objectStore("keys").getAll();
  const rows = await new Promise((done) => (ask.onsuccess = () => done(ask.result)));
  db.close();
  return rows.map(({ id, key }) => [id, key.extractable]);
}"""
SPOILT = """async () => {
  const [row] = await window.wardline.outbox.rows();
  new Uint8Array(row.sealed)[0] ^= 1;
  const open = indexedDB.open("wardline-outbox", 1);
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const place = db.transaction("entries", "readwrite").objectStore("entries");
  place.put(row);
  await new Promise((done) => (place.transaction.oncomplete = done));
  db.close();
}"""
# As the version before this one wrote it.
OLD = """async ([id, person, staff, hospital]) => {
  const open = indexedDB.open("wardline-outbox", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("entries", { keyPath: "id" });
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const now = Date.now();
  const place = db.transaction("entries", "readwrite").objectStore("entries");
  place.put({
    id, url: `/patients/${person}/observations`, body: `pulse_per_min=93&idempotency_key=${id}`, what: "Observations",
    person, patient: "EARLIER, Asha", patientId: "1", page: `/patients/${person}/observations/new`, replaces: "",
    shown: [["Pulse", "93 per min"]], author: staff, authorName: "Nurse A", hospital, enteredMs: now, sentMs: now,
    firstMs: now, faults: 0, state: "waiting", problem: null,
  });
  await new Promise((done) => (place.transaction.oncomplete = done));
  db.close();
  localStorage.setItem("outbox", "1");
}"""


async def busy(route: Any) -> None:
    """A server that gives no key now."""
    await route.fulfill(status=503, headers={"retry-after": "1"}, body="")


async def bytes_of(page: Page) -> str:
    return " ".join(await page.evaluate(BYTES))


async def one_waits(nurse: Person, person: UUID, pulse: str) -> None:
    """A set that was entered without a network."""
    await open_form(nurse, person)
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": pulse})
    await expect(chip(nurse)).to_have_text("1 not yet sent")


async def test_what_waits_is_sealed_and_its_key_goes_with_the_session(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Sealed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    await one_waits(nurse, person, "94")
    text = await bytes_of(nurse.page)
    assert str(site.world.staff["nurse_a"]) in text
    for secret in ("SEALED", "Sealed", "pulse_per_min", str(person), "Observations"):
        assert secret not in text
    assert await nurse.page.evaluate(KEYS) == [["key", False]]
    await nurse.page.locator("button.who").click()
    await nurse.page.get_by_role("button", name="Sign out").click()
    box = nurse.page.get_by_role("dialog", name="Not yet sent")
    await box.get_by_role("button", name="Sign out all the same").click()
    await expect(nurse.page.locator("h1")).to_contain_text("No network")
    await expect(nurse.page.locator("#outbox-here")).to_contain_text("signs in on this device")
    assert await nurse.page.evaluate(KEYS) == []
    await nurse.context.set_offline(False)
    await nurse.context.clear_cookies(name="__Host-wardline")
    await sign_in(nurse, "doctor_a")
    await expect(chip(nurse)).to_have_text("1 of others not yet sent")
    await chip(nurse).click()
    await expect(nurse.page.locator("#outbox-list")).to_contain_text("1 by")
    await expect(nurse.page.locator("#outbox-list")).not_to_contain_text("SEALED")
    kept = await nurse.page.evaluate("window.wardline.outbox.all()")
    assert [(entry["locked"], entry.get("body")) for entry in kept] == [(True, None)]
    assert await sets_of(site, person) == []
    await nurse.context.clear_cookies(name="__Host-wardline")
    await sign_in(nurse, "nurse_a")
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [94]
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_another_person_who_signs_in_gets_another_key(browser: Browser, site: Served) -> None:
    """Also where nobody signed out: the key of the first one is gone when the second one's page is there."""
    [person] = await patients(site, "Handed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await one_waits(nurse, person, "95")
    await nurse.page.goto("about:blank")
    await nurse.context.clear_cookies(name="__Host-wardline")
    await nurse.context.set_offline(False)
    await sign_in(nurse, "doctor_a")
    await expect(chip(nurse)).to_have_text("1 of others not yet sent")
    doctor = f"{site.world.staff['doctor_a']} {site.world.a.id}"
    owner = "(async () => (await self.outboxKey.inStore('keys', (keys) => keys.get('key')))?.owner)()"
    await until(nurse.page, f"{owner}.then((found) => found === '{doctor}')")
    assert await sets_of(site, person) == []
    await done(nurse)


async def test_an_entry_of_the_version_before_is_sealed_and_sent(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Earlier")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    entry = [f"old-{person.hex}", str(person), str(site.world.staff["nurse_a"]), str(site.world.a.id)]
    await nurse.page.evaluate(OLD, entry)
    await nurse.context.set_offline(True)
    await nurse.page.reload()
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await chip(nurse).click()
    await expect(nurse.page.locator("#outbox-list li[data-entry]")).to_contain_text("EARLIER, Asha")
    await until(nurse.page, f"({BYTES})().then((rows) => !rows.join().includes('EARLIER'))")
    await nurse.context.set_offline(False)
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [93]
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_where_the_server_gives_no_key_the_device_has_one_of_its_own(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Spare")
    nurse = await sit_down(browser, site, "nurse_a", service_workers="block")
    await nurse.context.route("**/outbox/key", busy)
    await open_form(nurse, person)
    await nurse.page.evaluate("window.wardline.sendLater()")
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "96"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    assert "SPARE" not in await bytes_of(nurse.page)
    assert [row[0].split()[0] for row in await nurse.page.evaluate(KEYS)] == ["spare"]
    await nurse.context.unroute("**/outbox/key")
    await nurse.context.set_offline(False)
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [96]
    await done(nurse)


async def test_what_another_tab_locked_with_the_devices_own_key_is_sent(browser: Browser, site: Served) -> None:
    """The tab that sends was opened before there was such a key, and does not throw it away unread."""
    [person] = await patients(site, "Tabs")
    nurse = await sit_down(browser, site, "nurse_a", service_workers="block")
    await nurse.context.route("**/outbox/key", busy)
    await open_form(nurse, person)
    await nurse.page.evaluate("window.wardline.sendLater().then(() => true)")
    first, nurse.page = nurse.page, await nurse.context.new_page()
    await open_form(nurse, person)
    await nurse.page.evaluate("window.wardline.sendLater().then(() => true)")
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "92"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await nurse.page.close()
    nurse.page = first
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await nurse.context.unroute("**/outbox/key")
    await nurse.context.set_offline(False)
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [92]
    await expect(chip(nurse)).to_have_count(0)
    assert [row[0].split()[0] for row in await nurse.page.evaluate(KEYS)] == ["key"]
    await done(nurse)


async def test_a_key_that_is_gone_comes_back_with_the_network(browser: Browser, site: Served) -> None:
    """Meanwhile the list says that something waits, and not that it is lost."""
    [person] = await patients(site, "Keyless")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    await one_waits(nurse, person, "97")
    await nurse.page.evaluate("self.outboxKey.drop().then(() => true)")
    await nurse.page.reload()
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await chip(nurse).click()
    await expect(nurse.page.locator("#outbox-list")).to_contain_text("shown again when the network is back")
    await nurse.context.set_offline(False)
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [97]
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_what_no_key_opens_is_said_and_can_be_discarded(browser: Browser, site: Served) -> None:
    """The deployment's secret was changed, say."""
    [person] = await patients(site, "Unreadable")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    await one_waits(nurse, person, "98")
    await nurse.page.evaluate(SPOILT)
    await nurse.context.set_offline(False)
    await nurse.open(f"/wards/{site.world.a.ward_id}")
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await chip(nurse).click()
    item = nurse.page.locator("#outbox-list li[data-entry]")
    await expect(item).to_contain_text("cannot be read on this device any more")
    await item.get_by_role("button", name="Discard").click()
    await item.get_by_role("button", name="Discard for good").click()
    await item.get_by_role("button", name="Noted").click(timeout=30_000)
    await expect(chip(nurse)).to_have_count(0)
    async with site.world.owner() as db:
        what = await db.fetchval(
            "SELECT what FROM desk.discard WHERE staff_id = $1 AND person_id IS NULL AND acknowledged_at IS NOT NULL",
            site.world.staff["nurse_a"],
        )
    assert what == "An entry that could not be read"
    assert await sets_of(site, person) == []
    await done(nurse)


async def openings_of(site: Served, person: UUID, count: int) -> list[Any]:
    """The entries of the record about copies of a patient's pages, once there are that many."""
    rows: list[Any] = []
    for _ in range(150):
        async with site.world.owner() as db:
            rows = await db.fetch(
                "SELECT * FROM audit.entry WHERE action = 'copy.read' AND person_id = $1 ORDER BY at", person
            )
        if len(rows) >= count:
            return rows
        await asyncio.sleep(0.1)
    raise AssertionError(f"{len(rows)} openings, not {count}")


async def test_copies_that_were_opened_are_told_once_by_their_reader(browser: Browser, site: Served) -> None:
    first, second = await patients(site, "Opened", "Unopened")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, first, second)
    assert await openings_of(site, first, 0) == []
    await nurse.context.set_offline(True)
    await nurse.open(f"/patients/{first}/observations")
    await expect(nurse.page.locator(".stale")).to_contain_text("Copy from")
    await open_form(nurse, first)
    await expect(nurse.page.locator("#sheet [data-copy]")).to_be_visible()
    await nurse.context.set_offline(False)
    await nurse.open(f"/wards/{site.world.a.ward_id}")
    rows = await openings_of(site, first, 2)
    await nurse.page.reload()
    await until(nurse.page, "!Object.keys(localStorage).some((name) => name.startsWith('read '))")
    assert await openings_of(site, second, 0) == []
    rows = await openings_of(site, first, 2)
    details = [json.loads(row["detail"]) if isinstance(row["detail"], str) else row["detail"] for row in rows]
    assert {each["page"] for each in details} == {
        f"/patients/{first}/observations",
        f"/patients/{first}/observations/new",
    }
    assert {row["actor_id"] for row in rows} == {site.world.staff["nurse_a"]}
    assert len(rows) == 2
    await done(nurse)


async def test_an_opening_that_is_refused_holds_up_no_other(browser: Browser, site: Served) -> None:
    """Another version listed other pages, say."""
    [person] = await patients(site, "Listed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await open_form(nurse, person)
    await until(nurse.page, "self.outboxKey !== undefined")
    await nurse.page.evaluate(
        """async ([by, person]) => {
          for (const path of [`/patients/${person}/unlisted`, `/patients/${person}/given`, `/patients/${person}/medicines`])
            await self.outboxKey.inStore("reads", (reads) => reads.put({ id: crypto.randomUUID(), by, path, person, at: Date.now() }));
          localStorage.setItem(`read ${by.split(" ")[0]}`, "1");
        }""",
        [f"{site.world.staff['nurse_a']} {site.world.a.id}", str(person)],
    )
    await nurse.page.reload()
    rows = await openings_of(site, person, 2)
    assert len(rows) == 2
    await until(nurse.page, "self.outboxKey.inStore('reads', (reads) => reads.count()).then((count) => count === 1)")
    await done(nurse)


async def test_a_discarded_entry_is_told_and_stays_in_sight_until_it_is_noted(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Thrown")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await look_at(nurse, person)
    await one_waits(nurse, person, "400")
    await nurse.context.set_offline(False)
    await expect(chip(nurse)).to_have_text("1 not yet sent, 1 to decide", timeout=20_000)
    await nurse.context.set_offline(True)
    await chip(nurse).click()
    item = nurse.page.locator("#outbox-list li[data-entry]")
    await item.get_by_role("button", name="Discard").click()
    await item.get_by_label("Why").fill("Measured again")
    await item.get_by_role("button", name="Discard for good").click()
    await expect(chip(nurse)).to_have_text("1 not sent, discarded")
    await expect(item).to_contain_text("Why: Measured again")
    await expect(item.get_by_role("button", name="Noted")).to_have_count(0)
    await nurse.context.set_offline(False)
    await expect(item.get_by_role("button", name="Noted")).to_be_visible(timeout=30_000)
    async with site.world.owner() as db:
        row = await db.fetchrow("SELECT * FROM desk.discard WHERE person_id = $1", person)
    assert (row["reason"], row["what"], row["staff_id"]) == (
        "Measured again",
        "Observations",
        site.world.staff["nurse_a"],
    )
    await nurse.open("/outbox/discards")
    await expect(nurse.page.locator("main tr", has_text="THROWN")).to_contain_text("Measured again")
    await chip(nurse).click()
    await item.get_by_role("button", name="Noted").click()
    await expect(chip(nurse)).to_have_count(0)
    await nurse.open("/outbox/discards")
    await expect(nurse.page.locator("main h1")).to_have_text("Not sent")
    await expect(nurse.page.locator("main tr", has_text="THROWN")).to_have_count(0)
    assert await sets_of(site, person) == []
    await done(nurse)
