"""The SQL of the boards: a ward's, the hospital's, and the list of wards."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.beds.models import BedPlace, OpenedBoard, OpenedHospital, WardOnList
from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query


@query(
    """
    SELECT o.topic_version, o.code, o.name, o.specialty, o.whole, o.beds, o.rooms, o.tasks
      FROM beds.look_at_ward(:hospital_id, :ward_id, :held, :trend_from) o
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


@query(
    """
    SELECT o.topic_version, o.whole, o.beds, o.rooms, o.wards, o.waiting FROM beds.open_tiles(:hospital_id, :held) o
""",
    opens=True,
)
async def open_hospital(db: Db, *, hospital_id: UUID, held: int | None) -> OpenedHospital:
    """Every bed of the hospital, ward by ward and bay by bay, and who is admitted and has no bed, longest first; since the
    version that is held (None: all of it).

    Indexes: bed_ward_position, current_waiting.
    """


@query("""
    SELECT b.ward_id, w.code || '-' || b.label
      FROM beds.bed b JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id
     WHERE b.hospital_id = :hospital_id AND b.id = :bed_id
""")
async def place_of_bed(db: Db, *, hospital_id: UUID, bed_id: UUID) -> BedPlace | None:
    """Where a bed of the hospital stands."""
