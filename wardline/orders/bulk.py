"""Many medicines of another system at once, for imports. What is already there stays, so doing it twice adds nothing.

Nobody checked them here and nobody signed them here: no card is kept for them, and their history has the one line that the
source tells. The handle's scope must be the hospital of the rows.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from wardline.orders.lines import MedicineLine
from wardline.orders.measures import CREATININE, MEASURE_LIMITS
from wardline.platform.db import Db, query


class MedicineRecord(Struct, frozen=True, kw_only=True):
    """A medicine as it stands at the source: `state` is active, held (with a reason) or stopped."""

    id: UUID
    step_id: UUID
    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID
    name: str
    kind: str
    route: str
    text: str
    line: MedicineLine
    state: str
    state_reason: str
    prescribed_at: datetime
    prescribed_by: UUID
    recorded_by: UUID


class CreatinineRecord(Struct, frozen=True, kw_only=True):
    """A creatinine in serum, plasma or blood that another laboratory measured; `result_id` is the result that says so."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    umol_per_l: float
    taken_at: datetime
    result_id: UUID
    recorded_by: UUID


@query("""
    WITH added AS (
        INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, result_id, recorded_by, imported)
        SELECT t.hospital_id, t.id, t.person_id, 'creatinine_umol_per_l', t.umol_per_l, t.taken_at, t.result_id, t.recorded_by, true
          FROM jsonb_to_recordset(:records::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, umol_per_l numeric,
               taken_at timestamptz, result_id uuid, recorded_by uuid)
         WHERE t.taken_at <= now() + interval '1 minute'
        ON CONFLICT DO NOTHING RETURNING id)
    SELECT count(*) FROM added
""")
async def _insert_creatinines(db: Db, records: list[CreatinineRecord]) -> int:
    """How many were new; a result counts once."""


async def add_creatinines(db: Db, records: list[CreatinineRecord]) -> int:
    """What dosing rests on from now on, where it is the newest, with the same limits of age as our own laboratory's. How
    many were new. A value beyond what can be recorded counts as the bound; one from a day that is to come does not count: it
    would stand before everything that is measured until then.
    """
    low, high, _ = MEASURE_LIMITS[CREATININE]
    bounded = [structs.replace(each, umol_per_l=min(max(each.umol_per_l, low), high)) for each in records]
    return await _insert_creatinines(db, bounded) if bounded else 0


@query("""
    WITH added AS (
        INSERT INTO orders.medicine (hospital_id, id, person_id, encounter_id, name, kind, route, text, line, state,
                                     state_reason, prescribed_at, prescribed_by, created_by,
                                    settled_version) -- nobody here verifies what was prescribed elsewhere
        SELECT t.hospital_id, t.id, t.person_id, t.encounter_id, t.name, t.kind, t.route, t.text, t.line, t.state,
               t.state_reason, t.prescribed_at, t.prescribed_by, t.recorded_by, 1
          FROM jsonb_to_recordset(:medicines::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, encounter_id uuid,
               name text, kind text, route text, text text, line jsonb, state text, state_reason text,
               prescribed_at timestamptz, prescribed_by uuid, recorded_by uuid)
        ON CONFLICT (hospital_id, id) DO NOTHING RETURNING hospital_id, id, text, prescribed_at, prescribed_by),
    told AS (
        INSERT INTO orders.step (hospital_id, medicine_id, id, at, kind, text, actor_id)
        SELECT a.hospital_id, a.id, t.step_id, a.prescribed_at, 'prescribed', a.text, a.prescribed_by
          FROM added a JOIN jsonb_to_recordset(:medicines) AS t (id uuid, step_id uuid) ON t.id = a.id)
    SELECT count(*) FROM added
""")
async def add_medicines(db: Db, medicines: list[MedicineRecord]) -> int:
    """How many were new."""
