"""Doses that are counted, depots, and routes by which something kills: what is read, and what is asked instead."""

import pytest

from tests.orders.typed import TABLE, read_as
from wardline.orders import entry


def asked(typed: str) -> dict[str, tuple[str, ...]]:
    return {question.field: question.choices for question in entry.read(typed, TABLE).questions}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        # of one strength only, or with the strength said
        ("paracetamol 2 tablets po qds", "2 tablets - oral - 4 times a day"),
        ("salbutamol 2 puffs qds", "2 puffs - inhaled - 4 times a day"),
        ("paracetamol 2 tabs of 500 mg po qds", "1,000 mg - oral - 4 times a day"),
        ("digoxin 1 tab od of 250 micrograms", "250 micrograms - oral - once a day"),
        ("fentanyl 1 patch every 3 days 25 micrograms/h", "25 micrograms - transdermal - every 3 days"),
        # parts of a tablet
        ("furosemide ½ tab od of 40 mg", "20 mg - oral - once a day"),
        ("prednisolone 1½ tabs od of 5 mg", "7.5 mg - oral - once a day"),
        ("bisoprolol half a tablet od of 2.5 mg", "1.25 mg - oral - once a day"),
        ("bisoprolol 1/2 tab od of 2.5 mg", "1.25 mg - oral - once a day"),
        ("co-codamol 30/500 half a tablet qds", "0.5 tablets - of 30/500 - oral - 4 times a day"),
        # by the routes that a count allows
        ("atropine 1% 1 drop sl bd", "1 drops - of 1 % - sublingual - twice a day"),
        ("misoprostol 2 tabs pv stat", "2 tablets - vaginal - once only"),
        # of weeks, not for weeks
        ("zuclopenthixol decanoate 200mg IM 2/52 every 14 days", "200 mg - intramuscular - every 14 days"),
        ("haloperidol decanoate 50 mg im every 2 weeks for 2 weeks", "50 mg - intramuscular - every 14 days - for 14 days"),
        ("haloperidol decanoate 50 mg im every 2 weeks 2/52", "50 mg - intramuscular - every 14 days"),
        ("medroxyprogesterone 150 mg im every 12 weeks", "150 mg - intramuscular - every 84 days"),
        ("medroxyprogesterone 10 mg po od", "10 mg - oral - once a day"),
        ("aripiprazole 9.75 mg im once only", "9.75 mg - intramuscular - once only"),
        ("testosterone undecanoate 40 mg po bd", "40 mg - oral - twice a day"),
        ("haloperidol 5 mg im od", "5 mg - intramuscular - once a day"),
        # as it hangs, or with what it is put into
        ("potassium chloride 0.3% 1 litre iv over 8 h stat", "1 litres - of 0.3 % - intravenous - once only - over 480 minutes"),
        ("KCl 20 mmol iv in 100 ml saline over 2 h stat",
         "20 mmol - intravenous - once only - in 100 ml sodium chloride 0.9 % - over 120 minutes"),
        ("potassium chloride 20 mmol in 500 ml sodium chloride 0.9% iv over 4 hours stat",
         "20 mmol - intravenous - once only - in 500 ml sodium chloride 0.9 % - over 240 minutes"),
        ("potassium chloride 40 mmol in 1 litre normal saline iv stat",
         "40 mmol - intravenous - once only - in 1 litres sodium chloride 0.9 %"),
        ("KCl 40 mmol in 100 ml saline iv stat", "40 mmol - intravenous - once only - in 100 ml sodium chloride 0.9 %"),
        ("potassium chloride 10 ml of 2 mmol/ml in 500 ml saline iv stat",
         "10 ml - of 2 mmol/ml - intravenous - once only - in 500 ml sodium chloride 0.9 %"),
        ("potassium chloride 1.5 g in 500 ml saline iv stat", "1.5 g - intravenous - once only - in 500 ml sodium chloride 0.9 %"),
        ("KCl 40 mmol in 500 ml saline at 50 ml/h iv",
         "50 ml/h - of 40 mmol/500 ml - intravenous - in 500 ml sodium chloride 0.9 %"),
        ("potassium chloride 20 mmol po bd", "20 mmol - oral - twice a day"),
        # as they come out of a letter or a list
        ("1. Amlodipine 5mg od.", "5 mg - oral - once a day"),
        ("amlodipine; 5mg; od", "5 mg - oral - once a day"),
        ("Amlodipine, 5 mg, once daily.", "5 mg - oral - once a day"),
        ("amoxicillin 500 mg. po tds.", "500 mg - oral - 3 times a day"),
        ("ramipril 2·5 mg od;", "2.5 mg - oral - once a day"),
        ("amoxicillin 250 mg per 5 ml 10 ml po tds", "10 ml - of 250 mg/5 ml - oral - 3 times a day"),
        ("Bicillin L-A 1.2 million units im stat", "1,200,000 units - intramuscular - once only"),
    ],
)  # fmt: skip
def test_what_is_counted_or_clear_is_read(typed: str, words: str) -> None:
    assert read_as(typed) == words


