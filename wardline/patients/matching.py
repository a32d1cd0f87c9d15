"""Whether two descriptions are the same person: Fellegi-Sunter weights, adjusted by how common a name is. Pure.

Each field is compared to a level with a word that people read ("Equal", "Sounds alike", "Moved?") and a weight in
bits, log2(m / u): m is how often the level occurs for one person described twice, u for two different people.
Values of m and u: Fellegi and Sunter 1969; levels and frequency adjustment after Winkler 1988 and Splink's defaults,
adjusted on FEBRL4 (see tests). The sum and the prior odds decide; see `clinical.md` section 5.
"""

from datetime import date
from enum import StrEnum
from math import log2

import msgspec

from wardline.patients.nicknames import SHORT_FORMS
from wardline.patients.rules import (
    UNKNOWN_FAMILY,
    joined_particles,
    phone_digits,
    plain,
    similarity,
    sound_of,
)

VERY_LIKELY_BITS = 5.0
POSSIBLE_BITS = -10.0
NAME_SHARE_MIN = 1e-5
NAME_SHARE_UNKNOWN = 2e-4
PEOPLE_MIN = 1_000_000


NAME_AGREES = frozenset({"Equal", "Longer", "Shorter", "Short form", "Names swapped"})


class Likeness(StrEnum):
    """The answer to "is this the same person?"."""

    VERY_LIKELY = "very_likely"
    POSSIBLE = "possible"
    NO = "no"


LIKENESS_WORDS = {
    Likeness.VERY_LIKELY: "Very likely",
    Likeness.POSSIBLE: "Possible",
    Likeness.NO: "No match",
}


class Description(msgspec.Struct, frozen=True):
    """What is known of a person, as typed or as on record; empty means not known."""

    family: str = ""
    given: str = ""
    born: date | None = None
    born_estimated: bool = False
    sex: str = ""
    phone: str = ""
    email: str = ""
    postcode: str = ""
    family_doctor: str = ""
    network_number: str = ""
    family_share: float = NAME_SHARE_UNKNOWN
    given_share: float = NAME_SHARE_UNKNOWN * 20


class Compared(msgspec.Struct, frozen=True):
    """One field of two descriptions: the word for people, whether it counts as equal, and its weight in bits."""

    field: str
    word: str
    is_equal: bool
    bits: float = 0.0
    is_contrary: bool = False


class Match(msgspec.Struct, frozen=True):
    """The comparison of what was typed with a record."""

    likeness: Likeness
    bits: float
    fields: tuple[Compared, ...]


def compare(typed: Description, record: Description, people_count: int) -> Match:
    """Compare field by field and decide. `people_count` sets the prior: among more people, chance agrees more often."""
    if _is_unknown(typed) or _is_unknown(record):
        return Match(Likeness.NO, 0.0, ())
    names = _compare_names(typed, record)
    fields = (
        *names,
        _compare_born(typed, record),
        _compare_sex(typed.sex, record.sex),
        _compare_phone(typed.phone, record.phone),
        _compare_postcode(typed.postcode, record.postcode),
        _compare_text("email", typed.email, record.email, bits=12.0, against=-1.0),
        _compare_text(
            "family_doctor",
            typed.family_doctor,
            record.family_doctor,
            bits=3.0,
            against=-0.5,
        ),
        _compare_text(
            "network_number",
            typed.network_number,
            record.network_number,
            bits=26.0,
            against=-12.0,
        ),
    )
    bits = sum(field.bits for field in fields) - log2(max(people_count, PEOPLE_MIN))
    return Match(_decide(bits, fields, typed, record), round(bits, 2), fields)


def _decide(bits: float, fields: tuple[Compared, ...], typed: Description, record: Description) -> Likeness:
    """Very likely needs an equal birth date or network number and a name that agrees, and nothing that speaks against.

    Twins share all but the given name, father and son all but the birth date, and a newborn is only "Baby of".
    """
    if bits < POSSIBLE_BITS:
        return Likeness.NO
    found = {field.field: field for field in fields}
    estimated = typed.born_estimated or record.born_estimated
    same_origin = found["network_number"].is_equal or (found["born"].is_equal and not estimated)
    names_agree = any(found[name].word in NAME_AGREES for name in ("family", "given"))
    newborn = any(plain(side.given).startswith("baby") for side in (typed, record))
    contrary = any(field.is_contrary for field in fields)
    is_certain = bits >= VERY_LIKELY_BITS and same_origin and names_agree and not contrary and not newborn
    return Likeness.VERY_LIKELY if is_certain else Likeness.POSSIBLE


def _is_unknown(side: Description) -> bool:
    return side.family == UNKNOWN_FAMILY or not side.family.strip()


# --- Names ---------------------------------------------------------------------------------------------------------


def _compare_names(typed: Description, record: Description) -> tuple[Compared, Compared]:
    family = _compare_family(typed.family, record.family, record.family_share)
    given = _compare_given(typed.given, record.given, record.given_share)
    if family.is_contrary or given.is_contrary:
        crossed_family = _compare_family(typed.given, record.family, record.family_share)
        crossed_given = _compare_given(typed.family, record.given, record.given_share)
        if crossed_family.is_equal and crossed_given.is_equal:
            return (
                Compared("family", "Names swapped", False, crossed_family.bits - 3.0),
                Compared("given", "Names swapped", False, crossed_given.bits - 2.0),
            )
    return family, given


