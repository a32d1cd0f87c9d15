"""The ward boards that this process holds, each at the version it was read at.

A board changes one bed at a time and is looked at by many. So it is read whole once, and after that only what changed
since the held version is read: by the same round trip that sets the scope and finds the ward. Invariants: whose ward it is
is asked every time; what is held of a version is never older than that version; at most so many boards are held.
"""

from collections import Counter, OrderedDict
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from wardline.beds import medicines, queries, rules
from wardline.beds.models import Bed, BedRow, OpenedBoard, Room, TaskRow, WardBoard, WardHead
from wardline.platform.alike import same_objects
from wardline.platform.db import Db

BOARDS_MAX = 2_000  # about 60 KB each
BOARD_EVERY = timedelta(seconds=30)  # what is due soon is gathered anew within


class HeldBoard(Struct, kw_only=True, eq=False):
    """A ward's board as it was read at `version`, and what was made of it."""

    version: int
    ward: WardHead
    rooms: list[Room]
    tasks: list[TaskRow]
    rows: list[BedRow]
    whole_at: datetime
    beds: list[Bed]
    families: Counter[str]
    today: date
    turns_at: float  # when the clock next changes what waits of medicines
    board: WardBoard | None = None
    board_at: datetime | None = None


_held: OrderedDict[tuple[UUID, UUID], HeldBoard] = OrderedDict()


async def open_board(db: Db, *, hospital_id: UUID, ward_id: UUID, now: datetime, today: date) -> HeldBoard | None:
    """The ward's board as it is now; None when the ward is not this hospital's. One round trip."""
    held = _held.get((hospital_id, ward_id))
    since = None if held is None or is_over(held, now) else held.version
    opened = await queries.open_board(
        db, hospital_id=hospital_id, ward_id=ward_id, held=since, trend_from=rules.trend_from(now)
    )
    if opened is None:
        _held.pop((hospital_id, ward_id), None)
        return None
    made = (
        _whole(ward_id, opened, held, now, today) if held is None or opened.whole else _since(held, opened, now, today)
    )
    _hold((hospital_id, ward_id), made)
    return made


def is_over(held: HeldBoard, now: datetime) -> bool:
    """Whether the oldest scores of a trend have left every board since: they do so together, once an hour."""
    return rules.trend_from(now) != rules.trend_from(held.whole_at)


def held_board(hospital_id: UUID, ward_id: UUID) -> HeldBoard | None:
    """The newest board that is held, for whoever has just passed the access check."""
    return _held.get((hospital_id, ward_id))


def by_the_clock(hospital_id: UUID, held: HeldBoard, now: datetime, today: date) -> HeldBoard:
    """The same board with what has become late since."""
    beds = _beds(held, held.rows, held.families, now, today)
    turns_at = _turns_at(held, held.rows, [], now)
    if all(new is old for new, old in zip(beds, held.beds, strict=True)):
        held.turns_at = turns_at
        return held
    made = structs.replace(held, beds=beds, today=today, board_at=None, turns_at=turns_at)
    _hold((hospital_id, held.ward.id), made)
    return made


def board_of(held: HeldBoard, now: datetime) -> WardBoard:
    """The board as the page shows it, made once for all who ask within half a minute."""
    if held.board is None or held.board_at is None or not timedelta(0) <= now - held.board_at < BOARD_EVERY:
        held.board_at = now
        held.board = WardBoard(
            ward=held.ward,
            summary=rules.summary(held.beds),
            needs=rules.needs_now(held.tasks, held.beds),
            soon=rules.needs_soon(held.beds, now),
            rooms=same_objects(held.board.rooms if held.board else [], rules.room_heads(held.rooms, held.beds)),
            beds=held.beds,
        )
    return held.board


def _hold(key: tuple[UUID, UUID], made: HeldBoard) -> None:
    """Another request may have read a newer one meanwhile."""
    held = _held.get(key)
    if held is None or held.version <= made.version:
        _held[key] = made
    _held.move_to_end(key)
    if len(_held) > BOARDS_MAX:
        _held.popitem(last=False)


def _whole(ward_id: UUID, opened: OpenedBoard, before: HeldBoard | None, now: datetime, today: date) -> HeldBoard:
    rows = [BedRow(*row) for row in opened.beds or ()]
    families = rules.families_of(rows)
    return HeldBoard(
        version=opened.version,
        ward=WardHead(ward_id, opened.code, opened.name, opened.specialty),
        rooms=[Room(*row) for row in opened.rooms or ()],
        tasks=_tasks(opened),
        rows=rows,
        whole_at=now,
        beds=_beds(before, rows, families, now, today),
        families=families,
        today=today,
        turns_at=medicines.turns_at(rows, now),
        board=before.board if before else None,
    )


def _since(held: HeldBoard, opened: OpenedBoard, now: datetime, today: date) -> HeldBoard:
    """The held board with what changed, by the data or by the clock; the same one when nothing did."""
    changed = {row[0]: BedRow(*row) for row in opened.beds or ()}
    rows = [changed.get(row.id, row) for row in held.rows] if changed else held.rows
    families = rules.families_of(rows) if changed else held.families
    beds = _beds(held, rows, families, now, today)
    turns_at = _turns_at(held, rows, list(changed.values()), now)
    if opened.version == held.version and all(new is old for new, old in zip(beds, held.beds, strict=True)):
        held.turns_at = turns_at
        return held
    return structs.replace(
        held,
        version=opened.version,
        tasks=held.tasks if opened.tasks is None else _tasks(opened),
        rows=rows,
        beds=beds,
        families=families,
        today=today,
        turns_at=turns_at,
        board_at=None,
    )


def _turns_at(held: HeldBoard, rows: list[BedRow], changed: list[BedRow], now: datetime) -> float:
    """Of all beds once the moment has come; until then only the beds that changed can bring it nearer."""
    if medicines.has_turned(held.turns_at, now):
        return medicines.turns_at(rows, now)
    return min(held.turns_at, medicines.turns_at(changed, now))


def _tasks(opened: OpenedBoard) -> list[TaskRow]:
    return [TaskRow(*row) for row in opened.tasks or ()]


def _beds(
    before: HeldBoard | None, rows: list[BedRow], families: Counter[str], now: datetime, today: date
) -> list[Bed]:
    """The beds as the board shows them; one that shows the same stays the same object, for whoever has rendered it."""
    if before is None or before.today != today or before.families != families:
        return [rules.board_bed(row, families, now, today) for row in rows]
    known = {row.id: (row, bed) for row, bed in zip(before.rows, before.beds, strict=True)}
    dosed = medicines.has_turned(before.turns_at, now)
    beds: list[Bed] = []
    for row in rows:
        old_row, bed = known.get(row.id, (None, None))
        same = old_row is row or old_row == row
        if bed is None or not same or rules.turned_late(row, bed, now, dosed=dosed):
            bed = rules.board_bed(row, families, now, today)
        beds.append(bed)
    return beds
