"""What was imported is seen through the front door, by the staff of its hospital and by nobody else."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.client import Client, items
from tests.database import TestDatabase
from tests.interop import small_bundles as small
from wardline.interop.fhir.identify import Identity
from wardline.interop.fhir.importing import Import, State
from wardline.platform.db import Db, Pool

_numbers = itertools.count(1)


@pytest.fixture
async def patient_id(client: Client, database: TestDatabase, tmp_path: Path) -> str:
    """A patient with some history, imported into hospital A."""
    source = f"chart test {next(_numbers)}"
    path = tmp_path / "a.json"
    path.write_bytes(
        small.usual(
            small.allergy(),
            small.condition(),
            small.pressure("o", 121, 80),
            small.observation("t", "8331-1", 38.2, "Cel"),
        )
    )
    pool = Pool(database.app, size=1)
    run = Import(Db(pool, None), source, only_hospital=client.world.a.id)
    outcomes = [outcome async for outcome in run.run([path])]
    await pool.close()
    assert [(outcome.state, outcome.reason) for outcome in outcomes] == [(State.DONE, "")]
    return str(Identity(source).of("Patient", small.PATIENT))


def only(listing: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(listing) == 1
    return listing[0]


async def test_the_chart_shows_visits_problems_and_observations(client: Client, patient_id: str) -> None:
    visit = only(items(await client.get(f"/patients/{patient_id}/encounters", as_="doctor_a")))
    assert (visit["class"], visit["state"], visit["doctor"]) == ("outpatient", "finished", "Dr. N. Dibbert")
    problem = only(items(await client.get(f"/patients/{patient_id}/problems", as_="doctor_a")))
    assert (problem["display"], problem["state"]) == ("Acute viral pharyngitis", "resolved")
    taken = await client.get(f"/patients/{patient_id}/observations", as_="doctor_a")
    assert taken.status_code == 200
    assert '"systolic_mmhg":121' in taken.text
    assert '"temperature_celsius":38.2' in taken.text


async def test_the_chart_summary_shows_the_history_on_one_page(client: Client, patient_id: str) -> None:
    page = (await client.get(f"/patients/{patient_id}", as_="doctor_a")).json()
    assert page["allergies"] == ["Peanuts"]
    assert [visit["class"] for visit in page["visits"]] == ["outpatient"]
    assert (page["last_set"]["systolic_mmhg"], page["last_set"]["news_score"]) == (121, None)
    for part in ("", "/details", "/encounters"):
        shown = await client.get(f"/patients/{patient_id}{part}", as_="doctor_a", html=True)
        assert shown.status_code == 200
        assert "laureano" in shown.text.lower()


async def test_the_patient_is_found_by_name(client: Client, patient_id: str) -> None:
    found = await client.get("/patients?q=laureano%20mar", as_="receptionist_a")
    assert patient_id in found.text


@pytest.mark.parametrize("part", ["", "/details", "/encounters", "/problems", "/observations"])
async def test_another_hospital_sees_nothing(client: Client, patient_id: str, part: str) -> None:
    assert (await client.get(f"/patients/{patient_id}{part}", as_="doctor_b")).status_code == 404
