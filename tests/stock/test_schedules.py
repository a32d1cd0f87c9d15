"""What the law schedules is a controlled drug, whatever somebody ticked; and what is not locked away is listed."""

from uuid import UUID

import asyncpg
import pytest

from tests.client import Client
from tests.stock.way import in_days, product, received, store, unbalanced, witness
from wardline.mar import codes
from wardline.orders.public import current


@pytest.mark.parametrize(
    ("ingredient", "form", "is_controlled"),
    [
        ("morphine", "injection", True),
        ("tramadol", "capsule", True),
        ("co-codamol", "tablet", False),
        ("codeine", "injection", True),
        ("codeine", "tablet", False),
        ("oxycodone-naloxone", "modified-release tablet", True),
        ("amoxicillin", "capsule", False),
    ],
)
async def test_a_product_is_marked_by_its_schedule(
    client: Client, ingredient: str, form: str, is_controlled: bool
) -> None:
    found = await product(client, ingredient=ingredient, form=form, is_controlled=False)
    assert found["is_controlled"] is is_controlled


async def test_the_mark_of_a_scheduled_drug_stays_and_another_drug_may_have_it(client: Client) -> None:
    for ingredient, refused in (("fentanyl", True), ("ibuprofen", False)):
        kind = await product(client, ingredient=ingredient, form="patch", unit="patch", is_controlled=True)
        body = {"pack_quantity": 5, "is_controlled": False}
        answer = await client.put(f"/stock/products/{kind['id']}", body, as_="pharmacist_a", version=kind["version"])
        if refused:
            assert (answer.status_code, list(answer.json()["fields"])) == (422, ["is_controlled"])
        else:
            assert (answer.status_code, answer.json()["is_controlled"]) == (200, False)


async def test_what_nobody_marked_is_listed_and_not_received_until_it_is(client: Client) -> None:
    """As after a new version of the drug table: the product was there before its drug was under a schedule."""
    place, cabinet = await store(client), await store(client, "controlled")
    kind = await product(client, ingredient="tapentadol", form="tablet", unit="tablet")
    async with client.world.owner() as db:
        await db.execute("UPDATE stock.product SET is_controlled = false WHERE id = $1", UUID(kind["id"]))
    async with client.world.owner() as db:  # what lay there before
        await db.execute(
            """WITH lot AS (INSERT INTO stock.lot (hospital_id, id, product_id, number, expires_on)
                    VALUES ($1, gen_random_uuid(), $2, 'OLD', current_date + 300) RETURNING hospital_id, id)
               INSERT INTO stock.entry (hospital_id, id, at, store_id, lot_id, kind, quantity, actor_id)
               SELECT hospital_id, gen_random_uuid(), now(), $3, id, 'receipt', 12, $4 FROM lot""",
            client.world.a.id,
            UUID(kind["id"]),
            UUID(place),
            client.world.staff["pharmacist_a"],
        )
    new = {"product_id": kind["id"], "lot": "N1", "expires_on": in_days(90), "quantity": 5}
    refused = await client.post(f"/stock/stores/{place}/receipts", new, as_="pharmacist_a")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["product_id"])

    async def listed() -> list[tuple[str | None, int]]:
        page = (await client.get("/stock", as_="pharmacist_a")).json()
        return [(each["store_id"], each["quantity"]) for each in page["astray"] if each["product_id"] == kind["id"]]

    assert await listed() == [(None, 0)]
    path = f"/stock/products/{kind['id']}"
    body = {"pack_quantity": 20, "is_controlled": True}
    marked = await client.put(path, body, as_="pharmacist_a", version=kind["version"])
    assert marked.status_code == 200, marked.text
    assert await listed() == [(place, 12)]
    assert "not locked away" in (await client.get("/stock", as_="hospital_administrator_a", html=True)).text
    # It is counted where it lies, not handed out of there, and sent to a cabinet.
    lots = (await client.get(f"/stock/stores/{place}/products/{kind['id']}", as_="pharmacist_a")).json()["lots"]
    home, second = f"/stock/stores/{place}/lots/{lots[0]['id']}", await witness(client)
    out = await client.post(f"{home}/issues", {"quantity": 1, "reason": "Ward 7"} | second, as_="pharmacist_a")
    assert (out.status_code, out.json()["code"]) == (409, "wrong_store")
    counted = await client.post(
        f"{home}/counts", {"counted": 12} | second, as_="pharmacist_a", version=lots[0]["version"]
    )
    assert counted.status_code == 200, counted.text
    move = {"to_store_id": cabinet, "lots": [lots[0]["id"]], "quantities": [12]}
    assert (await client.post(f"/stock/stores/{place}/transfers", move, as_="pharmacist_a")).status_code == 409
    sent = await client.post(f"/stock/stores/{place}/transfers", move | second, as_="pharmacist_a")
    assert sent.status_code == 201, sent.text
    assert await listed() == []
    assert await unbalanced(client) == []


