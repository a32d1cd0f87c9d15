"""What was imported is seen through the front door, by the staff of its hospital and by nobody else."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client, items
from tests.database import TestDatabase
from tests.interop import small_bundles as small
from tests.interop.test_history_import import immunization, medicine, procedure, report, result
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
            medicine(),
            procedure(),
            immunization(lotNumber="AB12"),
            result("k", "2823-3", 7.4, "mmol/L"),
            result("glu", "2339-0", 90.25, "mg/dL"),
            report("k", "glu"),
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


async def test_medicines_procedures_and_immunizations_have_their_places(client: Client, patient_id: str) -> None:
    prescribed = only(items(await client.get(f"/patients/{patient_id}/medicines", as_="doctor_a")))
    assert (prescribed["text"], prescribed["state"]) == ("cefuroxime 250 mg oral twice a day", "stopped")
    assert prescribed["prescribed_by"].endswith("N. Dibbert")
    history = (await client.get(f"/medicines/{prescribed['id']}", as_="doctor_a")).json()["history"]
    assert [step["kind"] for step in history] == ["prescribed"]
    done = only(items(await client.get(f"/patients/{patient_id}/procedures", as_="doctor_a")))
    assert (done["display"], done["performer"], done["recorded_by"]) == (
        "Colonoscopy",
        "not told by the source",
        "an import",
    )
    details = (await client.get(f"/patients/{patient_id}/details", as_="doctor_a")).json()
    assert only(details["immunizations"]) == {
        "vaccine": "Influenza, seasonal",
        "cvx": "140",
        "given_on": "2020-03-01",
        "lot": "AB12",
    }
    shown = await client.get(f"/patients/{patient_id}/details", as_="doctor_a", html=True)
    assert "Influenza, seasonal" in shown.text
    for part in ("/medicines", "/procedures"):
        assert (await client.get(f"/patients/{patient_id}{part}", as_="doctor_a", html=True)).status_code == 200


async def test_results_of_another_laboratory_are_shown_and_can_only_be_withdrawn(
    client: Client, patient_id: str
) -> None:
    page = (await client.get(f"/patients/{patient_id}/results", as_="doctor_a")).json()
    assert [(group["name"], [line["name"] for line in group["lines"]]) for group in page["groups"]] == [
        ("Chemistry", ["Potassium"]),
        ("Other laboratories", ["LOINC 2339-0"]),
    ]
    foreign = next(each for each in page["items"] if each["loinc"] == "2339-0")
    assert (foreign["shown"], foreign["unit"], foreign["flag"], foreign["call_id"]) == ("90.25", "mg/dL", None, None)
    assert (await client.get(f"/patients/{patient_id}/results/{foreign['test']}", as_="doctor_a")).status_code == 200
    for each in page["items"]:
        assert (await client.get(f"/results/{each['id']}", as_="doctor_a", html=True)).status_code == 200
    body = {"value": 5.1, "reason": "Typed wrong"}
    amended = await client.post(
        f"/results/{foreign['id']}/amendment", body, as_="laboratory_technician_a", version=foreign["version"]
    )
    assert amended.status_code == 409
    withdrawn = await client.post(
        f"/results/{foreign['id']}/withdrawal",
        {"reason": "Another patient's"},
        as_="laboratory_technician_a",
        version=foreign["version"],
    )
    assert withdrawn.status_code < 300, withdrawn.text


async def test_imported_results_wait_on_no_bench_and_are_in_no_figure(client: Client, patient_id: str) -> None:
    laboratory = (await client.get("/lab", as_="laboratory_technician_a")).json()
    assert patient_id not in str(laboratory)
    assert {bench["bench"] for bench in laboratory["benches"]} == {
        "chemistry",
        "haematology",
        "coagulation",
        "microbiology",
    }


async def test_the_patient_is_found_by_name(client: Client, patient_id: str) -> None:
    found = await client.get("/patients?q=laureano%20mar", as_="receptionist_a")
    assert patient_id in found.text


@pytest.mark.parametrize(
    "part", ["", "/details", "/encounters", "/problems", "/observations", "/medicines", "/results"]
)
async def test_another_hospital_sees_nothing(client: Client, patient_id: str, part: str) -> None:
    assert (await client.get(f"/patients/{patient_id}{part}", as_="doctor_b")).status_code == 404


async def test_an_imported_creatinine_counts_for_dosing_as_ours_does_and_says_so(
    client: Client, database: TestDatabase, tmp_path: Path
) -> None:
    source = f"chart test {next(_numbers)}"
    path = tmp_path / "a.json"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sent = result("cr", "2160-0", 1.5, "mg/dL") | {"effectiveDateTime": yesterday}
    old = result("old", "38483-4", 0.9, "mg/dL") | {"effectiveDateTime": "2020-03-01T10:00:00+01:00"}
    to_come = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    wrong = result("late", "14682-9", 50, "umol/L") | {"effectiveDateTime": to_come}
    path.write_bytes(small.usual(sent, old, wrong, result("na", "2951-2", 140, "mmol/L")))
    pool = Pool(database.app, size=1)
    for _ in range(2):  # a second import adds nothing
        run = Import(Db(pool, None), source, only_hospital=client.world.a.id)
        assert [outcome.state async for outcome in run.run([path])]
    await pool.close()
    person = str(Identity(source).of("Patient", small.PATIENT))
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT value::float8 AS value, imported FROM orders.measure WHERE person_id = $1 ORDER BY taken_at DESC",
            UUID(person),
        )
    assert [(round(row["value"], 1), row["imported"]) for row in rows] == [(132.6, True), (79.6, True)]
    page = await client.get(f"/patients/{person}/medicines", as_="doctor_a", html=True)
    assert "132.6 µmol/l" in page.text
    assert "Imported" in page.text
    await client.world.stay(client.world.a, UUID(person))
    seen = await client.post(
        f"/patients/{person}/medicines/preview", {"line": "metformin 500 mg po bd"}, as_="doctor_a"
    )
    (card,) = [each for each in seen.json()["lines"][0]["cards"] if "kidney function below" in each["summary"]]
    assert "imported from another laboratory" in card["detail"]
    results = (await client.get(f"/patients/{person}/results", as_="doctor_a")).json()["items"]
    mine = next(each for each in results if each["loinc"] == "2160-0")
    withdrawn = await client.post(
        f"/results/{mine['id']}/withdrawal",
        {"reason": "Another patient's"},
        as_="laboratory_technician_a",
        version=mine["version"],
    )
    assert withdrawn.status_code == 200, withdrawn.text
    page = await client.get(f"/patients/{person}/medicines", as_="doctor_a", html=True)
    assert "132.6 µmol/l" not in page.text
