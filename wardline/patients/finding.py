"""One search: read what was typed, look in the ways it allows, rank, and mark what matched."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from wardline.identity.public import HospitalScope
from wardline.patients import lookups, searching
from wardline.patients.forms import Search, Typed
from wardline.patients.lines import found_line
from wardline.patients.models import FoundPatient, FoundRow, Marked, SearchPage
from wardline.patients.rules import capitals, is_network_number, look_alikes, matched_part, phone_digits, plain
from wardline.patients.searching import Candidate, SearchText
from wardline.platform.errors import Invalid
from wardline.platform.http import Context
from wardline.platform.http.context import search_hash
from wardline.platform.render import filled

GOOD_CLOSENESS = 0.95
LETTERS_MIN = 3
SOUND_LETTERS_MIN = 4


def today(ctx: Context) -> date:
    """The day at the caller's hospital."""
    return ctx.now.astimezone(ZoneInfo(ctx.caller.time_zone)).date()


class Found(msgspec.Struct, frozen=True):
    """The people of a search, best first, and what was typed."""

    rows: list[FoundRow]
    ids: list[str]
    wanted: SearchText
    q: str
    typed: str

    @property
    def understood(self) -> str:
        """How the text was read."""
        return _understood(self.wanted)

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def lines(self) -> Any:
        """Everybody's row of the page, as markup."""
        pieces = self._pieces()
        each = zip(self.rows, self.ids, self._similar(), strict=True)
        return filled("patients/found_row.html", [found_line(row, text, others, pieces) for row, text, others in each])

    def page(self) -> SearchPage:
        """The answer for a program."""
        pieces = self._pieces()
        items = [_one(row, others, pieces) for row, others in zip(self.rows, self._similar(), strict=True)]
        return SearchPage(items=items, q=self.q, typed=self.typed, understood=self.understood)

    def _similar(self) -> list[int]:
        return look_alikes([(row.family, row.given) for row in self.rows])

    def _pieces(self) -> tuple[str, ...]:
        """What is marked in a name: the longest of these that a word of it begins with."""
        parts = (part for pair in searching.name_pairs(self.wanted) for part in pair)
        return tuple(dict.fromkeys((*parts, *self.wanted.words)))


async def find(ctx: Context, hospital: HospitalScope, search: Search) -> Found:
    """The people of this hospital that a search means, best first. Reports the search without its words."""
    wanted = read(search, today(ctx))
    typed = " ".join(part for part in (search.q, search.born, search.phone, search.mrn) if part).strip()
    rows = await _rows(ctx, hospital, wanted)
    by_id = {row.person_id: row for row in reversed(rows)}
    found = [by_id[person_id] for person_id in searching.ranked(list(map(_candidate, rows)), wanted)]
    ids = [str(row.person_id) for row in found]
    if typed:
        ctx.saw("search", None, detail={"words": search_hash(typed), "found": ids})
    return Found(found, ids, wanted, search.q, typed)


def read(search: Search, day: date) -> SearchText:
    """What the box and the single fields mean together; a field of its own is taken at its word."""
    wanted = searching.read_search(search.q, day)
    changes: dict[str, object] = {}
    if search.born.strip():
        changes["born"] = searching.read_birth_date(search.born, day)
        if not changes["born"]:
            raise Invalid(fields={"born": "Enter a date of birth, such as 14-Aug-1971 or 14/8/1971."})
    if search.phone:
        changes["phone"] = phone_digits(search.phone)
    if search.mrn:
        number = "".join(letter for letter in search.mrn if letter.isalnum()).upper()
        changes["record_number"] = number
        changes["number_as_typed"] = search.mrn.strip()
        changes["network_number"] = number if is_network_number(number) else ""
    return searching.with_changes(wanted, changes)


