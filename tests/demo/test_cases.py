"""Treatment, samples and notes of the invented patients: as the rules of their slices would have it."""

import itertools

import pytest

from tests.demo.conftest import Seeded
from wardline.demo import remedies
from wardline.demo.conditions import ALLERGIES, BY_SPECIALTY, LONG_TERM
from wardline.lab import rules
from wardline.lab.models import Limits
from wardline.notes.rules import SECTIONS, Kind
from wardline.orders import checks, drugs, entry, knowledge, lines
from wardline.orders.models import AllergyKnowledge, Patient, RecordedAllergy, Tier
from wardline.orders.models import Kind as AlertKind

SHOWN = "SELECT count(*) FROM encounters.current"


@pytest.mark.parametrize("typed", remedies.typed_lines())
def test_every_line_is_read_whole_and_stops_no_signature(typed: str):
    read = entry.read(typed, drugs.load())
    assert read.complete
    assert remedies.remedy(typed).text == lines.text(read.line)
    rules_of_drugs = knowledge.current()
    assert rules_of_drugs is not None
    allergies = tuple(
        RecordedAllergy(substance, reaction, severity, category)
        for substance, reaction, severity, category in ALLERGIES
    )
    patient = Patient(allergy_knowledge=AllergyKnowledge.RECORDED, allergies=allergies)
    found = checks.check(lines.considered(read.line, rules_of_drugs.table), patient, [], rules_of_drugs)
    assert [alert.summary for alert in found.alerts if alert.kind is AlertKind.ALLERGY] == []


def test_no_two_lines_stop_a_signature():
    rules_of_drugs = knowledge.current()
    assert rules_of_drugs is not None
    seen = [
        lines.considered(entry.read(typed, rules_of_drugs.table).line, rules_of_drugs.table)
        for typed in remedies.typed_lines()
    ]
    for one, other in itertools.combinations(seen, 2):
        found = checks.interactions(one.drugs, other.drugs, rules_of_drugs)
        assert [alert.summary for alert in found if alert.tier is Tier.INTERRUPTS] == []


def test_what_is_treated_is_something_that_people_have():
    known = {each.code for group in BY_SPECIALTY.values() for each in group}
    assert set(remedies.FOR_ILLNESS) | set(remedies.PROCEDURES) <= known
    assert set(remedies.FOR_LONG) <= {each.code for _, each in LONG_TERM}


def test_nearly_everybody_in_a_bed_has_medicines_results_and_notes(seeded: Seeded):
    beds = int(str(seeded.value("SELECT count(*) FROM encounters.current WHERE bed_id IS NOT NULL")))
    for table in ("orders.medicine", "lab.result", "notes.note"):
        found = f"SELECT count(DISTINCT t.encounter_id) FROM {table} t JOIN encounters.current c USING (hospital_id, encounter_id)"
        assert int(str(seeded.value(found))) > 0.9 * beds, table


def test_every_value_is_judged_as_the_rules_judge_it(seeded: Seeded):
    rows = seeded.rows(
        "SELECT value::float8, flag, low::float8, high::float8, critical_low::float8, critical_high::float8 FROM lab.result"
    )
    flags = [flag for _, flag, *_ in rows]
    for value, flag, low, high, critical_low, critical_high in rows:
        limits = Limits(low=low, high=high, critical_low=critical_low, critical_high=critical_high)  # pyright: ignore[reportArgumentType]
        assert flag == rules.flag_of(float(str(value)), limits)
    judged = [flag for flag in flags if flag is not None]
    assert len(judged) > 0.8 * len(flags)  # no interval is shipped for CRP
    abnormal = sum(flag != "N" for flag in judged) / len(judged)
    critical = sum(flag in ("LL", "HH") for flag in judged) / len(judged)
    assert 0.1 < abnormal < 0.5
    assert critical < 0.02  # of so few patients it may be nobody


def test_every_critical_value_was_told_and_acknowledged(seeded: Seeded):
    critical = seeded.value("SELECT count(*) FROM lab.result WHERE flag IN ('LL', 'HH')")
    closed = seeded.value(
        "SELECT count(*) FROM lab.critical_call k JOIN tasks.task t ON t.hospital_id = k.hospital_id AND t.id = k.task_id"
        " AND t.state = 'done' JOIN lab.result r ON r.id = k.result_id AND r.value = k.read_back WHERE k.closed_at IS NOT NULL"
    )
    assert critical == closed
    assert seeded.value("SELECT count(*) FROM lab.specimen WHERE state <> 'done'") == 0


