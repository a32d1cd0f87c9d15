"""The SQL of what devices tell. A patient who is not registered at the hospital is nobody there."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.desk.outbox_models import Discard, NewDiscard, Opened
from wardline.platform.db import Db, query


@query("""
    INSERT INTO desk.opening (hospital_id, id, staff_id, person_id, page, opened_at, told_at)
    SELECT :hospital_id, u.id, :staff_id, r.person_id, u.page, u.opened_at, :now
      FROM unnest(:ids::uuid[], :people::uuid[], :pages::text[], :times::timestamptz[]) AS u (id, person_id, page, opened_at)
      LEFT JOIN patients.registration r ON r.hospital_id = :hospital_id AND r.person_id = u.person_id
        ON CONFLICT DO NOTHING  -- bounded: OPENINGS_MAX
    RETURNING id, person_id, page, opened_at
""")
async def insert_openings(
    db: Db,
    *,
    hospital_id: UUID,
    staff_id: UUID,
    ids: list[UUID],
    people: list[UUID | None],
    pages: list[str],
    times: list[datetime],
    now: datetime,
) -> list[Opened]:
    """Those that were not known yet."""


@query("""
    INSERT INTO desk.discard (hospital_id, id, staff_id, person_id, what, answer, reason, entered_at, discarded_at, told_at)
    SELECT :hospital_id, :new.id, :staff_id,
           (SELECT r.person_id FROM patients.registration r
             WHERE r.hospital_id = :hospital_id AND r.person_id = :new.patient_id::uuid),
           :new.what, :new.answer, :new.reason, least(:new.entered_at::timestamptz, :now), least(:new.discarded_at::timestamptz, :now), :now
        ON CONFLICT DO NOTHING  -- bounded: one
    RETURNING person_id
""")
async def insert_discard(
    db: Db, new: NewDiscard, *, hospital_id: UUID, staff_id: UUID, now: datetime
) -> list[UUID | None]:
    """Its patient, in a list that is empty where it was told before."""


@query("""
    SELECT d.id, d.person_id, coalesce(p.family, ''), coalesce(p.given, ''), d.what, d.answer, d.reason, d.entered_at, d.discarded_at
      FROM desk.discard d LEFT JOIN patients.person p ON p.id = d.person_id
     WHERE d.hospital_id = :hospital_id AND d.staff_id = :staff_id AND d.acknowledged_at IS NULL
     ORDER BY d.discarded_at DESC, d.id LIMIT 200
""")
async def open_discards(db: Db, *, hospital_id: UUID, staff_id: UUID) -> list[Discard]:
    """What somebody did not send and has not acknowledged, the newest first. Index: discard_open."""


@query("""
    UPDATE desk.discard SET acknowledged_at = :now
     WHERE hospital_id = :hospital_id AND staff_id = :staff_id AND id = :discard_id AND acknowledged_at IS NULL  -- bounded: one
    RETURNING person_id
""")
async def acknowledge(
    db: Db, *, hospital_id: UUID, staff_id: UUID, discard_id: str, now: datetime
) -> list[UUID | None]:
    """Its patient, in a list that is empty where there is nothing to acknowledge."""
