"""One shift of four people at four screens: from the prescription past an allergy and an interaction to the dose at the bed,
and from an order of the laboratory to a critical potassium that is acknowledged. By mouse, by keys alone, and by touch.

Nobody reloads a page: what one does is seen on another's screen by itself.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.people import Person, sit_down
from tests.browser.ways import Touch, Way, ways
from tests.client import Client
from tests.pharmacy import way as pharmacy
from tests.served import Served, worked
from wardline.pharmacy.labels import code_of
from wardline.pharmacy.models import Dispense

LIVE_MS = 8_000
IN_STOCK, NEEDED = 6, 14  # tablets: twice a day for a week, and the store has fewer
FAMILIES = {"mouse": "Okonjo", "keys": "Lindqvist", "touch": "Moreau"}


class Shift:
    """Who works, for whom, and how they use their screens."""

    def __init__(self, site: Served, way: Way, family: str) -> None:
        self.site, self.way, self.family = site, way, family
        self.failed: list[str] = []
        self.patient = self.number = self.bystander = self.label = ""

    async def begin(self, client: Client) -> None:
        """A patient with an allergy and a statin, another one in the next bed, and six tablets in the pharmacy."""
        world = self.site.world
        beds = {"mouse": (0, 1), "keys": (2, 3), "touch": (4, 5)}[self.way.name]
        person = await world.patient(world.a, family=self.family, given="Ada")
        other = await world.patient(world.a, family=f"{self.family}-Two", given="Bea")
        for who, bed in zip((person, other), beds, strict=True):
            await world.stay(world.a, who, bed=world.a.beds[bed])
        self.patient = str(person)
        async with world.owner() as db:
            number = "SELECT network_number FROM patients.person WHERE id = $1"
            self.number = await db.fetchval(number, person)
            self.bystander = await db.fetchval(number, other)
        allergy = {"substance": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}
        await client.post(f"/patients/{person}/allergies", allergy, as_="nurse_a")
        for kind, value in (("weight_kg", 61), ("creatinine_umol_per_l", 82)):
            await client.post(f"/patients/{person}/measures", {"kind": kind, "value": value}, as_="nurse_a")
        self.statin = await pharmacy.prescribed(client, "simvastatin 20 mg po on", person=str(person))
        tablet = {"ingredient": "clarithromycin", "form": "tablet", "strength": "500 mg", "unit": "tablet"}
        await pharmacy.stocked(client, 4, IN_STOCK - 4, **tablet)

    async def come(self, browser: Browser) -> None:
        """Four people sit down."""
        names = ("doctor_a", "pharmacist_a", "nurse_a", "laboratory_technician_a")
        options: dict[str, Any] = dict(self.way.options)
        people = await asyncio.gather(*(sit_down(browser, self.site, name, **options) for name in names))
        self.doctor, self.pharmacist, self.nurse, self.technician = people
        self.people: list[Person] = list(people)
        for each in people:
            each.context.on("response", lambda seen: self.failed.append(seen.url) if seen.status >= 500 else None)

    async def live(self, person: Person, path: str) -> None:
        """A page that is open and lives."""
        await person.open(path)
        await expect(person.page.locator("#live-chip")).to_contain_text("Live")


# --- the medicine ---------------------------------------------------------------------------------------------------------
async def prescribe(shift: Shift) -> None:
    """An allergy stops one drug; another one interacts, and the doctor says why it is given all the same."""
    way, page = shift.way, shift.doctor.page
    await shift.live(shift.doctor, f"/patients/{shift.patient}/medicines")
    await way.write(page.locator("#line"), "amox 500 tds 5d")
    basket = page.locator("#basket")
    await expect(basket).to_contain_text("amoxicillin: allergy to penicillin")
    await way.press(page.get_by_role("button", name=re.compile("^Sign 1 order")))
    await expect(page.locator("#reason")).to_be_visible()
    await expect(page.locator("#medicine-lists")).not_to_contain_text("amoxicillin")
    await way.write(page.locator("#line"), "clarithromycin 500 mg po every 12 hours 7d")
    await expect(basket).to_contain_text("clarithromycin")
    await expect(basket.locator(".panel.crit")).to_contain_text(re.compile("simvastatin", re.IGNORECASE))
    await way.choose(page.locator("#reason"), "specialist")
    if await page.locator("[name=confirmed]").count():
        await way.tick(page.locator("[name=confirmed]"))
    await way.press(page.get_by_role("button", name=f"Sign 1 order for {shift.family.upper()}, Ada"))
    await expect(page.locator("#medicine-lists")).to_contain_text("clarithromycin")


async def dispense(shift: Shift) -> None:
    """The order is in the queue by itself; it is verified, and the six tablets there are go out, the rest owed."""
    way, page, doctor = shift.way, shift.pharmacist.page, shift.doctor.page
    row = page.locator("#queue-body tr", has_text=shift.family.upper()).filter(has_text="clarithromycin")
    await expect(row).to_have_count(1, timeout=LIVE_MS)
    await expect(shift.nurse.page.locator("table.mar")).to_contain_text("clarithromycin", timeout=LIVE_MS)
    await way.press(row.locator("[data-row-link]"))
    await expect(page.locator("main")).to_contain_text("What the checks showed")
    await expect(page.locator("main")).to_contain_text(re.compile("simvastatin", re.IGNORECASE))
    await way.press(page.get_by_role("button", name="Verify clarithromycin"))
    await expect(page.get_by_role("heading", name="Dispense")).to_be_visible()
    ordered = doctor.locator("#medicine-lists tr, #medicine-lists li").filter(has_text="clarithromycin").first
    await expect(ordered).to_contain_text("Verified", timeout=LIVE_MS)
    await expect(page.locator("main")).to_contain_text(f"Only {IN_STOCK} tablets of {NEEDED} can be dispensed")
    await way.write(page.get_by_label("Dispense now, tablets"), str(IN_STOCK + 1))
    button = page.get_by_role("button", name=f"Dispense clarithromycin for {shift.family.upper()}, Ada")
    await way.press(button)
    await expect(page.locator(".problem").first).to_contain_text(f"{IN_STOCK} tablets")
    await way.write(page.get_by_label("Dispense now, tablets"), str(IN_STOCK))
    await way.press(button)
    await page.wait_for_url("**/dispenses/*")
    await expect(page.locator("main")).to_contain_text(f"{NEEDED - IN_STOCK} owed")
    await expect(ordered).to_contain_text(f"{NEEDED - IN_STOCK} owed", timeout=LIVE_MS)
    await read_label(shift)
    await way.write(page.get_by_label("Who takes it"), "Nurse of ward 7")
    await way.press(page.get_by_role("button", name="Hand over to them"))
    await expect(page.locator("main")).to_contain_text("Handed over")


async def read_label(shift: Shift) -> None:
    """What a scanner reads of the label that is printed."""
    page = shift.pharmacist.page
    printed = await page.get_by_role("link", name="Label").get_attribute("href")
    assert printed is not None
    label = await page.request.get(shift.site.address + printed)
    assert (label.status, (await label.body())[:5]) == (200, b"%PDF-")
    said = await page.request.get(page.url, headers={"accept": "application/json"})
    shift.label = code_of(msgspec.json.decode(await said.body(), type=Dispense))


async def give(shift: Shift) -> None:
    """Another wristband stops it, the label of another order stops it, then the right ones; the doctor sees it given."""
    way, page = shift.way, shift.nurse.page
    await way.give(page.locator("table.mar tr", has=page.get_by_role("link", name="clarithromycin")).first)
    await expect(page.locator("#patient_scan")).to_be_focused()
    stop = page.locator(".stopbox")
    await scan(way, page.locator("#patient_scan"), shift.bystander)
    await expect(stop).to_contain_text("This does not match")
    await expect(page.locator("#give-go")).to_have_attribute("aria-disabled", "true")
    # The next scan takes the place of the wrong one: nobody touches the screen between them.
    await scan(way, page.locator("#patient_scan"), shift.number)
    await expect(page.locator("[data-right=patient]")).to_have_class("ok")
    await expect(stop).to_have_count(0)
    await scan(way, page.locator("#drug_scan"), f"{shift.statin['id']}/D100000001".upper())
    await expect(stop).to_contain_text("This label is for another order")
    await expect(page.locator("#give-go")).to_have_attribute("aria-disabled", "true")
    await scan(way, page.locator("#drug_scan"), shift.label)
    await expect(page.locator("[data-right=medicine]")).to_have_class("ok")
    await expect(stop).to_have_count(0)
    if await page.locator("#time_reason").count():
        await way.write(page.locator("#time_reason"), "First dose at once")
    await expect(page.locator("#give-go")).not_to_have_attribute("aria-disabled", "true")
    await way.press(page.locator("#give-go"))
    await expect(page.locator("#give-form")).to_have_count(0)
    for each in (shift.nurse, shift.doctor):
        await expect(each.page.locator("table.mar .ds.given, table.mar .ds.late")).to_have_count(1, timeout=LIVE_MS)


async def scan(way: Way, field: Locator, words: str) -> None:
    """A scanner types where the focus is, and ends with Enter."""
    await expect(field).to_be_focused()
    await way.type(field.page, words)
    await field.page.keyboard.press("Enter")


# --- the laboratory -------------------------------------------------------------------------------------------------------
async def order(shift: Shift) -> None:
    """A stat potassium, which the ward sees at once."""
    way, page = shift.way, shift.doctor.page
    await way.press(page.get_by_role("navigation", name="Patient record").get_by_role("link", name="Results"))
    await way.press(page.get_by_role("link", name="Order tests"))
    await way.tick(page.get_by_label("Potassium", exact=True))
    await way.tick(page.get_by_role("radio", name="Stat"))
    await way.press(page.get_by_role("button", name=f"Order for {shift.family.upper()}, Ada"))
    await page.wait_for_url(f"**/patients/{shift.patient}/lab-orders")


async def collect(shift: Shift) -> None:
    """The row comes to the nurse by itself; another wristband is refused; the bench sees that it is on its way."""
    way, page = shift.way, shift.nurse.page
    row = page.locator("#collection-body tr", has_text=shift.family.upper())
    await expect(row).to_contain_text("Stat", timeout=LIVE_MS)
    await way.press(row.get_by_role("link", name="Collect"))
    button = page.get_by_role("button", name=f"Collected from {shift.family.upper()}, Ada")
    await way.write(page.get_by_label("Wristband"), shift.bystander)
    await way.press(button)
    await expect(page.locator(".problem").first).to_contain_text("another patient")
    await way.write(page.get_by_label("Wristband"), shift.number)
    await way.press(button)
    await expect(page.locator("main")).to_contain_text("On the way")


async def measure(shift: Shift) -> None:
    """Received, measured, released: the doctor's bell says so."""
    way, page = shift.way, shift.technician.page
    specimen = page.locator("#bench-body tr", has_text=shift.family.upper())
    await expect(specimen).to_contain_text("On the way", timeout=LIVE_MS)
    await way.press(specimen.get_by_role("link").first)
    await way.press(page.get_by_role("button", name="Received in the laboratory"))
    await way.write(page.get_by_label("Potassium, mmol/L"), "6.8")
    await page.keyboard.press("Enter")
    potassium = page.locator("tr", has_text="Potassium")
    await expect(potassium).to_contain_text("Critical")
    await way.press(page.get_by_role("button", name="Release technically"))
    await expect(potassium).to_contain_text("Nobody told yet")
    await expect(shift.doctor.page.locator("#bell")).to_contain_text("critical", timeout=LIVE_MS)


