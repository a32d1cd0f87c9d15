"""Drugs that a recorded problem speaks against: which codes count, which do not, and what is said when nothing can be compared."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from tests.client import Client
from tests.orders.patients import RULES, WHEN, adult, order
from wardline.orders import cards
from wardline.orders.checks import check
from wardline.orders.models import Alert, Findings, Kind, Patient, RecordedProblem

SINCE = date(2019, 10, 3)


def problem(code: str = "", *, snomed: str = "", **more: object) -> RecordedProblem:
    held = RecordedProblem(display=f"Problem {code or snomed or 'in words'}", icd10=code, snomed=snomed, onset_on=SINCE)
    return structs.replace(held, **more)


def patient(*problems: RecordedProblem, **more: object) -> Patient:
    return structs.replace(adult(years=40), problems=problems, **more)


def found(name: str, who: Patient, *, route: str = "oral") -> list[Alert]:
    alerts = check(order(name, route=route), who, [], RULES).alerts
    return [alert for alert in alerts if alert.kind in {Kind.DISEASE, Kind.PREGNANCY}]


def rules_of(name: str, code: str, *, route: str = "oral") -> list[str]:
    return [alert.rule for alert in found(name, patient(problem(code)), route=route) if alert.kind is Kind.DISEASE]


def gaps(findings: Findings) -> list[str]:
    return [gap.because for gap in findings.not_checked if gap.what == "diseases"]


@pytest.mark.parametrize(
    ("name", "code", "rule"),
    [
        ("propranolol", "J45.909", "beta_blocker_asthma"),
        ("Timolol", "J45.20", "beta_blocker_asthma"),
        ("ibuprofen", "K92.2", "nsaid_bleeding"),
        ("Naproxen", "K25.4", "nsaid_bleeding"),
        ("aspirin", "K92.1", "nsaid_bleeding"),
        ("diclofenac", "I50.22", "nsaid_heart_failure"),
        ("Advil", "N18.4", "nsaid_kidney"),
        ("celecoxib", "N18.6", "nsaid_kidney"),
        ("metformin", "N18.5", "metformin_kidney"),
        ("metoclopramide", "G20", "dopamine_blocker_parkinson"),
        ("Haldol", "G20.A1", "dopamine_blocker_parkinson"),
        ("diltiazem", "I50.20", "rate_limiting_heart_failure"),
        ("verapamil", "I50.9", "rate_limiting_heart_failure"),
        ("sumatriptan", "I25.10", "triptan_vascular"),
        ("rizatriptan", "G45.9", "triptan_vascular"),
        ("Yasmin", "I82.401", "estrogen_thrombosis"),
        ("estradiol", "I26.99", "estrogen_thrombosis"),
        ("Premarin", "C50.911", "estrogen_breast_cancer"),
        ("Zyban", "G40.909", "bupropion_seizure"),
        ("bupropion", "F50.2", "bupropion_seizure"),
        ("naltrexone-bupropion", "F50.01", "bupropion_seizure"),
        ("pioglitazone", "I50.42", "glitazone_heart_failure"),
        ("dronedarone", "I50.23", "dronedarone_heart_failure"),
        ("flecainide", "I21.4", "class_1c_infarction"),
        ("lisinopril", "T78.3XXA", "ace_angioedema"),
        ("Entresto", "D84.1", "ace_angioedema"),
        ("ciprofloxacin", "G70.00", "quinolone_myasthenia"),
        ("rasburicase", "D55.0", "rasburicase_g6pd"),
    ],
)
def test_a_problem_speaks_against_the_drug(name: str, code: str, rule: str):
    assert rule in rules_of(name, code)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bisoprolol", "J45.909"),  # selective: its labels warn and do not forbid
        ("propranolol", "J44.9"),
        ("propranolol", "I10"),
        ("ibuprofen", "K25.7"),  # chronic, neither bleeding nor perforated
        ("ibuprofen", "I85.00"),  # varices that do not bleed
        ("ibuprofen", "N18.30"),  # stage 3
        ("aspirin", "I50.22"),  # low-dose aspirin is for the heart
        ("verapamil", "I50.32"),  # preserved ejection fraction
        ("amlodipine", "I50.20"),
        ("sumatriptan", "G45.4"),  # transient global amnesia is none of the vessels
        ("estradiol", "I83.90"),  # varicose veins
        ("bupropion", "R56.00"),  # febrile convulsions of a child
        ("bupropion", "F50.81"),  # binge eating is not among the contraindications
        ("domperidone", "G20"),
        ("levonorgestrel", "I26.99"),  # a progestogen alone
    ],
)
def test_a_neighbour_does_not(name: str, code: str):
    assert rules_of(name, code) == []


def test_by_a_route_that_hardly_reaches_the_blood_an_nsaid_is_not_stopped():
    assert rules_of("diclofenac", "K92.2", route="topical") == []
    assert rules_of("timolol", "J45.909", route="ocular") == ["beta_blocker_asthma"]


def test_a_resolved_problem_counts_where_its_history_does():
    gone = problem("I26.99", active=False)
    assert [alert.rule for alert in found("estradiol", patient(gone))] == ["estrogen_thrombosis"]
    assert found("ibuprofen", patient(problem("K92.2", active=False))) == []


def test_a_concept_of_snomed_counts_as_its_code_does():
    assert [alert.rule for alert in found("propranolol", patient(problem(snomed="195967001")))] == [
        "beta_blocker_asthma"
    ]


def test_the_card_has_the_problem_its_code_and_day_what_to_do_and_the_source():
    (alert,) = found("propranolol", patient(problem("J45.909", display="Asthma", provisional=True)))
    assert alert.why.startswith("On the problem list: Asthma (J45.909), provisional, since 03-Oct-2019. ")
    card = cards.of_alert(alert, "propranolol")
    assert card.indicator == "warning"
    assert card.summary == "propranolol: non-selective beta blocker in asthma"
    assert "**What to do:**" in card.detail
    assert "BMJ 1996;313:1486" in card.source.label


def test_every_rule_says_all_that_a_card_needs_and_names_codes_only():
    for rule in RULES.diseases:
        assert all((rule.title, rule.why, rule.advice, rule.source, rule.version, rule.retrieved)), rule.key
        assert "http" not in rule.source
        assert rule.tier == 2
        assert all((code.isalnum() and code.isupper()) or code[1:].isdigit() for code in (*rule.icd10, *rule.icd10_not))
        assert all(concept.isdigit() for concept in rule.snomed)
        assert all(code.startswith(rule.icd10) for code in rule.icd10_not), rule.key


# --- what cannot be compared -------------------------------------------------------------------------------------------
def test_an_empty_list_and_problems_without_a_code_are_said_and_ask_nothing():
    empty = check(order("ibuprofen", route="topical"), patient(), [], RULES)
    assert gaps(empty) == []
    empty = check(order("ibuprofen", route="oral"), patient(), [], RULES)
    assert gaps(empty) == ["no problem is recorded for this patient"]
    unread = [problem(display=f"Words {at}") for at in range(5)]
    findings = check(order("ibuprofen", route="oral"), patient(problem("I10"), *unread), [], RULES)
    assert gaps(findings) == ["without an ICD-10 code: Words 0, Words 1, Words 2 and 2 more"]
    assert not [gap for gap in findings.not_checked if gap.what == "diseases" and gap.asks]


def test_a_drug_that_no_rule_speaks_of_says_nothing_of_the_list():
    assert gaps(check(order("paracetamol"), patient(), [], RULES)) == []


# --- pregnant by the problem list --------------------------------------------------------------------------------------
def days_ago(days: int) -> date:
    return WHEN.date() - timedelta(days=days)


@pytest.mark.parametrize("name", ["methotrexate", "ramipril", "losartan", "warfarin", "valproic acid", "isotretinoin"])
def test_an_open_pregnancy_counts_as_pregnant_with_its_problem(name: str):
    who = patient(problem("O24.410", display="Gestational diabetes", onset_on=days_ago(60)), pregnant=None)
    (alert,) = [alert for alert in found(name, who) if alert.kind is Kind.PREGNANCY]
    assert alert.why.startswith("The patient is pregnant, by the problem list: Gestational diabetes (O24.410), since ")
    assert not [gap for gap in check(order(name), who, [], RULES).not_checked if gap.what == "pregnancy"]


@pytest.mark.parametrize(
    ("held", "counts"),
    [
        (problem("Z34.90", onset_on=days_ago(308)), True),
        (problem("Z34.90", onset_on=days_ago(309)), False),  # 44 weeks and a day: the child is born
        (problem("Z33.1", onset_on=days_ago(10)), True),
        (problem("Z33.2", onset_on=days_ago(10)), False),  # a termination
        (problem("O80", onset_on=days_ago(1)), False),  # the birth
        (problem("O24.410", onset_on=days_ago(60), active=False), False),
        (problem("O99.345", onset_on=days_ago(10)), False),
        (problem(snomed="72892002", onset_on=days_ago(60)), True),
    ],
)
def test_which_problems_say_pregnant_now(held: RecordedProblem, counts: bool):
    who = patient(held, pregnant=None)
    assert bool([alert for alert in found("warfarin", who) if alert.kind is Kind.PREGNANCY]) is counts
    asked = [gap for gap in check(order("warfarin"), who, [], RULES).not_checked if gap.what == "pregnancy"]
    assert bool(asked) is not counts


def test_a_man_is_not_pregnant_by_a_wrong_code():
    assert found("warfarin", patient(problem("O24.410", onset_on=days_ago(60)), female=False, pregnant=None)) == []


# --- through the front door --------------------------------------------------------------------------------------------
async def in_bed(client: Client) -> UUID:
    person = await client.world.patient(client.world.a, family=f"Disease {uuid4().hex[:6]}")
    await client.world.stay(client.world.a, person)
    return person


async def test_a_recorded_problem_stands_on_the_card_of_the_preview(client: Client) -> None:
    path = f"/patients/{await in_bed(client)}"
    recorded = await client.post(
        f"{path}/problems",
        {"display": "Asthma", "code_system": "ICD-10-CM", "code": "J45.909", "onset_on": "2019-10-03"},
        as_="doctor_a",
    )
    assert recorded.status_code < 400, recorded.text
    seen = await client.post(f"{path}/medicines/preview", {"line": "propranolol 40 mg po bd"}, as_="doctor_a")
    (line,) = seen.json()["lines"]
    (card,) = [card for card in line["cards"] if "asthma" in card["summary"]]
    assert card["indicator"] == "warning"
    assert "since 03-Oct-2019" in card["detail"]
