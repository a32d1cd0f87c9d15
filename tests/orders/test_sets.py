"""Favourites and order sets: kept by whom, version by version; a set is signed once and checked line by line."""

from typing import Any
from uuid import uuid4

from tests.client import Client
from tests.lab import way
from tests.prescribing import confirmed

PNEUMONIA = "amoxicillin 1 g iv tds 5d\nclarithromycin 500 mg po bd 5d\nparacetamol 1 g po qds prn max 4 g"


async def made(client: Client, **change: Any) -> Any:
    body = {
        "name": f"Community-acquired pneumonia, moderate {uuid4().hex[:6]}",
        "specialty": "Respiratory",
        "orders": PNEUMONIA,
        "tests": "UE, CRP",
    }
    return await client.post("/medicines/sets", body | change, as_="pharmacist_a")


async def test_a_set_is_signed_once_with_its_tests(client: Client) -> None:
    answer = await made(client)
    assert answer.status_code == 201, answer.text
    order_set = answer.json()
    assert order_set["lines"][0] == "amoxicillin 1 g intravenous 3 times a day for 5 days"
    assert order_set["tests"] == ["UE", "CRP"]
    person = await way.patient_of(client)
    page = await client.get(f"/patients/{person}/medicines", as_="doctor_a", html=True)
    assert order_set["name"] in page.text
    basket = {"lines": order_set["lines"], "tests": order_set["tests"]}
    seen = (await client.post(f"/patients/{person}/medicines/preview", basket, as_="doctor_a")).json()
    assert [test["code"] for test in seen["tests"]] == ["UE", "CRP"]
    assert seen["complete"] == 3
    signed = await confirmed(client, f"/patients/{person}/medicines", basket, as_="doctor_a")
    assert signed.status_code in (200, 201), signed.text
    assert len(signed.json()["medicines"]) == 3
    orders = (await client.get(f"/patients/{person}/lab-orders", as_="doctor_a")).json()["items"]
    assert len(orders) == 1


async def test_a_set_is_checked_like_typed_lines(client: Client) -> None:
    order_set = (await made(client, orders="phenelzine 15 mg po tds\nsertraline 50 mg po od", tests="")).json()
    person = await way.patient_of(client)
    refused = await client.post(f"/patients/{person}/medicines", {"lines": order_set["lines"]}, as_="doctor_a")
    assert refused.json()["code"] == "needs_reason"


async def test_a_refused_basket_orders_no_test(client: Client) -> None:
    person = await way.patient_of(client)
    body = {"lines": ["phenelzine 15 mg po tds", "sertraline 50 mg po od"], "tests": ["K"]}
    assert (await client.post(f"/patients/{person}/medicines", body, as_="doctor_a")).status_code == 422
    assert (await client.get(f"/patients/{person}/lab-orders", as_="doctor_a")).json()["items"] == []


async def test_an_unclear_line_or_an_unknown_test_makes_no_set(client: Client) -> None:
    unclear = await made(client, orders="amoxicillin 1 g iv tds 5d\ndragonwort 5 mg po od")
    assert unclear.status_code == 422
    assert "dragonwort" in unclear.json()["fields"]["orders"]
    unknown = await made(client, tests="UE DRAGON")
    assert "DRAGON" in unknown.json()["fields"]["tests"]
    assert (await made(client, orders="", tests="")).status_code == 422
    person = await way.patient_of(client)
    basket = {"lines": [], "tests": ["DRAGON"]}
    assert (await client.post(f"/patients/{person}/medicines", basket, as_="doctor_a")).status_code == 422


async def test_every_version_stays_and_a_retired_set_is_not_offered(client: Client) -> None:
    first = (await made(client)).json()
    path = f"/medicines/sets/{first['id']}"
    body = {"name": first["name"], "specialty": "Respiratory", "orders": "doxycycline 200 mg po od 5d", "tests": ""}
    changed = await client.post(f"{path}/change", body, as_="hospital_administrator_a", version=1)
    assert changed.status_code == 200, changed.text
    stale = await client.post(f"{path}/change", body, as_="pharmacist_a", version=1)
    assert stale.status_code == 412 or stale.status_code == 409
    shown = (await client.get(path, as_="pharmacist_a")).json()
    assert [each["version"] for each in shown["versions"]] == [2, 1]
    assert shown["versions"][1]["lines"] == first["lines"]
    retired = await client.post(f"{path}/retirement", {}, as_="pharmacist_a", version=2)
    assert retired.json()["state"] == "retired"
    offered = (await client.get("/medicines/sets", as_="doctor_a")).json()["sets"]
    assert first["id"] not in {each["id"] for each in offered}
    page = await client.get(path, as_="pharmacist_a", html=True)
    assert "Version 3" in page.text


async def test_two_sets_of_one_name_are_refused(client: Client) -> None:
    first = (await made(client)).json()
    assert (await made(client, name=first["name"].upper())).json()["code"] == "set_name_taken"
    assert (await made(client, name=first["name"], specialty="Surgery")).status_code == 201


async def test_who_keeps_sets(client: Client) -> None:
    order_set = (await made(client)).json()
    for who in ("doctor_a", "nurse_a"):
        body = {"name": "Mine", "orders": PNEUMONIA}
        assert (await client.post("/medicines/sets", body, as_=who)).status_code == 403
    assert (await client.get(f"/medicines/sets/{order_set['id']}", as_="pharmacist_b")).status_code == 404
    other = await client.post(f"/medicines/sets/{order_set['id']}/retirement", {}, as_="pharmacist_b", version=1)
    assert other.status_code == 404


async def test_a_favourite_is_its_owners(client: Client) -> None:
    line = "tazocin 4.5 g iv tds"
    answer = await client.post(
        "/medicines/favourites", {"line": line, "name": f"Taz {uuid4().hex[:6]}"}, as_="doctor_a"
    )
    assert answer.status_code == 200, answer.text
    favourite = answer.json()
    assert favourite["own"]
    mine = (await client.get("/medicines/sets", as_="doctor_a")).json()["own"]
    assert favourite["id"] in {each["id"] for each in mine}
    theirs = (await client.get("/medicines/sets", as_="doctor_b")).json()["own"]
    assert favourite["id"] not in {each["id"] for each in theirs}
    assert (await client.get(f"/medicines/sets/{favourite['id']}", as_="pharmacist_a")).status_code == 404
    person = await way.patient_of(client)
    page = await client.get(f"/patients/{person}/medicines", as_="doctor_a", html=True)
    assert favourite["name"] in page.text
    gone = await client.post(f"/medicines/favourites/{favourite['id']}/removal", {}, as_="doctor_a", version=1)
    assert gone.status_code == 200, gone.text
    listed = await client.get("/medicines/sets", as_="doctor_a", html=True)
    assert favourite["name"] not in listed.text


async def test_an_unclear_favourite_is_refused(client: Client) -> None:
    refused = await client.post("/medicines/favourites", {"line": "amoxicillin"}, as_="doctor_a")
    assert refused.status_code == 422
    assert "How much" in refused.json()["fields"]["line"]
    two = {"line": "bisoprolol 5 mg po od\nramipril 5 mg po od"}
    assert (await client.post("/medicines/favourites", two, as_="doctor_a")).status_code == 422
    assert (await client.post("/medicines/favourites", {"line": " "}, as_="doctor_a")).status_code == 422
