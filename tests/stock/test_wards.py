"""Wards ask for medicines and receive them; the pharmacy sees a task; nobody moves what is not theirs."""

import asyncio
from typing import Any
from uuid import UUID

from tests.beds.places import Ward, ward_of
from tests.client import Client, all_items
from tests.lab.test_live import pushed_of, version_of
from tests.stock.way import in_days, product, received, shelf, store, unbalanced, witness
from wardline.tasks.public import DONE_AT


async def asked(client: Client, ward: Ward, place: str, kind: dict[str, Any], quantity: int = 20) -> dict[str, Any]:
    body = {"store_id": place, "product_id": kind["id"], "quantity": quantity, "note": "Two admissions tonight"}
    answer = await client.post(f"/wards/{ward.id}/stock/requests", body, as_="nurse_a")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def task_of(client: Client, request: dict[str, Any]) -> dict[str, Any] | None:
    found = await all_items(client, "/tasks", as_="pharmacist_a")
    return next((each for each in found if each["subject_key"] == request["id"]), None)


async def test_a_ward_asks_and_receives(client: Client) -> None:
    ward, main, kind = await ward_of(client, client.world.a), await store(client), await product(client)
    cupboard = await store(client, "ward", ward_id=str(ward.id))
    late = await received(client, main, kind["id"], 30, expires_on=in_days(300))
    expired_soon = await received(client, main, kind["id"], 5, expires_on=in_days(20))
    held = await received(client, main, kind["id"], 50, expires_on=in_days(10))
    path = f"/stock/lots/{held['id']}/quarantine"
    assert (await client.put(path, {"reason": "Recalled"}, as_="pharmacist_a", version=1)).status_code == 204
    topics = [f"ward_stock:{ward.id}", f"stock_transfers:{client.world.a.id}"]
    was = [await version_of(client, topic) for topic in topics]
    request = await asked(client, ward, cupboard, kind)
    assert all([await version_of(client, topic) > before for topic, before in zip(topics, was, strict=True)])
    task = await task_of(client, request)
    assert task is not None
    assert task["title"].startswith(f"Ward {ward.code} asks for 20 of ")
    assert DONE_AT[task["kind"]].format(task["subject_key"]) == f"/stock/requests/{request['id']}"
    by_hand = await client.post(f"/tasks/{task['id']}/completion", {}, as_="pharmacist_a")
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "not_sent")
    listed = (await client.get("/stock/transfers", as_="pharmacist_a")).json()
    assert request["id"] in {each["id"] for each in listed["asked"]}
    # The pharmacy sends: first expiry first, never what is in quarantine.
    home = f"/stock/requests/{request['id']}"
    assert "may be used" in (await client.get(home, as_="pharmacist_a", html=True)).text
    body = {"from_store_id": main, "quantity": 15}
    options: dict[str, Any] = {"as_": "pharmacist_a", "version": request["version"]}
    silent = await client.post(f"{home}/sending", body, **options)
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["reason"])
    many = await client.post(f"{home}/sending", body | {"quantity": 21}, **options)
    assert (many.status_code, list(many.json()["fields"])) == (422, ["quantity"])
    sent = await client.post(f"{home}/sending", body | {"quantity": 20}, **options)
    assert sent.status_code == 201, sent.text
    assert {line["lot_id"]: line["sent"] for line in sent.json()["lines"]} == {expired_soon["id"]: 5, late["id"]: 15}
    assert await task_of(client, request) is None
    again = await client.post(f"{home}/sending", body | {"quantity": 20}, **options)
    assert (again.status_code, again.json()["code"]) == (409, "request_ended")
    # The nurse receives.
    base = f"/wards/{ward.id}/stock"
    shown = await client.get(base, as_="nurse_a", html=True)
    assert f"/transfers/{sent.json()['id']}" in shown.text
    assert "Receive" in (await pushed_of(client, f"ward_stock:{ward.id}", "nurse_a"))["ward-stock-lists"]
    paper = f"{base}/transfers/{sent.json()['id']}"
    assert "Received in" in (await client.get(paper, as_="nurse_a", html=True)).text
    arrived = {"lots": [expired_soon["id"], late["id"]], "quantities": [5, 15]}
    done = await client.post(f"{paper}/receipt", arrived, as_="nurse_a", version=1)
    assert (done.status_code, done.json()["state"]) == (200, "received"), done.text
    found = (await client.get(base, as_="nurse_a")).json()
    assert [(each["product_id"], each["usable"]) for each in found["items"]] == [(kind["id"], 20)]
    assert [each["state"] for each in found["requests"]] == ["sent"]
    assert (await shelf(client, cupboard, kind["id"]))["entries"][0]["actor"]
    assert await unbalanced(client) == []


