"""What is observed at a bedside, in the words and units of the contract."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from wardline.identity.public import Scope
from wardline.patients.public import PatientScope
from wardline.platform.http import Input

CLOCK_PATTERN = r"^([01]?[0-9]|2[0-3])[:.]?[0-5][0-9]$"


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


class ChartScope(Scope, frozen=True, kw_only=True):
    """A patient's chart in the zone of the hospital."""

    patient: PatientScope
    zone: str


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


class NewObservations(Input):
    """One set as sent. Left out is "not taken". `confirmed` names fields whose unusual value was checked
    (`pulse_per_min`, or `pulse_per_min=196` to confirm that value only)."""

    respiration_per_min: int | None = None
    spo2_percent: int | None = None
    spo2_scale: int | None = None
    on_oxygen: bool | None = None
    oxygen_l_per_min: float | None = None
    oxygen_device: Annotated[str, Meta(max_length=40)] | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    pulse_per_min: int | None = None
    consciousness: Consciousness | None = None
    temperature_celsius: float | None = None
    taken_at: Annotated[datetime, Meta(tz=True)] | None = None
    taken_clock: Annotated[str, Meta(pattern=CLOCK_PATTERN)] | None = None
    confirmed: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=20)] = field(
        default_factory=list[str]
    )


class ObservationRow(Struct, frozen=True):
    """A stored set with the names of who recorded it, in the order of the query's columns."""

    id: UUID
    person_id: UUID
    encounter_id: UUID
    taken_at: datetime
    recorded_at: datetime
    recorded_by: str | None
    recorded_by_initials: str | None
    respiration_per_min: int | None
    spo2_percent: int | None
    spo2_scale: int
    on_oxygen: bool | None
    oxygen_l_per_min: float | None
    oxygen_device: str | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    consciousness: str | None
    temperature_celsius: float | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    confirmed: list[str]
    state: str
    error_reason: str | None
    version: int


class Observation(Struct, frozen=True, kw_only=True):
    """A stored set as answered. `score` is the patient's NEWS2 as it stood with this set: the total of the newest
    values of all signs, a lower bound unless `complete`; null where NEWS2 is not offered or nothing is known."""

    id: UUID
    patient_id: UUID
    encounter_id: UUID
    taken_at: datetime
    recorded_at: datetime
    recorded_by: str | None
    respiration_per_min: int | None
    spo2_percent: int | None
    spo2_scale: int
    on_oxygen: bool | None
    oxygen_l_per_min: float | None
    oxygen_device: str | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    consciousness: str | None
    temperature_celsius: float | None
    score: int | None
    score_label: str
    signs_scored: int
    complete: bool
    band: str | None
    response: str
    next_due_at: datetime | None
    task_id: UUID | None
    confirmed: list[str]
    state: str
    error_reason: str | None
    version: int


class ObservationQuery(Input):
    """A page of a patient's sets, newest first; `after` is the cursor that the page before gave."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    full: bool = False


class TrendQuery(Input):
    """How many hours the drawings go back: 24, 72 or 168."""

    hours: Annotated[int, Meta(ge=1, le=168)] = 24


class Typed(NewObservations):
    """The entry form while it is being filled in."""

    idempotency_key: str | None = None


class ErrorReason(Input):
    """Why a set is marked as entered in error."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


class NewSpO2Scale(Input):
    """Scale 2 sets the target of 88-92 %; the caller is the prescriber."""

    scale: Annotated[int, Meta(ge=1, le=2)]


class SpO2ScaleSet(Struct, frozen=True):
    """The scale in force for a stay and who prescribed it."""

    encounter_id: UUID
    patient_id: UUID
    scale: int
    prescribed_by: str | None
    prescribed_at: datetime | None


class StoredSet(Struct, frozen=True):
    """A valid set as the score is worked out from it, in the order of the query's columns."""

    id: UUID
    taken_at: datetime
    recorded_at: datetime
    respiration_per_min: int | None
    spo2_percent: int | None
    spo2_scale: int
    on_oxygen: bool | None
    oxygen_l_per_min: float | None
    oxygen_device: str | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    consciousness: str | None
    temperature_celsius: float | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    recorded_by: UUID | None


class RiskRow(Struct, frozen=True):
    """A patient of a ward by risk; `news_signs` under 7 makes the score a lower bound."""

    encounter_id: UUID
    person_id: UUID
    family: str
    given: str
    sex: str
    born_on: date | None
    bed_label: str | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    news_at: datetime | None
    news_history: list[int]
    news_history_at: list[datetime]
    observations_due_at: datetime | None


class WardRisk(Struct):
    """The ward's patients, sickest first."""

    ward_id: UUID
    ward_name: str
    items: list[RiskRow]
    next: str | None = None


def signs_of(row: "StoredSet | ObservationRow") -> Signs:
    """The signs of a stored row as the rules take them."""
    return Signs(
        respiration_per_min=row.respiration_per_min,
        spo2_percent=row.spo2_percent,
        spo2_scale=SpO2Scale(row.spo2_scale),
        on_oxygen=row.on_oxygen,
        oxygen_l_per_min=row.oxygen_l_per_min,
        oxygen_device=row.oxygen_device,
        systolic_mmhg=row.systolic_mmhg,
        diastolic_mmhg=row.diastolic_mmhg,
        pulse_per_min=row.pulse_per_min,
        consciousness=None if row.consciousness is None else Consciousness(row.consciousness),
        temperature_celsius=row.temperature_celsius,
    )
