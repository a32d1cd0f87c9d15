"""The next set of observations of a patient of the lively day: near the last one, better or worse as the patient goes."""

from enum import Enum
from typing import Any

from msgspec import Struct

from wardline.demo.dice import Dice


class Trend(Enum):
    """Where a patient is heading; the value is the share of the way that one set goes."""

    STEADY = 0.25
    WORSE = 0.34
    BETTER = 0.3


class Body(Struct, frozen=True):
    """Values that the signs go towards."""

    respiration: float
    spo2: float
    systolic: float
    pulse: float
    temperature: float


WELL = Body(15.5, 96.5, 124, 76, 36.7)
GRAVE = Body(28, 90, 94, 126, 38.7)
BECOMES_WORSE_SHARE = 0.025
OXYGEN_BELOW_PERCENT, OXYGEN_OFF_FROM_PERCENT = 93, 97
CONFUSED_FROM_RESPIRATION = 26


def next_trend(dice: Dice, trend: Trend, *, news_score: int | None, is_attended: bool) -> Trend:
    """A few fall ill; whom a doctor attends gets better; who is well again is steady."""
    score = news_score or 0
    if trend is Trend.WORSE:
        return Trend.BETTER if is_attended else trend
    if trend is Trend.BETTER:
        return Trend.STEADY if score <= 1 else trend
    if score >= 5:
        return Trend.BETTER if is_attended else Trend.WORSE
    return Trend.WORSE if dice.chance(BECOMES_WORSE_SHARE) else Trend.STEADY


def next_set(dice: Dice, last: dict[str, Any], trend: Trend) -> dict[str, Any]:
    """What is typed in; `last` is the newest set as the system answers it."""
    towards = GRAVE if trend is Trend.WORSE else WELL
    share = trend.value

    def stepped(name: str, target: float, spread: float) -> float:
        before = last.get(name)
        value = WELL_START[name] if before is None else float(before)
        return value + share * (target - value) + dice.near(0, spread)

    spo2 = round(min(100, max(80, stepped("spo2_percent", _saturation(last, towards), 0.7))))
    systolic = round(stepped("systolic_mmhg", towards.systolic, 4))
    respiration = round(max(9, stepped("respiration_per_min", towards.respiration, 0.9)))
    on_oxygen = _needs_oxygen(last, spo2)
    typed: dict[str, Any] = {
        "respiration_per_min": respiration,
        "spo2_percent": spo2,
        "on_oxygen": on_oxygen,
        "systolic_mmhg": systolic,
        "diastolic_mmhg": round(systolic * 0.58 + dice.near(0, 3)),
        "pulse_per_min": round(stepped("pulse_per_min", towards.pulse, 3)),
        "consciousness": "C" if trend is Trend.WORSE and respiration >= CONFUSED_FROM_RESPIRATION else "A",
        "temperature_celsius": round(stepped("temperature_celsius", towards.temperature, 0.15), 1),
    }
    if on_oxygen:
        typed |= {"oxygen_l_per_min": min(15.0, max(1.0, 1.0 + 2 * (96 - spo2))), "oxygen_device": "nasal"}
        typed["oxygen_device"] = "nasal" if typed["oxygen_l_per_min"] <= 4 else "simple_mask"
    return typed


def _saturation(last: dict[str, Any], towards: Body) -> float:
    """On scale 2 the target is 88-92 %."""
    return min(towards.spo2, 90.5) if last.get("spo2_scale") == 2 else towards.spo2


def _needs_oxygen(last: dict[str, Any], spo2_percent: int) -> bool:
    before = bool(last.get("on_oxygen"))
    if last.get("spo2_scale") == 2:
        return before
    return spo2_percent < OXYGEN_BELOW_PERCENT or (before and spo2_percent < OXYGEN_OFF_FROM_PERCENT)


WELL_START = {
    "respiration_per_min": WELL.respiration,
    "spo2_percent": WELL.spo2,
    "systolic_mmhg": WELL.systolic,
    "pulse_per_min": WELL.pulse,
    "temperature_celsius": WELL.temperature,
}