def test_nothing_happened_before_its_cause_or_after_now(seeded: Seeded):
    wrong = {
        "lab": "SELECT count(*) FROM lab.result r JOIN lab.request q ON q.id = r.request_id JOIN encounters.encounter e ON"
        " e.id = r.encounter_id WHERE NOT (e.started_at <= q.ordered_at AND q.ordered_at < r.taken_at AND r.taken_at <"
        " r.resulted_at AND r.resulted_at < r.technical_at AND r.technical_at < r.clinical_at AND r.clinical_at <= now())",
        "medicines": "SELECT count(*) FROM orders.medicine m JOIN encounters.encounter e ON e.id = m.encounter_id WHERE"
        " m.prescribed_at < e.started_at OR m.prescribed_at > now() OR (e.state = 'finished' AND m.state <> 'stopped')",
        "notes": "SELECT count(*) FROM notes.note n JOIN encounters.encounter e ON e.id = n.encounter_id"
        " WHERE n.created_at < e.started_at OR n.signed_at IS NULL OR n.signed_at <> n.saved_at",
        "history": "SELECT count(*) FROM orders.medicine m WHERE m.state NOT IN ('active') AND NOT EXISTS (SELECT FROM"
        " orders.step s WHERE s.medicine_id = m.id AND s.kind = m.state)",
    }
    assert {name: seeded.value(query) for name, query in wrong.items()} == dict.fromkeys(wrong, 0)


def test_notes_have_the_sections_of_their_kind(seeded: Seeded):
    rows = seeded.rows("SELECT DISTINCT n.kind, r.section FROM notes.note n JOIN notes.revision r ON r.note_id = n.id")
    for kind, section in rows:
        assert section in {each.key for each in SECTIONS[Kind(str(kind))]}
    assert {kind for kind, _ in rows} == {"case_sheet", "progress", "nursing"}


def test_a_diagnosis_that_became_certain_has_both_versions(seeded: Seeded):
    changed = seeded.rows(
        "SELECT p.version, array_agg(c.verification ORDER BY c.version) FROM encounters.problem p"
        " JOIN encounters.problem_change c ON c.problem_id = p.id GROUP BY p.id, p.version"
    )
    assert changed
    assert all(row == (2, ["provisional", "confirmed"]) for row in changed)


def test_doses_were_given_and_few_are_overdue(seeded: Seeded):
    """By and large on time; nothing that may not wait is late, so nobody is called when the network begins."""

    def counted(statement: str) -> dict[str, int]:
        return {str(key): int(str(count)) for key, count in seeded.rows(statement)}

    states = counted("SELECT state, count(*) FROM mar.dose WHERE due_at < now() - interval '3 hours' GROUP BY 1")
    assert states["given"] > 0.9 * (states["given"] + states["not_given"] + states["held"]) > 1000
    timing = counted("SELECT timing, count(*) FROM mar.administration GROUP BY 1")
    assert 0 < timing["late"] < 0.08 * timing["on_time"]
    late = (
        "FROM mar.dose d JOIN orders.medicine m ON m.hospital_id = d.hospital_id AND m.id = d.medicine_id AND m.state = 'active'"
        " WHERE d.state = 'due' AND d.due_at < now() - interval '{}'"
    )
    wards = int(str(seeded.value("SELECT count(*) FROM identity.ward")))
    assert int(str(seeded.value("SELECT count(*) " + late.format("60 minutes")))) < 4 * wards
    assert seeded.value("SELECT count(*) " + late.format("30 minutes") + " AND d.critical <> ''") == 0


def test_doses_are_those_that_the_product_would_make(seeded: Seeded):
    """Nothing is left to make for the worker: each standing order is planned as it is, for the next day."""
    unplanned = (
        "SELECT count(*) FROM orders.medicine m LEFT JOIN mar.plan n ON n.hospital_id = m.hospital_id AND n.medicine_id = m.id"
        " AND n.order_version = m.version AND n.since = m.prescribed_at AND n.made_until > now() + interval '12 hours'"
        " WHERE m.state IN ('active', 'held') AND n.medicine_id IS NULL"
    )
    assert seeded.value(unplanned) == 0
    assert seeded.value("SELECT count(*) FROM mar.administration WHERE happened_at > now()") == 0
