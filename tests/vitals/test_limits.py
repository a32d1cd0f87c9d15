from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from wardline.vitals.limits import LIMITS, questions, refusals
from wardline.vitals.models import Consciousness, RecordedSet, Signs
from wardline.vitals.rules import Latest, latest_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
USUAL: dict[str, Any] = {
    "respiration_per_min": 16,
    "spo2_percent": 97,
    "on_oxygen": True,
    "oxygen_l_per_min": 2.0,
    "systolic_mmhg": 120,
    "diastolic_mmhg": 70,
    "pulse_per_min": 96,
    "temperature_celsius": 37.0,
    "consciousness": Consciousness.ALERT,
}


def previous(**values: Any) -> Latest:
    return latest_of([RecordedSet(id=UUID(int=1), taken_at=NOON, recorded_at=NOON, signs=Signs(**values))])


@pytest.mark.parametrize("field", LIMITS)
def test_hard_limits_include_their_edges_and_refuse_beyond(field: str) -> None:
    low, high = LIMITS[field].hard
    room = Signs(**USUAL | dict[str, Any](systolic_mmhg=375, diastolic_mmhg=None))
    for edge in (low, high):
        if field != "diastolic_mmhg":
            assert field not in refusals(structs.replace(room, **{field: edge}))
    for beyond in (low - 1, high + 1):
        problems = refusals(structs.replace(room, **{field: beyond}))
        assert LIMITS[field].unit in problems[field]


@pytest.mark.parametrize("field", LIMITS)
def test_soft_limits_ask_and_a_confirmed_field_is_not_asked_again(field: str) -> None:
    limit = LIMITS[field]
    beyond = limit.soft[1] + 1 if limit.soft[1] < limit.hard[1] else limit.soft[0] - 1
    signs = structs.replace(Signs(**USUAL), **{field: beyond})
    assert field in questions(signs, None)
    assert field not in questions(signs, None, confirmed=[field])


def test_usual_values_are_neither_refused_nor_asked() -> None:
    assert refusals(Signs(**USUAL)) == {}
    assert questions(Signs(**USUAL), previous(**USUAL)) == {}
    assert questions(Signs(), previous(**USUAL)) == {}


def test_a_jump_from_the_last_value_is_asked_with_its_size_and_time() -> None:
    question = questions(Signs(pulse_per_min=160), previous(pulse_per_min=60))["pulse_per_min"]
    assert (question.text, question.change, question.since) == ("Re-check: pulse 160?", 100, NOON)
    assert "pulse_per_min" not in questions(Signs(pulse_per_min=160), previous(pulse_per_min=120))
    assert "pulse_per_min" not in questions(Signs(pulse_per_min=160), None)


def test_the_words_show_the_value_as_typed() -> None:
    assert questions(Signs(temperature_celsius=42.0), None)["temperature_celsius"].text == "Re-check: temperature 42?"
    assert questions(Signs(pulse_per_min=196), None)["pulse_per_min"].text == "Re-check: pulse 196?"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"systolic_mmhg": 80, "diastolic_mmhg": 80}, "diastolic_mmhg"),
        ({"systolic_mmhg": 58, "diastolic_mmhg": 98}, "diastolic_mmhg"),
        ({"diastolic_mmhg": 60}, "systolic_mmhg"),
        ({"on_oxygen": False, "oxygen_l_per_min": 2.0}, "on_oxygen"),
        ({"oxygen_l_per_min": 2.0}, "on_oxygen"),
        ({"on_oxygen": False, "oxygen_device": "nasal"}, "on_oxygen"),
    ],
)
def test_values_that_contradict_each_other_are_refused(values: dict[str, Any], field: str) -> None:
    assert field in refusals(Signs(**values))
