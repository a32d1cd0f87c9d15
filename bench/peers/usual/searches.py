"""The search for patients: candidates by the ORM, misspelt ones by the dictionary in SQL, in the order that fits best."""

import hashlib
import re
import uuid
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, func, select, text, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.peers.usual.tables import NameWord, Registration, SearchRow
from wardline.app import load_routes
from wardline.patients import searching
from wardline.patients.finding import GOOD_CLOSENESS, LETTERS_MIN, SOUND_LETTERS_MIN
from wardline.patients.rules import capitals, look_alikes, matched_part, plain
from wardline.patients.searching import Candidate, SearchText
from wardline.platform import clock
from wardline.platform.db import QUERIES

LAST = chr(0x10FFFF)
CANDIDATES_MAX = 160
load_routes()
# What no ORM says is SQL here too; its places are named as SQLAlchemy wants them.
_DECLARED = next(query for query in QUERIES if query.name == "patients.lookups.people_spelt_otherwise")
OTHERWISE = text(
    re.sub(
        r"\$(\d+)(?:::([\w\[\]]+))?", lambda at: f"CAST(:p{at[1]} AS {at[2]})" if at[2] else f":p{at[1]}", _DECLARED.sql
    )
)


class Person(BaseModel):
    person_id: uuid.UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    known_as: str
    sex: str
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    town: str
    has_photo: bool
    last_visit_at: datetime | None
    last_place: str
    family_count: int = 0
    similar_names: int = 0
    family_marked: tuple[str, str, str] = ("", "", "")
    given_marked: tuple[str, str, str] = ("", "", "")


class Found(BaseModel):
    typed: str
    understood: str
    items: list[Person]


def hashed(typed: str) -> str:
    """What the record keeps of the words."""
    return hashlib.blake2b(typed.encode(), digest_size=16).hexdigest()


async def search(db: AsyncSession, hospital_id: uuid.UUID, typed: str) -> Found:
    wanted = searching.read_search(typed, clock.now().date())
    people = await by_beginning(db, hospital_id, wanted) if wanted.words else []
    if wanted.words and len(max(wanted.words, key=len)) >= LETTERS_MIN and not fits(people, wanted):
        people += await spelt_otherwise(db, hospital_id, wanted)
    by_id = {person.person_id: person for person in reversed(people)}
    order = searching.ranked([candidate(person) for person in people], wanted)
    items = [by_id[person_id] for person_id in order]
    mark(items, wanted)
    return Found(typed=typed, understood=f"name {' '.join(wanted.words)}", items=items)


async def by_beginning(db: AsyncSession, hospital_id: uuid.UUID, wanted: SearchText) -> list[Person]:
    candidates = union_all(*ways(hospital_id, wanted)).subquery()
    rows = await db.scalars(
        select(Registration)
        .where(Registration.hospital_id == hospital_id, Registration.person_id.in_(select(candidates.c.person_id)))
        .options(joinedload(Registration.person, innerjoin=True))
        .limit(CANDIDATES_MAX)
    )
    return [person_of(row) for row in rows]


def ways(hospital_id: uuid.UUID, wanted: SearchText) -> list[Select[Any]]:
    """Each way in which a typed beginning may mean somebody, bounded and served by one index."""
    pairs = searching.name_pairs(wanted)
    found = [
        within(hospital_id, begins(SearchRow.key, word), 21, SearchRow.key) for word in searching.key_beginnings(wanted)
    ]
    if len(wanted.words) == 1:
        found += [within(hospital_id, begins(SearchRow.given, word), 11, SearchRow.given) for word in wanted.words]
    for family, given in pairs:
        both = begins(SearchRow.key, family) & begins(SearchRow.given, given)
        found.append(within(hospital_id, both, 21, None))
    for family, given in pairs or [(word, "") for word in wanted.words]:
        if len(family) >= SOUND_LETTERS_MIN:
            found.append(alike(hospital_id, family, given))
    return found


def begins(column: Any, word: str) -> ColumnElement[bool]:
    return (column >= word) & (column < word + LAST)


def within(hospital_id: uuid.UUID, condition: ColumnElement[bool], limit: int, order: Any) -> Select[Any]:
    found = select(SearchRow.person_id).where(SearchRow.hospital_id == hospital_id, condition).limit(limit)
    ordered = found.order_by(order) if order is not None else found
    return select(ordered.subquery().c.person_id)


def alike(hospital_id: uuid.UUID, family: str, given: str) -> Select[Any]:
    """People whose family name sounds like the typed one."""
    words = (
        select(NameWord.word)
        .where(
            NameWord.sound == func.dmetaphone(family),
            NameWord.sound != "",
            NameWord.word != family,
            NameWord.family_count > 0,
        )
        .order_by(NameWord.family_count.desc())
        .limit(6)
        .subquery()
    )
    first = words.c.word + " " + given
    people = (
        select(SearchRow.person_id)
        .where(SearchRow.hospital_id == hospital_id, SearchRow.key >= first, SearchRow.key < first + LAST)
        .order_by(SearchRow.key)
        .limit(3)
        .lateral()
    )
    return select(people.c.person_id).select_from(words.join(people, true()))


async def spelt_otherwise(db: AsyncSession, hospital_id: uuid.UUID, wanted: SearchText) -> list[Person]:
    given = {"hospital.hospital_id": hospital_id, "words": list(wanted.words)}
    places = {f"p{n}": given[path] for n, path in enumerate(_DECLARED.parameter_paths, 1)}
    names = list(Person.model_fields)[:15]
    rows = await db.execute(OTHERWISE, places)
    return [Person(**dict(zip(names, row[:15], strict=True)), family_count=row[16]) for row in rows]


def person_of(row: Registration) -> Person:
    person = row.person
    return Person(
        person_id=person.id,
        network_number=person.network_number,
        mrn=row.mrn,
        family=person.family,
        given=person.given,
        title=person.title,
        known_as=person.known_as,
        sex=person.sex,
        born_on=person.born_on,
        born_estimated=person.born_estimated,
        deceased_on=person.deceased_on,
        town=person.town,
        has_photo=person.photo_file is not None,
        last_visit_at=row.last_visit_at,
        last_place=row.last_place,
    )


def fits(people: list[Person], wanted: SearchText) -> bool:
    """Whether somebody's name is what was typed, so that no other spelling has to be tried."""
    beginnings = searching.key_beginnings(wanted)
    names = ((plain(person.family), plain(person.given)) for person in people)
    return any(searching.name_closeness(*name, wanted.words, beginnings) >= GOOD_CLOSENESS for name in names)


def candidate(person: Person) -> Candidate:
    names = plain(person.family), plain(person.given)
    return Candidate(person.person_id, *names, person.born_on, True, family_count=person.family_count)


def mark(people: list[Person], wanted: SearchText) -> None:
    """Note what of each name was typed, and who has a similar one."""
    pairs = searching.name_pairs(wanted)
    typed = tuple(dict.fromkeys((*(part for pair in pairs for part in pair), *wanted.words)))
    similar = look_alikes([(person.family, person.given) for person in people])
    for person, others in zip(people, similar, strict=True):
        person.similar_names = others
        person.family_marked = matched_part(capitals(person.family), typed)
        person.given_marked = matched_part(person.given, typed)
