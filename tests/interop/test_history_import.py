"""Medicines, results, procedures and immunizations: what of them is kept, how it is read, and that it wakes nobody."""

import gzip
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.database import TestDatabase
from tests.interop import small_bundles as small
from wardline.interop.fhir.identify import Identity
from wardline.interop.fhir.importing import Import, Outcome, State
from wardline.interop.fhir.models import Report
from wardline.interop.fhir.reading import bundle_files
from wardline.lab.rules import is_barcode
from wardline.lab.units import factor
from wardline.orders.drugs import load
from wardline.orders.elsewhere import Said, line_heard
from wardline.orders.lines import MedicineLine, text
from wardline.platform.db import Db, Pool

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir-synthea-r4"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.fixture
async def db(fresh_database: TestDatabase) -> AsyncIterator[Db]:
    pool = Pool(fresh_database.app, size=1)
    yield Db(pool, None)
    await pool.close()


@pytest.fixture
async def owner(fresh_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database.owner)
    yield connection
    await connection.close()


async def imported(db: Db, folder: Path, *more: dict[str, Any], again: bool = False) -> Outcome:
    path = folder / "a.json"
    path.write_bytes(small.usual(*more))
    [outcome] = [outcome async for outcome in Import(db, "test", again=again).run([path])]
    assert (outcome.state, outcome.reason) == (State.DONE, "")
    return outcome


def result(identifier: str, loinc: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    return small.observation(identifier, loinc, value, unit, category=[small.coded("laboratory")], **more)


def report(*members: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "report-1",
        "status": "final",
        "category": [small.coded("LAB")],
        "code": small.coded("51990-0", "Basic metabolic panel", LOINC),
        "subject": {"reference": f"urn:uuid:{small.PATIENT}"},
        "encounter": {"reference": f"urn:uuid:{small.VISIT}"},
        "effectiveDateTime": "2020-03-01T10:05:00+01:00",
        "result": [{"reference": f"urn:uuid:{member}"} for member in members],
        **more,
    }


def medicine(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "medicine-1",
        "status": "stopped",
        "intent": "order",
        "medicationCodeableConcept": small.coded("309097", "Cefuroxime 250 MG Oral Tablet", RXNORM),
        "subject": {"reference": f"urn:uuid:{small.PATIENT}"},
        "encounter": {"reference": f"urn:uuid:{small.VISIT}"},
        "authoredOn": "2020-03-01T10:10:00+01:00",
        "requester": {"reference": f"urn:uuid:{small.DOCTOR}"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 1}}],
            }
        ],
        **more,
    }


def procedure(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "id": "procedure-1",
        "status": "completed",
        "code": small.coded("73761001", "Colonoscopy"),
        "subject": {"reference": f"urn:uuid:{small.PATIENT}"},
        "encounter": {"reference": f"urn:uuid:{small.VISIT}"},
        "performedPeriod": {"start": "2020-03-01T10:10:00+01:00"},
        **more,
    }


def immunization(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "id": "immunization-1",
        "status": "completed",
        "vaccineCode": small.coded("140", "Influenza, seasonal", "http://hl7.org/fhir/sid/cvx"),
        "patient": {"reference": f"urn:uuid:{small.PATIENT}"},
        "occurrenceDateTime": "2020-03-01T10:10:00+01:00",
        **more,
    }


@pytest.mark.parametrize(
    ("repeat", "words"),
    [
        ({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}, "once a week on Monday"),
        (
            {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["wed", "mon", "fri"]},
            "once a day on Monday, Wednesday and Friday",
        ),
        (
            {"frequency": 2, "period": 1, "periodUnit": "d", "timeOfDay": ["22:00:00", "10:00:00"]},
            "twice a day at 10:00 and 22:00",
        ),
        ({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"]}, "on Monday and Thursday"),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "timeOfDay": ["10:00:00"]}, "twice a day"),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["25:00:00"]}, "once a day"),
        ({"frequency": 1, "period": 8, "periodUnit": "h", "timeOfDay": ["10:00:00"]}, "every 8 hours"),
    ],
)
async def test_days_and_times_of_a_medicine_are_kept(
    db: Db, owner: asyncpg.Connection, tmp_path: Path, repeat: dict[str, Any], words: str
) -> None:
    told = [{"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": 1}}]}]
    await imported(db, tmp_path, medicine(dosageInstruction=told))
    assert await owner.fetchval("SELECT text FROM orders.medicine") == f"cefuroxime 250 mg oral {words}"


