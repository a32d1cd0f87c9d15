"""Bundles on a real database: whole or not at all, the same rows however often, each hospital under its own scope."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from tests.database import TestDatabase
from tests.interop import small_bundles as small
from wardline.interop.fhir.identify import Identity
from wardline.interop.fhir.importing import Import, Outcome, State
from wardline.interop.fhir.reading import bundle_files
from wardline.platform.db import Db, Pool

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir-synthea-r4"
SCHEMAS = (
    "identity",
    "patients",
    "encounters",
    "vitals",
    "tasks",
    "beds",
    "orders",
    "lab",
    "notes",
    "interop",
    "platform",
)


@pytest.fixture
async def db(fresh_database: TestDatabase) -> AsyncIterator[Db]:
    """As the web server's role: row-level security binds an import like everybody else."""
    pool = Pool(fresh_database.app, size=1)
    yield Db(pool, None)
    await pool.close()


@pytest.fixture
async def owner(fresh_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database.owner)
    yield connection
    await connection.close()


async def imported(db: Db, *paths: Path, source: str = "test", again: bool = False) -> list[Outcome]:
    return [outcome async for outcome in Import(db, source, again=again).run(list(paths))]


async def row_counts(owner: asyncpg.Connection) -> dict[str, int]:
    """Of every table of every slice; the audit record alone may grow when nothing else does."""
    tables = await owner.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY ($1) ORDER BY 1", SCHEMAS
    )
    return {name: int(await owner.fetchval(f"SELECT count(*) FROM {name}") or 0) for (name,) in tables}


def written(folder: Path, name: str, text: bytes) -> Path:
    path = folder / name
    path.write_bytes(text)
    return path


