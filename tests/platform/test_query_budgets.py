"""How many round trips to the database the hottest routes need. A number here may fall; to raise it needs a reason."""

import pytest

from tests.client import Client, all_items
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
ILL = WELL | {"respiration_per_min": 26, "pulse_per_min": 132, "spo2_percent": 91}


@pytest.fixture
async def signed_in(client: Client) -> Client:
    """The sessions are known to the process, as they are after the first request."""
    for who in ("nurse_a", "doctor_a", "receptionist_a"):
        await client.get("/sessions/current", as_=who)
    return client


@pytest.fixture
async def person(signed_in: Client) -> str:
    """Somebody with an open stay."""
    world = signed_in.world
    person = await world.patient(world.a)
    await world.stay(world.a, person)
    return str(person)


async def test_the_door_alone_asks_nothing(signed_in: Client) -> None:
    with queries_at_most(signed_in, 0):
        assert (await signed_in.get("/sessions/current", as_="nurse_a")).status_code == 200


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/wards/{ward}", 1),  # scope, access, version and what has changed in one
        ("/wards/{ward}/risk", 3),
        ("/wards", 2),
        ("/beds", 6),
        ("/beds/{bed}", 6),
        ("/patients/{person}", 2),  # one; two on a connection that has no scope yet
        ("/patients/{person}/observations", 2),
        ("/patients/{person}/medicines", 3),
        ("/patients/{person}/given", 3),
        ("/patients/{person}/problems", 2),
        ("/patients/{person}/observations/new", 2),
        ("/patients/{person}/observations/preview?respiration_per_min=18", 2),
        ("/patients/{person}/observations/trends", 4),
        ("/patients/{person}/details", 3),
        ("/patients?q=pat", 3),
        ("/patients?q=ptael asha", 3),
        ("/patients?q=T0000001", 2),
        ("/tasks", 3),
        ("/patients/{person}/notes", 5),
        ("/patients/{person}/notes/new", 5),
    ],
)
async def test_a_page(signed_in: Client, person: str, path: str, most: int) -> None:
    world = signed_in.world
    where = path.format(ward=world.a.ward_id, person=person, bed=world.a.beds[0])
    with queries_at_most(signed_in, most):
        answer = await signed_in.get(where, as_="nurse_a", html=True)
    assert answer.status_code == 200, answer.text


async def test_a_page_from_the_cache(signed_in: Client) -> None:
    """Scope and version in one, and whose ward it is."""
    path = f"/wards/{signed_in.world.a.ward_id}"
    await signed_in.get(path, as_="nurse_a", html=True)
    with queries_at_most(signed_in, 1):
        assert (await signed_in.get(path, as_="nurse_a", html=True)).status_code == 200


async def test_observations_that_call_nobody_are_saved_in_two(signed_in: Client, person: str) -> None:
    with queries_at_most(signed_in, 2):
        assert (await signed_in.post(f"/patients/{person}/observations", WELL, as_="nurse_a")).status_code == 201


async def test_observations_that_call_a_doctor(signed_in: Client, person: str) -> None:
    """The lean form's look; begin, claim, the stay, the set, the stay's row, the task (three), the closing call, commit."""
    with queries_at_most(signed_in, 11):
        assert (await signed_in.post(f"/patients/{person}/observations", ILL, as_="nurse_a")).status_code == 201


async def test_taking_on_a_task(signed_in: Client, person: str) -> None:
    await signed_in.post(f"/patients/{person}/observations", ILL, as_="nurse_a")
    tasks = await all_items(signed_in, "/tasks", as_="doctor_a")
    task = next(each for each in tasks if each["person_id"] == person)
    with queries_at_most(signed_in, 7):
        answer = await signed_in.post(f"/tasks/{task['id']}/acknowledgement", {}, as_="doctor_a")
    assert answer.status_code in (200, 201), answer.text


async def test_a_note_is_opened_and_saved(signed_in: Client, person: str) -> None:
    begun = await signed_in.post(f"/patients/{person}/notes", {"kind": "nursing"}, as_="nurse_a")
    note = f"/notes/{begun.json()['id']}"
    with queries_at_most(signed_in, 6):
        assert (await signed_in.get(note, as_="nurse_a", html=True)).status_code == 200
    with queries_at_most(signed_in, 2):  # the lean form
        saved = await signed_in.put(f"{note}/sections/care", {"text": "Washed."}, as_="nurse_a", version=0)
    assert saved.status_code == 200, saved.text


async def test_a_problem_is_recorded(signed_in: Client, person: str) -> None:
    with queries_at_most(signed_in, 6):
        answer = await signed_in.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a")
    assert answer.status_code == 201, answer.text
