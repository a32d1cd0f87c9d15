"""The home page through the front door: who sees which hospitals, and that the numbers are the stored facts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Client, running
from tests.database import TestDatabase
from wardline.analytics import queries
from wardline.analytics.jobs import count_hospital
from wardline.platform.db import Db
from wardline.platform.ids import new_id

MANAGER = "hospital_manager_a"


@pytest.fixture(scope="module")
async def client(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A network of its own, so that other tests' wards and beds do not change the numbers."""
    async with running(database, tmp_path_factory.mktemp("data")) as running_client:
        yield running_client


async def count(client: Client) -> None:
    """What the worker does every five minutes, for the hospitals of this world."""
    for hospital in await queries.hospitals_to_count(Db(client.app.pool, None)):
        await count_hospital(Db(client.app.pool, hospital.hospital_id), hospital)


def tile(body: dict[str, Any], key: str) -> dict[str, Any]:
    return next(t for t in body["tiles"] if t["key"] == key)


async def finished(client: Client, *, ended_at: datetime, days: float, bed: int = 3) -> None:
    """A stay that ended, with its bed."""
    h = client.world.a
    person, encounter = await client.world.patient(h), new_id()
    started_at = ended_at - timedelta(days=days)
    async with client.world.owner() as db:
        await db.execute(
            "INSERT INTO encounters.encounter (hospital_id, id, person_id, class, state, started_at, ended_at, discharged_to)"
            " VALUES ($1, $2, $3, 'emergency', 'finished', $4, $5, 'home')",
            h.id, encounter, person, started_at, ended_at,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO beds.occupancy (hospital_id, id, bed_id, encounter_id, person_id, started_at, ended_at, ended_reason)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'discharged')",
            h.id, new_id(), h.beds[bed], encounter, person, started_at + timedelta(hours=2), ended_at,
        )  # fmt: skip


async def test_managers_and_administrators_see_it_and_nobody_else(client: Client) -> None:
    for role in ("hospital_manager", "hospital_administrator", "regional_administrator", "network_administrator"):
        for html in (False, True):
            answer = await client.get("/home", as_=f"{role}_a", html=html)
            assert answer.status_code == 200, answer.text
    for role in ("nurse", "doctor", "receptionist"):
        assert (await client.get("/home", as_=f"{role}_a")).status_code == 403


async def test_a_manager_sees_their_hospital_the_network_sees_all(client: Client) -> None:
    a, b = client.world.a, client.world.b
    own = (await client.get("/home", as_=MANAGER)).json()
    assert (own["hospitals"], own["beds"]) == (1, 6)
    assert (await client.get("/home?by=hospital", as_=MANAGER)).json()["places"] == []
    for path in (f"/home?hospital={b.id}", f"/home?region={b.region_id}"):
        for role in ("hospital_manager_a", "hospital_administrator_a", "regional_administrator_a"):
            assert (await client.get(path, as_=role)).status_code == 404
        assert (await client.get(path, as_="network_administrator_a")).status_code == 200
    both = (await client.get("/home?by=hospital", as_="network_administrator_a")).json()
    assert {str(a.id), str(b.id)} <= {row["id"] for row in both["places"]}
    regions = await client.get("/home?by=region", as_="network_administrator_a", html=True)
    assert str(a.region_id) in regions.text


async def test_the_numbers_are_the_stored_facts(client: Client) -> None:
    h, world = client.world.a, client.world
    person = await world.patient(h)
    await world.stay(h, person, bed=h.beds[0])
    await world.stay(h, await world.patient(h))
    yesterday = datetime.now(UTC).replace(hour=9, minute=0) - timedelta(days=1)
    for hours in (0, 0, 6):
        await finished(client, ended_at=yesterday + timedelta(hours=hours), days=4)
    await count(client)
    body = (await client.get("/home", as_=MANAGER)).json()
    assert tile(body, "full")["value"] == pytest.approx(100 / 6, abs=0.01)
    assert tile(body, "full")["state"] == "off"
    assert tile(body, "waiting")["value"] >= 1
    assert tile(body, "noon")["value"] == pytest.approx(100 * 2 / 3, abs=0.1)
    assert tile(body, "stay")["value"] == pytest.approx(4, abs=0.5)
    assert tile(body, "emergency")["value"] is not None
    assert len(tile(body, "noon")["weeks"]) == 13
    other = (await client.get("/home", as_="hospital_manager_b")).json()
    assert tile(other, "noon")["state"] == "none"


async def test_days_on_which_nobody_was_there_count_nothing(client: Client) -> None:
    await count(client)
    other = (await client.get("/home", as_="hospital_manager_b")).json()
    assert set(tile(other, "full")["weeks"][:-1]) == {0.0}
    assert set(tile(other, "waiting")["weeks"][:-1]) == {0.0}


async def test_a_hospital_without_beds_loosens_no_target(client: Client) -> None:
    def waiting_high(body: dict[str, Any]) -> float:
        return tile(body, "waiting")["target_high"]

    before = waiting_high((await client.get("/home", as_="network_administrator_a")).json())
    async with client.world.owner() as db:
        await db.execute(
            "INSERT INTO identity.hospital (id, region_id, code, name, time_zone) VALUES ($1, $2, 'NOBED', 'No Beds', 'UTC')",
            new_id(), client.world.a.region_id,
        )  # fmt: skip
    assert waiting_high((await client.get("/home", as_="network_administrator_a")).json()) == before


async def test_counting_again_changes_nothing(client: Client) -> None:
    async def facts() -> list[Any]:
        async with client.world.owner() as db:
            return await db.fetch(
                "SELECT measure, day_on, numerator, denominator, buckets FROM analytics.day_fact"
                " WHERE hospital_id = $1 AND measure IN ('noon', 'stay', 'emergency', 'urgent') ORDER BY 1, 2",
                client.world.a.id,
            )

    await count(client)
    before = await facts()
    await count(client)
    assert await facts() == before
    assert len(before) == 4 * 91


async def test_a_call_taken_on_late_counts_against(client: Client) -> None:
    h = client.world.b
    made = datetime.now(UTC) - timedelta(hours=3)
    async with client.world.owner() as db:
        for number, minutes in enumerate((10, 20, 45, None)):
            taken = None if minutes is None else made + timedelta(minutes=minutes)
            await db.execute(
                "INSERT INTO tasks.task (hospital_id, id, kind, subject_key, title, priority, state, owner_role, owner_words,"
                " due_at, created_at, acknowledged_at, acknowledged_by) VALUES ($1, $2, 'escalation', $3, 'Call', 'critical',"
                " $4, 'doctor', 'Registrar', $5, $5, $6, $7)",
                h.id, new_id(), f"news-{number}", "open" if taken is None else "acknowledged", made, taken,
                None if taken is None else client.world.staff["doctor_b"],
            )  # fmt: skip
    await count(client)
    body = (await client.get("/home", as_="hospital_manager_b")).json()
    assert tile(body, "news")["value"] == 50.0
    page = await client.get("/home", as_="hospital_manager_b", html=True)
    assert "NEWS 7+ seen in 30 min?" in page.text
    assert "4 calls in 7 days" in page.text


async def test_three_queries_make_the_page(client: Client) -> None:
    from wardline.platform.db import TIMINGS

    await client.get("/home", as_="network_administrator_a")
    before = sum(timing[0] for timing in TIMINGS.values())
    await client.get("/home", as_="network_administrator_a", html=True)
    assert sum(timing[0] for timing in TIMINGS.values()) - before <= 4
