"""Invented people in any number, the same for the same seed, fast enough for ten million.

Names come with the frequencies of the US Census of 1990 (PyPI `names`), renormalised, because the lists leave out the
rarest tenth. Everything else is made up: towns, streets and postcodes do not exist, phones lie in a block of their own.
Batches depend only on (seed, batch number), so that they can be made in parallel and resumed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardline.demo.naming import CensusFile, census

BATCH_PEOPLE = 20_000
FEMALE_SHARE = 0.508
SECOND_GIVEN_SHARE = 0.38
SECOND_HOSPITAL_SHARE = 0.2
MOBILE_SHARE = 0.88
DECEASED_SHARE_OVER_60 = 0.18
NETWORK_BODIES = 900_000_000
NETWORK_MULTIPLIER = 387_420_491
SERIALS_PER_PERSON = 1.12  # one serial in eleven has no check digit

# Share of people in each band of five years of age, 0-4 to 95-99: a population as in north-western Europe.
AGE_BANDS = (5.4, 5.8, 6.0, 5.8, 6.1, 6.6, 6.9, 6.7, 6.5, 6.1, 6.6, 6.8, 6.3, 5.4, 4.8, 4.4, 2.9, 1.7, 0.9, 0.3)
TITLES_FEMALE = np.array(["Mrs", "Ms", "Miss", "Dr", ""])
TITLES_MALE = np.array(["Mr", "Mr", "Mr", "Dr", ""])
TITLE_SHARES = (0.4, 0.2, 0.2, 0.01, 0.19)
TOWN_STARTS = ("Ash", "Birch", "Carrow", "Dun", "Elder", "Fair", "Glen", "Hart", "Inver", "Kirk", "Lang", "Marsh")
TOWN_ENDS = ("brae", "by", "combe", "field", "ford", "haven", "holm", "ley", "mere", "stead")
STREET_STARTS = ("Harbour", "Mill", "Station", "Orchard", "Castle", "Quarry", "Heather", "Lime", "Priory", "Bridge")
STREET_ENDS = ("Row", "Lane", "Street", "Road", "Close", "Terrace", "Gardens", "Way")
DOCTORS = ("Muir", "Okafor", "Lane", "Patel", "Brandt", "Silva", "Novak", "Haddad", "Quinn", "Iversen")

Words = NDArray[np.str_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Columns of one batch, a value for each person. `born_on` and `deceased_on` are days; NaT is not deceased.

    `hospital` and `second_hospital` are positions in the caller's list of hospitals; -1 is none.
    """

    id: list[str]
    network_number: Words
    family: Words
    given: Words
    title: Words
    sex: Words
    born_on: NDArray[np.datetime64]
    deceased_on: NDArray[np.datetime64]
    mobile: Words
    address: Words
    town: Words
    postcode: Words
    family_doctor: Words
    hospital: Numbers
    second_hospital: Numbers

    def __len__(self) -> int:
        return len(self.family)


