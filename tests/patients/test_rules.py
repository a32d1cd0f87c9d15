from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.patients import rules

TODAY = date(2026, 11, 24)
NAMES = st.text(st.characters(codec="utf-8", max_codepoint=0x24F), max_size=30)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Smith-Jones", "smith jones"),
        ("  Łukasz   Żółć ", "lukasz zolc"),
        ("Müßig", "mussig"),
        ("Ångström", "angstrom"),
        ("Æbelø", "aebelo"),
        ("Никита", "никита"),
        ("", ""),
    ],
)
def test_plain(typed: str, expected: str) -> None:
    assert rules.plain(typed) == expected


@given(NAMES)
def test_plain_is_stable(name: str) -> None:
    assert rules.plain(rules.plain(name)) == rules.plain(name)
    assert rules.plain(name.upper()) in (rules.plain(name), rules.plain(name.upper().lower()))


@pytest.mark.parametrize(
    ("family", "given_name", "key"),
    [
        ("van der Berg", "Anna", "vanderberg anna"),
        ("Mac Donald", "Ewan", "macdonald ewan"),
        ("O Neill", "Sean", "oneill sean"),
        ("Le", "Van", "le van"),
        ("García Márquez", "José María", "garcia marquez jose maria"),
    ],
)
def test_search_key(family: str, given_name: str, key: str) -> None:
    assert rules.search_key(family, given_name) == key


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Catriona", "Katrina"),
        ("MacDonald", "McDonald"),
        ("Stephen", "Steven"),
        ("Geoffrey", "Jeffrey"),
        ("Smith", "Smyth"),
        ("Christine", "Kristine"),
        ("Knight", "Night"),
        ("Leigh", "Lee"),
    ],
)
def test_names_that_sound_alike(first: str, second: str) -> None:
    assert rules.sound_of(first) == rules.sound_of(second)


@pytest.mark.parametrize(("first", "second"), [("Smith", "Jones"), ("Anna", "Peter"), ("Mary", "Martin")])
def test_names_that_do_not_sound_alike(first: str, second: str) -> None:
    assert rules.sound_of(first) != rules.sound_of(second)


@given(NAMES, NAMES)
def test_similarity_is_symmetric_and_bounded(first: str, second: str) -> None:
    likeness = rules.similarity(first, second)
    assert 0 <= likeness <= 1
    assert abs(likeness - rules.similarity(second, first)) < 0.1
    assert rules.similarity(first, first) == 1


def test_similarity_as_published() -> None:
    assert rules.similarity("martha", "marhta") == pytest.approx(0.9611, abs=1e-4)
    assert rules.similarity("dixon", "dicksonx") == pytest.approx(0.8133, abs=1e-4)


@given(st.integers(0, 899_999_999))
def test_network_number_has_its_check_digit(serial: int) -> None:
    number = rules.network_number(serial)
    assert number is None or rules.is_network_number(number)


@given(st.integers(0, 899_999_999), st.integers(0, 9), st.integers(1, 9))
def test_network_number_finds_every_wrong_digit(serial: int, place: int, more: int) -> None:
    number = rules.network_number(serial)
    if number is not None:
        wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
        assert not rules.is_network_number(wrong)


def test_network_numbers_differ() -> None:
    numbers = [rules.network_number(serial) for serial in range(20_000)]
    kept = [number for number in numbers if number]
    assert len(set(kept)) == len(kept) > 18_000


@pytest.mark.parametrize("phone", ["07700 900318", "+44 7700 900318", "0044 7700-900318"])
def test_phone_digits_are_the_same_however_dialled(phone: str) -> None:
    assert rules.phone_digits(phone) == "700900318"


@given(st.integers(0, 120), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_estimated_birth_date_is_past_and_near(age: int, today: date) -> None:
    born = rules.estimated_birth_date(age, today)
    assert born <= today
    assert abs(rules.age_years(born, today) - age) <= 1


def test_birth_date_fault() -> None:
    assert rules.birth_date_fault(date(2026, 11, 25), TODAY)
    assert rules.birth_date_fault(date(1890, 1, 1), TODAY)
    assert rules.birth_date_fault(TODAY, TODAY) == ""


def test_names_as_shown() -> None:
    assert rules.capitals("Patel") == "PATEL"
    assert rules.capitals("McDonald") == "McDONALD"
    assert rules.unknown_given_name("male", 40) == "Male, about 40"
    assert rules.unknown_given_name("unknown", None) == "Person"


@pytest.mark.parametrize("name", ["", "  ", "-", "Smith\u202e", "Sm\x00ith"])
def test_a_family_name_can_be_read(name: str) -> None:
    assert "family" in rules.name_faults(name, "Ann")


@pytest.mark.parametrize("name", ["O'Brien", "李", "نرگس\u200cزاده", "van der Berg"])
def test_names_of_any_script_are_names(name: str) -> None:
    assert rules.name_faults(name, "Ann") == {}


def test_look_alikes_count_the_others() -> None:
    names = [("MacDonald", "Catriona"), ("McDonald", "Katrina"), ("Smith", "Ann"), ("Macdonald", "Catriona Jane")]
    assert rules.look_alikes(names) == [2, 2, 0, 2]


@pytest.mark.parametrize(
    ("shown", "typed", "parts"),
    [
        ("MACDONALD", ("macd",), ("", "MACD", "ONALD")),
        ("Catriona Jane", ("jan",), ("Catriona ", "Jan", "e")),
        ("O'BRIEN", ("obr",), ("", "O'BR", "IEN")),
        ("SMITH", ("jo",), ("SMITH", "", "")),
        ("MÜLLER", ("mul",), ("", "MÜL", "LER")),
    ],
)
def test_matched_part(shown: str, typed: tuple[str, ...], parts: tuple[str, str, str]) -> None:
    assert rules.matched_part(shown, typed) == parts


@given(NAMES, NAMES)
def test_matched_part_loses_nothing(shown: str, typed: str) -> None:
    assert "".join(rules.matched_part(shown, (rules.plain(typed).replace(" ", ""),))) == shown
