from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.patients.searching import (
    FOUND_MAX,
    Candidate,
    SearchText,
    date_closeness,
    key_beginnings,
    name_closeness,
    name_pairs,
    ranked,
    read_birth_date,
    read_search,
)

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "words", "born"),
    [
        ("macdonald 14/8/71", ("macdonald",), [date(1971, 8, 14)]),
        ("12/3/56", (), [date(1956, 3, 12)]),
        ("12-Mar-1956", (), [date(1956, 3, 12)]),
        ("12 mar 56 smith", ("smith",), [date(1956, 3, 12)]),
        ("smith 12.3.1956 john", ("smith", "john"), [date(1956, 3, 12)]),
        ("1956-03-12 jones", ("jones",), [date(1956, 3, 12)]),
        ("12031956", (), [date(1956, 3, 12)]),
        ("3/25/56", (), [date(1956, 3, 25)]),
        ("O'Brien 1/2/12", ("obrien",), [date(2012, 2, 1), date(1912, 2, 1)]),
        ("smith 31/2/70", ("smith",), []),
        ("jones 1/1/2030", ("jones",), []),
    ],
)
def test_dates(text: str, words: tuple[str, ...], born: list[date]) -> None:
    wanted = read_search(text, TODAY)
    assert wanted.words == words
    assert list(wanted.born) == born


@pytest.mark.parametrize("text", ["943 476 5919", "9434765919", "patel 943-476-5919"])
def test_network_number(text: str) -> None:
    assert read_search(text, TODAY).network_number == "9434765919"


def test_wrong_check_digit_is_no_network_number() -> None:
    assert read_search("943 476 5918", TODAY).network_number == ""


@pytest.mark.parametrize("text", ["07700 900318", "+44 7700 900318", "(07700) 900-318"])
def test_phone(text: str) -> None:
    assert read_search(text, TODAY).phone == "700900318"


@pytest.mark.parametrize("text", ["NGH0001234", "ngh-0001234", "smith ngh0001234"])
def test_record_number(text: str) -> None:
    wanted = read_search(text, TODAY)
    assert wanted.record_number == "NGH0001234"
    assert wanted.words in ((), ("smith",))


def test_year_alone() -> None:
    assert read_search("smith 1956", TODAY).born_year == 1956


@pytest.mark.parametrize("text", ["", " ", ",", " - ", "'"])
def test_nothing_to_look_for(text: str) -> None:
    assert read_search(text, TODAY).is_empty


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    wanted = read_search(text, TODAY)
    key_beginnings(wanted)
    name_pairs(wanted)
    assert all(day <= TODAY for day in wanted.born)


@given(st.dates(date(1900, 1, 1), TODAY))
def test_every_birth_date_is_read_back(born: date) -> None:
    for text in (f"{born:%d/%m/%Y}", f"{born:%d-%b-%Y}", born.isoformat(), f"{born:%d/%m/%y}"):
        assert born in read_birth_date(text, TODAY) or (born.year < 1926 and "/" in text)


def test_key_beginnings() -> None:
    assert key_beginnings(read_search("van der berg", TODAY)) == ("van der berg", "vanderberg", "berg vander")
    assert key_beginnings(read_search("MacDonald, Catriona", TODAY)) == ("macdonald catriona",)
    assert key_beginnings(read_search("catriona macdonald", TODAY)) == ("catriona macdonald", "macdonald catriona")


def test_name_pairs() -> None:
    assert name_pairs(read_search("smi joh", TODAY)) == (("smi", "joh"), ("joh", "smi"))
    assert name_pairs(read_search("smi", TODAY)) == ()
    assert ("mac", "cat") in name_pairs(read_search("mac cat", TODAY))
    assert name_pairs(read_search("van der Berg, Anna Maria", TODAY)) == (("vanderberg", "anna"),)


def _candidate(number: int, family: str, given_name: str, born: date | None, *, is_ours: bool = True) -> Candidate:
    return Candidate(UUID(int=number), family, given_name, born, is_ours)


def test_rank_prefers_own_then_closest() -> None:
    wanted = read_search("macdonald 14/8/71", TODAY)
    found = [
        _candidate(1, "mcdonald", "katrina", date(1971, 8, 14)),
        _candidate(2, "macdonald", "catriona", date(1971, 4, 14)),
        _candidate(3, "macdonald", "catriona jane", date(1971, 8, 14)),
        _candidate(4, "macdonald", "catriona jane", date(1971, 8, 14), is_ours=False),
    ]
    assert [uuid.int for uuid in ranked(found, wanted)] == [3, 1, 2, 4]


def test_misspelt_is_ranked_by_likeness() -> None:
    wanted = read_search("smiht jonh", TODAY)
    found = [_candidate(1, "smart", "joan", None), _candidate(2, "smith", "john", None)]
    assert ranked(found, wanted)[0].int == 2


def test_typed_order_does_not_matter() -> None:
    for text in ("catriona macdonald", "macdonald catr", "MacDonald, Catr"):
        wanted = read_search(text, TODAY)
        assert name_closeness("macdonald", "catriona", wanted.words, key_beginnings(wanted)) == 1


def test_at_most_so_many_and_each_once() -> None:
    found = [_candidate(number % 30, "smith", "john", None) for number in range(60)]
    order = ranked(found, SearchText(words=("smith",)))
    assert len(order) == FOUND_MAX == len(set(order))


def test_date_closeness() -> None:
    born = date(1971, 8, 4)
    assert date_closeness(born, born) == 1
    assert date_closeness(born, date(1971, 4, 8)) == 0.85
    assert date_closeness(born, date(1972, 8, 4)) == 0.7
    assert date_closeness(born, date(1971, 12, 30)) == 0.4
    assert date_closeness(born, date(1990, 1, 1)) == date_closeness(None, born) == 0
