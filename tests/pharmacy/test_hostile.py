"""What a pharmacist does at three in the morning: recalled lots, opened packs, slips of the finger, doses that do not come out even."""

import asyncio
from typing import Any

import msgspec
import pytest
import typst

from tests.client import Client
from tests.pharmacy.way import decide, dispensed, in_list, left, page, stocked, verified
from tests.stock import way as stock
from wardline.identity import witnesses
from wardline.pharmacy import labels


async def returned(client: Client, given: dict[str, Any], quantity: int, **more: Any) -> Any:
    body = {"lot_id": given["lots"][0]["lot_id"], "quantity": quantity, "reason": "Not needed"} | more
    return await client.post(
        f"/dispenses/{given['id']}/returns", body, as_="pharmacist_a", version=more.pop("version", 1)
    )


@pytest.mark.parametrize(
    ("line", "details", "wanted"),
    [
        ("amoxicillin 1 g po tds 5d", {"strength": "500 mg"}, "Take 2 capsules (1 g), oral, 3 times a day, for 5 days"),
        (
            "amoxicillin 500 mg po tds 5d",
            {"strength": "250 mg/5 ml", "form": "oral liquid", "unit": "ml"},
            "Take 10 ml (500 mg), oral, 3 times a day, for 5 days",
        ),
    ],
)
async def test_the_label_says_how_many(client: Client, line: str, details: dict[str, Any], wanted: str) -> None:
    order = await verified(client, line)
    store, product, _ = await stocked(client, 500, **details)
    given = (await dispensed(client, order, store, product, 15)).json()
    assert given["dosage"] == wanted
    shown = await client.get(f"/dispenses/{given['id']}", as_="nurse_a", html=True)
    assert wanted in shown.text
    label = await client.get(f"/dispenses/{given['id']}/label", as_="pharmacist_a")
    assert label.content[:5] == b"%PDF-"


async def test_two_of_another_strength_for_one(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100, strength="250 mg")
    (choice,) = [c for c in (await page(client, order))["choices"] if c["product_id"] == product["id"]]
    assert (choice["needed"], choice["dose_units"], choice["is_as_ordered"]) == (30, "2 capsules (500 mg)", True)
    given = (await dispensed(client, order, store, product, 30)).json()
    assert given["dosage"].startswith("Take 2 capsules (500 mg)")


async def test_a_dose_that_does_not_come_out_even_says_so(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100, strength="300 mg")
    html = await client.get(
        f"/medicines/{order['id']}/pharmacy?store_id={store}&product_id={product['id']}",
        as_="pharmacist_a",
        html=True,
    )
    assert "500 mg is between 1 and 2 capsules of 300 mg: not a whole number." in html.text
    given = await dispensed(client, order, store, product, 30, substitution_reason="Nothing else is there")
    assert given.json()["dosage"].startswith("Dose 500 mg, oral")
    assert "Ask the pharmacy" in given.json()["dosage"]


async def test_ten_times_too_many_is_asked_about(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 1000, pack_quantity=16)
    for quantity, needed in ((150, None), (15, 150)):
        silent = await dispensed(client, order, store, product, quantity, needed=needed)
        assert (silent.status_code, list(silent.json()["fields"])) == (422, ["quantity_reason"])
    assert await left(client, store, product) == 1000
    said = await dispensed(client, order, store, product, 40, quantity_reason="She travels for two weeks")
    assert (said.status_code, said.json()["quantity_reason"]) == (201, "She travels for two weeks")


async def test_a_lot_that_was_recalled_while_it_waited_goes_to_nobody(client: Client) -> None:
    order = await verified(client)
    store, product, lots = await stocked(client, 30, 30)
    given = (await dispensed(client, order, store, product, 15)).json()
    recall = {"reason": "Recalled"}
    path = f"/stock/lots/{lots[0]['id']}/quarantine"
    assert (await client.put(path, recall, as_="pharmacist_a", version=1)).status_code == 204
    body = {"received_by": "Nurse of ward 7"}
    refused = await client.post(f"/dispenses/{given['id']}/hand-over", body, as_="pharmacist_a", version=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "lot_unusable")
    assert "in quarantine" in (await client.get(f"/dispenses/{given['id']}", as_="pharmacist_a", html=True)).text
    assert (await returned(client, given, 15)).json()["status"] == "cancelled"
    again = await dispensed(client, order, store, product, 15)
    assert [lot["lot_id"] for lot in again.json()["lots"]] == [lots[1]["id"]]