async def test_a_medicine_becomes_a_structured_line_that_has_ended(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await imported(db, tmp_path, medicine())
    row = await owner.fetchrow("SELECT * FROM orders.medicine JOIN identity.staff s ON s.id = prescribed_by")
    assert row is not None
    assert (row["name"], row["state"], row["family"]) == ("cefuroxime", "stopped", "Dibbert")
    assert row["text"] == "cefuroxime 250 mg oral twice a day"
    line = json.loads(row["line"])
    assert (line["amount"], line["times_per_day"]) == ({"value": "250", "unit": "mg"}, 2)
    steps = await owner.fetch("SELECT kind FROM orders.step")
    assert [step["kind"] for step in steps] == ["prescribed"]
    assert await owner.fetchval("SELECT count(*) FROM tasks.task") == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "draft"}, "status is draft"),
        ({"status": "entered-in-error"}, "status is entered-in-error"),
        ({"intent": "proposal"}, "intent is proposal: it was never an order"),
        ({"encounter": None}, "it belongs to no visit that was taken"),
        ({"medicationCodeableConcept": None}, "no medicine is named"),
        ({"authoredOn": None}, "it does not say when it was prescribed"),
    ],
)
async def test_a_medicine_that_cannot_be_kept_is_left_with_its_reason(
    db: Db, owner: asyncpg.Connection, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    given = {name: value for name, value in medicine(**change).items() if value is not None}
    tally = (await imported(db, tmp_path, given)).report.of("MedicationRequest")
    assert (tally.taken, tally.left) == (0, {reason: 1})
    assert await owner.fetchval("SELECT count(*) FROM orders.medicine") == 0


@pytest.mark.parametrize(
    ("product", "words"),
    [
        (
            "Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet",
            "paracetamol + oxycodone 2 tablets as Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet oral",
        ),
        (
            "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet [Toprol]",
            "metoprolol 200 mg modified release oral",
        ),
        ("Levothyroxine Sodium 0.075 MG Oral Tablet", "levothyroxine 0.15 mg oral"),
        ("Hydrochlorothiazide 25 MG", "hydrochlorothiazide as Hydrochlorothiazide 25 MG"),
        ("Simvistatin 10 MG", "Simvistatin 10 MG"),
    ],
)
def test_products_are_read_as_far_as_they_can_be(product: str, words: str) -> None:
    assert text(line_heard(Said(product=product, dose=Decimal(2)), load())) == words


def test_without_the_drug_table_the_sources_words_stay() -> None:
    assert line_heard(Said(product="Amoxicillin 250 MG Oral Capsule"), None) == MedicineLine(
        name="Amoxicillin 250 MG Oral Capsule", route="oral"
    )


async def test_a_report_becomes_released_results_that_wake_nobody(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await imported(
        db,
        tmp_path,
        result("k", "2823-3", 7.4, "mmol/L", interpretation=[small.coded("HH")]),
        result("hb", "718-7", 13.5, "g/dL", referenceRange=[{"low": {"value": 12}, "high": {"value": 16}}]),
        result("glu", "2339-0", 90.25, "mg/dL"),
        result("ph", "5803-2", None, "", valueString="acid"),
        report("k", "hb", "glu"),
    )
    rows = await owner.fetch("""
        SELECT r.*, t.loinc, t.unit AS test_unit, t.bench, t.active, s.barcode, s.state AS specimen_state, q.asked_for
          FROM lab.result r JOIN lab.test t ON t.code = r.test_code JOIN lab.specimen s ON s.id = r.specimen_id
          JOIN lab.request q ON q.id = r.request_id""")
    found = {row["loinc"]: row for row in rows}
    assert {row["state"] for row in rows} == {"clinically_released"}
    assert {row["specimen_state"] for row in rows} == {"done"}
    assert all(is_barcode(row["barcode"]) for row in rows)
    assert (found["2823-3"]["value"], found["2823-3"]["flag"]) == (Decimal("7.4"), "H")
    haemoglobin = found["718-7"]
    assert (haemoglobin["value"], haemoglobin["unit"], haemoglobin["low"]) == (Decimal(135), "g/L", Decimal(120))
    assert (haemoglobin["flag"], haemoglobin["bench"]) == ("N", "haematology")
    glucose = found["2339-0"]
    assert (glucose["value"], glucose["unit"], glucose["flag"]) == (Decimal("90.25"), "mg/dL", None)
    assert (glucose["test_code"], glucose["bench"], glucose["active"]) == ("LOINC_2339_0", "elsewhere", False)
    assert (found["5803-2"]["words"], found["5803-2"]["value"]) == ("acid", None)
    assert {tuple(row["asked_for"]) for row in rows} == {("Basic metabolic panel",), ("LOINC 5803-2",)}
    for table in ("lab.critical_call", "tasks.task"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_one_code_in_two_units_is_two_tests(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    await imported(
        db, tmp_path, result("a", "33914-3", 80, "mL/min"), result("b", "33914-3", 81, "mL/min/{1.73_m2}"),
    )  # fmt: skip
    rows = await owner.fetch("SELECT code, unit FROM lab.test WHERE loinc = '33914-3' ORDER BY code")
    assert [row["code"] for row in rows] == ["LOINC_33914_3", "LOINC_33914_3_2"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "preliminary"}, "status is preliminary"),
        ({"code": small.coded("x")}, "it has no LOINC code"),
        ({"valueQuantity": None}, "it has no value"),
        ({"effectiveDateTime": None}, "it does not say when it was taken"),
    ],
)
async def test_a_result_that_cannot_be_kept_is_left_with_its_reason(
    db: Db, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    given = {name: value for name, value in result("k", "2823-3", 4, "mmol/L", **change).items() if value is not None}
    outcome = await imported(db, tmp_path, given, report("k"))
    assert outcome.report.of("Observation").left == {reason: 1}
    assert outcome.report.of("DiagnosticReport").left == {"it holds no laboratory result that is kept": 1}


async def test_procedures_and_immunizations_are_kept(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    await imported(db, tmp_path, procedure(), immunization(), immunization(id="refused", status="not-done"))
    row = await owner.fetchrow("SELECT * FROM encounters.procedure")
    assert row is not None
    assert (row["display"], row["code_system"], row["code"]) == ("Colonoscopy", "SNOMED-CT", "73761001")
    assert (row["performer"], row["created_by"]) == ("not told by the source", None)
    given = await owner.fetch("SELECT vaccine, cvx, given_on::text FROM patients.immunization")
    assert [tuple(each) for each in given] == [("Influenza, seasonal", "140", "2020-03-01")]


async def test_a_care_plan_and_its_goals_are_left_and_the_report_says_so(db: Db, tmp_path: Path) -> None:
    subject = {"reference": f"urn:uuid:{small.PATIENT}"}
    left = [{"resourceType": kind, "id": kind, "subject": subject} for kind in ("CarePlan", "CareTeam", "Goal")]
    outcome = await imported(db, tmp_path, *left)
    for kind in ("CarePlan", "CareTeam", "Goal"):
        found = outcome.report.of(kind)
        assert (found.taken, found.left) == (0, {"care plans have no place here yet": 1}), kind


async def test_importing_again_stores_nothing_and_says_so(db: Db, tmp_path: Path) -> None:
    parts = (medicine(), procedure(), immunization(), result("k", "2823-3", 4, "mmol/L"), report("k"))
    first = await imported(db, tmp_path, *parts)
    again = await imported(db, tmp_path, *parts, again=True)
    assert again.added.total == 0
    for kind in ("MedicationRequest", "Procedure", "Immunization", "Observation", "DiagnosticReport", "Patient"):
        assert (first.report.of(kind).stored, again.report.of(kind).stored) == (1, 0), kind
        assert again.report.of(kind).taken == 1


async def test_another_hospitals_walls_stand_around_what_was_imported(
    fresh_database: TestDatabase, db: Db, tmp_path: Path
) -> None:
    await imported(db, tmp_path, medicine(), immunization(), result("k", "2823-3", 4, "mmol/L"))
    connection = await asyncpg.connect(fresh_database.app)
    await connection.execute(f"SELECT set_config('app.hospital_id', '{Identity('other').of('x')}', false)")
    for table in ("orders.medicine", "lab.result", "lab.request", "patients.immunization"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    await connection.close()


@pytest.mark.parametrize(
    ("theirs", "ours", "times"),
    [("g/dL", "g/L", "10"), ("%", "L/L", "0.01"), ("mmol/L", "mmol/L", "1"), ("mg/dL", "mmol/L", None)],
)
def test_units_change_their_scale_only(theirs: str, ours: str, times: str | None) -> None:
    assert factor(theirs, ours) == (None if times is None else Decimal(times))


# --- the shared bundles --------------------------------------------------------------------------------------------------
def counted(files: list[Path]) -> tuple[Counter[str], Counter[str]]:
    """How many resources of each type there are, and how many of them must be kept: read anew, by other means."""
    held: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for path in files:
        entries = json.loads(gzip.decompress(path.read_bytes()))["entry"]
        by_url = {entry["fullUrl"]: entry["resource"] for entry in entries}
        in_reports: set[str] = set()
        for resource in by_url.values():
            held[resource["resourceType"]] += 1
            if resource["resourceType"] in ("MedicationRequest", "Procedure", "Immunization"):
                kept[resource["resourceType"]] += 1
            if resource["resourceType"] == "DiagnosticReport":
                members = [by_url[each["reference"]] for each in resource["result"]]
                codes = {coded(each) for each in members if of_laboratory(each)}
                kept["DiagnosticReport"] += bool(codes)
                kept["results in reports"] += len(codes)
                in_reports |= {each["reference"] for each in resource["result"]}
        alone = [each for url, each in by_url.items() if url not in in_reports and of_laboratory(each)]
        kept["results alone"] += len(
            {(each["encounter"]["reference"], each["effectiveDateTime"], coded(each)) for each in alone}
        )
    return held, kept


def of_laboratory(resource: dict[str, Any]) -> bool:
    return resource["resourceType"] == "Observation" and resource["category"][0]["coding"][0]["code"] == "laboratory"


def coded(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["code"]["coding"][0]["code"], resource.get("valueQuantity", {}).get("code", "")


@pytest.mark.shared
async def test_the_shared_bundles_bring_what_an_independent_count_finds(db: Db, owner: asyncpg.Connection) -> None:
    if not SHARED.is_dir():
        assert not os.environ.get("WARDLINE_REQUIRE_SHARED"), f"{SHARED} is required and absent"
        pytest.skip(f"the shared data is absent: {SHARED}")
    files = bundle_files([SHARED])
    report = Report()
    async for outcome in Import(db, "test").run(files):
        assert outcome.state is State.DONE, outcome
        report.add(outcome.report)
    held, kept = counted(files)
    assert {kind: tally.total for kind, tally in report.by_type.items()} == held
    for kind in ("MedicationRequest", "Procedure", "Immunization", "DiagnosticReport"):
        assert (report.of(kind).taken, report.of(kind).stored) == (kept[kind], kept[kind]), report.of(kind)
    results = kept["results in reports"] + kept["results alone"]
    tables = {
        "orders.medicine": kept["MedicationRequest"],
        "encounters.procedure": kept["Procedure"],
        "patients.immunization": kept["Immunization"],
        "lab.result": results,
    }
    assert {name: await owner.fetchval(f"SELECT count(*) FROM {name}") for name in tables} == tables
    named = await owner.fetchval(
        "SELECT count(*) FROM orders.medicine WHERE line ? 'amount' AND line ->> 'amount' IS NOT NULL"
    )
    assert (named or 0) > 0
    stored = await owner.fetch("SELECT state, count(*) FROM orders.medicine GROUP BY state")
    assert {row["state"]: row["count"] for row in stored} == {"active": 170, "stopped": 287}


async def test_one_test_in_two_units_in_one_report_is_kept_once(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """Haemoglobin in g/dL and in g/L are one test of the catalogue: the bundle is not lost for it."""
    both = (result("hb-1", "718-7", 12.5, "g/dL"), result("hb-2", "718-7", 125, "g/L"), report("hb-1", "hb-2"))
    await imported(db, tmp_path, *both)
    assert await owner.fetchval("SELECT count(*) FROM lab.result WHERE value = 125") == 1


async def test_a_newer_bundle_may_say_the_same_test_first_under_another_id(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await imported(db, tmp_path, result("k-1", "2823-3", 4.1, "mmol/L"), report("k-1"))
    both = (result("k-2", "2823-3", 4.2, "mmol/L"), result("k-1", "2823-3", 4.1, "mmol/L"), report("k-2", "k-1"))
    await imported(db, tmp_path, *both, again=True)
    assert [row[0] for row in await owner.fetch("SELECT value FROM lab.result")] == [Decimal("4.1")]
