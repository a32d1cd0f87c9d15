"""The SQL of encounters and of the row that boards read."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from wardline.encounters.models import Admission, CurrentStay, Doctor, Encounter, EncounterScope, StayPlace, Whose
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query

_COLUMNS = """
    SELECT e.id, e.person_id, e.class, e.state, e.reason, e.specialty, e.admitted_from, e.doctor_id,
           CASE WHEN s.id IS NOT NULL THEN concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family) END,
           e.started_at, e.ended_at, e.discharged_to, c.ward_id, c.bed_id, c.bed_label, c.isolation,
           c.expected_discharge_on, c.ready_to_leave, c.needs, c.pregnant, e.version
      FROM encounters.encounter e
      LEFT JOIN encounters.current c ON c.hospital_id = e.hospital_id AND c.encounter_id = e.id
      LEFT JOIN identity.staff s ON s.id = e.doctor_id
"""


@query(_COLUMNS + " WHERE e.hospital_id = :scope.hospital_id AND e.id = :scope.id")
async def encounter(db: Db, scope: EncounterScope) -> Encounter:
    """One encounter with what its stay is doing now."""


@query(_COLUMNS + " WHERE e.hospital_id = :scope.hospital_id AND e.id = :scope.id FOR NO KEY UPDATE OF e")
async def encounter_for_update(db: Db, scope: EncounterScope) -> Encounter:
    """The same, held until the end of the transaction."""


@query(
    _COLUMNS
    + """
     WHERE e.hospital_id = :patient.hospital_id AND e.person_id = :patient.person_id
       AND (:before::timestamptz IS NULL OR coalesce(e.started_at, e.created_at) < :before)
     ORDER BY coalesce(e.started_at, e.created_at) DESC LIMIT :limit
"""
)
async def encounters_of(db: Db, patient: PatientScope, *, before: datetime | None, limit: int) -> list[Encounter]:
    """The patient's encounters here, newest first. Index: encounter_person."""


@query("""
    SELECT e.person_id, e.state FROM encounters.encounter e
     WHERE e.hospital_id = :hospital_id AND e.id = :encounter_id
""")
async def whose(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> Whose | None:
    """Whose encounter this is, when it is the hospital's."""


@query("""
    SELECT c.encounter_id, c.ward_id, c.bed_id FROM encounters.current c
     WHERE c.hospital_id = :hospital_id AND c.person_id = :person_id
     ORDER BY c.class = 'outpatient', c.started_at DESC LIMIT 1
""")
async def place_of_person(db: Db, *, hospital_id: UUID, person_id: UUID) -> StayPlace | None:
    """Where the boards show the person. Index: current_person."""


@query("""
    SELECT c.encounter_id, c.class, c.started_at, c.ward_id, c.bed_id, c.bed_label, c.isolation, c.expected_discharge_on,
           c.ready_to_leave, c.pregnant, e.reason, e.specialty, e.version
      FROM encounters.current c
      JOIN encounters.encounter e ON e.hospital_id = c.hospital_id AND e.id = c.encounter_id
     WHERE c.hospital_id = :patient.hospital_id AND c.person_id = :patient.person_id
     ORDER BY c.class = 'outpatient', c.started_at DESC LIMIT 1
""")
async def current_stay(db: Db, patient: PatientScope) -> CurrentStay | None:
    """The patient's open stay, or open visit. Index: current_person."""


@query("""
    INSERT INTO encounters.encounter (hospital_id, id, person_id, class, state, reason, specialty, admitted_from, doctor_id,
                                      started_at, created_by)
    VALUES (:patient.hospital_id, :encounter_id, :patient.person_id, :given.class_, 'in_progress', :given.reason,
            :given.specialty, :given.admitted_from, :given.doctor_id, :started_at, :actor_id)
""")
async def insert_encounter(
    db: Db, patient: PatientScope, given: Admission, *, encounter_id: UUID, started_at: datetime, actor_id: UUID
) -> None:
    """A new encounter, begun."""


@query("""
    INSERT INTO encounters.current (hospital_id, encounter_id, person_id, class, started_at, isolation,
                                    expected_discharge_on, needs, pregnant)
    VALUES (:patient.hospital_id, :encounter_id, :patient.person_id, :given.class_, :started_at, :given.isolation,
            :given.expected_discharge_on, :given.needs::text[], :given.pregnant)
""")
async def insert_current(
    db: Db, patient: PatientScope, given: Admission, *, encounter_id: UUID, started_at: datetime
) -> None:
    """The row that boards read, empty of observations."""


@query("""
    UPDATE encounters.encounter SET state = 'finished', ended_at = :ended_at, discharged_to = :discharged_to,
           version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND state = 'in_progress'
""")
async def finish(db: Db, scope: EncounterScope, *, ended_at: datetime, discharged_to: str) -> None:
    """End the encounter."""


@query("DELETE FROM encounters.current WHERE hospital_id = :scope.hospital_id AND encounter_id = :scope.id")
async def delete_current(db: Db, scope: EncounterScope) -> None:
    """Take the stay from the boards; everything in the row is derived."""


@query("""
    UPDATE encounters.current
       SET ward_id = :ward_id, bed_id = :bed_id, bed_label = :bed_label, bed_since = :since, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND encounter_id = :scope.id
""")
async def place(
    db: Db,
    scope: EncounterScope,
    *,
    ward_id: UUID | None,
    bed_id: UUID | None,
    bed_label: str | None,
    since: datetime | None,
) -> None:
    """Note where the patient lies now (all None: nowhere yet). The bed slice keeps the occupancy itself."""


@query("""
    UPDATE encounters.current
       SET isolation = :isolation, expected_discharge_on = :expected_discharge_on, ready_to_leave = :ready_to_leave,
           needs = :needs::text[], pregnant = :pregnant, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND encounter_id = :scope.id
""")
async def change_current(
    db: Db,
    scope: EncounterScope,
    *,
    isolation: str | None,
    expected_discharge_on: date | None,
    ready_to_leave: bool,
    needs: list[str],
    pregnant: bool,
) -> None:
    """Set what may change during a stay."""


@query("""
    UPDATE encounters.encounter SET reason = :reason, specialty = :specialty, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id
""")
async def change_encounter(db: Db, scope: EncounterScope, *, reason: str, specialty: str) -> None:
    """Set the reason and specialty, and raise the version that the next change must name."""


@query("""
    SELECT s.id, concat_ws(' ', nullif(s.title, ''), s.given, s.family)
      FROM identity.assignment a JOIN identity.staff s ON s.id = a.staff_id AND s.active
     WHERE a.hospital_id = :hospital_id AND a.role = 'doctor' AND a.ended_at IS NULL
     ORDER BY s.family, s.given LIMIT 200
""")
async def doctors(db: Db, *, hospital_id: UUID) -> list[Doctor]:
    """The hospital's doctors, for choosing who is responsible."""


@query("""
    SELECT EXISTS (SELECT FROM identity.assignment a JOIN identity.staff s ON s.id = a.staff_id AND s.active
                    WHERE a.hospital_id = :hospital_id AND a.staff_id = :staff_id AND a.role = 'doctor'
                      AND a.ended_at IS NULL)
""")
async def is_doctor(db: Db, *, hospital_id: UUID, staff_id: UUID) -> bool:
    """Whether somebody is a doctor of this hospital now."""
