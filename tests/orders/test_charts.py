"""Lines as drug charts of several countries write them: what is read, what is asked, and what is never offered."""

import pytest

from tests.orders.typed import TABLE, read_as
from wardline.orders import entry, lines, openings


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        # the form or the route in front of the name
        ("Inj. Pantoprazole 40 mg OD", "40 mg - intravenous - once a day"),
        ("T. Paracetamol 650mg TDS x 3 days", "650 mg - oral - 3 times a day - for 3 days"),
        ("Syp. Ambroxol 5ml tds", "5 ml - oral - 3 times a day"),
        ("IV paracetamol 1g qds", "1 g - intravenous - 4 times a day"),
        # an injection is not swallowed, whatever strength a tablet has
        ("pantoprazole 40 mg injection od", "40 mg - intravenous - once a day"),
        ("furosemide 40 mg infusion od", "40 mg - intravenous - once a day"),
        ("gtn infusion 1-10 mg/h", "1 to 10 mg/h - intravenous"),
        ("normal saline 1 L iv over 8h stat", "1 litres - of 0.9 % - intravenous - once only - over 480 minutes"),
        ("hartmanns 1 L iv stat", "1 litres - intravenous - once only"),
        ("oramorph 5 ml po q4h prn of 10 mg/5 ml", "5 ml - of 10 mg/5 ml - immediate release - oral - every 4 hours - as needed"),
        ("mesalazine 1g supp nocte", "1 g - rectal - at night"),
        # weeks
        ("methotrexate 10mg/week", "10 mg - oral - once a week"),
        ("methotrexate 10 mg once per week po", "10 mg - oral - once a week"),
        ("depo-provera 150 mg im 12 weekly", "150 mg - intramuscular - every 84 days"),
        ("zoladex 10.8mg sc q12w", "10.8 mg - subcutaneous - every 84 days"),
        ("adalimumab 40mg sc every other week", "40 mg - subcutaneous - every 14 days"),
        # patches
        ("butrans 5 micrograms/hour 7 day patch weekly", "5 micrograms - transdermal - once a week"),
        ("rivastigmine 4.6mg/24h patch od", "4.6 mg - transdermal - once a day"),
        ("fentanyl 25 mcg/hr patch q3d", "25 micrograms - transdermal - every 3 days"),
        # a most in 24 hours
        ("lorazepam 1mg po prn max 4mg/24hrs", "1 mg - oral - as needed - at most 4 mg in 24 hours"),
        ("paracetamol 1 g po q6h prn not to exceed 3 g per day", "1 g - oral - every 6 hours - as needed - at most 3 g in 24 hours"),
        ("paracetamol 15 mg/kg/dose po q6h prn max 4 g/day", "15 mg/kg - oral - every 6 hours - as needed - at most 4 g in 24 hours"),
        ("midazolam 2.5 mg sc hourly prn", "2.5 mg - subcutaneous - every hour - as needed"),
        # units
        ("lactulose 10 mls bd", "10 ml - oral - twice a day"),
        ("ceftriaxone 1gm IV BD", "1 g - intravenous - twice a day"),
        ("levothyroxine 75 microg od", "75 micrograms - oral - once a day"),
        ("benzathine penicillin 2.4 million units im stat", "2,400,000 units - intramuscular - once only"),
        # what a brand or a name says
        ("humulin i 12 units sc bd", "12 units - isophane - subcutaneous - twice a day"),
        ("insulin NPH 10 units sc bid", "10 units - isophane - subcutaneous - twice a day"),
        ("humalog mix 25 18 units bd", "18 units - biphasic 25 - subcutaneous - twice a day"),
        ("toujeo 30 units od", "30 units - of 300 units/ml - subcutaneous - once a day"),
        ("macrobid 100mg bd 5/7", "100 mg - modified release - oral - twice a day - for 5 days"),
        ("amlodipine/valsartan 5/160 1 tab od", "1 tablets - of 5/160 - oral - once a day"),
        ("amoxicillin/clavulanate 875/125 mg 1 tab bid", "1 tablets - of 875/125 mg - oral - twice a day"),
        # on the skin, in the eye, in the nose
        ("hydrocortisone 1% cream apply bd 7/7", "1 applications - of 1 % - topical - twice a day - for 7 days"),
        ("diclofenac gel 1% tds", "1 applications - of 1 % - topical - 3 times a day"),
        ("dexamethasone 0.1% eye drops 1 drop qds L eye", "1 drops - of 0.1 % - ocular - left eye - 4 times a day"),
        ("mometasone 50mcg 2 sprays each nostril od", "2 sprays - of 50 micrograms - nasal - each nostril - once a day"),
        # large doses that are meant
        ("dexamethasone 40 mg po od 4/7", "40 mg - oral - once a day - for 4 days"),
        ("ciprofloxacin 400 mg iv bd", "400 mg - intravenous - twice a day"),
        ("buprenorphine 35 mcg/h patch every 4 days", "35 micrograms - transdermal - every 4 days"),
        ("amoxicillin 250mg per 5ml 10ml po tds", "10 ml - of 250 mg/5 ml - oral - 3 times a day"),
        # what runs, and what it is made of
        ("noradrenaline 4mg in 50ml at 5ml/hr", "5 ml/h - of 4 mg/50 ml - intravenous - in 50 ml"),
        ("KCl 40 mmol in 1 L 0.9% saline at 125 ml/hr",
         "125 ml/h - of 40 mmol/1000 ml - intravenous - in 1 litres sodium chloride 0.9 %"),
        # as a general practice writes them: the product, then what to take of it
        ("omeprazole 20mg capsules one capsule daily", "20 mg - oral - once a day"),
        ("sertraline 50 mg tablet take 1 tablet by mouth daily", "50 mg - oral - once a day"),
        ("co-codamol 30mg/500mg tablets two tablets four times a day when required",
         "2 tablets - of 30/500 mg - oral - 4 times a day - as needed"),
        ("salbutamol 100micrograms/dose inhaler 2 puffs qds", "2 puffs - of 100 micrograms - inhaled - 4 times a day"),
        ("fentanyl 25micrograms/hour transdermal patches apply one patch every 72 hours",
         "25 micrograms - transdermal - every 3 days"),
        ("methotrexate 2.5mg tablets four tablets once a week 10 mg", "10 mg - oral - once a week"),
        ("ibuprofen 400 mg tds prn for pain with or after food",
         "400 mg - oral - 3 times a day - with or after food - as needed for pain"),
        # of India
        ("Tab. Pan 40 mg OD before breakfast", "40 mg - oral - once a day - before breakfast"),
        ("Tab metformin 500 mg 1-0-1", "500 mg - oral - twice a day"),
        ("Tab Atorva 40 mg 0-0-1", "40 mg - oral - at night"),
        ("Inj Mixtard 30/70 20 units sc bd", "20 units - biphasic 30 - subcutaneous - twice a day"),
        ("tacrolimus (Adoport) 3 mg po bd", "3 mg - immediate release - oral - twice a day"),
        ("insulin glargine (toujeo) 20 units nocte", "20 units - of 300 units/ml - subcutaneous - at night"),
        ("metoclopramide 10 mg po tds max 5 days", "10 mg - oral - 3 times a day - for 5 days"),
        # of America
        ("furosemide 40 mg ivp bid", "40 mg - intravenous - twice a day"),
        ("insulin lispro 5 units subq tid with meals", "5 units - subcutaneous - 3 times a day - with food"),
        ("lorazepam 2mg iv x1 now", "2 mg - intravenous - once only"),
        # courses
        ("prednisolone 40mg mane for 7 days and then stop", "40 mg - oral - in the morning - for 7 days"),
        ("prednisolone 20mg od for 5 days followed by 10mg od for 5 days", "20 mg for 5 days, then 10 mg for 5 days - oral - once a day"),
        ("prednisolone 40 mg po od for 5 days then 30 mg po od for 5 days", "40 mg for 5 days, then 30 mg for 5 days - oral - once a day"),
        ("amlodipine 5mg once-daily", "5 mg - oral - once a day"),
        ("amoxicillin 500mg thrice daily", "500 mg - oral - 3 times a day"),
    ],
)  # fmt: skip
def test_a_chart_is_read(typed: str, words: str) -> None:
    assert read_as(typed) == words


