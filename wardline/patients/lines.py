"""People found as texts, ready for the mould of their row: a list of twenty is written while somebody types."""

from typing import NamedTuple

from wardline.patients.models import FoundRow, Sex
from wardline.patients.rules import capitals, matched_part
from wardline.platform.render import ident
from wardline.platform.times import age, day

SEX_WORDS = {Sex.FEMALE.value: "Female", Sex.MALE.value: "Male", Sex.OTHER.value: "Other"}


class FoundLine(NamedTuple):
    """What patients/found_row.html writes; an empty text is left out there. Names are cut around what was typed."""

    person_id: str
    photo: str
    family: str
    family_hit: str
    family_rest: str
    given: str
    given_hit: str
    given_rest: str
    title: str
    known_as: str
    similar: str
    died: str
    died_iso: str
    born: str
    born_iso: str
    age: str
    sex: str
    number: str
    town: str
    visit: str
    visit_iso: str
    visit_place: str


def found_line(row: FoundRow, person_id: str, similar: int, typed: tuple[str, ...]) -> FoundLine:
    """One person; made while the page is rendered, because ages and days are those of its hour and zone."""
    born, died, visit = row.born_on, row.deceased_on, row.last_visit_at
    is_exact = born is not None and not row.born_estimated
    # Made from one list: with two dozen arguments the making takes as long as all the texts.
    return FoundLine._make([
        person_id,
        "yes" if row.has_photo else "",
        *matched_part(capitals(row.family), typed),
        *matched_part(row.given, typed),
        row.title,
        row.known_as,
        similar_words(similar),
        day(died),
        died.isoformat() if died else "",
        day(born) if is_exact else "",
        born.isoformat() if born and is_exact else "",
        age(born) if born else "",
        SEX_WORDS.get(row.sex, "Not known"),
        ident(row.network_number),
        row.town,
        day(visit),
        visit.isoformat() if visit else "",
        row.last_place,
    ])  # fmt: skip


def similar_words(count: int) -> str:
    """How many others in the list are easily mistaken for this person; nothing for none."""
    return f"{count} {'person' if count == 1 else 'people'} here with a similar name" if count else ""
