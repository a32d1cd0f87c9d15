"""Many visits, problems and procedures at once, for imports. What is already there stays as it is, so doing it twice adds nothing.

The handle's scope must be the hospital of the rows: row-level security checks every one.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class VisitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`visit_class` and `state` as in the table: outpatient, finished ..."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    visit_class: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    reason: str
    doctor_id: UUID | None
    discharged_to: str | None


class ProblemRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    display: str
    code_system: str | None
    code: str | None
    state: str
    verification: str
    onset_on: date | None
    abated_on: date | None


class ProcedureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`code_system` is one that the table takes, or none; `performer` says who, in words, where it is nobody of the staff."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    display: str
    code_system: str | None
    code: str | None
    performed_on: date
    performer_id: UUID | None
    performer: str
    site: str


@query("""
    WITH added AS (
        INSERT INTO encounters.encounter (hospital_id, id, person_id, class, state, reason, doctor_id, started_at, ended_at,
                                          discharged_to)
        SELECT t.hospital_id, t.id, t.person_id, t.visit_class, t.state, t.reason, t.doctor_id, t.started_at, t.ended_at,
               t.discharged_to
          FROM jsonb_to_recordset(:visits::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, visit_class text,
               state text, reason text, doctor_id uuid, started_at timestamptz, ended_at timestamptz, discharged_to text)
        ON CONFLICT (hospital_id, id) DO NOTHING RETURNING hospital_id, id, person_id, class, state, started_at),
    boarded AS (
        INSERT INTO encounters.current (hospital_id, encounter_id, person_id, class, started_at)
        SELECT hospital_id, id, person_id, class, started_at FROM added
         WHERE state = 'in_progress' AND class IN ('inpatient', 'emergency', 'day_case')
        ON CONFLICT DO NOTHING)
    SELECT count(*) FROM added
""")
async def add_visits(db: Db, visits: list[VisitRecord]) -> int:
    """How many were new. An open stay also appears on the boards; an outpatient's visit does not."""


@query("""
    WITH added AS (
        INSERT INTO encounters.problem (hospital_id, id, person_id, encounter_id, code_system, code, display, onset_on,
                                        abated_on, state, verification)
        SELECT t.hospital_id, t.id, t.person_id, t.encounter_id, t.code_system, t.code, t.display, t.onset_on, t.abated_on,
               t.state, t.verification
          FROM jsonb_to_recordset(:problems::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, encounter_id uuid,
               code_system text, code text, display text, onset_on date, abated_on date, state text, verification text)
        ON CONFLICT (hospital_id, id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_problems(db: Db, problems: list[ProblemRecord]) -> int:
    """How many were new."""


@query("""
    WITH added AS (
        INSERT INTO encounters.procedure (hospital_id, id, person_id, encounter_id, code_system, code, display, performed_on,
                                          performer_id, performer, site)
        SELECT t.hospital_id, t.id, t.person_id, t.encounter_id, t.code_system, t.code, t.display, t.performed_on,
               t.performer_id, t.performer, t.site
          FROM jsonb_to_recordset(:procedures::jsonb) AS t (hospital_id uuid, id uuid, person_id uuid, encounter_id uuid,
               code_system text, code text, display text, performed_on date, performer_id uuid, performer text, site text)
        ON CONFLICT (hospital_id, id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_procedures(db: Db, procedures: list[ProcedureRecord]) -> int:
    """How many were new."""
