"""What may be typed: hard limits refuse a value, soft limits ask about it.

No body publishes limits for bedside entry, so these are the product's own, wide enough for every survivor and narrow
enough for a slipped digit; each line says why. A hospital's safety officer signs them off before use.
"""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from msgspec import Struct

from wardline.vitals.models import SIGN_FIELDS, Signs
from wardline.vitals.rules import Latest


class Limit(Struct, frozen=True, kw_only=True):
    """Inclusive edges of one field: outside `hard` it is refused, outside `soft` or after a `change` it is asked."""

    name: str
    unit: str
    hard: tuple[float, float]
    soft: tuple[float, float]
    change: float
    source: str


LIMITS: dict[str, Limit] = {
    "respiration_per_min": Limit(
        name="respiration",
        unit="per min",
        hard=(0, 100),
        soft=(5, 50),
        change=20,
        source="Own. 0 is apnoea and must be recordable; an adult does not breathe faster than 100 a minute.",
    ),
    "spo2_percent": Limit(
        name="SpO₂",
        unit="%",
        hard=(0, 100),
        soft=(70, 100),
        change=15,
        source="Own. A share of 100; pulse oximeters are validated from 70 % up (ISO 80601-2-61 accuracy range).",
    ),
    "oxygen_l_per_min": Limit(
        name="oxygen flow",
        unit="L/min",
        hard=(0.1, 80),
        soft=(0.1, 15),
        change=15,
        source="Own. Wall flowmeters end at 15 L/min, high-flow nasal devices below 80 L/min.",
    ),
    "systolic_mmhg": Limit(
        name="systolic pressure",
        unit="mmHg",
        hard=(0, 375),
        soft=(60, 250),
        change=60,
        source="Own. 0 is no recordable pressure; cuffs read up to about 300 mmHg, arterial lines somewhat beyond.",
    ),
    "diastolic_mmhg": Limit(
        name="diastolic pressure",
        unit="mmHg",
        hard=(0, 300),
        soft=(25, 140),
        change=50,
        source="Own. Always below the systolic pressure.",
    ),
    "pulse_per_min": Limit(
        name="pulse",
        unit="per min",
        hard=(0, 350),
        soft=(30, 180),
        change=50,
        source="Own. 0 is cardiac arrest; 350 is beyond 1:1 atrial flutter, the fastest rhythm an adult conducts.",
    ),
    "temperature_celsius": Limit(
        name="temperature",
        unit="°C",
        hard=(15.0, 47.0),
        soft=(33.0, 41.5),
        change=2.5,
        source="Own. Thermometers for the core read from about 15; 47 is beyond the hottest known survivor; 98.6 is Fahrenheit.",
    ),
}
PREVIOUS_FROM: dict[str, str] = {"diastolic_mmhg": "systolic_mmhg", "oxygen_l_per_min": "on_oxygen"}
SIGN_OF_FIELD = {field: sign for sign, field in SIGN_FIELDS.items()}


def refusals(signs: Signs) -> dict[str, str]:
    """Values that cannot be, by field, in plain words. Empty when all may be stored."""
    found: dict[str, str] = {}
    for field, limit in LIMITS.items():
        value = _value(signs, field)
        if value is not None and not limit.hard[0] <= value <= limit.hard[1]:
            low, high = (number(edge) for edge in limit.hard)
            found[field] = (
                f"{number(value)} {limit.unit} is not possible: {limit.name} is {low} to {high} {limit.unit}."
            )
    return found | _contradictions(signs)


def _contradictions(signs: Signs) -> dict[str, str]:
    found: dict[str, str] = {}
    if signs.diastolic_mmhg is not None and signs.systolic_mmhg is None:
        found["systolic_mmhg"] = "Give the systolic pressure with the diastolic one."
    elif signs.diastolic_mmhg is not None and signs.systolic_mmhg and signs.diastolic_mmhg >= signs.systolic_mmhg:
        found["diastolic_mmhg"] = "The diastolic pressure is below the systolic one: are they swapped?"
    if signs.on_oxygen is not True and (signs.oxygen_l_per_min is not None or signs.oxygen_device):
        found["on_oxygen"] = "Say Oxygen to give a flow or a device."
    return found


class Question(Struct, frozen=True, kw_only=True):
    """Asks before an unlikely value counts: the words, the value, and how far it is from which earlier one."""

    text: str
    value: str
    change: float | None = None
    since: datetime | None = None


def questions(signs: Signs, previous: Latest | None, confirmed: Collection[str] = ()) -> dict[str, Question]:
    """Unlikely values that nobody has confirmed yet, by field: outside the soft limits or far from the last value."""
    found: dict[str, Question] = {}
    for field, limit in LIMITS.items():
        value = _value(signs, field)
        if value is None or field in confirmed:
            continue
        before, since = _before(field, previous)
        change = None if before is None else round(value - before, 1)
        jumped = change is not None and abs(change) >= limit.change
        if jumped or not limit.soft[0] <= value <= limit.soft[1]:
            found[field] = Question(
                text=f"Re-check: {limit.name} {number(value)}?",
                value=number(value),
                change=change if jumped else None,
                since=since if jumped else None,
            )
    return found


def _before(field: str, previous: Latest | None) -> tuple[float | None, datetime | None]:
    if previous is None:
        return None, None
    sign = SIGN_OF_FIELD[PREVIOUS_FROM.get(field, field)]
    return _value(previous.signs, field), previous.taken_at.get(sign)


def _value(signs: Signs, field: str) -> float | None:
    return cast("float | None", getattr(signs, field))


def number(value: float) -> str:
    """A leading zero and no trailing one: 0.5, 38, 38.4."""
    return f"{value:g}"
