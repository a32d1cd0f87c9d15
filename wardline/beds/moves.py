"""The SQL of moves and of what happens to a bed: locks, occupancies, reservations, states, history."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.beds.models import BedScope
from wardline.beds.move_models import BedStanding, HistoryRow, LastMove, Stay
from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query

_STANDING = """
    SELECT b.id, b.ward_id, w.name, b.room_id, r.label, r.kind, r.sex, w.code || '-' || b.label, b.state, b.state_since,
           b.state_reason, b.features, b.active, b.version, w.specialty,
           o.encounter_id, o.person_id, p.family, p.given, o.started_at, v.encounter_id, q.family, q.given, v.due_at
      FROM beds.bed b
      JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
      JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
      LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
      LEFT JOIN patients.person p ON p.id = o.person_id
      LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
      LEFT JOIN patients.person q ON q.id = v.person_id
"""


@query(_STANDING + " WHERE b.hospital_id = :bed.hospital_id AND b.id = :bed.id")
async def standing(db: Db, bed: BedScope) -> BedStanding:
    """A bed with who lies in it and who it is kept for."""


@query(
    _STANDING
    + """
     WHERE b.hospital_id = :hospital.hospital_id AND b.active AND w.active AND o.id IS NULL
     ORDER BY w.position, b.position, b.label LIMIT 1000
"""
)
async def free_beds(db: Db, hospital: HospitalScope) -> list[BedStanding]:
    """Every bed of the hospital that nobody lies in."""


@query("""
    SELECT b.id FROM beds.bed b WHERE b.hospital_id = :hospital_id AND b.id = ANY(:bed_ids::uuid[])
     ORDER BY b.id LIMIT 10 FOR NO KEY UPDATE
""")
async def lock_beds(db: Db, *, hospital_id: UUID, bed_ids: list[UUID]) -> list[UUID]:
    """Hold beds until the end of the transaction, always in the order of their ids."""


@query("""
    SELECT e.state FROM encounters.encounter e WHERE e.hospital_id = :hospital_id AND e.id = :encounter_id
       FOR NO KEY UPDATE
""")
async def lock_encounter(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> str:
    """Hold a stay, after the beds: nobody ends it or moves it meanwhile."""


@query("""
    SELECT e.id, e.person_id, e.class, e.state, coalesce(e.started_at, e.created_at), e.specialty,
           b.ward_id, o.bed_id, w.code || '-' || b.label, o.started_at, c.isolation, coalesce(c.needs, '{}'),
           p.family, p.given, p.title, p.sex, p.born_on, p.network_number,
           v.bed_id, k.ward_id
      FROM encounters.encounter e
      JOIN patients.person p ON p.id = e.person_id
      LEFT JOIN encounters.current c ON c.hospital_id = e.hospital_id AND c.encounter_id = e.id
      LEFT JOIN beds.occupancy o ON o.hospital_id = e.hospital_id AND o.encounter_id = e.id AND o.ended_at IS NULL
      LEFT JOIN beds.bed b ON b.hospital_id = o.hospital_id AND b.id = o.bed_id
      LEFT JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
      LEFT JOIN beds.reservation v ON v.hospital_id = e.hospital_id AND v.encounter_id = e.id AND v.ended_at IS NULL
      LEFT JOIN beds.bed k ON k.hospital_id = v.hospital_id AND k.id = v.bed_id
     WHERE e.hospital_id = :hospital_id AND e.id = :encounter_id
