"""A critical value: on the list until somebody was told and read it back, closed by a clinician, climbing by the clock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.client import Client, all_items
from tests.lab.way import call_of, final, measured, patient_of, step, told
from wardline.platform.jobs import Work
from wardline.tasks.jobs import climb_ladders


async def open_calls(client: Client) -> set[str]:
    page = (await client.get("/lab", as_="laboratory_technician_a")).json()
    return {each["id"] for each in page["calls"]}


async def task_of(client: Client, call: dict[str, Any]) -> dict[str, Any] | None:
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    return next((each for each in listed if each["id"] == call["task_id"]), None)


async def acknowledge(client: Client, call: dict[str, Any], who: str = "doctor_a") -> Any:
    return await client.post(
        f"/critical-calls/{call['id']}/acknowledgement", {"action": "Calcium given"}, as_=who, version=call["version"]
    )


async def test_a_critical_value_is_told_and_acknowledged(client: Client) -> None:
    person = await patient_of(client)
    result = await measured(client, person, "K", 6.9)
    assert (result["flag"], result["call_id"] is not None) == ("HH", True)
    call = await call_of(client, result)
    assert (call["shown"], call["limit"]) == ("6.9", "above 6.0")
    task = await task_of(client, call)
    assert task is not None
    assert (task["priority"], task["owner_words"], task["state"]) == ("critical", "Doctor on call", "open")
    assert task["reason"].startswith("Potassium 6.9 mmol/L")
    seen = (await client.get(f"/patients/{person}/results", as_="nurse_a")).json()["items"]
    assert [(each["value"], each["state"]) for each in seen] == [(6.9, "technically_released")], (
        "nobody waits for the phone"
    )

    blocked = await step(client, result, "clinical-release")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "nobody_was_told")
    assert (await told(client, call)).status_code == 200
    assert call["id"] in await open_calls(client), "a clinician has not acknowledged it yet"
    released = await step(client, result, "clinical-release")
    assert released.status_code == 200, released.text

    done = await acknowledge(client, call)
    assert (done.status_code, done.json()["action"]) == (200, "Calcium given")
    assert done.json()["closed_at"] is not None
    assert call["id"] not in await open_calls(client)
    assert await task_of(client, call) is None
    page = (await client.get(f"/results/{result['id']}", as_="nurse_a")).json()
    kinds = [each["kind"] for each in page["history"]][-3:]
    assert kinds == ["called", "clinically_released", "acknowledged"]


async def test_what_is_read_back_has_to_be_right(client: Client) -> None:
    call = await call_of(client, await measured(client, await patient_of(client), "NA", 112))
    for change, field in (
        ({"read_back": 121}, "read_back"),
        ({"identifiers": ["name"]}, "identifiers"),
        ({"identifiers": ["name", "name"]}, "identifiers"),
        ({"told_to": " x"[:1] * 3}, "told_to"),
    ):
        answer = await told(client, call, **change)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert call["id"] in await open_calls(client)
    assert (await told(client, call)).status_code == 200
    second = await told(client, call)
    assert (second.status_code, second.json()["code"]) == (409, "already_told")


async def test_an_acknowledgement_before_the_call_keeps_it_on_the_list(client: Client) -> None:
    call = await call_of(client, await measured(client, await patient_of(client), "GLU", 24.5))
    task = await task_of(client, call)
    assert task is not None
    path = f"/tasks/{call['task_id']}/acknowledgement"
    assert (await client.post(path, as_="doctor_a")).status_code == 428, "nobody takes on a number they have not seen"
    assert (await client.post(path, {"reason": task["reason"]}, as_="doctor_a")).status_code == 200
    early = await client.post(f"/tasks/{call['task_id']}/completion", as_="doctor_a")
    assert (early.status_code, early.json()["code"]) == (409, "nobody_was_told")
    assert call["id"] in await open_calls(client)
    call = (await client.get(f"/critical-calls/{call['id']}", as_="nurse_a")).json()["call"]
    closed = await told(client, call)
    assert closed.json()["closed_at"] is not None
    assert call["id"] not in await open_calls(client)
    assert await task_of(client, call) is None


async def test_only_a_doctor_acknowledges_and_the_first_one_counts(client: Client) -> None:
    call = await call_of(client, await measured(client, await patient_of(client), "HB", 61))
    for who in ("nurse_a", "laboratory_technician_a", "pharmacist_a"):
        assert (await acknowledge(client, call, who)).status_code == 403
    assert (await acknowledge(client, call, "doctor_b")).status_code == 404
    assert (await acknowledge(client, call)).status_code == 200
    async with client.world.owner() as db:
        name = f"other_doctor_{uuid4().hex[:6]}_a"
        await client.world.add_staff(db, name, "doctor", client.world.a)
    late = await acknowledge(client, call, name)
    assert (late.status_code, late.json()["code"]) == (409, "already_acknowledged")


async def test_it_climbs_at_fifteen_and_thirty_minutes_without_a_browser(client: Client) -> None:
    call = await call_of(client, await measured(client, await patient_of(client), "K", 2.1))
    task = await task_of(client, call)
    assert task is not None
    opened = datetime.fromisoformat(task["created_at"])
    assert datetime.fromisoformat(task["climbs_at"]) - opened == timedelta(minutes=15)
    seen: list[str] = []
    for _ in range(2):
        async with client.world.owner() as db:
            await db.execute("UPDATE tasks.task SET climbs_at = now() - interval '1 s' WHERE id = $1", task["id"])
        await climb_ladders(Work(client.app.pool, client.app.ledger, {}.update, name="test", request_id=uuid4().hex))
        climbed = await task_of(client, call)
        assert climbed is not None
        seen.append(climbed["owner_words"])
    assert seen == ["Registrar", "Outreach team"]
    again = await call_of(client, {"call_id": call["id"]})
    assert again["owner_words"] == "Outreach team"


async def test_a_discharge_does_not_end_it(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family="Leaving")
    stay = await world.stay(world.a, person)
    call = await call_of(client, await measured(client, person, "K", 6.5))
    left = await client.post(f"/encounters/{stay}/discharge", {}, as_="doctor_a")
    assert left.status_code == 200, left.text
    assert (await task_of(client, call) or {})["state"] == "open"
    assert call["id"] in await open_calls(client)


async def test_a_specimen_keeps_back_what_nobody_was_told_of(client: Client) -> None:
    person = await patient_of(client)
    result = await measured(client, person, "PLT", 20)
    path = f"/specimens/{result['specimen_id']}/clinical-release"
    blocked = await client.post(path, {}, as_="laboratory_technician_a")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "nobody_was_told")
    await told(client, await call_of(client, result))
    assert (await client.post(path, {}, as_="laboratory_technician_a")).json()["released"] == 1


async def test_an_amended_value_is_told_anew(client: Client) -> None:
    person = await patient_of(client)
    result = await final(client, person, "K", 5.0)
    critical = (await step(client, result, "amendment", body={"value": 7.1, "reason": "Wrong dilution"})).json()
    call = await call_of(client, critical)
    assert (call["shown"], call["told_at"]) == ("7.1", None)
    corrected = (await step(client, critical, "amendment", body={"value": 6.8, "reason": "Repeated"})).json()
    same = await call_of(client, corrected)
    assert (same["id"], same["shown"]) == (call["id"], "6.8"), (
        "nobody had heard of it: the call goes on with the new value"
    )
    task = await task_of(client, same)
    assert task is not None
    assert "6.8" in task["reason"]
    late = await told(client, call)
    assert (late.status_code, late.json()["current"]["shown"]) == (412, "6.8")
    await told(client, same)
    right = (await step(client, corrected, "amendment", body={"value": 4.1, "reason": "Other tube"})).json()
    anew = await call_of(client, right)
    assert (anew["id"] != call["id"], anew["told_at"], anew["shown"]) == (True, None, "4.1")


async def test_a_withdrawn_value_is_told_to_who_heard_of_it(client: Client) -> None:
    result = await measured(client, await patient_of(client), "K", 6.9)
    first = await call_of(client, result)
    assert (await told(client, first)).status_code == 200
    assert (await acknowledge(client, first)).status_code == 200
    gone = (await step(client, result, "withdrawal", body={"reason": "Wrong patient's tube"})).json()
    call = await call_of(client, gone)
    assert (call["id"] != first["id"], call["is_withdrawn"], call["limit"], call["told_at"]) == (True, True, "", None)
    assert call["id"] in await open_calls(client)
    task = await task_of(client, call)
    assert task is not None
    assert (task["owner_words"], task["title"]) == ("Doctor on call", "Result withdrawn: acknowledge")
    assert "withdrawn" in task["reason"]
    page = await client.get(f"/critical-calls/{call['id']}", as_="laboratory_technician_a", html=True)
    assert "Withdrawn: do not act on it" in page.text
    assert (await told(client, call)).status_code == 200
    assert (await acknowledge(client, call)).status_code == 200
    assert call["id"] not in await open_calls(client)


async def test_a_value_withdrawn_before_anybody_heard_of_it_keeps_its_call(client: Client) -> None:
    result = await measured(client, await patient_of(client), "K", 6.9)
    first = await call_of(client, result)
    gone = (await step(client, result, "withdrawal", body={"reason": "Wrong patient's tube"})).json()
    call = await call_of(client, gone)
    assert (call["id"], call["is_withdrawn"]) == (first["id"], True), (
        "wards have seen it: they are told that it is gone"
    )
    late = await told(client, first)
    assert (late.status_code, "withdrawn" in late.json()["detail"]) == (412, True)


async def test_a_withdrawn_value_that_called_nobody_calls_nobody(client: Client) -> None:
    result = await final(client, await patient_of(client), "K", 4.4)
    gone = (await step(client, result, "withdrawal", body={"reason": "Wrong patient's tube"})).json()
    assert gone["call_id"] is None


async def test_the_release_says_that_an_earlier_call_was_not_told(client: Client) -> None:
    result = await measured(client, await patient_of(client), "K", 6.9)
    first = await call_of(client, result)
    assert (await acknowledge(client, first)).status_code == 200
    result = (await step(client, result, "amendment", body={"value": 7.2, "reason": "Repeated"})).json()
    newest = await call_of(client, result)
    assert newest["id"] != first["id"], "a doctor has acted on the old value"
    assert (await told(client, newest)).status_code == 200
    blocked = await step(client, result, "clinical-release")
    assert (blocked.status_code, blocked.json()["code"], blocked.json()["call_id"]) == (
        409,
        "nobody_was_told",
        first["id"],
    )
    assert "earlier call" in blocked.json()["detail"]
    assert (await told(client, await call_of(client, {"call_id": first["id"]}))).status_code == 200
    assert (await step(client, result, "clinical-release")).status_code == 200


async def test_the_pages_of_a_critical_value(client: Client) -> None:
    call = await call_of(client, await measured(client, await patient_of(client), "K", 6.6))
    lab = await client.get("/lab", as_="laboratory_technician_a", html=True)
    assert "Nobody told yet" in lab.text
    mine = await client.get(f"/critical-calls/{call['id']}", as_="laboratory_technician_a", html=True)
    assert f"/critical-calls/{call['id']}/call-back" in mine.text
    doctor = await client.get(f"/critical-calls/{call['id']}", as_="doctor_a", html=True)
    assert f"/critical-calls/{call['id']}/acknowledgement" in doctor.text
    assert f"/critical-calls/{call['id']}/call-back" not in doctor.text


async def test_an_acknowledgement_is_of_the_value_that_was_read(client: Client) -> None:
    result = await measured(client, await patient_of(client), "K", 6.9)
    call = await call_of(client, result)
    task = await task_of(client, call)
    assert task is not None
    unread = await client.post(
        f"/critical-calls/{call['id']}/acknowledgement", {"action": "Calcium given"}, as_="doctor_a"
    )
    assert unread.status_code == 428
    amended = await step(client, result, "amendment", body={"value": 2.4, "reason": "Other tube"})
    assert amended.status_code == 200
    late = await acknowledge(client, call)
    assert (late.status_code, late.json()["code"]) == (409, "value_changed")
    assert late.json()["current"]["shown"] == "2.4"
    by_task = await client.post(
        f"/tasks/{task['id']}/acknowledgement", {"reason": task["reason"]}, as_="doctor_a", version=task["version"]
    )
    assert (by_task.status_code, by_task.json()["code"]) == (409, "task_changed")
    assert "Potassium 2.4" in by_task.json()["current"]["reason"]
    now = await call_of(client, amended.json())
    assert now["acknowledged_at"] is None
    assert (await told(client, now)).status_code == 200
    assert (await acknowledge(client, now)).status_code == 200, "that somebody was told meanwhile changes no value"


async def test_a_closed_loop_opens_anew_when_the_value_is_amended(client: Client) -> None:
    result = await measured(client, await patient_of(client), "K", 6.9)
    call = await call_of(client, result)
    assert (await told(client, call)).status_code == 200
    closed = await acknowledge(client, call)
    assert closed.json()["closed_at"] is not None
    amended = await step(client, result, "amendment", body={"value": 7.4, "reason": "Repeated"})
    anew = await call_of(client, amended.json())
    assert (anew["id"] != call["id"], anew["shown"], anew["told_at"], anew["acknowledged_at"]) == (
        True,
        "7.4",
        None,
        None,
    )
    task = await task_of(client, anew)
    assert task is not None
    assert (task["state"], "Potassium 7.4" in task["reason"]) == ("open", True)
    assert (await acknowledge(client, anew)).status_code == 200
