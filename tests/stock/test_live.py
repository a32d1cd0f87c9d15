"""What is watched changes by itself: the first page, a store, a product in it."""

from uuid import uuid4

import pytest

from tests.client import Client
from tests.lab.test_live import pushed_of, version_of
from tests.stock.way import act, product, received, store
from wardline.platform.errors import NotFound


async def test_a_movement_touches_what_shows_it_and_nothing_else(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    topics = [f"stock:{place}", f"shelf:{place}:{kind['id']}", f"stock_hospital:{client.world.a.id}", f"stock:{other}"]
    before = [await version_of(client, topic) for topic in topics]
    assert (await act(client, lot, "issues", {"quantity": 1, "reason": "Ward 7"})).status_code == 200
    after = [await version_of(client, topic) for topic in topics]
    assert [now > was for was, now in zip(before, after, strict=True)] == [True, True, True, False]


async def test_every_list_hears_of_what_changes_it(client: Client) -> None:
    hospital = client.world.a.id
    low, transfers, orders = (f"stock_{name}:{hospital}" for name in ("low", "transfers", "orders"))
    soon = [f"stock_expiring:{hospital}:{days}" for days in (30, 90, 180)]
    place, other, kind = await store(client), await store(client), await product(client)
    supplier = (
        await client.post("/stock/suppliers", {"name": f"Supplier {uuid4().hex[:8]}"}, as_="pharmacist_a")
    ).json()
    was = {topic: await version_of(client, topic) for topic in (low, transfers, orders, *soon)}

    async def heard(*topics: str) -> None:
        for topic in topics:
            now = await version_of(client, topic)
            assert now > was[topic], topic
            was[topic] = now

    lot = await received(client, place, kind["id"], 10)
    await heard(low, *soon)
    body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [3]}
    await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")
    await heard(transfers, low)
    new = {"supplier_id": supplier["id"], "store_id": place, "products": [kind["id"]], "quantities": [40]}
    assert (await client.post("/stock/orders", new, as_="pharmacist_a")).status_code == 201
    await heard(orders, low)
    held = {"reason": "Recalled"}
    path = f"/stock/lots/{lot['id']}/quarantine"
    assert (await client.put(path, held, as_="pharmacist_a", version=lot["lot_version"])).status_code == 204
    await heard(low, *soon)


async def test_the_lists_push_what_they_show(client: Client) -> None:
    hospital, who = client.world.a.id, "hospital_administrator_a"
    for topic, path, element in (
        (f"stock_low:{hospital}", "/stock/low", "stock-low"),
        (f"stock_expiring:{hospital}:30", "/stock/expiring?days=30", "stock-expiring"),
        (f"stock_transfers:{hospital}", "/stock/transfers", "stock-transfers"),
        (f"stock_orders:{hospital}", "/stock/orders", "stock-orders"),
    ):
        shown = await client.get(path, as_=who, html=True)
        assert f'data-topic="{topic}@' in shown.text or topic in shown.headers["wardline-topic"]
        assert f'id="{element}"' in shown.text
        assert f'id="{element}"' in (await pushed_of(client, topic, who))[element]
    for wrong in (f"stock_expiring:{hospital}:31", f"stock_low:{client.world.b.id}"):
        with pytest.raises(NotFound):
            await pushed_of(client, wrong, who)


async def test_what_is_pushed_is_what_the_page_shows(client: Client) -> None:
    place, kind = await store(client), await product(client)
    await received(client, place, kind["id"], 10)
    path, who = f"/stock/stores/{place}", "hospital_administrator_a"
    for topic, page, element in (
        (f"stock_hospital:{client.world.a.id}", "/stock", "stock-attention"),
        (f"stock:{place}", path, f"shelf-{kind['id']}"),
        (f"shelf:{place}:{kind['id']}", f"{path}/products/{kind['id']}", "shelf-ledger"),
    ):
        shown = await client.get(page, as_=who, html=True)
        pushed = await pushed_of(client, topic, who)
        assert f'id="{element}"' in pushed[element]
        assert f'id="{element}"' in shown.text
