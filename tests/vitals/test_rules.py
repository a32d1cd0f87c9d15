from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from wardline.vitals.models import SIGN_FIELDS, Band, Consciousness, RecordedSet, Sign, Signs, SpO2Scale
from wardline.vitals.rules import (
    WINDOW_DEFAULT,
    Latest,
    band_of,
    eligibility,
    escalation_for,
    latest_of,
    next_due_at,
    one_decimal,
    points_of,
    response_line,
    response_to,
    score_latest,
    score_set,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELL = Signs(
    respiration_per_min=16,
    spo2_percent=97,
    on_oxygen=False,
    systolic_mmhg=120,
    pulse_per_min=70,
    consciousness=Consciousness.ALERT,
    temperature_celsius=37.0,
)
# Every edge of the official table: value, points.
RESPIRATION = [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (100, 3)]
SPO2_SCALE_1 = [(0, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]
SPO2_SCALE_2_AIR = [(0, 3), (83, 3), (84, 2), (85, 2), (86, 1), (87, 1), (88, 0), (92, 0), (93, 0), (97, 0), (100, 0)]
SPO2_SCALE_2_OXYGEN = [*SPO2_SCALE_2_AIR[:8], (93, 1), (94, 1), (95, 2), (96, 2), (97, 3), (100, 3)]
SYSTOLIC = [(0, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (375, 3)]
PULSE = [(0, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (350, 3)]
TEMPERATURE = [
    (15.0, 3),
    (35.0, 3),
    (35.1, 1),
    (36.0, 1),
    (36.1, 0),
    (38.0, 0),
    (38.1, 1),
    (39.0, 1),
    (39.1, 2),
    (47.0, 2),
]
TEMPERATURE_ROUNDED = [(35.04, 3), (35.05, 1), (36.05, 0), (38.04, 0), (38.05, 1), (39.04, 1), (39.05, 2)]
CONSCIOUSNESS = [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)]


def edges() -> list[Any]:
    one_scale = {
        Sign.RESPIRATION: RESPIRATION,
        Sign.SYSTOLIC: SYSTOLIC,
        Sign.PULSE: PULSE,
        Sign.TEMPERATURE: TEMPERATURE + TEMPERATURE_ROUNDED,
        Sign.CONSCIOUSNESS: [(Consciousness(letter), points) for letter, points in CONSCIOUSNESS],
    }
    cases = [(sign, {SIGN_FIELDS[sign]: value}, points) for sign, rows in one_scale.items() for value, points in rows]
    for on_oxygen in (False, True):
        cases += [(Sign.SPO2, {"spo2_percent": v, "on_oxygen": on_oxygen}, points) for v, points in SPO2_SCALE_1]
    for on_oxygen, rows in ((False, SPO2_SCALE_2_AIR), (True, SPO2_SCALE_2_OXYGEN)):
        two = {"spo2_scale": SpO2Scale.TWO, "on_oxygen": on_oxygen}
        cases += [(Sign.SPO2, two | {"spo2_percent": value}, points) for value, points in rows]
    return cases


@pytest.mark.parametrize(("sign", "values", "points"), edges())
def test_every_edge_of_the_official_table(sign: Sign, values: dict[str, Any], points: int) -> None:
    score = score_set(structs.replace(WELL, **values))
    assert score.points[sign] == points
    assert score.total == points + (2 if values.get("on_oxygen") else 0)
    assert score.complete


def test_each_value_between_the_edges_scores_like_its_band() -> None:
    """The published table once more, written the other way round."""
    for value in range(121):
        expected = 3 if value <= 8 else 1 if value <= 11 else 0 if value <= 20 else 2 if value <= 24 else 3
        assert score_set(Signs(respiration_per_min=value)).total == expected
    for tenth in range(300, 450):
        value = tenth / 10
        expected = 3 if tenth <= 350 else 1 if tenth <= 360 else 0 if tenth <= 380 else 1 if tenth <= 390 else 2
        assert score_set(Signs(temperature_celsius=value)).total == expected


def test_oxygen_is_two_points_and_air_none() -> None:
    assert score_set(Signs(on_oxygen=True)).total == 2
    assert score_set(Signs(on_oxygen=False)).points[Sign.OXYGEN] == 0


def test_scale_2_above_92_is_not_scored_until_air_or_oxygen_is_known() -> None:
    score = score_set(Signs(spo2_percent=97, spo2_scale=SpO2Scale.TWO))
    assert score.points[Sign.SPO2] is None
    assert score.signs_scored == 0
    assert score_set(Signs(spo2_percent=85, spo2_scale=SpO2Scale.TWO)).points[Sign.SPO2] == 2


def test_a_missing_sign_is_incomplete_and_never_zero() -> None:
    for sign, field in SIGN_FIELDS.items():
        score = score_set(structs.replace(WELL, **{field: None}))
        assert score.points[sign] is None
        assert not score.complete
        assert score.completeness == "incomplete (6 of 7)"
        assert score.missing == [sign]
        assert score.label == "0+"
        assert band_of(score) is None
    assert score_set(Signs()).label == ""


def points_worth(total: int, *, three: bool = False) -> Signs:
    """A complete set worth exactly this many points, with or without a single 3."""
    worth_two = {"respiration_per_min": 21, "spo2_percent": 92, "on_oxygen": True, "systolic_mmhg": 95}
    worth_two |= {"pulse_per_min": 120, "temperature_celsius": 39.5}
    changes: dict[str, Any] = {"consciousness": Consciousness.VOICE} if three else {}
    left = total - 3 * three
    if left % 2:
        changes["temperature_celsius"] = 38.5
    changes |= dict(list(worth_two.items())[: left // 2])
    signs = structs.replace(WELL, **changes)
    assert score_set(signs).total == total
    return signs


@pytest.mark.parametrize(
    ("total", "three", "band", "due_within", "rung", "priority"),
    [
        (0, False, Band.LOW, timedelta(hours=12), None, None),
        (1, False, Band.LOW, timedelta(hours=6), None, None),
        (4, False, Band.LOW, timedelta(hours=6), None, None),
        (3, True, Band.THREE_IN_ONE_SIGN, timedelta(hours=1), "nurse_in_charge", "urgent"),
        (4, True, Band.THREE_IN_ONE_SIGN, timedelta(hours=1), "nurse_in_charge", "urgent"),
        (5, False, Band.MEDIUM, timedelta(hours=1), "doctor_on_call", "urgent"),
        (5, True, Band.MEDIUM, timedelta(hours=1), "doctor_on_call", "urgent"),
        (6, False, Band.MEDIUM, timedelta(hours=1), "doctor_on_call", "urgent"),
        (7, False, Band.HIGH, timedelta(minutes=30), "registrar", "critical"),
        (7, True, Band.HIGH, timedelta(minutes=30), "registrar", "critical"),
        (12, True, Band.HIGH, timedelta(minutes=30), "registrar", "critical"),
    ],
)
def test_band_response_and_escalation(
    total: int, three: bool, band: Band, due_within: timedelta, rung: str | None, priority: str | None
) -> None:
    score = score_set(points_worth(total, three=three))
    assert band_of(score) is band
    assert next_due_at(NOON, score) == NOON + due_within
    escalation = escalation_for(score)
    assert (escalation and escalation.rung) == rung
    assert (escalation and escalation.priority) == priority
    assert response_line(score).startswith(response_to(score).title)


def test_an_incomplete_score_gets_its_response_once_no_entry_could_lower_it() -> None:
    entered = Signs(respiration_per_min=24, spo2_percent=92, on_oxygen=True, systolic_mmhg=98)
    score = score_set(entered)
    assert (score.label, score.signs_scored, band_of(score)) == ("8+", 4, Band.HIGH)
    assert response_line(score).startswith("incomplete (4 of 7): High – emergency response.")
    few = score_set(Signs(respiration_per_min=16))
    assert response_line(few).startswith("incomplete (1 of 7): The score is not known while signs are missing.")
    assert band_of(score_set(Signs(consciousness=Consciousness.PAIN))) is Band.THREE_IN_ONE_SIGN
    assert band_of(score_set(Signs(respiration_per_min=16))) is None
    assert escalation_for(score_set(Signs(respiration_per_min=16))) is None


# --- several sets ------------------------------------------------------------------------------------------------------
def whole(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high)


any_signs = st.builds(
    Signs,
    respiration_per_min=whole(0, 60),
    spo2_percent=whole(70, 100),
    spo2_scale=st.sampled_from(SpO2Scale),
    on_oxygen=st.none() | st.booleans(),
    systolic_mmhg=whole(40, 260),
    pulse_per_min=whole(20, 220),
    consciousness=st.none() | st.sampled_from(Consciousness),
    temperature_celsius=st.none() | st.integers(300, 430).map(lambda tenths: tenths / 10),
)


@st.composite
def histories(draw: st.DrawFn, at_least: int = 1) -> list[RecordedSet]:
    minutes = draw(st.lists(st.integers(0, 3000), min_size=at_least, max_size=8))
    return [
        RecordedSet(
            id=UUID(int=place),
            taken_at=NOON + timedelta(minutes=minute),
            recorded_at=NOON + timedelta(minutes=3000, seconds=place),
            signs=draw(any_signs),
        )
        for place, minute in enumerate(minutes)
    ]


def later(history: list[RecordedSet], signs: Signs, minutes: int) -> RecordedSet:
    taken_at = max(each.taken_at for each in history) + timedelta(minutes=minutes)
    recorded_at = max(each.recorded_at for each in history) + timedelta(minutes=minutes + 1)
    return RecordedSet(id=UUID(int=99), taken_at=taken_at, recorded_at=recorded_at, signs=signs)


@given(histories(), any_signs, st.integers(0, 3000))
def test_an_entry_changes_the_points_of_its_own_signs_only(
    history: list[RecordedSet], signs: Signs, minutes: int
) -> None:
    before = latest_of(history).points
    after = latest_of([*history, later(history, signs, minutes)]).points
    for sign in Sign:
        if not signs.has(sign):
            assert after[sign] == before[sign] or before[sign] is None


@given(histories(), st.sets(st.sampled_from(Sign)), st.integers(0, 3000))
def test_a_partial_set_with_unchanged_values_never_lowers_the_score(
    history: list[RecordedSet], kept: set[Sign], minutes: int
) -> None:
    """Unchanged includes the oxygen that a saturation was measured under."""
    before = latest_of(history)
    if Sign.SPO2 in kept:
        as_of_now = points_of(before.signs, Sign.SPO2, oxygen_at_the_time=before.signs.on_oxygen)
        assume(before.points[Sign.SPO2] == as_of_now)
    dropped = {SIGN_FIELDS[sign]: None for sign in Sign if sign not in kept}
    partial = later(history, structs.replace(before.signs, **dropped), minutes)
    after = latest_of([*history, partial])
    now = partial.taken_at
    assert score_latest(after, now).total >= score_latest(before, now).total


@given(histories(), st.integers(0, 10_000))
def test_time_alone_never_changes_the_total(history: list[RecordedSet], minutes: int) -> None:
    latest = latest_of(history)
    soon = max(latest.taken_at.values(), default=NOON)
    first, second = score_latest(latest, soon), score_latest(latest, soon + timedelta(minutes=minutes))
    assert first.total == second.total
    assert first.signs_scored >= second.signs_scored


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(history: list[RecordedSet], random: Any) -> None:
    shuffled = history.copy()
    random.shuffle(shuffled)
    assert latest_of(shuffled) == latest_of(history)


@given(any_signs)
def test_filling_in_one_more_sign_only_raises_the_lower_bound(signs: Signs) -> None:
    total = score_set(signs).total
    for sign in Sign:
        without = structs.replace(signs, **{SIGN_FIELDS[sign]: None})
        assert score_set(without).total <= total
        assert (band_of(score_set(without)) or Band.LOW).rank <= (band_of(score_set(signs)) or Band.LOW).rank


@given(any_signs)
def test_a_complete_score_is_the_sum_of_seven_points_between_0_and_20(signs: Signs) -> None:
    score = score_set(signs)
    assert 0 <= score.total <= 20
    assert all(points in {None, 0, 1, 2, 3} for points in score.points.values())
    assert score.complete == all(points is not None for points in score.points.values())


def at(hour: float, **values: Any) -> RecordedSet:
    taken_at = NOON + timedelta(hours=hour)
    return RecordedSet(
        id=UUID(int=int(hour * 60) + 6000), taken_at=taken_at, recorded_at=taken_at, signs=Signs(**values)
    )


def latest(*sets: RecordedSet) -> Latest:
    return latest_of(sets)


def test_a_sign_older_than_the_window_counts_and_is_marked() -> None:
    first = RecordedSet(id=UUID(int=1), taken_at=NOON, recorded_at=NOON, signs=points_worth(8))
    second = at(11, respiration_per_min=22)
    within = score_latest(latest(first, second), NOON + WINDOW_DEFAULT)
    assert (within.total, within.complete) == (8, True)
    beyond = score_latest(latest(first, second), NOON + WINDOW_DEFAULT + timedelta(seconds=1))
    assert (beyond.label, beyond.completeness) == ("8+", "incomplete (1 of 7)")
    assert band_of(beyond) is Band.HIGH
    assert Sign.RESPIRATION not in beyond.stale


def test_a_saturation_keeps_the_oxygen_it_was_measured_under() -> None:
    two = SpO2Scale.TWO
    on_oxygen = at(0, spo2_percent=97, spo2_scale=two, on_oxygen=True)
    oxygen_off = at(1, on_oxygen=False)
    measured_again = at(2, spo2_percent=97, spo2_scale=two)
    assert latest(on_oxygen).points[Sign.SPO2] == 3
    assert latest(on_oxygen, oxygen_off).points[Sign.SPO2] == 3
    assert latest(on_oxygen, oxygen_off, measured_again).points[Sign.SPO2] == 0
    assert latest(at(0, spo2_percent=97, spo2_scale=two), at(1, on_oxygen=True)).points[Sign.SPO2] == 3


def test_a_late_entry_does_not_replace_a_newer_value() -> None:
    newer, older = at(2, pulse_per_min=70), at(1, pulse_per_min=140)
    late = structs.replace(older, recorded_at=NOON + timedelta(hours=3))
    assert latest(newer, late).signs.pulse_per_min == 70


def test_what_belongs_to_a_sign_comes_with_it() -> None:
    first = at(0, on_oxygen=True, oxygen_l_per_min=4.0, systolic_mmhg=120, diastolic_mmhg=80)
    second = at(1, on_oxygen=False, systolic_mmhg=110)
    merged = latest(first, second).signs
    assert (merged.oxygen_l_per_min, merged.diastolic_mmhg) == (None, None)


@pytest.mark.parametrize(
    ("born", "pregnant", "offered"),
    [
        (date(2010, 11, 23), False, True),
        (date(2010, 11, 24), False, False),
        (date(1956, 3, 12), False, True),
        (date(1990, 1, 1), True, False),
        (date(2012, 1, 1), True, False),
        (None, False, True),
        (None, True, False),
    ],
)
def test_not_for_children_and_not_in_pregnancy(born: date | None, pregnant: bool, offered: bool) -> None:
    found = eligibility(born, pregnant=pregnant, today=date(2026, 11, 23))
    assert found.offered is offered
    assert offered or found.reason


def test_rounding_is_half_up_and_not_to_even() -> None:
    assert [one_decimal(value) for value in (38.05, 38.15, 38.25, 36.049, 40.0)] == [38.1, 38.2, 38.3, 36.0, 40.0]
