from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.patients.matching import Description, Likeness, compare

NETWORK = 10_000_000
CATRIONA = Description(
    family="MacDonald",
    given="Catriona",
    born=date(1971, 8, 14),
    sex="female",
    phone="07700 900318",
    postcode="KB4 7QX",
    family_doctor="Kirkbrae Surgery, Dr Muir",
    family_share=3e-4,
    given_share=1e-4,
)
JOHN_SMITH = Description(
    family="Smith", given="John", born=date(1960, 5, 2), sex="male", family_share=0.01, given_share=0.016
)


def changed(base: Description, **fields: object) -> Description:
    return msgspec.structs.replace(base, **fields)


def words(typed: Description, record: Description) -> dict[str, str]:
    return {field.field: field.word for field in compare(typed, record, NETWORK).fields}


def test_the_mock_s_first_match_is_very_likely() -> None:
    record = changed(
        CATRIONA, family="MACDONALD", given="Catriona Jane", postcode="KB1 2DL", family_doctor="Kirkbrae Surgery"
    )
    assert compare(CATRIONA, record, NETWORK).likeness is Likeness.VERY_LIKELY
    found = words(CATRIONA, record)
    assert (found["family"], found["given"], found["born"], found["postcode"], found["family_doctor"]) == (
        "Equal",
        "Longer",
        "Equal",
        "Moved?",
        "Equal",
    )


@pytest.mark.parametrize(
    "record",
    [
        changed(CATRIONA, born=date(1971, 4, 14), phone="07700 900077", postcode="KB9 1RT", family_doctor=""),
        changed(CATRIONA, family="McDonald", given="Katrina", phone="", postcode="KB2 4HS", family_doctor=""),
    ],
    ids=["born in another month", "sounds alike"],
)
def test_the_mock_s_other_matches_are_possible(record: Description) -> None:
    assert compare(CATRIONA, record, NETWORK).likeness is Likeness.POSSIBLE


def test_twins_are_never_very_likely() -> None:
    assert compare(CATRIONA, changed(CATRIONA, given="Fiona"), NETWORK).likeness is not Likeness.VERY_LIKELY


def test_father_and_son_of_one_name_are_never_very_likely() -> None:
    assert (
        compare(JOHN_SMITH, changed(JOHN_SMITH, born=date(1988, 9, 30)), NETWORK).likeness is not Likeness.VERY_LIKELY
    )


def test_baby_of_is_never_very_likely() -> None:
    baby = changed(CATRIONA, given="Baby of Catriona", born=date(2026, 11, 20))
    assert compare(baby, baby, NETWORK).likeness is not Likeness.VERY_LIKELY


def test_unknown_people_never_match() -> None:
    unknown = Description(
        family="Unknown", given="Male, about 40", born=date(1986, 7, 1), born_estimated=True, sex="male"
    )
    assert compare(unknown, unknown, NETWORK).likeness is Likeness.NO


def test_swapped_names_are_seen() -> None:
    record = changed(CATRIONA, family="Catriona", given="MacDonald")
    assert words(CATRIONA, record)["family"] == "Names swapped"
    assert compare(CATRIONA, record, NETWORK).likeness is Likeness.VERY_LIKELY


def test_rare_name_weighs_more() -> None:
    rare = changed(JOHN_SMITH, family="Zwinglich", family_share=1e-6)
    assert compare(rare, rare, NETWORK).bits > compare(JOHN_SMITH, JOHN_SMITH, NETWORK).bits + 5


def test_common_name_alone_is_no_match() -> None:
    typed = Description(family="Smith", given="John")
    assert compare(typed, JOHN_SMITH, NETWORK).likeness is Likeness.NO


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "word"),
    [
        ("given", "Bill", "William", "Short form"),
        ("given", "C", "Catriona", "Initial"),
        ("given", "Catrionna", "Catriona", "Sounds alike"),
        ("given", "Catriona Jane", "Catriona", "Shorter"),
        ("family", "van der Berg", "Vanderberg", "Equal"),
        ("family", "Jones", "Jones-Smith", "Longer"),
        ("born", date(1971, 8, 4), date(1971, 4, 8), "Day and month swapped"),
        ("born", date(1971, 8, 14), date(1971, 8, 15), "One digit differs"),
        ("phone", "07700 900318", "+44 7700 900318", "Equal"),
        ("phone", "07700 900318", "07700 911222", "New number?"),
        ("postcode", "kb47qx", "KB4 7QX", "Equal"),
        ("sex", "female", "unknown", "Not on record"),
        ("phone", "", "07700 900318", "Not typed"),
    ],
)
def test_words_for_people(field: str, mine: object, theirs: object, word: str) -> None:
    typed, record = changed(CATRIONA, **{field: mine}), changed(CATRIONA, **{field: theirs})
    assert words(typed, record)[field] == word


DESCRIPTIONS = st.builds(
    Description,
    family=st.text(max_size=12),
    given=st.text(max_size=12),
    born=st.none() | st.dates(date(1900, 1, 1), date(2026, 11, 24)),
    sex=st.sampled_from(["", "female", "male", "other", "unknown"]),
    phone=st.text("0123456789 +", max_size=14),
    postcode=st.text(max_size=8),
)


@given(DESCRIPTIONS, DESCRIPTIONS)
def test_any_two_descriptions_can_be_compared(typed: Description, record: Description) -> None:
    match = compare(typed, record, NETWORK)
    if match.likeness is Likeness.VERY_LIKELY:
        assert not any(field.is_contrary for field in match.fields)
