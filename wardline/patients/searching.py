"""Reading what somebody typed into the one search box, and the order in which people found are shown. Pure."""

import re
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from wardline.patients.rules import (
    AGE_YEARS_MAX,
    is_network_number,
    joined_particles,
    phone_digits,
    plain,
    similarity,
    sound_of,
)

SEARCH_TEXT_LENGTH_MAX = 120
NAME_WORDS_MAX = 6
PHONE_DIGITS_MIN = 6
FOUND_MAX = 20  # patients.open_search stops at as many who fit literally
NAME_CLOSENESS_MIN = 0.78

MONTHS = {
    word: number + 1
    for number, word in enumerate(
        (
            "jan",
            "feb",
            "mar",
            "apr",
            "may",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        )
    )
}
DATE_DAY_FIRST = re.compile(r"(?<![\w/])(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})(?![\w/])")
DATE_YEAR_FIRST = re.compile(r"(?<![\w/])(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})(?![\w/])")
DATE_MONTH_WORD = re.compile(r"(?<!\w)(\d{1,2})[\s.\-/]*([A-Za-z]{3,9})[\s.\-/]*(\d{4}|\d{2})(?!\w)")
NUMBER = re.compile(r"(?<!\w)(?:\+?\d[\d\s()\-./]*(?!\w)|[A-Za-z0-9\-]*\d[A-Za-z0-9\-]*)")


