"""How much an order needs and which lots are taken: pure rules on their edges."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.orders import entry, knowledge
from wardline.orders.public import MedicineLine, MedicineRow
from wardline.pharmacy import rules, views, wording
from wardline.pharmacy.models import Offer

TODAY = date(2026, 11, 26)


def line(text: str) -> MedicineLine:
    table = knowledge.current()
    assert table is not None
    return entry.read(text, table.table).line


@pytest.mark.parametrize(
    ("text", "strength", "unit", "days", "wanted"),
    [
        ("amox 500 tds 5d", "500 mg", "capsule", None, 15),
        ("amox 500 tds 5d", "250 mg", "capsule", None, 30),
        ("amox 500 tds 5d", "500 mg", "capsule", 2, 6),
        ("amoxicillin 1 g po stat", "500 mg", "capsule", None, 2),
        ("bisoprolol 2.5 mg po od", "5 mg", "tablet", None, 4),  # halves: 3.5 in a week
        ("furosemide 40 mg po od", "40 mg", "tablet", None, 7),
        ("amox 500 tds 5d", "250 mg/5 ml", "ml", None, 150),
        ("amox 500 tds 5d", "250 mg/5 ml", "bottle", None, None),
        ("meropenem 500 mg iv q8h", "1 g", "vial", 1, 3),  # a vial is opened for one dose
        ("morphine 10 mg po q4h prn", "10 mg", "tablet", 1, 6),
        ("prednisolone 30 mg for 3 days then 20 mg for 3 days po od", "5 mg", "tablet", None, 30),
        ("noradrenaline 0.1 mcg/kg/min iv", "1 mg/ml", "ampoule", None, None),
        ("furosemide 40 mg po od", "2 %", "tablet", None, None),
        ("methotrexate 10 mg po once a week", "2.5 mg", "tablet", None, 4),
        ("methotrexate 10 mg po once a week", "2.5 mg", "tablet", 28, 16),
        ("methotrexate 10 mg po once a week", "2.5 mg", "tablet", 10, 8),  # whole doses, not ten sevenths of one
        ("prednisolone 10 mg po alternate days", "5 mg", "tablet", 7, 8),
        ("co-trimoxazole 960 mg po mon wed fri", "480 mg", "tablet", 7, 6),
        ("co-trimoxazole 960 mg po bd sat sun", "480 mg", "tablet", 14, 16),
        ("co-trimoxazole 960 mg po sat sun", "480 mg", "tablet", 2, 4),  # the two days may be these
        ("furosemide 40 mg po mon-fri for 5 days", "40 mg", "tablet", None, 5),
        ("vancomycin 1 g iv bd at 10:00 and 22:00", "1 g", "vial", 1, 2),
        ("paracetamol 1 g po q4h prn max 4 g in 24 h", "500 mg", "tablet", 1, 8),  # its own bound, not six doses
        ("amox 500 tds 5d", "500 mg", "capsule", 30, 15),  # never beyond the order's own days
        ("gentamicin 5 mg/kg iv od", "40 mg/ml", "ampoule", None, None),
        ("furosemide 40 mg po od", "0 mg", "tablet", None, None),
        ("furosemide 40 mg po od", "1.2.3 mg", "tablet", None, None),
        ("furosemide 40 mg po od", "... mg", "tablet", None, None),
        (
            "furosemide 40 mg po od",
            "0,5 mg",
            "tablet",
            None,
            None,
        ),  # a comma is no decimal point: not ten times too little
        ("furosemide 40 mg po od", "40 mg/0 ml", "ml", None, None),
        ("furosemide 40 mg po od", "1,000 mg", "tablet", None, 1),
    ],
)
def test_what_an_order_needs(text: str, strength: str, unit: str, days: int | None, wanted: int | None) -> None:
    assert rules.needed(line(text), strength=strength, unit=unit, days=days) == wanted


@pytest.mark.parametrize(
    ("form", "strength", "unit", "routes", "fits"),
    [
        ("capsule", "500 mg", "capsule", ("oral",), True),
        ("capsule", "250 mg", "capsule", ("oral",), True),
        ("capsule", "300 mg", "capsule", ("oral",), False),
        ("injection", "500 mg", "vial", ("intravenous",), False),
        ("tablet", "1 g", "tablet", ("oral",), True),  # half a tablet
    ],
)
def test_what_is_as_ordered(form: str, strength: str, unit: str, routes: tuple[str, ...], fits: bool) -> None:
    asked = line("amoxicillin 500 mg po tds 5d")
    assert rules.is_as_ordered(asked, form=form, strength=strength, unit=unit, routes=routes) is fits


@pytest.mark.parametrize(
    ("text", "form", "strength", "unit", "fits"),
    [
        ("oxycodone 10 mg po q12h", "modified-release tablet", "10 mg", "tablet", False),  # nobody ordered slow release
        ("oxycodone 10 mg po q12h", "prolonged-release tablet", "10 mg", "tablet", False),
        ("oxycodone 10 mg po q12h", "capsule", "10 mg", "capsule", True),
        ("oxycodone 10 mg mr po q12h", "modified-release tablet", "10 mg", "tablet", True),
        ("oxycodone 10 mg mr po q12h", "capsule", "10 mg", "capsule", False),
        ("oxycodone 10 mg mr po q12h", "modified-release tablet", "20 mg", "tablet", False),  # not to be halved
        ("prednisolone 2.5 mg po od", "gastro-resistant tablet", "2.5 mg", "tablet", False),
        ("amoxicillin 500 mg po tds", "capsule", "1 g", "capsule", False),  # half a capsule
        ("amoxicillin 500 mg po tds", "oral liquid", "250 mg/5 ml", "ml", True),
        ("amoxicillin 500 mg po tds", "something else", "500 mg", "piece", False),  # its route is not known
        ("vincristine 2 mg intrathecal once", "injection", "1 mg/ml", "ml", False),
        ("co-amoxiclav 625 mg po tds", "tablet", "500 mg/125 mg", "tablet", True),
        ("meropenem 300 mg iv q8h", "injection", "1 g", "vial", True),  # the rest of a vial is thrown away
        ("noradrenaline 0.1 mcg/kg/min iv", "injection", "1 mg/ml", "ampoule", True),
    ],
)
def test_a_form_is_not_exchanged_unseen(text: str, form: str, strength: str, unit: str, fits: bool) -> None:
    offered = offer(1, 5, TODAY)
    asked = line(text)
    offered.ingredient, offered.form, offered.strength, offered.unit = asked.name, form, strength, unit
    row = order_row(asked)
    (choice,) = views.choices_of([offered], row, TODAY)
    assert choice.is_as_ordered is fits


def order_row(asked: MedicineLine) -> MedicineRow:
    return MedicineRow(
        id=UUID(int=3),
        person_id=UUID(int=4),
        encounter_id=UUID(int=5),
        name=asked.name,
        kind=asked.kind,
        route=asked.route,
        text="",
        line=msgspec.json.encode(asked).decode(),
        state="active",
        state_reason="",
        ends_on=None,
        prescribed_at=datetime(2026, 11, 26, tzinfo=UTC),
        prescribed_by=None,
        stopped_at=None,
        version=1,
    )


def offer(number: int, quantity: int, expires_on: date, *, quarantined: bool = False) -> Offer:
    found = Offer(
        store_id=UUID(int=1),
        store="Pharmacy",
        product_id=UUID(int=2),
        ingredient="amoxicillin",
        form="capsule",
        strength="500 mg",
        unit="capsule",
        is_controlled=False,
        lot_id=UUID(int=number),
        lot_number=f"L{number}",
        expires_on=expires_on,
        is_quarantined=quarantined,
        quantity=quantity,
    )
    found.unusable = rules.unusable(found, TODAY)
    return found


def test_a_lot_is_good_to_the_end_of_its_day() -> None:
    assert offer(1, 5, TODAY).unusable == ""
    assert offer(1, 5, date(2026, 11, 25)).unusable == "expired"
    assert offer(1, 5, TODAY, quarantined=True).unusable == "in quarantine"


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(-5, 400), st.booleans()), max_size=8),
    st.integers(1, 120),
)
def test_a_plan_takes_first_what_expires_first_and_never_what_is_unusable(
    lots: list[tuple[int, int, bool]], quantity: int
) -> None:
    offers = [
        offer(at + 1, count, date.fromordinal(TODAY.toordinal() + days), quarantined=held)
        for at, (count, days, held) in enumerate(lots)
    ]
    by_id = {each.lot_id: each for each in offers}
    plan = rules.plan(offers, quantity)
    assert sum(taken for _, taken in plan) == min(quantity, rules.available(offers))
    assert all(0 < taken <= by_id[lot].quantity and not by_id[lot].unusable for lot, taken in plan)
    expiries = [by_id[lot].expires_on for lot, _ in plan]
    assert expiries == sorted(each for each in expiries if each is not None)
    assert all(taken == by_id[lot].quantity for lot, taken in plan[:-1])


@pytest.mark.parametrize(
    ("unit", "quantity", "words"),
    [("tablet", 1, "tablet"), ("tablet", 2, "tablets"), ("patch", 2, "patches"), ("ml", 30, "ml"), ("box", 2, "boxes")],
)
def test_a_unit_goes_with_its_quantity(unit: str, quantity: int, words: str) -> None:
    assert rules.plural(unit, quantity) == words


@pytest.mark.parametrize(
    ("text", "strength", "unit", "form", "words"),
    [
        ("paracetamol 1 g po qds", "500 mg", "tablet", "tablet", "Take 2 tablets (1 g), oral, 4 times a day"),
        ("bisoprolol 2.5 mg po od", "5 mg", "tablet", "tablet", "Take half a tablet (2.5 mg), oral, once a day"),
        ("prednisolone 7.5 mg po od", "5 mg", "tablet", "tablet", "Take 1 and a half tablets (7.5 mg), oral, once a day"),
        ("paracetamol 2 tablets po qds", "500 mg", "tablet", "tablet", "Take 2 tablets (1 g), oral, 4 times a day"),
        (
            "paracetamol 500-1000 mg po qds",
            "500 mg",
            "tablet",
            "tablet",
            "Take 1 to 2 tablets (500 to 1,000 mg), oral, 4 times a day",
        ),
        (
            "prednisolone 30 mg for 3 days then 20 mg for 3 days po od",
            "5 mg",
            "tablet",
            "tablet",
            "Take 6 tablets (30 mg) for 3 days, then 4 tablets (20 mg) for 3 days, oral, once a day",
        ),
        ("paracetamol 1-2 tablets po qds", "500 mg", "tablet", "tablet", "Take 1 to 2 tablets, oral, 4 times a day"),
        ("salbutamol 2 puffs inh qds", "100 micrograms", "puff", "inhaler", "Inhale 2 puffs (200 micrograms), inhaled, 4 times a day"),
        ("meropenem 1 g iv q8h", "1 g", "vial", "injection", "Give 1 vial (1 g), intravenous, every 8 hours"),
    ],
)  # fmt: skip
def test_a_dose_in_units(text: str, strength: str, unit: str, form: str, words: str) -> None:
    said = wording.directions(line(text), strength=strength, unit=unit, form=form)
    assert (said.words, said.problem) == (words, "")


@pytest.mark.parametrize(
    ("text", "strength", "unit", "form", "problem"),
    [
        ("furosemide 50 mg po od", "40 mg", "tablet", "tablet", "50 mg is 1.25 tablets of 40 mg: not a whole or half number."),
        ("amoxicillin 500 mg po tds", "300 mg", "capsule", "capsule", "500 mg is between 1 and 2 capsules of 300 mg: not a whole number."),
        ("diltiazem 30 mg po od", "60 mg", "tablet", "modified-release tablet", "30 mg is 0.5 tablets of 60 mg: not a whole number."),
        ("amox 500 mg po tds", "150 mg/5 ml", "ml", "oral liquid", "500 mg is between 16.6 and 16.7 ml of 150 mg/5 ml: not measurable."),
        ("meropenem 500 mg iv q8h", "1 g", "vial", "injection", "500 mg is 0.5 vials of 1 g: not a whole number."),
    ],
)  # fmt: skip
def test_what_does_not_come_out_even_says_so(text: str, strength: str, unit: str, form: str, problem: str) -> None:
    said = wording.directions(line(text), strength=strength, unit=unit, form=form)
    assert said.units == ""
    assert said.problem.startswith(problem), said.problem
    assert said.problem in said.words


@pytest.mark.parametrize(
    ("text", "strength"), [("gentamicin 5 mg/kg iv od", "40 mg/ml"), ("furosemide 40 mg po od", "2 %")]
)
def test_what_cannot_be_counted_stays_as_it_was_ordered(text: str, strength: str) -> None:
    said = wording.directions(line(text), strength=strength, unit="ampoule", form="injection")
    assert (said.units, said.problem) == ("", "")
    assert said.words.startswith(("5 mg/kg", "40 mg"))


@pytest.mark.parametrize(
    ("said", "strength", "same"),
    [
        ("10 mg/5 ml", "10 mg/5 ml", True),
        ("10 mg/5 ml", "2 mg/ml", True),
        ("10 mg/5 ml", "100 mg/5 ml", False),
        ("50 %", "500 mg/ml", True),
        ("50 %", "5%", False),
        ("100 micrograms", "100 micrograms/dose", True),
        ("100 micrograms", "0.2 mg", False),
        ("30/500", "30 mg/500 mg", True),
        ("30/500", "8 mg/500 mg", False),
        ("30/500", "500 mg", None),
        ("10 mg/5 ml", "10 mg", None),
        ("10 mg/5 ml", "strong", None),
        ("100 units/ml", "300 units/ml", False),
    ],
)
def test_the_strength_that_an_order_names(said: str, strength: str, same: bool | None) -> None:
    assert rules.is_strength_said(said, strength) is same


@pytest.mark.parametrize("strength", ["100 mg/5 ml", "strong"])
def test_another_strength_than_the_order_names_is_no_product_of_it(strength: str) -> None:
    """Five millilitres of the concentrate are ten times the dose."""
    asked = line("morphine 5 ml of 10 mg/5 ml po q4h")

    def fits(of: str) -> bool:
        return rules.is_as_ordered(asked, strength=of, form="oral solution", unit="ml", routes=("oral",))

    assert fits("10 mg/5 ml")
    assert not fits(strength)


def test_a_label_does_not_count_out_another_strength() -> None:
    asked = line("morphine 5 ml of 10 mg/5 ml po q4h")
    said = wording.directions(asked, strength="100 mg/5 ml", unit="ml", form="oral solution")
    assert (said.units, said.problem) == ("", "The order is of 10 mg/5 ml, this is 100 mg/5 ml: it is another dose.")
    assert said.words.startswith("Dose 5 ml, of 10 mg/5 ml, oral")
    same = wording.directions(asked, strength="2 mg/ml", unit="ml", form="oral solution")
    assert same.words.startswith("Take 5 ml")
