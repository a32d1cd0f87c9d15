"""Ranges in a line of entry: read where they mean something, asked about in words where they do not, never misread."""

import pytest

from tests.client import Client
from tests.mar.bedside import bed, chart, give, needed, order, scans, stat
from tests.orders.typed import TABLE, read_as
from wardline.orders import entry, lines


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("paracetamol 1 g po 4-6 hourly prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po q4-6h prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po q 4 - 6 h prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po q4h-q6h prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po 4hrly-6hrly prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po 4–6 hrly if required", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po every four to six hours prn", "1 g - oral - every 4 to 6 hours - as needed"),
        ("paracetamol 1 g po prn for pain every 4 to 6 hours max 4 g",
         "1 g - oral - every 4 to 6 hours - as needed for pain - at most 4 g in 24 hours"),
        ("diazepam 2-5 mg iv every 1-2 days prn", "2 to 5 mg - intravenous - every 1 to 2 days - as needed"),
        ("cyanocobalamin 1 mg im every 4-6 weeks prn", "1 mg - intramuscular - every 28 to 42 days - as needed"),
        ("cyanocobalamin 1 mg im every 4-6 weeks every 42 days", "1 mg - intramuscular - every 42 days"),
        ("paracetamol 1 g po q1h prn", "1 g - oral - every hour - as needed"),
        ("ibuprofen 400 mg po bd-tds prn", "400 mg - oral - 3 times a day - as needed"),
        ("cyclizine 50 mg iv up to tds prn", "50 mg - intravenous - 3 times a day - as needed"),
        ("ibuprofen 400 mg po once or twice daily prn", "400 mg - oral - twice a day - as needed"),
        ("paracetamol 500 mg-1 g po qds", "500 to 1,000 mg - oral - 4 times a day"),
        ("paracetamol 500mg – 1g po qds", "500 to 1,000 mg - oral - 4 times a day"),
        ("ondansetron 4mg to 8mg iv q8h", "4 to 8 mg - intravenous - every 8 hours"),
        ("paracetamol 1 or 2 tablets po qds", "1 to 2 tablets - oral - 4 times a day"),
        ("co-codamol 30/500 1-2 tabs po 4-6 hourly prn max 8 tabs",
         "1 to 2 tablets - of 30/500 - oral - every 4 to 6 hours - as needed - at most 8 tablets in 24 hours"),
        ("gentamicin 5-7 mg/kg iv od", "5 to 7 mg/kg - intravenous - once a day"),
        ("noradrenaline 0.05-0.5 mcg/kg/min iv", "0.05 to 0.5 micrograms/kg/min - intravenous"),
        ("noradrenaline 0.05 µg/kg/min to 0.5 µg/kg/minute iv", "0.05 to 0.5 micrograms/kg/min - intravenous"),
        ("noradrenaline 50 mcg-0.1 mg/min iv", "50 to 100 micrograms/min - intravenous"),
        ("insulin human 1-10 units/hour iv", "1 to 10 units/h - intravenous"),
        # What must be one number, where the rest of the line says which.
        ("paracetamol 1 g po every 4 to 6 hours every 6 hours", "1 g - oral - every 6 hours"),
        ("amoxicillin 500 mg po tds 5-7 days for 7 days", "500 mg - oral - 3 times a day - for 7 days"),
        ("furosemide 40 mg iv once over 5-10 min over 10 minutes", "40 mg - intravenous - once only - over 10 minutes"),
    ],
)  # fmt: skip
def test_a_range_is_read_where_it_means_something(typed: str, words: str) -> None:
    assert read_as(typed) == words


