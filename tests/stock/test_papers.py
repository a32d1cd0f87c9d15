"""Transfers between stores, and orders to suppliers."""

from typing import Any
from uuid import uuid4

from tests.client import Client
from tests.stock.way import act, in_days, product, received, shelf, store, unbalanced
from wardline.stock.gs1 import check_digit


async def sent(client: Client, place: str, other: str, lot: dict[str, Any], quantity: int) -> dict[str, Any]:
    body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [quantity]}
    answer = await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_is_sent_lies_nowhere_until_it_is_received(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 50)
    paper = await sent(client, place, other, lot, 20)
    assert (await shelf(client, place, kind["id"]))["shelf"]["quantity"] == 30
    assert (await shelf(client, other, kind["id"]))["shelf"] is None
    listed = (await client.get("/stock/transfers", as_="pharmacist_a")).json()
    assert paper["id"] in {each["id"] for each in listed["items"]}
    short = {"lots": [lot["id"]], "quantities": [18]}
    path, options = f"/stock/transfers/{paper['id']}/receipt", {"as_": "pharmacist_a", "version": paper["version"]}
    answer = await client.post(path, short, **options)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["reason"])
    answer = await client.post(path, short | {"reason": "Box was torn"}, **options)
    assert (answer.status_code, answer.json()["state"]) == (200, "received_short"), answer.text
    assert [(line["sent"], line["received"]) for line in answer.json()["lines"]] == [(20, 18)]
    assert (await shelf(client, other, kind["id"]))["shelf"]["quantity"] == 18
    again = await client.post(path, short | {"reason": "Once more"}, **options)
    assert again.status_code in {409, 412}
    assert await unbalanced(client) == []


async def test_more_than_was_sent_does_not_arrive(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 50)
    paper = await sent(client, place, other, lot, 20)
    answer = await client.post(
        f"/stock/transfers/{paper['id']}/receipt",
        {"lots": [lot["id"]], "quantities": [21]},
        as_="pharmacist_a",
        version=paper["version"],
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["quantities"])


async def test_an_order_from_what_is_low_arrives_in_parts(client: Client) -> None:
    place, kind = await store(client), await product(client)
    await received(client, place, kind["id"], 5)
    levels = f"/stock/stores/{place}/products/{kind['id']}/levels"
    body = {"reorder_level": 20, "target_level": 90}
    answer = await client.put(levels, body, as_="pharmacist_a", version=1)
    assert answer.status_code == 200, answer.text
    assert (await client.put(levels, body, as_="pharmacist_a", version=1)).status_code == 412
    low = (await client.get("/stock/low", as_="pharmacist_a")).json()
    assert kind["id"] in {each["product_id"] for each in low["items"]}

    name = f"Supplier {uuid4().hex[:8]}"
    supplier = (await client.post("/stock/suppliers", {"name": name}, as_="pharmacist_a")).json()
    new = {"supplier_id": supplier["id"], "store_id": place}
    answer = await client.post("/stock/orders", new, as_="pharmacist_a")
    order = answer.json()
    assert answer.status_code == 201, answer.text
    assert [(line["product_id"], line["ordered"]) for line in order["lines"]] == [(kind["id"], 100)], (
        "85 in whole packs"
    )
    nothing = await client.post("/stock/orders", new, as_="pharmacist_a")
    assert nothing.status_code == 422, "what is drafted is on order"

    path = f"/stock/orders/{order['id']}"
    lines = {"products": [kind["id"]], "quantities": [60]}
    order = (await client.put(f"{path}/lines", lines, as_="pharmacist_a", version=order["version"])).json()
    early = {"product_id": kind["id"], "lot": "L1", "expires_on": in_days(300), "packs": 1, "purchase_id": order["id"]}
    answer = await client.post(f"/stock/stores/{place}/receipts", early, as_="pharmacist_a")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_this_state")
    order = (await client.post(f"{path}/sending", {}, as_="pharmacist_a", version=order["version"])).json()
    assert order["state"] == "sent"
    for packs, state in ((1, "partly_received"), (2, "received")):
        await received(client, place, kind["id"], None, packs=packs, lot=f"L{packs}", purchase_id=order["id"])
        order = (await client.get(path, as_="pharmacist_a")).json()
        assert order["state"] == state
    assert (await shelf(client, place, kind["id"]))["shelf"]["quantity"] == 65
    late = await client.post(
        f"{path}/cancellation", {"reason": "Too late"}, as_="pharmacist_a", version=order["version"]
    )
    assert late.status_code == 409