@pytest.mark.parametrize(
    ("typed", "field", "choices"),
    [
        # a thousand times too much, or too little
        ("digoxin 0,125 mg po od", "amount", ()),
        ("heparin 5.000 units sc bd", "amount", ()),
        ("warfarin 1,5 mg od", "amount", ()),
        ("prednisolone 1.000 mg for 5 days then 5 mg for 5 days", "amount", ()),
        # a most of one dose is not a most of a day
        ("paracetamol 15mg/kg po q6h max 1g", "day_max", ("at most 1 g in 24 hours",)),
        ("vancomycin 15mg/kg iv bd max 2 g", "day_max", ("at most 2 g in 24 hours",)),
        # names that may be several drugs
        ("insulin 10 units sc tds", "name", ("insulin aspart", "insulin glargine", "isophane insulin", "soluble insulin")),
        ("humulin 10 units sc bd", "name", ("Humulin S", "Humulin I", "Humulin M3")),
        ("hyoscine 20 mg iv stat", "name", ("hyoscine butylbromide", "hyoscine hydrobromide")),
        ("penicillin 500 mg po qds", "name", ("benzylpenicillin", "phenoxymethylpenicillin")),
        # tablets, or grams; and units that are not known are not offered as others
        ("metformin 1 bd", "amount", ("1 tablets", "1 g")),
        ("co-codamol 30/500 2 po qds", "amount", ("2 tablets",)),
        ("entresto 24/26 bd", "amount", ("1 tablets", "1 capsules")),
        ("KCl 20 mEq PO BID", "amount", ()),
        ("benzathine penicillin 2.4 MU im stat", "amount", ()),
        ("fentanyl patch 25 every 3 days", "amount", ("25 micrograms",)),
        ("butrans 10 weekly", "amount", ("10 micrograms",)),
        ("prednisolone 5mg tablets take six tablets once a day for 5 days", "amount", ("30 mg",)),
        ("timolol 0.5% eye drops bd both eyes", "amount", ("1 drops", "2 drops")),
        # what an order does not keep
        ("paracetamol 1g po/iv qds", "route", ("oral", "intravenous")),
        ("po/iv paracetamol 1g qds", "route", ("oral", "intravenous")),
        ("tab furosemide 40 mg iv od", "route", ("oral",)),
        ("amoxicillin 500 mg capsules iv tds", "route", ("oral",)),
        ("pantoprazole 40 mg po injection od", "route", ("intravenous",)),
        ("estradiol patch 50mcg twice weekly", "often", ()),
        ("epoetin alfa 4000 units sc 3x/week", "often", ()),
        ("hydroxocobalamin 1mg im every 3 months", "often", ()),
        ("paracetamol 500 mg po q4h max 8 tablets", "day_max", ()),
        # a thousandfold, and a patch on top of those that are worn
        ("digoxin 125 mg po od", "amount", ("125 micrograms",)),
        ("levothyroxine 100 mg po od", "amount", ("100 micrograms",)),
        ("fentanyl 50 mg iv stat", "amount", ("50 micrograms",)),
        ("adrenaline 500 mg im stat", "amount", ("500 micrograms",)),
        ("prednisolone 40 g od for 5 days then 30 mg od for 5 days", "amount", ("40 mg",)),
        ("fentanyl patch 50 mcg/hr daily", "often", ()),
        ("fentanyl 25 mcg/h patch weekly", "often", ()),
        # so much of what
        ("oramorph 5 ml po q4h prn", "strength", ("of 10 mg/5 ml",)),
        ("paracetamol 10 ml po qds", "strength", ("of 120 mg/5 ml", "of 250 mg/5 ml")),
        ("potassium chloride 10 ml iv stat", "strength", ("of 150 mg/ml",)),
        ("propofol 10 ml/h iv", "strength", ("of 10 mg/ml", "of 20 mg/ml")),
        # by another route than theirs they have killed
        ("vincristine 2 mg intrathecal stat", "route", ("intravenous",)),
        ("benzathine penicillin 2.4 million units iv stat", "route", ("intramuscular",)),
        ("haloperidol decanoate 50 mg iv stat", "route", ("intramuscular", "subcutaneous")),
        # another medicine behind the first, though it is a salt of others
        ("furosemide 40 mg po od potassium", "rest", ()),
        ("gtn spray 2 puffs sl prn", "often", ("every 4 hours", "every 6 hours", "at most 4 doses in 24 hours")),
    ],
)  # fmt: skip
def test_what_a_chart_leaves_open_is_asked(typed: str, field: str, choices: tuple[str, ...]) -> None:
    asked = [question.choices for question in entry.read(typed, TABLE).questions if question.field == field]
    assert asked[:1] == [choices]


