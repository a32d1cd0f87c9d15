"""One-line entry: the lines that wards type, what is asked, and that what is written reads back as the same line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.orders import brands, drugs, entry, lines, slips
from wardline.orders.lines import Amount, MedicineLine, OrderKind, Step

TABLE = drugs.load()


def words_of(typed: str) -> str:
    read = entry.read(typed, TABLE)
    assert read.complete, read.questions
    return " - ".join([read.line.name, lines.dose_words(read.line), *lines.parts(read.line)])


@pytest.mark.parametrize(
    ("typed", "words", "kind"),
    [
        ("amox 500 tds 5d", "amoxicillin - 500 mg - oral - 3 times a day - for 5 days", OrderKind.SCHEDULED),
        (
            "paracetamol 1 g po qds prn max 4 g",
            "paracetamol - 1 g - oral - 4 times a day - as needed - at most 4 g in 24 hours",
            OrderKind.AS_NEEDED,
        ),
        ("morphine 2.5mg iv stat", "morphine - 2.5 mg - intravenous - once only", OrderKind.ONCE),
        ("furosemide 40mg iv bd", "furosemide - 40 mg - intravenous - twice a day", OrderKind.SCHEDULED),
        ("noradrenaline 0.1 mcg/kg/min iv", "norepinephrine - 0.1 micrograms/kg/min - intravenous", OrderKind.INFUSION),
        ("insulin human 2 units/h iv", "insulin human - 2 units/h - intravenous", OrderKind.INFUSION),
        (
            "prednisolone 40 mg od 5d then 30 mg od 5d then 20 mg 1 week",
            "prednisolone - 40 mg for 5 days, then 30 mg for 5 days, then 20 mg for 7 days - oral - once a day",
            OrderKind.TAPER,
        ),
        ("methotrexate 10 mg once weekly", "methotrexate - 10 mg - oral - once a week", OrderKind.SCHEDULED),
        (
            "vancomycin 1 g iv q12h over 120 min",
            "vancomycin - 1 g - intravenous - every 12 hours - over 120 minutes",
            OrderKind.SCHEDULED,
        ),
        (
            "morphine 2-4 mg iv q4h prn for pain max 20 mg/24h",
            "morphine - 2 to 4 mg - intravenous - every 4 hours - as needed for pain - at most 20 mg in 24 hours",
            OrderKind.AS_NEEDED,
        ),
        ("enoxaparin 40 mg sc od 5/7", "enoxaparin - 40 mg - subcutaneous - once a day - for 5 days", OrderKind.SCHEDULED),
        ("gentamicin 5 mg/kg iv od", "gentamicin - 5 mg/kg - intravenous - once a day", OrderKind.SCHEDULED),
        ("heparin 5,000 units sc bd", "heparin - 5,000 units - subcutaneous - twice a day", OrderKind.SCHEDULED),
        ("salbutamol 2 puffs prn qds for 2 weeks", "salbutamol - 2 puffs - inhaled - 4 times a day - as needed - for 14 days", OrderKind.AS_NEEDED),
        ("methotrexate 10 mg po once a week at night", "methotrexate - 10 mg - oral - once a week, at night", OrderKind.SCHEDULED),
        ("alendronic acid 70 mg po weekly om", "alendronic acid - 70 mg - oral - once a week, in the morning", OrderKind.SCHEDULED),
        ("fentanyl 50 mcg td every 72 hours om", "fentanyl - 50 micrograms - transdermal - every 3 days, in the morning", OrderKind.SCHEDULED),
        ("prednisolone 5 mg po alternate days mane", "prednisolone - 5 mg - oral - every 2 days, in the morning", OrderKind.SCHEDULED),
        ("omeprazole 20 mg po od nocte", "omeprazole - 20 mg - oral - at night", OrderKind.SCHEDULED),
        ("haloperidol decanoate 50 mg im every 4 weeks", "haloperidol decanoate - 50 mg - intramuscular - every 28 days", OrderKind.SCHEDULED),
        ("Amox 500mg t.d.s. p.o. 5/7", "amoxicillin - 500 mg - oral - 3 times a day - for 5 days", OrderKind.SCHEDULED),
        ("amoxicillin 500 mg three times a day for one week", "amoxicillin - 500 mg - oral - 3 times a day - for 7 days", OrderKind.SCHEDULED),
        ("morphine sulphate 10mg s/c prn 4hrly max 6 doses", "morphine - 10 mg - subcutaneous - every 4 hours - as needed - at most 60 mg in 24 hours", OrderKind.AS_NEEDED),
        ("salbutamol 5mg neb prn max 4/day", "salbutamol - 5 mg - inhaled - as needed - at most 20 mg in 24 hours", OrderKind.AS_NEEDED),
        ("salbutamol 100mcg 2 puffs qds prn", "salbutamol - 2 puffs - of 100 micrograms - inhaled - 4 times a day - as needed", OrderKind.AS_NEEDED),
        ("KCl 40mmol in 1L NS over 8h stat", "potassium chloride - 40 mmol - intravenous - once only - in 1 litres sodium chloride 0.9 % - over 480 minutes", OrderKind.ONCE),
        ("vancomycin 1g in 250ml NS over 2h bd iv", "vancomycin - 1 g - intravenous - twice a day - in 250 ml sodium chloride 0.9 % - over 120 minutes", OrderKind.SCHEDULED),
        ("glucose 50% 50ml iv stat", "glucose - 50 ml - of 50 % - intravenous - once only", OrderKind.ONCE),
        ("0.9% saline 1L iv over 8h stat", "sodium chloride - 1 litres - of 0.9 % - intravenous - once only - over 480 minutes", OrderKind.ONCE),
        ("timolol 0.5% 1 drop both eyes bd", "timolol - 1 drops - of 0.5 % - ocular - both eyes - twice a day", OrderKind.SCHEDULED),
        ("hydrocortisone 1% cream 1 application bd", "hydrocortisone - 1 applications - of 1 % - topical - twice a day", OrderKind.SCHEDULED),
        ("oxycodone 5 mg ir po prn max 6/day", "oxycodone - 5 mg - immediate release - oral - as needed - at most 30 mg in 24 hours", OrderKind.AS_NEEDED),
        ("paracetamol 1g po prn max 4/day", "paracetamol - 1 g - oral - as needed - at most 4 g in 24 hours", OrderKind.AS_NEEDED),
        ("amoxicillin 250 mg in 5 ml tds", "amoxicillin - 250 mg - oral - 3 times a day - in 5 ml", OrderKind.SCHEDULED),
        ("MST Continus 10 mg bd", "morphine - 10 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
        ("NovoMix 30 20 units sc bd", "insulin aspart - 20 units - biphasic 30 - subcutaneous - twice a day", OrderKind.SCHEDULED),
        ("Humalog Mix25 20 units sc bd", "insulin lispro - 20 units - biphasic 25 - subcutaneous - twice a day", OrderKind.SCHEDULED),
        ("Humalog Mix 75/25 20 units sc bd", "insulin lispro - 20 units - biphasic 25 - subcutaneous - twice a day", OrderKind.SCHEDULED),
        ("Humulin N 20 units sc on", "insulin human - 20 units - isophane - subcutaneous - at night", OrderKind.SCHEDULED),
        ("NovoRapid 6 units sc tds", "insulin aspart - 6 units - subcutaneous - 3 times a day", OrderKind.SCHEDULED),
        ("Kapvay 0.1 mg po bd", "clonidine - 0.1 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
        ("Xigduo XR 5/1000 1 tablet od", "dapagliflozin-metformin - 1 tablets - of 5/1000 - modified release - oral - once a day", OrderKind.SCHEDULED),
        ("Tylenol #3 1 tablet qds", "co-codamol - 1 tablets - of 30/300 - oral - 4 times a day", OrderKind.SCHEDULED),
        ("Bactrim DS 1 tablet po bd", "co-trimoxazole - 1 tablets - of 800/160 - oral - twice a day", OrderKind.SCHEDULED),
        ("Vivitrol 380 mg every 4 weeks", "naltrexone - 380 mg - intramuscular - every 28 days", OrderKind.SCHEDULED),
        ("Retin-A 1 application on", "tretinoin - 1 applications - topical - at night", OrderKind.SCHEDULED),
        ("symbicort 400/12 1 puff bd", "budesonide-formoterol - 1 puffs - of 400/12 - inhaled - twice a day", OrderKind.SCHEDULED),
        ("methotrexate 2.5 mg po every 24 hours", "methotrexate - 2.5 mg - oral - every 24 hours", OrderKind.SCHEDULED),
        ("co-codamol 30/500 2 tabs qds", "co-codamol - 2 tablets - of 30/500 - oral - 4 times a day", OrderKind.SCHEDULED),
        ("oramorph 10mg/5ml 5ml po q4h prn", "morphine - 5 ml - of 10 mg/5 ml - immediate release - oral - every 4 hours - as needed", OrderKind.AS_NEEDED),
        ("fentanyl 25 mcg/h patch q72h", "fentanyl - 25 micrograms - transdermal - every 3 days", OrderKind.SCHEDULED),
        ("nicotine patch 21mg od", "nicotine - 21 mg - transdermal - once a day", OrderKind.SCHEDULED),
        ("ibuprofen 400mg tds pc", "ibuprofen - 400 mg - oral - 3 times a day - after food", OrderKind.SCHEDULED),
        ("metformin 500mg bd with meals", "metformin - 500 mg - oral - twice a day - with food", OrderKind.SCHEDULED),
        ("prednisolone 40mg od 5 days then stop", "prednisolone - 40 mg - oral - once a day - for 5 days", OrderKind.SCHEDULED),
        ("prednisolone 60mg od 1w then 50mg od 1w then stop", "prednisolone - 60 mg for 7 days, then 50 mg for 7 days - oral - once a day", OrderKind.TAPER),
        ("warfarin 1mg on alternate days", "warfarin - 1 mg - oral - every 2 days", OrderKind.SCHEDULED),
        ("methotrexate 10 mg po every 24 hours", "methotrexate - 10 mg - oral - every 24 hours", OrderKind.SCHEDULED),
        ("methotrexate 7.5mg sc weekly", "methotrexate - 7.5 mg - subcutaneous - once a week", OrderKind.SCHEDULED),
        ("MgSO4 2g IV over 20min stat", "magnesium sulfate - 2 g - intravenous - once only - over 20 minutes", OrderKind.ONCE),
        ("vanc 15mg/kg iv bd", "vancomycin - 15 mg/kg - intravenous - twice a day", OrderKind.SCHEDULED),
        ("zuclopenthixol acetate 50 mg im stat", "zuclopenthixol acetate - 50 mg - intramuscular - once only", OrderKind.ONCE),
        ("olanzapine embonate 210 mg im every 2 weeks", "olanzapine embonate - 210 mg - intramuscular - every 14 days", OrderKind.SCHEDULED),
        ("metoprolol succinate 50 mg po od", "metoprolol succinate - 50 mg - oral - once a day", OrderKind.SCHEDULED),
        ("sertraline hydrochloride 50 mg po od", "sertraline - 50 mg - oral - once a day", OrderKind.SCHEDULED),
        ("oxycodone cr 10 mg po bd", "oxycodone - 10 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
        ("nifedipine la 30 mg po od", "nifedipine - 30 mg - modified release - oral - once a day", OrderKind.SCHEDULED),
        ("venlafaxine xr 75 mg po od", "venlafaxine - 75 mg - modified release - oral - once a day", OrderKind.SCHEDULED),
        ("paracetamol 1 g ng qds", "paracetamol - 1 g - nasogastric - 4 times a day", OrderKind.SCHEDULED),
        ("metoclopramide 10 mg via ng tube tds", "metoclopramide - 10 mg - nasogastric - 3 times a day", OrderKind.SCHEDULED),
        ("alfacalcidol 250 ng po od", "alfacalcidol - 250 nanograms - oral - once a day", OrderKind.SCHEDULED),
        ("digoxin 62.5 mcgs po od", "digoxin - 62.5 micrograms - oral - once a day", OrderKind.SCHEDULED),
        ("aspirin enteric coated 75 mg po od", "aspirin - 75 mg - gastro-resistant - oral - once a day", OrderKind.SCHEDULED),
        ("ondansetron odt 4 mg po tds", "ondansetron - 4 mg - orodispersible - oral - 3 times a day", OrderKind.SCHEDULED),
        ("morphine prolonged release 10 mg po bd", "morphine - 10 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
        ("OxyContin 10 mg po bd", "oxycodone - 10 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
        ("Advagraf 2 mg po od", "tacrolimus - 2 mg - modified release - oral - once a day", OrderKind.SCHEDULED),
        ("Prograf 2 mg po bd", "tacrolimus - 2 mg - immediate release - oral - twice a day", OrderKind.SCHEDULED),
        ("AmBisome 200 mg iv od", "amphotericin B - 200 mg - liposomal - intravenous - once a day", OrderKind.SCHEDULED),
        ("Onivyde 100 mg iv stat", "irinotecan - 100 mg - liposomal - intravenous - once only", OrderKind.ONCE),
        ("Caelyx 50 mg iv stat", "doxorubicin - 50 mg - pegylated liposomal - intravenous - once only", OrderKind.ONCE),
        ("chloramphenicol 1 drop left eye qds", "chloramphenicol - 1 drops - ocular - left eye - 4 times a day", OrderKind.SCHEDULED),
        ("METFORMIN MR 500 mg bd", "metformin - 500 mg - modified release - oral - twice a day", OrderKind.SCHEDULED),
    ],
)  # fmt: skip
def test_a_line_is_read(typed: str, words: str, kind: OrderKind):
    assert words_of(typed) == words
    assert entry.read(lines.text(entry.read(typed, TABLE).line), TABLE).line == entry.read(typed, TABLE).line
    assert entry.read(typed, TABLE).line.kind is kind


@pytest.mark.parametrize(
    ("typed", "field", "choice"),
    [
        ("", "name", None),
        ("dex 4 mg po od", "name", "dexamethasone"),
        ("ibuprofn 400 mg po tds", "name", "ibuprofen"),
        ("amoxicillin tds", "amount", None),
        ("co-amoxiclav 625 po tds", "amount", "625 mg"),
        ("amoxicillin 0 mg tds", "amount", None),
        ("amoxicillin 500 mg stat", "route", "intravenous"),
        ("amoxicillin 500 mg po iv tds", "route", None),
        ("amoxicillin 500 mg po", "often", "3 times a day"),
        ("omeprazole 20 mg po od bd", "times_per_day", None),
        ("tacrolimus 2 mg po bd", "form", "modified release"),
        ("amphotericin B 200 mg iv od", "form", "liposomal"),
        ("chloramphenicol 1 drop ocular qds", "side", "both eyes"),
        ("haloperidol 50 mg im stat decanoate", "rest", None),
        ("methotrexate 10 mg po weekly od", "often", "once a week"),
        ("methotrexate 10 mg od", "often", "once a week"),
        ("methotrexate 10 mg", "often", "once a week"),
        ("alendronic acid 70 mg od", "often", "once a week"),
        ("fentanyl 25 patch every 72h", "amount", None),
        ("paracetamol 100 tablets qds", "amount", None),
        ("novorapid 6u tds", "rest", "6 units"),
        ("paracetamol suppository 1 g po qds", "route", None),
        ("paracetamol 2 tablets qds prn max 8/day", "day_max", "at most 8 tablets in 24 hours"),
        ("paracetamol 500 mg 2 tabs po qds", "amount", None),
        ("morphine 5 mg po prn max 40/day", "day_max", "at most 40 mg in 24 hours"),
        ("lorazepam 2 mg po prn max 2/day", "day_max", "at most 2 doses in 24 hours"),
        ("morphine 10 mg sc q4h max 2 mg", "day_max", None),
        ("digoxin 125 micrograms po prn max 0.1 mg", "day_max", None),
        ("insulin glargine 10 units sc od 10 units sc on", "amount", None),
        ("glucose 5-10% iv bd", "amount", None),
        ("lidocaine 1% 2% iv once", "amount", None),
        ("co-codamol 2 tablets qds 3/12", "rest", None),
        ("co-codamol 1 1/2 tablets qds", "rest", None),
        ("paracetamol 500 mg in 10 ml stat", "route", None),
        ("ceftriaxone 1 g in 10 ml water for injections stat", "route", None),
        ("medroxyprogesterone 150 mg suspension stat", "route", "intramuscular"),
        ("methotrexate 10 mg po q12h", "often", "once a week"),
        ("tretinoin 0.05% cream 1 application on", "route", "topical"),
        ("Pred Forte 1 drop qds", "side", "both eyes"),
        ("Daytrana 10 mg po od", "route", None),
        ("methotrexate 10 mg po prn max 1 dose", "often", "once a week"),
        ("prednisolone 40 mg od then stop", "days", None),
        ("KCl 40mmol in 1L NS over 8h", "often", "once only"),
        ("digoxin .25 od", "amount", ".25 mg"),
        ("pred 40 od 5d then stop", "amount", "40 mg"),
        ("aspirin 300mg stat then 75mg od", "steps", None),
        ("warfarin as per INR", "amount", None),
        ("insulin actrapid sliding scale", "amount", None),
        ("ondansetron 4mg iv/po tds prn", "route", "oral"),
        ("metformin 500 1-0-2", "rest", None),
        ("adrenaline 1:1000 0.5ml im stat", "rest", None),
        ("epilim chrono 500 bd", "rest", None),
        ("amoxicillin 50mg/kg/day tds", "rest", None),
        ("morphine 5 mg iv stat qds", "often", None),
        ("morphine 5 mg iv qds every 2 h", "often", None),
        ("omeprazole 20 mg po bd nocte", "often", None),
        ("temazepam 10 mg po once at night", "often", None),
        ("morphine 5 mg iv q6h nocte", "often", None),
        ("morphine 5 mg iv over 10 min", "often", "once only"),
        ("potassium chloride 20 mmol iv over 10 min", "often", "once only"),
        ("amoxicillin 500 mg po 99 times a day", "often", None),
        ("amoxicillin 500 mg po tds with feeling", "rest", None),
        ("lansoprazole 30 ng od", "amount", "30 mg nasogastric"),
        ("paracetamol 500 ng qds", "amount", "500 nanograms"),
        ("insulin glargine 10 sc on", "amount", "10 units"),
        ("paracetamol 500 mg-1 ml po qds", "amount", None),
        ("morphine 4 to 2 mg iv q4h", "amount", None),
        ("amoxicillin 2,5 mg po tds", "rest", None),
        ("prednisolone 40 mg then less", "steps", None),
        ("heparin 5 u sc od", "rest", None),
        ("morphine 1 mg/h po", "route", None),
    ],
)
def test_what_is_unclear_is_asked(typed: str, field: str, choice: str | None):
    questions = {question.field: question for question in entry.read(typed, TABLE).questions}
    assert field in questions
    assert questions[field].words
    if choice is not None:
        assert choice in questions[field].choices


def test_what_was_assumed_is_said():
    read = entry.read("amox 500 tds", TABLE)
    assert read.assumptions == ["amox is amoxicillin", "500 is 500 mg", "the route is oral"]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reading(typed: str):
    read = entry.read(typed, TABLE)
    assert read.known or read.questions


ENTRY_WORDS = st.sampled_from(
    ["amox", "morphine", "500", "2.5mg", "1,000", "units", "po", "iv", "tds", "prn", "for", "pain", "max", "4 g", "then",
     "q4h", "5d", "over", "4-6", "hourly", "to", "or", "q4-6h", "5-10 mg", "0.1", "mcg/kg/min", "stat", "-", "/", "every", "days", "on", "x"]
)  # fmt: skip


@given(st.lists(ENTRY_WORDS, max_size=12))
def test_no_order_of_words_breaks_the_reading(words: list[str]):
    read = entry.read(" ".join(words), TABLE)
    if read.complete:
        assert read.line.route
        assert read.line.amount or read.line.steps


VALUES = st.decimals(min_value="0.0001", max_value="99999", places=4).map(
    lambda value: Decimal(f"{value.normalize():f}")
)
AMOUNTS = st.builds(Amount, VALUES, st.sampled_from(["mg", "g", "micrograms", "units", "ml", "mmol"]))


HOURS_OF_DAYS = st.integers(1, 30).map(lambda days: days * 24)


@st.composite
def written_lines(draw: st.DrawFn) -> MedicineLine:
    amount = draw(AMOUNTS)
    rate = draw(st.sampled_from(["", "", "min", "h"]))
    often = draw(st.sampled_from(["times", "hours", "days", "once", "daily"])) if not rate else ""
    at = draw(st.sampled_from(["morning", "night"])) if often == "daily" else ""
    at = draw(st.sampled_from(["", "morning", "night"])) if often == "days" else at
    needed = bool(often in {"times", "hours"} and draw(st.booleans()))
    hours = draw(st.integers(1, 200))
    return MedicineLine(
        name=draw(st.sampled_from(["morphine", "gentamicin", "insulin aspart", "co-amoxiclav"])),
        amount=amount,
        amount_to=Amount(amount.value + 1, amount.unit) if draw(st.booleans()) else None,
        per_kg=draw(st.booleans()),
        rate=rate,
        route=draw(st.sampled_from(["intravenous", "subcutaneous"])),
        times_per_day=draw(st.integers(1, 24)) if often == "times" else 1 if often == "daily" else None,
        at=at,
        every_hours_to=hours + draw(st.integers(1, 20))
        if often == "hours" and needed and draw(st.booleans())
        else None,
        every_hours=hours if often == "hours" else draw(HOURS_OF_DAYS) if often == "days" else None,
        once=often == "once",
        as_needed=needed,
        reason=draw(st.sampled_from(["", "pain", "shortness of breath"])) if needed else "",
        day_max=Amount((amount.value + 1) * draw(st.integers(1, 9)), amount.unit)
        if needed and draw(st.booleans())
        else None,
        days=draw(st.none() | st.integers(1, 366)),
        over_minutes=draw(st.none() | st.integers(1, 9999)) if not rate else None,
        strength=draw(st.sampled_from(["", "10 mg/5 ml", "50 %", "1 mg/ml"])),
        diluent=draw(st.sampled_from(["", "100 ml", "1 litres sodium chloride 0.9 %", "50 ml glucose 5 %"])),
        meal=draw(st.sampled_from(["", "with food", "before food"])) if not rate else "",
    )


@given(written_lines())
def test_what_is_written_reads_back_as_the_same_line(line: MedicineLine):
    read = entry.read(lines.text(line), TABLE)
    # A dose that nobody makes so strong, and millilitres of no strength, are read all the same, and asked about.
    slipped = (slips.WHICH_UNIT, slips.WHICH_STRENGTH)
    assert [question for question in read.questions if not question.words.endswith(slipped)] == []
    assert read.line == line


@given(st.lists(st.builds(Step, AMOUNTS, st.integers(1, 60)), min_size=2, max_size=6))
def test_a_taper_reads_back_as_the_same_line(steps: list[Step]):
    line = MedicineLine(name="prednisolone", steps=tuple(steps), route="oral", times_per_day=1)
    assert entry.read(lines.text(line), TABLE).line == line


@pytest.mark.parametrize(
    ("typed", "dose", "day"),
    [
        ("paracetamol 1 g po qds", 1, 4),
        ("paracetamol 1 g po q4h prn max 4 g", 1, 4),
        ("morphine 2-4 mg iv q4h", 4, 24),
        ("morphine 5 mg iv stat", 5, 5),
        ("methotrexate 10 mg po once a week at night", 10, 10),
        ("morphine 1 mg/h iv", None, 24),
        ("methotrexate 10 mg once weekly", 10, 10),
        ("prednisolone 40 mg 5d then 20 mg 5d po od", 40, 40),
        ("potassium chloride 40 mmol iv over 4 h", 40, None),
    ],
)
def test_the_checks_see_the_most_that_a_dose_and_a_day_can_come_to(typed: str, dose: float | None, day: float | None):
    seen = lines.considered(entry.read(typed, TABLE).line, TABLE)
    assert (seen.dose, seen.day_total) == (dose, day)


def test_every_brand_that_says_a_form_is_known() -> None:
    """A brand that the table does not know is asked about; one that it knows keeps what it says."""
    unknown = [brand for brand in brands.SAYS if TABLE.exact(brand) is None]
    assert unknown == []
