"""How many round trips to the database the hottest routes need. A number here may fall; to raise it needs a reason."""

import pytest

from tests.client import Client
from tests.queries import queries_at_most

WELL = {
    "respiration_per_min": 16,
    "spo2_percent": 97,
    "on_oxygen": False,
    "systolic_mmhg": 124,
    "diastolic_mmhg": 76,
    "pulse_per_min": 80,
    "consciousness": "A",
    "temperature_celsius": 36.8,
}


@pytest.fixture
async def signed_in(client: Client) -> Client:
    """The nurse's session is known to the process, as it is after the first request."""
    await client.get("/sessions/current", as_="nurse_a")
    return client


async def test_the_door_alone_asks_nothing(signed_in: Client) -> None:
    with queries_at_most(signed_in, 0):
        assert (await signed_in.get("/sessions/current", as_="nurse_a")).status_code == 200


async def test_ward_board(signed_in: Client) -> None:
    path = f"/wards/{signed_in.world.a.ward_id}"
    with queries_at_most(signed_in, 5):
        assert (await signed_in.get(path, as_="nurse_a", html=True)).status_code == 200


async def test_a_page_from_the_cache(signed_in: Client) -> None:
    """Scope and version in one, and whose ward it is."""
    path = f"/wards/{signed_in.world.a.ward_id}"
    await signed_in.get(path, as_="nurse_a", html=True)
    with queries_at_most(signed_in, 2):
        assert (await signed_in.get(path, as_="nurse_a", html=True)).status_code == 200


async def test_chart_summary(signed_in: Client) -> None:
    world = signed_in.world
    person = await world.patient(world.a)
    await world.stay(world.a, person)
    with queries_at_most(signed_in, 8):
        assert (await signed_in.get(f"/patients/{person}", as_="nurse_a", html=True)).status_code == 200


@pytest.mark.parametrize(("text", "most"), [("pat", 3), ("ptael asha", 3), ("T0000001", 2)])
async def test_patient_search(signed_in: Client, text: str, most: int) -> None:
    with queries_at_most(signed_in, most):
        assert (await signed_in.get(f"/patients?q={text}", as_="nurse_a", html=True)).status_code == 200


async def test_save_observations(signed_in: Client) -> None:
    """Begin, claim, whose patient, the stay, the set, the stay's row, the closing call, commit."""
    world = signed_in.world
    person = await world.patient(world.a)
    await world.stay(world.a, person)
    with queries_at_most(signed_in, 8):
        assert (await signed_in.post(f"/patients/{person}/observations", WELL, as_="nurse_a")).status_code == 201
