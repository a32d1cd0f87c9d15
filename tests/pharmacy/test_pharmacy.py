"""The pharmacy through the front door: the queue, a query and its answer, dispensing in parts, what comes back, who may."""

from typing import Any

import pytest

from tests.client import Client, all_items, items
from tests.pharmacy.way import (
    decide,
    dispensed,
    in_list,
    left,
    page,
    patient_of,
    prescribed,
    stocked,
    verified,
)
from tests.stock import way as stock


async def medicines(client: Client, order: dict[str, Any], who: str = "nurse_a") -> dict[str, Any]:
    """The order in the patient's list, as the ward sees it."""
    listed = items(await client.get(f"/patients/{order['patient_id']}/medicines", as_=who))
    return next(each for each in listed if each["id"] == order["id"])


async def tasks_about(client: Client, order: dict[str, Any], who: str) -> list[dict[str, Any]]:
    found = await all_items(client, "/tasks", as_=who)
    return [each for each in found if each["person_id"] == order["patient_id"]]


async def test_from_the_prescription_to_what_comes_back(client: Client) -> None:
    order = await prescribed(client)
    assert (await in_list(client, "new", order) or {})["tall_man"] == "amoxicillin"
    assert (await medicines(client, order))["verification"] is None
    # A query goes to the prescriber and keeps the order's place.
    asked = await decide(client, order, "query", question="Is the dose meant for the kidney function?")
    assert (asked.status_code, asked.json()["state"]) == (200, "queried")
    row = await in_list(client, "query", order)
    assert row is not None
    assert (row["words"], row["prescribed_at"]) == (
        "Is the dose meant for the kidney function?",
        order["prescribed_at"],
    )
    assert await in_list(client, "new", order) is None
    (task,) = await tasks_about(client, order, "doctor_a")
    assert "kidney function" in task["reason"]
    not_so = await client.post(f"/tasks/{task['id']}/completion", {}, as_="doctor_a")
    assert (not_so.status_code, not_so.json()["code"]) == (409, "query_not_answered")
    answered = await client.post(f"/medicines/{order['id']}/answer", {"answer": "Yes, checked."}, as_="doctor_a")
    assert answered.json()["answer"] == "Yes, checked."
    assert await tasks_about(client, order, "doctor_a") == []
    assert (await in_list(client, "query", order) or {})["answer"] == "Yes, checked."
    # Verified, and ready to dispense.
    done = await decide(client, order, "verification")
    assert (done.status_code, done.json()["state"]) == (200, "verified")
    assert await in_list(client, "ready", order) is not None
    shown = (await medicines(client, order))["verification"]
    assert (shown["state"], shown["initials"]) == ("verified", "KP")
    # Too little is there: what there is, and the rest owed.
    store, product, _ = await stocked(client, 6, 4)
    (choice,) = [c for c in (await page(client, order))["choices"] if c["product_id"] == product["id"]]
    assert (choice["needed"], choice["available"], choice["is_as_ordered"]) == (15, 10, True)
    refused = await dispensed(client, order, store, product, 15)
    assert (refused.status_code, refused.json()["code"], refused.json()["available"]) == (409, "not_enough", 10)
    part = await dispensed(client, order, store, product, 10, needed=15)
    assert part.status_code == 201, part.text
    assert [part.json()[name] for name in ("type", "status", "quantity", "owed")] == ["partial", "in_progress", 10, 5]
    assert [lot["quantity"] for lot in part.json()["lots"]] == [6, 4]
    assert await left(client, store, product) == 0
    (owed,) = await tasks_about(client, order, "pharmacist_a")
    assert owed["title"].startswith("Owed: 5 capsules of amoxicillin")
    assert (await in_list(client, "ready", order) or {})["owed"] == 5
    # The rest.
    await stock.received(client, store, product["id"], 20)
    rest = await dispensed(client, order, store, product, 5)
    assert [rest.json()[name] for name in ("type", "owed")] == ["complete", 0]
    assert await tasks_about(client, order, "pharmacist_a") == []
    assert await in_list(client, "ready", order) is None
    waiting = [
        row["number"]
        for row in await all_items(client, "/pharmacy/queue/waiting", as_="pharmacist_a")
        if row["medicine_id"] == order["id"]
    ]
    assert sorted(waiting) == sorted([part.json()["number"], rest.json()["number"]])
    handed = await client.post(
        f"/dispenses/{rest.json()['id']}/hand-over", {"received_by": "Nurse of ward 7"}, as_="pharmacist_a", version=1
    )
    assert handed.json()["status"] == "completed"
    assert (await medicines(client, order))["supply"] == "5 capsules dispensed, handed over"
    # What comes back goes to its own lot, at most what went out.
    back = f"/dispenses/{part.json()['id']}/returns"
    lot = part.json()["lots"][0]["lot_id"]
    many = await client.post(back, {"lot_id": lot, "quantity": 7, "reason": "Unopened"}, as_="pharmacist_a", version=1)
    assert (many.status_code, many.json()["code"]) == (409, "more_than_dispensed")
    some = await client.post(back, {"lot_id": lot, "quantity": 6, "reason": "Unopened"}, as_="pharmacist_a", version=1)
    assert (some.status_code, some.json()["returned"]) == (200, 6)
    assert await left(client, store, product) == 21
    history = items(await client.get(f"/medicines/{order['id']}/dispenses", as_="nurse_a"))
    assert [each["returned"] for each in history] == [0, 6]
    assert await stock.unbalanced(client) == []


