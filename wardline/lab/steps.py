"""SQL of what happens to orders, specimens and results. Each statement keeps the history in the same breath."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import EncounterScope
from wardline.lab.models import SpecimenScope
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, query


class Held(Struct, frozen=True):
    """A result with what a decision about it needs: whose it is, and where they lie now."""

    hospital_id: UUID
    id: UUID
    specimen_id: UUID
    person_id: UUID
    encounter_id: UUID | None
    ward_id: UUID | None
    test: str
    bench: str
    state: str
    specimen_state: str
    taken_at: datetime | None
    value: float | None
    comparator: str
    flag: str | None
    revision: int
    version: int
    report: str
    words: str
    isolates: list[Any]
    is_newest_told: bool
    has_call: bool
    untold_id: UUID | None
    sex: str
    born_on: date | None


class Judged(Struct, frozen=True, kw_only=True):
    """A value with what it was judged by and what came out."""

    value: float | None
    comparator: str
    words: str
    isolates: list[Any]
    unit: str
    low: float | None
    high: float | None
    critical_low: float | None
    critical_high: float | None
    flag: str | None
    previous: float | None
    previous_at: datetime | None
    is_jump: bool
    method: str
    report: str


class PreviousValue(Struct, frozen=True):
    """The newest released value of a test before a specimen."""

    test: str
    value: float
    taken_at: datetime


class Placed(Struct, frozen=True):
    """Where a patient lies now, for a new order."""

    encounter_id: UUID
    ward_id: UUID | None


class NewRequest(Struct, frozen=True):
    """An order ready to be stored."""

    id: UUID
    encounter_id: UUID | None
    ward_id: UUID | None
    urgency: str
    reason: str
    asked_for: list[str]


class NewSpecimen(Struct, frozen=True, kw_only=True):
    """A specimen to be collected, with its tests."""

    id: UUID
    barcode: str
    specimen: str
    container: str
    bench: str
    result_ids: list[UUID]
    tests: list[str]


_EVENT = """
    INSERT INTO lab.result_event (hospital_id, result_id, id, at, kind, actor_id, revision, value, comparator, words, isolates,
                                  flag, report, reason)
"""


def told(kind: str, rows: str, reason: str = "''") -> str:
    """The statement that puts the step of these rows into the history."""
    return f"""{_EVENT} SELECT hospital_id, id, gen_random_uuid(), :now, '{kind}', :actor_id::uuid, revision, value, comparator, words,
                   isolates, flag, CASE WHEN isolates <> '[]' OR report = 'interim' OR (value IS NULL AND words <> '') THEN report ELSE '' END, {reason} FROM {rows}"""


# --- orders ----------------------------------------------------------------------------------------------------------
@query("""
    SELECT encounter_id, ward_id FROM encounters.current
     WHERE hospital_id = :patient.hospital_id AND person_id = :patient.person_id
     ORDER BY class = 'outpatient', started_at DESC LIMIT 1
""")
async def place_of(db: Db, patient: PatientScope) -> Placed | None:
    """The open stay or visit of a patient. Index: current_person."""


@query("SELECT nextval('lab.specimen_number') FROM generate_series(1, :count::int) LIMIT 60")
async def specimen_numbers(db: Db, *, count: int) -> list[int]:
    """Fresh numbers for barcodes."""


@query("""
    INSERT INTO lab.request (hospital_id, id, person_id, encounter_id, ward_id, urgency, reason, asked_for, ordered_at, ordered_by)
    VALUES (:patient.hospital_id, :new.id, :patient.person_id, :new.encounter_id, :new.ward_id, :new.urgency, :new.reason,
            :new.asked_for, :now, :actor_id)
""")
async def insert_request(db: Db, patient: PatientScope, new: NewRequest, *, actor_id: UUID, now: datetime) -> None:
    """What was asked for."""


@query(f"""
    WITH s AS (
        INSERT INTO lab.specimen (hospital_id, id, request_id, person_id, encounter_id, ward_id, barcode, specimen, container,
                                  bench, urgency, replaces_id, created_at, created_by)
        VALUES (:patient.hospital_id, :new.id, :asked.id, :patient.person_id, :asked.encounter_id, :asked.ward_id, :new.barcode,
                :new.specimen, :new.container, :new.bench, :asked.urgency, :replaces_id::uuid, :now, :actor_id)
        RETURNING hospital_id, id, request_id, person_id, encounter_id),
    r AS (
        INSERT INTO lab.result (hospital_id, id, request_id, specimen_id, person_id, encounter_id, test_code, created_at, created_by)
        SELECT s.hospital_id, n.id, s.request_id, s.id, s.person_id, s.encounter_id, n.test, :now, :actor_id
          FROM s, unnest(:new.result_ids::uuid[], :new.tests::text[]) AS n (id, test)
        RETURNING *)
    {told("ordered", "r")}
