"""Managing staff: who may, whom, and that what is taken ends sessions."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client

PASSWORD = "seven green lanterns"


def somebody(client: Client, **more: Any) -> dict[str, Any]:
    mark = uuid4().hex[:8]
    return {
        "email": f"new.{mark}@wardline.test",
        "family": f"Adeyemi{mark}",
        "given": "Tolu",
        "password": PASSWORD,
        "role": "nurse",
        "hospital_id": str(client.world.a.id),
    } | more


async def add(client: Client, as_: str = "hospital_administrator_a", **more: Any) -> tuple[str, dict[str, Any]]:
    given = somebody(client, **more)
    made = await client.post("/staff", given, as_=as_)
    assert made.status_code == 201, made.text
    return made.json()["id"], given


@pytest.mark.parametrize("path", ["/staff", "/staff/new", "/roles", "/service"])
async def test_pages_open_for_administrators(client: Client, path: str) -> None:
    for role in ("hospital_administrator", "regional_administrator", "network_administrator"):
        for html in (False, True):
            answer = await client.get(path, as_=f"{role}_a", html=html)
            assert answer.status_code == 200, answer.text
    nurse = await client.get(path, as_="nurse_a")
    assert nurse.status_code == (200 if path == "/roles" else 403)
    assert (await client.get(path)).status_code == 401


async def test_somebody_new_signs_in_and_is_found_by_the_beginning_of_the_name(client: Client) -> None:
    staff_id, given = await add(client)
    opened = await client.post("/sessions", {"email": given["email"], "password": PASSWORD}, key="")
    assert opened.status_code == 201
    assert opened.json()["role"] == "nurse"
    did = (await client.get(f"/audit?staff={staff_id}", as_="hospital_administrator_a")).json()["items"]
    assert [e["sentence"] for e in did] == [f"T. {given['family']}, nurse, signed in."]
    found = (await client.get(f"/staff?q={given['family'][:12]}", as_="hospital_administrator_a")).json()["items"]
    assert [row["person"]["id"] for row in found] == [staff_id]
    assert found[0]["roles"][0]["role"] == "nurse"
    page = await client.get(f"/staff/{staff_id}", as_="hospital_administrator_a", html=True)
    assert "Give a role" in page.text
    twice = await client.post("/staff", given, as_="hospital_administrator_a")
    assert (twice.status_code, twice.json()["code"]) == (409, "address_known")


async def test_a_page_of_staff_follows_another(client: Client) -> None:
    async with client.world.owner() as db:
        for number in range(55):
            await client.world.add_staff(db, f"paged{number}_b", "nurse", client.world.b)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        body = (await client.get(f"/staff?role=nurse{cursor}", as_="hospital_administrator_b")).json()
        seen += [row["person"]["id"] for row in body["items"]]
        cursor = f"&cursor={body['next']}" if body["next"] else None
    assert len(seen) == len(set(seen)) >= 56


async def test_nobody_gives_a_role_above_their_own_or_beyond_their_place(client: Client) -> None:
    admin = "hospital_administrator_a"
    for role in ("network_administrator", "regional_administrator"):
        refused = await client.post("/staff", somebody(client, role=role), as_=admin)
        assert (refused.status_code, refused.json()["code"]) == (403, "above_you")
    elsewhere = await client.post("/staff", somebody(client, hospital_id=str(client.world.b.id)), as_=admin)
    assert elsewhere.status_code == 422
    region_b = {"role": "regional_administrator", "region_id": str(client.world.b.region_id), "hospital_id": None}
    above = await client.post("/staff", somebody(client, **region_b), as_="regional_administrator_a")
    assert above.status_code == 422
    assert (await client.post("/staff", somebody(client, **region_b), as_="network_administrator_a")).status_code == 201
    assert (await client.post("/staff", somebody(client, role="patient"), as_=admin)).status_code == 422


async def test_taking_a_role_ends_the_session_within_5_s(client: Client) -> None:
    staff_id, given = await add(client)
    opened = await client.post("/sessions", {"email": given["email"], "password": PASSWORD}, key="")
    bearer = {"authorization": f"Bearer {opened.json()['token']}"}
    assert (await client.get("/wards", headers=bearer)).status_code == 200
    person = (await client.get(f"/staff/{staff_id}", as_="hospital_administrator_a")).json()
    taken = await client.delete(f"/staff/{staff_id}/roles/{person['roles'][0]['id']}", as_="hospital_administrator_a")
    assert taken.status_code == 204, taken.text
    await asyncio.sleep(1.5)
    assert (await client.get("/wards", headers=bearer)).status_code == 401


async def test_a_second_role_is_there_at_once_and_only_once(client: Client) -> None:
    staff_id, given = await add(client)
    role = {"role": "receptionist", "hospital_id": str(client.world.a.id)}
    assert (await client.post(f"/staff/{staff_id}/roles", role, as_="hospital_administrator_a")).status_code == 200
    again = await client.post(f"/staff/{staff_id}/roles", role, as_="hospital_administrator_a")
    assert (again.status_code, again.json()["code"]) == (409, "role_held")
    opened = await client.post("/sessions", {"email": given["email"], "password": PASSWORD}, key="")
    bearer = {"authorization": f"Bearer {opened.json()['token']}"}
    mine = (await client.get("/hospitals/mine", headers=bearer)).json()["items"]
    assert {place["role"] for place in mine} == {"nurse", "receptionist"}


async def test_who_is_stopped_cannot_sign_in_until_let_in_again(client: Client) -> None:
    staff_id, given = await add(client)
    signing_in = {"email": given["email"], "password": PASSWORD}
    opened = await client.post("/sessions", signing_in, key="")
    bearer = {"authorization": f"Bearer {opened.json()['token']}"}
    assert (await client.post(f"/staff/{staff_id}/deactivation", {}, as_="hospital_administrator_a")).status_code == 204
    await asyncio.sleep(1.5)
    assert (await client.get("/sessions/current", headers=bearer)).status_code == 401
    assert (await client.post("/sessions", signing_in, key="")).status_code == 401
    assert (await client.delete(f"/staff/{staff_id}/deactivation", as_="hospital_administrator_a")).status_code == 204
    assert (await client.post("/sessions", signing_in, key="")).status_code == 201


async def test_a_new_first_password_replaces_the_old(client: Client) -> None:
    staff_id, given = await add(client)
    new = {"new_password": "eleven quiet harbours"}
    assert (await client.put(f"/staff/{staff_id}/password", new, as_="hospital_administrator_a")).status_code == 204
    assert (await client.post("/sessions", {"email": given["email"], "password": PASSWORD}, key="")).status_code == 401
    opened = {"email": given["email"], "password": new["new_password"]}
    assert (await client.post("/sessions", opened, key="")).status_code == 201


async def test_somebody_with_a_role_above_is_not_stopped_or_given_a_password(client: Client) -> None:
    staff_id, _ = await add(client)
    above = {"role": "network_administrator"}
    assert (await client.post(f"/staff/{staff_id}/roles", above, as_="network_administrator_a")).status_code == 200
    admin = "hospital_administrator_a"
    person = (await client.get(f"/staff/{staff_id}", as_=admin)).json()
    assert person["whole"] is False
    refused = [
        await client.post(f"/staff/{staff_id}/deactivation", {}, as_=admin),
        await client.put(f"/staff/{staff_id}/password", {"new_password": PASSWORD}, as_=admin),
        await client.patch(f"/staff/{staff_id}", {"family": "Other"}, as_=admin, version=person["person"]["version"]),
    ]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    network_role = next(r for r in person["roles"] if r["role"] == "network_administrator")
    assert (await client.delete(f"/staff/{staff_id}/roles/{network_role['id']}", as_=admin)).status_code == 404


async def test_nobody_takes_away_their_own_access(client: Client) -> None:
    own = client.world.staff["hospital_administrator_a"]
    answer = await client.post(f"/staff/{own}/deactivation", {}, as_="hospital_administrator_a")
    assert answer.status_code == 403
    assert (await client.get("/staff", as_="hospital_administrator_a")).status_code == 200


async def test_staff_of_another_hospital_are_not_there(client: Client) -> None:
    other = client.world.staff["doctor_b"]
    for answer in (
        await client.get(f"/staff/{other}", as_="hospital_administrator_a"),
        await client.delete(f"/staff/{other}/sessions", as_="hospital_administrator_a"),
        await client.put(f"/staff/{other}/password", {"new_password": PASSWORD}, as_="regional_administrator_a"),
    ):
        assert answer.status_code == 404
    assert (await client.get(f"/staff/{other}", as_="network_administrator_a")).status_code == 200


async def test_a_name_changed_meanwhile_is_not_overwritten(client: Client) -> None:
    staff_id, _ = await add(client)
    for version, status in ((1, 204), (1, 412)):
        answer = await client.patch(
            f"/staff/{staff_id}", {"given": "Toluwa"}, as_="hospital_administrator_a", version=version
        )
        assert answer.status_code == status


async def test_the_matrix_says_what_the_server_enforces(client: Client) -> None:
    body = (await client.get("/roles", as_="nurse_a")).json()
    nurse = next(i for i, role in enumerate(body["roles"]) if role["role"] == "nurse")
    held = {row["permission"] for row in body["permissions"] if row["held"][nurse]}
    assert {"record_observations", "read_ward"} <= held
    assert "manage_staff" not in held
    assert "Wards" in body["roles"][nurse]["pages"]
    assert len(body["roles"]) == 10
    patient = next(i for i, role in enumerate(body["roles"]) if role["role"] == "patient")
    assert not any(row["held"][patient] for row in body["permissions"])


async def test_the_service_page_counts_this_process(client: Client) -> None:
    body = (await client.get("/service", as_="network_administrator_a")).json()
    assert body["processes"]
    assert body["processes"][0]["pool_limit"] == 8
    assert any(route["route"] == "admin.staff_routes.list_staff" for route in body["routes"]) or body["routes"]
    assert any("No worker" in worry for worry in body["worries"])
