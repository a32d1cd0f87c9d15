"""How old a number may be, how long a stopped drug still acts, and which new rules fire: pure."""

from datetime import timedelta

import pytest
from msgspec import structs

from tests.orders.patients import RULES, WHEN, adult, order
from wardline.orders.checks import check
from wardline.orders.models import Findings, Kind, Measured, Patient


def aged(*, creatinine_days: float = 0, kg_days: float = 0, inpatient: bool = True, years: float = 70) -> Patient:
    """A woman with kidneys that work a little, whose numbers are so old."""
    return structs.replace(
        adult(years=years),
        inpatient=inpatient,
        creatinine_umol_per_l=Measured(180, WHEN - timedelta(days=creatinine_days)),
        weight_kg=Measured(60, WHEN - timedelta(days=kg_days)),
    )


def gaps(findings: Findings) -> list[str]:
    return [gap.words for gap in findings.not_checked if gap.asks]


# --- how old a number may be -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "inpatient", "asked"),
    [(0, True, False), (7, True, False), (8, True, True), (40, True, True), (40, False, False), (91, False, True)],
)
def test_an_old_creatinine_is_used_and_asks(days: float, inpatient: bool, asked: bool):
    findings = check(order("metformin"), aged(creatinine_days=days, inpatient=inpatient), [], RULES)
    assert any(alert.kind is Kind.RENAL for alert in findings.alerts)
    said = [words for words in gaps(findings) if f"creatinine is {days} days old" in words]
    assert bool(said) is asked
    assert findings.asks or not asked


def test_the_words_name_the_number_its_day_and_its_limit():
    findings = check(order("metformin"), aged(creatinine_days=40), [], RULES)
    words = "not checked: kidney, creatinine is 40 days old (180 µmol/l on 17-Oct-2026); it counts for 7 days in a stay"
    assert words in gaps(findings)


@pytest.mark.parametrize(
    ("years", "days", "asked"),
    [(70, 30, False), (70, 31, True), (17, 14, False), (17, 15, True), (0.5, 7, False), (0.5, 8, True)],
)
def test_a_child_is_weighed_more_often(years: float, days: float, asked: bool):
    findings = check(order("paracetamol", dose=500, day=1000), aged(kg_days=days, years=years), [], RULES)
    assert any(f"weight is {days} days old" in words for words in gaps(findings)) is asked


def test_a_clearance_rests_on_both_and_shows_both():
    findings = check(order("enoxaparin"), aged(creatinine_days=9, kg_days=31), [], RULES)
    (words,) = [words for words in gaps(findings) if "kidney" in words]
    assert words.startswith("not checked: kidney, creatinine is 9 days old (180 µmol/l on 17-Nov-2026)")
    assert " and weight is 31 days old (60 kg on 26-Oct-2026)" in words
    (why,) = [alert.why for alert in findings.alerts if alert.kind is Kind.RENAL]
    assert "180 µmol/l on 17-Nov-2026" in why
    assert "60 kg (26-Oct-2026)" in why


def test_without_a_moment_no_number_counts_as_recent():
    patient = structs.replace(aged(), at=None)
    assert any(
        "how old the creatinine is, is not known" in words
        for words in gaps(check(order("metformin"), patient, [], RULES))
    )


