"""The queue changes by itself, what is pushed is what the page shows, and neither asks the database too often."""

from tests.client import Client
from tests.lab.test_live import pushed_of, version_of
from tests.pharmacy.way import decide, dispensed, page, prescribed, stocked, verified
from tests.queries import queries_at_most


async def test_every_list_hears_of_orders_and_decisions(client: Client) -> None:
    topics = [f"pharmacy:{client.world.a.id}:{which}" for which in ("new", "query", "ready", "waiting")]
    seen = [await version_of(client, topic) for topic in topics]
    order = await prescribed(client)
    for step in (
        lambda: decide(client, order, "verification"),
        lambda: client.post(
            f"/medicines/{order['id']}/stop", {"reason": "Enough"}, as_="doctor_a", version=order["version"]
        ),
    ):
        now = [await version_of(client, topic) for topic in topics]
        assert all(later > before for before, later in zip(seen, now, strict=True))
        seen = now
        assert (await step()).status_code == 200
    assert all([await version_of(client, topic) > before for before, topic in zip(seen, topics, strict=True)])


async def test_what_is_pushed_is_what_the_page_shows(client: Client) -> None:
    order = await prescribed(client, "amoxicillin 1 g po stat")
    async with (
        client.world.owner() as db
    ):  # the first page shows those that wait longest, and the tests share the queue
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = prescribed_at - interval '30 hours' WHERE id = $1::text::uuid",
            order["id"],
        )
    pushed = await pushed_of(client, f"pharmacy:{client.world.a.id}:new", "pharmacist_a")
    html = (await client.get("/pharmacy/queue/new", as_="pharmacist_a", html=True)).text
    element = f"order-{order['id']}"
    assert f'id="{element}"' in pushed[element]
    assert f'id="{element}"' in html
    assert 'id="queue-lists"' in pushed["queue-lists"]


async def test_how_often_the_database_is_asked(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 60)
    seen = (await page(client, order))["dispense_version"]
    with queries_at_most(client, 3):
        assert (await client.get("/pharmacy/queue/ready", as_="pharmacist_a", html=True)).status_code == 200
    with queries_at_most(client, 15):
        assert (
            await client.get(f"/medicines/{order['id']}/pharmacy", as_="pharmacist_a", html=True)
        ).status_code == 200
    with queries_at_most(client, 20):
        assert (await dispensed(client, order, store, product, 5, version=seen)).status_code == 201
