"""Observations through the front door: scored, kept, escalated, corrected, refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import Client, all_items, items
from tests.world import World

WELL: dict[str, Any] = {
    "respiration_per_min": 16,
    "spo2_percent": 97,
    "on_oxygen": False,
    "systolic_mmhg": 120,
    "diastolic_mmhg": 70,
    "pulse_per_min": 70,
    "consciousness": "A",
    "temperature_celsius": 37.0,
}
SICK = WELL | {
    "respiration_per_min": 24,
    "spo2_percent": 93,
    "on_oxygen": True,
    "oxygen_l_per_min": 2,
    "pulse_per_min": 112,
}
MEDIUM = WELL | {"respiration_per_min": 24, "spo2_percent": 93, "systolic_mmhg": 105}


async def patient_in_bed(client: Client, **person: Any) -> UUID:
    patient = await client.world.patient(client.world.a, **person)
    await client.world.stay(client.world.a, patient)
    return patient


async def save(client: Client, patient: UUID, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    saved = await client.post(f"/patients/{patient}/observations", body, as_="nurse_a", **options)
    assert saved.status_code == 201, saved.text
    return saved.json()


async def stay_row(client: Client, patient: UUID) -> Any:
    async with client.world.owner() as db:
        return await db.fetchrow("SELECT * FROM encounters.current WHERE person_id = $1", patient)


async def tasks_of(client: Client, patient: UUID) -> list[dict[str, Any]]:
    listed = await all_items(client, "/tasks?everyone=true", as_="doctor_a")
    return [task for task in listed if task["person_id"] == str(patient)]


async def test_a_set_is_scored_kept_on_the_stay_and_listed(client: Client) -> None:
    patient = await patient_in_bed(client)
    answer = await save(client, patient, WELL)
    assert (answer["score"], answer["complete"], answer["band"], answer["task_id"]) == (0, True, "low", None)
    row = await stay_row(client, patient)
    assert (row["news_score"], row["news_signs"], row["news_band"], row["news_history"]) == (0, 7, "low", [0])
    assert row["observations_due_at"] - row["news_at"] == timedelta(hours=12)
    listed = items(await client.get(f"/patients/{patient}/observations", as_="nurse_a"))
    assert [item["id"] for item in listed] == [answer["id"]]
    assert listed[0]["temperature_celsius"] == 37.0
    one = await client.get(f"/observations/{answer['id']}", as_="doctor_a")
    assert one.json()["score"] == 0


async def test_news_7_makes_a_critical_task_for_the_registrar(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, WELL)
    answer = await save(client, patient, SICK, key=uuid4().hex)
    assert (answer["score"], answer["band"]) == (8, "high")
    [task] = await tasks_of(client, patient)
    assert (task["id"], task["priority"], task["owner_words"]) == (answer["task_id"], "critical", "Registrar")
    assert task["reason"] == "NEWS 8, up from 0"
    due = datetime.fromisoformat(task["due_at"]) - datetime.fromisoformat(task["created_at"])
    assert due == timedelta(minutes=15)


async def test_the_same_score_again_keeps_the_clock_and_a_worse_one_calls_higher(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, MEDIUM)
    [first] = await tasks_of(client, patient)
    assert (first["owner_words"], first["priority"]) == ("Doctor on call", "urgent")
    await save(client, patient, MEDIUM)
    [again] = await tasks_of(client, patient)
    assert (again["id"], again["due_at"]) == (first["id"], first["due_at"])
    acknowledged = await client.post(f"/tasks/{first['id']}/acknowledgement", as_="doctor_a")
    assert acknowledged.status_code == 200
    await save(client, patient, MEDIUM)
    assert [task["state"] for task in await tasks_of(client, patient)] == ["acknowledged"]
    await save(client, patient, SICK)
    [worse] = await tasks_of(client, patient)
    assert (worse["id"], worse["state"], worse["owner_words"]) == (first["id"], "open", "Registrar")
    assert (worse["acknowledged_by"], worse["priority"]) == (None, "critical")


async def test_a_call_that_was_taken_on_is_made_again_when_the_score_rises_in_its_band(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, SICK)
    [first] = await tasks_of(client, patient)
    assert (await client.post(f"/tasks/{first['id']}/acknowledgement", as_="doctor_a")).status_code == 200
    worse = await save(client, patient, {"consciousness": "V"})
    assert worse["score"] > 8
    [again] = await tasks_of(client, patient)
    assert (again["id"], again["state"], again["acknowledged_by"]) == (first["id"], "open", None)


async def test_a_partial_later_set_never_lowers_the_score(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, SICK)
    for sign in ("respiration_per_min", "systolic_mmhg", "pulse_per_min", "consciousness", "temperature_celsius"):
        answer = await save(client, patient, {sign: SICK[sign]})
        assert (answer["score"], answer["complete"]) == (8, True)
    answer = await save(client, patient, {"pulse_per_min": 90, "confirmed": ["pulse_per_min"]})
    assert answer["score"] == 6


async def test_missing_signs_are_incomplete_and_never_zero(client: Client) -> None:
    patient = await patient_in_bed(client)
    answer = await save(client, patient, {"respiration_per_min": 16})
    assert (answer["complete"], answer["signs_scored"], answer["score_label"], answer["band"]) == (False, 1, "0+", None)
    assert answer["response"].startswith("incomplete (1 of 7)")


async def test_a_sign_older_than_the_window_still_counts_but_the_score_is_incomplete(client: Client) -> None:
    patient = await patient_in_bed(client)
    long_ago = (datetime.now(UTC) - timedelta(hours=13)).isoformat()
    assert (await save(client, patient, SICK | {"taken_at": long_ago}))["score"] == 8
    answer = await save(client, patient, {"respiration_per_min": 22})
    assert (answer["score"], answer["score_label"], answer["signs_scored"], answer["band"]) == (8, "8+", 1, "high")


async def test_a_late_entry_is_scored_in_its_place(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, WELL)
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    answer = await save(client, patient, SICK | {"taken_at": hour_ago, "confirmed": ["pulse_per_min"]})
    assert answer["score"] == 0
    listed = items(await client.get(f"/patients/{patient}/observations", as_="nurse_a"))
    assert [item["score"] for item in listed] == [0, 8]
    assert (await stay_row(client, patient))["news_history"] == [8, 0]


async def test_a_mistaken_set_is_kept_struck_and_no_longer_counts(client: Client) -> None:
    patient = await patient_in_bed(client)
    await save(client, patient, WELL)
    wrong = await save(client, patient, SICK)
    path = f"/observations/{wrong['id']}/correction"
    refused = await client.post(path, {"reason": "wrong patient"}, as_="nurse_a")
    assert refused.status_code == 428
    done = await client.post(path, {"reason": "wrong patient"}, as_="nurse_a", version=1)
    assert (done.status_code, done.json()["state"], done.json()["error_reason"]) == (
        200,
        "entered_in_error",
        "wrong patient",
    )
    row = await stay_row(client, patient)
    assert (row["news_score"], row["respiration_per_min"], row["news_history"]) == (0, 16, [0])
    listed = items(await client.get(f"/patients/{patient}/observations", as_="nurse_a"))
    assert [item["state"] for item in listed] == ["entered_in_error", "final"]
    again = await client.post(path, {"reason": "once more"}, as_="nurse_a", version=2)
    assert (again.status_code, again.json()["code"]) == (409, "already_in_error")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"spo2_percent": 101}, "spo2_percent"),
        ({"temperature_celsius": 98.6}, "temperature_celsius"),
        ({"temperature_celsius": 1e308}, "temperature_celsius"),
        ({"pulse_per_min": 10**12}, "pulse_per_min"),
        ({"respiration_per_min": -1}, "respiration_per_min"),
        ({"diastolic_mmhg": 130}, "diastolic_mmhg"),
        ({"oxygen_l_per_min": 2}, "on_oxygen"),
        ({"consciousness": "X"}, "consciousness"),
        ({"hospital_id": "x"}, "hospital_id"),
        ({"taken_at": "2999-01-01T00:00:00Z"}, "taken_at"),
        ({"taken_at": "0001-01-01T00:00:00Z"}, "taken_at"),
        ({"spo2_scale": 2}, "spo2_scale"),
        ({"pulse_per_min": 196}, "pulse_per_min"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(client: Client, change: dict[str, Any], field: str) -> None:
    patient = await patient_in_bed(client)
    refused = await client.post(f"/patients/{patient}/observations", WELL | change, as_="nurse_a")
    assert refused.status_code == 422, refused.text
    assert field in refused.json()["fields"]
    assert items(await client.get(f"/patients/{patient}/observations", as_="nurse_a")) == []


async def test_an_empty_set_is_refused(client: Client) -> None:
    patient = await patient_in_bed(client)
    assert (await client.post(f"/patients/{patient}/observations", {}, as_="nurse_a")).status_code == 422


async def test_an_unusual_value_is_stored_once_confirmed(client: Client) -> None:
    patient = await patient_in_bed(client)
    asked = await client.post(f"/patients/{patient}/observations", {"pulse_per_min": 196}, as_="nurse_a")
    assert asked.json()["code"] == "needs_confirmation"
    assert asked.json()["fields"] == {"pulse_per_min": "Re-check: pulse 196?"}
    other = {"pulse_per_min": 196, "confirmed": ["pulse_per_min=190"]}
    assert (await client.post(f"/patients/{patient}/observations", other, as_="nurse_a")).status_code == 422
    answer = await save(client, patient, {"pulse_per_min": 196, "confirmed": ["pulse_per_min=196"]})
    assert answer["confirmed"] == ["pulse_per_min"]


async def test_a_set_of_the_past_that_says_nothing_of_it_reads_as_unconfirmed(client: Client) -> None:
    patient = await patient_in_bed(client)
    answer = await save(client, patient, WELL)
    async with client.world.owner() as db:
        await db.execute("UPDATE vitals.observation_set SET confirmed = NULL WHERE id = $1", UUID(answer["id"]))
    one = await client.get(f"/observations/{answer['id']}", as_="nurse_a")
    assert (one.status_code, one.json()["confirmed"]) == (200, [])
    assert (await client.get(f"/observations/{answer['id']}", as_="nurse_a", html=True)).status_code == 200
    assert (await client.get(f"/patients/{patient}/observations", as_="nurse_a")).status_code == 200


async def test_scale_2_needs_a_named_prescriber_who_is_a_doctor(client: Client) -> None:
    patient = await client.world.patient(client.world.a)
    encounter = await client.world.stay(client.world.a, patient)
    path = f"/encounters/{encounter}/spo2-scale"
    assert (await client.put(path, {"scale": 2}, as_="nurse_a")).status_code == 403
    assert (await client.put(path, {"scale": 3}, as_="doctor_a")).status_code == 422
    assert (await client.put(path, {"scale": 2}, as_="doctor_b")).status_code == 404
    set_now = await client.put(path, {"scale": 2}, as_="doctor_a")
    assert (set_now.status_code, set_now.json()["scale"]) == (200, 2)
    assert set_now.json()["prescribed_by"]
    answer = await save(client, patient, WELL | {"spo2_percent": 97})
    assert (answer["spo2_scale"], answer["score"]) == (2, 0)
    answer = await save(client, patient, WELL | {"spo2_percent": 97, "on_oxygen": True})
    assert answer["score"] == 5
    refused = await client.post(f"/patients/{patient}/observations", WELL | {"spo2_scale": 1}, as_="nurse_a")
    assert refused.json()["code"] == "spo2_scale_not_prescribed"


async def test_a_finished_stay_takes_no_more(client: Client) -> None:
    patient = await client.world.patient(client.world.a)
    refused = await client.post(f"/patients/{patient}/observations", WELL, as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_open_stay")


async def test_children_and_pregnant_people_are_recorded_but_not_scored(client: Client) -> None:
    child = await patient_in_bed(client, born=datetime.now(UTC).date() - timedelta(days=3000))
    answer = await save(client, child, SICK)
    assert (answer["score"], answer["task_id"]) == (None, None)
    assert "under 16" in answer["response"]
    pregnant = await patient_in_bed(client)
    async with client.world.owner() as db:
        await db.execute("UPDATE encounters.current SET pregnant = true WHERE person_id = $1", pregnant)
    assert "pregnancy" in (await save(client, pregnant, SICK))["response"]


async def test_the_same_key_stores_one_set(client: Client) -> None:
    patient = await patient_in_bed(client)
    key = uuid4().hex
    answers = await asyncio.gather(*(save(client, patient, SICK, key=key) for _ in range(8)))
    assert len({answer["id"] for answer in answers}) == 1
    assert len(items(await client.get(f"/patients/{patient}/observations", as_="nurse_a"))) == 1
    assert len(await tasks_of(client, patient)) == 1


async def test_sets_saved_at_once_are_all_kept_and_make_one_task(client: Client) -> None:
    patient = await patient_in_bed(client)
    await asyncio.gather(*(save(client, patient, SICK) for _ in range(6)))
    assert len(items(await client.get(f"/patients/{patient}/observations", as_="nurse_a"))) == 6
    assert len(await tasks_of(client, patient)) == 1
    row = await stay_row(client, patient)
    assert (row["news_history"], row["version"]) == ([8] * 6, 7)


async def test_another_hospital_finds_nothing(client: Client) -> None:
    patient = await patient_in_bed(client)
    saved = await save(client, patient, WELL)
    for path in (f"/patients/{patient}/observations", f"/observations/{saved['id']}"):
        assert (await client.get(path, as_="nurse_b")).status_code == 404
    assert (await client.post(f"/patients/{patient}/observations", WELL, as_="nurse_b")).status_code == 404
    correction = f"/observations/{saved['id']}/correction"
    assert (await client.post(correction, {"reason": "not mine"}, as_="nurse_b", version=1)).status_code == 404
    assert (await client.get(f"/wards/{client.world.a.ward_id}/risk", as_="nurse_b")).status_code == 404


async def test_who_may_record_and_who_may_read(client: Client) -> None:
    patient = await patient_in_bed(client)
    path = f"/patients/{patient}/observations"
    assert (await client.post(path, WELL, as_="receptionist_a")).status_code == 403
    assert (await client.post(path, WELL)).status_code == 401
    assert (await client.get(path, as_="receptionist_a")).status_code == 403
    assert (await client.get(path, as_="pharmacist_a")).status_code == 200
    assert (await client.post(path, WELL, as_="pharmacist_a")).status_code == 403


async def test_the_list_goes_on_where_the_page_before_ended(client: Client) -> None:
    patient = await patient_in_bed(client)
    for respiration in (14, 15, 16):
        await save(client, patient, {"respiration_per_min": respiration})
    seen: list[int] = []
    after = ""
    while True:
        page = (await client.get(f"/patients/{patient}/observations?limit=2{after}", as_="nurse_a")).json()
        seen += [item["respiration_per_min"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [16, 15, 14]
    bad = await client.get(f"/patients/{patient}/observations?after=nonsense", as_="nurse_a")
    assert bad.status_code == 400


async def test_the_ward_is_listed_by_risk(client: Client) -> None:
    world = await World.build(client.world.owner_url)
    own = Client(client.app, world)
    sickest, well = await world.patient(world.a), await world.patient(world.a)
    await world.stay(world.a, sickest, bed=world.a.beds[4])
    await world.stay(world.a, well, bed=world.a.beds[5])
    await save(own, well, WELL)
    await save(own, sickest, SICK)
    ward = (await own.get(f"/wards/{world.a.ward_id}/risk", as_="doctor_a")).json()
    assert [row["person_id"] for row in ward["items"]] == [str(sickest), str(well)]
    assert (await own.get(f"/wards/{world.a.ward_id}/risk", as_="receptionist_a")).status_code == 403
