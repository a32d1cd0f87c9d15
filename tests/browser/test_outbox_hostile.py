"""What can go wrong besides the network: windows that close, clocks, sessions, orders, storage, versions, long lists. The
screen says what is not sent, and nothing is lost or doubled."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from playwright.async_api import Browser, expect

from tests.browser.line import lined
from tests.browser.offline import chip, done, enter, kept, open_form, ready
from tests.browser.people import Person, sit_down
from tests.browser.test_outbox import look_at, patients, sets_of, sign_in, stored
from tests.browser.test_round_offline import give_dose
from tests.browser.waits import until
from tests.client import Client
from tests.mar.bedside import bed, change, chart, order, recorded
from tests.served import Served
from wardline.desk import offline

HOUR_MS = 3_600_000
# The clock of the device is an hour slow, as pages see it.
SLOW = f"""const real = Date.now; const Real = Date;
window.Date = class extends Real {{ constructor(...given) {{ given.length ? super(...given) : super(real() - {HOUR_MS}); }} }};
window.Date.now = () => real() - {HOUR_MS};"""
# A private window of some browsers, or a policy, that keeps nothing.
REFUSED = """indexedDB.open = () => { throw new DOMException("refused", "SecurityError"); };"""
FULL = """IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };"""
MANY = """async ([person, count]) => {
  const { staff, hospital, name } = document.body.dataset;
  const now = Date.now();
  for (let number = 0; number < count; number += 1) {
    const id = crypto.randomUUID();
    const body = `pulse_per_min=${60 + (number % 40)}&idempotency_key=${id}`;
    await window.wardline.outbox.put({ id, url: `/patients/${person}/observations`, body, what: "Observations", person,
      patient: "MANY, Asha", patientId: "1", page: "", replaces: "", shown: [["Pulse", `${60 + (number % 40)}`]], by: staff,
      at: hospital, authorName: name, enteredMs: now + number, sentMs: now, firstMs: now, faults: 0, state: "waiting", problem: null });
  }
  await window.wardline.sendLater();
}"""


async def watched(nurse: Person, person: UUID) -> None:
    await ready(nurse)
    await look_at(nurse, person)


async def test_a_window_that_was_closed_while_it_sent_is_not_forgotten(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Closed")
    async with lined(site) as (behind, line):
        nurse = await sit_down(browser, behind, "nurse_a")
        await watched(nurse, person)
        await open_form(nurse, person)
        line.stuck = True
        await enter(nurse.page, {"pulse_per_min": "71"})
        await until(nurse.page, "window.wardline.outbox.rows().then((rows) => rows[0]?.state === 'sending')")
        await line.cut()
        await nurse.page.close()
        nurse.page = await nurse.context.new_page()
        await nurse.open(f"/patients/{person}/observations")
        await expect(chip(nurse)).to_have_text("1 not yet sent")
        await nurse.page.close()
        nurse.page = await nurse.context.new_page()
        await nurse.open("/tasks")
        await expect(nurse.page.locator("#outbox-here")).to_contain_text("71 per min")
        await line.mend()
        await nurse.open(f"/wards/{site.world.a.ward_id}")
        assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [71]
        await expect(chip(nurse)).to_have_count(0)
        await done(nurse)


async def test_the_clock_of_the_device_is_an_hour_slow(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Slow")
    nurse = await sit_down(browser, site, "nurse_a")
    await nurse.context.add_init_script(SLOW)
    await ready(nurse)
    await nurse.open(f"/patients/{person}/observations")
    await open_form(nurse, person)
    entered = datetime.now(UTC)
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "72"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await nurse.context.set_offline(False)
    [row] = await stored(site, person, 1)
    assert abs(row["taken_at"] - entered) < timedelta(minutes=2), "by the server's clock, whatever the device's says"
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_a_session_that_is_over_holds_nothing_back_for_good(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Expired")
    nurse = await sit_down(browser, site, "nurse_a")
    await watched(nurse, person)
    await open_form(nurse, person)
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "73"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    async with site.world.owner() as db:
        ended = "UPDATE identity.session SET ended_at = now(), ended_reason = 'idle' WHERE staff_id = $1 AND ended_at IS NULL AND client IS NOT NULL"
        await db.execute(ended, site.world.staff["nurse_a"])
    await nurse.context.clear_cookies(name="__Host-wardline")
    await nurse.page.goto("about:blank")
    await nurse.context.set_offline(False)
    assert await sets_of(site, person) == []
    await sign_in(nurse, "nurse_a")
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [73]
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_an_order_that_was_stopped_meanwhile_is_for_a_person_to_decide(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        at = await bed(client)
        made = await order(client, at, "furosemide 40 mg po stat")
        dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        await nurse.open(f"{at.path}/given")
        await kept(nurse, f"page:{at.path}/given", f"part:/doses/{dose['id']}")
        await nurse.context.set_offline(True)
        await give_dose(nurse, at, dose)
        await expect(chip(nurse)).to_have_text("1 not yet sent")
        await change(client, made, "stop")
        await nurse.context.set_offline(False)
        await expect(chip(nurse)).to_have_text("1 not yet sent, 1 to decide", timeout=20_000)
        await chip(nurse).click()
        await expect(nurse.page.locator("#outbox-list li[data-entry]")).to_contain_text("stopped")
        assert await recorded(client, dose) == []
    await done(nurse)


async def test_storage_that_is_refused_or_full_is_said_and_the_form_keeps_it(browser: Browser, site: Served) -> None:
    for number, refusal in enumerate((REFUSED, FULL)):
        [person] = await patients(site, f"Refused{number}")
        nurse = await sit_down(browser, site, "nurse_a")
        await ready(nurse)
        await nurse.context.add_init_script(refusal)
        await nurse.open(f"/patients/{person}/observations")
        await open_form(nurse, person)
        await nurse.context.set_offline(True)
        await enter(nurse.page, {"pulse_per_min": "74"})
        await expect(nurse.page.locator("#sheet .obnot")).to_contain_text("Not sent, and this device cannot keep it")
        await expect(nurse.page.locator("#sheet #pulse_per_min")).to_have_value("74")
        await nurse.context.set_offline(False)
        await nurse.page.click("#sheet #obs-go")
        assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [74]
        await nurse.context.close()


async def test_a_new_version_meanwhile_leaves_what_waits_and_the_open_page(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Version")
    nurse = await sit_down(browser, site, "nurse_a")
    await watched(nurse, person)
    await open_form(nurse, person)
    before = offline.KEPT_MAX
    try:
        offline.KEPT_MAX = before + 1  # another text, as a new version has
        offline._worker.cache_clear()  # pyright: ignore[reportPrivateUsage]
        await nurse.page.evaluate(
            "navigator.serviceWorker.getRegistration().then((found) => { window.changed = new Promise((done) =>"
            " navigator.serviceWorker.addEventListener('controllerchange', done)); return found.update(); })"
        )
        await nurse.page.evaluate("window.changed.then(() => true)")
    finally:
        offline.KEPT_MAX = before
        offline._worker.cache_clear()  # pyright: ignore[reportPrivateUsage]
    await until(nurse.page, "Boolean(window.wardline.outbox?.flush)")
    await nurse.context.set_offline(True)
    await enter(nurse.page, {"pulse_per_min": "75"})
    await expect(chip(nurse)).to_have_text("1 not yet sent")
    await nurse.context.set_offline(False)
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [75]
    await expect(chip(nurse)).to_have_count(0)
    await done(nurse)


async def test_two_hundred_entries_are_listed_and_each_is_stored_once(browser: Browser, site: Served) -> None:
    [person] = await patients(site, f"Many{uuid4().hex[:6]}")
    nurse = await sit_down(browser, site, "nurse_a")
    await watched(nurse, person)
    await open_form(nurse, person)
    await nurse.context.set_offline(True)
    await nurse.page.evaluate(MANY, [str(person), 200])
    await expect(chip(nurse)).to_have_text("200 not yet sent")
    await chip(nurse).click()
    await expect(nurse.page.locator("#outbox-list li[data-entry]")).to_have_count(200)
    await nurse.context.set_offline(False)
    await expect(chip(nurse)).to_have_count(0, timeout=90_000)
    rows = await sets_of(site, person)
    assert sorted(row["pulse_per_min"] for row in rows) == sorted([*range(60, 100)] * 5)
    await done(nurse)
