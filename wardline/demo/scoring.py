"""NEWS2 of very many complete sets at once: tables filled by the rules of `vitals`, so that no threshold is written twice."""

from collections.abc import Callable
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from wardline.vitals.models import Band, Sign, Signs
from wardline.vitals.rules import Score, band_of, points_of

Numbers = NDArray[np.int64]
TENTHS_OF_CELSIUS_MAX = 500
SCORE_MAX = 20


class Measured(Struct, frozen=True):
    """The signs of many sets by column, all alert, on scale 1; temperatures in tenths of a degree."""

    respiration: Numbers
    spo2: Numbers
    on_oxygen: NDArray[np.bool_]
    systolic: Numbers
    pulse: Numbers
    temperature_tenths: Numbers


def scores(measured: Measured) -> tuple[Numbers, Numbers]:
    """Total of each set, and the position of its band in `Band`."""
    points = np.stack(
        [
            points_table(Sign.RESPIRATION)[measured.respiration],
            points_table(Sign.SPO2)[measured.spo2],
            points_table(Sign.OXYGEN)[measured.on_oxygen.astype(np.int64)],
            points_table(Sign.SYSTOLIC)[measured.systolic],
            points_table(Sign.PULSE)[measured.pulse],
            points_table(Sign.TEMPERATURE)[measured.temperature_tenths],
        ]
    )
    totals = points.sum(axis=0)
    single_three = (points == 3).any(axis=0).astype(np.int64)
    return totals, band_table()[totals, single_three]


VALUES: dict[Sign, tuple[int, Callable[[int], Signs]]] = {
    Sign.RESPIRATION: (100, lambda value: Signs(respiration_per_min=value)),
    Sign.SPO2: (100, lambda value: Signs(spo2_percent=value)),
    Sign.OXYGEN: (1, lambda value: Signs(on_oxygen=bool(value))),
    Sign.SYSTOLIC: (400, lambda value: Signs(systolic_mmhg=value)),
    Sign.PULSE: (400, lambda value: Signs(pulse_per_min=value)),
    Sign.TEMPERATURE: (TENTHS_OF_CELSIUS_MAX, lambda value: Signs(temperature_celsius=value / 10)),
}


@cache
def points_table(sign: Sign) -> Numbers:
    """The points of every possible value."""
    highest, signs = VALUES[sign]
    return np.array([points_of(signs(value), sign, oxygen_at_the_time=False) for value in range(highest + 1)])


@cache
def band_table() -> Numbers:
    """The position of the band by total and by whether one sign alone is worth 3."""
    positions = {band: position for position, band in enumerate(Band)}
    bands = np.empty((SCORE_MAX + 1, 2), dtype=np.int64)
    for total in range(SCORE_MAX + 1):
        for three in (0, 1):
            band = band_of(complete_score(total, three=bool(three)))
            assert band is not None
            bands[total, three] = positions[band]
    return bands


def complete_score(total: int, *, three: bool) -> Score:
    """Some complete score of this total; where none exists (a 3 in a total of 2), the nearest one."""
    left = max(0, total - 3) if three else total
    points: dict[Sign, int | None] = {Sign.CONSCIOUSNESS: 3 if three else 0}
    for sign in Sign:
        if sign is not Sign.CONSCIOUSNESS:
            points[sign] = min(2, left) if left <= 12 else min(3, left)
            left -= points[sign] or 0
    return Score(points=points, stale=[])
