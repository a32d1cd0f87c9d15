import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wardline.cli.checks import checks
from wardline.orders import commands
from wardline.orders.drugs import KnowledgeMissing


def run(tmp_path: Path, content: str | bytes) -> Result:
    file = tmp_path / "pairs.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return CliRunner().invoke(checks, ["interactions", "--pairs", str(file)])


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_each_pair_gets_its_tier_rule_and_source_both_ways(tmp_path: Path):
    result = run(tmp_path, "Phenelzine sulfate,Prozac\nprozac,phenelzine\nTylenol,Coumadin\nomeprazole,amoxicillin\n")
    assert result.exit_code == 0, result.stderr
    assert [(row["tier"], row["rule"]) for row in rows(result)] == [
        ("1", "serotonin_reuptake_mao"),
        ("1", "serotonin_reuptake_mao"),
        ("3", "anticoagulant_paracetamol"),
        ("no rule in this knowledge base", ""),
    ]
    assert "Phansalkar" in rows(result)[0]["source"]
    assert rows(result)[0]["first"] == "Phenelzine sulfate"
    assert "4 pairs: 2 interrupt (tier 1), 1 passive (tier 3), 1 without a rule." in result.stderr


def test_two_names_of_one_ingredient_are_told(tmp_path: Path):
    result = run(
        tmp_path, "Medicine,Interacts with\nparacetamol,acetaminophen\nZocor,simvastatin\nTylenol,co-codamol\n"
    )
    assert result.exit_code == 0, result.stderr
    assert [row["tier"] for row in rows(result)] == ["the same ingredient"] * 3
    assert "3 pairs: 3 of the same ingredient." in result.stderr


def test_an_unknown_name_is_named_and_its_pair_is_not_checked(tmp_path: Path):
    result = run(tmp_path, "aspirin,ibuprofn\nfoozle,warfarin\n")
    assert result.exit_code == 1
    assert [(row["tier"], row["unknown"]) for row in rows(result)] == [
        ("not checked", "ibuprofn"),
        ("not checked", "foozle"),
    ]
    assert "  ibuprofn (did you mean ibuprofen?)\n  foozle" in result.stderr


