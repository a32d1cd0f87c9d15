"""The ceiling's reads: the product's own SQL, word for word, and its rows as JSON.

What decides which SQL runs (what a typed text means, whether a name fits it) is the product's own pure functions. Nothing
is put in order, marked or rendered.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from wardline.app import load_routes
from wardline.beds.rules import trend_from
from wardline.chart.ribbon import RIBBON_HOURS
from wardline.mar.public import DUE_AHEAD
from wardline.patients import searching
from wardline.patients.finding import GOOD_CLOSENESS, LETTERS_MIN, SOUND_LETTERS_MIN
from wardline.patients.rules import plain
from wardline.patients.searching import SearchText
from wardline.platform import clock
from wardline.platform.db import QUERIES, Declared

load_routes()
_DECLARED = {declared.name: declared for declared in QUERIES}
BOARD = _DECLARED["beds.queries.open_board"]
PATIENT = _DECLARED["patients.queries.open_patient"]
CHART = _DECLARED["chart.queries.summary"]
BEGINNING = _DECLARED["patients.lookups.people_by_beginning"]
OTHERWISE = _DECLARED["patients.lookups.people_spelt_otherwise"]
FOUND_MAX = 20
_json = msgspec.json.Encoder(enc_hook=tuple)  # a row is a list


class Board(msgspec.Struct):
    """A ward's board at the version it was read at, as the product holds it too."""

    version: int
    whole_at: datetime
    head: list[str]
    rooms: list[Any]
    tasks: list[Any]
    beds: dict[UUID, Any]


Boards = dict[UUID, Board]


def bound(statement: Declared, values: dict[str, Any]) -> list[Any]:
    """The values in the order of the statement's places."""
    return [values[path] for path in statement.parameter_paths]


async def board(connection: asyncpg.Connection, held: Boards, hospital_id: UUID, ward_id: UUID) -> bytes:
    """The ward's board; read since the version that is held, as the product reads it."""
    now, known = clock.now(), held.get(ward_id)
    if known is not None and trend_from(known.whole_at) != trend_from(now):
        known = None
    values = {
        "hospital_id": hospital_id,
        "ward_id": ward_id,
        "held": known.version if known else None,
        "trend_from": trend_from(now),
    }
    row = await connection.fetchrow(BOARD.sql, *bound(BOARD, values))
    assert row is not None, "the ward is there"
    version, code, name, specialty, whole, beds, rooms, tasks = row
    if known is None or whole:
        found = {bed[0]: bed for bed in beds or ()}
        known = held[ward_id] = Board(version, now, [code, name, specialty], rooms or [], tasks or [], found)
    elif version >= known.version:
        known.version = version
        known.beds.update({bed[0]: bed for bed in beds or ()})
    return _json.encode([known.head, known.rooms, known.tasks, list(known.beds.values())])


async def chart(connection: asyncpg.Connection, hospital_id: UUID, person_id: UUID) -> bytes:
    """The patient's page in two statements, as the product reads it."""
    now = clock.now()
    opening = {"hospital_id": hospital_id, "person_id": person_id, "topic": f"patient:{person_id}"}
    opened = await connection.fetchrow(PATIENT.sql, *bound(PATIENT, opening))
    values = {
        "patient.hospital_id": hospital_id,
        "patient.person_id": person_id,
        "since": now - timedelta(hours=RIBBON_HOURS),
        "until": now + DUE_AHEAD,
        "now": now,
        "clinical": True,
        "notes": True,
    }
    return _json.encode([opened, await connection.fetchrow(CHART.sql, *bound(CHART, values))])


async def search(connection: asyncpg.Connection, hospital_id: UUID, typed: str) -> tuple[bool, list[str], bytes]:
    """Whether other spellings were tried, the first ids for the record, and everybody found, in no order."""
    wanted = searching.read_search(typed, clock.now().date())
    await connection.execute("SELECT set_config('app.hospital_id', $1, false)", str(hospital_id))
    values = beginning_values(hospital_id, wanted)
    rows = await connection.fetch(BEGINNING.sql, *bound(BEGINNING, values))
    misspelt = len(max(wanted.words, key=len, default="")) >= LETTERS_MIN and not _fits(rows, wanted)
    if misspelt:
        values = {"hospital.hospital_id": hospital_id, "words": list(wanted.words)}
        rows += await connection.fetch(OTHERWISE.sql, *bound(OTHERWISE, values))
    return misspelt, [str(row[0]) for row in rows[:FOUND_MAX]], _json.encode(rows)


def beginning_values(hospital_id: UUID, wanted: SearchText) -> dict[str, Any]:
    """What the statement for typed beginnings is given, for a text that is a name."""
    pairs = searching.name_pairs(wanted)
    alike = [pair for pair in pairs or [(word, "") for word in wanted.words] if len(pair[0]) >= SOUND_LETTERS_MIN]
    return {
        "hospital.hospital_id": hospital_id,
        "beginnings": list(searching.key_beginnings(wanted)),
        "given": list(wanted.words) if len(wanted.words) == 1 else [],
        "families": [pair[0] for pair in pairs],
        "givens": [pair[1] for pair in pairs],
        "alike_families": [pair[0] for pair in alike],
        "alike_givens": [pair[1] for pair in alike],
        "born": [],
        "year_from": None,
        "year_to": None,
    }


def _fits(rows: list[Any], wanted: SearchText) -> bool:
    beginnings = searching.key_beginnings(wanted)
    names = ((plain(row[3]), plain(row[4])) for row in rows)
    return any(searching.name_closeness(*name, wanted.words, beginnings) >= GOOD_CLOSENESS for name in names)
