"""What is observed at a bedside, in the words and units of the contract."""

from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from msgspec import Struct


class Sign(StrEnum):
    """The seven signs that NEWS2 scores, in the order of the official chart."""

    RESPIRATION = "respiration"
    SPO2 = "spo2"
    OXYGEN = "oxygen"
    SYSTOLIC = "systolic"
    PULSE = "pulse"
    CONSCIOUSNESS = "consciousness"
    TEMPERATURE = "temperature"


class Consciousness(StrEnum):
    """ACVPU. Confusion counts only when it is new."""

    ALERT = "A"
    NEW_CONFUSION = "C"
    VOICE = "V"
    PAIN = "P"
    UNRESPONSIVE = "U"


class SpO2Scale(IntEnum):
    """Scale 2 is for a prescribed target of 88-92 % and needs a named prescriber."""

    ONE = 1
    TWO = 2


class Band(StrEnum):
    """Clinical risk, lowest first; `in_words` is what people read."""

    LOW = "low"
    THREE_IN_ONE_SIGN = "low_medium"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def in_words(self) -> str:
        """The band as written on charts and in the file of `checks news2`."""
        return "3 in one sign" if self is Band.THREE_IN_ONE_SIGN else self.value

    @property
    def rank(self) -> int:
        """0 for the lowest risk, so that bands can be compared."""
        return list(Band).index(self)


SIGNS_TOTAL = 7
SIGN_FIELDS: dict[Sign, str] = {
    Sign.RESPIRATION: "respiration_per_min",
    Sign.SPO2: "spo2_percent",
    Sign.OXYGEN: "on_oxygen",
    Sign.SYSTOLIC: "systolic_mmhg",
    Sign.PULSE: "pulse_per_min",
    Sign.CONSCIOUSNESS: "consciousness",
    Sign.TEMPERATURE: "temperature_celsius",
}
"""The contract's field that carries each sign's value."""


class Signs(Struct, frozen=True, kw_only=True):
    """One set of observations as taken; None is "not taken", never "normal"."""

    respiration_per_min: int | None = None
    spo2_percent: int | None = None
    spo2_scale: SpO2Scale = SpO2Scale.ONE
    on_oxygen: bool | None = None
    oxygen_l_per_min: float | None = None
    oxygen_device: str | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    pulse_per_min: int | None = None
    consciousness: Consciousness | None = None
    temperature_celsius: float | None = None

    def has(self, sign: Sign) -> bool:
        """Whether this set holds a value for the sign."""
        return getattr(self, SIGN_FIELDS[sign]) is not None


class RecordedSet(Struct, frozen=True, kw_only=True):
    """A stored set: `taken_at` is when it was measured, `recorded_at` when it reached the record."""

    id: UUID
    taken_at: datetime
    recorded_at: datetime
    signs: Signs


class Loinc(Struct, frozen=True):
    """A LOINC code and the UCUM unit its value is sent in (empty where the value is a code)."""

    code: str
    ucum_unit: str


# This material contains content from LOINC (loinc.org), copyright Regenstrief Institute, Inc., free of charge under
# its licence. Vital sign codes are those of the FHIR R4 vital signs profile and of US Core 6.1.0.
LOINC: dict[str, Loinc] = {
    "respiration_per_min": Loinc("9279-1", "/min"),
    "spo2_percent": Loinc("59408-5", "%"),
    "oxygen_l_per_min": Loinc("3151-8", "L/min"),
    "systolic_mmhg": Loinc("8480-6", "mm[Hg]"),
    "diastolic_mmhg": Loinc("8462-4", "mm[Hg]"),
    "pulse_per_min": Loinc("8867-4", "/min"),
    "consciousness": Loinc("80288-4", ""),
    "temperature_celsius": Loinc("8310-5", "Cel"),
}
LOINC_BLOOD_PRESSURE_PANEL = "85354-9"
LOINC_ALSO_READ: dict[str, str] = {"2708-6": "spo2_percent"}
"""Codes that other systems send for the same sign (2708-6: arterial saturation, used with 59408-5 by US Core)."""
