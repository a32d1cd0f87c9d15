"""The pages for switching hospital and changing the password."""

import pytest

from tests.client import Client
from wardline.identity import passwords


async def test_somebody_with_two_roles_sees_both_and_switches(client: Client) -> None:
    world = client.world
    async with world.owner() as db:
        await world.add_staff(db, "roamer_a", "nurse", world.a)
        await db.execute(
            "INSERT INTO identity.assignment (id, staff_id, role, hospital_id) VALUES (gen_random_uuid(), $1, 'hospital_manager', $2)",
            world.staff["roamer_a"],
            world.a.id,
        )
    mine = (await client.get("/hospitals/mine", as_="roamer_a")).json()["items"]
    assert {(p["role"], p["current"]) for p in mine} == {("nurse", True), ("hospital_manager", False)}
    page = await client.get("/hospitals/mine", as_="roamer_a", html=True)
    assert "You work here now" in page.text
    assert "Work here" in page.text
    wanted = {"hospital_id": str(world.a.id), "role": "hospital_manager"}
    switched = await client.post("/sessions/current/hospital", wanted, as_="roamer_a", key="")
    assert switched.json()["role"] == "hospital_manager"
    other = await client.post("/sessions/current/hospital", {"hospital_id": str(world.b.id)}, as_="nurse_a", key="")
    assert other.status_code == 404


async def test_the_password_page_asks_for_both(client: Client) -> None:
    page = await client.get("/password", as_="nurse_a", html=True)
    assert 'name="current_password"' in page.text
    assert 'name="new_password"' in page.text
    assert (await client.get("/password", html=True)).status_code == 303


async def test_a_change_of_password_does_not_hold_a_connection_in_a_long_line(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_waiting", passwords.WAITING_IN_TRANSACTION_MAX)
    change = {"current_password": "whatever it is", "new_password": "a long enough new one"}
    refused = await client.post("/password", change, as_="nurse_b", key="")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 3
