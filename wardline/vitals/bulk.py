"""Many observation sets of the past at once, for imports. What is already there stays, so doing it twice adds nothing.

They are history: no score is given and nobody is called. The score of a set belongs to the moment when somebody could
act on it, and one part of the seven signs alone would be worth less than nothing.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class ObservationSetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken at one moment of one visit. What was not measured is None, never zero."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID
    taken_at: datetime
    respiration_per_min: int | None = None
    spo2_percent: int | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    pulse_per_min: int | None = None
    temperature_celsius: Decimal | None = None


@query("""
        INSERT INTO vitals.observation_set (hospital_id, id, person_id, encounter_id, taken_at, respiration_per_min,
                                            spo2_percent, systolic_mmhg, diastolic_mmhg, pulse_per_min, temperature_celsius)
        SELECT t.hospital_id, t.id, t.person_id, t.encounter_id, t.taken_at, t.respiration_per_min, t.spo2_percent,
               t.systolic_mmhg, t.diastolic_mmhg, t.pulse_per_min, t.temperature_celsius
          FROM jsonb_to_recordset(:sets::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, encounter_id uuid,
               taken_at timestamptz, respiration_per_min smallint, spo2_percent smallint, systolic_mmhg smallint,
               diastolic_mmhg smallint, pulse_per_min smallint, temperature_celsius numeric)
        ON CONFLICT (hospital_id, id, taken_at) DO NOTHING
        RETURNING id -- bounded: one row for each record offered
""")
async def add_observation_sets(db: Db, sets: list[ObservationSetRecord]) -> list[UUID]:
    """Which were new."""