async def test_a_bundle_becomes_a_chart(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    text = small.usual(small.allergy(), small.condition(), small.pressure("o", 121, 80))
    (outcome,) = await imported(db, written(tmp_path, "a.json", text))
    assert (outcome.state, outcome.reason) == (State.DONE, "")
    person = await owner.fetchrow("SELECT * FROM patients.person")
    assert person is not None
    assert (person["family"], person["allergy_state"]) == ("Laureano", "recorded")
    assert len(person["network_number"]) == 10
    visit = await owner.fetchrow("SELECT * FROM encounters.encounter JOIN identity.staff s ON s.id = doctor_id")
    assert visit is not None
    assert (visit["class"], visit["state"], visit["family"]) == ("outpatient", "finished", "Dibbert")
    assert await owner.fetchval("SELECT systolic_mmhg FROM vitals.observation_set WHERE news_score IS NULL") == 121
    assert await owner.fetchval("SELECT display FROM encounters.problem") == "Acute viral pharyngitis"
    assert await owner.fetchval("SELECT count(*) FROM encounters.current") == 0
    staff = await owner.fetchrow("SELECT email, password_hash FROM identity.staff")
    assert staff is not None
    assert tuple(staff) == (None, None)


async def test_every_bundle_is_in_the_audit_record_of_its_hospital(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await imported(db, written(tmp_path, "a.json", small.usual(small.allergy())))
    entry = await owner.fetchrow("SELECT * FROM audit.entry")
    assert entry is not None
    assert entry["action"] == "bundle.imported"
    assert entry["hospital_id"] == await owner.fetchval("SELECT id FROM identity.hospital")
    assert entry["subject_id"] == await owner.fetchval("SELECT id FROM interop.import_file")
    assert "Laureano" not in str(entry["detail"])
    assert "eanut" not in str(entry["detail"])


async def test_importing_again_adds_no_row(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", small.usual(small.allergy(), small.condition(), small.pressure("o", 121, 80)))
    await imported(db, path)
    before = await row_counts(owner)
    (skipped,) = await imported(db, path)
    (repeated,) = await imported(db, path, again=True)
    assert (skipped.state, repeated.state) == (State.BEFORE, State.DONE)
    assert repeated.added.total == 0
    assert await row_counts(owner) == before


async def test_a_later_export_of_the_same_patient_adds_only_what_is_new(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await imported(db, written(tmp_path, "a.json", small.usual(small.condition())))
    later = small.visit(id="v2", period={"start": "2022-01-01T08:00:00Z", "end": "2022-01-01T09:00:00Z"})
    (outcome,) = await imported(db, written(tmp_path, "b.json", small.usual(small.condition(), later)))
    assert (outcome.added.encounters, outcome.added.total) == (1, 1)
    assert await owner.fetchval("SELECT last_visit_at >= '2022-01-01' FROM patients.registration")


async def test_a_bad_bundle_is_refused_whole_and_the_others_go_on(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    bad_text = small.usual(small.condition(onsetDateTime="2021-02-30"))
    bad = written(tmp_path, "bad.json", bad_text)
    good = written(tmp_path, "good.json", small.text_of(small.hospital(id="other"), small.doctor(id="another")))
    outcomes = {outcome.file: outcome for outcome in await imported(db, bad, good)}
    assert outcomes["good.json"].state is State.DONE
    refused = outcomes["bad.json"]
    assert refused.line is not None
    assert "2021-02-30" in bad_text.decode().splitlines()[refused.line - 1]
    assert await owner.fetchval("SELECT count(*) FROM patients.person") == 0
    ledger = await owner.fetchrow("SELECT * FROM interop.import_file WHERE outcome = 'refused'")
    assert ledger is not None
    assert (ledger["line"], ledger["reason"]) == (refused.line, refused.reason)


async def test_a_bundle_against_the_tables_rules_is_refused_whole(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    stay = {"class": {"code": "IMP"}, "status": "in-progress"}
    two_stays = [small.visit(id=name, **stay) for name in ("v2", "v3")]
    (outcome,) = await imported(db, written(tmp_path, "a.json", small.usual(*two_stays)))
    assert outcome.state is State.REFUSED
    assert "encounter_one_stay" in outcome.reason
    assert await owner.fetchval("SELECT count(*) FROM identity.hospital") == 0


async def test_what_failed_is_tried_again_once_its_reference_is_known(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    visit = small.visit(
        serviceProvider={"reference": f"Organization/{small.HOSPITAL}"},
        participant=[{"individual": {"reference": f"Practitioner/{small.DOCTOR}"}}],
    )
    patients = written(tmp_path, "a-patients.json", small.text_of(small.patient(), visit))
    (early,) = await imported(db, patients)
    assert early.state is State.REFUSED
    staff = written(tmp_path, "z-staff.json", small.text_of(small.hospital(), small.doctor()))
    assert [outcome.file for outcome in await imported(db, patients, staff)] == ["z-staff.json", "a-patients.json"]
    assert await owner.fetchval("SELECT count(*) FROM encounters.encounter") == 1
    assert await owner.fetchval("SELECT bool_and(outcome = 'done') FROM interop.import_file")


async def test_a_run_that_was_stopped_goes_on_where_it_stood(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    paths = [written(tmp_path, f"{number}.json", small.usual(small.condition(id=f"c{number}"))) for number in range(3)]
    async for outcome in Import(db, "test").run(paths):
        assert outcome.state is State.DONE
        break
    states = [outcome.state for outcome in await imported(db, *paths)]
    assert states == [State.BEFORE, State.DONE, State.DONE]
    assert await owner.fetchval("SELECT count(*) FROM encounters.problem") == 3
    assert await owner.fetchval("SELECT count(*) FROM patients.person") == 1


async def test_references_outlive_the_run(db: Db, tmp_path: Path) -> None:
    await imported(db, written(tmp_path, "a.json", small.text_of(small.hospital(), small.doctor())))
    visit = small.visit(
        serviceProvider={"reference": f"Organization/{small.HOSPITAL}"},
        participant=[{"individual": {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|42"}}],
    )
    path = written(tmp_path, "b.json", small.text_of(small.patient(), visit))
    assert [outcome.state for outcome in await imported(db, path)] == [State.DONE]
    (stranger,) = await imported(db, path, source="another system")
    assert stranger.state is State.REFUSED


async def test_the_same_doctor_of_two_sources_is_one_person(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", small.usual())
    await imported(db, path, source="one")
    await imported(db, path, source="two")
    assert await owner.fetchval("SELECT count(*) FROM identity.staff") == 1
    assert await owner.fetchval("SELECT count(DISTINCT doctor_id) FROM encounters.encounter") == 1
    assert await owner.fetchval("SELECT count(*) FROM encounters.encounter") == 2


async def test_an_open_stay_appears_on_the_board_and_an_outpatient_does_not(
    db: Db, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    visits = [
        small.visit(id="stay", status="in-progress", **{"class": {"code": "EMER"}}),
        small.visit(id="clinic", status="in-progress"),
    ]
    await imported(db, written(tmp_path, "a.json", small.usual(*visits)))
    assert await owner.fetch("SELECT encounter_id FROM encounters.current") == [
        (Identity("test").of("Encounter", "stay"),)
    ]
    topics = await owner.fetch("SELECT topic FROM platform.topic WHERE topic LIKE 'beds:%'")
    assert topics == await owner.fetch("SELECT 'beds:' || hospital_id FROM encounters.current"), "boards that are held"


async def test_one_hospital_can_take_everything(db: Db, owner: asyncpg.Connection, tmp_path: Path) -> None:
    region, northgate = UUID(int=1), UUID(int=2)
    await owner.execute("INSERT INTO identity.region (id, code, name) VALUES ($1, 'N', 'North')", region)
    await owner.execute(
        "INSERT INTO identity.hospital (id, region_id, code, name) VALUES ($1, $2, 'NGH', 'Northgate')",
        northgate,
        region,
    )
    path = written(tmp_path, "a.json", small.usual(small.allergy()))
    outcomes = [outcome async for outcome in Import(db, "test", only_hospital=northgate).run([path])]
    assert outcomes[0].state is State.DONE
    assert await owner.fetch("SELECT hospital_id FROM encounters.encounter") == [(northgate,)]
    assert await owner.fetchval("SELECT count(*) FROM identity.hospital") == 1
    (other,) = await imported(db, path, again=True)
    assert "other hospitals" in other.reason


@pytest.mark.shared
async def test_all_96_bundles_twice_give_the_same_rows(db: Db, owner: asyncpg.Connection) -> None:
    if not SHARED.is_dir():
        assert not os.environ.get("WARDLINE_REQUIRE_SHARED"), f"{SHARED} is required and absent"
        pytest.skip(f"the shared data is absent: {SHARED}")
    files = bundle_files([SHARED])
    first = await imported(db, *files)
    assert len(first) == 96
    assert [(outcome.file, outcome.reason, outcome.line) for outcome in first if outcome.state is not State.DONE] == []
    counts = await row_counts(owner)
    second = await imported(db, *files, again=True)
    assert {outcome.state for outcome in second} == {State.DONE}
    assert sum(outcome.added.total for outcome in second) == 0
    assert await row_counts(owner) == counts
    expected = {"patients.person": 95, "encounters.encounter": 1841, "encounters.problem": 624, "patients.allergy": 27}
    expected |= {"vitals.observation_set": 862, "identity.staff": 102, "identity.hospital": 65}
    assert {name: counts[name] for name in expected} == expected
