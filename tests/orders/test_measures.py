"""Dosing rests on the laboratory's creatinine: released, amended, withdrawn; and it says how old a number is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.client import Client
from tests.lab import way
from tests.prescribing import confirmed


async def numbers(client: Client, person: str) -> str:
    answer = await client.get(f"/patients/{person}/medicines", as_="doctor_a", html=True)
    assert answer.status_code == 200, answer.text
    return answer.text


async def cards(client: Client, person: str, line: str) -> list[dict[str, Any]]:
    answer = await client.post(f"/patients/{person}/medicines/preview", {"lines": [line]}, as_="doctor_a")
    assert answer.status_code == 200, answer.text
    return [card for each in answer.json()["lines"] for card in each["cards"]]


async def test_a_released_creatinine_is_what_dosing_rests_on(client: Client) -> None:
    person = await way.patient_of(client)
    measured = await way.measured(client, person, "CREAT", 92)
    assert "92 µmol/l" not in await numbers(client, person)
    released = (await way.step(client, measured, "clinical-release")).json()
    assert "92 µmol/l" in await numbers(client, person)
    amended = await way.step(client, released, "amendment", body={"value": 88, "reason": "Dilution error"})
    assert amended.status_code == 200, amended.text
    page = await numbers(client, person)
    assert "88 µmol/l" in page
    assert "92 µmol/l" not in page
    withdrawn = await way.step(client, amended.json(), "withdrawal", body={"reason": "Wrong patient in the tube"})
    assert withdrawn.status_code == 200, withdrawn.text
    assert "88 µmol/l" not in await numbers(client, person)


async def test_an_amendment_before_the_wards_see_it_does_not_dose(client: Client) -> None:
    person = await way.patient_of(client)
    measured = await way.measured(client, person, "CREAT", 92)
    amended = await way.step(client, measured, "amendment", body={"value": 90, "reason": "Dilution error"})
    assert "90 µmol/l" not in await numbers(client, person)
    assert (await way.step(client, amended.json(), "clinical-release")).status_code == 200
    assert "90 µmol/l" in await numbers(client, person)


async def test_all_of_a_specimen_released_at_once_doses_too(client: Client) -> None:
    person = await way.patient_of(client)
    specimen = await way.received(client, person, "CREAT", "NA")
    await way.enter(client, specimen["results"]["CREAT"], 95)
    await way.enter(client, specimen["results"]["NA"], 140)
    for step in ("technical-release", "clinical-release"):
        answer = await client.post(f"/specimens/{specimen['id']}/{step}", {}, as_="laboratory_technician_a")
        assert answer.status_code == 200, answer.text
    assert "95 µmol/l" in await numbers(client, person)


async def test_another_test_doses_nothing(client: Client) -> None:
    person = await way.patient_of(client)
    await way.final(client, person, "NA", 140)
    assert "140 µmol/l" not in await numbers(client, person)


async def test_the_newest_number_counts_whoever_measured_it(client: Client) -> None:
    person = await way.patient_of(client)
    earlier = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    await way.final(client, person, "CREAT", 95)
    body = {"kind": "creatinine_umol_per_l", "value": 70, "taken_at": earlier}
    assert (await client.post(f"/patients/{person}/measures", body, as_="nurse_a")).status_code in (200, 201)
    assert "95 µmol/l" in await numbers(client, person)


async def test_an_old_number_is_said_and_asked_about(client: Client) -> None:
    person = await way.patient_of(client)
    then = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    for kind, value in (("weight_kg", 60), ("creatinine_umol_per_l", 180)):
        body = {"kind": kind, "value": value, "taken_at": then}
        assert (await client.post(f"/patients/{person}/measures", body, as_="nurse_a")).status_code in (200, 201)
    page = await numbers(client, person)
    assert "creatinine is 40 days old" in page
    assert "weight is 40 days old" in page
    said = [card["summary"] for card in await cards(client, person, "enoxaparin 40 mg sc od")]
    assert any("creatinine is 40 days old" in words for words in said)
    assert any("weight is 40 days old" in words for words in said)


async def test_a_stopped_mao_inhibitor_still_stops_the_next_one(client: Client) -> None:
    person = await way.patient_of(client)
    path = f"/patients/{person}/medicines"
    made = await confirmed(client, path, {"lines": ["phenelzine 15 mg po tds"]}, as_="doctor_a")
    order = made.json()["medicines"][0]
    stop = await client.post(
        f"/medicines/{order['id']}/stop", {"reason": "Changes to sertraline"}, as_="doctor_a", version=order["version"]
    )
    assert stop.status_code == 200, stop.text
    found = [card for card in await cards(client, person, "sertraline 50 mg po od") if card["indicator"] == "critical"]
    assert len(found) == 1
    assert "was stopped today" in found[0]["summary"]


async def test_a_change_of_the_drug_leaves_what_was_given(client: Client) -> None:
    person = await way.patient_of(client)
    made = await confirmed(
        client, f"/patients/{person}/medicines", {"lines": ["phenelzine 15 mg po tds"]}, as_="doctor_a"
    )
    order = made.json()["medicines"][0]
    body = {"line": "sertraline 50 mg po od", "why": "Did not help"}
    refused = await client.post(f"/medicines/{order['id']}/change", body, as_="doctor_a", version=order["version"])
    assert refused.status_code == 422
    assert refused.json()["code"] == "needs_reason"


async def test_the_measure_of_another_hospital_is_its_own(client: Client) -> None:
    person = await way.patient_of(client)
    await way.final(client, person, "CREAT", 95)
    hidden = await client.get(f"/patients/{UUID(person)}/medicines", as_="doctor_b")
    assert hidden.status_code == 404