async def test_what_was_on_its_way_when_it_was_marked_arrives_with_two_people(client: Client) -> None:
    place, other, second = await store(client), await store(client), await witness(client)
    kind = await product(client)
    lot = await received(client, place, kind["id"], 20)
    move = {"to_store_id": other, "lots": [lot["id"]], "quantities": [8]}
    sent = (await client.post(f"/stock/stores/{place}/transfers", move, as_="pharmacist_a")).json()
    body = {"pack_quantity": 20, "is_controlled": True}
    marked = await client.put(f"/stock/products/{kind['id']}", body, as_="pharmacist_a", version=kind["version"])
    assert marked.status_code == 200, marked.text
    path, options = f"/stock/transfers/{sent['id']}/receipt", {"as_": "pharmacist_a", "version": sent["version"]}
    arrived = {"lots": [lot["id"]], "quantities": [7], "reason": "One was broken"}
    assert (await client.post(path, arrived, **options)).json()["code"] == "witness_missing"
    done = await client.post(path, arrived | second, **options)
    assert (done.status_code, done.json()["state"]) == (200, "received_short"), done.text
    # Nothing is sent there from now on.
    again = await client.post(f"/stock/stores/{place}/transfers", move | second, as_="pharmacist_a")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_store")
    assert await unbalanced(client) == []


async def test_the_database_lets_nothing_new_arrive_in_an_open_store(
    client: Client, db_app: asyncpg.Connection
) -> None:
    place, cabinet, second = await store(client), await store(client, "controlled"), await witness(client)
    kind = await product(client, is_controlled=True)
    lot = await received(client, cabinet, kind["id"], 20, **second)
    move = {"to_store_id": await store(client, "controlled"), "lots": [lot["id"]], "quantities": [8]} | second
    sent = (await client.post(f"/stock/stores/{cabinet}/transfers", move, as_="pharmacist_a")).json()
    staff = client.world.staff
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(client.world.a.id))
    line = """
        INSERT INTO stock.entry (hospital_id, id, at, store_id, lot_id, kind, quantity, actor_id, witness_id, reference)
        VALUES ($1, gen_random_uuid(), now(), $2, $3, 'transfer_in', 8, $4, $5, $6)"""
    for reference in (sent["id"], None):
        with pytest.raises(asyncpg.CheckViolationError, match="controlled cabinet"):
            await db_app.execute(
                line, client.world.a.id, place, lot["id"], staff["pharmacist_a"], staff["nurse_a"], reference
            )


async def test_what_needs_a_witness_at_the_bed_is_locked_away_in_the_store() -> None:
    knowledge = current()
    assert knowledge is not None
    missing = [name for name in sorted(codes.CONTROLLED) if knowledge.schedule_of(name, "tablet") is None]
    assert missing == []


async def test_the_migration_marks_what_the_drug_table_schedules() -> None:
    """The list of the migration and the knowledge base's are one, so far as the table has not grown since."""
    from migrations.sql_file import FOLDER

    knowledge = current()
    assert knowledge is not None
    marked = (FOLDER / "0170_stock.sql").read_text(encoding="utf-8")
    unmarked = [
        name for name in knowledge.scheduled if knowledge.schedule_of(name, "tablet") and f"'{name}'" not in marked
    ]
    assert unmarked == []


async def test_a_pack_that_lasts_for_ever_or_not_at_all_is_asked_about(client: Client) -> None:
    place, kind = await store(client), await product(client)
    for expires_on in ("2062-01-01", None, in_days(-1)):
        body = {"product_id": kind["id"], "lot": "E1", "expires_on": expires_on, "quantity": 5}
        answer = await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a")
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["expires_on"])
    assert (await received(client, place, kind["id"], 5))["quantity"] == 5
