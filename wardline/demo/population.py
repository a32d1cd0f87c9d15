"""Invented people in any number, the same for the same seed, fast enough for ten million.

Names come with the frequencies of the US Census of 1990 (PyPI `names`), renormalised, because the lists leave out the
rarest tenth. Everything else is made up: towns, streets and postcodes do not exist, phones lie in a block of their own.
Batches depend only on (seed, batch number), so that they can be made in parallel, one part without the other, and again.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from wardline.demo.columns import Column, Numbers, Octets, Truths, Words, digits, joined, only, same
from wardline.demo.naming import census

BATCH_PEOPLE = 50_000
FEMALE_SHARE = 0.508
SECOND_GIVEN_SHARE = 0.38
SECOND_HOSPITAL_SHARE = 0.2
MOBILE_SHARE = 0.88
DECEASED_SHARE_OVER_60 = 0.18
NETWORK_BODIES = 900_000_000
NETWORK_MULTIPLIER = 387_420_491
SERIALS_PER_PERSON = 1.12  # one serial in eleven has no check digit
# People of one number were registered in this time after the network was founded.
REGISTERED_WITHIN_DAYS = 300
DAY_MILLISECONDS = 86_400_000

# Share of people in each band of five years of age, 0-4 to 95-99: a population as in north-western Europe.
AGE_BANDS = (5.4, 5.8, 6.0, 5.8, 6.1, 6.6, 6.9, 6.7, 6.5, 6.1, 6.6, 6.8, 6.3, 5.4, 4.8, 4.4, 2.9, 1.7, 0.9, 0.3)
TITLES = Words(["Mrs", "Ms", "Miss", "Mr", "Dr", ""])
TITLES_FEMALE, TITLES_MALE, NO_TITLE = np.array([0, 1, 2, 4, 5]), np.array([3, 3, 3, 4, 5]), 5
TITLE_SHARES = (0.4, 0.2, 0.2, 0.01, 0.19)
SEXES = Words(["male", "female"])
TOWN_STARTS = ("Ash", "Birch", "Carrow", "Dun", "Elder", "Fair", "Glen", "Hart", "Inver", "Kirk", "Lang", "Marsh")
TOWN_ENDS = ("brae", "by", "combe", "field", "ford", "haven", "holm", "ley", "mere", "stead")
HOUSES = 179
STREET_STARTS = ("Harbour", "Mill", "Station", "Orchard", "Castle", "Quarry", "Heather", "Lime", "Priory", "Bridge")
STREET_ENDS = ("Row", "Lane", "Street", "Road", "Close", "Terrace", "Gardens", "Way")
FAMILY_DOCTORS = ("Muir", "Okafor", "Lane", "Patel", "Brandt", "Silva", "Novak", "Haddad", "Quinn", "Iversen")
DOCTORS = Words([f"Dr {name}" for name in FAMILY_DOCTORS])
POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
MOBILE_START, MOBILE_DIGITS = "0770", 7

# What the numbers of a batch are drawn for; each has chance of its own, so that one can be made without the others.
FOR_PEOPLE, FOR_PARTICULARS = 0, 1


class People(Struct, frozen=True):
    """Columns of one batch, a value for each person. `born_on` and `deceased_on` are days; NaT is not deceased.

    `hospital` and `second_hospital` are positions in the caller's list of hospitals; -1 is none. `id` rises as
    `registered` does, in Unix milliseconds: one after the other, but for those who were born later.
    """

    number: int
    id: Octets
    registered: Numbers
    female: Truths
    born_on: NDArray[np.datetime64]
    deceased_on: NDArray[np.datetime64]
    town: Numbers
    hospital: Numbers
    second_hospital: Numbers

    def __len__(self) -> int:
        return len(self.female)


class Names(Struct, frozen=True):
    """Names by their positions in the lists of names; `second_given` is -1 for most."""

    family: Numbers
    given: Numbers
    second_given: Numbers


class Particulars(Struct, frozen=True):
    """What else stands in a person's record, in the words of the record; `mobile_digits` is -1 without a phone."""

    network_number: Column
    family: Column
    given: Column
    title: Column
    sex: Column
    mobile: Column
    mobile_digits: Numbers
    address: Column
    town: Column
    postcode: Column
    family_doctor: Column
    names: Names


def people(
    count: int, *, hospitals: int, seed: int = 1, today: date = date(2026, 11, 24)
) -> Iterator[tuple[People, Particulars]]:
    """So many people, batch by batch."""
    for number in range(batches(count)):
        found = batch(number, count, hospitals=hospitals, seed=seed, today=today)
        yield found, particulars(found, seed=seed, today=today)


def chance(*key: int) -> np.random.Generator:
    """Random numbers that are always the same for this key."""
    return np.random.Generator(np.random.PCG64(key))


