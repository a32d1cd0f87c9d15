"""Allergies, doses, duplicates, kidney, pregnancy and age, each on its edges; and that nothing unknown reads as safe."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders.patients import RULES, adult, allergic, order
from wardline.orders import drugs, entry, knowledge, lines
from wardline.orders.cards import SUMMARY_LENGTH_MAX, cards
from wardline.orders.checks import EVERYTHING, NO_KNOWLEDGE, check
from wardline.orders.models import Considered, Findings, Kind, Patient, RecordedAllergy, Tier
from wardline.orders.views import age_years


def found(findings: Findings, kind: Kind) -> list[int]:
    """Tiers of the alerts of a kind, strongest first."""
    return [int(alert.tier) for alert in findings.alerts if alert.kind is kind]


def gaps(findings: Findings) -> list[str]:
    return [gap.words for gap in findings.not_checked]


# --- allergies ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("substance", "severity", "ordered", "tiers"),
    [
        ("amoxicillin", "mild", "amoxicillin", [1]),  # the same ingredient, however mild
        ("penicillin", "unknown", "amoxicillin", [1]),  # the class was recorded as a whole
        ("penicillin allergy", "severe", "co-amoxiclav", [1]),
        ("amoxicillin", "severe", "cefalexin", [1]),  # group A
        ("amoxicillin", "moderate", "cefalexin", [2]),
        ("ampicillin", "severe", "cefaclor", [1]),
        ("ceftriaxone", "severe", "cefepime", [1]),  # group B
        ("ceftriaxone", "severe", "ceftazidime", []),  # another group: nothing shared
        ("ceftazidime", "severe", "aztreonam", [1]),  # group C
        ("cefiderocol", "unknown", "aztreonam", [2]),
        ("amoxicillin", "severe", "flucloxacillin", [2]),  # class
        ("amoxicillin", "severe", "cefazolin", [3]),  # cefazolin shares no side chain
        ("amoxicillin", "severe", "meropenem", [3]),
        ("penicillin", "severe", "aztreonam", [3]),
        ("penicillin", "severe", "cefaclor", [1]),  # which penicillin is not recorded: it may be the one
        ("penicillin", "severe", "cefalexin", [1]),
        ("penicillin", "mild", "cefalexin", [2]),
        ("phenytoin", "severe", "fosphenytoin", [2]),
        ("esomeprazole", "mild", "omeprazole", [2]),
        ("escitalopram", "severe", "citalopram", [2]),
        ("prednisone", "severe", "prednisolone", [2]),
        ("oxcarbazepine", "severe", "carbamazepine", [2]),
        ("azathioprine", "severe", "mercaptopurine", [2]),
        ("aspirin", "severe", "mesalazine", [2]),
        ("ibuprofen", "severe", "diclofenac", [2]),
        ("aspirin", "severe", "ibuprofen", [2]),
        ("ibuprofen", "severe", "celecoxib", [3]),
        ("sulfamethoxazole", "severe", "furosemide", []),  # sulfonamide antibacterials predict no other sulfonamide
        ("sulfa drugs", "severe", "hydrochlorothiazide", []),
        ("sulfa drugs", "severe", "co-trimoxazole", [1]),
        ("Tylenol", "mild", "paracetamol", [1]),
        ("PCN", "unknown", "amoxicillin", [1]),
        ("penicillin and codeine", "unknown", "amoxicillin", [1]),  # each as if it had a line of its own
        ("penicillin and codeine", "unknown", "codeine", [1]),
        ("sulfa drugs, Brufen", "severe", "co-trimoxazole", [1]),
        ("codeine and elastoplast", "unknown", "codeine", [1]),  # what is not understood hides nothing beside it
        ("amoxicillin, latex", "mild", "amoxicillin", [1]),
        ("amoxicillin/clavulanic acid", "mild", "co-amoxiclav", [1, 1]),
        ("amoxicillin", "severe", "paracetamol", []),
    ],
)
def test_allergy(substance: str, severity: str, ordered: str, tiers: list[int]):
    patient = allergic(RecordedAllergy(substance, "rash", severity))
    assert found(check(order(ordered), patient, [], RULES), Kind.ALLERGY) == tiers


def test_allergies_that_are_not_recorded_are_not_checked():
    assert "not checked: allergies, they are not recorded for this patient" in gaps(
        check(order("paracetamol"), Patient(age_years=40, female=False), [], RULES)
    )


def test_an_allergy_in_words_that_the_table_does_not_know_is_not_checked():
    findings = check(order("amoxicillin"), allergic(RecordedAllergy("the pink tablets")), [], RULES)
    assert any("the pink tablets" in words for words in gaps(findings))
    assert findings.asks


def test_the_part_of_an_allergy_that_the_table_does_not_know_is_not_checked():
    findings = check(order("paracetamol"), allergic(RecordedAllergy("codeine and elastoplast")), [], RULES)
    assert any("'elastoplast'" in words for words in gaps(findings))


def test_an_allergy_to_food_says_nothing_about_drugs():
    findings = check(order("amoxicillin"), allergic(RecordedAllergy("peanut", category="food")), [], RULES)
    assert found(findings, Kind.ALLERGY) == []
    assert not [words for words in gaps(findings) if "allerg" in words]


@pytest.mark.parametrize("category", ["food", "other", "environment"])
@pytest.mark.parametrize("substance", ["amoxicillin", "penicillin"])
def test_a_drug_is_one_whatever_category_it_was_recorded_in(category: str, substance: str):
    patient = allergic(RecordedAllergy(substance, severity="severe", category=category))
    assert found(check(order("amoxicillin"), patient, [], RULES), Kind.ALLERGY) == [1]


# --- doses -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kg", "dose", "day", "tiers"),
    [
        (60, 1000, 4000, []),
        (60, 1001, 4000, [1]),
        (60, 1000, 4001, [1]),
        (50, 1000, 4000, []),  # from 50 kg
        (49.9, 748, 3742, []),  # 15 and 75 mg/kg
        (49.9, 749, 3742, [1]),
        (49.9, 748, 3743, [1]),
    ],
)
def test_paracetamol_by_weight(kg: float, dose: float, day: float, tiers: list[int]):
    findings = check(order("paracetamol", dose=dose, day=day, route="oral"), adult(kg=kg), [], RULES)
    assert found(findings, Kind.DOSE) == tiers


def test_a_limit_by_weight_shows_the_sum_with_the_weight_and_its_date():
    (alert,) = check(order("paracetamol", dose=1000, day=3000), adult(kg=40), [], RULES).alerts
    assert "15 mg/kg x 40 kg (26-Nov-2026) = 600 mg" in alert.why


def test_units_of_mass_are_compared_and_others_are_not():
    assert found(check(order("paracetamol", unit="g", dose=1, day=4.5), adult(), [], RULES), Kind.DOSE) == [1]
    findings = check(order("paracetamol", unit="ml", dose=20, day=80), adult(), [], RULES)
    assert any("does not compare" in words for words in gaps(findings))


@pytest.mark.parametrize(
    ("years", "day", "tiers"), [(60, 40, []), (60, 41, [1]), (61, 20, []), (61, 21, [1]), (60.99, 40, [])]
)
def test_a_limit_of_an_age(years: float, day: float, tiers: list[int]):
    findings = check(order("citalopram", dose=day, day=day), adult(years=years), [], RULES)
    assert found(findings, Kind.DOSE) == tiers


@pytest.mark.parametrize(("day", "tiers"), [(2400, []), (2401, [2]), (3200, [2]), (3201, [1])])
def test_over_the_usual_maximum_is_beside_the_order_and_over_the_absolute_one_interrupts(day: float, tiers: list[int]):
    findings = check(order("ibuprofen", dose=800, day=day, route="oral"), adult(), [], RULES)
    assert found(findings, Kind.DOSE) == tiers


def test_a_limit_of_another_route_does_not_count():
    assert found(check(order("ibuprofen", day=5000, route="topical"), adult(), [], RULES), Kind.DOSE) == []


def typed(line: str) -> Considered:
    return lines.considered(entry.read(line, RULES.table).line, RULES.table)


@pytest.mark.parametrize(
    ("line", "tiers"),
    [
        ("paracetamol 1 g po prn max 8000 mg", [1]),
        ("paracetamol 1 g po prn max 4000 mg", []),
        ("paracetamol 2 g for 2 days then 500 mg for 5 days po qds", [1]),
        ("paracetamol 2 g nasogastric qds", [1]),
        ("ibuprofen 1 g nasogastric qds", [1]),
        ("ibuprofen 1 g via peg qds", [1]),
    ],
)
def test_bounds_hold_whatever_unit_a_line_is_written_in(line: str, tiers: list[int]):
    findings = check(typed(line), adult(), [], RULES)
    assert found(findings, Kind.DOSE) == tiers
    assert not [words for words in gaps(findings) if words.startswith("not checked: dose")]


@pytest.mark.parametrize(
    "line",
    [
        "paracetamol 1 g po prn max 20 ml",
        "paracetamol 1 g po",
        "paracetamol 1 g for 2 days then 5 ml for 5 days po qds",
        "ibuprofen 400 mg iv tds",  # a limit is held, but for another route
    ],
)
def test_a_bound_that_cannot_be_held_against_the_line_asks(line: str):
    findings = check(typed(line), adult(), [], RULES)
    assert found(findings, Kind.DOSE) == []
    assert any(gap.what == "dose" and gap.asks for gap in findings.not_checked)


def test_a_day_counts_every_order_of_the_same_ingredient():
    oral, infused = typed("paracetamol 1 g po qds"), typed("paracetamol 1000 mg iv qds")
    alerts = check(oral, adult(), [infused], RULES).alerts
    assert [alert.summary for alert in alerts if alert.kind is Kind.DOSE] == [
        "paracetamol 8,000 mg in one day: over the absolute maximum"
    ]
    assert found(check(oral, adult(), [typed("ibuprofen 400 mg po tds")], RULES), Kind.DOSE) == []
    findings = check(oral, adult(), [typed("co-codamol 2 tablets po qds")], RULES)
    assert any("co-codamol, also ordered" in words for words in gaps(findings))


def test_without_a_weight_the_limit_in_plain_numbers_still_holds_and_the_gap_is_said():
    findings = check(order("paracetamol", dose=1500, day=3000), adult(kg=None), [], RULES)
    assert found(findings, Kind.DOSE) == [1]
    assert "not checked: dose for the weight, the weight is not recorded" in gaps(findings)


def test_a_drug_without_a_limit_says_so_but_asks_nothing():
    findings = check(order("ondansetron", dose=4, day=12), adult(), [], RULES)
    assert gaps(findings) == ["not checked: dose, the table has no limit of ondansetron"]
    assert not findings.asks


# --- duplicates --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "doubled"),
    [
        ("paracetamol", "Tylenol", True),
        ("paracetamol", "co-codamol", True),
        ("ibuprofen", "naproxen", True),
        ("omeprazole", "lansoprazole", True),
        ("ramipril", "lisinopril", True),
        ("amlodipine", "bisoprolol", False),
        ("insulin glargine", "insulin aspart", False),
        ("aspirin", "clopidogrel", False),
    ],
)
def test_duplicate_therapy(one: str, other: str, doubled: bool):
    tiers = found(check(order(one), adult(), [order(other)], RULES), Kind.DUPLICATE)
    assert tiers == ([2] if doubled else [])


# --- kidney ------------------------------------------------------------------------------------------------------------
def test_kidney_shows_the_numbers_that_it_rests_on():
    (alert,) = [
        alert
        for alert in check(order("metformin"), adult(creatinine=180), [], RULES).alerts
        if alert.kind is Kind.RENAL
    ]
    assert "eGFR (CKD-EPI 2021) 26 ml/min/1.73 m²" in alert.why
    assert "180 µmol/l on 26-Nov-2026 13:10" in alert.why


@pytest.mark.parametrize(("creatinine", "rule"), [(70, None), (120, "renal_metformin_45"), (180, "renal_metformin_30")])
def test_the_lowest_bound_that_applies_is_shown(creatinine: float, rule: str | None):
    alerts = check(order("metformin"), adult(creatinine=creatinine), [], RULES).alerts
    assert [alert.rule for alert in alerts if alert.kind is Kind.RENAL] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("patient", "missing"),
    [
        (adult(creatinine=None), "creatinine is not recorded"),
        (adult(kg=None), "weight is not recorded"),
        (adult(kg=None, creatinine=None), "creatinine and weight are not recorded"),
        (adult(female=None), "sex is not recorded"),
        (adult(years=12), "the formulas are for adults"),
    ],
)
def test_kidney_without_its_numbers_is_not_checked(patient: Patient, missing: str):
    findings = check(order("enoxaparin"), patient, [], RULES)
    assert f"not checked: kidney, {missing}" in gaps(findings)
    assert findings.asks


# --- pregnancy and age -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("drug", "pregnant", "years", "tiers"),
    [
        ("ramipril", True, 30, [2]),
        ("ramipril", False, 30, []),
        ("valproate", True, 30, [2]),
        ("warfarin", True, 30, [2]),
        ("paracetamol", True, 30, []),
    ],
)
def test_pregnancy(drug: str, pregnant: bool, years: float, tiers: list[int]):
    findings = check(order(drug), adult(years=years, pregnant=pregnant), [], RULES)
    assert found(findings, Kind.PREGNANCY) == tiers


@pytest.mark.parametrize(
    ("years", "female", "asked"),
    [(30, True, True), (30, False, False), (11, True, False), (56, True, False), (30, None, True)],
)
def test_an_unknown_pregnancy_is_asked_about_where_it_can_be(years: float, female: bool | None, asked: bool):
    findings = check(order("valproate"), adult(years=years, female=female, pregnant=None), [], RULES)
    assert any("pregnan" in words for words in gaps(findings)) is asked


@pytest.mark.parametrize(("years", "tiers"), [(11.99, [2]), (12, [])])
def test_age(years: float, tiers: list[int]):
    assert found(check(order("tramadol"), adult(years=years), [], RULES), Kind.AGE) == tiers


@pytest.mark.parametrize(
    ("born_on", "today", "whole"),
    [
        (date(2014, 11, 26), date(2026, 11, 26), 12),  # the birthday itself
        (date(2014, 11, 27), date(2026, 11, 26), 11),
        (date(2025, 11, 26), date(2026, 11, 26), 1),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2026, 11, 26), date(2026, 11, 26), 0),
    ],
)
def test_years_count_from_the_birthday(born_on: date, today: date, whole: int):
    assert int(age_years(born_on, today)) == whole


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 40000))
def test_an_age_grows_every_day(born_on: date, days: int):
    today = born_on + timedelta(days=days)
    assert 0 <= age_years(born_on, today) < age_years(born_on, today + timedelta(days=1))


# --- fails closed ------------------------------------------------------------------------------------------------------
def test_without_the_knowledge_base_nothing_reads_as_safe(tmp_path: Path):
    assert knowledge.current(tmp_path) is None
    findings = check(order("paracetamol"), adult(), [], None)
    assert gaps(findings) == [f"not checked: {EVERYTHING}, {NO_KNOWLEDGE}"]
    assert findings.asks


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_table_that_was_cut_off_is_no_table(tmp_path: Path, part: float):
    shutil.copytree(drugs.FOLDER, tmp_path, dirs_exist_ok=True)
    table = (tmp_path / "drugs.csv").read_bytes()
    start = table.index(b"\n", int(len(table) * part)) + 1
    (tmp_path / "drugs.csv").write_bytes(table[: table.index(b",", start)])  # in the middle of a row
    assert knowledge.current(tmp_path) is None


def test_a_drug_that_the_table_does_not_know_is_not_checked():
    findings = check(Considered(name="dragon's blood", drugs=()), adult(), [order("warfarin")], RULES)
    assert gaps(findings) == [f"""not checked: {EVERYTHING}, the drug table does not know "dragon's blood\""""]