async def test_a_recall_finds_who_has_the_lot(client: Client) -> None:
    order, other = await verified(client), await verified(client)
    store, product, lots = await stocked(client, 40)
    given = (await dispensed(client, order, store, product, 15)).json()
    back = (await dispensed(client, other, store, product, 15)).json()
    assert (await returned(client, back, 15)).json()["status"] == "cancelled"
    body = {"received_by": "Her daughter"}
    await client.post(f"/dispenses/{given['id']}/hand-over", body, as_="pharmacist_a", version=1)
    path = f"/stock/lots/{lots[0]['id']}/dispenses"
    found = (await client.get(path, as_="pharmacist_a")).json()
    assert [(each["patient_id"], each["quantity"]) for each in found["items"]] == [(order["patient_id"], 15)]
    assert "Her daughter" in (await client.get(path, as_="pharmacist_a", html=True)).text
    assert (await client.get(path, as_="pharmacist_b")).status_code == 404
    assert (await client.get(path, as_="nurse_a")).status_code == 403


async def test_what_is_no_longer_kept_comes_back_with_its_witness(client: Client) -> None:
    order = await verified(client, "morphine 10 mg ir po q4h prn")
    store, product, _ = await stocked(
        client, 60, kind="controlled", ingredient="morphine", form="tablet", strength="10 mg", unit="tablet"
    )
    signed = await stock.witness(client)
    given = (await dispensed(client, order, store, product, 10, **signed)).json()
    gone = {"pack_quantity": product["pack_quantity"], "active": False}
    path = f"/stock/products/{product['id']}"
    assert (await client.put(path, gone, as_="pharmacist_a", version=product["version"])).status_code == 200
    shown = await client.get(f"/dispenses/{given['id']}", as_="pharmacist_a", html=True)
    assert "A second person signs" in shown.text
    assert (await returned(client, given, 10, **signed)).json()["status"] == "cancelled"


async def test_an_opened_pack_comes_back_and_is_used_for_nobody(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 30)
    given = (await dispensed(client, order, store, product, 15)).json()
    done = await returned(client, given, 5, is_opened=True, reason="Half of the strip is gone")
    assert (done.status_code, done.json()["returned"]) == (200, 5), done.text
    assert await left(client, store, product) == 15
    found = await stock.shelf(client, store, product["id"])
    assert [(each["kind"], each["quantity"]) for each in found["entries"][:2]] == [("write_off", -5), ("return", 5)]
    assert found["entries"][0]["reason"] == "Came back opened: Half of the strip is gone"
    long = await returned(client, given, 5, reason="x" * 450, version=2)
    assert (long.status_code, list(long.json()["fields"])) == (422, ["reason"])
    assert await stock.unbalanced(client) == []


async def test_of_two_lots_that_expire_on_one_day_either_may_go(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client)
    lots = [await stock.received(client, store, product["id"], 20, lot=number) for number in ("A1", "B1")]
    given = await dispensed(client, order, store, product, 15, lot_id=lots[1]["id"])
    assert given.status_code == 201, given.text


@pytest.mark.parametrize("what", ["change", "stop"])
async def test_what_is_owed_of_an_order_that_ends_is_owed_no_more(client: Client, what: str) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 10)
    assert (await dispensed(client, order, store, product, 10, needed=15)).status_code == 201
    if what == "stop":
        path, body = f"/medicines/{order['id']}/stop", {"reason": "Enough"}
        assert (await client.post(path, body, as_="doctor_a", version=order["version"])).status_code == 200
    else:
        path, body = f"/medicines/{order['id']}/hold", {"reason": "Not now"}
        assert (await client.post(path, body, as_="doctor_a", version=order["version"])).status_code == 200
    assert await in_list(client, "ready", order) is None
    found = await page(client, order)
    assert (found["supply"]["state"], found["supply"]["owed"]) == ("ended", 0)
    await stock.received(client, store, product["id"], 20)
    late = await dispensed(client, order, store, product, 5)
    assert (late.status_code, late.json()["code"]) == (409, "order_not_active")