def batches(count: int, size: int = BATCH_PEOPLE) -> int:
    """How many batches make so many people."""
    return -(-count // size)


def batch(
    number: int, count: int, *, hospitals: int, seed: int, today: date, founded: date | None = None,
    size: int = BATCH_PEOPLE,
) -> People:  # fmt: skip
    """One batch of `count` people, the same for the same arguments."""
    random = chance(seed, FOR_PEOPLE, number)
    first = number * size
    size = min(size, count - first)
    born = _born(random, size, today)
    registered = _registered(random, born, first, count, founded or today)
    town = random.integers(0, len(towns()), size)
    hospital = _hospital(random, town, hospitals)
    # Hospital by hospital, as people come where hospitals join a network with those they have on file. So rows of one
    # hospital lie together, and what its staff ask for stays in memory: a search reads sixty rows from all over a table.
    order = np.argsort(hospital, kind="stable")
    town, hospital = town[order], hospital[order]
    second = (hospital + random.integers(1, max(hospitals, 2), size)) % max(hospitals, 1)
    has_second = (random.random(size) < SECOND_HOSPITAL_SHARE) & (hospitals > 1)
    return People(
        number=number,
        id=ids_at(random, registered),
        registered=registered,
        female=random.random(size) < FEMALE_SHARE,
        born_on=born,
        deceased_on=_deceased(random, born, today),
        town=town,
        hospital=hospital,
        second_hospital=np.where(has_second, second, -1),
    )


def particulars(
    people: People, *, seed: int, today: date, first_serial: int = 0, batch_people: int = BATCH_PEOPLE
) -> Particulars:
    """The rest of a batch's records; network numbers begin at a serial."""
    random, size = chance(seed, FOR_PARTICULARS, people.number), len(people)
    names = Names(_pick(random, family_shares(), size), *_given(random, people.female))
    given, second = (given_names().column(picks) for picks in (names.given, names.second_given))
    has_mobile = random.random(size) < MOBILE_SHARE
    mobile = random.integers(0, 10**MOBILE_DIGITS, size)
    street = random.integers(0, len(STREET_STARTS) * len(STREET_ENDS), size)
    return Particulars(
        network_number=digits(network_numbers(people.number, size, first_serial, batch_people), 10),
        family=family_names().column(names.family),
        given=joined(given, only(joined(same(b" ", size), second), names.second_given >= 0)),
        title=TITLES.column(_titles(random, people, today)),
        sex=SEXES.column(people.female.astype(np.int64)),
        mobile=only(joined(same(MOBILE_START.encode(), size), digits(mobile, MOBILE_DIGITS)), has_mobile),
        mobile_digits=np.where(has_mobile, mobile, -1),
        address=joined(houses().column(random.integers(0, HOUSES, size)), streets().column(street)),
        town=Words(towns()).column(people.town),
        postcode=_postcodes(random, people.town),
        family_doctor=DOCTORS.column(random.integers(0, len(FAMILY_DOCTORS), size)),
        names=names,
    )


# --- who they are --------------------------------------------------------------------------------------------------------
def _registered(
    random: np.random.Generator, born: NDArray[np.datetime64], first: int, count: int, founded: date
) -> Numbers:
    """When each was registered: one after the other, evenly over the time after the founding; newborns at birth."""
    size = len(born)
    start = int(np.datetime64(founded, "ms").astype(np.int64))
    order = first + np.arange(size) + random.random(size)
    at = start + (order / count * REGISTERED_WITHIN_DAYS * DAY_MILLISECONDS).astype(np.int64)
    return np.maximum(at, born.astype("datetime64[ms]").astype(np.int64))


def _born(random: np.random.Generator, size: int, today: date) -> NDArray[np.datetime64]:
    sums = np.cumsum(AGE_BANDS) / sum(AGE_BANDS)
    band = np.searchsorted(sums, random.random(size))
    days = (band * 5 * 365.25 + random.random(size) * 5 * 365.25).astype(np.int64)
    return np.datetime64(today, "D") - days


def _deceased(random: np.random.Generator, born: NDArray[np.datetime64], today: date) -> NDArray[np.datetime64]:
    lived = (np.datetime64(today, "D") - born).astype(np.int64)
    died = (lived > 60 * 365) & (random.random(len(born)) < DECEASED_SHARE_OVER_60)
    day = np.datetime64(today, "D") - (random.random(len(born)) * np.minimum(lived, 8 * 365)).astype(np.int64)
    return np.where(died, day, np.datetime64("NaT", "D"))


def _hospital(random: np.random.Generator, town: Numbers, hospitals: int) -> Numbers:
    """Most people go where their town goes; a few anywhere. Uneven on purpose: hospitals are not equally big."""
    if hospitals < 1:
        return np.full(len(town), -1)
    near = (town * 7 + random.integers(0, max(1, hospitals // 4), len(town)) ** 2 // max(1, hospitals // 8)) % hospitals
    return np.where(random.random(len(town)) < 0.85, near, random.integers(0, hospitals, len(town)))


def ids_at(random: np.random.Generator, milliseconds: Numbers) -> Octets:
    """UUIDs of version 7, as if made at these Unix milliseconds."""
    size = len(milliseconds)
    octets = np.frombuffer(bytearray(random.bytes(16 * size)), dtype=np.uint8).reshape(size, 16)
    octets[:, :6] = milliseconds.astype(">i8").view(np.uint8).reshape(size, 8)[:, 2:]
    octets[:, 6] = octets[:, 6] & 0x0F | 0x70
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    return octets


# --- names ---------------------------------------------------------------------------------------------------------------
@cache
def family_names() -> Words:
    """Every family name."""
    return Words(census("dist.all.last")[0])


@cache
def given_texts() -> tuple[list[str], int]:
    """Every given name of women, then of men, and where those of men begin."""
    women, men = census("dist.female.first")[0], census("dist.male.first")[0]
    return [*women, *men], len(women)


@cache
def given_names() -> Words:
    """Every given name, as above."""
    return Words(given_texts()[0])


@cache
def family_shares() -> NDArray[np.float64]:
    """The shares of the family names, added up to 1."""
    return _shares("dist.all.last")


def _shares(file: str) -> NDArray[np.float64]:
    sums = np.array(census(file)[1])  # pyright: ignore[reportArgumentType]
    return sums / sums[-1]


@cache
def _given_shares() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return _shares("dist.female.first"), _shares("dist.male.first")


def _pick(random: np.random.Generator, sums: NDArray[np.float64], size: int) -> Numbers:
    return np.minimum(np.searchsorted(sums, random.random(size)), len(sums) - 1)


def _given(random: np.random.Generator, female: Truths) -> tuple[Numbers, Numbers]:
    """The position of each given name, and of a second one; -1 for most."""
    size, men_from = len(female), given_texts()[1]
    women, men = _given_shares()
    first, second = (
        np.where(female, _pick(random, women, size), men_from + _pick(random, men, size)) for _ in range(2)
    )
    return first, np.where(random.random(size) < SECOND_GIVEN_SHARE, second, -1)


def _titles(random: np.random.Generator, people: People, today: date) -> Numbers:
    pick = np.searchsorted(np.cumsum(TITLE_SHARES), random.random(len(people)))
    pick = np.minimum(pick, len(TITLE_SHARES) - 1)
    grown = (np.datetime64(today, "D") - people.born_on).astype(np.int64) > 18 * 365
    return np.where(grown, np.where(people.female, TITLES_FEMALE[pick], TITLES_MALE[pick]), NO_TITLE)


# --- where they live -----------------------------------------------------------------------------------------------------
@cache
def towns() -> list[str]:
    """Names of invented towns."""
    return [start + end for start in TOWN_STARTS for end in TOWN_ENDS]


@cache
def houses() -> Words:
    """Numbers of houses, with the space behind."""
    return Words([f"{number} " for number in range(1, HOUSES + 1)])


@cache
def streets() -> Words:
    """Names of invented streets."""
    return Words([f"{start} {end}" for start in STREET_STARTS for end in STREET_ENDS])


@cache
def _postcode_halves() -> tuple[Words, Words]:
    """The first half by town and district, the second by its digit and letters."""
    letters = POSTCODE_LETTERS
    areas = [chr(65 + number // 10) + letters[number % 10] for number in range(len(towns()))]
    outward = [f"{area}{district} " for area in areas for district in range(1, 20)]
    return Words(outward), Words([f"{digit}{one}{two}" for digit in range(10) for one in letters for two in letters])


def _postcodes(random: np.random.Generator, town: Numbers) -> Column:
    outward, inward = _postcode_halves()
    first = outward.column(town * 19 + random.integers(0, 19, len(town)))
    return joined(first, inward.column(random.integers(0, len(inward.lengths), len(town))))


# --- their numbers -------------------------------------------------------------------------------------------------------
def serial_after(count: int, first_serial: int = 0, batch_people: int = BATCH_PEOPLE) -> int:
    """The first serial of network numbers that `count` people have not used: set the sequence to it."""
    return first_serial + int(batches(count, batch_people) * batch_people * SERIALS_PER_PERSON) + 40


def network_numbers(number: int, size: int, first_serial: int = 0, batch_people: int = BATCH_PEOPLE) -> Numbers:
    """The numbers of a batch's first `size` people; as wardline.patients.rules.network_number(), for many at once."""
    first = first_serial + int(number * batch_people * SERIALS_PER_PERSON)
    serials = np.arange(first, first + int(size * SERIALS_PER_PERSON) + 40, dtype=np.int64)
    bodies = 100_000_000 + serials * NETWORK_MULTIPLIER % NETWORK_BODIES
    rest = np.zeros(len(bodies), dtype=np.int64)
    for place in range(9):
        rest += bodies // 10 ** (8 - place) % 10 * (10 - place)
    rest = 11 - rest % 11
    valid = rest != 10
    return (bodies[valid] * 10 + rest[valid] % 11)[:size]
