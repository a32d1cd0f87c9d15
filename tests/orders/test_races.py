"""One order stopped and changed at once: one of them counts, the other is told, and the history says the same."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from tests.client import Client
from tests.prescribing import cards_of, confirmed
from tests.races import rounds, timed

pytestmark = timed
ROUNDS = rounds(8)
RIVALS = 10


async def _order(client: Client) -> dict[str, Any]:
    world = client.world
    person = await world.patient(world.a, family=f"Race {uuid4().hex[:6]}")
    await world.stay(world.a, person)
    made = await confirmed(
        client, f"/patients/{person}/medicines", {"lines": ["bisoprolol 5 mg po od"]}, as_="doctor_a"
    )
    assert made.status_code in (200, 201), made.text
    return made.json()["medicines"][0]


async def test_an_order_that_is_stopped_and_changed_at_once(client: Client) -> None:
    await client.world.token("doctor_a")
    for _ in range(ROUNDS):
        order = await _order(client)
        path, version = f"/medicines/{order['id']}", order["version"]
        change: dict[str, Any] = {"line": "bisoprolol 10 mg po od", "why": "Fast pulse"}
        shown = await cards_of(client, f"{path}/change", change, as_="doctor_a", version=version)
        change |= {"confirmed": True, "shown": shown}
        answers = await asyncio.gather(
            *(
                client.post(f"{path}/stop", {"reason": "Slow pulse"}, as_="doctor_a", version=version)
                if rival % 2
                else client.post(f"{path}/change", change, as_="doctor_a", version=version)
                for rival in range(RIVALS)
            )
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes.count(200) == 1, codes
        assert set(codes) <= {200, 409, 412}, codes
        async with client.world.owner() as db:
            row = await db.fetchrow("SELECT state, version, text FROM orders.medicine WHERE id = $1", UUID(order["id"]))
            kinds = await db.fetch(
                "SELECT kind FROM orders.step WHERE medicine_id = $1 ORDER BY at, id", UUID(order["id"])
            )
        assert row["version"] == version + 1
        last = kinds[-1]["kind"]
        assert [each["kind"] for each in kinds] == ["prescribed", last]
        assert (last, row["state"], "10 mg" in row["text"]) in {
            ("stopped", "stopped", False),
            ("changed", "active", True),
        }


async def test_a_change_and_a_new_order_see_each_other(client: Client) -> None:
    await client.world.token("doctor_a")
    for _ in range(ROUNDS):
        order = await _order(client)
        changing, ordering = f"/medicines/{order['id']}/change", f"/patients/{order['patient_id']}/medicines"
        change: dict[str, Any] = {"line": "sertraline 50 mg po od", "why": "Other drug"}
        new: dict[str, Any] = {"lines": ["phenelzine 15 mg po tds"]}
        seen = await cards_of(client, changing, change, as_="doctor_a", version=order["version"])
        change |= {"confirmed": True, "shown": seen}
        new |= {"confirmed": True, "shown": await cards_of(client, ordering, new, as_="doctor_a")}
        answers = await asyncio.gather(
            client.post(changing, change, as_="doctor_a", version=order["version"]),
            client.post(ordering, new, as_="doctor_a"),
        )
        refused = [answer for answer in answers if answer.status_code == 422]
        assert [answer.json()["code"] for answer in refused] == ["needs_reason"]
