"""The search's SQL says the same as its rules: the twins are compared on names of many alphabets."""

import random
from datetime import date, timedelta

import asyncpg

from wardline.patients import rules, searching

NAMES = [
    "van der Berg",
    "Mac Donald",
    "O Neill",
    "O´Brien",
    "O’Brien",
    "de la Cruz",
    "van der",
    "García Márquez",
    "Łukasz Żółć",
    "Müßig",
    "Ǣthelred",
    "Ångström-Öberg",
    "Σίσυφος",
    "Никита",
    "李小龙",
    "Smith",
    "smith  jones",
    "",
]


def invented(count: int) -> list[str]:
    """Names of letters, accents, marks and spaces in any order."""
    chosen = random.Random(7)
    ranges = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x3B1, 0x3C9), (0x410, 0x44F), (0x1E00, 0x1EFF)]

    def letter() -> str:
        return chr(chosen.randint(*chosen.choice(ranges)))

    return ["".join(letter() for _ in range(chosen.randint(1, 12))) for _ in range(count)]


async def test_plain_and_joined_are_twins(db_undone: asyncpg.Connection):
    names = NAMES + invented(3000)
    rows = await db_undone.fetch(
        "SELECT n, patients.plain(n) AS plain, patients.joined(patients.plain(n)) AS joined FROM unnest($1::text[]) n",
        names,
    )
    for row in rows:
        assert row["plain"] == rules.plain(row["n"]), row["n"]
        assert row["joined"] == rules.joined_particles(row["plain"]), row["n"]


async def test_search_key_and_phone_key_are_twins(db_undone: asyncpg.Connection):
    for family, given in [("van der Berg", "Anna"), ("O'Brien", "Seán Óg"), ("Le", "Van")]:
        key = await db_undone.fetchval("SELECT patients.search_key($1, $2)", family, given)
        assert key == rules.search_key(family, given)
    for phone in ["07700 900318", "+44 7700 900318", "", "12", "ext. 0042"]:
        assert await db_undone.fetchval("SELECT patients.phone_key($1)", phone) == rules.phone_digits(phone)[::-1]


async def test_network_number_is_a_twin(db_undone: asyncpg.Connection):
    rows = await db_undone.fetch("SELECT n, patients.network_number(n) AS number FROM generate_series(0, 3000) n")
    assert all(row["number"] == rules.network_number(row["n"]) for row in rows)


async def test_born_near_is_a_twin(db_undone: asyncpg.Connection):
    chosen = random.Random(11)
    days = [date(1940, 1, 1) + timedelta(days=chosen.randrange(25_000)) for _ in range(600)]
    pairs = [(day, chosen.choice([*days, day + timedelta(days=chosen.randint(-400, 400))])) for day in days]
    pairs += [(day, day.replace(year=day.year + 3)) for day in days if (day.month, day.day) != (2, 29)]
    rows = await db_undone.fetch(
        "SELECT b, d, patients.born_near(b, ARRAY[d]) AS near FROM unnest($1::date[], $2::date[]) AS t (b, d)",
        [born for born, _ in pairs], [day for _, day in pairs],
    )  # fmt: skip
    for found in rows:
        assert found["near"] == (searching.date_closeness(found["b"], found["d"]) > 0), found
    assert not await db_undone.fetchval("SELECT patients.born_near(NULL, ARRAY['1990-01-01'::date])")


async def test_rebuilding_finds_the_same(db_undone: asyncpg.Connection):
    before = await db_undone.fetch("SELECT * FROM patients.search ORDER BY hospital_id, person_id")
    words = await db_undone.fetch("SELECT * FROM patients.name_word WHERE family_count + given_count > 0 ORDER BY word")
    await db_undone.fetchval("SELECT patients.rebuild_search()")
    assert await db_undone.fetch("SELECT * FROM patients.search ORDER BY hospital_id, person_id") == before
    assert await db_undone.fetch("SELECT * FROM patients.name_word ORDER BY word") == words
