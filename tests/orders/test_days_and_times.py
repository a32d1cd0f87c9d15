"""Days of the week and times of the day in a line of entry: what is kept, what is asked, and what is never taken for a time."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.orders import drugs, entry, external, lines
from wardline.orders.lines import WEEKDAYS, MedicineLine, hours_apart

TABLE = drugs.load()
MIDWEEK = ("mon", "wed", "fri")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("methotrexate 10 mg po weekly on monday", "once a week on Monday"),
        ("methotrexate 10 mg po once a week on Mondays", "once a week on Monday"),
        ("methotrexate 10 mg weekly mon", "once a week on Monday"),
        ("methotrexate 10 mg po od on mondays", "once a week on Monday"),
        ("methotrexate 10 mg po on monday once a week", "once a week on Monday"),
        ("methotrexate 10 mg po every monday at 18:00", "once a week on Monday at 18:00"),
        ("methotrexate 10 mg po every 2 weeks on monday", "every 14 days on Monday"),
        ("alendronic acid 70 mg po sundays mane", "once a week on Sunday, in the morning"),
        ("alendronic acid 70 mg po 1x/week on Sun", "once a week on Sunday"),
        ("co-trimoxazole 960 mg po mon wed fri", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po od mon/wed/fri", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po MWF", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po bd sat and sun", "twice a day on Saturday and Sunday"),
        ("co-trimoxazole 960 mg po bd at weekends", "twice a day on Saturday and Sunday"),
        ("co-trimoxazole 960 mg po bd at the weekend", "twice a day on Saturday and Sunday"),
        ("furosemide 40 mg po on weekday", "once a day on Monday, Tuesday, Wednesday, Thursday and Friday"),
        ("furosemide 40 mg po every weekday except wed", "once a day on Monday, Tuesday, Thursday and Friday"),
        (
            "co-trimoxazole 960 mg po 3x/week on Monday, Wednesday & Friday",
            "once a day on Monday, Wednesday and Friday",
        ),
        ("co-trimoxazole 960 mg po M/W/F", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po Mon-Wed-Fri", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po od mon to wed and fri", "once a day on Monday, Tuesday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po od 3 days a week mon wed fri", "once a day on Monday, Wednesday and Friday"),
        ("co-trimoxazole 960 mg po bd on sundays", "twice a day on Sundays"),
        (
            "co-trimoxazole 960 mg po od 5/7 mon-fri for 5 days",
            "once a day on Monday, Tuesday, Wednesday, Thursday and Friday",
        ),
        ("folic acid 5 mg po od weekdays except wed", "once a day on Monday, Tuesday, Thursday and Friday"),
        (
            "folic acid 5 mg po daily except sat and sundays",
            "once a day on Monday, Tuesday, Wednesday, Thursday and Friday",
        ),
        ("co-trimoxazole 960 mg po nocte mon wed fri", "on Monday, Wednesday and Friday, at night"),
        ("furosemide 40 mg po mon-fri", "once a day on Monday, Tuesday, Wednesday, Thursday and Friday"),
        ("furosemide 40 mg po od fri to mon", "once a day on Monday, Friday, Saturday and Sunday"),
        ("furosemide 40 mg po od mon tue wed thu fri sat sun", "once a day"),
        ("fentanyl 25 micrograms/h patch mon wed fri", "once a day on Monday, Wednesday and Friday"),
        ("vancomycin 1 g iv bd at 10:00 and 22:00", "twice a day at 10:00 and 22:00"),
        ("vancomycin 1 g iv bd at 1000 & 2200", "twice a day at 10:00 and 22:00"),
        ("vancomycin 1 g iv q12h (0900, 2100)", "twice a day at 09:00 and 21:00"),
        ("vancomycin 1 g iv bd 8:00 AM/8:00 PM", "twice a day at 08:00 and 20:00"),
        ("vancomycin 1 g iv bd at 8:00, 20:00, 5 days", "twice a day at 08:00 and 20:00"),
        ("vancomycin 1 g iv bd at 9 & 21 for 5/7", "twice a day at 09:00 and 21:00"),
        ("meropenem 1 g iv tds @ 0600/1400/2200", "3 times a day at 06:00, 14:00 and 22:00"),
        ("meropenem 1 g iv tds at 06:00 14:00 22:00 x 3 days", "3 times a day at 06:00, 14:00 and 22:00"),
        ("vancomycin 1 g iv 12 hourly at 10:00 and 22:00", "twice a day at 10:00 and 22:00"),
        ("amoxicillin 500 mg po every 8 hours at 6, 14 and 22", "3 times a day at 06:00, 14:00 and 22:00"),
        ("warfarin 3 mg po od 18:00", "once a day at 18:00"),
        ("warfarin 3 mg po od 6 pm", "once a day at 18:00"),
        ("warfarin 3 mg po od at 6 at 18:00", "once a day at 18:00"),
        ("prednisolone 5 mg po od 0800", "once a day at 08:00"),
        ("prednisolone 5 mg po od 1800 hrs", "once a day at 18:00"),
        ("prednisolone 5 mg po od 12 noon", "once a day at 12:00"),
        ("paracetamol 1 g po qds at 6, 12, 18 and 24", "4 times a day at 00:00, 06:00, 12:00 and 18:00"),
        ("co-careldopa 100 mg po at 7, 10, 13, 16 and 19h", "5 times a day at 07:00, 10:00, 13:00, 16:00 and 19:00"),
        ("insulin glargine 20 units sc nocte 22:00", "once a day at 22:00"),
        ("insulin glargine 20 units sc od at midnight", "once a day at 00:00"),
    ],
)
def test_what_is_kept(typed: str, words: str) -> None:
    read = entry.read(typed, TABLE)
    assert (read.questions, lines.often_words(read.line)) == ([], words)
    assert entry.read(lines.text(read.line), TABLE).line == read.line


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("methotrexate 10 mg po on monday", "Every Monday?"),
        ("artesunate 120 mg iv at 0, 12 and 24 h", "One time of day is said twice"),
        ("methotrexate 10 mg po od monday", "Every Monday?"),
        ("methotrexate 10 mg po mon wed fri", "Methotrexate is given once a week, on one day of it."),
        ("methotrexate 10 mg po bd on mondays", "Methotrexate is given once a week, on one day of it."),
        ("methotrexate 10 mg po weekly mon thu", "Once a week, or on Monday and Thursday?"),
        ("methotrexate 10 mg po every other monday", 'Not understood: "every other".'),
        ("co-trimoxazole 960 mg po three times a week", '"3 times a week": on which days?'),
        (
            "co-trimoxazole 960 mg po twice a week mon wed fri",
            '"twice a week": and Monday, Wednesday and Friday: which of both?',
        ),
        ("furosemide 40 mg po every 2 days on monday", "Every 2 days, or on Monday?"),
        ("furosemide 40 mg po stat on monday", "One dose only has no days of the week"),
        ("furosemide 40 mg iv once only at 18:00", "One dose only has no days of the week and no times of day"),
        ("paracetamol 1 g po prn max 4 g at 8:00", "A medicine as needed has no days"),
        ("prednisolone 40 mg for 5 days then 30 mg for 5 days mon wed fri", "Steps have no days of the week"),
        ("warfarin 3 mg po bd at 18:00", "Twice a day, and 1 time of day (18:00)"),
        ("warfarin 3 mg po od at 6", "At 06:00, or at 18:00?"),
        ("warfarin 3 mg po od 6:00", "At 06:00, or at 18:00?"),
        ("furosemide 40 mg po bd at 8:00 and 2:00", "before noon, or after it? Write each as"),
        ("co-careldopa 100 mg po tds at 7, 11, 4", "before noon, or after it? Write each as"),
        ("potassium chloride 20 mmol iv in 1 litre saline at 10:00", "How often?"),  # not every day, unless it says so
        ("paracetamol 1 g po at 8 hours", "At 08:00, or at 20:00?"),
        ("paracetamol 1 g po at 6 h intervals", 'Not understood: "intervals"'),
        ("gentamicin 80 mg iv tds at 8, 14 and 3 days", "Not understood"),
        ("salbutamol 5 mg neb bd 8 am - 10 pm", "Not understood"),
        ("insulin aspart 5 units sc 1:30", 'Not understood: "1:30".'),
        ("co-trimoxazole 960 mg po od 5/7 mon-fri", "in every week, or for 5 days?"),
        ("furosemide 40 mg po od 5 days a week", '"5 days a week": on which days?'),
        ("fentanyl 25 micrograms/h patch mon thu", "A patch of fentanyl is worn for 2 to 3 days"),  # and four days once
        ("fentanyl 25 micrograms/h patch mon tue fri", "A patch of fentanyl is worn for 2 to 3 days"),
        ("ramipril 5 mg po od mon tue except mon to wed", "On no day of the week?"),
        ("methotrexate 10 mg po weekly except monday", "Once a week, or on Tuesday, Wednesday"),
        ("warfarin 3 mg po at 13 pm", 'Not understood: "pm".'),
        ("warfarin 3 mg po at 25:00", 'Not understood: "at 25:00".'),
        ("insulin glargine 20 units sc mane at 22:00", "In the morning, or at 22:00?"),
        ("methotrexate 10 mg po weekly at 8:00 and 20:00", "Every 7 days, and 2 times of day"),
        ("amoxicillin 500 mg po every 8 hours at 06:00", "Every 8 hours counts from the first dose"),
        ("amoxicillin 500 mg po tds from 18:00", '"from 18:00": an order begins when it is signed'),
        ("amoxicillin 500 mg po tds until friday", '"until friday": an order begins when it is signed'),
    ],
)
def test_what_does_not_fit_is_asked(typed: str, asked: str) -> None:
    assert asked in " ".join(question.words for question in entry.read(typed, TABLE).questions)


@pytest.mark.parametrize(
    "typed",
    [
        "digoxin 0125 micrograms po od",
        "amlodipine 5 am",
        "dobutamine 5 micrograms/kg/min iv at 5 ml/h",
        "adrenaline 1:1000 0.5 ml im stat",
        "adrenaline 1 mg iv 1:10000 stat",
        "insulin aspart 1:10 sc",
        "insulin aspart 1:15 sc",
        "vitamin d 1000 units od",
        "heparin 1000 units/h iv",
        "colecalciferol 1000 od",
        "amoxicillin 500 mg po q 8h",
        "vancomycin 1 g iv bd at 10 mg/min",
        "oxygen 2 litres inhaled target sats 94-98",
        "paracetamol 1 g po at most 4 g in 24 hours prn",
    ],
)
def test_what_is_never_taken_for_a_day_or_a_time(typed: str) -> None:
    read = entry.read(typed, TABLE)
    assert (read.line.weekdays, read.line.clocks) == ((), ())


@pytest.mark.parametrize(("often", "words"), [("tds", "3 times a day on Sundays"), ("od", "once a week on Sunday")])
def test_how_often_on_one_day_is_completed_by_its_answer(often: str, words: str) -> None:
    typed = f"amoxicillin 500 mg po {often} sun"
    (question,) = entry.read(typed, TABLE).questions
    assert (question.words, question.choices) == ("Every Sunday?", ("on sundays",))
    read = entry.read(f"{typed} on sundays", TABLE)
    assert (read.questions, lines.often_words(read.line)) == ([], words)


def test_the_answer_to_once_a_week_completes_the_line() -> None:
    typed = "methotrexate 10 mg po monday"
    (question,) = entry.read(typed, TABLE).questions
    read = entry.read(f"{typed} {question.choices[0]}", TABLE)
    assert (read.questions, read.line.weekdays, read.line.every_hours) == ([], ("mon",), 168)


SOME_DAYS = [days for count in range(1, 7) for days in combinations(WEEKDAYS, count)]
CLOCKS = st.lists(
    st.times().map(lambda at: f"{at:%H:%M}"), min_size=1, max_size=6, unique=True
).map(lambda found: tuple(sorted(found)))  # fmt: skip


@given(st.sampled_from(SOME_DAYS), st.none() | CLOCKS)
def test_what_is_written_reads_back(days: tuple[str, ...], clocks: tuple[str, ...] | None) -> None:
    weekly = len(days) == 1 and len(clocks or "x") == 1
    line = MedicineLine(
        name="furosemide",
        amount=lines.Amount(lines.Decimal(40), "mg"),
        route="oral",
        times_per_day=None if weekly else len(clocks or "x"),
        every_hours=168 if weekly else None,
        weekdays=days,
        clocks=clocks or (),
    )
    read = entry.read(lines.text(line), TABLE)
    assert (read.questions, read.line) == ([], line)


def test_the_least_time_between_two_days() -> None:
    def apart(*days: str, times: int = 1) -> int | None:
        return hours_apart(MedicineLine(name="x", times_per_day=times, weekdays=days))

    assert (apart(*MIDWEEK), apart("mon", "thu"), apart("sun", "mon")) == (48, 72, None)
    assert (apart(*MIDWEEK, times=2), hours_apart(MedicineLine(name="x", every_hours=168))) == (None, 168)


def test_another_program_is_told_in_fhirs_words() -> None:
    told = external._repeat(entry.read("vancomycin 1 g iv bd mon wed fri at 10:00 and 22:00", TABLE).line)  # pyright: ignore[reportPrivateUsage]
    assert told == {
        "frequency": 2,
        "period": 1,
        "periodUnit": "d",
        "dayOfWeek": ["mon", "wed", "fri"],
        "timeOfDay": ["10:00:00", "22:00:00"],
    }