@pytest.mark.parametrize(
    ("typed", "field", "choice"),
    [
        ("paracetamol 1 g po every 4 to 6 hours", "often", "every 6 hours"),
        ("amoxicillin 500 mg po 8-12 hourly", "often", "every 8 hours"),
        ("ibuprofen 400 mg po 3-4 times a day", "often", "3 times a day"),
        ("ibuprofen 400 mg po tds or qds", "often", "4 times a day"),
        ("cyclizine 50 mg iv up to tds", "often", "as needed"),
        ("paracetamol 1 g po 6-4 hourly prn", "often", None),
        ("paracetamol 1 g po q4-6 prn", "often", "every 4 to 6 hours"),
        ("paracetamol 1 g po 4-6h prn", "often", "every 4 to 6 hours"),
        ("paracetamol 1 g po 4/6 hourly prn", "rest", None),
        ("fentanyl 25-50 micrograms iv every 5-10 minutes prn", "often", None),
        ("midazolam 1-2 mg iv every 5 minutes prn", "often", None),
        ("amoxicillin 500 mg po tds 5-7 days", "days", "for 7 days"),
        ("furosemide 40 mg iv stat over 5-10 min", "over_minutes", "over 10 minutes"),
        ("paracetamol 1 g po qds prn max 3-4 g", "day_max", "at most 3 g in 24 hours"),
        ("ondansetron 4 or 8 mg iv bd", "amount", "8 mg"),
        ("ibuprofen 400-200 mg po tds", "amount", None),
        ("paracetamol 500-1 g po qds", "amount", None),
        ("paracetamol 500 mg-2 tablets po qds", "amount", None),
        ("paracetamol 500 mg up to 1 g po qds", "amount", "500 mg to 1 g"),
        ("noradrenaline 0.05-0.5 iv", "amount", "0.05-0.5 mg"),
        ("fentanyl 12-25 micrograms/h patch every 3 days", "amount", "25 micrograms/h patch"),
        ("cyanocobalamin 1 mg im every 4-6 weeks", "often", "every 42 days"),
        ("cyanocobalamin 1 mg im every 2-3 months", "rest", None),
        ("noradrenaline 0.05 mcg/kg/min - 0.5 mg/h iv", "amount", None),
        ("furosemide 20-40-80 mg iv od", "amount", None),
        ("prednisolone 5-10 mg for 5 days then 5 mg for 5 days", "rest", None),
    ],
)
def test_a_range_that_may_mean_two_things_is_asked_about(typed: str, field: str, choice: str | None) -> None:
    questions = {question.field: question for question in entry.read(typed, TABLE).questions}
    assert field in questions
    if choice is not None:
        assert choice in questions[field].choices


@pytest.mark.parametrize(
    "typed", ["cyanocobalamin 1 mg im every 2-3 months", "amoxicillin 500 mg po tds for 24-48 hours"]
)
def test_months_and_lengths_are_not_offered_as_hours_between_doses(typed: str) -> None:
    choices = [choice for question in entry.read(typed, TABLE).questions for choice in question.choices]
    assert not [choice for choice in choices if choice.startswith("every ")]


def test_the_checks_count_with_the_shorter_interval_and_the_larger_dose() -> None:
    seen = lines.considered(entry.read("paracetamol 500 mg-1 g po q4-6h prn", TABLE).line, TABLE)
    assert (seen.dose, seen.day_total, seen.unit) == (1000, 6000, "mg")


async def test_the_shorter_interval_is_kept_between_two_doses(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "salbutamol 2.5-5 mg neb 4-6 hourly prn for wheeze")
    assert "every 4 to 6 hours" in made["parts"]
    assert (await needed(client, at, made, amount=5)).status_code == 200
    again = await needed(client, at, made, amount=5)
    assert (again.status_code, again.json()["code"]) == (422, "too_soon")
    assert "At least 4 hours between doses" in again.text
    page = await client.get(f"{at.path}/medicines", as_="nurse_a", headers={"accept": "text/html"})
    assert "every 4 to 6 hours" in page.text
    [shown] = (await chart(client, at))["as_needed"]
    assert shown["can_give"] is False


async def test_an_infusion_runs_within_its_range_of_rates(client: Client) -> None:
    at = await bed(client)
    dose = await stat(client, at, "noradrenaline 0.05-0.5 mcg/kg/min iv")
    faster = await give(client, dose, scans(at, dose, route_checked=True, rate=0.6, dose_checked=True))
    assert faster.status_code in {409, 422}, faster.text
    running = await give(client, dose, scans(at, dose, route_checked=True, rate=0.2))
    assert running.status_code == 200, running.text
    assert (running.json()["rate"], running.json()["rate_unit"]) == (0.2, "micrograms/kg/min")