async def test_a_changed_order_is_verified_anew_at_its_old_place(client: Client) -> None:
    order = await verified(client)
    changed = await client.post(
        f"/medicines/{order['id']}/change",
        {"line": "amox 250 tds 5d", "why": "Small", "confirmed": True, "shown": await _cards(client, order)},
        as_="doctor_a",
        version=order["version"],
    )
    assert changed.status_code == 200, changed.text
    row = await in_list(client, "new", order)
    assert row is not None
    assert (row["decided"], row["prescribed_at"]) == ("verified", order["prescribed_at"])
    assert (await medicines(client, order))["verification"] is None
    assert await in_list(client, "ready", order) is None
    store, product, _ = await stocked(client, 50)
    refused = await dispensed(client, order, store, product, 5)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_verified")


async def _cards(client: Client, order: dict[str, Any]) -> list[str]:
    refused = await client.post(
        f"/medicines/{order['id']}/change",
        {"line": "amox 250 tds 5d", "why": "Small"},
        as_="doctor_a",
        version=order["version"],
    )
    return [card["uuid"] for card in refused.json().get("cards", [])]


@pytest.mark.parametrize("what", ["hold", "stop"])
async def test_a_held_or_stopped_order_leaves_the_queue_and_is_not_dispensed(client: Client, what: str) -> None:
    order = await verified(client)
    asked = await prescribed(client)
    await decide(client, asked, "query", question="Which course?")
    for each in (order, asked):
        await client.post(
            f"/medicines/{each['id']}/{what}", {"reason": "Not now"}, as_="doctor_a", version=each["version"]
        )
        for which in ("new", "query", "ready"):
            assert await in_list(client, which, each) is None
    assert await tasks_about(client, asked, "doctor_a") == []
    store, product, _ = await stocked(client, 50)
    refused = await dispensed(client, order, store, product, 5)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_active")
    late = await decide(client, order, "verification")
    assert (late.status_code, late.json()["code"]) == (409, "order_not_active")


async def test_a_refusal_is_a_task_of_the_prescriber(client: Client) -> None:
    order = await prescribed(client)
    silent = await decide(client, order, "refusal")
    assert silent.status_code == 422
    refused = await decide(client, order, "refusal", reason="Twice the highest dose")
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    (task,) = await tasks_about(client, order, "doctor_a")
    assert "Twice the highest dose" in task["reason"]
    assert await in_list(client, "new", order) is None
    assert (await medicines(client, order))["verification"]["state"] == "refused"


