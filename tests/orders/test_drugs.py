"""The drug table: how much it holds, that its codes are codes, that names find their drug, and that its classes agree with
DrugCentral's (DrugCentral 2017, CC BY 4.0), which nobody here wrote.
"""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.orders import drugs
from wardline.orders.drugs import DrugTable, KnowledgeMissing, normal

DRUGCENTRAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "drugs" / "drugcentral-drug-to-class.tsv"
TABLE = drugs.load()


def test_the_table_holds_what_a_hospital_uses():
    assert len(TABLE.drugs) >= 600
    for drug in TABLE.drugs.values():
        assert drug.classes, drug.name
        assert drug.classes <= TABLE.classes.keys(), drug.name
        assert drug.forms, drug.name
        assert drug.routes, drug.name
        assert all(strength and strength[0].isdigit() for form in drug.forms for strength in form.strengths), drug.name


def test_codes_are_codes_and_their_coverage_is_what_the_docs_say():
    for drug in TABLE.drugs.values():
        assert all(re.fullmatch(r"[A-HJ-NP-SV]\d{2}[A-Z]{2}\d{2}", code) for code in drug.atc), drug.name
        assert re.fullmatch(r"\d*", drug.rxnorm), drug.name
    known = [drug.rxnorm for drug in TABLE.drugs.values() if drug.rxnorm]
    assert len(known) == len(set(known)) == 319
    assert sum(bool(drug.atc) for drug in TABLE.drugs.values()) == 1322


def test_tall_man_letters_spell_the_name():
    for drug in TABLE.drugs.values():
        assert drug.tall_man.lower() == drug.name.lower(), drug.name
    assert TABLE.drugs["hydroxyzine"].tall_man == "hydrOXYzine"
    assert TABLE.drugs["hydralazine"].tall_man == "hydrALAZINE"


def test_every_class_has_members():
    assert [key for key in TABLE.classes if not TABLE.members(key)] == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("acetaminophen", "paracetamol"),
        ("Tylenol", "paracetamol"),
        ("MEPERIDINE", "pethidine"),
        ("moclobamide", "moclobemide"),
        ("methylene blue", "methylthioninium chloride"),
        ("St. John's wort", "hypericum"),
        ("Saint John’s Wort", "hypericum"),
        ("fluoxetine hydrochloride 20 mg capsules", "fluoxetine"),
        ("metoprolol succinate ER", "metoprolol"),
        ("ferrous sulphate", "ferrous sulfate"),
        ("frusemide", "furosemide"),
        ("rifampin", "rifampicin"),
        ("cyclosporine", "ciclosporin"),
        ("cephalexin", "cefalexin"),
        ("niacin", "nicotinic acid"),
        ("vitamin B12", "cyanocobalamin"),
        ("aspirin", "aspirin"),
        ("acetylsalicylic acid", "aspirin"),
        ("Bactrim", "co-trimoxazole"),
        ("amoxicillin/clavulanate", "co-amoxiclav"),
        ("noradrenaline", "norepinephrine"),
        ("calcium acetate", "calcium acetate"),
        ("sodium chloride", "sodium chloride"),
        ("ibuprofen and paracetamol", "ibuprofen + paracetamol"),
    ],
)
def test_a_name_finds_its_drug(written: str, name: str):
    found = TABLE.find(written)
    assert found is not None
    assert found.name == name


def test_a_combined_product_is_its_ingredients():
    found = TABLE.find("Kaletra")
    assert found is not None
    assert [drug.name for drug in found.drugs] == ["lopinavir", "ritonavir"]


@pytest.mark.parametrize(
    "written", ["", " ", "foo", "sodium", "hydrochloride", "mg", "ibuprofn", "aspirin and foo", "+", "/"]
)
def test_a_name_that_is_not_known_is_not_guessed(written: str):
    assert TABLE.find(written) is None


def test_what_was_meant_is_offered_but_not_taken():
    assert TABLE.like("ibuprofn") == ["ibuprofen"]
    assert TABLE.like("zzzz") == []


@given(st.text(max_size=200))
def test_no_text_breaks_the_search(written: str):
    found = TABLE.find(written)
    assert found is None or found.drugs
    assert len(TABLE.starting_with(written)) <= drugs.PREFIX_FOUND_MAX


@given(
    st.sampled_from(sorted(TABLE.drugs)), st.sampled_from(["", " sodium", " HCl", " 20 mg", " tablets"]), st.booleans()
)
def test_salt_strength_and_case_do_not_change_what_is_found(name: str, after: str, upper: bool):
    written = (name.upper() if upper else name) + after
    found = TABLE.find(written)
    assert found is not None
    assert name in {found.name, *(drug.name for drug in found.drugs)} or normal(written) in TABLE.names


def test_a_beginning_finds_the_drugs_that_begin_so():
    assert "amoxicillin" in {found.name for found in TABLE.starting_with("amoxi")}
    assert TABLE.starting_with("am") == []


def test_without_its_files_there_is_no_table(tmp_path: Path):
    with pytest.raises(KnowledgeMissing):
        drugs.load(tmp_path)


