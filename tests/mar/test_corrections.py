"""What becomes of something recorded, through the front door: amended, signed by two again, marked as an error."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.client import Client
from tests.mar.bedside import WORD, Bed, bed, chart, give, moved, needed, order, scans, stat, with_password
from wardline.mar.rules import clock_near


@pytest.fixture
async def at(client: Client) -> Bed:
    return await bed(client)


async def test_an_amendment_keeps_what_was_said(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    item = (await give(client, dose, scans(at, dose))).json()
    path = f"/administrations/{item['id']}"
    assert (
        await client.post(f"{path}/amendment", {"why": "Half was spilt", "amount": 20}, as_="nurse_a")
    ).status_code == 428
    amended = await client.post(f"{path}/amendment", {"why": "Half was spilt", "amount": 20}, as_="nurse_a", version=1)
    assert amended.json()["amount"] == 20
    history = (await client.get(path, as_="nurse_a")).json()["history"]
    assert [step["kind"] for step in history] == ["recorded", "amended"]
    assert '"amount":40' in history[1]["before"].replace(" ", "")


async def test_an_amended_time_is_late_by_the_window_of_its_dose(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await moved(client, dose, -45)
    item = (await give(client, dose, scans(at, dose, time_reason="Was in theatre"))).json()
    five_ago = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    body = {"why": "It was earlier", "given_at": five_ago}
    amended = await client.post(f"/administrations/{item['id']}/amendment", body, as_="nurse_a", version=1)
    assert (amended.status_code, amended.json()["timing"]) == (200, "late"), amended.text


async def test_another_dose_of_a_controlled_drug_is_signed_by_two_as_well(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "morphine 5 mg ir po stat")
    doctor = await with_password(client, "doctor_a")
    signed = {"witness_email": doctor, "witness_password": WORD}
    item = (await give(client, dose, scans(at, dose, **signed))).json()
    path = f"/administrations/{item['id']}"
    assert 'name="witness_password"' in (await client.get(path, as_="nurse_a", html=True)).text
    more = {"why": "The ampoule held ten", "amount": 10}
    alone = await client.post(f"{path}/amendment", more, as_="nurse_a", version=1)
    assert (alone.status_code, set(alone.json()["fields"])) == (422, {"witness_email"})
    own = await with_password(client, "nurse_a")
    self_signed = more | signed | {"witness_email": own}
    assert (await client.post(f"{path}/amendment", self_signed, as_="nurse_a", version=1)).status_code == 422
    by_two = await client.post(f"{path}/amendment", more | signed, as_="nurse_a", version=1)
    assert (by_two.status_code, by_two.json()["amount"]) == (200, 10), by_two.text
    [_, step] = (await client.get(path, as_="nurse_a")).json()["history"]
    assert (step["kind"], bool(step["witness"])) == ("amended", True)
    words = await client.post(f"{path}/amendment", {"why": "More words", "words": "Pain 8"}, as_="nurse_a", version=2)
    assert words.status_code == 200, "nothing but the dose needs a second person"


async def test_an_amended_clock_is_of_the_day_of_the_recording(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await moved(client, dose, -45)
    item = (await give(client, dose, scans(at, dose, time_reason="Was in theatre"))).json()
    past = datetime.now(UTC) - timedelta(hours=30)  # as if it had been recorded the day before
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = now() - interval '3 days' WHERE id = $1",
            UUID(item["medicine_id"]),
        )
        await db.execute(
            "UPDATE mar.administration SET recorded_at = $2, happened_at = $2 WHERE id = $1", UUID(item["id"]), past
        )
    zone = ZoneInfo(await zone_of(client))
    earlier = past - timedelta(minutes=5)
    body = {"why": "It was earlier", "given_clock": f"{earlier.astimezone(zone):%H:%M}"}
    amended = await client.post(f"/administrations/{item['id']}/amendment", body, as_="nurse_a", version=1)
    assert amended.status_code == 200, amended.text
    happened = datetime.fromisoformat(amended.json()["happened_at"])
    assert timedelta(0) <= earlier - happened < timedelta(minutes=1)


async def test_an_amended_clock_is_of_the_day_of_the_dose(client: Client, at: Bed) -> None:
    """A dose that was recorded two days after it was given stays on its day."""
    dose = await stat(client, at)
    item = (await give(client, dose, scans(at, dose))).json()
    given_at = datetime.now(UTC) - timedelta(hours=50)
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = now() - interval '3 days' WHERE id = $1",
            UUID(item["medicine_id"]),
        )
        await db.execute("UPDATE mar.administration SET happened_at = $2 WHERE id = $1", UUID(item["id"]), given_at)
    later = given_at + timedelta(minutes=20)
    body = {"why": "A slip", "given_clock": f"{later.astimezone(ZoneInfo(await zone_of(client))):%H:%M}"}
    amended = await client.post(f"/administrations/{item['id']}/amendment", body, as_="nurse_a", version=1)
    assert amended.status_code == 200, amended.text
    assert timedelta(0) <= later - datetime.fromisoformat(amended.json()["happened_at"]) < timedelta(minutes=1)


def test_the_nearest_clock_is_not_after_the_recording() -> None:
    zone = ZoneInfo("Europe/London")
    dose, recorded_at = datetime(2026, 11, 25, 0, 10, 30, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC)
    near = partial(clock_near, near=dose, latest=recorded_at, zone=zone)
    assert near("23:50") == datetime(2026, 11, 24, 23, 50, tzinfo=UTC)
    assert near("00:10") == dose, "the same minute is no other time"
    assert near("00:50") == datetime(2026, 11, 25, 0, 50, tzinfo=UTC)
    assert near("01:20") == datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
    assert near("25:00") is None
    twice = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)  # the second 01:40 of that night
    assert clock_near("01:30", twice, twice + timedelta(hours=1), zone) == twice - timedelta(minutes=10)


async def zone_of(client: Client) -> str:
    async with client.world.owner() as db:
        return await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.a.id)


async def test_a_dose_is_not_amended_to_before_its_order(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    item = (await give(client, dose, scans(at, dose))).json()
    made = await order(client, at, "paracetamol 1 g po prn max 4 g/24h")
    when_needed = (await needed(client, at, made, confirmed=True)).json()
    before = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    for recorded_one in (item, when_needed):
        path = f"/administrations/{recorded_one['id']}/amendment"
        answer = await client.post(path, {"why": "Earlier", "given_at": before}, as_="nurse_a", version=1)
        assert (answer.status_code, answer.json().get("fields")) == (
            422,
            {"given_at": "This is before the order was signed."},
        )


async def test_an_infusion_that_began_earlier_has_run_in_since_then(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "sodium chloride 1 litre iv over 8 hours stat")
    await moved(client, dose, -70)
    item = (await give(client, dose, scans(at, dose, route_checked=True, time_reason="New line"))).json()
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    path = f"/administrations/{item['id']}"
    body = {"why": "It was begun an hour ago", "given_at": an_hour_ago}
    assert (await client.post(f"{path}/amendment", body, as_="nurse_a", version=1)).status_code == 200
    slower = await client.post(f"{path}/infusion", {"act": "rate_changed", "rate": 100}, as_="nurse_a", version=2)
    assert slower.json()["volume_given_ml"] == pytest.approx(125, abs=2)
    later = {"why": "Or just now", "given_at": (datetime.now(UTC) + timedelta(seconds=20)).isoformat()}
    refused_one = await client.post(f"{path}/amendment", later, as_="nurse_a", version=3)
    assert refused_one.status_code == 422
    assert "changed before that" in str(refused_one.json()["fields"])


async def test_an_error_stays_and_its_dose_is_due_again(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    item = (await give(client, dose, scans(at, dose))).json()
    path = f"/administrations/{item['id']}/correction"
    assert (await client.post(path, {"reason": "Other patient"}, as_="nurse_a", version=1)).json()[
        "state"
    ] == "entered_in_error"
    assert (await client.post(path, {"reason": "Other patient"}, as_="nurse_a", version=2)).status_code == 409
    [again] = [each for each in (await chart(client, at))["doses"] if each["id"] == dose["id"]]
    assert again["state"] == "due"
    assert (await give(client, again, scans(at, again))).status_code == 200