async def test_a_ward_touches_nothing_that_is_not_its_own(client: Client) -> None:
    ward, other = await ward_of(client, client.world.a), await ward_of(client, client.world.a)
    main, kind = await store(client), await product(client)
    cupboard = await store(client, "ward", ward_id=str(ward.id))
    theirs = await store(client, "ward", ward_id=str(other.id))
    lot = await received(client, main, kind["id"], 30)
    for target in (main, theirs):
        body = {"store_id": target, "product_id": kind["id"], "quantity": 5}
        answer = await client.post(f"/wards/{ward.id}/stock/requests", body, as_="nurse_a")
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["store_id"])
    body = {"to_store_id": theirs, "lots": [lot["id"]], "quantities": [5]}
    sent = (await client.post(f"/stock/stores/{main}/transfers", body, as_="pharmacist_a")).json()
    arrived = {"lots": [lot["id"]], "quantities": [5]}
    wrong = f"/wards/{ward.id}/stock/transfers/{sent['id']}"
    assert (await client.get(wrong, as_="nurse_a")).status_code == 404
    assert (await client.post(f"{wrong}/receipt", arrived, as_="nurse_a", version=1)).status_code == 404
    request = await asked(client, ward, cupboard, kind)
    path = f"/wards/{other.id}/stock/requests/{request['id']}/withdrawal"
    assert (await client.post(path, {}, as_="nurse_a", version=1)).status_code == 404
    for who in ("doctor_a", "receptionist_a", "hospital_administrator_a"):
        assert (await client.get(f"/wards/{ward.id}/stock", as_=who)).status_code == 403, who
    # The pharmacy's side stays the pharmacy's.
    for path in (f"/stock/requests/{request['id']}", "/stock", f"/stock/transfers/{sent['id']}"):
        assert (await client.get(path, as_="nurse_a")).status_code == 403
    answer = await client.post(f"/stock/transfers/{sent['id']}/receipt", arrived, as_="nurse_a", version=1)
    assert answer.status_code == 403
    assert (await client.get(f"/wards/{ward.id}/stock", as_="nurse_b")).status_code == 404


async def test_a_controlled_drug_goes_to_the_wards_cabinet_with_two_people(client: Client) -> None:
    ward, second = await ward_of(client, client.world.a), await witness(client, "doctor_a")
    main = await store(client, "controlled")
    cupboard = await store(client, "ward", ward_id=str(ward.id))
    cabinet = await store(client, "controlled", ward_id=str(ward.id))
    kind = await product(client, ingredient="morphine", form="injection", unit="ampoule")
    lot = await received(client, main, kind["id"], 20, **second)
    body = {"store_id": cupboard, "product_id": kind["id"], "quantity": 5}
    wrong = await client.post(f"/wards/{ward.id}/stock/requests", body, as_="nurse_a")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["store_id"])
    request = await asked(client, ward, cabinet, kind, 5)
    home, body = f"/stock/requests/{request['id']}", {"from_store_id": main, "quantity": 5}
    alone = await client.post(f"{home}/sending", body, as_="pharmacist_a", version=1)
    assert (alone.status_code, alone.json()["code"]) == (409, "witness_missing")
    sent = await client.post(f"{home}/sending", body | second, as_="pharmacist_a", version=1)
    assert sent.status_code == 201, sent.text
    paper = f"/wards/{ward.id}/stock/transfers/{sent.json()['id']}/receipt"
    arrived = {"lots": [lot["id"]], "quantities": [5]}
    assert (await client.post(paper, arrived, as_="nurse_a", version=1)).json()["code"] == "witness_missing"
    done = await client.post(paper, arrived | second, as_="nurse_a", version=1)
    assert done.status_code == 200, done.text
    found = (await client.get(f"/stock/stores/{cabinet}/register/{kind['id']}", as_="pharmacist_a")).json()
    assert [(each["kind"], each["balance"]) for each in found["items"]] == [("transfer_in", 5)]


