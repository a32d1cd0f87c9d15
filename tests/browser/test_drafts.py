"""A set of observations that was begun and not saved: offered to its author with its time, filled in for nobody by itself,
and readable by no other user of the device.
"""

from uuid import UUID

from playwright.async_api import Browser, Locator, expect

from tests.browser.offline import done, open_form, ready
from tests.browser.people import Person, sit_down
from tests.browser.test_outbox import patients, sets_of, sign_in, stored
from tests.browser.test_outbox_sealed import KEYS
from tests.browser.waits import until
from tests.served import Served

# The drafts of who is signed in, opened with their key; and put back `hours` older.
DRAFTS = """async (hours = 0) => {
  const owner = `${document.body.dataset.staff} ${document.body.dataset.hospital}`;
  const way = (iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(owner) });
  const key = await self.outboxKey.known(owner);
  const row = await self.outboxKey.inStore("drafts", (rows) => rows.get(owner));
  if (!row) return [];
  const drafts = JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(way(row.iv), key, row.sealed)));
  for (const draft of Object.values(drafts)) draft.at -= hours * 3_600_000;
  const sealed = await crypto.subtle.encrypt(way(row.iv), key, new TextEncoder().encode(JSON.stringify(drafts)));
  if (hours) await self.outboxKey.inStore("drafts", (rows) => rows.put({ ...row, sealed }));
  return Object.values(drafts);
}"""
BYTES = """async () => {
  const rows = await self.outboxKey.inStore("drafts", (all) => all.getAll());
  const words = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new TextDecoder("latin1").decode(value) : value;
  return JSON.stringify(rows, (name, value) => words(value));
}"""
COUNT = "self.outboxKey.inStore('drafts', (rows) => rows.count())"


def offered(nurse: Person) -> Locator:
    return nurse.page.locator("#sheet #obs-draft")


async def begin(nurse: Person, person: UUID, **values: str) -> None:
    """Type into the form, and wait until the device keeps it."""
    await open_form(nurse, person)
    for name, value in values.items():
        await nurse.page.fill(f"#sheet #{name}", value)
    await until(nurse.page, f"({DRAFTS})().then((all) => all.some(({{ values }}) => values.length === {len(values)}))")


async def go_away(nurse: Person) -> None:
    """Close the window, and open another one later."""
    await nurse.page.close()
    nurse.page = await nurse.context.new_page()


async def test_an_unsaved_set_is_offered_on_return_with_its_time(browser: Browser, site: Served) -> None:
    person, other = await patients(site, "Called", "Neighbour")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await begin(nurse, person, respiration_per_min="18", pulse_per_min="91")
    taken = await nurse.page.input_value("#sheet #taken_clock")
    text = await nurse.page.evaluate(BYTES)
    for secret in (str(person), "CALLED", "pulse_per_min", "Pulse"):
        assert secret not in text
    await go_away(nurse)
    await open_form(nurse, other)
    await expect(offered(nurse)).to_have_count(0)
    await open_form(nurse, person)
    await expect(offered(nurse)).to_contain_text("You began a set at")
    await expect(offered(nurse)).to_contain_text("Respiration 18 per min, Pulse 91 per min")
    assert await nurse.page.input_value("#sheet #pulse_per_min") == ""
    await offered(nurse).get_by_role("button", name="Go on").click()
    await expect(nurse.page.locator("#sheet #pulse_per_min")).to_have_value("91")
    await expect(nurse.page.locator("#sheet #taken_clock")).to_have_value(taken)
    await expect(nurse.page.locator("#sheet #obs-total")).to_contain_text("2 of 7")
    await nurse.page.click("#sheet #obs-go")
    assert [row["pulse_per_min"] for row in await stored(site, person, 1)] == [91]
    await expect(nurse.page.locator("main b.v", has_text="91").first).to_be_visible()
    await expect(nurse.page.locator("#sheet form")).to_have_count(0)
    await go_away(nurse)
    await open_form(nurse, person)
    await until(nurse.page, "self.outboxKey !== undefined")
    await until(nurse.page, f"{COUNT}.then((count) => count === 0)")
    await expect(offered(nurse)).to_have_count(0)
    await done(nurse)


async def test_an_old_set_says_how_old_it_is_and_one_of_another_day_can_only_be_read(
    browser: Browser, site: Served
) -> None:
    [person] = await patients(site, "Aged")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await begin(nurse, person, pulse_per_min="92")
    await nurse.page.evaluate(DRAFTS, 2)
    await go_away(nurse)
    await open_form(nurse, person)
    await expect(offered(nurse)).to_contain_text("2 h ago")
    await expect(offered(nurse)).to_contain_text("Going on keeps its time")
    assert await nurse.page.input_value("#sheet #pulse_per_min") == ""
    await nurse.page.evaluate(DRAFTS, 11)
    await go_away(nurse)
    await open_form(nurse, person)
    await expect(offered(nurse)).to_contain_text("Pulse 92 per min")
    await expect(offered(nurse)).to_contain_text("too old to go on with")
    await expect(offered(nurse).get_by_role("button", name="Go on")).to_have_count(0)
    await offered(nurse).get_by_role("button", name="Throw away").click()
    await expect(offered(nurse)).to_have_count(0)
    await until(nurse.page, f"{COUNT}.then((count) => count === 0)")
    await done(nurse)


async def test_what_is_typed_now_is_not_mixed_with_what_was_taken_then(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Mixed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await begin(nurse, person, pulse_per_min="95")
    await go_away(nurse)
    await open_form(nurse, person)
    await expect(offered(nurse)).to_contain_text("Pulse 95 per min")
    await nurse.page.fill("#sheet #respiration_per_min", "17")
    await expect(offered(nurse).get_by_role("button", name="Go on")).to_be_disabled()
    await nurse.page.click("#sheet #obs-go")
    [kept] = await stored(site, person, 1)
    assert kept["pulse_per_min"] is None
    await done(nurse)


async def test_a_set_that_is_closed_on_purpose_is_gone(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Closed")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await begin(nurse, person, pulse_per_min="93")
    close = nurse.page.locator("#sheet [data-close]")
    await close.click()
    await expect(nurse.page.locator("#toast")).to_contain_text("Close once more to discard it")
    await close.click()
    await until(nurse.page, f"{COUNT}.then((count) => count === 0)")
    await open_form(nurse, person)
    await expect(offered(nurse)).to_have_count(0)
    await done(nurse)


async def test_the_next_user_of_the_computer_sees_nothing_of_it(browser: Browser, site: Served) -> None:
    [person] = await patients(site, "Shared")
    nurse = await sit_down(browser, site, "nurse_a")
    await ready(nurse)
    await begin(nurse, person, pulse_per_min="94")
    await nurse.page.keyboard.press("Escape")
    await nurse.page.locator("button.who").click()
    await nurse.page.get_by_role("button", name="Sign out").click()
    await expect(nurse.page.locator("#email")).to_be_visible()
    await until(nurse.page, f"({KEYS})().then((keys) => keys.length === 0)")
    await sign_in(nurse, "doctor_a")
    await open_form(nurse, person)
    await until(nurse.page, "self.outboxKey !== undefined")
    await expect(offered(nurse)).to_have_count(0)
    assert await nurse.page.evaluate(DRAFTS) == []
    await nurse.context.clear_cookies(name="__Host-wardline")
    await sign_in(nurse, "nurse_a")
    await open_form(nurse, person)
    await expect(offered(nurse)).to_contain_text("Pulse 94 per min")
    assert await sets_of(site, person) == []
    await done(nurse)
