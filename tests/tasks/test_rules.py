from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.tasks.models import ClimbingTask, HeldTask, NewTask, Priority, Rung
from wardline.tasks.rules import ACKNOWLEDGE_WITHIN, asks_for, climbed, may_acknowledge, raised, standing_at

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANY = UUID(int=1)


def new_task(priority: Priority, rung: Rung) -> NewTask:
    return NewTask(
        hospital_id=ANY,
        kind="escalation",
        subject_key="one",
        ward_id=None,
        person_id=None,
        encounter_id=None,
        title="",
        reason="",
        priority=priority,
        rung=rung,
    )


def held_task(priority: Priority, rung: int, *, state: str = "open", due_in: int = 10) -> HeldTask:
    return HeldTask(ANY, state, priority, rung, NOON + timedelta(minutes=due_in), None, "doctor")


@pytest.mark.parametrize(
    ("rung", "role", "words", "above"),
    [
        (Rung.NURSE_IN_CHARGE, "nurse", "Nurse in charge", ["doctor_on_call", "registrar", "outreach_team"]),
        (Rung.DOCTOR_ON_CALL, "doctor", "Doctor on call", ["registrar", "outreach_team"]),
        (Rung.REGISTRAR, "doctor", "Registrar", ["outreach_team"]),
        (Rung.OUTREACH_TEAM, "doctor", "Outreach team", []),
    ],
)
def test_each_rung_has_an_owner_and_the_rungs_above(rung: Rung, role: str, words: str, above: list[str]) -> None:
    standing = standing_at(rung, Priority.CRITICAL, NOON)
    assert (standing.owner_role, standing.owner_words, standing.ladder) == (role, words, above)
    assert standing.due_at == NOON + timedelta(minutes=15)
    assert standing.climbs_at == (standing.due_at if above else None)


def test_a_task_climbs_rung_by_rung_and_stays_due_at_the_top() -> None:
    ladder = [rung.value for rung in Rung]
    task = ClimbingTask(ANY, None, None, "urgent", 0, "nurse", ladder[1:])
    seen: list[str] = []
    standing = standing_at(Rung.NURSE_IN_CHARGE, Priority.URGENT, NOON)
    while task.ladder:
        standing = climbed(task, NOON)
        seen.append(standing.owner_words)
        task = ClimbingTask(ANY, None, None, "urgent", standing.rung, standing.owner_role, standing.ladder)
    assert seen == ["Doctor on call", "Registrar", "Outreach team"]
    assert standing.climbs_at is None
    assert standing.due_at == NOON + ACKNOWLEDGE_WITHIN[Priority.URGENT]


@pytest.mark.parametrize(
    ("priority", "rung", "place", "as_urgent"),
    [
        (Priority.URGENT, Rung.NURSE_IN_CHARGE, 0, ["urgent", "critical"]),
        (Priority.URGENT, Rung.DOCTOR_ON_CALL, 1, ["urgent", "critical"]),
        (Priority.CRITICAL, Rung.REGISTRAR, 2, ["critical"]),
    ],
)
def test_an_open_task_that_asks_for_as_much_is_only_refreshed(
    priority: Priority, rung: Rung, place: int, as_urgent: list[str]
) -> None:
    assert asks_for(new_task(priority, rung)) == (place, as_urgent)


def test_worse_trouble_opens_an_acknowledged_task_again() -> None:
    held = held_task(Priority.URGENT, 1, state="acknowledged")
    standing = raised(held, new_task(Priority.CRITICAL, Rung.REGISTRAR), NOON)
    assert (standing.owner_words, standing.due_at) == ("Registrar", NOON + timedelta(minutes=15))


@given(
    st.sampled_from(Priority),
    st.integers(0, 3),
    st.integers(-60, 120),
    st.sampled_from(Priority),
    st.sampled_from(Rung),
)
def test_a_raise_never_goes_down_a_rung_and_never_gives_more_time(
    held_priority: Priority, rung: int, due_in: int, priority: Priority, new_rung: Rung
) -> None:
    held = held_task(held_priority, rung, due_in=due_in)
    standing = raised(held, new_task(priority, new_rung), NOON)
    assert standing.rung >= held.rung
    if standing.rung == held.rung:
        assert standing.due_at <= max(held.due_at, NOON + max(ACKNOWLEDGE_WITHIN.values()))


@pytest.mark.parametrize(
    ("role", "owner", "may"),
    [
        ("nurse", "nurse", True),
        ("doctor", "doctor", True),
        ("doctor", "nurse", True),
        ("nurse", "doctor", False),
        ("receptionist", "doctor", False),
        ("doctor", "receptionist", False),
        ("receptionist", "receptionist", True),
    ],
)
def test_a_nurse_does_not_take_a_doctors_escalation_off_the_clock(role: str, owner: str, may: bool) -> None:
    assert may_acknowledge(role, owner, answers_as_doctor=role == "doctor") is may
