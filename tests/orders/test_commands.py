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
