"""The panels of the summary, made from rows. Pure: the time is passed in."""

from datetime import datetime

from wardline.chart.models import NewsCard, SetRow, SignLine
from wardline.encounters.public import ObservedStay
from wardline.vitals.public import Sign, Signs, latest_of_stay, offered_to, response_to, standing

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