""")
async def stay(db: Db, *, hospital_id: UUID, encounter_id: UUID) -> Stay:
    """A stay with what it needs of a bed and the bed it has."""


@query("""
    WITH made AS (
        INSERT INTO beds.occupancy (hospital_id, id, bed_id, encounter_id, person_id, started_at, created_by)
        VALUES (:bed.hospital_id, :occupancy_id, :bed.id, :encounter_id, :person_id, :at, :actor_id)
        RETURNING hospital_id, bed_id),
    kept AS (
        UPDATE beds.reservation v
           SET ended_at = :at, ended_reason = CASE WHEN v.bed_id = :bed.id THEN 'arrived' ELSE 'cancelled' END,
               version = version + 1
         WHERE v.hospital_id = :bed.hospital_id AND v.encounter_id = :encounter_id AND v.ended_at IS NULL),
    noted AS (
        INSERT INTO beds.bed_event (hospital_id, bed_id, id, at, kind, actor_id, words)
        SELECT hospital_id, bed_id, :occupancy_id, :at, 'occupied', :actor_id, :words FROM made)
    UPDATE beds.bed b SET version = version + 1 FROM made m WHERE b.hospital_id = m.hospital_id AND b.id = m.bed_id
""")
async def occupy(
    db: Db,
    bed: BedScope,
    *,
    occupancy_id: UUID,
    encounter_id: UUID,
    person_id: UUID,
    at: datetime,
    actor_id: UUID,
    words: str,
) -> None:
    """Put the patient into the bed; what was kept for them is kept no longer."""


@query("""
    WITH ended AS (
        UPDATE beds.occupancy o SET ended_at = greatest(:at, o.started_at), ended_reason = :reason, version = version + 1
         WHERE o.hospital_id = :hospital_id AND o.bed_id = :bed_id AND o.encounter_id = :encounter_id AND o.ended_at IS NULL
        RETURNING o.hospital_id, o.bed_id, o.ended_at),
    noted AS (
        INSERT INTO beds.bed_event (hospital_id, bed_id, id, at, kind, actor_id, words)
        SELECT hospital_id, bed_id, :event_id, ended_at, 'left', :actor_id, :words FROM ended)
    UPDATE beds.bed b SET state = :next_state, state_since = :at, state_reason = '', version = version + 1
      FROM ended d WHERE b.hospital_id = d.hospital_id AND b.id = d.bed_id
""")
async def vacate(
    db: Db,
    *,
    hospital_id: UUID,
    bed_id: UUID,
    encounter_id: UUID,
    reason: str,
    next_state: str,
    event_id: UUID,
    at: datetime,
    actor_id: UUID,
    words: str,
) -> None:
    """End the patient's time in the bed and say what becomes of the bed."""


@query("""
    WITH changed AS (
        UPDATE beds.bed b SET state = :state, state_since = :at,
               state_reason = CASE WHEN :state = 'closed' THEN :words ELSE '' END, version = version + 1
         WHERE b.hospital_id = :bed.hospital_id AND b.id = :bed.id RETURNING b.hospital_id, b.id)
    INSERT INTO beds.bed_event (hospital_id, bed_id, id, at, kind, actor_id, words)
    SELECT hospital_id, id, :event_id, :at, :kind, :actor_id, :words FROM changed
""")
async def set_state(
    db: Db, bed: BedScope, *, state: str, kind: str, words: str, event_id: UUID, at: datetime, actor_id: UUID
) -> None:
    """Change what the bed is fit for, and note it in its history."""


@query("""
    WITH gone AS (
        UPDATE beds.reservation v SET ended_at = :at, ended_reason = 'cancelled', version = version + 1
         WHERE v.hospital_id = :hospital_id AND v.ended_at IS NULL
           AND (v.bed_id = :bed_id OR v.encounter_id = :encounter_id::uuid)
        RETURNING v.hospital_id, v.bed_id),
    noted AS (
        INSERT INTO beds.bed_event (hospital_id, bed_id, id, at, kind, actor_id)
        SELECT hospital_id, bed_id, CASE WHEN bed_id = :bed_id THEN :event_id::uuid ELSE :other_event_id::uuid END, :at,
               'reservation_ended', :actor_id FROM gone)
    UPDATE beds.bed b SET version = version + 1 FROM gone g WHERE b.hospital_id = g.hospital_id AND b.id = g.bed_id
    RETURNING b.ward_id -- bounded: one reservation a bed and one a stay
""")
async def cancel_reservations(
    db: Db,
    *,
    hospital_id: UUID,
    bed_id: UUID,
    encounter_id: UUID | None,
    event_id: UUID,
    other_event_id: UUID,
    at: datetime,
    actor_id: UUID,
) -> list[UUID]:
    """Keep the bed for nobody, and nothing elsewhere for this stay; the wards of the beds concerned."""