""")
async def insert_specimen(
    db: Db,
    patient: PatientScope,
    asked: NewRequest,
    new: NewSpecimen,
    *,
    replaces_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> None:
    """A specimen to be collected, and a result to come for each of its tests."""


@query("""
    SELECT q.id, q.encounter_id, q.ward_id, q.urgency, q.reason, q.asked_for
      FROM lab.request q JOIN lab.specimen s ON s.hospital_id = q.hospital_id AND s.request_id = q.id
     WHERE s.hospital_id = :scope.hospital_id AND s.id = :scope.id
""")
async def request_of(db: Db, scope: SpecimenScope) -> NewRequest:
    """The order that a specimen belongs to."""


# --- specimens -------------------------------------------------------------------------------------------------------
@query(f"""
    WITH s AS (
        UPDATE lab.specimen SET state = 'collected', collected_at = :taken_at, collected_by = :actor_id, version = version + 1
         WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'ordered'
        RETURNING hospital_id, id),
    r AS (
        UPDATE lab.result r SET state = 'collected', taken_at = :taken_at, version = r.version + 1
          FROM s WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id AND r.state = 'ordered' RETURNING r.*),
    e AS ({told("collected", "r")})
    SELECT id FROM s
""")
async def collect(
    db: Db, scope: SpecimenScope, *, version: int, taken_at: datetime, actor_id: UUID, now: datetime
) -> UUID | None:
    """The specimen was taken; None when it is not as it was read."""


@query(f"""
    WITH s AS (
        UPDATE lab.specimen SET state = 'received', received_at = :now, received_by = :actor_id, due_at = :due_at, version = version + 1
         WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'collected'
        RETURNING hospital_id, id),
    r AS (
        UPDATE lab.result r SET state = 'received', version = r.version + 1
          FROM s WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id AND r.state = 'collected' RETURNING r.*),
    e AS ({told("received", "r")})
    SELECT id FROM s
""")
async def receive(
    db: Db, scope: SpecimenScope, *, version: int, due_at: datetime, actor_id: UUID, now: datetime
) -> UUID | None:
    """The specimen reached the laboratory."""


@query(f"""
    WITH s AS (
        UPDATE lab.specimen SET state = 'rejected', rejected_at = :now, rejected_by = :actor_id, reject_reason = :reason, due_at = NULL,
                                version = version + 1
         WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state IN ('collected', 'received')
           AND NOT EXISTS (SELECT 1 FROM lab.result v WHERE v.hospital_id = :scope.hospital_id AND v.specimen_id = :scope.id
                                                        AND v.state IN ('technically_released', 'clinically_released'))
        RETURNING hospital_id, id),
    r AS (
        UPDATE lab.result r SET state = 'rejected', reason = :reason, version = r.version + 1
          FROM s WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id AND r.state IN ('collected', 'received', 'resulted')
        RETURNING r.*),
    e AS ({told("rejected", "r", "reason")})
    SELECT test_code FROM r ORDER BY test_code LIMIT 100
""")
async def reject(
    db: Db, scope: SpecimenScope, *, version: int, reason: str, actor_id: UUID, now: datetime
) -> list[str]:
    """The specimen cannot be used, and nothing of it is released; the tests that have to be asked for again."""


@query(f"""
    WITH s AS (
        UPDATE lab.specimen SET state = 'cancelled', version = version + 1
         WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'ordered'
        RETURNING hospital_id, id),
    r AS (
        UPDATE lab.result r SET state = 'cancelled', reason = :reason, version = r.version + 1
          FROM s WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id AND r.state = 'ordered' RETURNING r.*),
    e AS ({told("cancelled", "r", "reason")})
    SELECT id FROM s
""")
async def cancel(
    db: Db, scope: SpecimenScope, *, version: int, reason: str, actor_id: UUID, now: datetime
) -> UUID | None:
    """The specimen is not wanted any more."""


@query(f"""
    WITH s AS (
        UPDATE lab.specimen SET state = 'cancelled', version = version + 1
         WHERE hospital_id = :stay.hospital_id AND encounter_id = :stay.id AND state = 'ordered'
        RETURNING hospital_id, id, ward_id),
    r AS (
        UPDATE lab.result r SET state = 'cancelled', reason = :reason, version = r.version + 1
          FROM s WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id AND r.state = 'ordered' RETURNING r.*),
    e AS ({told("cancelled", "r", "reason")})
    SELECT DISTINCT ward_id FROM s WHERE ward_id IS NOT NULL LIMIT 50
