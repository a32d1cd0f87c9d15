"""The demo network: the same every time, as big as promised, true to every rule, and never in production."""

import importlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from click.testing import CliRunner

from tests.demo.conftest import Seeded
from wardline.cli import main
from wardline.demo import conditions, seed, shelves
from wardline.demo.book import Book
from wardline.demo.samples import Catalogue
from wardline.orders import drugs
from wardline.vitals import current, rules
from wardline.vitals.models import StoredSet, signs_of

NOW = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)


def content(book: Book) -> dict[str, list[tuple[Any, ...]]]:
    """The rows without their ids."""
    return {
        table: [tuple(value for value in row if not isinstance(value, UUID)) for row in rows]
        for table, rows in book.rows.items()
        if table not in {"patients.person", "tasks.task"}  # these name ids inside lists and keys
    }


@pytest.fixture(scope="module")
def catalogue(seeded: Seeded) -> Catalogue:
    with psycopg.connect(seeded.database.owner) as connection:
        return Catalogue.read(connection)


def test_two_makings_are_the_same(catalogue: Catalogue):
    first, second = (seed.make(now=NOW, password_hash="hash", catalogue=catalogue) for _ in range(2))
    assert content(first) == content(second)
    assert first.rows["patients.person"] == second.rows["patients.person"], "even the ids"
    assert content(first) != content(seed.make(now=NOW, password_hash="hash", catalogue=catalogue, seed=8))


@pytest.mark.parametrize("now", [datetime(2026, 11, 24, 7, 4, tzinfo=UTC), datetime(2026, 11, 25, 11, 8, tzinfo=UTC)])
def test_nobody_is_in_two_places_whenever_it_is_made(now: datetime, catalogue: Catalogue):
    """At these moments the dice once laid a person of the shown ward into another bed first."""
    book = seed.make(now=now, password_hash="hash", catalogue=catalogue)
    columns = [book.columns["encounters.encounter"].index(name) for name in ("person_id", "started_at", "ended_at")]
    stays: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for row in book.rows["encounters.encounter"]:
        person, started_at, ended_at = (row[column] for column in columns)
        stays.setdefault(person, []).append((started_at, ended_at or datetime.max.replace(tzinfo=UTC)))
    for of_person in stays.values():
        ordered = sorted(of_person)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(ordered)), ordered


def test_it_is_as_big_as_promised(seeded: Seeded):
    promised = {
        "identity.region": 2,
        "identity.hospital": 3,
        "identity.ward": 24,
        "beds.bed": 600,
        "identity.staff": 120,
    }
    for table, rows in promised.items():
        assert seeded.value(f"SELECT count(*) FROM {table}") == rows, table
    assert seeded.value("SELECT count(DISTINCT role) FROM identity.assignment") == 9
    assert 480 <= int(str(seeded.value("SELECT count(*) FROM encounters.current WHERE bed_id IS NOT NULL"))) <= 545
    waiting = seeded.value("SELECT count(*) FROM encounters.current WHERE bed_id IS NULL")
    assert 15 <= int(str(waiting)) <= 18
    assert all(rows > 0 for rows in seeded.counts.values())


def test_every_ward_has_nurses_and_a_doctor(seeded: Seeded):
    rows = seeded.rows(
        "SELECT w.id, count(*) FILTER (WHERE a.role = 'nurse'), count(*) FILTER (WHERE a.role = 'doctor')"
        " FROM identity.ward w LEFT JOIN identity.assignment a ON a.ward_id = w.id GROUP BY w.id"
    )
    assert len(rows) == 24
    assert all(int(str(nurses)) >= 2 and doctors == 1 for _, nurses, doctors in rows)


def test_boards_agree_with_what_is_recorded(seeded: Seeded):
    """The row that boards read says what beds, stays and observations say."""
    wrong_bed = """
        SELECT count(*) FROM encounters.current c FULL JOIN (SELECT * FROM beds.occupancy WHERE ended_at IS NULL) o
               USING (hospital_id, encounter_id)
         WHERE c.bed_id IS DISTINCT FROM o.bed_id OR c.bed_since IS DISTINCT FROM o.started_at"""
    assert seeded.value(wrong_bed) == 0
    assert seeded.value("SELECT count(*) FROM encounters.encounter WHERE state = 'in_progress'") == seeded.value(
        "SELECT count(*) FROM encounters.current"
    )
    overlapping = """
        SELECT count(*) FROM beds.occupancy a JOIN beds.occupancy b ON a.hospital_id = b.hospital_id AND a.bed_id = b.bed_id
               AND a.id < b.id AND tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)"""
    assert seeded.value(overlapping) == 0
    twice = """
        SELECT count(*) FROM encounters.encounter a JOIN encounters.encounter b ON a.person_id = b.person_id AND a.id < b.id
               AND tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)"""
    assert seeded.value(twice) == 0, "nobody is in two beds at once"
    assert seeded.value("SELECT count(*) FROM beds.bed b JOIN beds.occupancy o ON o.bed_id = b.id AND o.ended_at IS NULL"
                        " WHERE b.state <> 'ready'") == 0  # fmt: skip