def test_the_most_of_a_day_answers() -> None:
    words = "15 mg/kg - oral - every 6 hours - at most 1 g in 24 hours"
    assert read_as("paracetamol 15mg/kg po q6h max 1g at most 1 g in 24 hours") == words


@pytest.mark.parametrize(
    "typed",
    ["no paracetamol 1g po qds", "stop amlodipine 5mg od", "not penicillin", "allergic to penicillin", "hold ramipril"],
)
def test_what_is_no_order_is_told_and_offers_no_drug(typed: str) -> None:
    read = entry.read(typed, TABLE)
    assert not read.known
    assert [(question.words, question.choices) for question in read.questions] == [(openings.WHAT_A_LINE_IS, ())]


@pytest.mark.parametrize("typed", ["metformin 500 mg bd withheld", "amlodipine 5 mg po od not given"])
def test_what_is_undone_behind_the_medicine_is_no_order(typed: str) -> None:
    assert openings.WHAT_A_LINE_IS in {question.words for question in entry.read(typed, TABLE).questions}


def test_a_name_that_is_not_understood_is_shown_as_it_was_written() -> None:
    assert entry.read("oral rehydration salts 1 sachet po tds", TABLE).line.name == "rehydration salts"
    assert entry.read("tab iron 200 mg od", TABLE).line.name == "iron"


def test_a_name_is_not_offered_for_one_that_begins_otherwise() -> None:
    assert TABLE.like("pabrinex") == []
    assert TABLE.like("sertalin") == ["sertraline"]


@pytest.mark.parametrize(
    ("typed", "dose", "day", "unit"),
    [
        ("paracetamol 240mg/5ml 10 ml po qds", 480, 1920, "mg"),
        ("paracetamol 250 mg/5 ml 10-20 ml po q4h prn max 60 ml", 1000, 3000, "mg"),
        ("methadone 1 mg/ml 40 ml po od max 50 mg", 40, 40, "mg"),
        ("noradrenaline 4 mg in 50 ml at 5 ml/h", None, 9.6, "mg"),
        ("insulin glargine 300 units/ml 20 units on", 20, 20, "units"),
        ("timolol 0.5% 1 drop bd both eyes", 1, 2, "drops"),
    ],
)
def test_millilitres_of_a_strength_are_checked_as_what_they_hold(
    typed: str, dose: float | None, day: float, unit: str
) -> None:
    read = entry.read(typed, TABLE)
    assert read.complete, read.questions
    seen = lines.considered(read.line, TABLE)
    assert (seen.dose, seen.day_total, seen.unit) == (dose, pytest.approx(day), unit)
