"""Tasks through the front door: an escalation appears, is acknowledged once, is done, ends with the stay."""

import asyncio
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client, all_items, items

SICK: dict[str, Any] = {
    "respiration_per_min": 26,
    "spo2_percent": 93,
    "on_oxygen": True,
    "systolic_mmhg": 95,
    "pulse_per_min": 112,
    "consciousness": "A",
    "temperature_celsius": 37.0,
}


@pytest.fixture
async def escalation(client: Client) -> dict[str, Any]:
    """A critical task on a patient of ward A."""
    world = client.world
    patient = await world.patient(world.a, family=f"Doyle {uuid4().hex[:6]}")
    await world.stay(world.a, patient)
    saved = await client.post(f"/patients/{patient}/observations", SICK, as_="nurse_a")
    assert saved.status_code == 201, saved.text
    return await task(client, saved.json()["task_id"])


async def task(client: Client, task_id: str) -> dict[str, Any]:
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    return next(each for each in listed if each["id"] == task_id)


async def test_it_is_on_the_doctors_worklist_and_not_on_the_nurses(client: Client, escalation: dict[str, Any]) -> None:
    assert escalation["id"] in {each["id"] for each in await all_items(client, "/tasks", as_="doctor_a")}
    assert escalation["id"] not in {each["id"] for each in await all_items(client, "/tasks", as_="nurse_a")}
    assert escalation["id"] not in {each["id"] for each in items(await client.get("/tasks", as_="doctor_b"))}
    assert (await client.get("/tasks/bell", as_="doctor_a")).json()["critical"] >= 1
    assert (await client.get("/tasks", as_="network_administrator_a")).status_code == 403


async def test_the_first_acknowledgement_counts(client: Client, escalation: dict[str, Any]) -> None:
    path = f"/tasks/{escalation['id']}/acknowledgement"
    first = await client.post(path, as_="doctor_a")
    assert (first.status_code, first.json()["state"]) == (200, "acknowledged")
    again = await client.post(path, as_="doctor_a")
    assert (again.status_code, again.json()["acknowledged_at"]) == (200, first.json()["acknowledged_at"])
    async with client.world.owner() as db:
        name = f"second_doctor_{uuid4().hex[:6]}_a"
        await client.world.add_staff(db, name, "doctor", client.world.a)
    second = await client.post(path, as_=name)
    assert (second.status_code, second.json()["code"]) == (409, "already_acknowledged")
    assert second.json()["acknowledged_by"] == first.json()["acknowledged_by"]
    assert second.json()["acknowledged_by"] in second.json()["detail"]


async def test_of_many_at_once_one_is_first(client: Client, escalation: dict[str, Any]) -> None:
    names: list[str] = []
    async with client.world.owner() as db:
        for _ in range(6):
            names.append(f"doctor_{uuid4().hex[:6]}_a")
            await client.world.add_staff(db, names[-1], "doctor", client.world.a)
    path = f"/tasks/{escalation['id']}/acknowledgement"
    answers = await asyncio.gather(*(client.post(path, as_=name) for name in names))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_a_nurse_cannot_answer_for_the_registrar(client: Client, escalation: dict[str, Any]) -> None:
    refused = await client.post(f"/tasks/{escalation['id']}/acknowledgement", as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (403, "task_of_another_role")
    assert (await task(client, escalation["id"]))["state"] == "open"


async def test_another_hospital_finds_nothing(client: Client, escalation: dict[str, Any]) -> None:
    for act in ("acknowledgement", "completion"):
        assert (await client.post(f"/tasks/{escalation['id']}/{act}", as_="doctor_b")).status_code == 404
        assert (await client.post(f"/tasks/{uuid4()}/{act}", as_="doctor_a")).status_code == 404


async def test_done_takes_it_off_the_list_and_closes_it(client: Client, escalation: dict[str, Any]) -> None:
    done = await client.post(f"/tasks/{escalation['id']}/completion", as_="doctor_a")
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert (await client.post(f"/tasks/{escalation['id']}/completion", as_="doctor_a")).status_code == 200
    late = await client.post(f"/tasks/{escalation['id']}/acknowledgement", as_="doctor_a")
    assert (late.status_code, late.json()["code"]) == (409, "task_closed")
    assert escalation["id"] not in {each["id"] for each in await all_items(client, "/tasks", as_="doctor_a")}


async def test_the_history_and_the_record_keep_every_step(client: Client, escalation: dict[str, Any]) -> None:
    await client.post(f"/tasks/{escalation['id']}/acknowledgement", as_="doctor_a")
    async with client.world.owner() as db:
        steps = await db.fetch("SELECT kind FROM tasks.step WHERE task_id = $1 ORDER BY at, id", escalation["id"])
    assert [step["kind"] for step in steps] == ["created", "acknowledged"]


async def test_the_worklist_is_a_page_too(client: Client, escalation: dict[str, Any]) -> None:
    path = f"/tasks/{escalation['id']}/acknowledgement"
    page = await client.get("/tasks", as_="doctor_a", html=True)
    while path not in page.text:  # what other tests left stands before it
        later = re.search(r'href="(/tasks\?after=[^"]+)"', unescape(page.text))
        assert later, "it is on none of the pages"
        page = await client.get(later[1], as_="doctor_a", html=True)
    assert page.status_code == 200
    assert escalation["family"].upper() in page.text
    bell = await client.get("/tasks/bell", as_="doctor_a", html=True, headers={"hx-request": "true"})
    assert "critical" in bell.text


async def test_the_list_goes_on_where_the_page_before_ended(client: Client) -> None:
    assert (await client.get("/tasks?after=nonsense", as_="doctor_a")).status_code == 400


async def test_the_end_of_the_stay_ends_its_tasks(client: Client, escalation: dict[str, Any]) -> None:
    stay = await client.get(f"/encounters/{escalation['encounter_id']}", as_="doctor_a")
    ended = await client.post(
        f"/encounters/{escalation['encounter_id']}/discharge",
        {"discharged_to": "home"},
        as_="doctor_a",
        version=stay.json()["version"],
    )
    assert ended.status_code == 200, ended.text
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    assert escalation["id"] not in {each["id"] for each in listed}
    late = await client.post(f"/tasks/{escalation['id']}/acknowledgement", as_="doctor_a")
    assert (late.status_code, late.json()["state"]) == (409, "cancelled")
    refused = await client.post(f"/patients/{escalation['person_id']}/observations", SICK, as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_open_stay")


async def test_what_waits_stands_before_what_is_taken_on(client: Client, escalation: dict[str, Any]) -> None:
    await client.post(f"/tasks/{escalation['id']}/acknowledgement", as_="doctor_a")
    patient = await client.world.patient(client.world.a, family=f"Okonkwo {uuid4().hex[:6]}")
    await client.world.stay(client.world.a, patient)
    saved = await client.post(f"/patients/{patient}/observations", SICK, as_="nurse_a")
    listed = await all_items(client, "/tasks", as_="doctor_a")
    order = [each["id"] for each in listed]
    assert order.index(saved.json()["task_id"]) < order.index(escalation["id"])
    states = [each["state"] for each in listed]
    assert states == sorted(states, key=["open", "acknowledged"].index)
