"""The SQL of the boards: wards, the hospital's beds, and who waits for one."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.beds.models import BedPlace, OpenedBoard, Room, Tile, Waiting, WardOnList
from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query


@query(
    """
    SELECT o.topic_version, o.code, o.name, o.specialty, o.whole, o.beds, o.rooms, o.tasks
      FROM beds.open_board(:hospital_id, :ward_id, :held, :trend_from) o
""",
    opens=True,
)
async def open_board(
    db: Db, *, hospital_id: UUID, ward_id: UUID, held: int | None, trend_from: datetime
) -> OpenedBoard | None:
    """A ward's board since the version that is held (None: all of it); None when there is no such ward here.

    The scores since `trend_from` come as one text: as arrays with their times they cost three times the rest to read.
    Indexes: bed_ward_position, task_ward.
    """


@query("""
    SELECT w.id, w.code, w.name, w.specialty,
           count(b.id)::int,
           count(o.id)::int,
           count(b.id) FILTER (WHERE o.id IS NULL AND v.id IS NULL AND b.state = 'ready')::int,
           count(b.id) FILTER (WHERE o.id IS NULL AND v.id IS NOT NULL)::int,
           count(b.id) FILTER (WHERE b.state = 'cleaning')::int,
           count(b.id) FILTER (WHERE b.state = 'closed')::int,
           count(*) FILTER (WHERE c.news_score >= 7)::int,
           count(*) FILTER (WHERE c.news_score IN (5, 6))::int,
           count(*) FILTER (WHERE c.observations_due_at < now())::int,
           count(*) FILTER (WHERE c.ready_to_leave OR c.expected_discharge_on <= (now() AT TIME ZONE :zone)::date)::int
      FROM identity.ward w
      LEFT JOIN beds.bed b ON b.hospital_id = w.hospital_id AND b.ward_id = w.id AND b.active
      LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
      LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
      LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
     WHERE w.hospital_id = :hospital.hospital_id AND w.active
     GROUP BY w.id, w.code, w.name, w.specialty, w.position
     ORDER BY w.position, w.name LIMIT 200
""")
async def wards_with_counts(db: Db, hospital: HospitalScope, *, zone: str) -> list[WardOnList]:
    """Every ward of the hospital with what is going on there."""


@query("""
    SELECT b.id, b.ward_id, b.room_id, b.label, w.code || '-' || b.label, b.state, b.state_since, b.version,
           o.encounter_id, p.family, p.given, c.news_score, c.news_band, c.isolation, c.expected_discharge_on, c.ready_to_leave, v.encounter_id, v.due_at
      FROM beds.bed b
      JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id AND w.active
      JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
      LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
      LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
      LEFT JOIN patients.person p ON p.id = o.person_id
      LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL
     WHERE b.hospital_id = :hospital.hospital_id AND b.active
     ORDER BY w.position, w.name, r.position, b.position, b.label LIMIT 2000
""")
async def beds_of_hospital(db: Db, hospital: HospitalScope) -> list[Tile]:
    """Every bed of the hospital, ward by ward and bay by bay."""


@query("""
    SELECT r.id, r.ward_id, r.label, r.kind, r.sex
      FROM identity.room r JOIN identity.ward w ON w.hospital_id = r.hospital_id AND w.id = r.ward_id AND w.active
     WHERE r.hospital_id = :hospital.hospital_id
     ORDER BY w.position, w.name, r.position, r.label LIMIT 1000
""")
async def rooms_of_hospital(db: Db, hospital: HospitalScope) -> list[Room]:
    """Every bay and side room of the hospital, in the order of its wards."""


@query("""
    SELECT c.encounter_id, c.person_id, p.family, p.given, p.sex, p.born_on, c.class, e.admitted_from, e.specialty,
           c.needs, c.isolation, c.started_at, w.code || '-' || b.label, v.due_at
      FROM encounters.current c
      JOIN encounters.encounter e ON e.hospital_id = c.hospital_id AND e.id = c.encounter_id
      JOIN patients.person p ON p.id = c.person_id
      LEFT JOIN beds.reservation v ON v.hospital_id = c.hospital_id AND v.encounter_id = c.encounter_id
                                  AND v.ended_at IS NULL
      LEFT JOIN beds.bed b ON b.hospital_id = v.hospital_id AND b.id = v.bed_id
      LEFT JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
     WHERE c.hospital_id = :hospital.hospital_id AND c.bed_id IS NULL AND c.class IN ('inpatient', 'emergency', 'day_case')
     ORDER BY c.started_at LIMIT 100
""")
async def waiting_for_bed(db: Db, hospital: HospitalScope) -> list[Waiting]:
    """Who is admitted and has no bed, longest first."""


@query("""
    SELECT b.ward_id, w.code || '-' || b.label
      FROM beds.bed b JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
     WHERE b.hospital_id = :hospital_id AND b.id = :bed_id
""")
async def place_of_bed(db: Db, *, hospital_id: UUID, bed_id: UUID) -> BedPlace | None:
    """Where a bed of the hospital stands."""