async def test_a_draft_is_cancelled_with_a_reason(client: Client) -> None:
    place, kind = await store(client), await product(client)
    supplier = (
        await client.post("/stock/suppliers", {"name": f"Supplier {uuid4().hex[:8]}"}, as_="pharmacist_a")
    ).json()
    body = {"supplier_id": supplier["id"], "store_id": place, "products": [kind["id"]], "quantities": [40]}
    order = (await client.post("/stock/orders", body, as_="pharmacist_a")).json()
    path = f"/stock/orders/{order['id']}/cancellation"
    answer = await client.post(path, {"reason": "Ordered elsewhere"}, as_="pharmacist_a", version=order["version"])
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


async def test_a_receipt_by_scan(client: Client) -> None:
    place = await store(client)
    digits = f"0{uuid4().int % 10**12:012}"
    gtin = digits + check_digit(digits)
    kind = await product(client, gtin=gtin)
    code = f"]d201{gtin}17{in_days(200)[2:].replace('-', '')}10B7/4"
    form = (await client.get(f"/stock/stores/{place}/receipts/new?code={code}", as_="pharmacist_a")).json()
    assert (form["product"]["id"], form["lot"], form["expires_on"]) == (kind["id"], "B7/4", in_days(200))
    body = {"code": code, "packs": 2}
    answer = await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a")
    assert (answer.status_code, answer.json()["quantity"], answer.json()["number"]) == (201, 40, "B7/4"), answer.text
    other = await client.post(
        f"/stock/stores/{place}/receipts", {"code": "(01)05012345678900(10)A", "packs": 1}, as_="pharmacist_a"
    )
    assert (other.status_code, list(other.json()["fields"])) == (422, ["code"])
    assert (await act(client, answer.json(), "issues", {"quantity": 40, "reason": "Ward 7"})).status_code == 200


async def test_a_product_gets_the_number_of_its_pack_later(client: Client) -> None:
    place, kind = await store(client), await product(client)
    digits = f"0{uuid4().int % 10**12:012}"
    gtin = digits + check_digit(digits)
    scanned = {"code": f"(01){gtin}(17){in_days(200)[2:].replace('-', '')}(10)C9", "packs": 1}
    receipts = f"/stock/stores/{place}/receipts"
    assert (await client.post(receipts, scanned, as_="pharmacist_a")).status_code == 422
    path, body = f"/stock/products/{kind['id']}", {"pack_quantity": 30, "gtin": gtin}
    changed = await client.put(path, body, as_="pharmacist_a", version=kind["version"])
    assert (changed.status_code, changed.json()["gtin"]) == (200, gtin), changed.text
    assert (await client.put(path, body, as_="pharmacist_a", version=kind["version"])).status_code == 412
    assert (await client.put(path, body, as_="hospital_administrator_a", version=2)).status_code == 403
    assert (await client.post(receipts, scanned, as_="pharmacist_a")).json()["quantity"] == 30
    gone = await client.put(path, body | {"active": False}, as_="pharmacist_a", version=2)
    assert gone.status_code == 200, gone.text
    late = await client.post(receipts, scanned, as_="pharmacist_a")
    assert (late.status_code, list(late.json()["fields"])) == (422, ["code"]), "it is no longer kept"
    assert (await client.get(path, as_="pharmacist_a", html=True)).status_code == 200