# --- against DrugCentral -----------------------------------------------------------------------------------------------
# Our class: the classes of DrugCentral that say the same.
SAME = {
    "proton_pump_inhibitor": ["Proton Pump Inhibitor", "Proton Pump Inhibitors"],
    "sulfonylurea": ["Sulfonylurea", "Sulfonylurea Compounds"],
    "anticoagulant": ["Anticoagulants"],
    "beta_blocker": ["beta-Adrenergic Blocker", "Adrenergic beta-Antagonists"],
    "ace_inhibitor": ["Angiotensin Converting Enzyme Inhibitor", "Angiotensin-Converting Enzyme Inhibitors"],
    "arb": ["Angiotensin 2 Receptor Blocker", "Angiotensin 2 Type 1 Receptor Antagonists"],
    "statin": ["HMG-CoA Reductase Inhibitor", "Hydroxymethylglutaryl-CoA Reductase Inhibitors"],
    "bisphosphonate": ["Bisphosphonate", "Diphosphonates"],
    "penicillin": ["Penicillins", "Penicillin-class Antibacterial"],
    "cephalosporin": ["Cephalosporin Antibacterial", "Cephalosporins"],
    "carbapenem": ["Carbapenems", "Penem Antibacterial"],
    "quinolone": ["Quinolone Antimicrobial", "Fluoroquinolones"],
    "hiv_protease_inhibitor": ["HIV Protease Inhibitors"],
    "triptan": ["Serotonin-1b and Serotonin-1d Receptor Agonist"],
    "ergot_alkaloid": ["Ergotamine Derivative", "Ergot Derivative", "Ergot Alkaloids"],
    "benzodiazepine": ["Benzodiazepine", "Benzodiazepines"],
    "mao_inhibitor": ["Monoamine Oxidase Inhibitor", "Monoamine Oxidase Inhibitors"],
    "thiazide": ["Thiazide Diuretic"],
    "corticosteroid": ["Corticosteroid"],
    "nsaid": ["Nonsteroidal Anti-inflammatory Drug"],
    "ssri": ["Serotonin Reuptake Inhibitor"],
    "snri": ["Serotonin and Norepinephrine Reuptake Inhibitor"],
    "tricyclic": ["Tricyclic Antidepressant"],
    "macrolide": ["Macrolide Antimicrobial"],
}
# DrugCentral has them in the class, we do not, for this reason.
OTHERWISE = {
    "macrolide": {"fidaxomicin": "not absorbed; no macrolide rule speaks of it"},
    "ssri": {
        "nefazodone": "named beside the SSRIs in the rules",
        "trazodone": "named beside the SSRIs in the rules",
    },
    "nsaid": {"magnesium salicylate": "a salicylate here, not both"},
}
ALMOST_ALL = 0.9


@pytest.fixture(scope="module")
def drugcentral() -> dict[str, set[str]]:
    """Names by class."""
    if not DRUGCENTRAL.exists():
        assert not os.environ.get("WARDLINE_REQUIRE_SHARED"), f"{DRUGCENTRAL} is required and absent"
        pytest.skip(f"{DRUGCENTRAL} is not there")
    classes: defaultdict[str, set[str]] = defaultdict(set)
    with DRUGCENTRAL.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            classes[row["class_name"]].add(row["drugbank_name"])
    return classes


def found_in(table: DrugTable, names: set[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        found = table.find(name)
        if found is not None:
            yield name, found.drugs[0].name


@pytest.mark.shared
@pytest.mark.parametrize("key", sorted(SAME))
def test_our_class_holds_everything_that_drugcentral_has_in_it(key: str, drugcentral: dict[str, set[str]]):
    theirs = set().union(*(drugcentral[name] for name in SAME[key]))
    assert theirs, "DrugCentral has no such class"
    known = dict(found_in(TABLE, theirs))
    assert len(known) >= ALMOST_ALL * len(theirs), f"not known: {sorted(theirs - known.keys())}"
    outside = set(known.values()) - TABLE.members(key) - OTHERWISE.get(key, {}).keys()
    assert not outside, f"not in {key}: {sorted(outside)}"


@pytest.mark.parametrize(
    ("written", "name"),
    [(brand, name) for name, brands in {
        "moclobemide": "Aurorix", "selegiline": "deprenyl", "procarbazine": "Natulan", "amitriptyline": "Tryptizol",
        "methylthioninium chloride": "Provayblue", "mercaptopurine": "Puri-Nethol; Purixan; Xaluprine",
        "azathioprine": "Azasan", "irinotecan": "Onivyde; liposomal irinotecan", "rifampicin": "Rimactane",
        "rifampicin-isoniazid-pyrazinamide": "Rifater", "rifampicin-isoniazid": "Rifinah",
        "carbamazepine": "Carbatrol; Equetro", "ergotamine-cyclizine-caffeine": "Migril", "dextromethorphan": "Delsym",
        "tramadol": "Zamadol", "duloxetine": "Yentreve", "methylphenidate": "Medikinet; Equasym",
        "amfetamine": "Mydayis", "dexamfetamine": "Zenzedi", "pantoprazole": "Pantoloc",
        "omeprazole-sodium bicarbonate": "Zegerid", "pentamidine isethionate": "Pentam; Nebupent",
        "procainamide": "Pronestyl", "cisapride": "Propulsid", "sotalol": "Sotacor", "erythromycin": "E.E.S.; Ery-Tab",
        "levomethadone": "levomethadone", "aspirin-dipyridamole": "Aggrenox", "aspirin": "Ecotrin",
        "levothyroxine": "Levoxyl; Unithroid", "prednisolone": "Orapred", "calcium carbonate": "Os-Cal",
        "ferrous sulfate": "Slow Fe", "nicotinic acid": "Niacor", "cyanocobalamin": "vitamin B-12",
        "tocopherol": "tocofersolan",
    }.items() for brand in brands.split("; ")],
)  # fmt: skip
def test_brands_of_other_countries_are_known(written: str, name: str):
    found = TABLE.find(written)
    assert found is not None
    assert found.name == name


def test_a_number_that_belongs_to_the_name_is_no_strength():
    for written in ("interferon alfa-2b sodium", "interferon alfa-2b 20 mg", "interferon alfa-2b tablets"):
        found = TABLE.find(written)
        assert found is not None, written
        assert found.name == "interferon alfa-2b"
