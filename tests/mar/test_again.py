"""A dose that would be one too many: by another order, too near, by weight, faster than ordered, after a stop, or kept too
long; and what the pharmacist's word and label are worth at the bed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.client import Client
from tests.mar.bedside import Bed, bed, change, chart, give, moved, needed, order, scans, stat
from tests.pharmacy import way
from wardline.pharmacy import labels
from wardline.pharmacy.models import Dispense


@pytest.fixture
async def at(client: Client) -> Bed:
    return await bed(client)


# --- as needed -----------------------------------------------------------------------------------------------------------
async def test_an_ingredient_given_by_another_order_is_asked_about(client: Client, at: Bed) -> None:
    regular = await stat(client, at, "paracetamol 1 g po stat")
    made = await order(client, at, "paracetamol 500 mg po every 4 hours prn")
    assert (await give(client, regular, scans(at, regular))).status_code == 200
    asked = await needed(client, at, made)
    assert (asked.status_code, set(asked.json()["fields"])) == (422, {"confirmed"}), asked.text
    assert "Paracetamol was given by another order" in asked.json()["fields"]["confirmed"]
    sheet = await client.get(f"/medicines/{made['id']}/giving", as_="nurse_a", html=True)
    assert 'name="confirmed"' in sheet.text
    assert (await needed(client, at, made, confirmed=True)).status_code == 200


async def test_an_as_needed_dose_without_a_gap_is_not_given_again_by_a_second_tab(client: Client, at: Bed) -> None:
    made = await order(client, at, "cyclizine 50 mg po tds prn")
    assert (await needed(client, at, made)).status_code == 200
    again = await needed(client, at, made, who="doctor_a")
    assert (again.status_code, set(again.json()["fields"])) == (422, {"confirmed"}), again.text


async def test_a_maximum_holds_over_two_orders_at_once(client: Client, at: Bed) -> None:
    first = await order(client, at, "paracetamol 1 g po qds prn max 2 g")
    second = await order(client, at, "paracetamol 1 g pr qds prn max 2 g")
    for _ in range(2):
        await asyncio.gather(*(needed(client, at, made, confirmed=True) for made in (first, second) for _ in range(10)))
    async with client.world.owner() as db:
        given = await db.fetchval("SELECT count(*) FROM mar.administration WHERE person_id = $1", at.person)
    assert given == 2


async def test_an_order_that_is_written_anew_begins_no_new_day(client: Client, at: Bed) -> None:
    first = await order(client, at, "cyclizine 50 mg po tds prn")
    for hours in (20, 14, 8):
        given = await needed(client, at, first, confirmed=True)
        assert given.status_code == 200, given.text
        async with client.world.owner() as db:
            await db.execute(
                "UPDATE mar.administration SET happened_at = now() - $2 * interval '1 hour' WHERE id = $1",
                UUID(given.json()["id"]),
                hours,
            )
    await change(client, first, "stop")
    anew = await order(client, at, "cyclizine 50 mg po tds prn")
    asked = await needed(client, at, anew)
    words = "Given 3 times in 24 hours with another order, ordered at most 3 times"
    assert (asked.status_code, words in asked.json()["fields"]["confirmed"]) == (422, True), asked.text
    assert words in (await client.get(f"/medicines/{anew['id']}/giving", as_="nurse_a", html=True)).text
    assert (await needed(client, at, anew, confirmed=True)).status_code == 200, "somebody decides"


# --- planned -------------------------------------------------------------------------------------------------------------
async def test_two_doses_of_an_order_close_together_need_a_reason(client: Client, at: Bed) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds")
    first, second = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"]][:2]
    await moved(client, first, -300)
    await moved(client, second, -10)
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE mar.dose d SET since = m.prescribed_at FROM orders.medicine m WHERE m.id = $1 AND d.medicine_id = m.id",
            UUID(made["id"]),
        )
    late = scans(at, first, time_reason="Was in theatre")
    assert (await give(client, first, late)).status_code == 200
    near = await give(client, second, scans(at, second))
    assert (near.status_code, set(near.json()["fields"])) == (422, {"time_reason"}), near.text
    assert "from the last dose" in near.text
    page = await client.get(f"/doses/{second['id']}", as_="nurse_a", html=True)
    assert 'name="time_reason"' in page.text
    assert (await give(client, second, scans(at, second, time_reason="Asked the doctor"))).status_code == 200


async def test_a_dose_by_weight_is_near_what_the_weight_makes_of_it(client: Client, at: Bed) -> None:
    async with client.world.owner() as db:
        await db.execute(
            "INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, recorded_by)"
            " VALUES ($1, gen_random_uuid(), $2, 'weight_kg', 20, now(), $3)",
            client.world.a.id,
            at.person,
            client.world.staff["nurse_a"],
        )
    dose = await stat(client, at, "paracetamol 15 mg/kg po stat")
    too_much = await give(client, dose, scans(at, dose, amount=1000))
    assert (too_much.status_code, too_much.json()["code"]) == (422, "rights_differ"), too_much.text
    assert "300 mg at 20 kg" in too_much.text
    assert (await give(client, dose, scans(at, dose, amount=320))).status_code == 200


async def test_an_error_is_asked_for_anew_and_an_older_line_is_not(client: Client, at: Bed) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds")
    [dose, *_] = (await chart(client, at))["doses"]
    await moved(client, dose, 20)
    item = (await give(client, dose, scans(at, dose))).json()
    async with client.world.owner() as db:
        await db.execute("UPDATE mar.dose SET task_id = gen_random_uuid() WHERE id = $1", UUID(dose["id"]))
    await change(client, made, "change", {"line": "amoxicillin 250 mg po tds", "why": "Kidneys"})
    await chart(client, at)
    await client.post(
        f"/administrations/{item['id']}/correction", {"reason": "Other patient"}, as_="nurse_a", version=1
    )
    async with client.world.owner() as db:
        row = await db.fetchrow("SELECT state, task_id FROM mar.dose WHERE id = $1", UUID(dose["id"]))
    assert (row["state"], row["task_id"]) == ("withdrawn", None)


# --- infusions -----------------------------------------------------------------------------------------------------------
async def test_an_infusion_does_not_go_on_after_a_stop_nor_faster_than_ordered(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "sodium chloride 1 litre iv over 8 hours stat")
    faster = await give(client, dose, scans(at, dose, route_checked=True, rate=999))
    assert (faster.status_code, faster.json()["code"]) == (422, "rights_differ"), faster.text
    larger = await give(client, dose, scans(at, dose, route_checked=True, volume_ml=2000))
    assert (larger.status_code, larger.json()["code"]) == (422, "rights_differ"), larger.text
    item = (await give(client, dose, scans(at, dose, route_checked=True))).json()
    path = f"/administrations/{item['id']}/infusion"

    async def step(version: int, **body: Any) -> Any:
        return await client.post(path, body, as_="nurse_a", version=version)

    assert (await step(1, act="rate_changed", rate=200)).json()["code"] == "rights_differ"
    assert (await step(1, act="paused", words="Line out")).status_code == 200
    await client.post(f"/medicines/{dose['medicine_id']}/stop", {"reason": "Overload"}, as_="doctor_a", version=1)
    again = await step(2, act="resumed")
    assert (again.status_code, again.json()["code"]) == (409, "order_not_standing"), again.text
    assert (await step(2, act="stopped", words="Order stopped")).status_code == 200


# --- kept by a screen ----------------------------------------------------------------------------------------------------
async def test_a_clock_of_two_days_ago_is_not_of_today(client: Client, at: Bed) -> None:
    """What a device kept for two days is of then; what it kept for longer than a week needs its day said."""
    dose = await stat(client, at)
    await moved(client, dose, -2 * 24 * 60)
    async with client.world.owner() as db:
        medicine = UUID(dose["medicine_id"])
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = now() - interval '20 days' WHERE id = $1", medicine
        )
        await db.execute(
            "UPDATE mar.dose SET since = (SELECT prescribed_at FROM orders.medicine WHERE id = $1) WHERE medicine_id = $1",
            medicine,
        )
    pressed = datetime.now(UTC) - timedelta(days=2)
    body = scans(at, dose, given_clock=f"{pressed:%H:%M}")

    async def kept(at_time: datetime) -> Any:
        return await give(client, dose, body, headers={"wardline-entered-at": at_time.isoformat()})

    old = await kept(pressed - timedelta(days=6))
    assert (old.status_code, set(old.json()["fields"])) == (422, {"given_clock"}), old.text
    answer = await client.post(
        f"/doses/{dose['id']}/not-given",
        {"reason": "refused"},
        as_="nurse_a",
        version=dose["version"],
        headers={"wardline-entered-at": pressed.isoformat()},
    )
    assert answer.status_code == 200, answer.text
    assert abs(datetime.fromisoformat(answer.json()["happened_at"]) - pressed) < timedelta(seconds=2)


async def test_what_was_given_without_a_line_before_the_stop_is_recorded(client: Client, at: Bed) -> None:
    dose, other = await stat(client, at), await stat(client, at, "ramipril 5 mg po stat")
    for each in (dose, other):
        await moved(client, each, -20)
        await change(client, {"id": each["medicine_id"], "version": 1}, "stop", {"reason": "Rash"})
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.step SET at = now() - CASE kind WHEN 'stopped' THEN interval '10 minutes' ELSE interval '1 day' END"
            " WHERE medicine_id = ANY ($1)",
            [UUID(dose["medicine_id"]), UUID(other["medicine_id"])],
        )

    async def kept(each: dict[str, Any], minutes: int) -> Any:
        pressed = datetime.now(UTC) - timedelta(minutes=minutes)
        return await give(client, each, scans(at, each), headers={"wardline-entered-at": pressed.isoformat()})

    answer = await kept(dose, 15)
    assert (answer.status_code, answer.json().get("sent_later")) == (200, True), answer.text
    when_needed = await order(client, at, "cyclizine 50 mg po tds prn")
    medicine = UUID(when_needed["id"])
    async with client.world.owner() as db:
        await db.execute("UPDATE orders.medicine SET prescribed_at = now() - interval '1 day' WHERE id = $1", medicine)
    await change(client, when_needed, "stop", {"reason": "Rash"})
    early = {"wardline-entered-at": (datetime.now(UTC) - timedelta(minutes=15)).isoformat()}
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.step SET at = at - CASE kind WHEN 'stopped' THEN interval '10 minutes' ELSE interval '1 day' END"
            " WHERE medicine_id = $1",
            medicine,
        )
    body = scans(at, {"medicine_id": when_needed["id"]})
    path = f"/medicines/{when_needed['id']}/giving"
    taken = await client.post(path, body, as_="nurse_a", version=when_needed["version"], headers=early)
    assert taken.status_code == 200, taken.text
    after = await kept(other, 5)
    assert (after.status_code, after.json()["code"]) == (409, "order_not_standing"), after.text


# --- the pharmacist ------------------------------------------------------------------------------------------------------
async def test_the_grid_says_what_no_pharmacist_has_verified(client: Client, at: Bed) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds")

    async def grid() -> str:
        return (await client.get(f"{at.path}/given", as_="nurse_a", html=True)).text

    assert "Not yet verified by the pharmacist" in await grid()
    assert (await way.decide(client, made, "query", question="Which weight?")).status_code == 200
    assert "the pharmacist asks: Which weight?" in await grid()
    assert (await way.decide(client, made, "verification")).status_code == 200
    assert "verified" not in await grid()
    await change(client, made, "change", {"line": "amoxicillin 250 mg po tds", "why": "Kidneys"})
    assert "Not yet verified by the pharmacist" in await grid()


async def test_the_pharmacys_label_is_the_medicine(client: Client, at: Bed) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds")
    other = await order(client, at, "ramipril 5 mg po stat")
    assert (await way.decide(client, made, "verification")).status_code == 200
    store, product, _ = await way.stocked(client, 60)
    answer = await way.dispensed(client, made, store, product, 15)
    assert answer.status_code in {200, 201}, answer.text
    text = labels.code_of(msgspec.convert(answer.json(), Dispense))
    assert text == f"{made['id'].upper()}/V1/{answer.json()['number']}"
    [dose, *_] = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"]]
    [wrong] = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == other["id"]]
    await moved(client, dose, 0)
    stopped = await give(client, wrong, scans(at, wrong, drug_scan=text))
    assert (stopped.status_code, stopped.json()["differs"]) == (422, ["medicine"]), stopped.text
    given = await give(client, dose, scans(at, dose, drug_scan=text))
    assert given.status_code == 200, given.text
    assert given.json()["rights"][1]["source"] == "Label"


async def test_a_label_from_before_a_change_stops(client: Client, at: Bed) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds")
    made = await change(client, made, "change", {"line": "amoxicillin 250 mg po tds", "why": "Kidneys"})
    path = f"/medicines/{made['id']}/rights"
    for scan, holds in ((f"{made['id']}/V1/D000000001", False), (f"{made['id']}/V2/D000000001", True)):
        sheet = await client.post(path, {"drug_scan": scan.upper()}, as_="nurse_a")
        assert sheet.status_code == 200, sheet.text
        assert sheet.json()["rights"][1]["holds"] is holds, sheet.json()["rights"][1]
    assert "before it was changed" in (await client.post(path, {"drug_scan": f"{made['id']}/v1/x"}, as_="nurse_a")).text
