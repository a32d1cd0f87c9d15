"""Doses that wait: held back and given later, days apart by whichever order, before a stop, and from a time without a worker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.client import Client
from tests.mar.bedside import (
    WORD,
    Bed,
    bed,
    change,
    chart,
    give,
    moved,
    needed,
    order,
    recorded,
    scans,
    stat,
    with_password,
    work,
)
from tests.queries import queries_at_most
from wardline.mar import jobs, making


@pytest.fixture
async def at(client: Client) -> Bed:
    return await bed(client)


async def dose_of(client: Client, at: Bed, made: dict[str, Any]) -> dict[str, Any]:
    """The first dose of an order."""
    return next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])


async def hold(client: Client, dose: dict[str, Any], version: int, reason: str = "low_pressure") -> Any:
    body = {"action": "held", "reason": reason}
    return await client.post(f"/doses/{dose['id']}/not-given", body, as_="nurse_a", version=version)


async def page_of(client: Client, path: str) -> str:
    page = await client.get(path, as_="nurse_a", html=True)
    assert page.status_code == 200, page.text[:500]
    return page.text


# --- held back -----------------------------------------------------------------------------------------------------------
async def test_a_dose_that_was_held_back_is_given_later(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "bisoprolol 5 mg po stat")
    held = (await hold(client, dose, 1)).json()
    round_now = (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()
    assert [item["state"] for item in round_now["items"]] == ["held"]
    page = await page_of(client, f"{at.path}/given")
    assert 'class="ds held"' in page
    assert dose["id"] in page  # it opens the dose, not what was recorded
    assert held["id"] not in page
    sheet = await page_of(client, f"/doses/{dose['id']}")
    assert "Low blood pressure" in sheet
    assert "Give 5 mg" in sheet
    stale = await give(client, dose, scans(at, dose), version=1)
    assert (stale.status_code, stale.json()["code"]) == (409, "already_given"), stale.text
    answer = await give(client, dose, scans(at, dose), version=2)
    assert (answer.status_code, answer.json()["action"]) == (200, "given"), answer.text
    assert [row["action"] for row in await recorded(client, dose)] == ["given"]
    page = await page_of(client, f"/administrations/{answer.json()['id']}")
    assert "Low blood pressure" in page
    before = (await client.get(f"/administrations/{held['id']}", as_="nurse_a")).json()
    assert (before["item"]["state"], [step["kind"] for step in before["history"]]) == (
        "resolved",
        ["recorded", "resolved"],
    )
    again = await client.post(
        f"/administrations/{held['id']}/correction", {"reason": "Not mine"}, as_="nurse_a", version=2
    )
    assert (again.status_code, again.json()["code"]) == (409, "followed"), again.text
    timeline = (await client.get(f"{at.path}/timeline", as_="nurse_a")).text
    assert "held, low pressure" in timeline


async def test_a_dose_that_was_held_back_is_not_given_in_the_end(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "bisoprolol 5 mg po stat")
    assert (await hold(client, dose, 1)).status_code == 200
    assert (await hold(client, dose, 2, "slow_pulse")).status_code == 200
    ended = await client.post(
        f"/doses/{dose['id']}/not-given", {"reason": "prescriber_asked"}, as_="nurse_a", version=3
    )
    assert (ended.status_code, ended.json()["action"]) == (200, "not_given"), ended.text
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT action, state FROM mar.administration WHERE dose_id = $1 ORDER BY recorded_at, id",
            UUID(dose["id"]),
        )
    assert [tuple(row) for row in rows] == [("held", "resolved"), ("held", "resolved"), ("not_given", "final")]


async def test_a_held_dose_waits_until_the_next_one_is_due(client: Client, at: Bed) -> None:
    made = await order(client, at, "furosemide 40 mg po bd")
    first, second = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"]][:2]
    await moved(client, first, -300)
    assert (await hold(client, first, 1)).status_code == 200
    await moved(client, second, 30)

    async def waiting() -> dict[str, str]:
        found = (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()["items"]
        due = (await client.get(f"/wards/{at.ward}/due?what=medicine", as_="nurse_a")).json()
        assert {f"/doses/{item['id']}" for item in found} == {each["href"] for each in due["late"] + due["items"]}
        panel = (await client.get(at.path, as_="nurse_a")).json()["due"]
        assert {item["id"] for item in found} == {each["id"] for each in panel}
        return {item["id"]: item["state"] for item in found}

    assert await waiting() == {first["id"]: "held", second["id"]: "due"}
    await moved(client, second, -5)
    async with client.world.owner() as db:
        await db.execute("UPDATE platform.topic SET version = version + 1 WHERE topic = $1", f"patient:{at.person}")
    assert await waiting() == {second["id"]: "due"}


async def test_a_held_dose_is_given_by_one_of_many(client: Client, at: Bed) -> None:
    dose = await stat(client, at, "bisoprolol 5 mg po stat")
    assert (await hold(client, dose, 1)).status_code == 200
    answers = await asyncio.gather(*(give(client, dose, scans(at, dose), version=2) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(await recorded(client, dose)) == 1


# --- days apart ----------------------------------------------------------------------------------------------------------
async def test_a_weekly_drug_ordered_anew_goes_on_from_its_last_dose(client: Client, at: Bed) -> None:
    first = await order(client, at, "alendronic acid 70 mg po once a week")
    dose = await dose_of(client, at, first)
    await moved(client, dose, 0)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    await change(client, first, "stop")
    second = await order(client, at, "alendronic acid 70 mg po once a week")
    page = await page_of(client, f"{at.path}/given")
    assert "Last given" in page
    assert "next not before" in page
    assert second["id"] not in {each["medicine_id"] for each in (await chart(client, at))["doses"]}
    now = datetime.now(UTC)
    for days in (3, 6, 8):
        later = now + timedelta(days=days)
        scope = {"hospital_id": client.world.a.id}
        async with work(client).write(client.world.a.id) as ctx:
            orders = await making.unplanned_of_order(ctx.db, **scope, medicine_id=UUID(second["id"]), horizon=later)
            await making.make_all(ctx.db, orders, **scope, now=later)
    async with client.world.owner() as db:
        due = await db.fetch("SELECT due_at FROM mar.dose WHERE medicine_id = $1 ORDER BY due_at", UUID(second["id"]))
    assert len(due) == 1
    assert timedelta(days=6.2) < due[0]["due_at"] - now < timedelta(days=8.1)


async def test_tablets_of_every_day_do_not_put_off_a_depot_injection(client: Client, at: Bed) -> None:
    """They cover its first weeks. Its own last dose counts, and a dose once only, whichever way it went, is asked about."""
    tablets = await order(client, at, "aripiprazole 10 mg po od")
    dose = await dose_of(client, at, tablets)
    await moved(client, dose, 0)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    depot = await order(client, at, "aripiprazole 400 mg im every 4 weeks")
    async with client.world.owner() as db:
        anchor = await db.fetchval("SELECT given_before FROM mar.plan WHERE medicine_id = $1", UUID(depot["id"]))
    assert anchor is None
    planned = await dose_of(client, at, depot)
    assert "next not before" not in await page_of(client, f"{at.path}/given")
    assert "next not before" not in await page_of(client, f"/doses/{planned['id']}")
    once = await stat(client, at, "aripiprazole 5 mg po stat")
    assert (await give(client, once, scans(at, once, time_reason="Agitated"))).status_code == 200
    assert "by another order, next not before" in await page_of(client, f"/doses/{planned['id']}")


async def test_a_weekly_drug_that_was_written_for_every_day_goes_on_from_its_last_dose(client: Client, at: Bed) -> None:
    wrong = await order(client, at, "alendronic acid 70 mg po every 24 hours")
    dose = await dose_of(client, at, wrong)
    await moved(client, dose, 0)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    await change(client, wrong, "stop")
    right = await order(client, at, "alendronic acid 70 mg po once a week")
    assert right["id"] not in {each["medicine_id"] for each in (await chart(client, at))["doses"]}
    assert "next not before" in await page_of(client, f"{at.path}/given")


async def test_two_weekly_orders_are_not_both_given(client: Client, at: Bed) -> None:
    made = [await order(client, at, "alendronic acid 70 mg po once a week") for _ in range(2)]
    doses = [await dose_of(client, at, each) for each in made]
    for each in doses:
        await moved(client, each, 0)
    assert (await give(client, doses[0], scans(at, doses[0]))).status_code == 200
    stopped = await give(client, doses[1], scans(at, doses[1]))
    assert (stopped.status_code, set(stopped.json()["fields"])) == (422, {"time_reason"}), stopped.text
    assert "next not before" in stopped.text
    sheet = await page_of(client, f"/doses/{doses[1]['id']}")
    assert "by another order, next not before" in sheet
    early = scans(at, doses[1], time_reason="The consultant asked for it")
    assert (await give(client, doses[1], early)).status_code == 200


async def test_a_regular_dose_beyond_the_maximum_when_needed_is_asked_about(client: Client, at: Bed) -> None:
    prn = await order(client, at, "paracetamol 1 g po every 4 hours prn max 2 g")
    regular = await order(client, at, "paracetamol 1 g po bd")
    assert (await needed(client, at, prn)).status_code == 200
    dose, second = [each for each in (await chart(client, at))["doses"] if each["medicine_id"] == regular["id"]][:2]
    await moved(client, dose, -10)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    await moved(client, second, 5)
    body = scans(at, second, time_reason="Pain")
    asked = await give(client, second, body)
    assert (asked.status_code, set(asked.json()["fields"])) == (422, {"confirmed"}), asked.text
    assert "more than 2 g" in asked.text
    assert 'name="confirmed"' in await page_of(client, f"/doses/{second['id']}")
    assert (await give(client, second, body | {"confirmed": True})).status_code == 200


# --- another rate ---------------------------------------------------------------------------------------------------------
async def test_another_rate_of_a_controlled_infusion_has_a_witness(client: Client, at: Bed) -> None:
    made = await order(client, at, "morphine 2 mg/h iv")
    dose = await dose_of(client, at, made)
    signed = {"witness_email": await with_password(client, "doctor_a"), "witness_password": WORD}
    begun = await give(client, dose, scans(at, dose, route_checked=True, rate=2, **signed))
    assert begun.status_code == 200, begun.text
    path = f"/administrations/{begun.json()['id']}"
    assert 'name="witness_email"' in await page_of(client, path)

    async def step(version: int, **body: Any) -> Any:
        return await client.post(f"{path}/infusion", body, as_="nurse_a", version=version)

    alone = await step(1, act="rate_changed", rate=1)
    assert (alone.status_code, set(alone.json()["fields"])) == (422, {"witness_email"}), alone.text
    changed = await step(1, act="rate_changed", rate=1, **signed)
    assert (changed.status_code, changed.json()["rate"]) == (200, 1), changed.text
    history = (await client.get(path, as_="nurse_a")).json()["history"]
    assert history[-1]["kind"] == "rate_changed"
    assert history[-1]["witness"]
    assert (await step(2, act="paused", words="To the scanner")).status_code == 200
    faster = await step(3, act="resumed", rate=2)
    assert (faster.status_code, set(faster.json()["fields"])) == (422, {"witness_email"}), faster.text
    assert (await step(3, act="resumed")).status_code == 200


# --- what nobody recorded -------------------------------------------------------------------------------------------------
async def test_a_dose_before_the_stop_is_recorded_from_the_page(client: Client, at: Bed) -> None:
    dose, other = await stat(client, at), await stat(client, at, "ramipril 5 mg po stat")
    for each in (dose, other):
        await moved(client, each, -40)
        await change(client, {"id": each["medicine_id"], "version": 1}, "stop", {"reason": "Rash"})
    async with client.world.owner() as db:
        zone = ZoneInfo(await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.a.id))
        await db.execute(
            "UPDATE orders.step SET at = now() - CASE kind WHEN 'stopped' THEN interval '10 minutes' ELSE interval '1 day' END"
            " WHERE medicine_id = ANY ($1)",
            [UUID(each["medicine_id"]) for each in (dose, other)],
        )
    page = await page_of(client, f"/doses/{dose['id']}")
    assert 'name="before_stop"' in page
    assert "Rash" in page
    now = datetime.now(UTC)
    before, after = (f"{(now - timedelta(minutes=minutes)).astimezone(zone):%H:%M}" for minutes in (20, 5))
    form = {"patient_scan": at.number, "drug_scan": dose["medicine_id"], "before_stop": "true", "version": "1"}
    late = await give(client, dose, scans(at, dose, before_stop=True, given_clock=after))
    assert (late.status_code, late.json()["code"]) == (409, "order_not_standing"), late.text
    done = await client.post(
        f"/doses/{dose['id']}/giving",
        as_="nurse_a",
        html=True,
        form=form | {"given_clock": before, "idempotency_key": "k" * 32},
    )
    assert done.status_code in {200, 204, 303}, done.text
    assert [row["action"] for row in await recorded(client, dose)] == ["given"]
    refused = {"reason": "refused", "before_stop": True, "given_clock": before}
    said = await client.post(f"/doses/{other['id']}/not-given", refused, as_="nurse_a", version=1)
    assert (said.status_code, said.json()["action"]) == (200, "not_given"), said.text


async def test_doses_of_days_without_a_worker_are_made_and_can_be_recorded(client: Client, at: Bed) -> None:
    made = await order(client, at, "paracetamol 1 g po qds")
    await chart(client, at)
    medicine = UUID(made["id"])
    async with client.world.owner() as db:
        zone = ZoneInfo(await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.a.id))
        await db.execute("DELETE FROM mar.dose WHERE medicine_id = $1", medicine)
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = now() - interval '20 days', created_at = now() - interval '20 days'"
            " WHERE id = $1",
            medicine,
        )
        await db.execute(
            "UPDATE mar.plan SET since = (SELECT prescribed_at FROM orders.medicine WHERE id = $1),"
            " made_until = now() - interval '3 days' WHERE medicine_id = $1",
            medicine,
        )
    page = await page_of(client, f"{at.path}/given")
    assert "not recorded since" in page
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT id, due_at FROM mar.dose WHERE medicine_id = $1 AND due_at < now() ORDER BY due_at", medicine
        )
    assert len(rows) == 12
    due = rows[0]["due_at"].astimezone(zone)
    shown = (await chart(client, at, day=f"{due:%Y-%m-%d}"))["doses"]
    assert {each["state"] for each in shown if each["id"] == str(rows[0]["id"])} == {"missed"}
    sheet = await page_of(client, f"/doses/{rows[0]['id']}")
    assert f'type="date" value="{due:%Y-%m-%d}"' in sheet
    dose = {"id": str(rows[0]["id"]), "medicine_id": made["id"], "version": 1}
    body = scans(at, dose, given_on=f"{due:%Y-%m-%d}", given_clock=f"{due:%H:%M}")
    answer = await give(client, dose, body)
    assert (answer.status_code, answer.json().get("timing")) == (200, "on_time"), answer.text
    assert datetime.fromisoformat(answer.json()["happened_at"]) == rows[0]["due_at"]
    wrong = await give(client, dose | {"id": str(rows[1]["id"])}, body | {"given_on": "2999-01-01"})
    assert (wrong.status_code, set(wrong.json()["fields"])) == (422, {"given_clock"}), wrong.text


async def test_a_dose_before_a_change_does_not_vanish(client: Client, at: Bed) -> None:
    made = await order(client, at, "ramipril 5 mg po od")
    dose = await dose_of(client, at, made)
    await moved(client, dose, -50)
    await change(client, made, "change", {"line": "ramipril 10 mg po od", "why": "Pressure"})
    shown = {each["id"]: each for each in (await chart(client, at))["doses"]}[dose["id"]]
    assert shown["state"] == "missed"
    assert dose["id"] not in {
        item["id"] for item in (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()["items"]
    }
    now_given = await give(client, shown, scans(at, shown, time_reason="Now"))
    assert (now_given.status_code, now_given.json()["code"]) == (409, "order_changed"), now_given.text
    sheet = await page_of(client, f"/doses/{dose['id']}")
    assert "Not recorded before the order was changed" in sheet
    then = (datetime.now(UTC) - timedelta(minutes=40)).isoformat()
    product = {"drug_scan": "ramipril 5 mg"}
    said = await give(client, shown, scans(at, shown, given_at=then, before_stop=True) | product)
    assert (said.status_code, said.json()["amount"]) == (200, 5), said.text


async def test_programs_see_the_hours_around_now_and_not_the_day_alone(client: Client, at: Bed) -> None:
    made = await order(client, at, "ramipril 5 mg po od")
    dose = await dose_of(client, at, made)
    await moved(client, dose, -11 * 60)  # before 17:00 this belongs to the day before
    assert dose["id"] in {each["id"] for each in (await chart(client, at))["doses"]}


async def test_a_discharge_leaves_doses_to_be_recorded(client: Client, at: Bed) -> None:
    dose = await stat(client, at)
    await moved(client, dose, -40)
    async with client.world.owner() as db:
        stay = await db.fetchrow("SELECT encounter_id, version FROM encounters.current WHERE person_id = $1", at.person)
    left = await client.post(
        f"/encounters/{stay['encounter_id']}/discharge",
        {"discharged_to": "home"},
        as_="doctor_a",
        version=stay["version"],
    )
    assert left.status_code in {200, 204}, left.text
    assert (await give(client, dose, scans(at, dose))).status_code == 409
    then = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
    said = await give(client, dose, scans(at, dose, given_at=then, before_stop=True))
    assert (said.status_code, said.json()["action"]) == (200, "given"), said.text


async def test_the_task_of_a_late_dose_follows_the_patient_and_ends_with_the_dose(client: Client, at: Bed) -> None:
    dose, elsewhere = await stat(client, at, "amoxicillin 1 g po stat"), await bed(client)
    await moved(client, dose, -45)
    await jobs.ask_for_late_doses(work(client))

    async def task() -> Any:
        async with client.world.owner() as db:
            return await db.fetchrow("SELECT ward_id, state FROM tasks.task WHERE person_id = $1", at.person)

    assert tuple(await task()) == (at.ward, "open")
    async with client.world.owner() as db:
        await db.execute("UPDATE encounters.current SET ward_id = $2 WHERE person_id = $1", at.person, elsewhere.ward)
    await jobs.ask_for_late_doses(work(client))
    assert tuple(await task()) == (elsewhere.ward, "open")
    listed = (await client.get(f"/wards/{elsewhere.ward}/round", as_="nurse_a")).json()["items"]
    assert [item["id"] for item in listed] == [dose["id"]]
    made = {"id": dose["medicine_id"], "version": 1}
    await change(client, made, "change", {"line": "amoxicillin 2 g po stat", "why": "Sepsis"})
    await chart(client, at)
    await jobs.ask_for_late_doses(work(client))
    assert (await task())["state"] == "done"


# --- the summary -----------------------------------------------------------------------------------------------------------
async def test_the_summary_shows_what_is_due(client: Client, at: Bed) -> None:
    late, now, held, ahead = [
        await stat(client, at, f"{drug} po stat")
        for drug in ("furosemide 40 mg", "bisoprolol 5 mg", "ramipril 5 mg", "bumetanide 1 mg")
    ]
    await moved(client, late, -200)
    await moved(client, ahead, 200)
    assert (await hold(client, held, 1)).status_code == 200
    with queries_at_most(client, 2):
        found = (await client.get(at.path, as_="nurse_a")).json()
    states = {each["id"]: each["state"] for each in found["due"]}
    assert states == {late["id"]: "overdue", now["id"]: "due", held["id"]: "held", ahead["id"]: "next"}
    page = await page_of(client, at.path)
    assert "Medicines due" in page
    assert "Overdue" in page
    assert (await give(client, now, scans(at, now))).status_code == 200
    after = (await client.get(at.path, as_="nurse_a")).json()
    assert now["id"] not in {each["id"] for each in after["due"]}
    assert (await client.get(at.path, as_="receptionist_a")).json()["due"] is None
