"""How somebody's observations go over hours and days: a hidden course of illness that the seven signs follow."""

import math
from datetime import datetime, timedelta

from msgspec import Struct

from wardline.demo.conditions import Condition
from wardline.demo.dice import Dice
from wardline.vitals.models import Consciousness, Signs, SpO2Scale
from wardline.vitals.rules import as_recorded

SETTLING = timedelta(hours=30)
FALLING_ILL = timedelta(hours=9)
OXYGEN_FROM = 0.72
OXYGEN_ON_SCALE_2_FROM = 0.9
CONFUSED_FROM = 0.82
TEMPERATURE_LEFT_OUT_SHARE = 0.05


class Course(Struct, kw_only=True):
    """One patient's illness: `ill` at the start, `settled` later, both 0 (well) to 1 (gravely ill).

    `worsens_until` is when a patient who falls ill again is at the `worst`. The rest is the person's normal.
    """

    condition: Condition
    started_at: datetime
    ill: float
    settled: float
    worsens_until: datetime | None
    worst: float
    falling_ill: timedelta = FALLING_ILL
    scale: SpO2Scale
    systolic: float
    pulse: float
    drift: float = 0.0

    def severity(self, at: datetime) -> float:
        """How ill at this moment, 0 to 1."""
        share = math.exp(-(at - self.started_at) / SETTLING)
        level = self.settled + (self.ill - self.settled) * share
        if self.worsens_until is not None:
            begun = 1 - (self.worsens_until - at) / self.falling_ill
            if begun > 0:
                level += max(0.0, self.worst - level) * min(1.0, begun) ** 2
        return min(1.0, max(0.0, level + self.drift))


def course(
    dice: Dice, condition: Condition, started_at: datetime, *, worsens_until: datetime | None, ill_now: bool
) -> Course:
    """A course for this condition. `ill_now`: does not settle."""
    copd = condition.code.startswith("J44") and dice.chance(0.55)
    return Course(
        condition=condition,
        started_at=started_at,
        ill=dice.between(0.15, 0.55),
        settled=dice.between(0.55, 0.78) if ill_now else dice.between(0.04, 0.42),
        worsens_until=worsens_until,
        worst=dice.between(0.6, 0.85),
        scale=SpO2Scale.TWO if copd else SpO2Scale.ONE,
        systolic=dice.between(106, 150),
        pulse=dice.between(62, 88),
    )


def signs_at(dice: Dice, course: Course, at: datetime) -> Signs:
    """One set of observations as a nurse takes it."""
    course.drift = 0.7 * course.drift + dice.near(0, 0.03)
    severity = course.severity(at)
    chest, fever = course.condition.chest, course.condition.fever
    on_oxygen, spo2_percent = _saturation(dice, course, severity + 0.45 * chest)
    systolic = round(course.systolic - 42 * max(0.0, severity - 0.35) + dice.near(0, 5))
    taken = Signs(
        respiration_per_min=max(8, round(15.2 + 1.6 * chest + 10.5 * severity + dice.near(0, 1.1))),
        spo2_percent=spo2_percent,
        spo2_scale=course.scale,
        on_oxygen=on_oxygen,
        oxygen_l_per_min=float(max(1, min(15, round(1 + 9 * max(0.0, severity - 0.2))))) if on_oxygen else None,
        oxygen_device=_device(course, severity) if on_oxygen else None,
        systolic_mmhg=systolic,
        diastolic_mmhg=min(systolic - 12, round(systolic * 0.58 + dice.near(0, 3))),
        pulse_per_min=round(course.pulse + 42 * severity + dice.near(0, 3.5)),
        consciousness=_consciousness(dice, severity),
        temperature_celsius=None
        if dice.chance(TEMPERATURE_LEFT_OUT_SHARE)
        else 36.5 + 2.4 * fever * min(1.0, severity * 1.5) + dice.near(0, 0.25),
    )
    return as_recorded(taken)


def _saturation(dice: Dice, course: Course, breathless: float) -> tuple[bool, int]:
    """Whether oxygen is given, and the saturation, which oxygen brings to the target of the scale."""
    if course.scale is SpO2Scale.TWO:
        return breathless > OXYGEN_ON_SCALE_2_FROM, min(94, max(82, round(90.4 - 2 * breathless + dice.near(0.8, 1.0))))
    on_oxygen = breathless > OXYGEN_FROM
    normal = 97.3 - 3.4 * breathless + (1.8 if on_oxygen else 0)
    return on_oxygen, min(100, max(84, round(normal + dice.near(0, 0.7))))


def _device(course: Course, severity: float) -> str:
    if course.scale is SpO2Scale.TWO:
        return "venturi"
    return "nasal" if severity < 0.5 else "simple_mask" if severity < 0.75 else "reservoir"


def _consciousness(dice: Dice, severity: float) -> Consciousness:
    if severity > CONFUSED_FROM and dice.chance(0.6):
        return Consciousness.NEW_CONFUSION if dice.chance(0.7) else Consciousness.VOICE
    return Consciousness.ALERT