""")
async def cancel_of_stay(db: Db, stay: EncounterScope, *, reason: str, actor_id: UUID, now: datetime) -> list[UUID]:
    """What was not collected of a stay that is over is not wanted any more; the wards that waited for it."""


@query("""
    UPDATE lab.specimen s SET state = 'done', version = version + 1
     WHERE s.hospital_id = :scope.hospital_id AND s.id = :scope.id AND s.state = 'received'
       AND NOT EXISTS (SELECT 1 FROM lab.result r WHERE r.hospital_id = s.hospital_id AND r.specimen_id = s.id
                                                    AND (r.state IN ('received', 'resulted', 'technically_released')
                                                         OR (r.state = 'clinically_released' AND r.report = 'interim')))
    RETURNING s.id
""")
async def finish(db: Db, scope: SpecimenScope) -> UUID | None:
    """The specimen leaves the bench once nothing of it waits, the final report of a culture included."""


# --- results ---------------------------------------------------------------------------------------------------------
_HELD = """
    SELECT r.hospital_id, r.id, r.specimen_id, r.person_id, r.encounter_id,
           coalesce((SELECT c.ward_id FROM encounters.current c WHERE c.hospital_id = r.hospital_id AND c.person_id = r.person_id
                      AND c.class <> 'outpatient' LIMIT 1), NULL),
           r.test_code, s.bench, r.state, s.state, r.taken_at, r.value, r.comparator, r.flag, r.revision, r.version, r.report, r.words,
           r.isolates,
           k.told_at IS NOT NULL, k.id IS NOT NULL,
           (SELECT u.id FROM lab.critical_call u WHERE u.hospital_id = r.hospital_id AND u.result_id = r.id AND u.told_at IS NULL
             ORDER BY u.revision DESC LIMIT 1), p.sex, p.born_on
      FROM lab.result r
      JOIN lab.test t ON t.code = r.test_code
      JOIN lab.specimen s ON s.hospital_id = r.hospital_id AND s.id = r.specimen_id
      JOIN patients.person p ON p.id = r.person_id
      LEFT JOIN LATERAL (SELECT c.id, c.told_at FROM lab.critical_call c
                          WHERE c.hospital_id = r.hospital_id AND c.result_id = r.id
                          ORDER BY c.revision DESC LIMIT 1) k ON true
"""


@query(_HELD + " WHERE r.hospital_id = :hospital_id AND r.id = :result_id")
async def held(db: Db, *, hospital_id: UUID, result_id: UUID) -> Held | None:
    """A result of the hospital, to be written to at its version."""


@query(_HELD + " WHERE r.hospital_id = :scope.hospital_id AND r.specimen_id = :scope.id ORDER BY t.position LIMIT 100")
async def held_of_specimen(db: Db, scope: SpecimenScope) -> list[Held]:
    """The results of a specimen, each to be written to at its version. Index: result_once."""


@query("SELECT id FROM lab.specimen WHERE hospital_id = :scope.hospital_id AND id = :scope.id FOR NO KEY UPDATE")
async def lock_specimen(db: Db, scope: SpecimenScope) -> UUID:
    """Holds the specimen, so that two people do not release its results, or release and reject it, at once."""


@query("""
    SELECT DISTINCT ON (r.test_code) r.test_code, r.value, r.taken_at FROM lab.result r
     WHERE r.hospital_id = :hospital_id AND r.person_id = :person_id AND r.test_code = ANY(:codes::text[]) AND r.value IS NOT NULL
       AND r.state IN ('technically_released', 'clinically_released') AND r.taken_at < :before
     ORDER BY r.test_code, r.taken_at DESC LIMIT 100
""")
async def previous_values(
    db: Db, *, hospital_id: UUID, person_id: UUID, codes: list[str], before: datetime
) -> list[PreviousValue]:
    """The newest released value of each test before a time. Index: result_person."""


_SET = """
    value = :judged.value, comparator = :judged.comparator, words = :judged.words, isolates = :judged.isolates, unit = :judged.unit,
    low = :judged.low, high = :judged.high, critical_low = :judged.critical_low, critical_high = :judged.critical_high,
    flag = :judged.flag, previous = :judged.previous, previous_at = :judged.previous_at, is_jump = :judged.is_jump,
    method = :judged.method, report = :judged.report, resulted_at = :now, resulted_by = :actor_id, version = version + 1
"""


@query(f"""
    WITH r AS (
        UPDATE lab.result SET state = 'resulted', {_SET}
         WHERE hospital_id = :held.hospital_id AND id = :held.id AND version = :held.version AND state IN ('received', 'resulted')
        RETURNING *),
    e AS ({told("resulted", "r")})
    SELECT id FROM r
