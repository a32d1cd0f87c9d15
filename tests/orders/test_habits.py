"""Lines as ward doctors write them: what has one safe meaning is read, what has not is asked, and a choice that is offered
answers its question.
"""

import pytest

from tests.client import Client
from tests.mar.bedside import bed, order
from tests.orders.typed import TABLE, read_as
from wardline.orders import entry


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("paracetamol 1 g po qds prn q6h", "1 g - oral - every 6 hours - as needed"),
        ("paracetamol 1 g po qds/prn", "1 g - oral - 4 times a day - as needed"),
        ("paracetamol 1 g po qds (prn)", "1 g - oral - 4 times a day - as needed"),
        ("paracetamol 1 g po qds prn 4-6 hourly max 3 g",
         "1 g - oral - every 4 to 6 hours - as needed - at most 3 g in 24 hours"),
        ("amoxicillin 500 mg po tds q8h", "500 mg - oral - every 8 hours"),
        ("paracetamol 1 g po up to four times daily as required", "1 g - oral - as needed - at most 4 g in 24 hours"),
        ("paracetamol 1 g po prn max 4x/day", "1 g - oral - as needed - at most 4 g in 24 hours"),
        ("amoxicillin po tds max 4 g 1-2 tabs", "1 to 2 tablets - oral - 3 times a day - at most 4 g in 24 hours"),
        ("paracetamol 1 g po q4-6hrs prn, max 4g daily",
         "1 g - oral - every 4 to 6 hours - as needed - at most 4 g in 24 hours"),
        ("ibuprofen 400 mg po tds max 1.2 g daily", "400 mg - oral - 3 times a day - at most 1.2 g in 24 hours"),
        ("hydromorphone 0.2-0.4 mg iv q3h prn severe pain",
         "0.2 to 0.4 mg - intravenous - every 3 hours - as needed for severe pain"),
        ("morphine 2.5-5 mg sc q1h prn pain or breathlessness",
         "2.5 to 5 mg - subcutaneous - every hour - as needed for pain or breathlessness"),
        ("oxycodone 5 mg po q4h prn for pain immediate release",
         "5 mg - immediate release - oral - every 4 hours - as needed for pain"),
        ("paracetamol 1 g q6h prn for fever oral", "1 g - oral - every 6 hours - as needed for fever"),
        ("nystatin 1 ml po prn for oral thrush qds", "1 ml - oral - 4 times a day - as needed for oral thrush"),
        ("salbutamol 2.5-5 mg nebs prn max qds", "2.5 to 5 mg - inhaled - 4 times a day - as needed"),
        ("prednisolone 80 mg od alt days", "80 mg - oral - every 2 days"),
        ("levothyroxine 50 mcg every other day", "50 micrograms - oral - every 2 days"),
        ("melatonin 3 mg po qhs", "3 mg - oral - at night"),
        ("chlordiazepoxide 20 mg qds for 2 days then 15 mg qds for 2 days then 10 mg qds for 2 days",
         "20 mg for 2 days, then 15 mg for 2 days, then 10 mg for 2 days - oral - 4 times a day"),
        ("diazepam 5 mg tds for 2 days then 2 mg tds for 2 days po prn",
         "5 mg for 2 days, then 2 mg for 2 days - oral - 3 times a day - as needed"),
        ("prednisolone 40 mg x 3d, 30 mg x 3d, 20 mg x 3d od",
         "40 mg for 3 days, then 30 mg for 3 days, then 20 mg for 3 days - oral - once a day"),
    ],
)  # fmt: skip
def test_what_has_one_meaning_is_read(typed: str, words: str) -> None:
    assert read_as(typed) == words


