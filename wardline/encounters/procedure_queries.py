"""The SQL of procedures."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.encounters.procedure_models import Procedure, ProcedureRow
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query

_COLUMNS = """
    SELECT p.id, p.display, p.code_system, p.code, p.performed_on, p.performer_id,
           coalesce(nullif(p.performer, ''), concat_ws(' ', nullif(d.title, ''), left(d.given, 1) || '.', d.family)), p.site,
           p.comment, p.state, p.error_reason, p.encounter_id, p.created_at,
           CASE WHEN s.id IS NULL THEN 'an import' ELSE concat_ws(' ', left(s.given, 1) || '.', s.family) END,
           p.version
      FROM encounters.procedure p
      LEFT JOIN identity.staff s ON s.id = p.created_by
      LEFT JOIN identity.staff d ON d.id = p.performer_id
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
"""


@query(_COLUMNS + " ORDER BY p.performed_on DESC, p.id DESC LIMIT 200")
async def procedures(db: Db, patient: PatientScope) -> list[Procedure]:
    """Newest first, mistaken ones included and marked. Index: procedure_person."""


@query(_COLUMNS + " AND p.id = :procedure_id")
async def procedure(db: Db, patient: PatientScope, *, procedure_id: UUID) -> Procedure:
    """One procedure of the patient."""


@query("""
    INSERT INTO encounters.procedure (hospital_id, id, person_id, encounter_id, code_system, code, display, performed_on,
           performer_id, performer, site, comment, created_at, created_by)
    VALUES (:patient.hospital_id, :row.id, :patient.person_id, :row.encounter_id, :row.code_system, :row.code, :row.display,
            :row.performed_on, :row.performer_id, :row.performer, :row.site, :row.comment, :now, :actor_id)
""")
async def insert_procedure(db: Db, patient: PatientScope, row: ProcedureRow, *, now: datetime, actor_id: UUID) -> None:
    """A procedure that was done."""


@query("""
    UPDATE encounters.procedure
       SET state = 'entered_in_error', error_reason = :reason, error_at = :now, error_by = :actor_id, version = version + 1
     WHERE hospital_id = :patient.hospital_id AND person_id = :patient.person_id AND id = :procedure_id AND version = :version
       AND state = 'done'
    RETURNING version
""")
async def mark_as_error(
    db: Db, patient: PatientScope, *, procedure_id: UUID, reason: str, version: int, now: datetime, actor_id: UUID
) -> int | None:
    """Marks the entry, on the version that was read."""


@query("""
    SELECT EXISTS (SELECT FROM identity.assignment a JOIN identity.staff s ON s.id = a.staff_id
                    WHERE a.hospital_id = :hospital_id AND a.staff_id = :staff_id)
""")
async def works_here(db: Db, *, hospital_id: UUID, staff_id: UUID) -> bool:
    """Whether somebody is or was of this hospital's staff."""
