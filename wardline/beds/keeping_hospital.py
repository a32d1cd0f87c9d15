"""The hospitals' bed boards that this process holds, each at the version it was read at.

As with a ward's board (`keeping`), only what changed since is read, and what shows the same stays the same object for
whoever has rendered it. Scores that no tile shows raise no version: for a program, which is told them, a board that was read
whole more than a minute ago is read whole again. Nobody else needs that, and an hour later it is done for whoever asks.
"""

from collections import OrderedDict
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from wardline.beds import queries, rules
from wardline.beds.models import HospitalBeds, HospitalWard, OpenedHospital, Room, Tile, Waiting
from wardline.platform.alike import same_objects
from wardline.platform.db import Db

HOSPITALS_MAX = 500  # about 200 KB each
WHOLE_EVERY = timedelta(hours=1)
SCORES_EVERY = timedelta(minutes=1)
BOARD_EVERY = timedelta(seconds=30)  # how long somebody waits is counted anew within


class HeldHospital(Struct, kw_only=True, eq=False):
    """A hospital's board as it was read at `version`, and the page made of it."""

    version: int
    whole_at: datetime
    wards: list[HospitalWard]
    rooms: list[Room]
    beds: list[Tile]
    waiting: list[Waiting]
    board: HospitalBeds | None = None
    board_at: datetime | None = None
    today: date | None = None


_held: OrderedDict[UUID, HeldHospital] = OrderedDict()


async def open_hospital(db: Db, *, hospital_id: UUID, now: datetime, scores: bool = False) -> HeldHospital:
    """The hospital's board as it is now; with `scores` those under 5 are of the last minute. One round trip."""
    held = _held.get(hospital_id)
    since = None if held is None or is_over(held, now, scores=scores) else held.version
    opened = await queries.open_hospital(db, hospital_id=hospital_id, held=since)
    if held is not None and not opened.whole and opened.version == held.version:
        _held.move_to_end(hospital_id)
        return held
    made = _whole(opened, held, now) if held is None or opened.whole else _since(held, opened)
    newest = _held.get(hospital_id)
    if newest is None or newest.version <= made.version:
        _held[hospital_id] = made
        _held.move_to_end(hospital_id)
    if len(_held) > HOSPITALS_MAX:
        _held.popitem(last=False)
    return made


def is_over(held: HeldHospital, now: datetime, *, scores: bool = False) -> bool:
    """Whether it is time to read everything."""
    return not timedelta(0) <= now - held.whole_at < (SCORES_EVERY if scores else WHOLE_EVERY)


def held_hospital(hospital_id: UUID) -> HeldHospital | None:
    """The newest board that is held, for whoever has passed the access check."""
    return _held.get(hospital_id)


def board_of(held: HeldHospital, now: datetime, today: date) -> HospitalBeds:
    """The board as the page shows it, made once for all who ask within half a minute. Nobody may change it."""
    is_new = held.board_at is not None and timedelta(0) <= now - held.board_at < BOARD_EVERY
    if held.board is None or not is_new or held.today != today:
        held.board = _board(held, now, today)
        held.board_at, held.today = now, today
    return held.board


def _board(held: HeldHospital, now: datetime, today: date) -> HospitalBeds:
    waiting = [rules.waited(each, now) for each in held.waiting]
    rooms = rules.rooms_in_use(held.rooms, held.beds)
    heads = rules.tile_heads(held.wards, held.beds, today)
    rules.find_places(heads, rooms, held.beds)
    return HospitalBeds(
        summary=rules.hospital_summary(held.beds, waiting, today),
        waiting=waiting,
        wards=same_objects(held.board.wards if held.board else [], heads),
        rooms=rooms,
        beds=held.beds,
    )


def _whole(opened: OpenedHospital, before: HeldHospital | None, now: datetime) -> HeldHospital:
    beds = [Tile(*row) for row in opened.beds or ()]
    return HeldHospital(
        version=opened.version,
        whole_at=now,
        wards=[HospitalWard(*row) for row in opened.wards or ()],
        rooms=[Room(*row) for row in opened.rooms or ()],
        beds=same_objects(before.beds if before else [], beds),
        waiting=_waiting(opened),
        board=before.board if before else None,
    )


def _since(held: HeldHospital, opened: OpenedHospital) -> HeldHospital:
    changed = {row[0]: Tile(*row) for row in opened.beds or ()}
    return HeldHospital(
        version=opened.version,
        whole_at=held.whole_at,
        wards=held.wards,
        rooms=held.rooms,
        beds=[changed.get(bed.id, bed) for bed in held.beds],
        waiting=held.waiting if opened.waiting is None else _waiting(opened),
        board=held.board,
    )


def _waiting(opened: OpenedHospital) -> list[Waiting]:
    return [Waiting(*row) for row in opened.waiting or ()]
