"""Who may do what with stock, here and elsewhere; and every page for a person."""

from typing import Any

import pytest

from tests.client import Client
from tests.stock.way import act, product, received, shelf, store

STRANGERS = ("doctor_a", "nurse_a", "laboratory_technician_a", "receptionist_a", "hospital_manager_a")


async def test_only_pharmacists_work_and_administrators_read(client: Client) -> None:
    place, kind = await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    body = {"quantity": 1, "reason": "Ward 7"}
    for who in (*STRANGERS, "hospital_administrator_a"):
        assert (await act(client, lot, "issues", body, as_=who)).status_code == 403, who
        answer = await client.post("/stock/products", {"ingredient": "ibuprofen"}, as_=who)
        assert answer.status_code == 403, who
    for who in STRANGERS:
        assert (await client.get(f"/stock/stores/{place}", as_=who)).status_code == 403, who
    for path in ("/stock", f"/stock/stores/{place}", "/stock/low", "/stock/orders"):
        assert (await client.get(path, as_="hospital_administrator_a")).status_code == 200, path
    assert (await act(client, lot, "issues", body)).status_code == 200


async def test_another_hospital_sees_nothing_and_moves_nothing(client: Client) -> None:
    place, kind = await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    for path in (
        f"/stock/stores/{place}",
        f"/stock/stores/{place}/products/{kind['id']}",
        f"/stock/stores/{place}/lots/{lot['id']}",
    ):
        assert (await client.get(path, as_="pharmacist_b")).status_code == 404, path
    body = {"quantity": 1, "reason": "Ward 7"}
    assert (await act(client, lot, "issues", body, as_="pharmacist_b")).status_code == 404
    theirs = await store(client, letter="b")
    transfer = {"to_store_id": theirs, "lots": [lot["id"]], "quantities": [1]}
    assert (await client.post(f"/stock/stores/{place}/transfers", transfer, as_="pharmacist_a")).status_code == 404
    foreign = {"product_id": kind["id"], "lot": "Z", "expires_on": "2031-01-01", "quantity": 1}
    assert (await client.post(f"/stock/stores/{theirs}/receipts", foreign, as_="pharmacist_b")).status_code == 404
    assert (await shelf(client, place, kind["id"]))["shelf"]["quantity"] == 10


async def test_every_page_reads(client: Client) -> None:
    place, cabinet, kind = await store(client), await store(client, "controlled"), await product(client)
    lot = await received(client, place, kind["id"], 10)
    await act(client, lot, "issues", {"quantity": 2, "reason": "Ward 7"})
    body = {"to_store_id": cabinet, "lots": [lot["id"]], "quantities": [3]}
    paper = (await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")).json()
    pages = [
        "/stock",
        "/stock/stores",
        "/stock/low",
        "/stock/expiring?days=180",
        "/stock/products?q=amox",
        "/stock/transfers",
        "/stock/orders",
        f"/stock/transfers/{paper['id']}",
        f"/stock/stores/{place}?show=low",
        f"/stock/stores/{place}/products/{kind['id']}",
        f"/stock/stores/{place}/lots/{lot['id']}",
        f"/stock/stores/{place}/receipts/new",
        f"/stock/stores/{place}/receipts/new?code=123",
        f"/stock/stores/{cabinet}/register",
        f"/stock/stores/{cabinet}/register/{kind['id']}",
    ]
    for page in pages:
        answer = await client.get(page, as_="pharmacist_a", html=True)
        assert answer.status_code == 200, (page, answer.text[:500])
    shown = (await client.get(f"/stock/stores/{place}", as_="pharmacist_a", html=True)).text
    assert "amoxicillin" in shown
    assert "Lasts" in shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ingredient": "amoxicilin"}, "ingredient"),
        ({"gtin": "05012345678901"}, "gtin"),
        ({"pack_quantity": 0}, "pack_quantity"),
    ],
)
async def test_a_product_is_of_the_drug_table(client: Client, body: dict[str, Any], field: str) -> None:
    good = {"ingredient": "amoxicillin", "form": "capsule", "strength": "1 g", "unit": "capsule", "pack_quantity": 10}
    answer = await client.post("/stock/products", good | body, as_="pharmacist_a")
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field]), answer.text


async def test_a_product_keeps_the_name_of_the_table(client: Client) -> None:
    found = await product(client, ingredient="Augmentin", form="tablet", unit="tablet")
    assert found["ingredient"] == "co-amoxiclav"
