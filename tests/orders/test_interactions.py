"""The pairs of `clinical.md`: every member of every tier-1 pair, both ways; no pair of tier 3 interrupts."""

import re
import shutil
from itertools import product
from pathlib import Path

import pytest

from tests.orders.patients import RULES, adult, order
from wardline.orders import drugs
from wardline.orders.checks import check
from wardline.orders.drugs import KnowledgeMissing
from wardline.orders.knowledge import Knowledge, PairRule
from wardline.orders.models import Kind

OF_TIER = {tier: [rule for rule in RULES.pairs if rule.tier == tier] for tier in (1, 2, 3)}

# What the ONC articles name, by the names they use. Our table may hold more; it must hold these.
NAMED = {
    "amphetamine_mao": (
        "amphetamine dextroamphetamine lisdexamfetamine methamphetamine atomoxetine pseudoephedrine",
        "tranylcypromine phenelzine isocarboxazid procarbazine selegiline",
    ),
    "atazanavir_ppi": ("atazanavir", "omeprazole esomeprazole lansoprazole dexlansoprazole pantoprazole rabeprazole"),
    "febuxostat_thiopurine": ("febuxostat", "azathioprine mercaptopurine"),
    "serotonin_reuptake_mao": (
        "fluoxetine fluvoxamine paroxetine sertraline citalopram escitalopram venlafaxine desvenlafaxine duloxetine"
        " milnacipran nefazodone",
        "tranylcypromine phenelzine isocarboxazid procarbazine selegiline",
    ),
    "irinotecan_cyp3a4": (
        "irinotecan",
        "ketoconazole itraconazole voriconazole posaconazole clarithromycin telithromycin nefazodone ritonavir indinavir"
        " nelfinavir saquinavir atazanavir cobicistat",
    ),
    "opioid_mao": (
        "meperidine methadone tapentadol fentanyl tramadol dextromethorphan",
        "tranylcypromine phenelzine isocarboxazid procarbazine selegiline",
    ),
    "tricyclic_mao": (
        "amitriptyline amoxapine clomipramine desipramine doxepin imipramine nortriptyline protriptyline trimipramine",
        "tranylcypromine phenelzine isocarboxazid procarbazine selegiline",
    ),
    "qt_qt": (
        "amiodarone sotalol dofetilide ibutilide quinidine procainamide disopyramide",
        "haloperidol droperidol methadone pimozide thioridazine chlorpromazine erythromycin clarithromycin pentamidine",
    ),
    "ramelteon_cyp1a2": ("ramelteon", "fluvoxamine amiodarone ticlopidine ciprofloxacin"),
    "protease_inhibitor_inducer": (
        "atazanavir darunavir fosamprenavir indinavir lopinavir nelfinavir ritonavir saquinavir tipranavir",
        "rifampin rifabutin rifapentine carbamazepine hypericum bosentan",
    ),
    "statin_cyp3a4": (
        "simvastatin lovastatin",
        "ketoconazole itraconazole clarithromycin ritonavir atazanavir nefazodone",
    ),
    "ergot_cyp3a4": (
        "ergotamine dihydroergotamine ergonovine methylergonovine",
        "ketoconazole itraconazole clarithromycin ritonavir indinavir nefazodone",
    ),
    "tizanidine_cyp1a2": (
        "tizanidine",
        "ciprofloxacin fluvoxamine mexiletine propafenone zileuton amiodarone ticlopidine",
    ),
    "tranylcypromine_procarbazine": ("tranylcypromine", "procarbazine"),
    "triptan_mao": (
        "sumatriptan rizatriptan zolmitriptan naratriptan eletriptan almotriptan frovatriptan",
        "tranylcypromine phenelzine isocarboxazid procarbazine selegiline moclobemide",
    ),
}


def fired(one: str, other: str) -> list[tuple[str, int]]:
    """Rules of a check of one order beside another."""
    alerts = check(order(one), adult(), [order(other)], RULES).alerts
    return [(alert.rule, int(alert.tier)) for alert in alerts if alert.kind is Kind.INTERACTION]


def members(rule: PairRule) -> list[tuple[str, str]]:
    left, right = RULES.sides(rule)
    return [(one, other) for one, other in product(sorted(left), sorted(right)) if one != other]


def test_there_are_the_fifteen_pairs_and_those_of_the_passive_list():
    assert [rule.number for rule in OF_TIER[1]] == list(range(1, 16))
    assert {rule.key for rule in OF_TIER[1]} == NAMED.keys()
    assert len(OF_TIER[3]) == 32