async def call(shift: Shift) -> None:
    """The technician tells it and hears it back; a wrong read-back is refused."""
    way, page = shift.way, shift.technician.page
    await way.press(page.get_by_role("link", name="Nobody told yet"))
    await way.write(page.get_by_label("Who was told"), "Sister Kim")
    await way.tick(page.get_by_label(re.compile(f"Name: {shift.family.upper()}")))
    await way.tick(page.get_by_label(re.compile("Born: ")))
    for said in ("8.6", "6.8"):
        await way.write(page.get_by_label(re.compile("The value they read back")), said)
        await way.press(page.get_by_role("button", name="Told and read back"))
        if said == "8.6":
            await expect(page.locator(".problem").first).to_contain_text("This is not the value on the report")
    await page.wait_for_url("**/lab")
    mine = page.locator("#lab-calls tr", has_text=shift.family.upper())
    await expect(mine).to_contain_text("not acknowledged yet")


async def acknowledge(shift: Shift) -> None:
    """The doctor comes to it by the bell and says what is done; it leaves the laboratory's list by itself."""
    way, page = shift.way, shift.doctor.page
    await way.press(page.locator("#bell a"))
    mine = page.locator("#tasks-body tr", has_text=shift.family.upper())
    await expect(mine).to_contain_text("Potassium 6.8")
    await way.press(mine.get_by_role("link", name="Critical result"))
    await way.write(page.get_by_label("What you do about it"), "Calcium and insulin")
    await way.press(page.get_by_role("button", name=f"Acknowledge Potassium 6.8 of {shift.family.upper()}"))
    await expect(page.locator("main")).to_contain_text("Calcium and insulin")
    mine = shift.technician.page.locator("#lab-calls tr", has_text=shift.family.upper())
    await expect(mine).to_have_count(0, timeout=LIVE_MS)


