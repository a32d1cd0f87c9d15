"""Which LOINC code is which vital sign, in which unit, and what cannot be true. Pure."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from wardline.interop.fhir.resources import CodeableConcept, Observation, Quantity
from wardline.interop.fhir.words import code_of

LOINC = "http://loinc.org"


class Sign(msgspec.Struct, frozen=True):
    """A field of an observation set: the values that a living person can have, and how many decimals are kept."""

    field: str
    lowest: Decimal
    highest: Decimal
    decimals: int = 0


def _sign(field: str, lowest: str, highest: str, decimals: int = 0) -> Sign:
    return Sign(field, Decimal(lowest), Decimal(highest), decimals)


_RESPIRATION = _sign("respiration_per_min", "0", "100")
_SPO2 = _sign("spo2_percent", "10", "100")
_PULSE = _sign("pulse_per_min", "0", "350")
_SYSTOLIC = _sign("systolic_mmhg", "10", "350")
_DIASTOLIC = _sign("diastolic_mmhg", "5", "250")
_TEMPERATURE = _sign("temperature_celsius", "15", "50", 1)

# LOINC long names: respiratory rate; oxygen saturation (2 codes); heart rate; blood pressure parts; body temperature and
# three of its sites.
SIGNS: dict[str, Sign] = {
    "9279-1": _RESPIRATION,
    "2708-6": _SPO2,
    "59408-5": _SPO2,
    "8867-4": _PULSE,
    "8480-6": _SYSTOLIC,
    "8462-4": _DIASTOLIC,
    "8310-5": _TEMPERATURE,
    "8331-1": _TEMPERATURE,
    "8332-9": _TEMPERATURE,
    "8333-7": _TEMPERATURE,
}
PANELS = ("55284-4", "85354-9", "85353-1", "8716-3")
_KNOWN_BUT_LEFT = {
    "39156-5": "body mass index follows from height and weight",
    "8302-2": "height and weight have no place in an observation set yet",
    "8306-3": "height and weight have no place in an observation set yet",
    "29463-7": "height and weight have no place in an observation set yet",
    "72514-3": "pain scores have no place in an observation set yet",
}

# UCUM units, and how each becomes the unit in the field's name: (value + offset) * factor.
_UNITS: dict[str, dict[str, tuple[str, str]]] = {
    "respiration_per_min": {"/min": ("0", "1"), "{breaths}/min": ("0", "1")},
    "pulse_per_min": {"/min": ("0", "1"), "{beats}/min": ("0", "1")},
    "spo2_percent": {"%": ("0", "1")},
    "systolic_mmhg": {"mm[Hg]": ("0", "1"), "kPa": ("0", "7.50062")},
    "diastolic_mmhg": {"mm[Hg]": ("0", "1"), "kPa": ("0", "7.50062")},
    "temperature_celsius": {"Cel": ("0", "1"), "[degF]": ("-32", "0.5555555556")},
}


class Left(Exception):
    """A value that is not taken, and why. Never a reason to refuse the bundle."""


def values_of(observation: Observation) -> Iterator[tuple[str, int | Decimal]]:
    """The fields that one Observation fills. Raises Left with the reason when it fills none."""
    if observation.status not in ("final", "amended", "corrected", "preliminary"):
        raise Left(f"status is {observation.status}")
    code = _loinc(observation.code)
    if code in PANELS:
        parts = [(_loinc(part.code), part.value_quantity) for part in observation.component]
        yield from [value for part_code, quantity in parts if (value := _value(part_code, quantity))]
    elif code in SIGNS:
        value = _value(code, observation.value_quantity)
        yield from [value] if value else []
    else:
        raise Left(_why_not(observation, code))


def _loinc(concept: CodeableConcept) -> str:
    return next(
        (coding.code for coding in concept.coding if coding.system == LOINC and coding.code),
        "",
    )


def _value(code: str, quantity: Quantity | None) -> tuple[str, int | Decimal] | None:
    sign = SIGNS.get(code)
    if sign is None:
        return None
    if quantity is None or quantity.value is None:
        raise Left("it has no value")
    if quantity.comparator is not None:
        raise Left("it only says more or less than a value")
    conversion = _UNITS[sign.field].get(quantity.code or quantity.unit or "")
    if conversion is None:
        raise Left(f'the unit "{quantity.code or quantity.unit or ""}" is not known for {sign.field}')
    offset, factor = map(Decimal, conversion)
    value = ((Decimal(repr(quantity.value)) + offset) * factor).quantize(
        Decimal(1).scaleb(-sign.decimals), ROUND_HALF_UP
    )
    if not sign.lowest <= value <= sign.highest:
        raise Left(f"{sign.field} outside of what a person can have")
    return sign.field, value if sign.decimals else int(value)


def _why_not(observation: Observation, code: str) -> str:
    if code in _KNOWN_BUT_LEFT:
        return _KNOWN_BUT_LEFT[code]
    category = next((name for concept in observation.category if (name := code_of(concept))), "none")
    words = {
        "survey": "questionnaires are not read yet",
        "procedure": "findings of procedures are not read yet",
        "imaging": "findings of imaging are not read yet",
        "exam": "findings of examinations are not read yet",
    }
    return words.get(category, f"LOINC {code or 'missing'} is not a vital sign that is kept")
