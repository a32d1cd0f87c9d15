"""Prescribing through the front door: the page, the basket, the stops, the history, and who may do what."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import Client, items
from tests.queries import queries_at_most


@pytest.fixture
async def patient(client: Client) -> UUID:
    """A woman of 70 on ward A with no known allergies, a weight and a creatinine."""
    person = await unmeasured(client)
    for kind, value in (("weight_kg", 70), ("creatinine_umol_per_l", 70)):
        made = await client.post(f"/patients/{person}/measures", {"kind": kind, "value": value}, as_="nurse_a")
        assert made.status_code in (200, 201), made.text
    return person


async def unmeasured(client: Client) -> UUID:
    """The same without weight and creatinine."""
    world = client.world
    person = await world.patient(world.a, family=f"Rowe {uuid4().hex[:6]}")
    await world.stay(world.a, person)
    async with world.owner() as db:
        await db.execute(
            "UPDATE patients.person SET allergy_state = 'none_known', allergies_confirmed_at = now(),"
            " allergies_confirmed_by = $2 WHERE id = $1",
            person,
            world.staff["nurse_a"],
        )
    return person


async def signed(client: Client, patient: UUID, *lines: str, **answers: Any) -> Any:
    """The answer to a signature."""
    return await client.post(f"/patients/{patient}/medicines", {"lines": list(lines), **answers}, as_="doctor_a")


async def one(client: Client, patient: UUID, line: str = "bisoprolol 5 mg po od", **answers: Any) -> dict[str, Any]:
    answer = await signed(client, patient, line, **answers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["medicines"][0]


def uuids(refused: Any) -> list[str]:
    """The cards that a refusal showed."""
    return [card["uuid"] for card in refused.json().get("cards", [])]


async def act(client: Client, order: dict[str, Any], what: str, body: Any = None, *, as_: str = "doctor_a") -> Any:
    return await client.post(
        f"/medicines/{order['id']}/{what}", body or {"reason": "Low pressure"}, as_=as_, version=order["version"]
    )


async def test_a_line_becomes_an_order_with_its_history(client: Client, patient: UUID) -> None:
    order = await one(client, patient, "amox 500 tds 5d")
    assert (order["name"], order["dose"], order["state"]) == ("amoxicillin", "500 mg", "active")
    assert order["parts"] == ["oral", "3 times a day", "for 5 days"]
    listed = items(await client.get(f"/patients/{patient}/medicines", as_="nurse_a"))
    assert [each["id"] for each in listed] == [order["id"]]
    detail = (await client.get(f"/medicines/{order['id']}", as_="pharmacist_a")).json()
    assert [step["kind"] for step in detail["history"]] == ["prescribed"]


async def test_a_basket_is_signed_whole_or_not_at_all(client: Client, patient: UUID) -> None:
    refused = await signed(client, patient, "furosemide 40 mg po od", "amoxicillin tds")
    assert (refused.status_code, refused.json()["code"]) == (422, "line_not_clear")
    assert "lines.1" in refused.json()["fields"]
    assert items(await client.get(f"/patients/{patient}/medicines", as_="doctor_a")) == []
    both = await signed(client, patient, "furosemide 40 mg po od", "ramipril 2.5 mg po od")
    assert len(both.json()["medicines"]) == 2


async def test_tier_1_stops_until_a_reason_is_given_and_the_reason_is_kept(client: Client, patient: UUID) -> None:
    await one(client, patient, "phenelzine 15 mg po tds")
    refused = await signed(client, patient, "sertraline 50 mg po od")
    assert (refused.status_code, refused.json()["code"]) == (422, "needs_reason")
    card = refused.json()["cards"][0]
    assert (card["indicator"], bool(card["source"]["label"])) == ("critical", True)
    order = await one(
        client,
        patient,
        "sertraline 50 mg po od",
        reason="specialist",
        words="Psychiatry, by phone",
        shown=uuids(refused),
    )
    detail = (await client.get(f"/medicines/{order['id']}", as_="doctor_a")).json()
    assert [(alert["tier"], alert["reason"], alert["words"]) for alert in detail["alerts"] if alert["tier"] == 1] == [
        (1, "specialist", "Psychiatry, by phone")
    ]
    rates = items(await client.get("/medicines/overrides", as_="hospital_manager_a"))
    assert any(rate["rule"] == "serotonin_reuptake_mao" and rate["overridden"] >= 1 for rate in rates)


async def test_a_reason_reaches_only_what_was_shown(client: Client, patient: UUID) -> None:
    refused = await signed(client, patient, "sertraline 50 mg po od", reason="specialist")
    assert refused.status_code in (200, 201)  # nothing stops yet
    seen = uuids(await signed(client, patient, "phenelzine 15 mg po tds"))
    await one(client, patient, "tramadol 50 mg ir po qds")  # somebody else signs it meanwhile
    answers = {"reason": "specialist", "shown": seen}
    refused = await signed(client, patient, "phenelzine 15 mg po tds", **answers)
    assert (refused.status_code, refused.json()["code"]) == (422, "needs_reason")
    assert "tramadol" in refused.json()["detail"].lower()
    assert "sertraline" not in refused.json()["detail"].lower()
    signed_now = await signed(client, patient, "phenelzine 15 mg po tds", reason="specialist", shown=uuids(refused))
    assert signed_now.status_code in (200, 201)


async def test_a_change_is_signed_with_the_cards_of_its_own_preview(client: Client, patient: UUID) -> None:
    await one(client, patient, "phenelzine 15 mg po tds")
    order = await one(client, patient)
    path = f"/patients/{patient}/medicines/preview"
    line = "sertraline 50 mg po od"
    seen = (await client.post(path, {"line": line, "without": order["id"]}, as_="doctor_a")).json()
    assert seen["changes"]
    body = {"line": line, "why": "Other drug", "reason": "specialist"}
    assert (await act(client, order, "change", body)).json()["code"] == "needs_reason"
    shown = [card["uuid"] for card in seen["lines"][0]["cards"]]
    assert (await act(client, order, "change", body | {"shown": shown})).status_code == 200


async def test_two_lines_of_one_basket_are_checked_against_each_other(client: Client, patient: UUID) -> None:
    refused = await signed(client, patient, "phenelzine 15 mg po tds", "sertraline 50 mg po od")
    assert refused.json()["code"] == "needs_reason"


async def test_an_allergy_stops(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family=f"Moss {uuid4().hex[:6]}")
    await world.stay(world.a, person)
    recorded = await client.post(
        f"/patients/{person}/allergies",
        {"substance": "penicillin", "reaction": "anaphylaxis", "severity": "severe"},
        as_="nurse_a",
    )
    assert recorded.status_code in (200, 201)
    refused = await signed(client, person, "amox 500 tds 5d")
    assert refused.json()["code"] == "needs_reason"
    assert "allergy to penicillin" in refused.json()["detail"]


async def test_allergies_that_nobody_recorded_ask_for_a_confirmation(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family=f"Nash {uuid4().hex[:6]}")
    await world.stay(world.a, person)
    refused = await signed(client, person, "bisoprolol 5 mg po od")
    assert (refused.status_code, refused.json()["code"]) == (422, "needs_confirmation")
    assert "not checked: allergies" in refused.json()["detail"]
    unseen = await signed(client, person, "bisoprolol 5 mg po od", confirmed=True)
    assert (unseen.status_code, unseen.json()["code"]) == (422, "needs_confirmation")
    order = await one(client, person, confirmed=True, shown=uuids(refused))
    detail = (await client.get(f"/medicines/{order['id']}", as_="doctor_a")).json()
    assert [(alert["rule"], alert["reason"]) for alert in detail["alerts"]] == [("not_checked", "confirmed")]


async def test_a_drug_that_the_table_does_not_know_cannot_be_signed(client: Client, patient: UUID) -> None:
    refused = await signed(client, patient, "dragonwort 5 mg po od", confirmed=True)
    assert refused.json()["code"] == "line_not_clear"


async def test_dosing_rests_on_the_newest_numbers(client: Client) -> None:
    patient = await unmeasured(client)
    path, body = f"/patients/{patient}/medicines/preview", {"lines": ["enoxaparin 40 mg sc od"]}
    before = await client.post(path, body, as_="doctor_a")
    assert "creatinine and weight are not recorded" in before.text
    for kind, value in (("weight_kg", 60), ("creatinine_umol_per_l", 180)):
        made = await client.post(f"/patients/{patient}/measures", {"kind": kind, "value": value}, as_="nurse_a")
        assert made.status_code in (200, 201), made.text
    after = await client.post(path, body, as_="doctor_a")
    assert "Creatinine clearance (Cockcroft-Gault) 24 ml/min" in after.text
    by_weight = await client.post(path, {"lines": ["gentamicin 5 mg/kg iv od"]}, as_="doctor_a")
    (line,) = by_weight.json()["lines"]
    assert any(words.startswith("5 mg/kg x 60 kg (") and words.endswith("= 300 mg") for words in line["assumptions"])
    impossible = await client.post(f"/patients/{patient}/measures", {"kind": "weight_kg", "value": 900}, as_="nurse_a")
    assert impossible.status_code == 422


async def test_hold_resume_change_and_stop_are_lines_of_the_history(client: Client, patient: UUID) -> None:
    order = await one(client, patient)
    order = (await act(client, order, "hold")).json()
    assert (order["state"], order["state_reason"]) == ("held", "Low pressure")
    order = (await act(client, order, "resumption", {"reason": "Pressure is back"})).json()
    order = (await act(client, order, "change", {"line": "bisoprolol 2.5 mg po od", "why": "Slow pulse"})).json()
    assert order["dose"] == "2.5 mg"
    order = (await act(client, order, "stop", {"reason": "No longer needed"})).json()
    detail = (await client.get(f"/medicines/{order['id']}", as_="doctor_a")).json()
    assert [step["kind"] for step in detail["history"]] == ["prescribed", "held", "resumed", "changed", "stopped"]
    assert "5 mg" in detail["history"][0]["text"]
    ended = await act(client, order, "hold")
    assert (ended.status_code, ended.json()["code"]) == (409, "order_ended")
    wrong = await act(client, order, "correction", {"reason": "Wrong patient"})
    assert wrong.json()["state"] == "entered_in_error"


async def test_a_change_is_checked_like_a_new_order_but_not_against_itself(client: Client, patient: UUID) -> None:
    await one(client, patient, "phenelzine 15 mg po tds")
    order = await one(client, patient)
    changed = await act(client, order, "change", {"line": "sertraline 50 mg po od", "why": "Other drug"})
    assert changed.json()["code"] == "needs_reason"
    same = await act(client, order, "change", {"line": "bisoprolol 10 mg po od", "why": "Fast pulse"})
    assert same.status_code == 200


async def test_a_stale_version_is_refused_with_the_newer_order(client: Client, patient: UUID) -> None:
    order = await one(client, patient)
    await act(client, order, "hold")
    stale = await act(client, order, "stop")
    assert (stale.status_code, stale.json()["current"]["state"]) == (412, "held")


async def test_a_discharge_stops_the_orders_of_the_stay(client: Client, patient: UUID) -> None:
    order = await one(client, patient)
    stay = (await client.get(f"/encounters/{order['encounter_id']}", as_="doctor_a")).json()
    ended = await client.post(
        f"/encounters/{order['encounter_id']}/discharge",
        {"discharged_to": "home"},
        as_="doctor_a",
        version=stay["version"],
    )
    assert ended.status_code == 200, ended.text
    listed = items(await client.get(f"/patients/{patient}/medicines", as_="doctor_a"))
    assert [(each["state"], each["state_reason"]) for each in listed] == [("stopped", "The stay is finished.")]
    refused = await signed(client, patient, "bisoprolol 5 mg po od")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_open_stay")


@pytest.mark.parametrize("who", ["nurse_a", "pharmacist_a", "receptionist_a", "hospital_administrator_a"])
async def test_only_prescribers_prescribe(client: Client, patient: UUID, who: str) -> None:
    refused = await client.post(f"/patients/{patient}/medicines", {"lines": ["bisoprolol 5 mg po od"]}, as_=who)
    assert refused.status_code == 403
    order = await one(client, patient)
    for what in ("hold", "stop", "resumption", "correction"):
        assert (await act(client, order, what, as_=who)).status_code == 403


async def test_another_hospital_sees_and_changes_nothing(client: Client, patient: UUID) -> None:
    order = await one(client, patient)
    assert (await client.get(f"/patients/{patient}/medicines", as_="doctor_b")).status_code == 404
    assert (await client.get(f"/medicines/{order['id']}", as_="doctor_b")).status_code == 404
    assert (await act(client, order, "stop", as_="doctor_b")).status_code == 404
    other = await client.post(f"/patients/{patient}/medicines", {"lines": ["bisoprolol 5 mg po od"]}, as_="doctor_b")
    assert other.status_code == 404


async def test_a_repeated_signature_makes_one_order(client: Client, patient: UUID) -> None:
    body = {"lines": ["bisoprolol 5 mg po od"]}
    first = await client.post(f"/patients/{patient}/medicines", body, as_="doctor_a", key="same-key")
    again = await client.post(f"/patients/{patient}/medicines", body, as_="doctor_a", key="same-key")
    assert first.json() == again.json()
    assert len(items(await client.get(f"/patients/{patient}/medicines", as_="doctor_a"))) == 1


async def test_the_record_keeps_who_prescribed_and_who_looked(client: Client, patient: UUID) -> None:
    order = await one(client, patient)
    await client.get(f"/medicines/{order['id']}", as_="nurse_a")
    async with client.world.owner() as db:
        actions = await db.fetch("SELECT action FROM audit.entry WHERE subject_id = $1", UUID(order["id"]))
    assert {row["action"] for row in actions} >= {"medicine.prescribed", "medicine.read"}


async def test_the_pages(client: Client, patient: UUID) -> None:
    await one(client, patient, "phenelzine 15 mg po tds")
    page = await client.get(f"/patients/{patient}/medicines", as_="doctor_a", html=True)
    assert page.status_code == 200, page.text
    assert 'name="lines"' in page.text
    assert "phenelzine" in page.text
    looked = await client.get(f"/patients/{patient}/medicines", as_="nurse_a", html=True)
    assert 'name="lines"' not in looked.text
    listed = items(await client.get(f"/patients/{patient}/medicines", as_="doctor_a"))
    detail = await client.get(f"/medicines/{listed[0]['id']}", as_="doctor_a", html=True)
    assert "Stop phenelzine" in detail.text
    preview = await client.post(
        f"/patients/{patient}/medicines/preview", {"lines": ["sertraline 50 mg po od"]},
        as_="doctor_a", html=True, headers={"hx-request": "true"},
    )  # fmt: skip
    assert "Why you go on" in preview.text
    assert "Sign 1 order for" in preview.text
    assert "interrupts" not in preview.text
    assert "Serotonin syndrome" in preview.text


async def test_a_passive_pair_is_a_mark_in_the_list_and_asks_nothing(client: Client, patient: UUID) -> None:
    await one(client, patient, "ramipril 5 mg po od")
    await one(client, patient, "aspirin 75 mg po od")
    listed = items(await client.get(f"/patients/{patient}/medicines", as_="doctor_a"))
    assert all(any("ACE inhibitor" in mark for mark in each["marks"]) for each in listed)


async def test_names_are_found_in_the_table(client: Client) -> None:
    found = items(await client.get("/medicines/names?start=amoxi", as_="nurse_a"))
    assert "amoxicillin" in {each["name"] for each in found}
    assert (await client.get("/medicines/names?start=amoxi", as_="receptionist_a")).status_code == 403


async def test_signing_keeps_its_budget(client: Client, patient: UUID) -> None:
    with queries_at_most(client, 7):
        await one(client, patient)
    with queries_at_most(client, 7):
        answer = await signed(client, patient, "amlodipine 5 mg po od", "atorvastatin 20 mg po on", "senna 15 mg po on")
    assert len(answer.json()["medicines"]) == 3