def _compare_family(typed: str, record: str, share: float) -> Compared:
    mine, theirs = joined_particles(plain(typed)), joined_particles(plain(record))
    if not mine or not theirs:
        return _missing("family", mine)
    if mine.replace(" ", "") == theirs.replace(" ", ""):
        return Compared("family", "Equal", True, log2(0.9 / _share(share)))
    if set(mine.split()) & set(theirs.split()):
        word = "Longer" if len(theirs) > len(mine) else "Shorter"
        return Compared("family", word, False, log2(0.03 / _share(share * 2)))
    if sound_of(mine) == sound_of(theirs):
        return Compared("family", "Sounds alike", False, log2(0.035 / _share(share * 3)))
    if similarity(mine, theirs) >= 0.88:
        return Compared("family", "Close", False, 3.5)
    return Compared("family", "Different", False, -4.5, is_contrary=True)


def _compare_given(typed: str, record: str, share: float) -> Compared:
    mine, theirs = plain(typed), plain(record)
    if not mine or not theirs:
        return _missing("given", mine)
    if mine.replace(" ", "") == theirs.replace(" ", ""):
        return Compared("given", "Equal", True, log2(0.85 / _share(share)))
    my_first, their_first = mine.split()[0], theirs.split()[0]
    if my_first == their_first:
        word = "Longer" if len(theirs) > len(mine) else "Shorter"
        return Compared("given", word, False, log2(0.5 / _share(share)))
    if SHORT_FORMS.get(my_first, my_first) == SHORT_FORMS.get(their_first, their_first):
        return Compared("given", "Short form", False, log2(0.08 / _share(share * 2)))
    if min(len(my_first), len(their_first)) == 1 and my_first[0] == their_first[0]:
        return Compared("given", "Initial", False, 1.5)
    if set(mine.split()) & set(theirs.split()):
        return Compared("given", "Other order", False, 3.0)
    if sound_of(my_first) == sound_of(their_first):
        return Compared("given", "Sounds alike", False, log2(0.04 / _share(share * 3)))
    if similarity(my_first, their_first) >= 0.88:
        return Compared("given", "Close", False, 2.5)
    return Compared("given", "Different", False, -4.0, is_contrary=True)


def _share(share: float) -> float:
    return min(max(share, NAME_SHARE_MIN), 0.5)


def _missing(field: str, mine: str) -> Compared:
    return Compared(field, "Not on record" if mine else "Not typed", False)


# --- The other fields ----------------------------------------------------------------------------------------------


def _compare_born(typed: Description, record: Description) -> Compared:
    mine, theirs = typed.born, record.born
    if mine is None or theirs is None:
        return _missing("born", "typed" if mine else "")
    if mine == theirs:
        return Compared(
            "born",
            "Equal",
            True,
            2.0 if typed.born_estimated or record.born_estimated else 14.3,
        )
    if typed.born_estimated or record.born_estimated:
        near = abs(mine.year - theirs.year) <= 5
        return Compared("born", "About equal" if near else "Different", False, 2.0 if near else -4.0)
    if mine.year == theirs.year and (mine.month, mine.day) == (
        theirs.day,
        theirs.month,
    ):
        return Compared("born", "Day and month swapped", False, 8.0)
    if _digits_different(mine, theirs) == 1:
        return Compared("born", "One digit differs", False, 5.0)
    equal_parts = (mine.year == theirs.year) + (mine.month == theirs.month) + (mine.day == theirs.day)
    if equal_parts == 2:
        return Compared("born", "One part differs", False, 3.0)
    return Compared("born", "Different", False, -7.0, is_contrary=True)


def _digits_different(mine: date, theirs: date) -> int:
    return sum(left != right for left, right in zip(mine.isoformat(), theirs.isoformat(), strict=True))


def _compare_sex(mine: str, theirs: str) -> Compared:
    if not mine or not theirs or "unknown" in (mine, theirs):
        return _missing("sex", mine)
    if mine == theirs:
        return Compared("sex", "Equal", True, 1.0)
    return Compared("sex", "Different", False, -5.0, is_contrary=True)


def _compare_phone(typed: str, record: str) -> Compared:
    mine, theirs = phone_digits(typed), phone_digits(record)
    if not mine or not theirs:
        return _missing("phone", mine)
    if mine == theirs:
        # A household shares a phone, so it says less than its rarity.
        return Compared("phone", "Equal", True, 12.0)
    if sorted(mine) == sorted(theirs) or sum(a != b for a, b in zip(mine, theirs, strict=False)) == 1:
        return Compared("phone", "One digit differs", False, 6.0)
    return Compared("phone", "New number?", False, -0.8)


def _compare_postcode(typed: str, record: str) -> Compared:
    mine, theirs = plain(typed).replace(" ", ""), plain(record).replace(" ", "")
    if not mine or not theirs:
        return _missing("postcode", mine)
    if mine == theirs:
        return Compared("postcode", "Equal", True, 9.0)
    if mine[:3] == theirs[:3]:
        return Compared("postcode", "Same area", False, 2.0)
    return Compared("postcode", "Moved?", False, -1.5)


def _compare_text(field: str, typed: str, record: str, *, bits: float, against: float) -> Compared:
    mine, theirs = plain(typed), plain(record)
    if not mine or not theirs:
        return _missing(field, mine)
    if mine == theirs or (field == "family_doctor" and (mine.startswith(theirs) or theirs.startswith(mine))):
        return Compared(field, "Equal", True, bits)
    return Compared(field, "Different", False, against)