@query("""
    WITH made AS (
        INSERT INTO beds.reservation (hospital_id, id, bed_id, encounter_id, person_id, from_place, due_at, created_by)
        VALUES (:bed.hospital_id, :reservation_id, :bed.id, :encounter_id, :person_id, :from_place, :due_at, :actor_id)
        RETURNING hospital_id, bed_id),
    noted AS (
        INSERT INTO beds.bed_event (hospital_id, bed_id, id, at, kind, actor_id, words)
        SELECT hospital_id, bed_id, :reservation_id, :at, 'reserved', :actor_id, '' FROM made)
    UPDATE beds.bed b SET version = version + 1 FROM made m WHERE b.hospital_id = m.hospital_id AND b.id = m.bed_id
""")
async def reserve(
    db: Db,
    bed: BedScope,
    *,
    reservation_id: UUID,
    encounter_id: UUID,
    person_id: UUID,
    from_place: str,
    due_at: datetime,
    at: datetime,
    actor_id: UUID,
) -> None:
    """Keep the bed for a patient."""


@query("""
    SELECT o.id, o.encounter_id, o.person_id, o.started_at, o.created_by, b.bed_id, b.ended_reason
      FROM beds.occupancy o
      LEFT JOIN LATERAL (SELECT f.bed_id, f.ended_reason FROM beds.occupancy f
                          WHERE f.hospital_id = o.hospital_id AND f.encounter_id = o.encounter_id
                            AND f.ended_at = o.started_at AND f.id <> o.id LIMIT 1) b ON true
     WHERE o.hospital_id = :bed.hospital_id AND o.bed_id = :bed.id AND o.ended_at IS NULL
""")
async def last_move(db: Db, bed: BedScope) -> LastMove | None:
    """Who came into the bed, when, by whom and from which bed."""


@query("""
    SELECT h.at, h.kind, h.words, nullif(concat_ws(' ', left(s.given, 1) || '.', s.family), ''), h.encounter_id, h.person_id,
           p.family, p.given
      FROM (SELECT o.started_at AS at, 'occupied' AS kind, coalesce(n.words, '') AS words, o.created_by AS actor_id,
                   o.encounter_id, o.person_id
              FROM beds.occupancy o
              LEFT JOIN beds.bed_event n ON n.hospital_id = o.hospital_id AND n.bed_id = o.bed_id AND n.id = o.id
             WHERE o.hospital_id = :bed.hospital_id AND o.bed_id = :bed.id AND o.started_at < :before
            UNION ALL
            SELECT o.ended_at, 'left', o.ended_reason || coalesce(nullif(': ' || n.words, ': '), ''), n.actor_id,
                   o.encounter_id, o.person_id
              FROM beds.occupancy o
              LEFT JOIN beds.bed_event n ON n.hospital_id = o.hospital_id AND n.bed_id = o.bed_id AND n.kind = 'left'
                                        AND n.at = o.ended_at
             WHERE o.hospital_id = :bed.hospital_id AND o.bed_id = :bed.id AND o.ended_at < :before
            UNION ALL
            SELECT n.at, n.kind, n.words, n.actor_id, v.encounter_id, v.person_id
              FROM beds.bed_event n
              LEFT JOIN beds.reservation v ON v.hospital_id = n.hospital_id AND v.id = n.id
             WHERE n.hospital_id = :bed.hospital_id AND n.bed_id = :bed.id AND n.kind NOT IN ('occupied', 'left')
               AND n.at < :before) h
      LEFT JOIN identity.staff s ON s.id = h.actor_id
      LEFT JOIN patients.person p ON p.id = h.person_id
     ORDER BY h.at DESC, h.kind LIMIT :limit
""")
async def history(db: Db, bed: BedScope, *, before: datetime, limit: int) -> list[HistoryRow]:
    """What happened to the bed, newest first. Index: occupancy_bed."""