@pytest.mark.parametrize("rule", OF_TIER[1], ids=lambda rule: rule.key)
def test_a_tier_1_pair_interrupts_for_every_pair_of_members_both_ways(rule: PairRule):
    found = members(rule)
    assert found
    for one, other in found:
        assert (rule.key, 1) in fired(one, other), (one, other)
        assert (rule.key, 1) in fired(other, one), (other, one)


@pytest.mark.parametrize("rule", OF_TIER[3], ids=lambda rule: rule.key)
def test_no_passive_pair_interrupts(rule: PairRule):
    found = members(rule)
    assert found
    for one, other in found:
        rules = fired(one, other)
        assert (rule.key, 3) in rules, (one, other)
        assert all(tier > 1 for _, tier in rules), (one, other, rules)
        assert rules == fired(other, one)


@pytest.mark.parametrize("rule", OF_TIER[3], ids=lambda rule: rule.key)
def test_a_passive_pair_is_no_louder_than_a_mark(rule: PairRule):
    """No rule of tier 1 or 2, and no duplicate, speaks of a pair of the passive list."""
    for one, other in members(rule):
        for first, second in ((one, other), (other, one)):
            alerts = check(order(first), adult(), [order(second)], RULES).alerts
            louder = [alert.rule for alert in alerts if alert.tier < 3]
            assert set(louder) <= DOUBLE_AND_PASSIVE.get(rule.key, set()), (first, second, louder)


# Pairs of the passive list whose members may be two of one class at once: the duplicate is another question.
DOUBLE_AND_PASSIVE: dict[str, set[str]] = {}

# What every ward meets: the pair, its rule; tier 2, both ways.
BESIDE = [
    ("warfarin", "ibuprofen", "anticoagulant_nsaid"), ("warfarin", "aspirin", "anticoagulant_nsaid"),
    ("apixaban", "naproxen", "anticoagulant_nsaid"), ("warfarin", "amiodarone", "warfarin_amiodarone"),
    ("Coumadin", "Flagyl", "warfarin_metronidazole"), ("warfarin", "co-trimoxazole", "warfarin_cotrimoxazole"),
    ("warfarin", "fluconazole", "warfarin_azole"), ("methotrexate", "trimethoprim", "methotrexate_trimethoprim"),
    ("ramipril", "spironolactone", "ras_potassium"), ("losartan", "potassium chloride", "ras_potassium"),
    ("lithium", "ibuprofen", "lithium_kidney"), ("lithium carbonate", "bendroflumethiazide", "lithium_kidney"),
    ("lithium", "lisinopril", "lithium_kidney"), ("clarithromycin", "colchicine", "colchicine_inhibitor"),
    ("digoxin", "amiodarone", "digoxin_inhibitor"), ("digoxin", "verapamil", "digoxin_inhibitor"),
    ("digoxin", "clarithromycin", "digoxin_inhibitor"), ("morphine", "lorazepam", "opioid_benzodiazepine"),
    ("warfarin", "enoxaparin", "two_anticoagulants"), ("apixaban", "rivaroxaban", "two_anticoagulants"),
    ("sildenafil", "glyceryl trinitrate", "nitrate_pde5"), ("Viagra", "isosorbide mononitrate", "nitrate_pde5"),
    ("clopidogrel", "omeprazole", "clopidogrel_omeprazole"), ("clopidogrel", "Nexium", "clopidogrel_omeprazole"),
    ("sodium valproate", "meropenem", "valproate_carbapenem"), ("azathioprine", "allopurinol", "thiopurine_allopurinol"),
    ("bisoprolol", "verapamil", "beta_blocker_verapamil"), ("metoprolol", "diltiazem", "beta_blocker_verapamil"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "rule"), BESIDE)
def test_what_a_ward_meets_stands_beside_the_order(one: str, other: str, rule: str):
    assert (rule, 2) in fired(one, other)
    assert fired(one, other) == fired(other, one)


@pytest.mark.parametrize("name", ["dextromethorphan", "Robitussin DM", "Lomotil", "diphenoxylate", "loperamide"])
def test_what_is_no_opioid_analgesic_stands_freely_beside_a_benzodiazepine(name: str):
    assert fired(name, "lorazepam") == []
    assert fired("lorazepam", name) == []