async def test_nobody_waits_for_the_witness_with_the_order_in_hand(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the second person's password is checked, the doctor stops the order; the dispensing then finds it stopped."""
    order = await verified(client, "morphine 10 mg ir po q4h prn")
    store, product, _ = await stocked(
        client, 60, kind="controlled", ingredient="morphine", form="tablet", strength="10 mg", unit="tablet"
    )
    signed = await stock.witness(client)
    seen = (await page(client, order))["dispense_version"]
    await client.world.token("doctor_a")
    checking, stopped = asyncio.Event(), asyncio.Event()
    verify = witnesses.passwords.verify

    async def slow(*given: Any, **named: Any) -> bool:
        checking.set()
        await asyncio.wait_for(stopped.wait(), 20)
        return await verify(*given, **named)

    monkeypatch.setattr(witnesses.passwords, "verify", slow)
    taking = asyncio.create_task(dispensed(client, order, store, product, 10, version=seen, **signed))
    await asyncio.wait_for(checking.wait(), 20)
    stop = await asyncio.wait_for(
        client.post(f"/medicines/{order['id']}/stop", {"reason": "Enough"}, as_="doctor_a", version=order["version"]),
        20,
    )
    stopped.set()
    assert stop.status_code == 200, stop.text
    late = await taking
    assert (late.status_code, late.json()["code"]) == (409, "order_not_active")
    assert await left(client, store, product) == 60


async def test_two_people_who_say_that_the_ward_has_it(client: Client) -> None:
    order = await verified(client)
    seen = (await page(client, order))["dispense_version"]
    answers = await asyncio.gather(
        *(
            client.post(
                f"/medicines/{order['id']}/ward-stock", {"reason": f"Rival {n}"}, as_="pharmacist_a", version=seen
            )
            for n in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_the_rest_that_came_back_is_still_owed_and_not_the_whole(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    first = (await dispensed(client, order, store, product, 10, needed=15)).json()
    path = f"/dispenses/{first['id']}/hand-over"
    assert (await client.post(path, {"received_by": "The ward"}, as_="pharmacist_a", version=1)).status_code == 200
    rest = (await dispensed(client, order, store, product, 5)).json()
    assert (await returned(client, rest, 5)).json()["status"] == "cancelled"
    supply = (await page(client, order))["supply"]
    assert (supply["state"], supply["owed"]) == ("part", 5), "ten are out already"
    assert (await in_list(client, "ready", order) or {})["owed"] == 5
    many = await dispensed(client, order, store, product, 15)
    assert (many.status_code, many.json()["fields"]) == (422, {"quantity": "Only 5 are needed."})
    again = await dispensed(client, order, store, product, 5)
    assert (again.status_code, again.json()["owed"]) == (201, 0)


async def test_of_two_parts_the_one_that_came_back_is_owed_beside_what_was(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    await dispensed(client, order, store, product, 4, needed=15)
    second = (await dispensed(client, order, store, product, 5)).json()
    assert second["owed"] == 6
    assert (await returned(client, second, 5)).status_code == 200
    supply = (await page(client, order))["supply"]
    assert (supply["state"], supply["owed"]) == ("part", 11)


@pytest.mark.parametrize(
    ("what", "body"), [("query", {"question": "Three times?"}), ("refusal", {"reason": "Not now"})]
)
async def test_a_question_does_not_forget_what_was_dispensed(client: Client, what: str, body: dict[str, str]) -> None:
    whole, part = await verified(client), await verified(client)
    store, product, _ = await stocked(client, 100)
    await dispensed(client, whole, store, product, 15)
    await dispensed(client, part, store, product, 10, needed=15)
    for order, then in ((whole, ("done", 0)), (part, ("part", 5))):
        assert (await decide(client, order, what, **body)).status_code == 200
        assert await in_list(client, "ready", order) is None, "nothing is dispensed of it meanwhile"
        assert (await decide(client, order, "verification")).status_code == 200
        supply = (await page(client, order))["supply"]
        assert (supply["state"], supply["owed"], bool(supply["task_id"])) == (*then, then == ("part", 5))


async def test_a_refusal_does_not_forget_what_came_back(client: Client) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    first = (await dispensed(client, order, store, product, 10, needed=15)).json()
    await dispensed(client, order, store, product, 5)
    assert (await returned(client, first, 10)).status_code == 200
    assert (await page(client, order))["supply"]["owed"] == 10
    assert (await decide(client, order, "refusal", reason="Not now")).status_code == 200
    assert (await decide(client, order, "verification")).status_code == 200
    supply = (await page(client, order))["supply"]
    assert (supply["state"], supply["owed"]) == ("part", 10)


@pytest.mark.parametrize(
    ("what", "body"), [("query", {"question": "Three times?"}), ("refusal", {"reason": "Not now"})]
)
async def test_what_a_pharmacist_doubts_is_not_handed_over_unseen(
    client: Client, what: str, body: dict[str, str]
) -> None:
    order = await verified(client)
    store, product, _ = await stocked(client, 100)
    given = (await dispensed(client, order, store, product, 15)).json()
    assert (await decide(client, order, what, **body)).status_code == 200
    path, takes = f"/dispenses/{given['id']}", {"received_by": "Nurse of ward 7"}
    unseen = await client.post(f"{path}/hand-over", takes, as_="pharmacist_a", version=1)
    assert (unseen.status_code, unseen.json()["code"]) == (409, "order_changed")
    html = (await client.get(path, as_="pharmacist_a", html=True)).text
    assert "Why all the same" in html
    assert next(iter(body.values())) in html
    said = await client.post(f"{path}/hand-over", takes | {"although": "One dose"}, as_="pharmacist_a", version=1)
    assert (said.status_code, said.json()["although"]) == (200, "One dose")


async def test_what_expires_before_it_is_used_up_says_why(client: Client) -> None:
    order = await verified(client, "amoxicillin 500 mg po tds 7d")
    store, product, _ = await stocked(client)
    last = [
        await stock.received(client, store, product["id"], 30, expires_on=stock.in_days(days), lot=f"L{days}")
        for days in (3, 8)
    ]
    silent = await dispensed(client, order, store, product, 21, days_supply=7)
    assert (silent.status_code, set(silent.json()["fields"])) == (422, {"lot_reason"})
    assert "before the 7 days are over" in silent.json()["fields"]["lot_reason"]
    short = await dispensed(client, order, store, product, 6, days_supply=2)
    assert (short.status_code, short.json()["lots"][0]["lot_id"]) == (201, last[0]["id"]), "two days end before it does"
    later = {"lot_id": last[1]["id"], "lot_reason": "The first does not last"}
    rest = await dispensed(client, order, store, product, 15, days_supply=5, **later)
    assert (rest.status_code, rest.json()["lots"][0]["lot_id"]) == (201, last[1]["id"]), rest.text


def fit_of(data: dict[str, Any]) -> dict[str, float]:
    """How small the words of a label were set, and how many millimetres are left between them and its foot."""
    inputs = {
        "data": msgspec.json.encode(data).decode(),
        "code": "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>",
    }
    found = msgspec.json.decode(typst.query(labels.LABEL.encode(), "<fit>", field="value", sys_inputs=inputs))
    return found[0]


def test_a_long_label_is_set_smaller_and_covers_nothing() -> None:
    short = {
        "name": "PATEL, Asha", "born": "01-Jan-1950", "mrn": "A12", "drug": "amoxicillin 500 mg capsule", "quantity": "21 capsules",
        "dosage": "Take 1 capsule (500 mg), oral, 3 times a day", "warnings": [labels.KEEP_AWAY], "lots": "Lot A1 exp 01-Jan-2027", "lots_in_short": "1 lot, first exp 01-Jan-2027",
        "number": "D1", "prepared": "27-Nov-2026 20:00", "by": "P. Harm", "witness": "", "hospital": "St Mary",
    }  # fmt: skip
    assert fit_of(short)["size"] == 1
    lots = "; ".join(["Lot ABCDEFGHIJKLMNOPQRST exp 01-Jan-2027"] * labels.LOTS_SHOWN_MAX)
    long = short | {
        "name": ("HOHENLOHE-WALDENBURG, Maximiliane " * 3)[:80],
        "drug": "hydrocortisone with fusidic acid 10 mg/g and 20 mg/g ointment",
        "dosage": "Take 2 capsules (1 g), oral, when needed for severe pain, at most 4 g in 24 hours, for 14 days. "
        * 2,
        "lots": lots,
        "lots_in_short": "3 lots, first exp 01-Jan-2027",
        "witness": ", witness A. Wolfeschlegelsteinhausenbergerdorff",
    }
    fit = fit_of(long)
    assert fit["size"] < 1
    assert fit["left"] >= 0, "the lots would stand over the directions"
    assert fit["size"] >= 0.65, "nobody could read it"
    longer = fit_of(
        long | {"dosage": "Take 2 capsules (1 g), oral, when needed for severe pain. " * 12, "hospital": "H" * 80}
    )
    assert (longer["short"], longer["size"] >= 0.65, longer["left"] >= 0) == (True, True, True)
    endless = fit_of(long | {"dosage": "Take 2 capsules (1 g), oral, when needed for severe pain. " * 30})
    assert (endless["short"], endless["size"]) == (True, 0.65)
