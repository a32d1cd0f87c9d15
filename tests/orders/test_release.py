"""The plain and the modified-release form of a drug are not exchanged unseen: an order by mouth says which is meant."""

import re
import shutil
from pathlib import Path

import pytest

from tests.client import Client
from tests.mar.bedside import bed
from tests.prescribing import confirmed
from wardline.orders import drugs, entry, lines
from wardline.orders.drugs import KnowledgeMissing
from wardline.orders.knowledge import Knowledge
from wardline.orders.release import CHOICES

TABLE = drugs.load()
DRUGS = sorted(drug for rule in TABLE.releases for drug in rule.drugs)


def asked(typed: str) -> list[str]:
    return [question.words for question in entry.read(typed, TABLE).questions if question.field == "form"]


@pytest.mark.parametrize("drug", DRUGS)
def test_which_form_is_asked_with_its_source(drug: str) -> None:
    rule = TABLE.release(drug)
    assert rule is not None
    [words] = asked(f"{drug} 100 mg po bd")
    assert rule.source in words
    assert rule.why in words
    assert asked(f"{drug} 100 mg via peg bd")
    for choice in CHOICES:
        read = entry.read(f"{drug} 100 mg po bd {choice}", TABLE)
        assert (read.questions, read.line.form) == ([], choice)


@pytest.mark.parametrize(
    "typed",
    [
        "MST Continus 10 mg po bd",
        "oxynorm 5 mg po q4h",
        "priadel 400 mg po on",
        "verapamil sr 240 mg po od",
        "morphine sulfate 10 mg ir po q4h prn",
        "oramorph 10 mg po q4h prn",
        "morphine 2.5-5 ml of 10 mg/5 ml po q4h prn",
        "oxycodone 5 mg liquid po q4h prn",
        "morphine 5 mg iv q4h",
        "morphine 10 mg buccal stat",
        "morphine 10 mg sc q4h prn",
        "diltiazem 10 mg iv stat",
        "amoxicillin 500 mg po tds",
    ],
)
def test_a_brand_a_liquid_and_an_injection_say_it_themselves(typed: str) -> None:
    assert asked(typed) == []


@pytest.mark.parametrize(
    "typed",
    ["morphine sulphate 10 mg po bd", "tegretol 200 mg po bd", "adalat 20 mg po bd", "lithium carbonate 400 mg po on"],
)
def test_a_brand_of_several_forms_and_a_salt_do_not(typed: str) -> None:
    assert asked(typed)


@pytest.mark.parametrize("typed", ["morphine 20 mg suspension po bd", "oxycodone 10 mg liquid capsules po bd"])
def test_what_may_be_slow_although_it_is_poured_does_not(typed: str) -> None:
    assert asked(typed)


def test_a_liquid_in_milligrams_stays_plain_where_only_the_dose_is_shown() -> None:
    read = entry.read("morphine 10 mg oral solution q4h prn", TABLE)
    assert (read.questions, read.line.form) == ([], "immediate release")
    again = entry.read(lines.text(read.line), TABLE)
    assert (again.questions, again.line) == ([], read.line)
    injected = entry.read("morphine 10 mg solution for injection sc q4h prn", TABLE)
    assert injected.line.form == ""


def test_a_form_that_nobody_compared_with_its_source_cannot_be_on(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(drugs.FOLDER, folder)
    file = folder / "release.toml"
    file.write_text(re.sub(r"retrieved = .*\n", "", file.read_text(), count=1))
    with pytest.raises(KnowledgeMissing, match="compared"):
        Knowledge(drugs.load(folder), folder)


async def test_nobody_signs_an_order_that_does_not_say_which_form(client: Client) -> None:
    at = await bed(client)
    path = f"{at.path}/medicines"
    preview = await client.post(f"{path}/preview", {"line": "oxycodone 10 mg po bd", "lines": []}, as_="doctor_a")
    assert "Immediate or modified release?" in preview.text
    refused = await confirmed(client, path, {"lines": ["oxycodone 10 mg po bd"]}, as_="doctor_a")
    assert refused.status_code == 422, refused.text
    signed = await confirmed(client, path, {"lines": ["oxycodone 10 mg mr po bd"]}, as_="doctor_a")
    assert signed.status_code in (200, 201), signed.text
    [made] = signed.json()["medicines"]
    assert "modified release" in made["parts"]
