"""Stock through the front door: received, counted, issued, written off; the ledger sums to the stock."""

from uuid import uuid4

from tests.client import Client
from tests.stock.way import act, in_days, product, received, shelf, store, unbalanced
from wardline.stock.gs1 import check_digit


async def test_what_is_received_lies_on_the_shelf(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    lot = await received(client, place, amoxicillin["id"], 60)
    answer = await act(client, lot, "issues", {"quantity": 15, "reason": "Ward 7, top-up"})
    assert (answer.status_code, answer.json()["quantity"]) == (200, 45), answer.text
    found = await shelf(client, place, amoxicillin["id"])
    assert [(each["kind"], each["quantity"], each["balance"]) for each in found["entries"]] == [
        ("dispense", -15, 45),
        ("receipt", 60, 60),
    ]
    assert (found["shelf"]["quantity"], found["shelf"]["used"]) == (45, 15)
    assert await unbalanced(client) == []


async def test_too_much_names_the_lot_and_what_is_left(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    lot = await received(client, place, amoxicillin["id"], 10, lot="A77")
    answer = await act(client, lot, "issues", {"quantity": 11, "reason": "Ward 7"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["left"], problem["lot"]) == (409, "stock_short", 10, "A77")
    assert (await shelf(client, place, amoxicillin["id"]))["shelf"]["quantity"] == 10


async def test_nothing_is_issued_from_a_quarantined_lot(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    lot = await received(client, place, amoxicillin["id"], 10)
    path = f"/stock/lots/{lot['id']}"
    answer = await client.put(
        f"{path}/quarantine", {"reason": "Recalled"}, as_="pharmacist_a", version=lot["lot_version"]
    )
    assert answer.status_code == 204, answer.text
    answer = await act(client, lot, "issues", {"quantity": 1, "reason": "Ward 7"})
    assert (answer.status_code, answer.json()["code"]) == (409, "lot_unusable")
    answer = await client.post(
        f"{path}/release", {"reason": "Recall ended"}, as_="pharmacist_a", version=lot["lot_version"] + 1
    )
    assert answer.status_code == 204, answer.text
    assert (await act(client, lot, "issues", {"quantity": 1, "reason": "Ward 7"})).status_code == 200


async def test_an_expired_lot_is_neither_received_nor_issued(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    body = {"product_id": amoxicillin["id"], "lot": "OLD", "expires_on": in_days(-2), "quantity": 5}
    answer = await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a")
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["expires_on"])
    lot = await received(client, place, amoxicillin["id"], 5)
    async with client.world.owner() as db:
        await db.execute("UPDATE stock.lot SET expires_on = now()::date - 2 WHERE id = $1", lot["id"])
    answer = await act(client, lot, "issues", {"quantity": 1, "reason": "Ward 7"})
    assert (answer.status_code, answer.json()["code"]) == (409, "lot_unusable")
    assert (await act(client, lot, "write-offs", {"quantity": 5, "reason": "Expired"})).status_code == 200


async def test_a_count_sets_right_and_says_why(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    lot = await received(client, place, amoxicillin["id"], 30)
    answer = await act(client, lot, "counts", {"counted": 28})
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["reason"])
    answer = await act(client, lot, "counts", {"counted": 28, "reason": "Two were broken"})
    assert (answer.status_code, answer.json()["quantity"]) == (200, 28), answer.text
    assert answer.json()["counted_at"] is not None
    late = await act(client, lot, "counts", {"counted": 30, "reason": "Counted before"})
    assert (late.status_code, late.json()["current"]["quantity"]) == (412, 28)
    same = await act(client, answer.json(), "counts", {"counted": 28})
    assert (same.status_code, same.json()["quantity"]) == (200, 28), "no difference needs no reason"
    assert await unbalanced(client) == []


async def test_a_repeated_receipt_counts_once(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    key = uuid4().hex
    body = {"product_id": amoxicillin["id"], "lot": "B1", "expires_on": in_days(90), "packs": 3}
    for _ in range(2):
        answer = await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a", key=key)
        assert (answer.status_code, answer.json()["quantity"]) == (201, 60)
    assert (await shelf(client, place, amoxicillin["id"]))["shelf"]["quantity"] == 60


async def test_a_known_lot_keeps_its_expiry(client: Client) -> None:
    place, amoxicillin = await store(client), await product(client)
    await received(client, place, amoxicillin["id"], 5, lot="C1", expires_on=in_days(90))
    body = {"product_id": amoxicillin["id"], "lot": "C1", "expires_on": in_days(91), "quantity": 5}
    answer = await client.post(f"/stock/stores/{place}/receipts", body, as_="pharmacist_a")
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["expires_on"])


async def test_a_pack_that_says_otherwise_is_not_put_on_the_shelf(client: Client) -> None:
    gtin, theirs = (digits + check_digit(digits) for digits in (f"0{uuid4().int % 10**12:012d}" for _ in range(2)))
    place = await store(client)
    ibuprofen = await product(client, ingredient="ibuprofen", form="tablet", unit="tablet", gtin=gtin)
    expires = in_days(400)
    code = f"(01){gtin}(17){expires[2:].replace('-', '')}(10)A1"
    path, body = f"/stock/stores/{place}/receipts", {"code": code, "quantity": 5}
    other = await product(client, gtin=theirs)
    for wrong in ({"product_id": other["id"]}, {"lot": "B1"}, {"expires_on": in_days(401)}):
        answer = await client.post(path, body | wrong, as_="pharmacist_a")
        assert (answer.status_code, list(answer.json()["fields"])) == (422, list(wrong)), answer.text
    same = await client.post(path, body | {"product_id": ibuprofen["id"], "lot": "A1"}, as_="pharmacist_a")
    assert (same.status_code, same.json()["number"]) == (201, "A1"), same.text
