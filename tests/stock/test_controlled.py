"""Controlled drugs: two people for every movement, locked away, and a register with a running balance."""

import csv
import io
from typing import Any

import asyncpg
import pytest

from tests.client import Client
from tests.stock.way import act, in_days, product, received, shelf, store, unbalanced, witness


async def cabinet_with_morphine(
    client: Client, quantity: int = 20
) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]:
    """A cabinet, morphine, its lot, and what the second person signs with."""
    place, second = await store(client, "controlled"), await witness(client)
    morphine = await product(client, ingredient="morphine", form="injection", unit="ampoule", is_controlled=True)
    return place, morphine, await received(client, place, morphine["id"], quantity, **second), second


async def test_nothing_moves_without_a_second_person(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    body = {"product_id": morphine["id"], "lot": "X", "expires_on": in_days(90), "quantity": 1}
    alone = [
        await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a"),
        await act(client, lot, "issues", {"quantity": 1, "reason": "Theatre"}),
        await act(client, lot, "write-offs", {"quantity": 1, "reason": "Broken"}),
        await act(client, lot, "counts", {"counted": 20}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in alone] == [(409, "witness_missing")] * 4
    assert (await act(client, lot, "issues", {"quantity": 1, "reason": "Theatre"} | second)).status_code == 200
    found = await shelf(client, place, morphine["id"])
    assert found["shelf"]["quantity"] == 19
    assert all(each["witness"] for each in found["entries"])
    assert await unbalanced(client) == []


async def test_the_witness_is_somebody_else_with_the_right_password(client: Client) -> None:
    _, _, lot, second = await cabinet_with_morphine(client)
    body = {"quantity": 1, "reason": "Theatre"}
    own = await witness(client, "pharmacist_a")
    for wrong in (
        second | {"witness_password": "not this one at all"},
        own,
        await witness(client, "receptionist_a"),
        await witness(client, "nurse_b"),
    ):
        answer = await act(client, lot, "issues", body | wrong)
        assert answer.status_code == 422, answer.text
        assert set(answer.json()["fields"]) <= {"witness_email", "witness_password"}
    assert (await act(client, lot, "issues", body | second)).status_code == 200


async def test_a_signature_that_was_not_right_stays_in_the_record(client: Client) -> None:
    _, _, lot, second = await cabinet_with_morphine(client)
    wrong = {"quantity": 1, "reason": "Theatre"} | second | {"witness_password": "a guess at the nurse's word"}
    assert (await act(client, lot, "issues", wrong)).status_code == 422
    async with client.world.owner() as db:
        kept = await db.fetchrow(
            "SELECT actor_id, detail::text FROM audit.entry WHERE action = 'witness.refused' AND subject_id = $1"
            " ORDER BY at DESC LIMIT 1",
            client.world.staff["nurse_a"],
        )
    assert kept is not None
    assert kept["actor_id"] == client.world.staff["pharmacist_a"]
    assert "guess" not in kept["detail"]


async def test_controlled_drugs_lie_in_cabinets(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    pharmacy = await store(client)
    body = {"product_id": morphine["id"], "lot": "Y", "expires_on": in_days(90), "quantity": 1} | second
    answer = await client.post(f"/stock/stores/{pharmacy}/receipts", body, as_="pharmacist_a")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_store")
    body = {"to_store_id": pharmacy, "lots": [lot["id"]], "quantities": [1]} | second
    answer = await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_store")
    assert (await shelf(client, place, morphine["id"]))["shelf"]["quantity"] == 20


async def test_the_register_runs_and_prints(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    for quantity in (3, 5):
        await act(client, lot, "issues", {"quantity": quantity, "reason": "Theatre 2"} | second)
    path = f"/stock/stores/{place}/register/{morphine['id']}"
    found = (await client.get(path, as_="hospital_administrator_a")).json()
    assert [(each["number"], each["quantity"], each["balance"]) for each in found["items"]] == [
        (1, 20, 20),
        (2, -3, 17),
        (3, -5, 12),
    ]
    assert (found["opening"], found["closing"], found["is_whole"]) == (0, 12, True)
    printed = await client.get(f"{path}/print", as_="pharmacist_a")
    assert (printed.status_code, printed.content[:5]) == (200, b"%PDF-"), printed.text[:200]
    empty = (await client.get(f"{path}?since={in_days(1)}&until={in_days(2)}", as_="pharmacist_a")).json()
    assert (empty["items"], empty["opening"], empty["closing"]) == ([], 12, 12)
    wrong = await client.get(f"{path}?since={in_days(2)}&until={in_days(1)}", as_="pharmacist_a")
    assert wrong.status_code == 400


async def test_the_daily_check_is_a_line_with_both_names(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    assert (await act(client, lot, "counts", {"counted": 20})).json()["code"] == "witness_missing"
    done = await act(client, lot, "counts", {"counted": 20} | second)
    assert (done.status_code, done.json()["quantity"]) == (200, 20), done.text
    path = f"/stock/stores/{place}/register/{morphine['id']}"
    found = (await client.get(path, as_="pharmacist_a")).json()
    line = found["items"][-1]
    assert [line[name] for name in ("number", "kind", "quantity", "balance")] == [2, "count", 0, 20]
    assert line["words"] == "Counted, as expected"
    assert line["actor"]
    assert line["witness"]
    assert (found["closing"], found["lies_there"]) == (20, 20)
    assert "Each follows" in (await client.get(path, as_="pharmacist_a", html=True)).text
    stale = await act(client, lot, "counts", {"counted": 20} | second)
    assert stale.status_code == 412, "somebody counted since"
    assert await unbalanced(client) == []


async def test_what_is_lost_on_the_way_is_a_line_with_both_names(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    other = await store(client, "controlled")
    body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [10]} | second
    sent = (await client.post(f"/stock/stores/{place}/transfers", body, as_="pharmacist_a")).json()
    arrived = {"lots": [lot["id"]], "quantities": [8], "reason": "Two ampoules were broken"}
    path, options = f"/stock/transfers/{sent['id']}/receipt", {"as_": "pharmacist_a", "version": sent["version"]}
    assert (await client.post(path, arrived, **options)).json()["code"] == "witness_missing"
    done = await client.post(path, arrived | second, **options)
    assert (done.status_code, done.json()["state"]) == (200, "received_short"), done.text
    found = (await client.get(f"/stock/stores/{other}/register/{morphine['id']}", as_="pharmacist_a")).json()
    assert [(each["kind"], each["quantity"], each["balance"]) for each in found["items"]] == [
        ("transfer_in", 10, 10),
        ("write_off", -2, 8),
    ]
    assert found["items"][1]["reason"] == "Lost on the way: Two ampoules were broken"
    assert all(each["witness"] for each in found["items"])
    assert await unbalanced(client) == []


async def test_the_register_is_a_table_too_and_knows_what_is_used_up(client: Client) -> None:
    place, morphine, lot, second = await cabinet_with_morphine(client)
    await act(client, lot, "issues", {"quantity": 20, "reason": "=Theatre 2"} | second)
    index = f"/stock/stores/{place}/register"
    listed = (await client.get(index, as_="hospital_administrator_a")).json()
    assert [(each["product_id"], each["quantity"]) for each in listed["items"]] == [(morphine["id"], 0)]
    assert "Never" in (await client.get(index, as_="pharmacist_a", html=True)).text
    table = await client.get(f"{index}/{morphine['id']}/table", as_="hospital_administrator_a")
    assert (table.status_code, table.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.reader(io.StringIO(table.text)))
    assert [row[0] for row in rows[1:]] == ["number", "", "1", "2", ""]
    assert [row[7] for row in rows[2:]] == ["0", "20", "0", "0"]
    assert rows[4][2] == "Taken: =Theatre 2"
    assert (await client.get(f"{index}/{morphine['id']}/table", as_="nurse_a")).status_code == 403


async def test_the_database_itself_refuses(client: Client, db_app: asyncpg.Connection) -> None:
    """No code of the application is needed for it: a line without witness, past zero, or a quantity set by hand."""
    place, _, lot, _ = await cabinet_with_morphine(client)
    hospital, actor = client.world.a.id, client.world.staff["pharmacist_a"]
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(hospital))
    line = """
        INSERT INTO stock.entry (hospital_id, id, at, store_id, lot_id, kind, quantity, actor_id, witness_id)
        VALUES ($1, gen_random_uuid(), now(), $2, $3, 'dispense', $4, $5, $6)"""
    with pytest.raises(asyncpg.CheckViolationError, match="entry_witnessed"):
        await db_app.execute(line, hospital, place, lot["id"], -1, actor, None)
    with pytest.raises(asyncpg.CheckViolationError, match="entry_two_people"):
        await db_app.execute(line, hospital, place, lot["id"], -1, actor, actor)
    with pytest.raises(asyncpg.CheckViolationError, match="not_negative"):
        await db_app.execute(line, hospital, place, lot["id"], -21, actor, client.world.staff["nurse_a"])
    for forbidden in (
        "UPDATE stock.level SET quantity = 99",
        "UPDATE stock.shelf SET quantity = 99",
        "INSERT INTO stock.level (hospital_id, store_id, lot_id, product_id) VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid())",
        "UPDATE stock.entry SET quantity = 1",
        "DELETE FROM stock.entry",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db_app.execute(forbidden)
