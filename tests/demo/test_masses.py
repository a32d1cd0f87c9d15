"""`seed --people`: true to every rule, the same every time, and able to go on after it was broken off."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from tests.database import TestDatabase, TestServer, clone
from tests.demo.conftest import Seeded
from wardline.cli import main
from wardline.demo import masses, scoring
from wardline.demo.crew import Broken
from wardline.demo.visits import SETS_A_DAY, SETS_MAX
from wardline.platform.settings import Settings
from wardline.vitals.models import Band, Sign, Signs
from wardline.vitals.rules import band_of, points_of, score_set

# Three batches and two hospitals.
PLAN = masses.Plan(2600, people_of_hospital=1300, batch_people=1000)
PEOPLE = PLAN.people
NOW = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)
SCHEMAS = ("identity", "patients", "encounters", "beds", "tasks", "vitals", "orders", "lab", "notes", "mar")
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text = ANY (%s) ORDER BY 1
"""
# Everything that a table is made of but its rows.
CATALOGUE = """
    SELECT c.oid::regclass::text, c.relkind::text, c.reloptions, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text = ANY (%(schemas)s)
    UNION ALL
    SELECT i.indexrelid::regclass::text, 'index', NULL,
           regexp_replace(pg_get_indexdef(i.indexrelid), ' WITH [(]fillfactor=.100.[)]', '')
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace::regnamespace::text = ANY (%(schemas)s)
    UNION ALL
    SELECT k.conrelid::regclass::text || ' ' || k.conname, 'constraint ' || k.convalidated || k.conislocal || k.coninhcount,
           NULL, pg_get_constraintdef(k.oid)
      FROM pg_constraint k WHERE k.connamespace::regnamespace::text = ANY (%(schemas)s)
    UNION ALL
    SELECT t.tgrelid::regclass::text || ' ' || t.tgname, 'trigger ' || t.tgenabled::text, NULL, pg_get_triggerdef(t.oid)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace::regnamespace::text = ANY (%(schemas)s)
    UNION ALL
    SELECT 'triggers of keys', count(*)::text, NULL, NULL FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE t.tgisinternal AND t.tgenabled = 'O' AND c.relnamespace::regnamespace::text = ANY (%(schemas)s)
     ORDER BY 1, 2, 4
"""
FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text, k.confrelid::regclass::text,
           (SELECT array_agg(a.attname::text ORDER BY x.n) FROM unnest(k.conkey) WITH ORDINALITY AS x (attnum, n)
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.attnum),
           (SELECT array_agg(a.attname::text ORDER BY x.n) FROM unnest(k.confkey) WITH ORDINALITY AS x (attnum, n)
              JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.attnum)
      FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 AND k.connamespace::regnamespace::text = ANY (%s)