class SearchText(msgspec.Struct, frozen=True):
    """What the typed text means. Every part may be empty; `born` holds each day that a two-digit year can mean."""

    words: tuple[str, ...] = ()
    family: str = ""
    given: str = ""
    family_is_certain: bool = False
    born: tuple[date, ...] = ()
    born_year: int | None = None
    network_number: str = ""
    record_number: str = ""
    phone: str = ""
    number_as_typed: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing that could be looked for."""
        parts = (
            self.words,
            self.born,
            self.network_number,
            self.record_number,
            self.phone,
        )
        return not any(parts) and self.born_year is None


def read_search(text: str, today: date) -> SearchText:
    """Take typed text apart into a name, a birth date and a number, in whatever order they stand."""
    rest, born = _take_date(text[:SEARCH_TEXT_LENGTH_MAX], today)
    rest, number = _take_number(rest)
    year = None
    if re.fullmatch(r"\d{4}", number) and not born and _is_birth_year(int(number), today):
        year = int(number)
    if not born and re.fullmatch(r"\d{8}", number):
        born = _dates(int(number[4:]), int(number[2:4]), int(number[:2]), today)
    family, given, certain = _take_names(rest)
    digits = phone_digits(number)
    return SearchText(
        words=tuple(plain(f"{family} {given}").split())[:NAME_WORDS_MAX],
        family=family,
        given=given,
        family_is_certain=certain,
        born=born,
        born_year=year,
        network_number=number if is_network_number(number) else "",
        record_number=number.upper(),
        number_as_typed=number,
        phone=digits if len(digits) >= PHONE_DIGITS_MIN and not number[:1].isalpha() else "",
    )


def read_birth_date(text: str, today: date) -> tuple[date, ...]:
    """The days that a typed birth date can mean, the likeliest first; empty when it is none."""
    rest, born = _take_date(text[:SEARCH_TEXT_LENGTH_MAX], today)
    if born and not rest.strip():
        return born
    digits = text.strip()
    if re.fullmatch(r"\d{8}", digits):
        return _dates(int(digits[4:]), int(digits[2:4]), int(digits[:2]), today)
    return ()


def key_beginnings(wanted: SearchText) -> tuple[str, ...]:
    """The beginnings of search keys that the typed name can stand for, most literal first.

    As typed; with particles joined; and, unless a comma said which is the family name, with the last word first.
    """
    if not wanted.words:
        return ()
    typed = " ".join(wanted.words)
    if wanted.family_is_certain:
        return (f"{joined_particles(plain(wanted.family))} {plain(wanted.given)}".strip(),)
    beginnings = [typed, joined_particles(typed)]
    if len(wanted.words) > 1:
        beginnings.append(joined_particles(f"{wanted.words[-1]} {' '.join(wanted.words[:-1])}"))
    return tuple(dict.fromkeys(beginnings))


def name_pairs(wanted: SearchText) -> tuple[tuple[str, str], ...]:
    """Beginnings of a family and a given name ("smi joh"), in each way that two or more words can stand for them."""
    if wanted.family_is_certain:
        return ((joined_particles(plain(wanted.family)), plain(wanted.given).split()[0]),)
    pairs: list[tuple[str, str]] = []
    for words in (list(wanted.words), joined_particles(" ".join(wanted.words)).split()):
        if len(words) > 1:
            pairs += [(words[0], words[1]), (words[1], words[0])]
    return tuple(dict.fromkeys(pairs))


def _take_names(rest: str) -> tuple[str, str, bool]:
    family, comma, given = rest.partition(",")
    if comma and plain(family) and plain(given):
        return family.strip(), given.strip(), True
    words = rest.replace(",", " ").split()
    return " ".join(words[:1]), " ".join(words[1:]), False


def _take_date(text: str, today: date) -> tuple[str, tuple[date, ...]]:
    for pattern in (DATE_YEAR_FIRST, DATE_DAY_FIRST, DATE_MONTH_WORD):
        for found in pattern.finditer(text):
            born = _read_date(pattern, found.groups(), today)
            if born:
                return f"{text[: found.start()]} {text[found.end() :]}", born
    return text, ()


def _read_date(pattern: re.Pattern[str], parts: tuple[str, ...], today: date) -> tuple[date, ...]:
    if pattern is DATE_YEAR_FIRST:
        return _dates(int(parts[0]), int(parts[1]), int(parts[2]), today)
    if pattern is DATE_MONTH_WORD:
        month = MONTHS.get(parts[1][:3].lower(), 0)
        return _dates_of_year(parts[2], month, int(parts[0]), today)
    day_first = _dates_of_year(parts[2], int(parts[1]), int(parts[0]), today)
    return day_first or _dates_of_year(parts[2], int(parts[0]), int(parts[1]), today)


def _dates_of_year(year: str, month: int, day: int, today: date) -> tuple[date, ...]:
    """Two digits stand for each year of the last century or so that has passed: 56 is 1956, 12 is 2012 or 1912."""
    if len(year) == 4:
        return _dates(int(year), month, day, today)
    century = today.year - today.year % 100
    nearer = _dates(century + int(year), month, day, today)
    return nearer + _dates(century - 100 + int(year), month, day, today)


def _dates(year: int, month: int, day: int, today: date) -> tuple[date, ...]:
    try:
        found = date(year, month, day)
    except ValueError:
        return ()
    return (found,) if found <= today and _is_birth_year(year, today) else ()


def _is_birth_year(year: int, today: date) -> bool:
    return today.year - AGE_YEARS_MAX <= year <= today.year


def _take_number(text: str) -> tuple[str, str]:
    found = NUMBER.search(text)
    if not found:
        return text, ""
    number = re.sub(r"[^0-9A-Za-z]", "", found.group())
    return f"{text[: found.start()]} {text[found.end() :]}", number


# --- The order of people found -------------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """Somebody that one way of looking brought up. Names are plain; `family_count` is how many share the name."""

    person_id: UUID
    family: str
    given: str
    born: date | None
    is_ours: bool
    by_number: bool = False
    family_count: int = 0


class Scored(NamedTuple):
    """A candidate with how well the name and the birth date fit."""

    candidate: Candidate
    name: float
    born: float


class Placed(NamedTuple):
    """A scored candidate with its place in the order of the list; no two people have the same."""

    place: tuple[bool, bool, float, str, str, UUID]
    scored: Scored


def ranked(candidates: list[Candidate], wanted: SearchText) -> list[UUID]:
    """The people found, best first, each once; at most FOUND_MAX."""
    best: dict[UUID, Placed] = {}
    beginnings = key_beginnings(wanted)
    for candidate in candidates:
        scored = _scored(candidate, wanted, beginnings)
        placed = Placed(_place(scored), scored)
        held = best.setdefault(candidate.person_id, placed)
        if placed.place < held.place:
            best[candidate.person_id] = placed
    order = sorted(_worth_showing(list(best.values()), wanted))
    return [person_id for (*_, person_id), _ in order[:FOUND_MAX]]


def _worth_showing(found: list[Placed], wanted: SearchText) -> list[Placed]:
    """Without names that only share the birth date; and without other birth dates, if one is near the typed one."""
    if wanted.words:
        found = [each for each in found if each.scored.candidate.by_number or each.scored.name >= NAME_CLOSENESS_MIN]
    if not wanted.born and not wanted.born_year:
        return found
    near = [each for each in found if each.scored.candidate.by_number or each.scored.born > 0]
    return near or found


def _place(scored: Scored) -> tuple[bool, bool, float, str, str, UUID]:
    candidate = scored.candidate
    # Of two people equally close, the one with the rarer name is the likelier answer, but only just.
    points = round(scored.name + scored.born, 2) + 0.004 / (1 + candidate.family_count / 100)
    return (
        not candidate.is_ours,
        not candidate.by_number,
        -points,
        candidate.family,
        candidate.given,
        candidate.person_id,
    )


def _scored(candidate: Candidate, wanted: SearchText, beginnings: tuple[str, ...]) -> Scored:
    if candidate.by_number:
        return Scored(candidate, 1.0, 1.0)
    name = name_closeness(candidate.family, candidate.given, wanted.words, beginnings) if wanted.words else 0.0
    born = 0.0
    if wanted.born:
        born = max(date_closeness(candidate.born, day) for day in wanted.born)
    elif wanted.born_year is not None and candidate.born is not None:
        born = 1.0 if candidate.born.year == wanted.born_year else 0.0
    return Scored(candidate, name, born)


def name_closeness(family: str, given: str, words: tuple[str, ...], beginnings: tuple[str, ...]) -> float:
    """How well the typed words fit a name, 0 to 1: each typed word takes its best place, the last may be a beginning.

    A key that begins with what was typed is 1 without further work, which is the common case while typing.
    """
    if f"{joined_particles(family)} {given}".startswith(beginnings):
        return 1.0
    places = [*family.split(), joined_particles(family).replace(" ", ""), *given.split()]
    total = sum(max((_word_closeness(typed, place) for place in places), default=0.0) for typed in words)
    return total / len(words)


def _word_closeness(typed: str, place: str) -> float:
    if place.startswith(typed):
        return 0.98 if place != typed else 1.0
    likeness = similarity(typed, place)
    return max(likeness, 0.9) if sound_of(typed) == sound_of(place) else likeness * 0.98


def date_closeness(born: date | None, typed: date) -> float:
    """1 for the same day; less for day and month swapped, one part different, near in time; 0 when unknown or far."""
    if born is None:
        return 0.0
    if born == typed:
        return 1.0
    if born.year == typed.year and (born.month, born.day) == (typed.day, typed.month):
        return 0.85
    equal_parts = (born.year == typed.year) + (born.month == typed.month) + (born.day == typed.day)
    if equal_parts == 2:
        return 0.7
    return 0.4 if abs((born - typed).days) <= 366 else 0.0


def with_changes(wanted: SearchText, changes: dict[str, object]) -> SearchText:
    """The same search with some parts given in fields of their own."""
    return msgspec.structs.replace(wanted, **changes) if changes else wanted