@pytest.mark.parametrize(
    ("typed", "field", "choices"),
    [
        # an eye is not a mouth, and nobody swallows a puff
        ("prednisolone 1% 1 drop qds", "route", ("ocular", "aural", "nasal")),
        ("prednisolone 2 puffs bd", "route", ("inhaled", "nasal", "sublingual")),
        ("prednisolone 1 application bd", "route", ("topical", "ocular", "aural")),
        ("amlodipine 2 sprays od", "route", ("nasal", "sublingual", "inhaled")),
        ("amlodipine 2 tablets iv od", "route", ()),
        ("prednisolone 2 puffs po bd", "route", ()),
        # one of which strength
        ("digoxin 1 tab od", "amount", ("of 62.5 micrograms", "of 125 micrograms", "of 250 micrograms")),
        ("fentanyl 1 patch every 3 days", "amount", ("12 micrograms/h", "25 micrograms/h", "50 micrograms/h")),
        ("warfarin 1½ tabs od", "amount", ("of 500 micrograms", "of 1 mg", "of 3 mg", "of 5 mg")),
        ("fluticasone 2 puffs bd", "amount", ("of 50 micrograms", "of 125 micrograms", "of 250 micrograms")),
        ("furosemide 40 mg ½ tab od", "amount", ("20 mg",)),
        # 5½ tablets, or half a tablet of 5 mg
        ("bisoprolol 5 1/2 tab od", "rest", ()),
        ("furosemide 20 mg 1-0-½", "rest", ()),
        # one suppository is not one gram
        ("paracetamol supp 1 pr qds", "amount", ("1 g",)),
        ("mesalazine enema 1 pr od", "amount", ("1 g",)),
        # depots
        ("zuclopenthixol decanoate 200mg IM 2/52", "often", ("every 14 days",)),
        ("risperidone 25 mg im 2/52", "often", ("every 14 days",)),
        ("haloperidol decanoate 100 mg im", "often", ("every 14 days", "every 28 days")),
        ("haloperidol decanoate 100 mg im od 4/52", "often", ()),
        ("flupentixol 40 mg im prn q4h", "often", ()),
        ("haloperidol decanoate 50 mg im every 3 days for 3 days", "often", ()),
        ("medroxyprogesterone 150 mg im od", "often", ()),
        ("medroxyprogesterone acetate 150 mg im", "often", ("once only",)),
        ("aripiprazole 400 mg im od", "often", ()),
        ("leuprorelin 11.25 mg im od", "often", ()),
        # routes that kill
        ("Mixtard 30 10 units iv stat", "route", ("subcutaneous",)),
        ("Insulatard 10 units iv stat", "route", ("subcutaneous",)),
        ("Lantus 10 units iv stat", "route", ("subcutaneous",)),
        ("procaine penicillin 600,000 units iv stat", "route", ("intramuscular",)),
        ("Clopixol 200 mg iv stat", "route", ("intramuscular", "subcutaneous")),
        ("potassium chloride 20 mmol iv push stat", "diluent", ()),
        ("KCl 10 mmol/h iv", "diluent", ()),
        ("KCl 20 mmol iv in 10 ml saline stat", "diluent", ()),
        ("potassium chloride 20 mmol in 5 ml iv stat", "diluent", ()),
        ("potassium chloride 250 ml of 2 mmol/ml iv stat", "diluent", ()),
        ("potassium chloride 5 ml/h of 2 mmol/ml iv", "diluent", ()),
        ("potassium chloride 15% 10 ml iv stat", "diluent", ()),
        ("KCl 40 mmol in 1 L iv over 8 h stat", "diluent", ()),
        ("KCl 20 mmol 0.9% iv stat", "diluent", ()),
        ("KCl 20 mmol of 0% in 5 ml iv stat", "diluent", ()),
        ("KCl 41 mmol in 100 ml saline iv stat", "diluent", ()),
        ("KCl 0.5 mmol/kg in 100 ml saline iv stat", "diluent", ()),
        ("KCl 10 mmol/h in 500 ml saline iv", "diluent", ()),
        ("potassium chloride 1 litre iv over 8 h stat", "diluent", ()),
        # short names of two drugs, and Bicillin C-R, which is another than L-A
        ("DXM 4 mg po bd", "name", ("dexamethasone", "dextromethorphan")),
        ("HCT 25 mg po od", "name", ("hydrochlorothiazide", "hydrocortisone")),
        ("Bicillin C-R 1.2 million units im stat", "name", ("benzathine benzylpenicillin", "procaine benzylpenicillin")),
    ],
)  # fmt: skip
def test_what_may_kill_is_asked(typed: str, field: str, choices: tuple[str, ...]) -> None:
    assert asked(typed)[field] == choices


def test_hours_are_no_strength_of_a_product() -> None:
    assert entry.read("tazocin 4.5g iv tds 8/24", TABLE).line.strength == ""


def test_a_route_that_the_table_does_not_know_is_said() -> None:
    read = entry.read("enoxaparin 40 mg po od", TABLE)
    assert read.complete
    assert "the route is oral; the drug table knows only subcutaneous" in read.assumptions
    assert not any("table knows" in words for words in entry.read("enoxaparin 40 mg sc od", TABLE).assumptions)
    assert not any("table knows" in words for words in entry.read("furosemide 40 mg ng od", TABLE).assumptions)


def test_a_route_that_is_asked_about_is_not_said_as_well() -> None:
    read = entry.read("salbutamol 2 puffs po bd", TABLE)
    assert [question.field for question in read.questions] == ["route"]
    assert not any("table knows" in words for words in read.assumptions)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("isophane insulin 10 units iv stat", "Isophane insulin is given subcutaneous. A suspension"),
        (
            "risperidone 25 mg iv stat",
            "A depot of risperidone is given intramuscular or subcutaneous. It acts for weeks",
        ),
        (
            "haloperidol decanoate 50 mg iv stat",
            "Haloperidol decanoate is given intramuscular or subcutaneous. A depot",
        ),
        ("KCl 20 mmol iv in 10 ml saline stat", "In more fluid? Each ml would hold 2 mmol"),
        ("digoxin 1 tab od", "Which strength of tablet?"),
    ],
)
def test_the_words_of_a_question(typed: str, words: str) -> None:
    (question,) = entry.read(typed, TABLE).questions
    assert question.words.startswith(words)