async def test_once_only_goes_first(client: Client) -> None:
    later = await prescribed(client)
    stat = await prescribed(client, "amoxicillin 1 g po stat")
    places = [row["medicine_id"] for row in await all_items(client, "/pharmacy/queue/new", as_="pharmacist_a")]
    assert places.index(stat["id"]) < places.index(later["id"])
    counts = (await client.get("/pharmacy/queue/ready", as_="pharmacist_a")).json()["counts"]
    assert counts["new"] >= 2


async def test_the_context_stands_beside_the_order(client: Client) -> None:
    person = await patient_of(client)
    for kind, value in (("weight_kg", 70), ("creatinine_umol_per_l", 180)):
        await client.post(f"/patients/{person}/measures", {"kind": kind, "value": value}, as_="nurse_a")
    await client.post(f"/patients/{person}/allergies", {"substance": "penicillin", "reaction": "rash"}, as_="nurse_a")
    await prescribed(client, "ramipril 2.5 mg po od", person)
    order = await prescribed(client, "furosemide 40 mg po od", person)
    found = await page(client, order)
    assert (found["numbers"]["weight_kg"], found["numbers"]["egfr"]) == ("70", 26)
    assert found["banner"]["allergies"] == ["penicillin (rash)"] or "penicillin" in found["banner"]["allergies"][0]
    assert [each["name"] for each in found["others"]] == ["ramipril"]
    html = await client.get(f"/medicines/{order['id']}/pharmacy", as_="pharmacist_a", html=True)
    for words in ("Allergy", "penicillin", "eGFR", "ramipril", "Verify furosemide"):
        assert words in html.text
    sheet = await client.get(f"/medicines/{order['id']}/pharmacy?sheet=true", as_="pharmacist_a", html=True)
    assert "Ask the prescriber" in sheet.text


async def test_first_expiry_first_and_another_lot_with_a_reason(client: Client) -> None:
    order = await verified(client)
    store, product, lots = await stocked(client, 30, 30)
    silent = await dispensed(client, order, store, product, 5, lot_id=lots[1]["id"])
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["lot_reason"])
    other = await dispensed(client, order, store, product, 5, lot_id=lots[1]["id"], lot_reason="The box is open")
    assert [lot["lot_id"] for lot in other.json()["lots"]] == [lots[1]["id"]]
    first = await dispensed(client, order, store, product, 5)
    assert [lot["lot_id"] for lot in first.json()["lots"]] == [lots[0]["id"]]


async def test_a_lot_in_quarantine_or_expired_is_never_taken(client: Client) -> None:
    order = await verified(client)
    store, product, lots = await stocked(client, 30, 4)
    held = await client.put(
        f"/stock/lots/{lots[0]['id']}/quarantine",
        {"reason": "Recalled"},
        as_="pharmacist_a",
        version=lots[0]["lot_version"],
    )
    assert held.status_code == 204, held.text
    refused = await dispensed(client, order, store, product, 5)
    assert (refused.status_code, refused.json()["available"]) == (409, 4)
    named = await dispensed(client, order, store, product, 4, lot_id=lots[0]["id"], lot_reason="It is near")
    assert (named.status_code, list(named.json()["fields"])) == (422, ["lot_id"])
    given = await dispensed(client, order, store, product, 4)
    assert [lot["lot_id"] for lot in given.json()["lots"]] == [lots[1]["id"]]


async def test_a_substitution_says_why_and_is_never_another_ingredient(client: Client) -> None:
    order = await verified(client, "amoxicillin 500 mg po tds")
    store, liquid, _ = await stocked(client, 50, form="injection", strength="1 g", unit="vial")
    silent = await dispensed(client, order, store, liquid, 5)
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["substitution_reason"])
    said = await dispensed(client, order, store, liquid, 5, substitution_reason="Capsules are out of stock")
    assert said.json()["substitution_reason"] == "Capsules are out of stock"
    elsewhere, other, _ = await stocked(client, 50, ingredient="ibuprofen", form="tablet", unit="tablet")
    never = await dispensed(client, order, elsewhere, other, 5, substitution_reason="It helps too")
    assert (never.status_code, never.json()["code"]) == (422, "other_ingredient")
    assert await left(client, elsewhere, other) == 50