""")
async def put_value(db: Db, held: Held, judged: Judged, *, actor_id: UUID, now: datetime) -> UUID | None:
    """The value as it was measured; None when the result is not as it was read."""


@query(f"""
    WITH r AS (
        UPDATE lab.result r SET state = 'technically_released', technical_at = :now, technical_by = :actor_id, version = r.version + 1,
               flag = CASE WHEN r.id = ANY(:grown::uuid[]) THEN 'POS' ELSE r.flag END
          FROM unnest(:ids::uuid[], :versions::int[]) AS n (id, version)
         WHERE r.hospital_id = :hospital_id AND r.id = n.id AND r.version = n.version AND r.state = 'resulted'
           AND EXISTS (SELECT 1 FROM lab.specimen s WHERE s.hospital_id = r.hospital_id AND s.id = r.specimen_id AND s.state = 'received')
        RETURNING r.*),
    x AS (INSERT INTO lab.release (hospital_id, result_id, revision, step, at, actor_id)
          SELECT hospital_id, id, revision, 'technical', :now, :actor_id::uuid FROM r),
    e AS ({told("technically_released", "r")})
    SELECT id FROM r -- bounded: the results that are named
""")
async def release_technically(
    db: Db, *, hospital_id: UUID, ids: list[UUID], versions: list[int], grown: list[UUID], actor_id: UUID, now: datetime
) -> list[UUID]:
    """The first step of release, for those that are as they were read. Growth that is critical (`grown`) is marked so."""


@query(f"""
    WITH r AS (
        UPDATE lab.result r SET state = 'clinically_released', clinical_at = :now, clinical_by = :actor_id, version = r.version + 1
          FROM unnest(:ids::uuid[], :versions::int[]) AS n (id, version)
         WHERE r.hospital_id = :hospital_id AND r.id = n.id AND r.version = n.version AND r.state = 'technically_released'
           AND EXISTS (SELECT 1 FROM lab.specimen s WHERE s.hospital_id = r.hospital_id AND s.id = r.specimen_id AND s.state = 'received')
           AND NOT EXISTS (SELECT 1 FROM lab.critical_call k WHERE k.hospital_id = r.hospital_id AND k.result_id = r.id AND k.told_at IS NULL)
        RETURNING r.*),
    x AS (INSERT INTO lab.release (hospital_id, result_id, revision, step, at, actor_id)
          SELECT hospital_id, id, revision, 'clinical', :now, :actor_id::uuid FROM r),
    e AS ({told("clinically_released", "r")})
    SELECT id FROM r -- bounded: the results that are named
""")
async def release_clinically(
    db: Db, *, hospital_id: UUID, ids: list[UUID], versions: list[int], actor_id: UUID, now: datetime
) -> list[UUID]:
    """The second step; a critical value of which nobody was told stays behind."""


def _revised(kind: str, change: str, reason: str, where: str = "") -> str:
    """The statement that gives a released result a new revision, with its releases and its step."""
    return f"""
    WITH r AS (
        UPDATE lab.result SET revision = revision + 1, {change}, {_SET}
         WHERE hospital_id = :held.hospital_id AND id = :held.id AND version = :held.version
           AND state IN ('technically_released', 'clinically_released') {where}
        RETURNING *),
    x AS (INSERT INTO lab.release (hospital_id, result_id, revision, step, at, actor_id)
          SELECT hospital_id, id, revision, s.step, :now, :actor_id::uuid
            FROM r CROSS JOIN (VALUES ('technical'), ('clinical')) AS s (step)
           WHERE s.step = 'technical' OR r.state = 'clinically_released'),
    e AS ({told(kind, "r", reason)})
    SELECT revision FROM r
"""


@query(_revised("amended", "reason = :reason", "reason"))
async def amend(db: Db, held: Held, judged: Judged, *, reason: str, actor_id: UUID, now: datetime) -> int | None:
    """The released value set right; what it was stays in the history. The new revision."""


@query(_revised("reported", "followups = followups + 1", "''", "AND report = 'interim'"))
async def report_on(db: Db, held: Held, judged: Judged, *, actor_id: UUID, now: datetime) -> int | None:
    """The next report of a culture that was released as an interim one; the earlier one stays in the history."""


@query(f"""
    WITH r AS (
        UPDATE lab.result SET state = 'withdrawn', reason = :reason, version = version + 1
         WHERE hospital_id = :held.hospital_id AND id = :held.id AND version = :held.version
           AND state IN ('technically_released', 'clinically_released')
        RETURNING *),
    e AS ({told("withdrawn", "r", "reason")})
    SELECT id FROM r
""")
async def withdraw(db: Db, held: Held, *, reason: str, actor_id: UUID, now: datetime) -> UUID | None:
    """The result does not count any more; it stays, struck through."""
