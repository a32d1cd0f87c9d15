"""The ward's list, late doses that become tasks, and doses made by the worker."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.client import Client
from tests.mar.bedside import bed, change, chart, give, moved, order, scans, stat, work
from wardline.mar import jobs, making
from wardline.platform.jobs import Event


async def test_what_is_overdue_and_what_comes_is_listed(client: Client) -> None:
    at = await bed(client)
    late, soon = await stat(client, at), await stat(client, at, "bumetanide 1 mg po stat")
    await moved(client, late, -150)
    await moved(client, soon, 90)
    found = (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()
    assert [(item["id"], item["state"]) for item in found["items"]] == [(late["id"], "overdue"), (soon["id"], "next")]
    assert found["overdue"] == 1
    hour = (await client.get(f"/wards/{at.ward}/round?hours=1", as_="nurse_a")).json()
    assert [item["id"] for item in hour["items"]] == [late["id"]]
    await give(client, late, scans(at, late, time_reason="Was in theatre"))
    after = (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()
    assert [item["id"] for item in after["items"]] == [soon["id"]]
    assert (await client.get(f"/wards/{at.ward}/round", as_="nurse_b")).status_code == 404


async def test_a_late_dose_that_may_not_wait_is_a_task_until_it_is_given(client: Client) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    await moved(client, dose, -45)
    hospital = client.world.a.id
    async with work(client).write(hospital) as ctx:
        await jobs.ask(ctx, hospital)
    async with work(client).write(hospital) as ctx:
        await jobs.ask(ctx, hospital)
    async with client.world.owner() as db:
        tasks = await db.fetch("SELECT state, owner_role, reason FROM tasks.task WHERE person_id = $1", at.person)
    assert [(row["state"], row["owner_role"]) for row in tasks] == [("open", "nurse")]
    assert "furosemide" in tasks[0]["reason"]
    assert (await give(client, dose, scans(at, dose, time_reason="Was in theatre"))).status_code == 200
    async with client.world.owner() as db:
        assert await db.fetchval("SELECT state FROM tasks.task WHERE person_id = $1", at.person) == "done"


async def test_the_worker_makes_ahead_and_hears_of_orders(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "amoxicillin 500 mg po tds 5d")
    event = Event(1, "medicine.prescribed", client.world.a.id,
                  {"medicine_id": made["id"], "hospital_id": str(client.world.a.id)}, datetime.now(UTC))  # fmt: skip
    await jobs.heard(work(client), event)
    async with client.world.owner() as db:
        count = await db.fetchval("SELECT count(*) FROM mar.dose WHERE medicine_id = $1", UUID(made["id"]))
        assert count == 3
    await jobs.heard(work(client), event)
    await chart(client, at)
    tomorrow = datetime.now(UTC) + timedelta(hours=20)
    async with work(client).write(client.world.a.id) as ctx:
        orders = await making.unplanned_of_hospital(
            ctx.db, hospital_id=client.world.a.id, horizon=tomorrow + making.AGAIN_WITHIN
        )
        await making.make_all(
            ctx.db, [each for each in orders if str(each.id) == made["id"]], hospital_id=client.world.a.id, now=tomorrow
        )
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT due_at, critical FROM mar.dose WHERE medicine_id = $1 ORDER BY due_at", UUID(made["id"])
        )
    assert len(rows) == len({row["due_at"] for row in rows}) in {5, 6}
    assert {row["critical"] for row in rows} == {"Anti-infective"}


async def test_doses_of_the_time_of_a_hold_stay_held(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "bisoprolol 5 mg po od")
    dose_id = None
    made = await change(client, made, "hold")
    async with client.world.owner() as db:
        dose_id = await db.fetchval("SELECT id FROM mar.dose WHERE medicine_id = $1 LIMIT 1", UUID(made["id"]))
        if dose_id is None:
            await chart(client, at)
            dose_id = await db.fetchval("SELECT id FROM mar.dose WHERE medicine_id = $1 LIMIT 1", UUID(made["id"]))
        await db.execute("UPDATE orders.step SET at = at - interval '3 hours' WHERE medicine_id = $1", UUID(made["id"]))
        await db.execute("UPDATE mar.dose SET due_at = now() - interval '1 hour' WHERE id = $1", dose_id)
    await change(client, made, "resumption")
    found = await chart(client, at)
    assert {each["state"] for each in found["doses"] if each["id"] == str(dose_id)} == {"order_held"}
