"""The panels of the summary, made from rows. Pure: the time is passed in."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from wardline.chart.models import Mark, NewsCard, Numbered, Ribbon, SetRow, SignLine, Tick
from wardline.encounters.public import ObservedStay
from wardline.vitals.public import Sign, Signs, latest_of_stay, offered_to, response_to, standing

RIBBON_HOURS = 24
RIBBON_AHEAD_HOURS = 1
TICK_HOURS = 3
# The axis is at least so wide, in CSS pixels, on a phone and above 700. A number takes 24, or 34 for three letters, and a gap,
# on a phone so much that the scores between can be seen.
NARROW_PX, NARROW_GAP_PX = 250, 12
WIDE_PX, WIDE_GAP_PX = 560, 2
TICK_CLEAR_OF_NOW = timedelta(minutes=55)  # the word "Now" stands there
AVPU = {"A": "Alert", "C": "New confusion", "V": "Voice", "P": "Pain", "U": "Unresponsive"}
NAMES = {
    Sign.RESPIRATION: ("Respiration", "per min"),
    Sign.SPO2: ("SpO₂", "%"),
    Sign.OXYGEN: ("Oxygen", ""),
    Sign.SYSTOLIC: ("Blood pressure", "mmHg"),
    Sign.PULSE: ("Pulse", "per min"),
    Sign.CONSCIOUSNESS: ("Consciousness", ""),
    Sign.TEMPERATURE: ("Temperature", "°C"),
}
HISTORY_SIGNS_TOTAL = 7


def news_card(stay: ObservedStay, sets: list[SetRow], now: datetime, zone: str) -> NewsCard:
    """The score with its response and each sign's latest value; or why no score is offered."""
    latest = latest_of_stay(stay)
    offered = offered_to(stay, now, zone)
    stands = standing(latest, offered, now)
    newest = max(latest.taken_at.values(), default=None)
    points = stands.score.points if stands.score else {}
    stale = stands.score.stale if stands.score else []
    signs = [
        SignLine(
            name=f"SpO₂ scale {latest.signs.spo2_scale.value}" if sign is Sign.SPO2 else name,
            value=value_of(latest.signs, sign),
            unit=unit,
            points=points.get(sign),
            taken_at=latest.taken_at.get(sign) if latest.taken_at.get(sign) != newest else None,
            old=sign in stale,
        )
        for sign, (name, unit) in NAMES.items()
    ]
    response = response_to(stands.score) if stands.score else None
    return NewsCard(
        label=stands.score.label if stands.score else "",
        band=stands.band,
        title=response.title if response else "No score yet",
        text=response.text if response else "",
        frequency=response.frequency if response else "",
        due_at=stay.observations_due_at,
        at=newest,
        by=sets[0].recorded_by if sets else None,
        signs=signs,
        not_offered="" if offered.offered else offered.reason,
    )


def value_of(signs: Signs, sign: Sign) -> str:
    """A sign's value in words; an en dash where it was never taken."""
    match sign:
        case Sign.OXYGEN if signs.on_oxygen is not None:
            flow = f" {signs.oxygen_l_per_min:g} L/min" if signs.oxygen_l_per_min else ""
            return f"Oxygen{flow}" if signs.on_oxygen else "Air"
        case Sign.SYSTOLIC if signs.systolic_mmhg is not None:
            return f"{signs.systolic_mmhg}/{signs.diastolic_mmhg if signs.diastolic_mmhg is not None else '–'}"
        case Sign.CONSCIOUSNESS if signs.consciousness is not None:
            return AVPU[signs.consciousness.value]
        case Sign.TEMPERATURE if signs.temperature_celsius is not None:
            return f"{signs.temperature_celsius:.1f}"
        case Sign.RESPIRATION if signs.respiration_per_min is not None:
            return str(signs.respiration_per_min)
        case Sign.SPO2 if signs.spo2_percent is not None:
            return str(signs.spo2_percent)
        case Sign.PULSE if signs.pulse_per_min is not None:
            return str(signs.pulse_per_min)
        case _:
            return "–"


def ribbon(sets: list[SetRow], now: datetime, zone: str) -> Ribbon:
    """The scores of the last 24 hours on one axis that ends an hour from now; ticks stand on whole hours of local time."""
    begin = now - timedelta(hours=RIBBON_HOURS)
    span = timedelta(hours=RIBBON_HOURS + RIBBON_AHEAD_HOURS)

    def left(at: datetime) -> float:
        return round(100 * (at - begin) / span, 2)

    scores = [
        Mark(row.taken_at, left(row.taken_at), label_of(row), row.news_band)
        for row in reversed(sets)
        if row.news_score is not None and row.taken_at >= begin
    ]
    number(scores)
    thread = [(a.left, b.left) for a, b in pairwise(scores)]
    local = begin.astimezone(ZoneInfo(zone))
    first = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=TICK_HOURS - local.hour % TICK_HOURS)
    hours = [first + timedelta(hours=TICK_HOURS * n) for n in range(RIBBON_HOURS // TICK_HOURS + 1)]
    ticks = [Tick(at, left(at)) for at in hours if at <= begin + span and abs(at - now) >= TICK_CLEAR_OF_NOW]
    said = ", ".join(f"{mark.label} at {mark.at.astimezone(ZoneInfo(zone)):%H:%M}" for mark in scores)
    words = f"NEWS2 in the last 24 hours: {said}." if said else "No NEWS2 score in the last 24 hours."
    return Ribbon(ticks, scores, thread, left(now), words)


def number(scores: list[Mark]) -> None:
    """Say which of the scores, oldest first, have room for their number: the newest before all, then the highest."""
    wide, narrow = _with_room(scores, WIDE_PX, WIDE_GAP_PX), _with_room(scores, NARROW_PX, NARROW_GAP_PX)
    for place, mark in enumerate(scores):
        mark.numbered = Numbered.ALWAYS if place in narrow else Numbered.WIDE if place in wide else Numbered.NEVER


def _with_room(scores: list[Mark], width_px: int, gap_px: int) -> set[int]:
    """The places of those that are numbered; the highest may stand close to the newest."""
    newest_first = range(len(scores) - 1, -1, -1)
    highest_first = sorted(newest_first[1:], key=lambda place: -int(scores[place].label.rstrip("+")))
    taken = list(newest_first[:1])
    for place in highest_first:
        gap = WIDE_GAP_PX if len(taken) == 1 else gap_px
        if all(_room_px(scores[place], scores[other], width_px) >= gap for other in taken):
            taken.append(place)
    return set(taken)


def _room_px(one: Mark, other: Mark, width_px: int) -> float:
    """What is left between the numbers of two scores."""
    widths_px = [34 if len(mark.label) > 2 else 24 for mark in (one, other)]
    return abs(one.left - other.left) / 100 * width_px - sum(widths_px) / 2


def label_of(row: SetRow) -> str:
    """The score as it stood, with a plus while signs were missing."""
    return f"{row.news_score}" if row.news_signs == HISTORY_SIGNS_TOTAL else f"{row.news_score}+"
