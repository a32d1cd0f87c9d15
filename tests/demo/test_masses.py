"""`seed --people`: true to every rule, the same every time, and able to go on after it was broken off."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

from tests.database import TestDatabase, TestServer, clone
from tests.demo.conftest import Seeded
from wardline.cli import main
from wardline.demo import masses, population, scoring
from wardline.platform.settings import Settings
from wardline.vitals.models import Sign, Signs
from wardline.vitals.rules import band_of, points_of, score_set

PEOPLE = 2600
NOW = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)
COUNTED = (
    "patients.person",
    "patients.registration",
    "encounters.encounter",
    "vitals.observation_set",
    "beds.occupancy",
)


@pytest.fixture(scope="module", autouse=True)
def small_batches() -> Iterator[None]:
    """Three batches instead of one, and two hospitals."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(population, "BATCH_PEOPLE", 1000)
        patch.setattr(masses, "PEOPLE_OF_HOSPITAL", 1300)
        yield


def fill(database: TestDatabase, people: int = PEOPLE) -> None:
    masses.fill(database.owner, people, password_hash="hash", now=NOW)


def counts(database: TestDatabase) -> list[object]:
    """Rows of the big tables and a fingerprint of what stands in them."""
    with psycopg.connect(database.owner) as connection:
        rows = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in COUNTED]  # pyright: ignore[reportArgumentType]
        prints = connection.execute(
            "SELECT md5(string_agg(family || given || network_number || coalesce(born_on::text, ''), '' ORDER BY id)),"
            " (SELECT md5(string_agg(id::text || taken_at || news_score, '' ORDER BY id)) FROM vitals.observation_set)"
            " FROM patients.person"
        ).fetchone()
    return [*rows, prints]


@pytest.fixture(scope="module")
def filled(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with clone(database_server, "masses") as database:
        fill(database)
        settings = Settings(data=tmp_path_factory.mktemp("masses"), secret="a secret that only this test run knows")
        yield Seeded(database, settings, {})


def test_the_number_of_people_decides_the_rest(filled: Seeded):
    assert filled.value("SELECT count(*) FROM patients.person") == PEOPLE
    assert filled.value("SELECT count(*) FROM identity.hospital") == 2
    assert filled.value("SELECT count(*) FROM beds.bed") == 400
    past_sets = "vitals.observation_set o JOIN encounters.encounter e ON e.id = o.encounter_id AND e.state = 'finished'"
    for table, each in {"patients.registration": 1.2, "encounters.encounter": 2, past_sets: 6}.items():
        found = int(str(filled.value(f"SELECT count(*) FROM {table}")))
        assert 0.85 * each * PEOPLE < found < 1.3 * each * PEOPLE, table
    assert int(str(filled.value("SELECT count(*) FROM encounters.current"))) > 250


def test_scores_are_what_the_rules_say(filled: Seeded):
    rows = filled.rows(
        "SELECT o.respiration_per_min, o.spo2_percent, o.spo2_scale, o.on_oxygen, o.systolic_mmhg, o.pulse_per_min, o.consciousness,"
        " o.temperature_celsius::float8, o.news_score, o.news_band FROM vitals.observation_set o"
        " JOIN encounters.encounter e ON e.id = o.encounter_id WHERE e.state = 'finished' LIMIT 3000"
    )
    names = ("respiration_per_min", "spo2_percent", "spo2_scale", "on_oxygen", "systolic_mmhg", "pulse_per_min")
    for *values, consciousness, temperature, total, band in rows:
        given = dict(zip(names, values, strict=True)) | {
            "consciousness": consciousness,
            "temperature_celsius": temperature,
        }
        score = score_set(msgspec.convert(given, Signs))
        assert (total, band) == (score.total, band_of(score))


def test_the_tables_of_points_are_complete():
    for sign in scoring.VALUES:
        table = scoring.points_table(sign)
        highest, signs = scoring.VALUES[sign]
        for value in range(highest + 1):
            assert table[value] == points_of(signs(value), sign, oxygen_at_the_time=False)
    assert Sign.CONSCIOUSNESS not in scoring.VALUES
    assert scoring.band_table()[4, 0] == "low"
    assert scoring.band_table()[4, 1] == "low_medium"
    assert scoring.band_table()[6, 1] == "medium"
    assert np.all(scoring.band_table()[7:] == "high")


def test_search_and_numbers_are_ready(filled: Seeded):
    assert filled.value("SELECT count(*) FROM patients.search") == filled.value(
        "SELECT count(*) FROM patients.registration"
    )
    assert filled.value("SELECT last_value FROM patients.network_serial") == population.serial_after(
        PEOPLE, masses.FIRST_SERIAL
    )
    assert (
        filled.value(
            "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND tgrelid::regclass::text LIKE 'patients.%'"
        )
        == 0
    )
    wrong_homes = (
        "SELECT count(*) FROM patients.person p WHERE NOT (SELECT array_agg(r.hospital_id) FROM patients.registration r"
        " WHERE r.person_id = p.id) <@ p.hospital_ids"
    )
    assert filled.value(wrong_homes) == 0
    assert filled.value("SELECT bool_and(r.mrn = h.code || lpad(n::text, 7, '0')) FROM (SELECT *, row_number() OVER"
                        " (PARTITION BY hospital_id ORDER BY mrn) AS n FROM patients.registration) r"
                        " JOIN identity.hospital h ON h.id = r.hospital_id") is True  # fmt: skip


def test_a_finished_run_changes_nothing_again(filled: Seeded):
    before = counts(filled.database)
    fill(filled.database)
    assert counts(filled.database) == before


def test_a_run_that_was_broken_off_goes_on(filled: Seeded, database_server: TestServer):
    class BrokenOff(Exception):
        pass

    def break_off(_steps: int) -> None:
        raise BrokenOff

    with clone(database_server, "broken") as database:
        with pytest.raises(BrokenOff):
            masses.fill(database.owner, PEOPLE, password_hash="hash", now=NOW, progress=break_off)
        fill(database)
        assert counts(database) == counts(filled.database)


def test_another_number_of_people_is_refused(filled: Seeded):
    for people in (PEOPLE - 1, 1000, 5000):
        with pytest.raises(masses.OtherNetwork):
            fill(filled.database, people)


def test_the_demo_network_may_be_there_too(
    database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with clone(database_server, "both") as database:
        monkeypatch.setenv("WARDLINE_DATA", str(tmp_path))
        monkeypatch.setenv("WARDLINE_DATABASE_URL", database.owner)
        result = CliRunner().invoke(main, ["seed", "--people", "1200", "--demo"])
        assert result.exit_code == 0, result.output
        assert "1,200 people" in result.output
        with psycopg.connect(database.owner) as connection:
            found = connection.execute("SELECT count(*) FROM patients.person").fetchone()
        assert found == (9200,)
