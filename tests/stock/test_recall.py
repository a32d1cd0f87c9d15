"""A transfer on its way is taken back by its sender: once, with its reason, and the ledger says so."""

import asyncio
from collections import Counter
from typing import Any

from tests.beds.places import ward_of
from tests.client import Client
from tests.stock.test_papers import sent
from tests.stock.way import product, received, shelf, store, unbalanced, witness


async def recalled(
    client: Client, paper: dict[str, Any], quantity: int, reason: str = "Sent by mistake", **more: Any
) -> Any:
    """The answer to taking a transfer of one lot back."""
    body = {"lots": [paper["lines"][0]["lot_id"]], "quantities": [quantity], "reason": reason} | more
    path = f"/stock/transfers/{paper['id']}/recall"
    return await client.post(path, body, as_="pharmacist_a", version=paper["version"])


async def used(client: Client, place: str) -> int:
    """What a store has used, by the sums that the days of cover rest on."""
    async with client.world.owner() as db:
        return await db.fetchval(
            "SELECT coalesce(sum(quantity), 0)::int FROM stock.day_use WHERE store_id = $1::text::uuid", place
        )


async def test_what_is_taken_back_lies_where_it_was(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 50)
    paper = await sent(client, place, other, lot, 20)
    assert await used(client, place) == 20
    page = await client.get(f"/stock/transfers/{paper['id']}", as_="pharmacist_a", html=True)
    assert f"/stock/transfers/{paper['id']}/recall" in page.text
    form = await client.get(f"/stock/transfers/{paper['id']}/recall", as_="pharmacist_a", html=True)
    assert "Why it is taken back" in form.text
    silent = await recalled(client, paper, 20, " ")
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["reason"])
    many = await recalled(client, paper, 21)
    assert (many.status_code, list(many.json()["fields"])) == (422, ["quantities"])
    back = await recalled(client, paper, 20)
    assert (back.status_code, back.json()["state"]) == (200, "recalled"), back.text
    assert [(line["sent"], line["received"]) for line in back.json()["lines"]] == [(20, 20)]
    found = await shelf(client, place, kind["id"])
    assert found["shelf"]["quantity"] == 50
    newest = found["entries"][0]
    assert (newest["kind"], newest["quantity"], newest["reason"]) == ("transfer_in", 20, "Taken back: Sent by mistake")
    assert (await shelf(client, other, kind["id"]))["shelf"] is None
    assert await used(client, place) == 0
    shown = await client.get(f"/stock/transfers/{paper['id']}", as_="pharmacist_a", html=True)
    assert "Taken back" in shown.text
    assert "Sent by mistake" in shown.text
    assert "/recall" not in shown.text
    listed = (await client.get("/stock/transfers", as_="pharmacist_a")).json()
    assert paper["id"] not in {each["id"] for each in listed["items"]}
    arrived = {"lots": [lot["id"]], "quantities": [20]}
    late = await client.post(f"/stock/transfers/{paper['id']}/receipt", arrived, as_="pharmacist_a", version=2)
    assert (late.status_code, late.json()["code"]) == (409, "not_on_its_way")
    assert "taken back" in late.json()["detail"]
    assert await unbalanced(client) == []


async def test_what_does_not_come_back_is_written_off(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    paper = await sent(client, place, other, await received(client, place, kind["id"], 50), 20)
    assert (await recalled(client, paper, 15, "The box fell")).status_code == 200
    found = await shelf(client, place, kind["id"])
    assert found["shelf"]["quantity"] == 45
    assert [(each["kind"], each["quantity"]) for each in found["entries"][:2]] == [
        ("write_off", -5),
        ("transfer_in", 20),
    ]
    assert await unbalanced(client) == []


async def test_a_controlled_drug_comes_back_with_two_names(client: Client) -> None:
    place, other = await store(client, "controlled"), await store(client, "controlled")
    kind = await product(client, ingredient="morphine", form="injection", unit="ampoule")
    second = await witness(client)
    lot = await received(client, place, kind["id"], 10, **second)
    body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [4]} | second
    paper = (await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")).json()
    alone = await recalled(client, paper, 4)
    assert (alone.status_code, alone.json()["code"]) == (409, "witness_missing")
    assert (await recalled(client, paper, 4, **second)).status_code == 200
    register = (await client.get(f"/stock/stores/{place}/register/{kind['id']}", as_="pharmacist_a")).json()
    lines = [(each["kind"], each["quantity"], each["balance"], bool(each["witness"])) for each in register["items"]]
    assert sorted(lines, key=lambda line: line[2])[:1] == [("transfer_out", -4, 6, True)]
    assert ("transfer_in", 4, 10, True) in lines
    assert await unbalanced(client) == []


async def test_a_ward_that_asked_reads_why_it_does_not_come(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    main, cupboard = await store(client), await store(client, "ward", ward_id=str(ward.id))
    kind = await product(client)
    await received(client, main, kind["id"], 50)
    asked = {"store_id": cupboard, "product_id": kind["id"], "quantity": 20}
    request = (await client.post(f"/wards/{ward.id}/stock/requests", asked, as_="nurse_a")).json()
    sending = {"from_store_id": main, "quantity": 20}
    options: dict[str, Any] = {"as_": "pharmacist_a", "version": request["version"]}
    paper = (await client.post(f"/stock/requests/{request['id']}/sending", sending, **options)).json()
    assert (await recalled(client, paper, 20, "Wrong strength")).status_code == 200
    found = (await client.get(f"/wards/{ward.id}/stock", as_="nurse_a")).json()
    assert [(each["state"], each["reason"]) for each in found["requests"]] == [
        ("declined", "Taken back on its way: Wrong strength")
    ]
    assert (await client.post(f"/wards/{ward.id}/stock/requests", asked, as_="nurse_a")).status_code in (200, 201)


async def test_only_who_works_in_the_stock_takes_back(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    paper = await sent(client, place, other, await received(client, place, kind["id"], 50), 20)
    path = f"/stock/transfers/{paper['id']}/recall"
    body = {"lots": [paper["lines"][0]["lot_id"]], "quantities": [20], "reason": "Sent by mistake"}
    assert (await client.post(path, body, as_="nurse_a", version=1)).status_code == 403
    assert (await client.post(path, body, as_="pharmacist_b", version=1)).status_code == 404
    assert (await client.post(path, body, as_="pharmacist_a")).status_code == 428


async def test_it_is_received_or_taken_back_and_never_both(client: Client) -> None:
    for _ in range(3):
        place, other, kind = await store(client), await store(client), await product(client)
        paper = await sent(client, place, other, await received(client, place, kind["id"], 30), 20)
        arrived = {"lots": [paper["lines"][0]["lot_id"]], "quantities": [20]}
        receipt = f"/stock/transfers/{paper['id']}/receipt"
        tries = [
            recalled(client, paper, 20)
            if turn % 2
            else client.post(receipt, arrived, as_="pharmacist_a", version=paper["version"])
            for turn in range(20)
        ]
        codes = Counter(answer.status_code for answer in await asyncio.gather(*tries))
        assert (codes[200], codes[409] + codes[412]) == (1, 19), codes
        here = (await shelf(client, place, kind["id"]))["shelf"]["quantity"]
        there = (await shelf(client, other, kind["id"]))["shelf"]
        assert (here, there["quantity"] if there else 0) in {(30, 0), (10, 20)}
    assert await unbalanced(client) == []