def test_two_anticoagulants_are_said_once():
    alerts = check(order("warfarin"), adult(), [order("enoxaparin")], RULES).alerts
    assert [alert.rule for alert in alerts] == ["two_anticoagulants"]


@pytest.mark.parametrize("drug", ["conivaptan", "ribociclib", "tucatinib", "ceritinib", "cobicistat", "nirmatrelvir"])
def test_strong_inhibitors_of_later_years_are_members(drug: str):
    assert ("statin_cyp3a4", 1) in fired(drug, "simvastatin")


@pytest.mark.parametrize("key", sorted(NAMED))
def test_the_names_of_the_article_fire(key: str):
    left, right = (side.split() for side in NAMED[key])
    for one, other in product(left, right):
        assert (key, 1) in fired(one, other), (one, other)


def test_a_combined_product_is_checked_by_each_ingredient():
    assert ("protease_inhibitor_inducer", 1) in fired("Kaletra", "rifampicin")
    assert ("statin_cyp3a4", 1) in fired("Vytorin", "Paxlovid")


def test_a_drug_does_not_interact_with_itself_nor_a_product_with_its_own_parts():
    assert fired("amiodarone", "amiodarone") == []
    assert check(order("Kaletra"), adult(), [], RULES).alerts == []


@pytest.mark.parametrize(
    ("one", "other"), [("paracetamol", "amoxicillin"), ("morphine", "phenelzine"), ("pravastatin", "clarithromycin")]
)
def test_what_no_rule_names_stays_quiet(one: str, other: str):
    assert fired(one, other) == []


def test_every_rule_says_what_why_what_to_do_and_where_it_is_from():
    for rule in RULES.pairs:
        assert all((rule.title, rule.why, rule.advice, rule.source, rule.version)), rule.key


@pytest.mark.parametrize(
    ("one", "route", "other", "rule", "tier"),
    [
        ("ketoconazole", "topical", "simvastatin", "statin_cyp3a4", 3),
        ("ketoconazole", "oral", "simvastatin", "statin_cyp3a4", 1),
        ("ketoconazole", "", "simvastatin", "statin_cyp3a4", 1),
        ("erythromycin", "ocular", "amiodarone", "qt_qt", 3),
        ("ciprofloxacin", "aural", "tizanidine", "tizanidine_cyp1a2", 3),
        ("diclofenac", "topical", "warfarin", "anticoagulant_nsaid", 3),
        ("timolol", "ocular", "verapamil", "beta_blocker_verapamil", 2),
        ("miconazole", "topical", "warfarin", "warfarin_azole", 2),
        ("glyceryl trinitrate", "topical", "sildenafil", "nitrate_pde5", 2),
        ("fentanyl", "transdermal", "phenelzine", "opioid_mao", 1),
        ("sumatriptan", "nasal", "phenelzine", "triptan_mao", 1),
    ],
)
def test_what_hardly_reaches_the_blood_interrupts_nobody(one: str, route: str, other: str, rule: str, tier: int):
    here, beside = order(one, route=route), order(other)
    for first, second in ((here, beside), (beside, here)):
        alerts = check(first, adult(), [second], RULES).alerts
        assert [int(alert.tier) for alert in alerts if alert.rule == rule] == [tier]


@pytest.mark.parametrize(("one", "fires"), [("aspirin", False), ("sulindac", False), ("ibuprofen", True)])
def test_lithium_is_held_back_by_most_but_not_all_of_a_class(one: str, fires: bool):
    assert (("lithium_kidney", 2) in fired("lithium", one)) is fires


def test_what_was_not_compared_with_its_source_is_off():
    assert {rule.key for rule in RULES.disabled} == {"methotrexate_nsaid", "qt_high_known"}
    assert all(rule.retrieved is None for rule in RULES.disabled)
    assert fired("methotrexate", "ibuprofen") == []


def test_a_rule_that_nobody_compared_cannot_be_on(tmp_path: Path):
    folder = tmp_path / "knowledge"
    shutil.copytree(drugs.FOLDER, folder)
    renal = folder / "renal.toml"
    renal.write_text(re.sub(r"retrieved = .*\n", "", renal.read_text(), count=1))
    with pytest.raises(KnowledgeMissing, match="compared"):
        Knowledge(drugs.load(folder), folder)


@pytest.mark.parametrize("name", ["6MP", "escitalopram oxalate", "Rifamate", "PCE", "mevinolin", "Ortho-Novum"])
def test_names_that_an_audit_missed(name: str):
    assert RULES.table.find(name) is not None
