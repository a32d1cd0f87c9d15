"""Stores and suppliers: other names, closed with a reason, open again; nothing comes into what is closed."""

import asyncio
from uuid import UUID, uuid4

from tests.client import Client, all_items
from tests.stock.way import act, in_days, product, received, store, unbalanced


async def supplier(client: Client) -> dict[str, str]:
    body = {"name": f"Supplier {uuid4().hex[:8]}"}
    return (await client.post("/stock/suppliers", body, as_="pharmacist_a")).json()


async def test_a_store_gets_another_name(client: Client) -> None:
    place, name = await store(client), f"Store {uuid4().hex[:8]}"
    path = f"/stock/stores/{place}"
    for who, code in (("nurse_a", 403), ("doctor_a", 403), ("pharmacist_b", 404), ("hospital_administrator_a", 200)):
        answer = await client.put(path, {"name": name}, as_=who, version=1)
        assert answer.status_code == code, (who, answer.text)
    assert (await client.get(path, as_="pharmacist_a")).json()["store"]["name"] == name
    late = await client.put(path, {"name": "Another"}, as_="pharmacist_a", version=1)
    assert (late.status_code, late.json()["current"]["name"]) == (412, name)
    assert (await client.put(path, {"name": "Another"}, as_="pharmacist_a")).status_code == 428
    other = await store(client)
    twice = await client.put(f"/stock/stores/{other}", {"name": name}, as_="pharmacist_a", version=1)
    assert twice.status_code == 409
    async with client.world.owner() as db:
        told = await db.fetchval(
            "SELECT count(*) FROM audit.entry WHERE action = 'store.renamed' AND subject_id = $1", UUID(place)
        )
    assert told == 1


async def test_an_empty_store_closes_and_opens_again(client: Client) -> None:
    place, kind = await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    path = f"/stock/stores/{place}"
    full = await client.post(f"{path}/closing", {"reason": "Moved"}, as_="pharmacist_a", version=1)
    assert (full.status_code, full.json()["code"]) == (409, "in_use")
    assert (await act(client, lot, "issues", {"quantity": 10, "reason": "Ward 7"})).status_code == 200
    silent = await client.post(f"{path}/closing", {}, as_="pharmacist_a", version=1)
    assert (silent.status_code, list(silent.json()["fields"])) == (422, ["reason"])
    done = await client.post(f"{path}/closing", {"reason": "Moved"}, as_="pharmacist_a", version=1)
    assert (done.status_code, done.json()["active"], done.json()["closed_reason"]) == (200, False, "Moved")
    body = {"product_id": kind["id"], "lot": "X", "expires_on": in_days(90), "quantity": 1}
    refused = await client.post(f"{path}/receipts", body, as_="pharmacist_a")
    assert (refused.status_code, "is closed: Moved" in refused.text) == (404, True)
    assert place not in {each["id"] for each in await all_items(client, "/stock/stores", as_="pharmacist_a")}
    assert "Moved" in (await client.get("/stock/stores", as_="pharmacist_a", html=True)).text
    page = await client.get(f"{path}/keeping", as_="hospital_administrator_a", html=True)
    assert "Open again" in page.text
    assert (await client.post(f"{path}/closing", {"reason": "Again"}, as_="pharmacist_a", version=2)).status_code == 409
    again = await client.post(f"{path}/reopening", {"reason": "Back"}, as_="pharmacist_a", version=2)
    assert (again.status_code, again.json()["active"]) == (200, True)
    assert (await client.post(f"{path}/receipts", body, as_="pharmacist_a")).status_code == 201


async def test_nothing_comes_into_a_store_that_closes_at_this_moment(client: Client) -> None:
    for _ in range(3):
        place, kind = await store(client), await product(client)
        body = {"product_id": kind["id"], "lot": "X", "expires_on": in_days(90), "quantity": 1}
        path = f"/stock/stores/{place}"
        answers = await asyncio.gather(
            *(client.post(f"{path}/receipts", body, as_="pharmacist_a") for _ in range(3)),
            client.post(f"{path}/closing", {"reason": "Moved"}, as_="pharmacist_a", version=1),
            *(client.post(f"{path}/receipts", body, as_="pharmacist_a") for _ in range(3)),
        )
        codes = [answer.status_code for answer in answers]
        assert set(codes) <= {200, 201, 404, 409}, codes
        async with client.world.owner() as db:
            found = await db.fetchrow(
                "SELECT s.active, coalesce((SELECT sum(quantity) FROM stock.level v WHERE v.store_id = s.id), 0) AS there"
                " FROM stock.store s WHERE s.id = $1",
                UUID(place),
            )
        assert found["active"] or found["there"] == 0, codes
    assert await unbalanced(client) == []


async def test_a_supplier_is_changed_closed_and_opened_again(client: Client) -> None:
    place, kind, sells = await store(client), await product(client), await supplier(client)
    path = f"/stock/suppliers/{sells['id']}"
    new = {"name": f"Supplier {uuid4().hex[:8]}", "phone": "+353 1 555 0100", "email": "orders@example.org"}
    for who, code in (("nurse_a", 403), ("pharmacist_b", 404), ("hospital_administrator_a", 200)):
        assert (await client.put(path, new, as_=who, version=1)).status_code == code, who
    assert (await client.put(path, new, as_="pharmacist_a", version=1)).status_code == 412
    draft = {"supplier_id": sells["id"], "store_id": place, "products": [kind["id"]], "quantities": [40]}
    order = (await client.post("/stock/orders", draft, as_="pharmacist_a")).json()
    why = {"reason": "Too dear"}
    busy = await client.post(f"{path}/closing", why, as_="pharmacist_a", version=2)
    assert (busy.status_code, busy.json()["code"]) == (409, "in_use")
    cancel = f"/stock/orders/{order['id']}/cancellation"
    assert (await client.post(cancel, why, as_="pharmacist_a", version=order["version"])).status_code == 200
    assert (await client.post(f"{path}/closing", why, as_="pharmacist_a", version=2)).status_code == 200
    late = await client.post("/stock/orders", draft, as_="pharmacist_a")
    assert (late.status_code, list(late.json()["fields"])) == (422, ["supplier_id"])
    page = await client.get(path, as_="pharmacist_a", html=True)
    assert "Too dear" in page.text
    assert new["name"] in (await client.get("/stock/orders", as_="pharmacist_a", html=True)).text
    assert (await client.post(f"{path}/reopening", why, as_="pharmacist_a", version=3)).status_code == 200
    assert (await client.post("/stock/orders", draft, as_="pharmacist_a")).status_code == 201