"""


def fill(database: TestDatabase, plan: masses.Plan = PLAN, *, workers: int = 1) -> None:
    masses.fill(database.owner, plan, password_hash="hash", now=NOW, workers=workers)


def contents(database: TestDatabase) -> dict[str, object]:
    """How many rows each table has, and a fingerprint of all that stands in them."""
    found: dict[str, object] = {}
    with psycopg.connect(database.owner) as connection:
        for (table,) in connection.execute(TABLES, (list(SCHEMAS),)).fetchall():
            statement = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text COLLATE \"C\")) FROM {} t"
            found[table] = connection.execute(sql.SQL(statement).format(sql.SQL(table))).fetchone()
    return found


def catalogue(database: TestDatabase) -> list[tuple[object, ...]]:
    with psycopg.connect(database.owner) as connection:
        return connection.execute(CATALOGUE, {"schemas": list(SCHEMAS)}).fetchall()


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
    low, three_in_one, medium, high = range(len(Band))
    assert scoring.band_table()[4].tolist() == [low, three_in_one]
    assert scoring.band_table()[6, 1] == medium
    assert np.all(scoring.band_table()[7:] == high)


def test_nothing_points_to_nothing(filled: Seeded):
    """Foreign keys are taken down while a table is filled; that they hold is asked here once more, by other means."""
    with psycopg.connect(filled.database.owner) as connection:
        keys = connection.execute(FOREIGN_KEYS, (list(SCHEMAS),)).fetchall()
        assert len(keys) > 25
        for table, target, columns, others in keys:
            same = " AND ".join(f'a."{one}" = b."{other}"' for one, other in zip(columns, others, strict=True))
            given = " AND ".join(f'a."{column}" IS NOT NULL' for column in columns)
            lost = f"SELECT count(*) FROM {table} a WHERE {given} AND NOT EXISTS (SELECT FROM {target} b WHERE {same})"
            assert connection.execute(sql.SQL(lost)).fetchone() == (0,), lost  # pyright: ignore[reportArgumentType]


def test_the_tables_are_as_they_were_but_for_their_rows(filled: Seeded, database_server: TestServer):
    with clone(database_server, "bare") as bare:
        assert catalogue(filled.database) == catalogue(bare)


def test_every_table_has_rows(filled: Seeded):
    empty = {table for table, found in contents(filled.database).items() if found == (0, None)}
    # These come when people sign in and work; what was seeded was never changed.
    assert empty == {
        "identity.session",
        "identity.sign_in_failure",
        "lab.own_interval",
        "lab.release",
        "mar.round_times",
        "notes.addendum",
        "orders.alert",
        "orders.feedback",
        "orders.knowledge_signature",
        "orders.order_set",
        "orders.order_set_version",
    }


def test_search_and_numbers_are_ready(filled: Seeded):
    numbers = filled.value("SELECT last_value FROM patients.network_serial")
    assert isinstance(numbers, int)
    given_out = filled.rows("SELECT network_number FROM patients.person")
    coming = filled.rows(f"SELECT patients.network_number(n) FROM generate_series({numbers}, {numbers} + 2000) AS n")
    assert not set(given_out) & set(coming)
    wrong_homes = (
        "SELECT count(*) FROM patients.person p WHERE (SELECT array_agg(r.hospital_id ORDER BY r.hospital_id)"
        " FROM patients.registration r WHERE r.person_id = p.id)"
        " <> (SELECT array_agg(h ORDER BY h) FROM unnest(p.hospital_ids) AS h)"
    )
    assert filled.value(wrong_homes) == 0
    assert filled.value("SELECT bool_and(r.mrn = h.code || lpad(n::text, 7, '0')) FROM (SELECT *, row_number() OVER"
                        " (PARTITION BY hospital_id ORDER BY mrn) AS n FROM patients.registration) r"
                        " JOIN identity.hospital h ON h.id = r.hospital_id") is True  # fmt: skip
    assert filled.value("SELECT bool_and(c.last_number = (SELECT count(*) FROM patients.registration r"
                        " WHERE r.hospital_id = c.hospital_id)) FROM patients.mrn_counter c") is True  # fmt: skip


def test_search_knows_what_the_database_would_have_made_of_it(filled: Seeded):
    missing = (
        "SELECT count(*) FROM (SELECT r.hospital_id, s.* FROM patients.registration r JOIN patients.search_source s"
        " USING (person_id) EXCEPT ALL SELECT s.hospital_id, s.person_id, s.key, s.given, s.sound, s.phone, s.born_on"
        " FROM patients.search s) AS missing"
    )
    assert filled.value(missing) == 0
    assert filled.value("SELECT count(*) FROM patients.search") == filled.value(
        "SELECT count(*) FROM patients.registration"
    )
    words = "SELECT word, sound, family_count, given_count FROM patients.name_word ORDER BY word"
    with psycopg.connect(filled.database.owner) as connection:
        made = connection.execute(words).fetchall()
        connection.execute("SELECT patients.rebuild_search()")
        assert made == connection.execute(words).fetchall()
        connection.rollback()


def test_a_stay_over_the_end_of_a_month_has_all_its_observations(filled: Seeded):
    """Each partition is made by itself; what began in the month before must not be lost or made twice."""
    sets = filled.rows(
        "SELECT e.started_at, e.ended_at, count(*)::int FROM encounters.encounter e JOIN vitals.observation_set o"
        " ON o.encounter_id = e.id WHERE e.state = 'finished' AND e.class = 'inpatient' AND to_char(e.started_at, 'MM')"
        " <> to_char(e.ended_at, 'MM') GROUP BY e.id, 1, 2"
    )
    assert len(sets) > 50
    for started_at, ended_at, count in sets:
        assert isinstance(started_at, datetime)
        assert isinstance(ended_at, datetime)
        days = (ended_at - started_at).total_seconds() / 86_400
        assert count == min(SETS_MAX, max(2, int(days * SETS_A_DAY)))


def test_rows_need_not_be_visited_again(filled: Seeded):
    """Copied frozen: every page of the past is known to be visible to everybody. This month's are written to by the present,
    and vacuumed after it as far as other transactions of the server allow."""
    unknown = filled.rows(
        "SELECT relname, relpages, relallvisible FROM pg_class WHERE relkind = 'r' AND relallvisible < relpages"
        " AND relname ~ '^(person|search|observation_set_20.*)$'"
        " AND relname <> 'observation_set_' || to_char(now(), 'YYYYMM')"
    )
    assert unknown == []


def test_the_past_takes_no_more_room_than_it_must(filled: Seeded):
    """Of months that are over columns stand so that nothing between them is empty; what nobody needs to say is not said."""
    fifth = filled.rows(
        "SELECT c.relname, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 5"
        " WHERE c.relname BETWEEN 'observation_set_202502' AND 'observation_set_202609' AND c.relkind = 'r' ORDER BY 1"
    )
    assert len(fifth) == 20
    assert {column for _, column in fifth} == {"recorded_by"}
    assert (
        filled.value("SELECT count(*) FROM vitals.observation_set WHERE confirmed = '{}' AND taken_at < '2026-09-01'")
        == 0
    )
    assert filled.value("SELECT count(*) FROM mar.administration WHERE rights <> '[]'") == 0
    assert filled.value("SELECT count(*) FROM mar.administration WHERE action = 'given' AND checks IS NULL") == 0


def test_a_finished_run_changes_nothing_again(filled: Seeded):
    before = contents(filled.database)
    fill(filled.database)
    assert contents(filled.database) == before


class BrokenOff(Exception):
    pass


def test_a_run_that_was_broken_off_goes_on(filled: Seeded, database_server: TestServer):
    """Broken off in the middle of a table, a month or a hospital: what was begun is as it was before."""
    do = masses.Filling.do
    left = 0

    def break_off(filling: masses.Filling, job: masses.Job, told: masses.Told) -> None:
        nonlocal left
        left -= 1

        def told_too_much(steps: int) -> None:
            if left < 0:
                raise BrokenOff
            told(steps)

        do(filling, job, told_too_much)

    with clone(database_server, "broken") as database:
        before = catalogue(database)
        for done in (0, 3, 15, 29):
            left = done
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(masses.Filling, "do", break_off)
                with pytest.raises(BrokenOff):
                    fill(database)
            assert catalogue(database) == before
        fill(database)
        assert contents(database) == contents(filled.database)


def test_more_workers_make_the_same(filled: Seeded, database_server: TestServer):
    steps: list[int] = []
    with clone(database_server, "crew") as database:
        masses.fill(database.owner, PLAN, password_hash="hash", now=NOW, workers=3, told=steps.append)
        assert contents(database) == contents(filled.database)
        assert catalogue(database) == catalogue(filled.database)
    assert sum(steps) == masses.steps(PLAN, NOW)


def test_a_worker_that_cannot_go_on_says_why(database_server: TestServer):
    with clone(database_server, "refused") as database:
        with psycopg.connect(database.owner) as connection:
            connection.execute("ALTER TABLE patients.person ADD CONSTRAINT short CHECK (length(family) < 3)")
        before = catalogue(database)
        with pytest.raises(Broken, match="CheckViolation"):
            fill(database, workers=2)
        assert catalogue(database) == before
        assert contents(database)["patients.person"] == (0, None)


def test_another_number_of_people_is_refused(filled: Seeded):
    for people in (PEOPLE - 1, PEOPLE + 1, 1000, 5000):
        with pytest.raises(masses.OtherNetwork):
            fill(filled.database, msgspec.structs.replace(PLAN, people=people))


def test_the_demo_network_may_be_there_too(
    database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with clone(database_server, "both") as database:
        monkeypatch.setenv("WARDLINE_DATA", str(tmp_path))
        monkeypatch.setenv("WARDLINE_DATABASE_URL", database.owner)
        result = CliRunner().invoke(main, ["seed", "--people", "1200", "--demo", "--workers", "1"])
        assert result.exit_code == 0, result.output
        assert "9,200  patients.person" in result.output
        with psycopg.connect(database.owner) as connection:
            found = connection.execute(
                "SELECT count(*), (SELECT count(*) FROM patients.registration) - (SELECT count(*) FROM patients.search)"
                " FROM patients.person"
            ).fetchone()
            assert found == (9200, 0)
            words = "SELECT sum(family_count), sum(given_count) FROM patients.name_word"
            counted = connection.execute(words).fetchone()
            connection.execute("SELECT patients.rebuild_search()")
            assert counted == connection.execute(words).fetchone()


def test_profiles_have_names():
    for refused in ("0", "-5", "2m", "many"):
        result = CliRunner().invoke(main, ["seed", "--people", refused])
        assert result.exit_code == 2
        assert "100k, 1m, 10m" in result.output


def test_an_embedded_database_is_started_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """And stopped again, with nothing left of how it was set for the occasion."""
    monkeypatch.setenv("WARDLINE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WARDLINE_DATABASE_URL", raising=False)
    result = CliRunner().invoke(main, ["seed", "--people", "300", "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert "300  patients.person" in result.output
    log = tmp_path / "data" / "postgres" / "cluster" / "pg_wal"
    assert len([each for each in log.iterdir() if each.is_file()]) <= 2
    again = CliRunner().invoke(main, ["seed", "--people", "300", "--workers", "1"])
    assert again.exit_code == 0, again.output
    assert not list((tmp_path / "data" / "postgres" / "cluster").glob("postmaster.pid"))
