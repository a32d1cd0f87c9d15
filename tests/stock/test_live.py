"""What is watched changes by itself: the first page, a store, a product in it."""

from tests.client import Client
from tests.lab.test_live import pushed_of, version_of
from tests.stock.way import act, product, received, store


async def test_a_movement_touches_what_shows_it_and_nothing_else(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    topics = [f"stock:{place}", f"shelf:{place}:{kind['id']}", f"stock_hospital:{client.world.a.id}", f"stock:{other}"]
    before = [await version_of(client, topic) for topic in topics]
    assert (await act(client, lot, "issues", {"quantity": 1, "reason": "Ward 7"})).status_code == 200
    after = [await version_of(client, topic) for topic in topics]
    assert [now > was for was, now in zip(before, after, strict=True)] == [True, True, True, False]


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