def people(
    count: int, *, hospitals: int, seed: int = 1, today: date = date(2026, 11, 24), first: int = 0
) -> Iterator[People]:
    """Batches of people, from person number `first` on (a multiple of BATCH_PEOPLE) up to `count`."""
    for number in range(first // BATCH_PEOPLE, batches(count)):
        yield batch(number, count, hospitals=hospitals, seed=seed, today=today)


def batches(count: int) -> int:
    """How many batches make so many people."""
    return -(-count // BATCH_PEOPLE)


def serial_after(count: int, first_serial: int = 0) -> int:
    """The first serial of network numbers that `count` people have not used: set the sequence to it."""
    return first_serial + int(batches(count) * BATCH_PEOPLE * SERIALS_PER_PERSON) + 40


def batch(number: int, count: int, *, hospitals: int, seed: int, today: date, first_serial: int = 0) -> People:
    """One batch of `count` people, the same for the same arguments; network numbers begin at a serial."""
    random = np.random.Generator(np.random.PCG64([seed, number]))
    size = batch_size(number, count)
    female = random.random(size) < FEMALE_SHARE
    born = _born(random, size, today)
    town = random.integers(0, len(TOWN_STARTS) * len(TOWN_ENDS), size)
    hospital = _hospital(random, town, hospitals)
    second = (hospital + random.integers(1, max(hospitals, 2), size)) % max(hospitals, 1)
    has_second = (random.random(size) < SECOND_HOSPITAL_SHARE) & (hospitals > 1)
    return People(
        id=_ids(random, size),
        network_number=network_numbers(number, size, first_serial),
        family=_pick(random, "dist.all.last", size),
        given=_given(random, female),
        title=_titles(random, female, born, today),
        sex=np.where(female, "female", "male"),
        born_on=born,
        deceased_on=_deceased(random, born, today),
        mobile=_mobiles(random, size),
        address=_addresses(random, size),
        town=towns()[town],
        postcode=_postcodes(random, town),
        family_doctor=np.char.add("Dr ", np.array(DOCTORS)[random.integers(0, len(DOCTORS), size)]),
        hospital=hospital,
        second_hospital=np.where(has_second, second, -1),
    )


@cache
def _names(file: CensusFile) -> tuple[Words, NDArray[np.float64]]:
    words, sums = census(file)
    return np.array(words), np.array(sums) / sums[-1]


def _pick(random: np.random.Generator, file: CensusFile, size: int) -> Words:
    words, sums = _names(file)
    return words[np.minimum(np.searchsorted(sums, random.random(size)), len(words) - 1)]


def _given(random: np.random.Generator, female: NDArray[np.bool_]) -> Words:
    size = len(female)
    first = np.where(female, _pick(random, "dist.female.first", size), _pick(random, "dist.male.first", size))
    second = np.where(female, _pick(random, "dist.female.first", size), _pick(random, "dist.male.first", size))
    both = np.char.add(np.char.add(first, " "), second)
    return np.where(random.random(size) < SECOND_GIVEN_SHARE, both, first)


def _titles(random: np.random.Generator, female: NDArray[np.bool_], born: NDArray[np.datetime64], today: date) -> Words:
    size = len(female)
    women = random.choice(TITLES_FEMALE, size, p=TITLE_SHARES)
    men = random.choice(TITLES_MALE, size, p=TITLE_SHARES)
    grown = (np.datetime64(today, "D") - born).astype(np.int64) > 18 * 365
    return np.where(grown, np.where(female, women, men), "")


def _born(random: np.random.Generator, size: int, today: date) -> NDArray[np.datetime64]:
    shares = np.array(AGE_BANDS) / sum(AGE_BANDS)
    band = random.choice(len(AGE_BANDS), size, p=shares)
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


def _mobiles(random: np.random.Generator, size: int) -> Words:
    tail = np.char.zfill(random.integers(0, 10_000_000, size).astype(str), 7)
    numbers = np.char.add("0770", tail)
    return np.where(random.random(size) < MOBILE_SHARE, numbers, "")


def _addresses(random: np.random.Generator, size: int) -> Words:
    starts = np.array(STREET_STARTS)[random.integers(0, len(STREET_STARTS), size)]
    ends = np.array(STREET_ENDS)[random.integers(0, len(STREET_ENDS), size)]
    house = random.integers(1, 180, size).astype(str)
    return np.char.add(np.char.add(np.char.add(house, " "), np.char.add(starts, " ")), ends)


@cache
def towns() -> Words:
    """Names of invented towns."""
    return np.array([start + end for start in TOWN_STARTS for end in TOWN_ENDS])


def _postcodes(random: np.random.Generator, town: Numbers) -> Words:
    letters = np.array(list("ABDEFGHJLNPQRSTUWXYZ"))
    size = len(town)
    area = np.array([chr(65 + number // 10) + letters[number % 10] for number in range(len(towns()))])[town]
    district = np.char.add(random.integers(1, 20, size).astype(str), " ")
    inward = np.char.add(random.integers(0, 10, size).astype(str), letters[random.integers(0, len(letters), size)])
    return np.char.add(
        np.char.add(area, district), np.char.add(inward, letters[random.integers(0, len(letters), size)])
    )


def batch_size(number: int, count: int) -> int:
    """How many of `count` people are in this batch."""
    return min(BATCH_PEOPLE, count - number * BATCH_PEOPLE)


def network_numbers(number: int, size: int, first_serial: int = 0) -> Words:
    """The numbers of a batch's first `size` people; as wardline.patients.rules.network_number(), for many at once."""
    first = first_serial + int(number * BATCH_PEOPLE * SERIALS_PER_PERSON)
    serials = np.arange(first, first + int(size * SERIALS_PER_PERSON) + 40, dtype=np.int64)
    bodies = 100_000_000 + serials * NETWORK_MULTIPLIER % NETWORK_BODIES
    weights = np.arange(10, 1, -1)
    digits = bodies[:, None] // 10 ** np.arange(8, -1, -1) % 10
    rest = 11 - (digits * weights).sum(axis=1) % 11
    valid = rest != 10
    return (bodies[valid] * 10 + rest[valid] % 11)[:size].astype(str)


def _ids(random: np.random.Generator, size: int) -> list[str]:
    """UUIDs of one day, in rising order."""
    return ids_at(random, np.sort(random.integers(0, 86_400_000, size)) + 1_764_000_000_000)


def ids_at(random: np.random.Generator, moments: Numbers) -> list[str]:
    """UUIDs of version 7 as 32 hexadecimal digits, as if made at these Unix milliseconds."""
    size = len(moments)
    octets: NDArray[np.uint8] = random.integers(0, 256, (size, 16), dtype=np.uint8)
    for place in range(6):
        octets[:, place] = (moments >> (8 * (5 - place))) & 255
    octets[:, 6] = octets[:, 6] & 0x0F | 0x70
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits: Any = octets.tobytes().hex()
    return [digits[start : start + 32] for start in range(0, size * 32, 32)]
