"""Codes of packs, days of cover, how much to order; and movements of any order keep the sum."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import Client
from tests.stock.way import act, product, received, shelf, store, unbalanced
from wardline.stock import gs1, rules

TODAY = date(2026, 11, 27)
GTIN = "05012345678900"


@pytest.mark.parametrize(
    ("code", "lot", "expires_on"),
    [
        (f"(01){GTIN}(17)270131(10)ABC123", "ABC123", date(2027, 1, 31)),
        (f"01{GTIN}17270131" + "10ABC123", "ABC123", date(2027, 1, 31)),
        (f"]d201{GTIN}10ABC\x1d17270200", "ABC", date(2027, 2, 28)),
        (f"01{GTIN}21SERIAL7\x1d17280200" + "10L-1", "L-1", date(2028, 2, 29)),
        (f"\x1d01{GTIN}10X", "X", None),
        ("5012345678900", "", None),
    ],
)
def test_codes_that_packs_carry(code: str, lot: str, expires_on: date | None) -> None:
    assert gs1.read(code, TODAY) == gs1.Scanned(gtin=GTIN, lot=lot, expires_on=expires_on)


@pytest.mark.parametrize(
    "code",
    [
        "hello",
        "0105012345678901",  # the check digit
        f"01{GTIN}17271331",  # month 13
        f"01{GTIN}1727",  # ends early
        f"01{GTIN}10{'A' * 21}",
        "9912345",
        "(21)ABC",
        "",
    ],
)
def test_codes_that_cannot_be_read_say_so(code: str) -> None:
    with pytest.raises(gs1.NotGs1):
        gs1.read(code, TODAY)


def test_the_century_of_an_expiry_is_the_near_one() -> None:
    assert gs1.read("17760101" + "10A", TODAY).expires_on == date(2076, 1, 1)
    assert gs1.read("17770101" + "10A", TODAY).expires_on == date(1977, 1, 1)
    assert gs1.read("17010101" + "10A", date(2051, 1, 1)).expires_on == date(2101, 1, 1)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = gs1.read(text, TODAY)
    except gs1.NotGs1:
        return
    assert found.gtin or found.lot or found.expires_on


def test_days_of_cover() -> None:
    assert rules.cover_days(usable=100, used=28, days=28) == 100.0
    assert rules.cover_days(usable=100, used=0, days=28) is None
    assert rules.cover_days(usable=0, used=5, days=2) == 0.0
    assert rules.cover_bar(usable=100, reorder_level=14, target_level=56, used=28, days=28) == (14.0, 56.0, 0.0, 110.0)
    assert rules.cover_bar(usable=100, reorder_level=0, target_level=0, used=28, days=28) is None


@given(
    target=st.integers(0, 5000), usable=st.integers(0, 5000), on_order=st.integers(0, 5000), pack=st.integers(1, 500)
)
def test_an_order_reaches_the_target_in_whole_packs(target: int, usable: int, on_order: int, pack: int) -> None:
    ordered = rules.packs_up_to(target=target, usable=usable, on_order=on_order, pack_quantity=pack)
    assert ordered % pack == 0
    assert usable + on_order + ordered >= target
    assert ordered < max(target - usable - on_order, 0) + pack


MOVE = st.tuples(st.sampled_from(["receipts", "issues", "write-offs", "counts", "transfers"]), st.integers(0, 30))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVE, min_size=1, max_size=12))
async def test_any_movements_keep_the_sum(client: Client, moves: list[tuple[str, int]]) -> None:
    """What a simple sum says is what the shelf says, whatever is refused on the way."""
    place, other, kind = await store(client), await store(client), await product(client)
    lot, expected = await received(client, place, kind["id"], 20), 20
    for name, quantity in moves:
        accepted, expected = await moved(client, lot, other, name, quantity, expected), expected
        expected = expected if accepted is None else accepted
        found = await shelf(client, place, kind["id"])
        assert found["shelf"]["quantity"] == expected
        assert sum(each["quantity"] for each in found["entries"]) == expected
        lot = next((each for each in found["lots"]), lot)
    assert await unbalanced(client) == []


async def moved(client: Client, lot: dict[str, Any], other: str, name: str, quantity: int, before: int) -> int | None:
    """One movement: what should lie there afterwards, or None when it was refused."""
    if name == "receipts":
        body = {
            "product_id": lot["product_id"],
            "lot": lot["number"],
            "expires_on": lot["expires_on"],
            "quantity": quantity,
        }
        answer = await client.post(f"/stock/stores/{lot['store_id']}/receipts", body, as_="pharmacist_a")
        after = before + quantity
    elif name == "counts":
        current = await client.get(f"/stock/stores/{lot['store_id']}/lots/{lot['id']}", as_="pharmacist_a")
        answer = await act(client, current.json()["lot"], name, {"counted": quantity, "reason": "Counted"})
        after = quantity
    elif name == "transfers":
        body = {"to_store_id": other, "lots": [lot["id"]], "quantities": [quantity]}
        answer = await client.post(f"/stock/stores/{lot['store_id']}/transfers", body, as_="pharmacist_a")
        after = before - quantity
    else:
        answer = await act(client, lot, name, {"quantity": quantity, "reason": "Any"})
        after = before - quantity
    assert answer.status_code in {200, 201, 409, 422}, answer.text
    assert (answer.status_code < 300) == (after >= 0 and (quantity > 0 or name == "counts")), answer.text
    return after if answer.status_code < 300 else None
