"""Between a stay's row and the rules: what is known of the signs, and what a new set leaves behind. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.encounters.public import Observed, ObservedStay
from wardline.vitals.models import Band, Consciousness, RecordedSet, Sign, Signs, SpO2Scale, StoredSet, signs_of
from wardline.vitals.rules import (
    NOTHING_YET,
    Eligibility,
    Latest,
    Score,
    band_of,
    eligibility,
    next_due_at,
    score_latest,
    with_newer,
)

HISTORY_MAX = 24


def latest_of_stay(stay: ObservedStay) -> Latest:
    """The newest signs as the stay's row keeps them."""
    times = {
        Sign.RESPIRATION: stay.respiration_at,
        Sign.SPO2: stay.spo2_at,
        Sign.OXYGEN: stay.oxygen_at,
        Sign.SYSTOLIC: stay.systolic_at,
        Sign.PULSE: stay.pulse_at,
        Sign.CONSCIOUSNESS: stay.consciousness_at,
        Sign.TEMPERATURE: stay.temperature_at,
    }
    signs = Signs(
        respiration_per_min=stay.respiration_per_min,
        spo2_percent=stay.spo2_percent,
        spo2_scale=SpO2Scale(stay.spo2_read_on_scale or SpO2Scale.ONE),
        on_oxygen=stay.on_oxygen,
        oxygen_l_per_min=stay.oxygen_l_per_min,
        systolic_mmhg=stay.systolic_mmhg,
        diastolic_mmhg=stay.diastolic_mmhg,
        pulse_per_min=stay.pulse_per_min,
        consciousness=None if stay.consciousness is None else Consciousness(stay.consciousness),
        temperature_celsius=stay.temperature_celsius,
    )
    taken_at = {sign: at for sign, at in times.items() if at is not None}
    return Latest(signs=signs, taken_at=taken_at, spo2_on_oxygen=stay.spo2_on_oxygen)


class Standing(Struct, frozen=True, kw_only=True):
    """Where a patient stands after a set; without a score where NEWS2 is not offered or nothing is known."""

    latest: Latest
    score: Score | None
    band: Band | None
    due_at: datetime | None

    @property
    def total(self) -> int | None:
        """The total or its lower bound; None without a score."""
        return self.score.total if self.score else None

    @property
    def signs_scored(self) -> int:
        """How many of seven signs count."""
        return self.score.signs_scored if self.score else 0


def standing(latest: Latest, offered: Eligibility, now: datetime) -> Standing:
    """Score, band and due time of what is known at `now`."""
    score = score_latest(latest, now)
    if not offered.offered or not score.label:
        return Standing(latest=latest, score=None, band=None, due_at=None)
    newest = max(latest.taken_at.values())
    return Standing(latest=latest, score=score, band=band_of(score), due_at=next_due_at(newest, score))


def offered_to(stay: ObservedStay, now: datetime, zone: str) -> Eligibility:
    """Whether NEWS2 is for this patient today, by the day of the hospital's `zone`."""
    return eligibility(stay.born_on, pregnant=stay.pregnant, today=now.astimezone(ZoneInfo(zone)).date())


def observed(stands: Standing, *, by: UUID | None, history: Sequence[int], history_at: Sequence[datetime]) -> Observed:
    """The stay's row after a set; `history` are the totals so far, oldest first, the newest included."""
    signs, times = stands.latest.signs, stands.latest.taken_at
    has_spo2 = Sign.SPO2 in times
    return Observed(
        respiration_per_min=signs.respiration_per_min,
        respiration_at=times.get(Sign.RESPIRATION),
        spo2_percent=signs.spo2_percent,
        spo2_at=times.get(Sign.SPO2),
        spo2_read_on_scale=signs.spo2_scale.value if has_spo2 else None,
        spo2_on_oxygen=stands.latest.spo2_on_oxygen,
        on_oxygen=signs.on_oxygen,
        oxygen_at=times.get(Sign.OXYGEN),
        oxygen_l_per_min=signs.oxygen_l_per_min,
        systolic_mmhg=signs.systolic_mmhg,
        systolic_at=times.get(Sign.SYSTOLIC),
        diastolic_mmhg=signs.diastolic_mmhg,
        pulse_per_min=signs.pulse_per_min,
        pulse_at=times.get(Sign.PULSE),
        consciousness=signs.consciousness,
        consciousness_at=times.get(Sign.CONSCIOUSNESS),
        temperature_celsius=signs.temperature_celsius,
        temperature_at=times.get(Sign.TEMPERATURE),
        news_score=stands.total,
        news_signs=stands.signs_scored,
        news_single_three=bool(stands.score and stands.score.three_in_one_sign),
        news_band=stands.band,
        news_at=max(times.values(), default=None),
        news_by=by,
        news_history=list(history)[-HISTORY_MAX:],
        news_history_at=list(history_at)[-HISTORY_MAX:],
        observations_due_at=stands.due_at,
    )


class Rescored(Struct, frozen=True, kw_only=True):
    """A stay's sets worked out again from the first to the last."""

    latest: Latest
    by_set: list[tuple[StoredSet, Standing]]


def rescored(sets: Sequence[StoredSet], offered: Eligibility) -> Rescored:
    """Each set with the standing of its own moment, oldest first, and what is known after the last."""
    latest = NOTHING_YET
    by_set: list[tuple[StoredSet, Standing]] = []
    for each in sorted(sets, key=lambda each: (each.taken_at, each.recorded_at)):
        latest = with_newer(latest, signs_of(each), each.taken_at)
        by_set.append((each, standing(latest, offered, each.taken_at)))
    return Rescored(latest=latest, by_set=by_set)


def recorded(row: StoredSet) -> RecordedSet:
    """A stored row as the rules take it."""
    return RecordedSet(id=row.id, taken_at=row.taken_at, recorded_at=row.recorded_at, signs=signs_of(row))