@pytest.mark.parametrize(
    ("typed", "choice", "words"),
    [
        ("paracetamol 1 g po qds prn 4-6 hourly", "at most 4 doses in 24 hours",
         "1 g - oral - every 4 to 6 hours - as needed - at most 4 g in 24 hours"),
        ("paracetamol 1 g po tds prn q12h", "at most 2 doses in 24 hours",
         "1 g - oral - every 12 hours - as needed - at most 2 g in 24 hours"),
        ("paracetamol 1 g po qds 4-6 hourly", "every 6 hours", "1 g - oral - every 6 hours"),
        ("paracetamol 1 g po qds 4-6 hourly", "as needed at most 4 doses in 24 hours",
         "1 g - oral - every 4 to 6 hours - as needed - at most 4 g in 24 hours"),
        ("paracetamol 1 g po q4-6h prn max 4/24", "at most 4 doses in 24 hours",
         "1 g - oral - every 4 to 6 hours - as needed - at most 4 g in 24 hours"),
        ("ibuprofen 200 mg po q6h prn max 4/24", "at most 4 doses in 24 hours",
         "200 mg - oral - every 6 hours - as needed - at most 800 mg in 24 hours"),
        ("morphine 2 mg iv q5min prn max 10 mg", "once only",
         "2 mg - intravenous - once only - as needed - at most 10 mg in 24 hours"),
        ("furosemide 40 mg po stat od", "once a day", "40 mg - oral - once a day"),
        ("furosemide 40 mg po bd at night", "twice a day", "40 mg - oral - twice a day"),
        ("furosemide 40 mg po bd every 2 days", "every 2 days", "40 mg - oral - every 2 days"),
        ("methotrexate 10 mg po od", "once a week", "10 mg - oral - once a week"),
        ("methotrexate 10 mg po weekly od", "once a week", "10 mg - oral - once a week"),
        ("methotrexate 10 mg po alt days", "once a week", "10 mg - oral - once a week"),
        ("methotrexate 10 mg po q12h", "once a week", "10 mg - oral - once a week"),
        ("paracetamol once 500 mg po q6h", "once only", "500 mg - oral - once only"),
        ("paracetamol 500 mg 1-2 tabs po q6h prn", "500 to 1,000 mg",
         "500 to 1,000 mg - oral - every 6 hours - as needed"),
        ("paracetamol 500 mg tabs 2 po qds", "1,000 mg", "1,000 mg - oral - 4 times a day"),
        ("prednisolone 15 mg od reducing by 5 mg every 3 days",
         "15 mg for 3 days then 10 mg for 3 days then 5 mg for 3 days",
         "15 mg for 3 days, then 10 mg for 3 days, then 5 mg for 3 days - oral - once a day"),
        ("prednisolone 40 mg od 5/7 then reduce by 15 mg weekly",
         "40 mg for 5 days then 25 mg for 7 days then 10 mg for 7 days",
         "40 mg for 5 days, then 25 mg for 7 days, then 10 mg for 7 days - oral - once a day"),
        ("oxycodone 5-10 mg po q4h prn pain", "immediate release",
         "5 to 10 mg - immediate release - oral - every 4 hours - as needed for pain"),
    ],
)  # fmt: skip
def test_a_choice_that_is_offered_answers_its_question(typed: str, choice: str, words: str) -> None:
    questions = entry.read(typed, TABLE).questions
    assert choice in [each for question in questions for each in question.choices]
    assert read_as(f"{typed} {choice}") == words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("hydrocortisone 5 mg po mane 2.5 mg nocte", 'the whole line for each of "5 mg mane", "2.5 mg nocte"'),
        ("prednisolone 20 mg od x 400d, 10 mg od x 5d", "Each step needs a dose and 1 to 366 days"),
        ("prednisolone 40 mg od x 0d, 30 mg od x 5d, 20 mg od x 5d", "Each step needs a dose and 1 to 366 days"),
        ("prednisolone 40 mg od for 5 days then 30 mg od for 0 days then 20 mg od for 5 days", "Each step needs"),
        (f"prednisolone {', '.join(f'{dose} mg x 1d' for dose in range(22, 0, -1))} od", "keeps 20 steps at most"),
        (
            "prednisolone 5 mg tablets 40 mg od reducing by 2.5 mg every 3 days",
            "write each step with its dose and days",
        ),
        ("prednisolone 40 mg od reducing by 5 mg every 3 days to 20 mg", "write each step with its dose and days"),
        ("lorazepam 0.5-1 mg iv stat then 0.5 mg q5min max 2 mg", 'write "0.5 mg q5min max 2 mg" in a line of its own'),
        ("paracetamol 1 g po qds prn 4-6 hourly max 8 g", "Keep one of them"),
        ("paracetamol 15 mg/kg po qds prn 4-6 hourly", "Keep one of them"),
        ("chlordiazepoxide 20 mg qds for 2 days then 10 mg bd for 2 days", "one frequency for all its steps"),
        ("prednisolone 30 mg od for 10 days reducing by 5 mg every 2 days", "write each step"),
        ("lorazepam 1 mg po q6h prn the shakes", 'Not understood: "shakes"'),
    ],
)
def test_what_an_order_cannot_keep_is_said(typed: str, words: str) -> None:
    read = entry.read(typed, TABLE)
    assert words in " ".join(question.words for question in read.questions)


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("paracetamol 500 mg tabs 1-2 po q4-6h prn max 8/24", ("at most 4,000 mg in 24 hours",)),
        ("paracetamol 500 mg 2 tabs po qds prn max 8/24", ("at most 4,000 mg in 24 hours",)),
        ("temazepam 10 mg po nocte prn max 10/24", ("at most 10 mg in 24 hours",)),
        ("oxazepam 10 mg po tds prn max 30/24", ("at most 30 mg in 24 hours",)),
        ("paracetamol 1 g po q24h prn max 1/24", ("at most 1 dose in 24 hours", "at most 1 g in 24 hours")),
        ("ibuprofen 400 mg po tds prn max 6/24", ()),
    ],
)
def test_no_more_is_offered_than_the_line_can_mean(typed: str, choices: tuple[str, ...]) -> None:
    assert [question.choices for question in entry.read(typed, TABLE).questions if question.field == "day_max"] == [
        choices
    ]


def test_eight_tablets_are_not_eight_doses() -> None:
    typed = "paracetamol 500 mg tabs 1-2 po q4-6h prn max 8/24 500 to 1,000 mg"
    assert not entry.read(f"{typed} at most 8 doses in 24 hours", TABLE).complete
    words = "500 to 1,000 mg - oral - every 4 to 6 hours - as needed - at most"
    assert read_as(f"{typed} at most 4,000 mg in 24 hours") == f"{words} 4,000 mg in 24 hours"
    assert read_as(f"{typed} max 4 g") == f"{words} 4 g in 24 hours"


@pytest.mark.parametrize("typed", ["furosemide 40 mg po stat once a day", "furosemide 40 mg po bd at night"])
def test_a_line_that_was_not_asked_about_yet_is_not_taken_for_an_answer(typed: str) -> None:
    assert [question.field for question in entry.read(typed, TABLE).questions] == ["often"]


async def test_the_offered_reading_is_signed_and_kept(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "paracetamol 1 g po qds prn 4-6 hourly at most 4 doses in 24 hours")
    assert {"every 4 to 6 hours", "as needed", "at most 4 g in 24 hours"} <= set(made["parts"])
