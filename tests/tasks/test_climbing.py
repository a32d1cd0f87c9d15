"""The ladder by the clock: what nobody acknowledges goes up, by the worker and without an open browser."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client, all_items
from wardline.platform.jobs import Work
from wardline.tasks.jobs import climb_ladders

THREE_IN_ONE_SIGN: dict[str, Any] = {
    "respiration_per_min": 16,
    "spo2_percent": 97,
    "on_oxygen": False,
    "systolic_mmhg": 120,
    "pulse_per_min": 70,
    "consciousness": "V",
    "temperature_celsius": 37.0,
}


@pytest.fixture
async def task_id(client: Client) -> str:
    """An escalation that begins with the nurse in charge."""
    world = client.world
    patient = await world.patient(world.a, family=f"Walsh {uuid4().hex[:6]}")
    await world.stay(world.a, patient)
    saved = await client.post(f"/patients/{patient}/observations", THREE_IN_ONE_SIGN, as_="nurse_a")
    assert saved.status_code == 201, saved.text
    return saved.json()["task_id"]


def work_of(client: Client, nudged: dict[str, int]) -> Work:
    return Work(client.app.pool, client.app.ledger, nudged.update, name="test", request_id=uuid4().hex)


async def run_out(client: Client, task_id: str) -> None:
    """Lets the task's clock run out."""
    async with client.world.owner() as db:
        await db.execute("UPDATE tasks.task SET climbs_at = now() - interval '1 second' WHERE id = $1", task_id)


async def task(client: Client, task_id: str) -> dict[str, Any]:
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    return next(each for each in listed if each["id"] == task_id)


async def test_it_climbs_to_the_top_and_every_step_is_kept(client: Client, task_id: str) -> None:
    seen: list[str] = []
    nudged: dict[str, int] = {}
    for _ in range(5):
        await run_out(client, task_id)
        await climb_ladders(work_of(client, nudged))
        seen.append((await task(client, task_id))["owner_words"])
        if (await task(client, task_id))["climbs_at"] is None:
            break
    assert seen == ["Doctor on call", "Registrar", "Outreach team"]
    hospital = client.world.a.id
    assert {f"tasks:{hospital}:doctor", f"tasks:{hospital}:nurse", f"bell:{hospital}:doctor"} <= nudged.keys()
    async with client.world.owner() as db:
        steps = await db.fetch("SELECT kind, owner_words FROM tasks.step WHERE task_id = $1 ORDER BY at, id", task_id)
        recorded = await db.fetchval(
            "SELECT count(*) FROM audit.entry WHERE action = 'task.climbed' AND subject_id = $1", task_id
        )
    assert [tuple(step) for step in steps] == [
        ("created", "Nurse in charge"),
        ("climbed", "Doctor on call"),
        ("climbed", "Registrar"),
        ("climbed", "Outreach team"),
    ]
    assert recorded == 3


async def test_an_acknowledged_task_stays_where_it_is(client: Client, task_id: str) -> None:
    assert (await client.post(f"/tasks/{task_id}/acknowledgement", as_="nurse_a")).status_code == 200
    await climb_ladders(work_of(client, {}))
    assert (await task(client, task_id))["owner_words"] == "Nurse in charge"


async def test_time_that_is_left_is_left(client: Client, task_id: str) -> None:
    await climb_ladders(work_of(client, {}))
    assert (await task(client, task_id))["owner_words"] == "Nurse in charge"
