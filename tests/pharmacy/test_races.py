"""Many at once: one verification, no lot over-drawn, nothing dispensed after a stop. WARDLINE_RACE_ROUNDS says how often."""

import asyncio
from uuid import UUID

from tests.client import Client
from tests.pharmacy.way import dispensed, left, page, prescribed, stocked, verified
from tests.races import rounds, timed
from tests.stock import way as stock

pytestmark = timed
ROUNDS = rounds(2)
TAKERS = 50


async def test_two_pharmacists_verify_at_once(client: Client) -> None:
    for _ in range(ROUNDS):
        order = await prescribed(client)
        version = (await page(client, order))["version"]
        path = f"/medicines/{order['id']}"
        answers = await asyncio.gather(
            *(
                client.post(f"{path}/verification", {}, as_="pharmacist_a", version=version)
                if rival % 2
                else client.post(f"{path}/query", {"question": "Which?"}, as_="pharmacist_a", version=version)
                for rival in range(10)
            )
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200] + [409] * 9
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        for lost in (answer.json() for answer in answers if answer.status_code == 409):
            assert (lost["code"], lost["current"]["state"]) == ("already_decided", won["state"])
        async with client.world.owner() as db:
            count = "SELECT count(*) FROM orders.verification WHERE medicine_id = $1"
            assert await db.fetchval(count, UUID(order["id"])) == 1


async def test_fifty_take_of_one_lot(client: Client) -> None:
    for _ in range(ROUNDS):
        orders = [await verified(client) for _ in range(TAKERS)]
        store, product, _ = await stocked(client, 30, 30)
        seen = [(order, (await page(client, order))["dispense_version"]) for order in orders]
        answers = await asyncio.gather(
            *(dispensed(client, order, store, product, 2, version=version) for order, version in seen)
        )
        codes = [answer.status_code for answer in answers]
        assert set(codes) <= {201, 409}, codes
        assert codes.count(201) == 30
        assert await left(client, store, product) == 0
        async with client.world.owner() as db:
            taken = await db.fetchval(
                "SELECT sum(l.quantity) FROM pharmacy.dispense_lot l JOIN pharmacy.dispense d ON d.id = l.dispense_id"
                " WHERE d.store_id = $1",
                UUID(store),
            )
        assert taken == 60
        assert await stock.unbalanced(client) == []


async def test_nothing_is_dispensed_after_a_stop(client: Client) -> None:
    await client.world.token("doctor_a")
    store, product, _ = await stocked(client, 5000)
    for _ in range(ROUNDS):
        order = await verified(client)
        seen = (await page(client, order))["dispense_version"]
        stop = client.post(
            f"/medicines/{order['id']}/stop", {"reason": "Enough"}, as_="doctor_a", version=order["version"]
        )
        answers = await asyncio.gather(
            *(dispensed(client, order, store, product, 1, version=seen) for _ in range(4)),
            stop,
            *(dispensed(client, order, store, product, 1, version=seen) for _ in range(4)),
        )
        assert [answer.status_code for answer in answers].count(200) == 1
        assert {answer.status_code for answer in answers} <= {200, 201, 409, 412}
        given = sum(answer.status_code == 201 for answer in answers)
        async with client.world.owner() as db:
            found = await db.fetchrow(
                "SELECT (SELECT count(*) FROM pharmacy.dispense d WHERE d.medicine_id = m.id) AS dispenses,"
                " (SELECT state FROM pharmacy.supply u WHERE u.medicine_id = m.id) AS supply, m.state"
                " FROM orders.medicine m WHERE m.id = $1",
                UUID(order["id"]),
            )
        assert (found["dispenses"], found["state"]) == (given, "stopped")
        assert given <= 1
        assert found["supply"] in ("done", "ended")
        late = await dispensed(client, order, store, product, 1)
        assert (late.status_code, late.json()["code"]) == (409, "order_not_active")


async def test_fifty_copies_of_one_dispensing_are_one(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    body = {"store_id": store, "product_id": product["id"], "quantity": 3}
    seen = (await page(client, order))["dispense_version"]
    path, key = f"/medicines/{order['id']}/dispenses", f"one-key-{order['id']}"
    answers = await asyncio.gather(
        *(client.post(path, body, as_="pharmacist_a", key=key, version=seen) for _ in range(TAKERS))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await left(client, store, product) == 97


async def test_two_pharmacists_dispense_one_order_once(client: Client) -> None:
    for _ in range(ROUNDS):
        order = await verified(client)
        store, product, _ = await stocked(client, 1000)
        seen = (await page(client, order))["dispense_version"]
        answers = await asyncio.gather(
            *(dispensed(client, order, store, product, 15, version=seen) for _ in range(TAKERS))
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [412] * (TAKERS - 1)
        assert await left(client, store, product) == 985