def test_another_order_that_the_table_does_not_know_is_said():
    findings = check(order("warfarin"), adult(), [Considered(name="dragonwort", drugs=())], RULES)
    assert any("'dragonwort', also ordered" in words for words in gaps(findings))
    assert findings.asks


def test_alerts_come_strongest_first_and_each_once():
    others = [order("phenelzine"), order("phenelzine"), order("aspirin")]
    alerts = check(order("sertraline"), adult(), others, RULES).alerts
    assert [alert.tier for alert in alerts] == sorted(alert.tier for alert in alerts)
    assert len(alerts) == len(set(alerts))


# --- the shape of CDS Hooks --------------------------------------------------------------------------------------------
def test_cards_have_the_shape_of_cds_hooks():
    findings = check(order("sertraline"), adult(), [order("phenelzine"), order("atenolol")], RULES)
    made = cards(findings, "sertraline")
    assert [card.indicator for card in made] == ["critical", "info", "info"]
    assert all(0 < len(card.summary) <= SUMMARY_LENGTH_MAX for card in made)
    assert all(card.source.label for card in made)
    assert made[0].override_reasons
    assert len({card.uuid for card in made}) == len(made)
    assert made == cards(findings, "sertraline")


def test_what_was_not_checked_is_a_card_too():
    (card,) = cards(check(order("paracetamol"), adult(), [], None), "paracetamol")
    assert card.indicator == "warning"
    assert card.summary.startswith("not checked: ")
    assert Tier.INTERRUPTS == 1