async def test_a_controlled_drug_has_a_witness(client: Client) -> None:
    order = await verified(client, "morphine 10 mg ir po q4h prn")
    store, product, lots = await stocked(
        client,
        60,
        kind="controlled",
        ingredient="morphine",
        form="tablet",
        strength="10 mg",
        unit="tablet",
        is_controlled=True,
    )
    alone = await dispensed(client, order, store, product, 10)
    assert (alone.status_code, list(alone.json()["fields"])) == (422, ["witness_email"])
    signed = await stock.witness(client)
    wrong = await dispensed(client, order, store, product, 10, **(signed | {"witness_password": "not it"}))
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["witness_password"])
    assert await left(client, store, product) == 60
    given = await dispensed(client, order, store, product, 10, **signed)
    assert (given.status_code, bool(given.json()["witness"])) == (201, True)
    back = f"/dispenses/{given.json()['id']}/returns"
    body = {"lot_id": lots[0]["id"], "quantity": 10, "reason": "Not needed"}
    assert (await client.post(back, body, as_="pharmacist_a", version=1)).status_code == 409
    returned = await client.post(back, body | signed, as_="pharmacist_a", version=1)
    assert (returned.status_code, returned.json()["status"]) == (200, "cancelled")


async def test_what_the_ward_has_is_not_dispensed(client: Client) -> None:
    order = await verified(client)
    seen = (await page(client, order))["dispense_version"]
    path, body = f"/medicines/{order['id']}/ward-stock", {"reason": "Ward stock"}
    assert (await client.post(path, body, as_="pharmacist_a")).status_code == 428
    answer = await client.post(path, body, as_="pharmacist_a", version=seen)
    assert answer.status_code == 200, answer.text
    late = await client.post(path, {"reason": "I say so too"}, as_="pharmacist_a", version=seen)
    assert (late.status_code, late.json()["current"]["supply"]) == (412, "declined")
    store, product, _ = await stocked(client, 50)
    assert (await dispensed(client, order, store, product, 15, version=seen)).status_code == 412
    assert await in_list(client, "ready", order) is None
    assert (await page(client, order))["supply"]["state"] == "declined"


async def test_the_label_and_its_code_lead_back(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 50)
    given = (await dispensed(client, order, store, product, 15, days_supply=5)).json()
    label = await client.get(f"/dispenses/{given['id']}/label", as_="pharmacist_a")
    assert (label.headers["content-type"], label.content[:5]) == ("application/pdf", b"%PDF-")
    for code in (given["number"], f"{order['id'].upper()}/V1/{given['number']}"):
        found = await client.get(f"/pharmacy/scan?code={code}", as_="pharmacist_a")
        assert (found.status_code, found.headers["location"]) == (303, f"/dispenses/{given['id']}")
    banner = (await page(client, order))["banner"]
    for code in (banner["identifier"], banner["mrn"]):
        found = await client.get(f"/pharmacy/scan?code={code}", as_="pharmacist_a")
        assert found.headers["location"] == f"/patients/{order['patient_id']}/medicines"
    for code in ("D999999999", "nobody"):
        assert (await client.get(f"/pharmacy/scan?code={code}", as_="pharmacist_a")).status_code == 404
    for path in (f"/dispenses/{given['id']}", f"/medicines/{order['id']}/dispenses"):
        for who in ("pharmacist_a", "nurse_a"):
            assert given["number"] in (await client.get(path, as_=who, html=True)).text


