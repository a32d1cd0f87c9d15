"""What a board shows of the medicines that wait for a patient. Pure: time comes in.

mar keeps the doses that wait with the stay, as one text that its database function `mar.note_waiting` writes: three numbers
for each time, soonest first. When it is due and when it turns, in minutes since 1970, and how many: doses that are due turn
overdue; a negative number are doses that were held back, which wait until the next dose of their order. A text that holds the
coming day is read now and shown by the clock, so nothing is asked again when a dose becomes overdue.
"""

import math
from datetime import UTC, datetime
from functools import lru_cache

from msgspec import structs

from wardline.beds.models import Bed, BedRow, Medicines, WardBoard

OVERDUE_MAX_MINUTES = 24 * 60  # as on the drug round: after that a dose that nobody recorded is not waited for
MINUTE_SECONDS = 60
TEXTS_KEPT = 4096


@lru_cache(maxsize=TEXTS_KEPT)
def _groups(stored: str) -> tuple[tuple[int, int, int], ...]:
    numbers = [int(number) for number in stored.split()]
    return tuple(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _minutes(now: datetime) -> float:
    return now.timestamp() / MINUTE_SECONDS


def waiting(stored: str | None, now: datetime) -> Medicines:
    """How many doses are overdue, how many are held back, and the next that is not overdue, with what is said first."""
    at, overdue, held = _minutes(now), 0, 0
    following: int | None = None
    for due, turns, doses in _groups(stored or ""):
        if due + OVERDUE_MAX_MINUTES < at:
            continue
        if doses < 0:
            held -= doses if at < turns else 0
        elif turns < at:
            overdue += doses
        elif following is None:
            following = due
    next_at = None if following is None else datetime.fromtimestamp(following * MINUTE_SECONDS, UTC)
    return Medicines(state=_state(overdue, held, following, at), overdue=overdue, held=held, next_at=next_at)


def _state(overdue: int, held: int, following: int | None, at: float) -> str:
    if overdue:
        return "overdue"
    if following is not None:
        return "due" if following <= at else "next"
    return "held" if held else "none"


def turns_at(rows: list[BedRow], now: datetime) -> float:
    """The next moment, in minutes since 1970, at which the clock alone may change what is shown of one of these beds."""
    at = _minutes(now)
    return min(
        (
            moment
            for row in rows
            if row.medicines_waiting is not None
            for due, turns, _ in _groups(row.medicines_waiting)
            for moment in (due, turns, due + OVERDUE_MAX_MINUTES)
            if moment > at or (moment == at and moment != due)  # overdue is after its moment, due at it
        ),
        default=math.inf,
    )


def has_turned(moment: float, now: datetime) -> bool:
    """Whether a moment of `turns_at` has come."""
    return moment <= _minutes(now)


def without(board: WardBoard) -> WardBoard:
    """The board for somebody who may not read charts: nothing on it says what waits of whose medicines."""
    summary = structs.replace(board.summary, medicines_overdue=None)
    return structs.replace(board, summary=summary, beds=[_bed_without(bed) for bed in board.beds])


def _bed_without(bed: Bed) -> Bed:
    who = None if bed.patient is None else structs.replace(bed.patient, medicines=None)
    return structs.replace(bed, patient=who, marks=[mark for mark in bed.marks if mark != "overdue"])