# --- the shift ------------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def hands(site: Served) -> AsyncGenerator[Client]:
    """A program that sets the stage."""
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        yield client


@pytest.fixture(scope="module")
def worker(site: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The product's worker, which makes the doses of new orders; what it writes."""
    folder = tmp_path_factory.mktemp("worker")
    with worked(site, folder):
        yield folder / "worker.log"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ways(), ids=lambda way: way.name)
async def test_one_shift_of_four_people(
    browser: Browser, site: Served, worker: Path, way: Way, capfd: pytest.CaptureFixture[str]
) -> None:
    shift = Shift(site, way, FAMILIES[way.name])
    async with hands(site) as client:
        await shift.begin(client)
    await shift.come(browser)
    await shift.live(shift.pharmacist, "/pharmacy/queue/new")
    await shift.live(shift.nurse, f"/patients/{shift.patient}/given")
    await shift.live(shift.technician, "/lab/benches/chemistry")
    await prescribe(shift)
    await dispense(shift)
    await shift.live(shift.doctor, f"/patients/{shift.patient}/given")
    await give(shift)
    await shift.live(shift.nurse, f"/wards/{site.world.a.ward_id}/collection")
    await order(shift)
    await collect(shift)
    await measure(shift)
    await call(shift)
    await acknowledge(shift)
    for each in shift.people:
        assert not each.broken, each.broken
        await each.context.close()
    assert shift.failed == []
    written = capfd.readouterr()
    said = written.out + written.err + await asyncio.to_thread(worker.read_text)
    assert not re.search(r"\[error|\[critical|Traceback", said), said[-2000:]
    assert not isinstance(way, Touch) or way.small == [], "\n".join(way.small)