def test_column_names_blank_lines_marks_and_other_separators_are_read(tmp_path: Path):
    for content in (
        "drug_a,drug_b\n\naspirin,ramipril\n",
        b"\xef\xbb\xbfDrug 1,Drug 2,\r\naspirin , ramipril,,\r\n",
        "aspirin;ramipril\n",
        "aspirin\tramipril\n",
        '"aspirin","ramipril"\n',
        "aspirin|ramipril\n",
        "sep=;\r\naspirin;ramipril\r\n",
        b'\xef\xbb\xbfColumn1;Column2\r\n\r\n;\r\n"aspirin";"ramipril"\r\n',
    ):
        result = run(tmp_path, content)
        assert result.exit_code == 0, result.stderr
        assert [(row["first"], row["second"], row["tier"]) for row in rows(result)] == [("aspirin", "ramipril", "3")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The file is empty"),
        ("\n \n", "The file is empty"),
        ("drug,drug\n", "holds no pairs"),
        ("aspirin\n", "line 1: 1 name, where two are expected"),
        ("aspirin,ramipril\na,b,c\n", "line 2: 3 names, where two are expected"),
        ("aspirin,\n", "line 1: one of the two names is empty"),
        ('aspirin,"ramipril\n', "not readable as CSV"),
        (b"aspirin,\xff\n", "line 1: the file is not UTF-8"),
        (b"aspirin,\0\n", "not text"),
        ("aspirin," + "x" * 121, "longer than 120 characters"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_nothing_is_written(tmp_path: Path, content: str | bytes, said: str):
    result = run(tmp_path, content)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_or_not_given_is_said(tmp_path: Path):
    missing = CliRunner().invoke(checks, ["interactions", "--pairs", str(tmp_path / "none.csv")])
    assert missing.exit_code == 2
    assert "No such file" in missing.stderr
    assert CliRunner().invoke(checks, ["interactions"]).exit_code == 2


def test_without_the_knowledge_base_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def absent() -> None:
        raise KnowledgeMissing("drugs.csv cannot be read")

    monkeypatch.setattr(commands.knowledge, "load", absent)
    result = run(tmp_path, "aspirin,ramipril\n")
    assert result.exit_code == 2
    assert "nothing was checked: drugs.csv cannot be read" in result.stderr
    assert result.stdout == ""


# --- a pharmacist's own list -------------------------------------------------------------------------------------------
# Pairs of the two lists of `clinical.md` by the names that people write: brands, American and international names, salts,
# capitals, forms. Written from memory of the names, not from the table.
OWN_LIST = """
Adderall|Parnate|1;VYVANSE|Nardil|1;Strattera|isocarboxazid|1;Sudafed|selegiline HCl|1;methamphetamine hydrochloride|Matulane|1
Reyataz|Prilosec|1;atazanavir sulfate|Pantoprazole sodium|1;Uloric|Imuran|1;Adenuric|6-mercaptopurine|1
Prozac|Marplan|1;Zoloft 50 mg tablets|Emsam|1;paroxetine HCl|Phenelzine sulfate|1;Effexor XR|tranylcypromine|1;Cymbalta|Azilect|1
Camptosar|Nizoral|1;irinotecan hydrochloride|Vfend|1;CPT-11|Biaxin|1;Meperidine HCl|Nardil|1;Demerol|phenelzine|1
Duragesic|Parnate|1;Ultram|selegiline|1;Robitussin DM|phenelzine|1;Nucynta|Marplan|1;Elavil|Nardil|1;Pamelor|Parnate|1
Cordarone|Haldol|1;Betapace|Thioridazine|1;Tikosyn|methadone HCl|1;quinidine gluconate|pimozide|1;Rozerem|Luvox|1
Rozerem|Cipro|1;Kaletra|rifampin|1;Prezista|St. John's Wort|1;Viracept|Tegretol|1;Zocor|Sporanox|1;Mevacor|Norvir|1
simvastatin 40 mg|Paxlovid|1;Vytorin|clarithromycin|1;Cafergot|Ketek|1;D.H.E. 45|Crixivan|1;Methergine|ketoconazole|1
Zanaflex|ciprofloxacin hydrochloride|1;tizanidine HCl|Zyflo|1;Imitrex|Nardil|1;Maxalt|Manerix|1;sumatriptan succinate|methylene blue|1
Zestril|aspirin|3;Lisinopril|ASA|3;Niaspan|Lipitor|3;Toprol-XL|Paxil|3;metoprolol succinate ER|fluoxetine|3;Feosol|Nexium|3
HCTZ|Vasotec|3;Synthroid|Tums|3;levothyroxine sodium|Crestor|3;chlorthalidone|Motrin|3;atenolol|Cytomel|3
Prograf|prednisone|3;Maalox|Prednisone|3;Fosamax|Caltrate|3;vitamin B-12|omeprazole|3;glyburide|Altace|3
ferrous sulphate|Synthroid|3;Coumadin|Medrol|3;warfarin sodium|Tylenol|3;Warfarin|acetaminophen|3;Milk of Magnesia|ferrous gluconate|3
warfarin|Prevacid|3;omeprazole|itraconazole|3;propranolol HCl|calcium carbonate|3;lisinopril|Cozaar|3;Coumadin|Zocor|3
Prilosec|Valium|3;warfarin|vitamin E|3;zinc sulfate|Levaquin|3;Advil|Lopressor|3;Plavix|Aspirin|3;Yasmin|dexamethasone|3
Tenormin|Adalat|3;prednisolone|Mestinon|3;enalapril maleate|naproxen sodium|3
"""


NAMES_WITH_FORMS = [
    ("Zomig nasal spray", "selegiline transdermal", "1"), ("Juvisync", "ketoconazole tablets", "1"),
    ("Migergot suppository", "nefazodone", "1"), ("iron polysaccharide", "omeprazole delayed release", "3"),
    ("aspirin enteric coated 81 mg", "ramipril", "3"), ("Ondansetron ODT", "paracetamol", "no rule in this knowledge base"),
    ("ziprasidone", "sotalol", "2"),
]  # fmt: skip


def test_forms_and_routes_in_a_name_change_nothing(tmp_path: Path):
    result = run(tmp_path, "".join(f"{first},{second}\n" for first, second, _ in NAMES_WITH_FORMS))
    assert [row["tier"] for row in rows(result)] == [tier for _, _, tier in NAMES_WITH_FORMS]


def own_list() -> list[tuple[str, str, str]]:
    return [
        (first, second, tier)
        for line in OWN_LIST.split("\n")
        for pair in line.split(";")
        if pair
        for first, second, tier in [pair.split("|")]
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_a_list_written_from_memory_gets_the_tiers_of_the_two_papers(tmp_path: Path, turned: bool):
    pairs = own_list()
    lines = [f'"{second}";"{first}"' if turned else f'"{first}";"{second}"' for first, second, _ in pairs]
    result = run(tmp_path, "Drug A;Drug B\n" + "\n".join(lines) + "\n")
    assert result.exit_code == 0, result.stderr
    wrong = [
        (*pair, row["tier"], row["rule"])
        for pair, row in zip(pairs, rows(result), strict=True)
        if row["tier"] != pair[2]
    ]
    assert wrong == []


def test_capitals_accents_and_hyphens_change_nothing(tmp_path: Path):
    result = run(tmp_path, "PHENELZINE SULFATE,Flúoxetine\nethinyl estradiol-levonorgestrel,prednisone\n")
    assert [row["tier"] for row in rows(result)] == ["1", "3"]


def test_more_columns_than_two_are_overlooked_where_the_first_line_names_them(tmp_path: Path):
    result = run(tmp_path, "drug_a,drug_b,expected\naspirin,ramipril,3\n")
    assert [row["tier"] for row in rows(result)] == ["3"]
    assert run(tmp_path, "aspirin,ramipril,3\n").exit_code == 2


def test_a_class_is_checked_member_by_member(tmp_path: Path):
    content = "SSRIs,MAO inhibitors\nTriptan,phenelzine\nopioids,phenelzine\nbeta blockers,SNRI\nPPIs,amoxicillin\n"
    result = run(tmp_path, content)
    assert [(row["tier"], row["rule"]) for row in rows(result)] == [
        ("1", "serotonin_reuptake_mao"),
        ("1", "triptan_mao"),
        ("some members of the class", "opioid_mao"),
        ("3", "beta_blocker_sri"),
        ("no rule in this knowledge base", ""),
    ]
    assert "1 of some members of a class" in result.stderr


def test_every_further_rule_of_a_pair_is_named(tmp_path: Path):
    result = run(
        tmp_path, "digoxin,amiodarone\nwarfarin,amiodarone\nsimvastatin,ritonavir\nco-trimoxazole,methotrexate\n"
    )
    assert [row["rule"] for row in rows(result)] == [
        "digoxin_inhibitor", "warfarin_amiodarone", "statin_cyp3a4", "methotrexate_trimethoprim",
    ]  # fmt: skip


def test_the_same_unknown_name_twice_is_named_once(tmp_path: Path):
    assert rows(run(tmp_path, "foozle,foozle\n"))[0]["unknown"] == "foozle"
