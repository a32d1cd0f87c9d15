"""A hundred people at once at one shelf. WARDLINE_RACE_ROUNDS says how many rounds."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.client import Client
from tests.races import rounds, timed
from tests.stock.way import act, product, received, shelf, store, unbalanced

pytestmark = timed
ROUNDS = rounds(2)
TAKERS = 100


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_a_hundred_takers_of_sixty(client: Client, round_number: int) -> None:
    place, amoxicillin = await store(client), await product(client)
    lot = await received(client, place, amoxicillin["id"], 60)
    answers = await asyncio.gather(
        *(act(client, lot, "issues", {"quantity": 1, "reason": f"Taker {number}"}) for number in range(TAKERS))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 60, 409: 40}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"stock_short"}
    found = await shelf(client, place, amoxicillin["id"])
    assert (found["shelf"]["quantity"], found["lots"]) == (0, [])
    assert sorted(each["balance"] for each in found["entries"]) == list(range(61))
    assert await unbalanced(client) == []


async def test_takers_of_two_lots_in_any_order_never_wait_in_a_circle(client: Client) -> None:
    for _ in range(ROUNDS):
        place, other = await store(client), await store(client)
        kinds = [await product(client), await product(client, ingredient="ibuprofen", form="tablet", unit="tablet")]
        lots = [await received(client, place, kind["id"], 30) for kind in kinds for _ in range(2)]

        async def send(turn: int, place: str = place, other: str = other, lots: list[dict[str, Any]] = lots) -> int:
            order = [lots[(turn + step) % 4]["id"] for step in range(4)]
            body = {"to_store_id": other, "lots": order, "quantities": [1, 1, 1, 1]}
            answer = await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")
            return answer.status_code

        codes = Counter(await asyncio.gather(*(send(turn) for turn in range(50))))
        assert codes == {201: 30, 409: 20}
    assert await unbalanced(client) == []


async def test_a_transfer_is_received_once(client: Client) -> None:
    place, other, kind = await store(client), await store(client), await product(client)
    lot = await received(client, place, kind["id"], 10)
    body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [10]}
    sent = (await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")).json()
    arrived = {"lots": [lot["id"]], "quantities": [10]}
    path = f"/stock/transfers/{sent['id']}/receipt"
    answers = await asyncio.gather(
        *(client.post(path, arrived, as_="pharmacist_a", version=sent["version"]) for _ in range(20))
    )
    codes = Counter(answer.status_code for answer in answers)
    assert (codes[200], codes[409] + codes[412]) == (1, 19), codes
    assert (await shelf(client, other, kind["id"]))["shelf"]["quantity"] == 10
    assert await unbalanced(client) == []


async def test_quarantine_meets_takers(client: Client) -> None:
    """Whoever is after it takes nothing; nobody is told anything but that."""
    for _ in range(ROUNDS):
        place, kind = await store(client), await product(client)
        lot = await received(client, place, kind["id"], 60)
        stop = client.put(
            f"/stock/lots/{lot['id']}/quarantine",
            {"reason": "Recalled"},
            as_="pharmacist_a",
            version=lot["lot_version"],
        )
        takers = [act(client, lot, "issues", {"quantity": 1, "reason": "Ward"}) for _ in range(30)]
        answers = await asyncio.gather(*takers[:15], stop, *takers[15:])
        assert answers[15].status_code == 204, answers[15].text
        assert {answer.status_code for answer in answers} <= {200, 204, 409}
        late = await act(client, lot, "issues", {"quantity": 1, "reason": "Ward"})
        assert (late.status_code, late.json()["code"]) == (409, "lot_unusable")
    assert await unbalanced(client) == []


async def test_receipts_of_one_new_lot_meet(client: Client) -> None:
    place, kind = await store(client), await product(client)
    await asyncio.gather(*(received(client, place, kind["id"], 2, lot="SAME") for _ in range(20)))
    found = await shelf(client, place, kind["id"])
    assert ([each["quantity"] for each in found["lots"]], found["shelf"]["quantity"]) == ([40], 40)
    assert await unbalanced(client) == []