async def test_nurses_do_the_daily_check_of_their_own_cabinet(client: Client) -> None:
    ward, second = await ward_of(client, client.world.a), await witness(client, "doctor_a")
    cabinet, main = await store(client, "controlled", ward_id=str(ward.id)), await store(client, "controlled")
    kind = await product(client, ingredient="morphine", form="injection", unit="ampoule")
    lot, far = [await received(client, place, kind["id"], 10, **second) for place in (cabinet, main)]
    page = f"/wards/{ward.id}/stock/stores/{cabinet}/products/{kind['id']}"
    assert "Save the count" in (await client.get(page, as_="nurse_a", html=True)).text
    path = f"/wards/{ward.id}/stock/stores/{cabinet}/lots/{lot['id']}/counts"
    alone = await client.post(path, {"counted": 10}, as_="nurse_a", version=lot["version"])
    assert (alone.status_code, alone.json()["code"]) == (409, "witness_missing")
    done = await client.post(path, {"counted": 10} | second, as_="nurse_a", version=lot["version"])
    assert done.status_code == 200, done.text
    late = await client.post(path, {"counted": 10} | second, as_="nurse_a", version=lot["version"])
    assert late.status_code == 412, "it was counted since"
    found = (await client.get(page, as_="nurse_a")).json()
    assert [(each["kind"], each["quantity"]) for each in found["entries"]] == [("count", 0), ("receipt", 10)]
    elsewhere = f"/wards/{ward.id}/stock/stores/{main}"
    assert (await client.get(f"{elsewhere}/products/{kind['id']}", as_="nurse_a")).status_code == 404
    answer = await client.post(
        f"{elsewhere}/lots/{far['id']}/counts", {"counted": 10} | second, as_="nurse_a", version=far["version"]
    )
    assert answer.status_code == 404
    assert await unbalanced(client) == []


async def test_a_request_ends_once(client: Client) -> None:
    ward, main, kind = await ward_of(client, client.world.a), await store(client), await product(client)
    cupboard = await store(client, "ward", ward_id=str(ward.id))
    await received(client, main, kind["id"], 500)
    await client.world.token("nurse_a")
    request = await asked(client, ward, cupboard, kind, 5)
    home = f"/stock/requests/{request['id']}"
    body = {"from_store_id": main, "quantity": 5}
    answers = await asyncio.gather(
        *(client.post(f"{home}/sending", body, as_="pharmacist_a", version=1) for _ in range(6)),
        *(client.post(f"{home}/refusal", {"reason": "None left"}, as_="pharmacist_a", version=1) for _ in range(3)),
        client.post(f"/wards/{ward.id}/stock/requests/{request['id']}/withdrawal", {}, as_="nurse_a", version=1),
    )
    codes = [answer.status_code for answer in answers]
    assert sum(code in (200, 201) for code in codes) == 1, codes
    assert {code for code in codes if code not in (200, 201)} == {409}
    async with client.world.owner() as db:
        sent = await db.fetchval("SELECT count(*) FROM stock.transfer WHERE to_store_id = $1", UUID(cupboard))
    assert sent == (1 if 201 in codes else 0)
    declined = await asked(client, ward, cupboard, kind, 7)
    path = f"/stock/requests/{declined['id']}/refusal"
    done = await client.post(path, {"reason": "Ask for the oral form"}, as_="pharmacist_a", version=1)
    assert (done.status_code, done.json()["state"]) == (200, "declined")
    assert "Ask for the oral form" in (await client.get(f"/wards/{ward.id}/stock", as_="nurse_a", html=True)).text
    assert await unbalanced(client) == []
