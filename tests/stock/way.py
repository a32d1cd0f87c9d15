"""Stores, products and stock through the front door, for tests. Every test makes its own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx import Response

from tests.client import Client
from wardline.identity import passwords

PASSWORD = "a long witness password"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


async def store(client: Client, kind: str = "pharmacy", *, letter: str = "a", **more: Any) -> str:
    body = {"name": f"Store {uuid4().hex[:8]}", "kind": kind} | more
    answer = await client.post("/stock/stores", body, as_=f"pharmacist_{letter}")
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def product(client: Client, *, letter: str = "a", **more: Any) -> dict[str, Any]:
    """A product of its own: its strength is nobody else's."""
    body: dict[str, Any] = {
        "ingredient": "amoxicillin",
        "form": "capsule",
        "strength": f"500 mg {uuid4().hex[:8]}",
        "unit": "capsule",
        "pack_quantity": 20,
    } | more
    answer = await client.post("/stock/products", body, as_=f"pharmacist_{letter}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def received(
    client: Client, store_id: str, product_id: str, quantity: int | None, *, letter: str = "a", **more: Any
) -> dict[str, Any]:
    """A lot in a store."""
    body: dict[str, Any] = {
        "product_id": product_id,
        "lot": uuid4().hex[:10],
        "expires_on": in_days(400),
        "quantity": quantity,
    } | more
    answer = await client.post(f"/stock/stores/{store_id}/receipts", body, as_=f"pharmacist_{letter}")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(client: Client, lot: dict[str, Any], name: str, body: dict[str, Any], **options: Any) -> Response:
    """`counts` (at the version of the lot that is given), `issues` or `write-offs` of a lot."""
    version = lot["version"] if name == "counts" else None
    path = f"/stock/stores/{lot['store_id']}/lots/{lot['id']}/{name}"
    return await client.post(path, body, **({"as_": "pharmacist_a", "version": version} | options))


async def shelf(client: Client, store_id: str, product_id: str, *, who: str = "pharmacist_a") -> dict[str, Any]:
    answer = await client.get(f"/stock/stores/{store_id}/products/{product_id}", as_=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def witness(client: Client, who: str = "nurse_a") -> dict[str, str]:
    """What a colleague signs with as the second person."""
    async with client.world.owner() as db:
        email = await db.fetchval(
            "UPDATE identity.staff SET password_hash = $2 WHERE id = $1 RETURNING email",
            client.world.staff[who],
            passwords.hash_now(PASSWORD),
        )
    return {"witness_email": email, "witness_password": PASSWORD}


# Lots and shelves whose quantity is not the sum of their ledger, in the whole database: there are none, ever.
UNBALANCED = """
    SELECT v.store_id, v.lot_id, v.quantity, s.sum FROM stock.level v
      FULL JOIN (SELECT hospital_id, store_id, lot_id, sum(quantity) AS sum FROM stock.entry GROUP BY 1, 2, 3) s
        USING (hospital_id, store_id, lot_id)
     WHERE v.quantity IS DISTINCT FROM s.sum
    UNION ALL
    SELECT f.store_id, f.product_id, f.quantity, s.sum FROM stock.shelf f
      LEFT JOIN (SELECT hospital_id, store_id, product_id, sum(quantity) AS sum FROM stock.entry GROUP BY 1, 2, 3) s
        USING (hospital_id, store_id, product_id)
     WHERE f.quantity <> coalesce(s.sum, 0)
"""


async def unbalanced(client: Client) -> list[Any]:
    """What the ledger does not sum to."""
    async with client.world.owner() as db:
        return await db.fetch(UNBALANCED)