async def test_nothing_is_lost_on_bad_input(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 50)
    version = (await page(client, order))["dispense_version"]
    for body in (
        {"quantity": 0},
        {"quantity": -3},
        {"quantity": "many"},
        {"quantity": 5, "needed": 3},
        {"colour": "red"},
    ):
        sent = {"store_id": store, "product_id": product["id"], "quantity": 5} | body
        answer = await client.post(f"/medicines/{order['id']}/dispenses", sent, as_="pharmacist_a", version=version)
        assert (answer.status_code, bool(answer.json()["fields"])) == (422, True)
    assert await left(client, store, product) == 50
    form = {"store_id": store, "product_id": product["id"], "quantity": "99", "idempotency_key": "a-key-of-this-form"}
    form["version"] = str(version)
    refused = await client.post(f"/medicines/{order['id']}/dispenses", as_="pharmacist_a", form=form, html=True, key="")
    assert refused.status_code == 409
    assert "50 capsules" in refused.text


@pytest.mark.parametrize(
    "who", ["doctor_a", "nurse_a", "laboratory_technician_a", "receptionist_a", "hospital_administrator_a"]
)
async def test_only_pharmacists_verify_and_dispense(client: Client, who: str) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 50)
    given = (await dispensed(client, order, store, product, 5)).json()
    for path, body in (
        (f"/medicines/{order['id']}/verification", {}),
        (f"/medicines/{order['id']}/query", {"question": "Why this one?"}),
        (f"/medicines/{order['id']}/refusal", {"reason": "No"}),
        (f"/medicines/{order['id']}/dispenses", {"store_id": store, "product_id": product["id"], "quantity": 1}),
        (f"/dispenses/{given['id']}/hand-over", {"received_by": "Somebody"}),
    ):
        assert (await client.post(path, body, as_=who, version=1)).status_code == 403
    assert (await client.get("/pharmacy/queue/new", as_=who)).status_code == 403
    assert (
        await client.post(f"/medicines/{order['id']}/answer", {"answer": "Yes"}, as_="pharmacist_a")
    ).status_code == 403


async def test_a_question_nobody_asked_has_no_answer(client: Client) -> None:
    order = await prescribed(client)
    answer = await client.post(f"/medicines/{order['id']}/answer", {"answer": "Yes"}, as_="doctor_a")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_open_query")


async def test_the_end_of_a_stay_ends_what_is_asked_and_owed(client: Client) -> None:
    asked = await prescribed(client)
    await decide(client, asked, "query", question="Which course?")
    owed = await verified(client, person=asked["patient_id"], line="ibuprofen 400 mg po tds 5d")
    store, product, _ = await stocked(
        client, 3, ingredient="ibuprofen", form="tablet", strength="400 mg", unit="tablet"
    )
    assert (await dispensed(client, owed, store, product, 3, needed=15)).status_code == 201
    stay = (await client.get(f"/encounters/{asked['encounter_id']}", as_="doctor_a")).json()
    ended = await client.post(
        f"/encounters/{asked['encounter_id']}/discharge",
        {"discharged_to": "home"},
        as_="doctor_a",
        version=stay["version"],
    )
    assert ended.status_code == 200, ended.text
    assert await tasks_about(client, asked, "doctor_a") == []
    assert await tasks_about(client, asked, "pharmacist_a") == []
    assert await in_list(client, "ready", owed) is None