# --- what was stopped --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "days", "ordered", "rule"),
    [
        ("phenelzine", 13, "sertraline", "serotonin_reuptake_mao"),
        ("phenelzine", 14, "sertraline", None),
        ("tranylcypromine", 5, "pethidine", "opioid_mao"),
        ("rasagiline", 13, "sumatriptan", "triptan_mao"),
        ("fluoxetine", 34, "phenelzine", "serotonin_reuptake_mao"),
        ("fluoxetine", 35, "phenelzine", None),
        ("vortioxetine", 20, "phenelzine", "serotonin_reuptake_mao"),
        ("sertraline", 13, "tranylcypromine", "serotonin_reuptake_mao"),
        ("sertraline", 15, "tranylcypromine", None),
        ("amitriptyline", 13, "phenelzine", "tricyclic_mao"),
        ("atomoxetine", 13, "phenelzine", "amphetamine_mao"),
        ("atomoxetine", 14, "phenelzine", None),
        ("phenelzine", 13, "atomoxetine", "amphetamine_mao"),
        ("bupropion", 13, "selegiline", "buspirone_bupropion_mao"),
        ("bupropion", 14, "selegiline", None),
        ("isocarboxazid", 13, "bupropion", "buspirone_bupropion_mao"),
        ("linezolid", 0.5, "bupropion", "buspirone_bupropion_mao"),
        ("linezolid", 0.5, "sertraline", "serotonin_reuptake_mao"),
        ("linezolid", 1.5, "sertraline", None),
        ("amiodarone", 60, "sotalol", "qt_qt"),
        ("amiodarone", 99, "tizanidine", "tizanidine_cyp1a2"),
        ("amiodarone", 101, "sotalol", None),
        ("amiodarone", 60, "warfarin", "warfarin_amiodarone"),
        ("clarithromycin", 0.5, "simvastatin", None),
        ("fluvoxamine", 3, "tizanidine", None),
    ],
)
def test_a_stopped_drug_acts_on(ended: str, days: float, ordered: str, rule: str | None):
    other = order(ended, stopped_at=WHEN - timedelta(days=days))
    alerts = check(order(ordered), adult(), [other], RULES).alerts
    assert [alert.rule for alert in alerts] == ([rule] if rule else [])
    for alert in alerts:
        assert "was stopped" in alert.summary
        assert "; " in alert.source


def test_after_a_stop_the_tier_stays_and_the_day_is_said():
    (alert,) = check(
        order("sertraline"), adult(), [order("phenelzine", stopped_at=WHEN - timedelta(days=5))], RULES
    ).alerts
    assert alert.interrupts
    assert "stopped 5 days ago" in alert.summary
    assert "21-Nov-2026" in alert.why


def test_a_stopped_drug_is_neither_a_duplicate_nor_a_dose_nor_a_mark():
    ended = order("paracetamol", dose=1000, day=4000, stopped_at=WHEN - timedelta(hours=1))
    assert check(order("paracetamol", dose=1000, day=4000), adult(), [ended], RULES).alerts == []
    passive = order("fluoxetine", stopped_at=WHEN - timedelta(days=1))
    assert check(order("metoprolol"), adult(), [passive], RULES).alerts == []


def test_without_a_moment_a_washout_is_not_over():
    patient = structs.replace(adult(), at=None)
    other = order("phenelzine", stopped_at=WHEN - timedelta(days=400))
    assert [alert.rule for alert in check(order("sertraline"), patient, [other], RULES).alerts] == [
        "serotonin_reuptake_mao"
    ]


@pytest.mark.parametrize(
    ("drug", "route", "years", "kinds"),
    [
        ("tetracycline", "ocular", 0.01, []),
        ("tetracycline", "oral", 0.01, [Kind.AGE]),
        ("bromfenac", "ocular", 30, []),
        ("diclofenac", "topical", 30, [Kind.PREGNANCY]),
    ],
)
def test_a_caution_counts_by_the_routes_that_its_source_means(drug: str, route: str, years: float, kinds: list[Kind]):
    found = check(order(drug, route=route), adult(years=years, pregnant=years > 12), [], RULES)
    assert [alert.kind for alert in found.alerts if alert.kind in (Kind.AGE, Kind.PREGNANCY)] == kinds


def test_moclobemide_counts_as_long_as_any_mao_inhibitor_until_a_source_says_less():
    ended = order("moclobemide", stopped_at=WHEN - timedelta(days=13))
    rules = [alert.rule for alert in check(order("sertraline"), adult(), [ended], RULES).alerts]
    assert "serotonin_reuptake_mao" in rules
