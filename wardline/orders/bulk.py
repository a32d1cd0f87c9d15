"""Many medicines of another system at once, for imports. What is already there stays, so doing it twice adds nothing.

Nobody checked them here and nobody signed them here: no card is kept for them, and their history has the one line that the
source tells. The handle's scope must be the hospital of the rows.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.orders.lines import MedicineLine
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
