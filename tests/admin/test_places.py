"""Managing hospitals, wards, rooms and beds through the front door."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client

ADMIN = "hospital_administrator_a"


def mark() -> str:
    return uuid4().hex[:6].upper()


async def make_ward(client: Client) -> dict[str, Any]:
    """A department, a ward, a bay and a bed, made as an administrator makes them."""
    name = mark()
    department = await client.post("/places/departments", {"name": f"Surgery {name}"}, as_=ADMIN)
    assert department.status_code == 200, department.text
    body = {"code": name, "name": f"Ward {name}", "specialty": "Surgery", "department_id": department.json()["id"]}
    ward = await client.post("/places/wards", body, as_=ADMIN)
    assert ward.status_code == 201, ward.text
    room = await client.post(f"/places/wards/{ward.json()['id']}/rooms", {"label": "Bay A", "kind": "bay"}, as_=ADMIN)
    bed = await client.post(
        f"/places/rooms/{room.json()['id']}/beds", {"label": "01", "features": ["oxygen"]}, as_=ADMIN
    )
    assert bed.status_code == 200, bed.text
    return {"name": name, "department": department.json()["id"], "ward": ward.json()["id"], "room": room.json()["id"], "bed": bed.json()["id"]}  # fmt: skip


@pytest.mark.parametrize("path", ["/hospitals", "/places"])
async def test_pages_open_for_administrators_only(client: Client, path: str) -> None:
    for role in ("hospital_administrator", "regional_administrator", "network_administrator"):
        for html in (False, True):
            assert (await client.get(path, as_=f"{role}_a", html=html)).status_code == 200
    assert (await client.get(path, as_="nurse_a")).status_code == 403


async def test_each_administrator_sees_the_hospitals_they_look_after(client: Client) -> None:
    a, b = str(client.world.a.id), str(client.world.b.id)
    for role, seen in (("hospital", {a}), ("regional", {a}), ("network", {a, b})):
        found = {h["id"] for h in (await client.get("/hospitals", as_=f"{role}_administrator_a")).json()["items"]}
        assert seen <= found
        assert role == "network" or found == seen


async def test_the_network_administrator_adds_and_changes_a_hospital(client: Client) -> None:
    admin, code = "network_administrator_a", mark()
    region = await client.post("/regions", {"name": f"Region {code}", "code": code}, as_=admin)
    assert region.status_code == 201, region.text
    given = {"name": f"Hospital {code}", "code": code.lower(), "region_id": region.json()["id"]}
    assert (await client.post("/hospitals", given, as_=ADMIN)).status_code == 403
    made = await client.post("/hospitals", given, as_=admin)
    path = f"/hospitals/{made.json()['id']}"
    assert (await client.post("/hospitals", given, as_=admin)).json()["code"] == "name_taken"
    assert (await client.get(path, as_=admin)).json()["hospital"]["code"] == code
    assert (await client.get(path, as_=admin, html=True)).status_code == 200
    assert (await client.patch(path, {"time_zone": "Moon/Base"}, as_=admin, version=1)).status_code == 422
    assert (await client.patch(path, {"active": False}, as_=admin, version=1)).status_code == 204
    assert (await client.patch(path, {"active": True}, as_=admin, version=1)).status_code == 412
    assert (await client.patch(f"/regions/{region.json()['id']}", {"name": f"North {code}"}, as_=admin, version=1)).status_code == 204  # fmt: skip
    assert (await client.patch(f"/hospitals/{client.world.a.id}", {"active": False}, as_=admin, version=1)).status_code == 409  # fmt: skip


async def test_a_new_ward_with_its_bed_is_on_the_boards(client: Client) -> None:
    made = await make_ward(client)
    board = (await client.get("/wards", as_="nurse_a")).json()["items"]
    assert next(w for w in board if w["id"] == made["ward"])["beds"] == 1
    page = await client.get(f"/places/wards/{made['ward']}", as_=ADMIN, html=True)
    assert f"{made['name']}-01" in page.text
    assert "Oxygen" in page.text
    again = await client.post(f"/places/rooms/{made['room']}/beds", {"label": "01"}, as_=ADMIN)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")


async def test_an_occupied_bed_keeps_its_number_and_its_ward_stays(client: Client) -> None:
    made = await make_ward(client)
    person = await client.world.patient(client.world.a)
    stay = await client.world.stay(client.world.a, person)
    placed = await client.put(f"/beds/{made['bed']}/occupancy", {"encounter_id": str(stay)}, as_="nurse_a")
    assert placed.status_code == 200, placed.text
    ward = (await client.get(f"/places/wards/{made['ward']}", as_=ADMIN)).json()
    bed = ward["rooms"][0]["beds"][0]
    assert bed["occupied"] is True
    for change in ({"label": "02"}, {"active": False}):
        answer = await client.patch(f"/places/beds/{made['bed']}", change, as_=ADMIN, version=bed["version"])
        assert (answer.status_code, answer.json()["code"]) == (409, "bed_in_use")
    for change in ({"code": "QQ9"}, {"active": False}):
        answer = await client.patch(f"/places/wards/{made['ward']}", change, as_=ADMIN, version=ward["ward"]["version"])
        assert (answer.status_code, answer.json()["code"]) == (409, "ward_in_use")
    kept = await client.patch(
        f"/places/beds/{made['bed']}", {"features": ["monitor"]}, as_=ADMIN, version=bed["version"]
    )
    assert kept.status_code == 200


async def test_an_empty_ward_is_retired_with_its_beds_and_comes_back(client: Client) -> None:
    made = await make_ward(client)
    path = f"/places/wards/{made['ward']}"
    assert (await client.patch(path, {"active": False}, as_=ADMIN, version=1)).status_code == 200
    assert made["ward"] not in {w["id"] for w in (await client.get("/wards", as_="nurse_a")).json()["items"]}
    back = await client.patch(path, {"active": True, "name": f"New {made['name']}"}, as_=ADMIN, version=2)
    assert back.json()["name"] == f"New {made['name']}"
    beds = (await client.get(path, as_=ADMIN)).json()["rooms"][0]["beds"]
    assert beds[0]["active"] is True


async def test_rooms_and_departments_are_renamed_once(client: Client) -> None:
    made = await make_ward(client)
    room = f"/places/rooms/{made['room']}"
    assert (await client.patch(room, {"label": "Bay B", "sex": "women"}, as_=ADMIN, version=1)).status_code == 200
    assert (await client.patch(room, {"label": "Bay C"}, as_=ADMIN, version=1)).status_code == 412
    department = f"/places/departments/{made['department']}"
    assert (await client.patch(department, {"name": f"Day {made['name']}"}, as_=ADMIN, version=1)).status_code == 204


async def test_places_of_another_hospital_are_not_there(client: Client) -> None:
    b = client.world.b
    for answer in (
        await client.get(f"/places/wards/{b.ward_id}", as_=ADMIN),
        await client.patch(f"/places/wards/{b.ward_id}", {"name": "Mine"}, as_=ADMIN, version=1),
        await client.post(f"/places/wards/{b.ward_id}/rooms", {"label": "X", "kind": "bay"}, as_=ADMIN),
        await client.post(f"/places/rooms/{b.bay_id}/beds", {"label": "99"}, as_=ADMIN),
        await client.patch(f"/places/beds/{b.beds[0]}", {"label": "99"}, as_=ADMIN, version=1),
    ):
        assert answer.status_code == 404