def test_bays_keep_women_and_men_apart(seeded: Seeded):
    mixed = """
        SELECT count(*) FROM encounters.current c JOIN beds.bed b ON b.id = c.bed_id JOIN identity.room r ON r.id = b.room_id
          JOIN patients.person p ON p.id = c.person_id
         WHERE r.sex <> 'any' AND r.sex <> CASE p.sex WHEN 'female' THEN 'women' ELSE 'men' END"""
    assert seeded.value(mixed) == 0


def test_every_score_is_what_the_rules_say(seeded: Seeded):
    """All sets of every open stay, scored again in their order."""
    rows = seeded.rows(
        "SELECT o.encounter_id, p.born_on, c.news_score, c.news_history, c.observations_due_at, o.id, o.taken_at, o.recorded_at,"
        " o.respiration_per_min, o.spo2_percent, o.spo2_scale, o.on_oxygen, o.oxygen_l_per_min::float8, o.oxygen_device,"
        " o.systolic_mmhg, o.diastolic_mmhg, o.pulse_per_min, o.consciousness, o.temperature_celsius::float8,"
        " o.news_score, o.news_signs, o.news_band, o.recorded_by"
        " FROM vitals.observation_set o JOIN encounters.current c USING (encounter_id) JOIN patients.person p ON p.id = o.person_id"
        " ORDER BY o.encounter_id, o.taken_at"
    )
    assert len(rows) > 5000
    by_stay: dict[Any, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_stay.setdefault(row[0], []).append(row)
    for sets in by_stay.values():
        latest, totals, stands = rules.NOTHING_YET, list[int](), None
        for _, born_on, _, _, _, *stored in sets:
            one = StoredSet(*stored)
            latest = rules.with_newer(latest, signs_of(one), one.taken_at)
            offered = rules.eligibility(born_on, pregnant=False, today=one.taken_at.date())
            stands = current.standing(latest, offered, one.taken_at)
            assert (one.news_score, one.news_signs, one.news_band) == (stands.total, stands.signs_scored, stands.band)
            totals += [] if stands.total is None else [stands.total]
        assert stands is not None
        _, _, on_board, history, due_at, *_ = sets[-1]
        assert (on_board, history, due_at) == (stands.total, totals[-24:], stands.due_at)


def test_who_is_very_ill_has_a_task(seeded: Seeded):
    missing = """
        SELECT count(*) FROM encounters.current c WHERE c.news_band IN ('medium', 'high', 'low_medium') AND NOT EXISTS
               (SELECT 1 FROM tasks.task t WHERE t.encounter_id = c.encounter_id AND t.state IN ('open', 'acknowledged'))"""
    assert seeded.value(missing) == 0
    calling = seeded.rows(
        "SELECT p.family, t.priority, c.bed_label FROM tasks.task t JOIN patients.person p ON p.id = t.person_id"
        " JOIN encounters.current c USING (encounter_id) JOIN identity.ward w ON w.id = c.ward_id"
        " JOIN identity.hospital h ON h.id = w.hospital_id WHERE t.state = 'open' AND h.code = 'NGH' AND w.code = '7'"
    )
    assert ("Doyle", "critical", "7-19") in calling


def test_two_patients_of_one_name_lie_on_the_shown_ward(seeded: Seeded):
    assert seeded.value("SELECT count(*) FROM encounters.current c JOIN patients.person p ON p.id = c.person_id"
                        " JOIN identity.ward w ON w.id = c.ward_id JOIN identity.hospital h ON h.id = w.hospital_id"
                        " WHERE h.code = 'NGH' AND w.code = '7' AND p.family = 'Patel'") >= 2  # fmt: skip  # pyright: ignore[reportOperatorIssue]


def test_allergies_are_in_all_three_states(seeded: Seeded):
    states = {state for (state,) in seeded.rows("SELECT DISTINCT allergy_state FROM patients.person")}
    assert states == {"recorded", "none_known", "not_recorded"}
    unlisted = "SELECT count(*) FROM patients.person p WHERE (p.allergy_state = 'recorded') <> EXISTS (SELECT 1 FROM patients.allergy a WHERE a.person_id = p.id)"
    assert seeded.value(unlisted) == 0


def test_search_finds_everybody_and_numbers_go_on(seeded: Seeded):
    assert seeded.value("SELECT count(*) FROM patients.search") == seeded.value(
        "SELECT count(*) FROM patients.registration"
    )
    assert seeded.value("SELECT sum(family_count) >= 8000 FROM patients.name_word") is True
    used = "SELECT EXISTS (SELECT 1 FROM patients.person WHERE network_number = patients.next_network_number())"
    assert seeded.value(used) is False
    ahead = "SELECT bool_and(r.mrn < h.code || lpad((c.last_number + 1)::text, 7, '0')) FROM patients.registration r JOIN patients.mrn_counter c USING (hospital_id) JOIN identity.hospital h ON h.id = r.hospital_id"
    assert seeded.value(ahead) is True
    assert (
        seeded.value(
            "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND tgrelid::regclass::text LIKE 'patients.%'"
        )
        == 0
    )


def test_thirteen_weeks_stand_behind_it(seeded: Seeded):
    weeks = seeded.value(
        "SELECT count(DISTINCT date_trunc('week', ended_at)) FROM encounters.encounter WHERE state = 'finished' AND class = 'inpatient'"
    )
    assert weeks in (13, 14)
    occupied = seeded.value(
        "SELECT extract(epoch FROM sum(least(coalesce(ended_at, now()), now()) - greatest(started_at, now() - interval '84 days')))"
        " / (600 * 84 * 86400.0) FROM beds.occupancy WHERE coalesce(ended_at, now()) > now() - interval '84 days'"
    )
    assert 0.8 < float(str(occupied)) < 0.97


def test_a_second_seeding_changes_nothing(seeded: Seeded):
    before = seeded.value("SELECT count(*) FROM patients.person")
    assert seed.ensure(seeded.settings, seeded.database.owner) == {}
    assert seeded.value("SELECT count(*) FROM patients.person") == before


def test_production_refuses(seeded: Seeded, monkeypatch: pytest.MonkeyPatch):
    production = msgspec.structs.replace(seeded.settings, environment="production")
    with pytest.raises(seed.NotInProduction):
        seed.ensure(production, seeded.database.owner)
    for name, value in {
        "WARDLINE_ENV": "production",
        "WARDLINE_DATA": str(seeded.settings.data),
        "WARDLINE_DATABASE_URL": seeded.database.owner,
        "WARDLINE_SECRET": "0123456789-abcdefghij-0123456789",
    }.items():
        monkeypatch.setenv(name, value)
    for arguments in (["seed", "--demo"], ["accounts", "--demo", "--json"], ["lively"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1
        assert "production" in result.output


def test_nobody_is_in_a_production_like_place_by_chance(seeded: Seeded):
    """No demo person has an address outside the domains that exist for examples."""
    assert seeded.value("SELECT count(*) FROM identity.staff WHERE email NOT LIKE '%.example'") == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_problems_bear_the_names_of_their_codes():
    codes = importlib.import_module("simple_icd_10_cm")  # it warns about its own way of reading files
    every = [each for group in conditions.BY_SPECIALTY.values() for each in group]
    every += [condition for _, condition in conditions.LONG_TERM]
    for condition in every:
        assert codes.is_leaf(condition.code), condition
        assert codes.get_description(condition.code) == condition.display


def test_times_count_back_from_the_moment_of_making(seeded: Seeded):
    with psycopg.connect(seeded.database.owner) as connection:
        newest = connection.execute("SELECT max(recorded_at) FROM vitals.observation_set").fetchone()
    assert newest is not None
    assert timedelta(0) <= datetime.now(UTC) - newest[0] < timedelta(minutes=10)


def test_stores_are_full_and_sum_to_their_ledgers(seeded: Seeded):
    assert seeded.value("SELECT count(*) FROM stock.store") == 24
    apart = """
        SELECT v.lot_id FROM stock.level v JOIN (SELECT store_id, lot_id, sum(quantity) AS sum FROM stock.entry GROUP BY 1, 2) e
               USING (store_id, lot_id) WHERE v.quantity <> e.sum"""
    assert seeded.rows(apart) == []
    for wanted in (
        "SELECT count(*) FROM stock.shelf f WHERE f.quantity <= f.reorder_level",
        "SELECT count(*) FROM stock.level v JOIN stock.lot l ON l.id = v.lot_id WHERE l.expires_on < now() AND v.quantity > 0",
        "SELECT count(*) FROM stock.lot WHERE is_quarantined",
        "SELECT count(*) FROM stock.transfer WHERE state = 'sent'",
        "SELECT count(*) FROM stock.purchase_line",
        "SELECT count(*) FROM stock.entry WHERE is_controlled AND witness_id IS NOT NULL",
    ):
        assert seeded.value(wanted), wanted


def test_products_are_of_the_drug_table():
    table = drugs.load()
    assert [kept.ingredient for kept in shelves.PRODUCTS if table.exact(kept.ingredient) is None] == []