async def test_an_order_is_not_dispensed_twice_unknowingly(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    seen = (await page(client, order))["dispense_version"]
    assert (await dispensed(client, order, store, product, 15, version=seen)).status_code == 201
    late = await dispensed(client, order, store, product, 15, version=seen)
    assert (late.status_code, late.json()["code"], late.json()["current"]["supply"]) == (412, "stale", "done")
    silent = {"store_id": store, "product_id": product["id"], "quantity": 15}
    answer = await client.post(f"/medicines/{order['id']}/dispenses", silent, as_="pharmacist_a")
    assert answer.status_code == 428, answer.text
    assert await left(client, store, product) == 85
    assert (await dispensed(client, order, store, product, 15)).status_code == 201  # whoever looked may


async def test_what_was_seen_of_an_order_that_changed_is_not_dispensed(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    seen = (await page(client, order))["dispense_version"]
    await _changed(client, order)
    assert (await decide(client, order, "verification")).status_code == 200
    late = await dispensed(client, order, store, product, 15, version=seen)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert await left(client, store, product) == 100


async def _changed(client: Client, order: dict[str, Any]) -> None:
    changed = await client.post(
        f"/medicines/{order['id']}/change",
        {"line": "amox 250 tds 5d", "why": "Small", "confirmed": True, "shown": await _cards(client, order)},
        as_="doctor_a",
        version=order["version"],
    )
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize("what", ["change", "hold", "stop"])
async def test_what_was_prepared_of_another_order_is_not_handed_over_unseen(client: Client, what: str) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    given = (await dispensed(client, order, store, product, 15)).json()
    if what == "change":
        await _changed(client, order)
    else:
        path = f"/medicines/{order['id']}/{what}"
        await client.post(path, {"reason": "Not now"}, as_="doctor_a", version=order["version"])
    row = await in_list(client, "waiting", order)
    assert row is not None
    assert (row["decided_version"], row["version"]) == (1, 2)
    listed = await client.get("/pharmacy/queue/waiting", as_="pharmacist_a", html=True)
    assert "Order changed or stopped since" in listed.text
    path = f"/dispenses/{given['id']}"
    body = {"received_by": "Nurse of ward 7"}
    refused = await client.post(f"{path}/hand-over", body, as_="pharmacist_a", version=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_changed")
    assert (await client.get(path, as_="pharmacist_a")).json()["status"] == "in_progress"
    assert "Why all the same" in (await client.get(path, as_="pharmacist_a", html=True)).text
    said = await client.post(f"{path}/hand-over", body | {"although": "Going home"}, as_="pharmacist_a", version=1)
    assert (said.status_code, said.json()["although"]) == (200, "Going home")


async def test_what_came_back_unused_waits_to_be_dispensed_again(client: Client) -> None:
    order = await verified(client)
    store, product, lots = await stocked(client, 100)
    given = (await dispensed(client, order, store, product, 15)).json()
    assert await in_list(client, "ready", order) is None
    back = {"lot_id": lots[0]["id"], "quantity": 15, "reason": "Wrong box"}
    answer = await client.post(f"/dispenses/{given['id']}/returns", back, as_="pharmacist_a", version=1)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await in_list(client, "ready", order) is not None
    assert await left(client, store, product) == 100


async def test_what_is_owed_is_of_its_own_product(client: Client) -> None:
    order = await verified(client)
    store, whole, _ = await stocked(client, 10)
    _, half, _ = await stocked(client, 100, strength="250 mg")
    assert (await dispensed(client, order, store, whole, 10, needed=15)).status_code == 201
    other = next(each for each in (await page(client, order))["choices"] if each["product_id"] == half["id"])
    html = await client.get(
        f"/medicines/{order['id']}/pharmacy?store_id={other['store_id']}&product_id={half['id']}",
        as_="pharmacist_a",
        html=True,
    )
    assert "of another product" in html.text
    rest = await dispensed(client, order, other["store_id"], half, 10)
    assert (rest.status_code, rest.json()["owed"]) == (201, 0), "ten halves make up five wholes"


async def test_a_product_of_an_odd_strength_breaks_no_page(client: Client) -> None:
    order = await verified(client)
    for strength in ("0 mg", "1.2.3 mg", "..", "0,5 mg"):
        store, product, _ = await stocked(client, 5, strength=strength)
        (choice,) = [c for c in (await page(client, order))["choices"] if c["product_id"] == product["id"]]
        assert (choice["store_id"], choice["needed"]) == (store, None)


async def test_a_slow_release_product_is_a_substitution_for_a_plain_order(client: Client) -> None:
    order = await verified(client, "diltiazem 60 mg ir po tds")
    store, slow, _ = await stocked(
        client, 50, ingredient="diltiazem", form="modified-release capsule", strength="60 mg"
    )
    silent = await dispensed(client, order, store, slow, 21)
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["substitution_reason"])
