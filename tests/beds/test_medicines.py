"""What a board says of the medicines that wait: to the minute, by the clock alone."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from wardline.beds import medicines, rules
from wardline.beds.models import BedRow
from wardline.platform.ids import new_id

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = 1440


def text(*groups: tuple[int, int, int]) -> str:
    """Groups by their minutes from noon, as they are stored."""
    noon = int(NOON.timestamp()) // 60
    return " ".join(f"{noon + due} {noon + turns} {doses}" for due, turns, doses in groups)


def shown(stored: str | None, minutes: float) -> tuple[str, int, int]:
    found = medicines.waiting(stored, NOON + timedelta(minutes=minutes))
    return found.state, found.overdue, found.held


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        (-0.1, ("next", 0, 0)),
        (0, ("due", 0, 0)),
        (60, ("due", 0, 0)),
        (60.1, ("overdue", 2, 0)),
        (DAY, ("overdue", 2, 0)),
        (DAY + 0.1, ("none", 0, 0)),
    ],
)
def test_a_dose_is_next_then_due_then_overdue_for_a_day(minutes: float, wanted: tuple[str, int, int]) -> None:
    assert shown(text((0, 60, 2)), minutes) == wanted


def test_nothing_planned_is_said() -> None:
    assert shown(None, 0) == shown("", 0) == ("none", 0, 0)
    assert medicines.waiting(None, NOON).next_at is None


def test_each_window_counts_by_itself_and_the_next_is_the_soonest_that_is_not_overdue() -> None:
    stored = text((-50, -20, 1), (-50, 10, 3), (360, 420, 2))
    found = medicines.waiting(stored, NOON)
    assert (found.state, found.overdue, found.next_at) == ("overdue", 1, NOON - timedelta(minutes=50))
    later = medicines.waiting(stored, NOON + timedelta(minutes=11))
    assert (later.overdue, later.next_at) == (4, NOON + timedelta(hours=6))


def test_what_is_held_back_waits_until_the_next_of_its_order_and_is_said_where_nothing_else_is() -> None:
    stored = text((-60, 300, -1))
    assert shown(stored, 299) == ("held", 0, 1)
    assert shown(stored, 300) == ("none", 0, 0)
    assert shown(text((-60, 1441, -1)), DAY - 59) == ("none", 0, 0)
    assert shown(text((-60, 300, -1), (300, 360, 1)), 0) == ("next", 0, 1)


def test_midnight_changes_nothing() -> None:
    stored = text((11 * 60, 12 * 60, 1))  # 23:00
    assert shown(stored, 12 * 60 - 1) == ("due", 0, 0)
    assert shown(stored, 12 * 60 + 1) == ("overdue", 1, 0)


def of(stored: str | None) -> BedRow:
    """Somebody in a bed of whom no more is known."""
    values: dict[str, Any] = dict.fromkeys(BedRow.__struct_fields__)
    values |= dict.fromkeys(("room", "label", "state", "state_reason"), "")
    values |= {name: new_id() for name in ("id", "room_id", "encounter_id", "person_id")}
    values |= {
        "state_since": NOON,
        "since": NOON,
        "features": [],
        "version": 1,
        "tasks": 0,
        "medicines_waiting": stored,
    }
    return BedRow(**values)


def test_the_clock_turns_at_the_next_moment_of_any_bed() -> None:
    def turn(minutes: float, *stored: str | None) -> float:
        found = medicines.turns_at([of(each) for each in stored], NOON + timedelta(minutes=minutes))
        return found - NOON.timestamp() / 60

    assert turn(0, None) == math.inf
    assert turn(-30, text((0, 60, 1)), text((-40, 20, 1))) == 0
    assert turn(0, text((0, 60, 1))) == 60
    assert turn(60, text((0, 60, 1))) == 60, "overdue only after it"
    assert turn(61, text((0, 60, 1))) == DAY


@pytest.mark.parametrize("stored", [text((0, 60, 1)), text((-20, 30, 2), (40, 70, 1)), text((-60, 45, -1))])
def test_a_moment_that_is_not_announced_shows_nothing_else(stored: str) -> None:
    """Whoever looks again only at the moments of `turns_at` shows what whoever looks each half minute shows."""
    bed_row = of(stored)
    kept, turn = medicines.waiting(stored, NOON - timedelta(hours=2)), -math.inf
    for half_minutes in range(-240, 2 * DAY + 300):
        now = NOON + timedelta(seconds=30 * half_minutes)
        if medicines.has_turned(turn, now):
            kept, turn = medicines.waiting(stored, now), medicines.turns_at([bed_row], now)
        assert kept == medicines.waiting(stored, now), now


def test_a_bed_turns_late_by_its_medicines_and_passes_their_filter() -> None:
    bed_row, today = of(text((0, 60, 2))), date(2026, 11, 27)
    bed = rules.board_bed(bed_row, rules.families_of([bed_row]), NOON, today)
    later = NOON + timedelta(minutes=61)
    assert rules.turned_late(bed_row, bed, later, dosed=True)
    assert not rules.turned_late(bed_row, bed, NOON - timedelta(0), dosed=True)
    late = rules.board_bed(bed_row, rules.families_of([bed_row]), later, today)
    assert ("overdue" in bed.marks, "overdue" in late.marks) == (False, True)
    assert rules.summary([bed, late]).medicines_overdue == 2
