"""The SQL of problems. Every write leaves the problem as it then stood in the history, in the same statement; a change of
one whose history has not begun (imported, or recorded by an older version) also what it said before."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.encounters.problem_models import Problem, ProblemRow, ProblemVersion
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query

_COLUMNS = """
    SELECT p.id, p.display, p.code_system, p.code, p.onset_on, p.abated_on, p.state, p.verification, p.encounter_id, p.version,
           p.snomed_code, p.severity, p.comment, p.error_reason, p.created_at,
           CASE WHEN s.id IS NOT NULL THEN concat_ws(' ', left(s.given, 1) || '.', s.family) END
      FROM encounters.problem p LEFT JOIN identity.staff s ON s.id = p.created_by
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
"""
_KEEP = """
    , kept AS (
        INSERT INTO encounters.problem_change (hospital_id, problem_id, version, code_system, code, snomed_code, display,
               onset_on, abated_on, state, verification, severity, comment, error_reason, changed_at, changed_by)
        SELECT hospital_id, id, version, code_system, code, snomed_code, display, onset_on, abated_on, state, verification,
               severity, comment, error_reason, :now, :actor_id FROM written
    )
    SELECT version FROM written
"""


@query(_COLUMNS + " ORDER BY p.state = 'active' DESC, p.onset_on DESC NULLS LAST, p.id LIMIT :limit")
async def problems(db: Db, patient: PatientScope, *, limit: int) -> list[Problem]:
    """Active problems first, newest first. Index: problem_person."""


@query(_COLUMNS + " AND p.id = :problem_id FOR NO KEY UPDATE OF p")
async def problem_held(db: Db, patient: PatientScope, *, problem_id: UUID) -> Problem | None:
    """One problem of the patient, held until the end of the transaction."""


@query(_COLUMNS + " AND p.id = :problem_id")
async def problem(db: Db, patient: PatientScope, *, problem_id: UUID) -> Problem:
    """One problem of the patient."""


@query(
    """
    WITH written AS (
        INSERT INTO encounters.problem (hospital_id, id, person_id, encounter_id, code_system, code, snomed_code, display,
               onset_on, verification, severity, comment, created_at, created_by)
        VALUES (:patient.hospital_id, :row.id, :patient.person_id, :encounter_id, :row.code_system, :row.code, :row.snomed_code,
                :row.display, :row.onset_on, :row.verification, :row.severity, :row.comment, :now, :actor_id)
        RETURNING *
    )
    """  # noqa: S608 - texts of the code's own
    + _KEEP
)
async def insert_problem(
    db: Db, patient: PatientScope, row: ProblemRow, *, encounter_id: UUID | None, now: datetime, actor_id: UUID
) -> int:
    """A new active problem."""


# The statement sees the row as it was before its own update; the caller holds it, so nobody else changes it meanwhile.
@query(
    """
    WITH before AS (
        INSERT INTO encounters.problem_change (hospital_id, problem_id, version, code_system, code, snomed_code, display,
               onset_on, abated_on, state, verification, severity, comment, error_reason, changed_at, changed_by)
        SELECT p.hospital_id, p.id, p.version, p.code_system, p.code, p.snomed_code, p.display, p.onset_on, p.abated_on, p.state,
               p.verification, p.severity, p.comment, p.error_reason, coalesce(p.changed_at, p.created_at), s.id
          FROM encounters.problem p LEFT JOIN identity.staff s ON s.id = coalesce(p.changed_by, p.created_by)
         WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id AND p.id = :row.id
        ON CONFLICT DO NOTHING
    ), written AS (
        UPDATE encounters.problem
           SET state = :row.state, verification = :row.verification, onset_on = :row.onset_on, abated_on = :row.abated_on,
               severity = :row.severity, comment = :row.comment, code_system = :row.code_system, code = :row.code,
               snomed_code = :row.snomed_code, display = :row.display, error_reason = :row.error_reason, changed_at = :now,
               changed_by = :actor_id, version = version + 1
         WHERE hospital_id = :patient.hospital_id AND person_id = :patient.person_id AND id = :row.id
        RETURNING *
    )
    """  # noqa: S608 - texts of the code's own
    + _KEEP
)
async def change_problem(db: Db, patient: PatientScope, row: ProblemRow, *, now: datetime, actor_id: UUID) -> int:
    """Change a problem that the caller holds."""


@query("""
    SELECT c.version, c.display, c.code, c.onset_on, c.abated_on, c.state, c.verification, c.severity, c.comment,
           c.error_reason, c.changed_at, concat_ws(' ', left(s.given, 1) || '.', s.family)
      FROM encounters.problem_change c LEFT JOIN identity.staff s ON s.id = c.changed_by
     WHERE c.hospital_id = :patient.hospital_id AND c.problem_id = :problem_id
       AND EXISTS (SELECT FROM encounters.problem p WHERE p.hospital_id = :patient.hospital_id AND p.id = :problem_id
                                                      AND p.person_id = :patient.person_id)
     ORDER BY c.version DESC LIMIT 200
""")
async def versions(db: Db, patient: PatientScope, *, problem_id: UUID) -> list[ProblemVersion]:
    """What a problem said before, newest first. Index: the key."""
