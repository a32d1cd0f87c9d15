"""Released results out of range ask somebody to read them."""

from typing import Any

from tests.client import Client, all_items
from tests.lab.way import final, measured, patient_of, step


async def test_what_is_out_of_range_is_read_by_somebody(client: Client) -> None:
    person = await patient_of(client)
    await final(client, person, "NA", 140)

    async def waiting() -> list[dict[str, Any]]:
        listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
        return [each for each in listed if each["person_id"] == person]

    assert await waiting() == [], "what is in range asks nobody"
    released = await final(client, person, "K", 5.6)
    [task] = await waiting()
    assert (task["kind"], task["owner_role"], task["climbs_at"]) == ("results_to_read", "doctor", None)
    assert (task["reason"], task["subject_key"]) == ("Potassium 5.6 mmol/L", released["request_id"])
    place = await client.get(f"/lab-orders/{task['subject_key']}/results", as_="doctor_a", html=True)
    assert place.headers["location"] == f"/patients/{person}/results"
    assert (await client.post(f"/tasks/{task['id']}/completion", as_="nurse_a")).status_code == 403
    assert (await client.post(f"/tasks/{task['id']}/completion", as_="doctor_a")).status_code == 200
    assert await waiting() == []


async def test_what_was_amended_or_withdrawn_is_read_again(client: Client) -> None:
    """Somebody may have acted on what it said, also where it is in range now, or was before."""
    person = await patient_of(client)
    result = await final(client, person, "NA", 140)

    async def waiting() -> list[tuple[str, str]]:
        listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
        return [(each["title"], each["reason"]) for each in listed if each["person_id"] == person]

    assert await waiting() == []
    body = {"value": 150, "reason": "Other tube"}
    result = (await step(client, result, "amendment", body=body)).json()
    changed = "A result was amended or withdrawn: read and act"
    assert await waiting() == [(changed, "Sodium 150 mmol/L amended")]
    answer = await step(client, result, "withdrawal", body={"reason": "Another patient's"})
    assert answer.status_code == 200, answer.text
    assert await waiting() == [(changed, "Sodium 150 mmol/L withdrawn")]


async def test_what_was_never_final_asks_nobody_when_it_is_amended(client: Client) -> None:
    person = await patient_of(client)
    result = await measured(client, person, "NA", 140)
    await step(client, result, "amendment", body={"value": 141, "reason": "Other tube"})
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    assert [each for each in listed if each["person_id"] == person] == []
