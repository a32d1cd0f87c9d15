"""Whether NEWS2 is for a patient is judged by the day of the hospital, not by that of UTC."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from tests.client import Client
from tests.vitals.test_pages import FRAGMENT, SET, page, preview
from tests.world import World
from wardline.encounters.public import ObservedStay
from wardline.vitals.current import offered_to

EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # 14 hours ahead of UTC, 11 behind it


@pytest.mark.parametrize(
    ("zone", "now", "offered"),
    [
        (EAST, datetime(2026, 3, 11, 9, 59, tzinfo=UTC), False),
        (EAST, datetime(2026, 3, 11, 10, 0, tzinfo=UTC), True),
        (WEST, datetime(2026, 3, 12, 10, 59, tzinfo=UTC), False),
        (WEST, datetime(2026, 3, 12, 11, 0, tzinfo=UTC), True),
        ("UTC", datetime(2026, 3, 12, 0, 0, tzinfo=UTC), True),
    ],
)
def test_the_sixteenth_birthday_begins_at_the_hospitals_midnight(zone: str, now: datetime, offered: bool) -> None:
    stay = cast("ObservedStay", SimpleNamespace(born_on=date(2010, 3, 12), pregnant=False))
    assert offered_to(stay, now, zone).offered is offered


async def test_form_preview_and_stored_set_go_by_the_hospitals_day(client: Client) -> None:
    """In the zone where it is another day than in UTC just now."""
    there = Client.__new__(Client)
    there.http, there.world = client.http, await World.build(client.world.owner_url)
    now = datetime.now(UTC)
    zone = EAST if now.hour >= 10 else WEST
    today = max(now.date(), now.astimezone(ZoneInfo(zone)).date())
    async with there.world.owner() as db:
        await db.execute("UPDATE identity.hospital SET time_zone = $1 WHERE id = $2", zone, there.world.a.id)
    person = await there.world.patient(there.world.a, born=today.replace(year=today.year - 16))
    await there.world.stay(there.world.a, person)
    shown = await page(there, f"/patients/{person}/observations/new", headers=FRAGMENT)
    assert ("people under 16" in shown) is (zone == WEST)
    drafted = await preview(there, person, "respiration_per_min=24&spo2_percent=92&on_oxygen=true")
    assert bool(drafted["label"]) is (zone == EAST)
    saved = await there.post(f"/patients/{person}/observations", SET, as_="nurse_a")
    assert saved.status_code == 201, saved.text
    [item] = (await there.get(f"/patients/{person}/observations", as_="nurse_a")).json()["items"]
    assert (item["score"] is not None) is (zone == EAST)
    summary = (await there.get(f"/patients/{person}", as_="doctor_a")).json()
    assert (summary["news"]["band"] is not None) is (zone == EAST)
