"""What observations leave on the row of an open stay: the latest value of each sign and the score that boards read.

Written only by the slice that scores, inside the transaction that stores the set, while it holds the row's lock.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query


class ObservedStay(Struct, frozen=True):
    """An open stay with its latest signs, and of the person what decides whether a score is offered."""

    hospital_id: UUID
    encounter_id: UUID
    person_id: UUID
    ward_id: UUID | None
    bed_id: UUID | None
    bed_label: str | None
    started_at: datetime
    pregnant: bool
    born_on: date | None
    family: str
    given: str
    spo2_scale: int
    spo2_scale_by: UUID | None
    spo2_scale_at: datetime | None
    respiration_per_min: int | None
    respiration_at: datetime | None
    spo2_percent: int | None
    spo2_at: datetime | None
    spo2_read_on_scale: int | None
    spo2_on_oxygen: bool | None
    on_oxygen: bool | None
    oxygen_at: datetime | None
    oxygen_l_per_min: float | None
    systolic_mmhg: int | None
    systolic_at: datetime | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    pulse_at: datetime | None
    consciousness: str | None
    consciousness_at: datetime | None
    temperature_celsius: float | None
    temperature_at: datetime | None
    news_score: int | None
    news_signs: int
    news_band: str | None
    news_at: datetime | None
    news_history: list[int]
    news_history_at: list[datetime]
    observations_due_at: datetime | None
    version: int


class Observed(Struct, frozen=True, kw_only=True):
    """The new values of everything that a set of observations changes on the stay."""

    respiration_per_min: int | None
    respiration_at: datetime | None
    spo2_percent: int | None
    spo2_at: datetime | None
    spo2_read_on_scale: int | None
    spo2_on_oxygen: bool | None
    on_oxygen: bool | None
    oxygen_at: datetime | None
    oxygen_l_per_min: float | None
    systolic_mmhg: int | None
    systolic_at: datetime | None
    diastolic_mmhg: int | None
    pulse_per_min: int | None
    pulse_at: datetime | None
    consciousness: str | None
    consciousness_at: datetime | None
    temperature_celsius: float | None
    temperature_at: datetime | None
    news_score: int | None
    news_signs: int
    news_single_three: bool
    news_band: str | None
    news_at: datetime | None
    news_by: UUID | None
    news_history: list[int]
    news_history_at: list[datetime]
    observations_due_at: datetime | None


STAY = """
    SELECT c.hospital_id, c.encounter_id, c.person_id, c.ward_id, c.bed_id, c.bed_label, c.started_at, c.pregnant, p.born_on, p.family,
           p.given, c.spo2_scale, c.spo2_scale_by, c.spo2_scale_at, c.respiration_per_min, c.respiration_at, c.spo2_percent,
           c.spo2_at, c.spo2_read_on_scale, c.spo2_on_oxygen, c.on_oxygen, c.oxygen_at, c.oxygen_l_per_min, c.systolic_mmhg,
           c.systolic_at, c.diastolic_mmhg, c.pulse_per_min, c.pulse_at, c.consciousness, c.consciousness_at,
           c.temperature_celsius, c.temperature_at, c.news_score, c.news_signs, c.news_band, c.news_at, c.news_history,
           c.news_history_at, c.observations_due_at, c.version
      FROM encounters.current c
      JOIN patients.person p ON p.id = c.person_id
"""
# A person may have an outpatient visit open beside a stay: the stay comes first.
STAY_OF_PATIENT = """
     WHERE c.hospital_id = :patient.hospital_id AND c.person_id = :patient.person_id
     ORDER BY c.class = 'outpatient', c.started_at DESC
     LIMIT 1
"""


# The same as one column of a larger statement; an outpatient visit is not a stay there.
OBSERVED_ROW = f"""
    SELECT ROW(z.*)::encounters.observed_stay FROM (
        {STAY}
         WHERE c.hospital_id = :patient.hospital_id AND c.person_id = :patient.person_id AND c.class <> 'outpatient'
         ORDER BY c.started_at DESC LIMIT 1) z
"""  # noqa: S608 - texts of the code's own


@query(STAY + STAY_OF_PATIENT)
async def observed_stay(db: Db, patient: PatientScope) -> ObservedStay | None:
    """The patient's open stay, to read. Index: current_person."""


@query(
    STAY
    + """
     WHERE c.hospital_id = :hospital_id AND c.person_id = :person_id
     ORDER BY c.class = 'outpatient', c.started_at DESC
     LIMIT 1
       FOR NO KEY UPDATE OF c
"""
)
async def observed_stay_locked(db: Db, *, hospital_id: UUID, person_id: UUID) -> ObservedStay | None:
    """The same, locked until the end of the transaction: sets of one stay are saved one after the other."""


@query(STAY + "WHERE c.hospital_id = :hospital_id AND c.encounter_id = :encounter_id FOR NO KEY UPDATE OF c")
async def observed_encounter_locked(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> ObservedStay | None:
    """A given open stay, locked; None when it is finished or not this hospital's."""


# Also part of the lean form of saving a set, where `stay` is the row that was read.
SET_OBSERVED = """
    UPDATE encounters.current
       SET respiration_per_min = :seen.respiration_per_min, respiration_at = :seen.respiration_at,
           spo2_percent = :seen.spo2_percent, spo2_at = :seen.spo2_at, spo2_read_on_scale = :seen.spo2_read_on_scale,
           spo2_on_oxygen = :seen.spo2_on_oxygen, on_oxygen = :seen.on_oxygen, oxygen_at = :seen.oxygen_at,
           oxygen_l_per_min = :seen.oxygen_l_per_min, systolic_mmhg = :seen.systolic_mmhg, systolic_at = :seen.systolic_at,
           diastolic_mmhg = :seen.diastolic_mmhg, pulse_per_min = :seen.pulse_per_min, pulse_at = :seen.pulse_at,
           consciousness = :seen.consciousness, consciousness_at = :seen.consciousness_at,
           temperature_celsius = :seen.temperature_celsius, temperature_at = :seen.temperature_at,
           news_score = :seen.news_score, news_signs = :seen.news_signs, news_single_three = :seen.news_single_three,
           news_band = :seen.news_band, news_at = :seen.news_at, news_by = :seen.news_by, news_history = :seen.news_history,
           news_history_at = :seen.news_history_at, observations_due_at = :seen.observations_due_at, version = version + 1
"""
KEEP = SET_OBSERVED + "WHERE hospital_id = :stay.hospital_id AND encounter_id = :stay.encounter_id"


@query(SET_OBSERVED + "WHERE hospital_id = :hospital_id AND encounter_id = :encounter_id")
async def keep_observed(db: Db, seen: Observed, *, hospital_id: UUID, encounter_id: UUID) -> None:
    """Puts the new values on the stay's row."""


@query("""
    UPDATE encounters.current
       SET spo2_scale = :scale::int, spo2_scale_by = CASE WHEN :scale = 2 THEN :prescriber_id::uuid END,
           spo2_scale_at = CASE WHEN :scale = 2 THEN :now::timestamptz END, version = version + 1
     WHERE hospital_id = :hospital_id AND encounter_id = :encounter_id
""")
async def set_spo2_scale(
    db: Db, *, hospital_id: UUID, encounter_id: UUID, scale: int, prescriber_id: UUID, now: datetime
) -> None:
    """The scale that later saturations of this stay are read on, with who prescribed scale 2."""
