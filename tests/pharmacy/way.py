"""The way of a medicine through the front door, for tests: prescribed, verified, in stock, dispensed. Each makes its own."""

import itertools
from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from tests.client import Client, all_items
from tests.prescribing import confirmed
from tests.stock import way as stock

PACKS = itertools.count(1)


async def patient_of(client: Client, letter: str = "a", **details: Any) -> str:
    """Somebody with an open stay."""
    world = client.world
    hospital = world.a if letter == "a" else world.b
    named: dict[str, Any] = {"family": f"Moor {uuid4().hex[:6]}"} | details
    person = await world.patient(hospital, **named)
    await world.stay(hospital, person)
    return str(person)


async def prescribed(
    client: Client, line: str = "amox 500 tds 5d", person: str = "", letter: str = "a"
) -> dict[str, Any]:
    person = person or await patient_of(client, letter)
    made = await confirmed(client, f"/patients/{person}/medicines", {"lines": [line]}, as_=f"doctor_{letter}")
    assert made.status_code in (200, 201), made.text
    return made.json()["medicines"][0]


async def page(client: Client, order: dict[str, Any], who: str = "pharmacist_a", **asked: Any) -> dict[str, Any]:
    """The order as the pharmacy sees it."""
    words = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = await client.get(f"/medicines/{order['id']}/pharmacy?{words}", as_=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decide(client: Client, order: dict[str, Any], what: str, who: str = "pharmacist_a", **body: Any) -> Response:
    """`verification`, `query` or `refusal`, at the version that stands now unless one is given."""
    version = body.pop("version", None) or (await page(client, order, who))["version"]
    return await client.post(f"/medicines/{order['id']}/{what}", body, as_=who, version=version)


async def verified(client: Client, line: str = "amox 500 tds 5d", **more: Any) -> dict[str, Any]:
    order = await prescribed(client, line, **more)
    who = f"pharmacist_{more.get('letter', 'a')}"
    answer = await decide(client, order, "verification", who)
    assert answer.status_code == 200, answer.text
    return order


async def stocked(
    client: Client, *quantities: int, kind: str = "pharmacy", letter: str = "a", **details: Any
) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """A store of its own with a product, and a lot of it for each quantity: the first of them expires first."""
    store = await stock.store(client, kind, letter=letter)
    kept: dict[str, Any] = {"strength": "500 mg", "pack_quantity": 1000 + next(PACKS)} | details
    product = await stock.product(client, letter=letter, **kept)
    lots: list[dict[str, Any]] = []
    signed = await stock.witness(client, f"nurse_{letter}") if product["is_controlled"] else {}
    for place, quantity in enumerate(quantities, start=1):
        expires = stock.in_days(100 * place)
        lots.append(
            await stock.received(client, store, product["id"], quantity, letter=letter, expires_on=expires, **signed)
        )
    return store, product, lots


async def dispensed(
    client: Client, order: dict[str, Any], store: str, product: dict[str, Any], quantity: int, **more: Any
) -> Response:
    """At the version that stands now unless one is given."""
    who = more.pop("who", "pharmacist_a")
    version = more.pop("version", None) or (await page(client, order, who))["dispense_version"]
    body = {"store_id": store, "product_id": product["id"], "quantity": quantity} | more
    return await client.post(f"/medicines/{order['id']}/dispenses", body, as_=who, version=version)


async def in_list(client: Client, which: str, order: dict[str, Any]) -> dict[str, Any] | None:
    """The order's line in a list of the queue."""
    for row in await all_items(client, f"/pharmacy/queue/{which}", as_="pharmacist_a"):
        if row["medicine_id"] == order["id"]:
            return row
    return None


async def left(client: Client, store: str, product: dict[str, Any]) -> int:
    async with client.world.owner() as db:
        return await db.fetchval(
            "SELECT quantity FROM stock.shelf WHERE store_id = $1 AND product_id = $2", UUID(store), UUID(product["id"])
        )