async def _rows(ctx: Context, hospital: HospitalScope, wanted: SearchText) -> list[FoundRow]:
    if wanted.is_empty:
        return []
    rows: list[FoundRow] = []
    async with ctx.db.one_connection() as db:
        if wanted.record_number or wanted.phone:
            rows += await lookups.people_by_number(
                db,
                hospital,
                record_number=wanted.record_number,
                as_typed=wanted.number_as_typed,
                network_number=wanted.record_number,
                identifier=wanted.record_number,
                phone=wanted.phone[::-1],
            )
        if wanted.words or wanted.born:
            rows += await _by_beginning(db, hospital, wanted)
        if wanted.words and len(max(wanted.words, key=len)) >= LETTERS_MIN and not _fits(rows, wanted):
            rows += await lookups.people_spelt_otherwise(db, hospital, words=list(wanted.words))
    return rows


async def _by_beginning(db: lookups.Db, hospital: HospitalScope, wanted: SearchText) -> list[FoundRow]:
    pairs = searching.name_pairs(wanted)
    alike = [pair for pair in pairs or [(word, "") for word in wanted.words] if len(pair[0]) >= SOUND_LETTERS_MIN]
    year = wanted.born_year
    return await lookups.people_by_beginning(
        db,
        hospital,
        beginnings=list(searching.key_beginnings(wanted)),
        given=list(wanted.words) if len(wanted.words) == 1 else [],
        families=[pair[0] for pair in pairs],
        givens=[pair[1] for pair in pairs],
        alike_families=[pair[0] for pair in alike],
        alike_givens=[pair[1] for pair in alike],
        born=list(wanted.born),
        year_from=date(year, 1, 1) if year else None,
        year_to=date(year, 12, 31) if year else None,
    )


def _fits(rows: list[FoundRow], wanted: SearchText) -> bool:
    """Whether somebody's name is what was typed, so that no other spelling has to be tried."""
    beginnings = searching.key_beginnings(wanted)
    closeness = (
        searching.name_closeness(plain(row.family), plain(row.given), wanted.words, beginnings) for row in rows
    )
    return any(close >= GOOD_CLOSENESS for close in closeness)


def _candidate(row: FoundRow) -> Candidate:
    return Candidate(
        row.person_id, plain(row.family), plain(row.given), row.born_on, True, row.by_number, row.family_count
    )


def _one(row: FoundRow, similar: int, typed: tuple[str, ...]) -> FoundPatient:
    return FoundPatient(
        person_id=row.person_id,
        network_number=row.network_number,
        mrn=row.mrn,
        family=row.family,
        given=row.given,
        title=row.title,
        known_as=row.known_as,
        sex=row.sex,
        born_on=row.born_on,
        born_estimated=row.born_estimated,
        deceased_on=row.deceased_on,
        town=row.town,
        photo_href=f"/patients/{row.person_id}/photo" if row.has_photo else None,
        last_visit_at=row.last_visit_at,
        last_place=row.last_place,
        similar_names=similar,
        family_marked=Marked(*matched_part(capitals(row.family), typed)),
        given_marked=Marked(*matched_part(row.given, typed)),
    )


def _understood(wanted: SearchText) -> str:
    """How the text was read, so that a slip shows: "name smith, born 12-Mar-1956"."""
    parts: list[str] = []
    if wanted.words:
        parts.append(f"name {' '.join(wanted.words)}")
    if wanted.born:
        parts.append("born " + " or ".join(f"{day:%d-%b-%Y}" for day in wanted.born))
    elif wanted.born_year:
        parts.append(f"born in {wanted.born_year}")
    if wanted.network_number:
        parts.append(f"patient ID {wanted.network_number}")
    elif wanted.record_number and not wanted.born and not wanted.born_year:
        parts.append(f"number {wanted.record_number}")
    return ", ".join(parts)


def typed_from(text: str, day: date) -> Typed:
    """A registration form begun with what was searched for."""
    wanted = searching.read_search(text, day)
    born = wanted.born[0] if wanted.born else None
    return Typed(
        family=_capitalised(wanted.family),
        given=_capitalised(wanted.given),
        born_on=born,
        born_day=born.day if born else None,
        born_month=born.month if born else None,
        born_year=born.year if born else wanted.born_year,
        mobile=wanted.number_as_typed if wanted.phone and not wanted.network_number else "",
        network_number=wanted.network_number,
    )


def _capitalised(name: str) -> str:
    """A name typed in small letters with a capital at each word; anything else as it was typed."""
    return name.title() if name.islower() else name
