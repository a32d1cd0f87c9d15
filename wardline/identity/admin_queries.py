"""The SQL of managing places, staff and roles. The network's own rows are bounded by what the caller administers."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from typing import Any
from uuid import UUID

from wardline.identity.admin_models import (
    AssignmentRow,
    Department,
    HospitalChange,
    ManagedHospital,
    ManagedRoom,
    ManagedWard,
    NewHospital,
    NewPerson,
    NewRole,
    NewRoom,
    NewWard,
    PersonChange,
    Region,
    RoomChange,
    StaffRow,
    WardChange,
)
from wardline.platform.db import Db, query

_HOSPITAL = """
    SELECT h.id, h.code, h.name, h.region_id, r.name, h.time_zone, h.active, h.version
      FROM identity.hospital h JOIN identity.region r ON r.id = h.region_id
"""
_STAFF = """
    SELECT s.id, s.email, s.family, s.given, s.title, s.post_nominal, s.active,
           greatest(s.last_seen_at, (SELECT max(x.seen_at) FROM identity.session x WHERE x.staff_id = s.id)),
           (SELECT count(*)::int FROM identity.session x
             WHERE x.staff_id = s.id AND x.ended_at IS NULL AND x.expires_at > now()
               AND x.seen_at > now() - interval '15 minutes'), s.version
      FROM identity.staff s
"""
_ADMINISTERED = """
    (:everyone OR EXISTS (SELECT 1 FROM identity.assignment a WHERE a.staff_id = s.id
        AND (a.hospital_id = ANY(:hospital_ids) OR a.region_id = ANY(:region_ids))))
"""


# ---- regions and hospitals -------------------------------------------------------------------------------------------


@query(
    _HOSPITAL  # noqa: S608 - made of parts written here; values are bound
    + """
     WHERE :role = 'network_administrator' OR h.id = :hospital_id
        OR :role = 'regional_administrator' AND h.region_id IN (
               SELECT a.region_id FROM identity.assignment a
                WHERE a.staff_id = :staff_id AND a.role = 'regional_administrator' AND a.ended_at IS NULL)
     ORDER BY r.name, h.name LIMIT 500
"""
)
async def administered(db: Db, *, role: str, hospital_id: UUID, staff_id: UUID) -> list[ManagedHospital]:
    """The hospitals that somebody administers in this role, region by region. Index: assignment_staff."""


@query(_HOSPITAL + " ORDER BY h.created_at, h.name LIMIT 500")
async def all_hospitals(db: Db) -> list[ManagedHospital]:
    """Every hospital, the oldest first: for commands."""


@query("SELECT r.id, r.code, r.name, r.version FROM identity.region r ORDER BY r.name LIMIT 200")
async def regions(db: Db) -> list[Region]:
    """Every region."""


@query("INSERT INTO identity.region (id, code, name, created_by) VALUES (:region_id, :code, :name, :actor_id)")
async def insert_region(db: Db, *, region_id: UUID, code: str, name: str, actor_id: UUID | None) -> None:
    """A new region."""


@query("""
    UPDATE identity.region SET name = :name, version = version + 1 WHERE id = :region_id AND version = :version
    RETURNING version
""")
async def update_region(db: Db, *, region_id: UUID, name: str, version: int) -> int | None:
    """Rename; None when it was changed meanwhile."""


@query("""
    INSERT INTO identity.hospital (id, region_id, code, name, time_zone, created_by)
    VALUES (:hospital_id, :given.region_id, :code, :given.name, :given.time_zone, :actor_id)
""")
async def insert_hospital(db: Db, given: NewHospital, *, hospital_id: UUID, code: str, actor_id: UUID | None) -> None:
    """A new hospital."""


@query("""
    UPDATE identity.hospital
       SET name = coalesce(:given.name, name), region_id = coalesce(:given.region_id, region_id),
           time_zone = coalesce(:given.time_zone, time_zone), active = coalesce(:given.active, active), version = version + 1
     WHERE id = :changed_id AND version = :version
    RETURNING version
""")
async def update_hospital(db: Db, given: HospitalChange, *, changed_id: UUID, version: int) -> int | None:
    """Change what is given; None when it was changed meanwhile."""


@query("""
    UPDATE identity.session SET ended_at = now(), ended_reason = :reason
     WHERE ended_at IS NULL AND hospital_id = ANY(:hospital_ids)
""")
async def end_sessions_at(db: Db, *, hospital_ids: list[UUID], reason: str) -> None:
    """End every session at these hospitals."""


# ---- departments, wards, rooms ---------------------------------------------------------------------------------------


@query(
    "SELECT d.id, d.name, d.version FROM identity.department d WHERE d.hospital_id = :hospital_id ORDER BY d.name LIMIT 200"
)
async def departments(db: Db, *, hospital_id: UUID) -> list[Department]:
    """The hospital's departments."""


@query("SELECT d.id FROM identity.department d WHERE d.hospital_id = :hospital_id AND d.id = :department_id")
async def department_id(db: Db, *, hospital_id: UUID, department_id: UUID) -> UUID | None:
    """Whether the hospital has this department."""


@query("""
    INSERT INTO identity.department (hospital_id, id, name, created_by)
    VALUES (:hospital_id, :department_id, :name, :actor_id)
""")
async def insert_department(db: Db, *, hospital_id: UUID, department_id: UUID, name: str, actor_id: UUID) -> None:
    """A new department."""


@query("""
    UPDATE identity.department SET name = :name, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :department_id AND version = :version
    RETURNING version
""")
async def update_department(db: Db, *, hospital_id: UUID, department_id: UUID, name: str, version: int) -> int | None:
    """Rename; None when it was changed meanwhile."""


@query("""
    SELECT w.id, w.code, w.name, w.specialty, w.position, w.active, w.department_id, d.name, w.version
      FROM identity.ward w JOIN identity.department d ON d.hospital_id = w.hospital_id AND d.id = w.department_id
     WHERE w.hospital_id = :hospital_id ORDER BY w.active DESC, w.position, w.name LIMIT 500
""")
async def all_wards(db: Db, *, hospital_id: UUID) -> list[ManagedWard]:
    """The hospital's wards in their order; those out of use last."""


@query("""
    SELECT w.id, w.code, w.name, w.specialty, w.position, w.active, w.department_id, d.name, w.version
      FROM identity.ward w JOIN identity.department d ON d.hospital_id = w.hospital_id AND d.id = w.department_id
     WHERE w.hospital_id = :hospital_id AND w.id = :ward_id
""")
async def any_ward(db: Db, *, hospital_id: UUID, ward_id: UUID) -> ManagedWard | None:
    """One ward, in use or not."""


@query("""
    INSERT INTO identity.ward (hospital_id, id, department_id, code, name, specialty, position, created_by)
    SELECT :hospital_id, :ward_id, :given.department_id, :given.code, :given.name, :given.specialty,
           coalesce(max(w.position), 0) + 1, :actor_id
      FROM identity.ward w WHERE w.hospital_id = :hospital_id
""")
async def insert_ward(db: Db, given: NewWard, *, hospital_id: UUID, ward_id: UUID, actor_id: UUID) -> None:
    """A new ward, last in the order."""


@query("""
    UPDATE identity.ward
       SET code = coalesce(:given.code, code), name = coalesce(:given.name, name),
           specialty = coalesce(:given.specialty, specialty), department_id = coalesce(:given.department_id, department_id),
           position = coalesce(:given.position, position), active = coalesce(:given.active, active), version = version + 1
     WHERE hospital_id = :hospital_id AND id = :ward_id AND version = :version
    RETURNING version
""")
async def update_ward(db: Db, given: WardChange, *, hospital_id: UUID, ward_id: UUID, version: int) -> int | None:
    """Change what is given; None when it was changed meanwhile."""


@query("""
    SELECT r.id, r.ward_id, r.label, r.kind, r.sex, r.position, r.version FROM identity.room r
     WHERE r.hospital_id = :hospital_id AND r.ward_id = :ward_id ORDER BY r.position, r.label LIMIT 100
""")
async def rooms(db: Db, *, hospital_id: UUID, ward_id: UUID) -> list[ManagedRoom]:
    """The ward's rooms in their order."""


@query("SELECT r.ward_id FROM identity.room r WHERE r.hospital_id = :hospital_id AND r.id = :room_id")
async def ward_of_room(db: Db, *, hospital_id: UUID, room_id: UUID) -> UUID | None:
    """Which ward a room belongs to."""


@query("""
    INSERT INTO identity.room (hospital_id, id, ward_id, label, kind, sex, position, created_by)
    SELECT :hospital_id, :room_id, :ward_id, :given.label, :given.kind, :given.sex, coalesce(max(r.position), 0) + 1, :actor_id
      FROM identity.room r WHERE r.hospital_id = :hospital_id AND r.ward_id = :ward_id
""")
async def insert_room(
    db: Db, given: NewRoom, *, hospital_id: UUID, ward_id: UUID, room_id: UUID, actor_id: UUID
) -> None:
    """A new room, last on its ward."""


@query("""
    UPDATE identity.room
       SET label = coalesce(:given.label, label), sex = coalesce(:given.sex, sex),
           position = coalesce(:given.position, position), version = version + 1
     WHERE hospital_id = :hospital_id AND id = :room_id AND version = :version
    RETURNING version
""")
async def update_room(db: Db, given: RoomChange, *, hospital_id: UUID, room_id: UUID, version: int) -> int | None:
    """Change what is given; None when it was changed meanwhile."""


# ---- staff -----------------------------------------------------------------------------------------------------------


@query(
    _STAFF  # noqa: S608 - made of parts written here; values are bound
    + " WHERE "
    + _ADMINISTERED
    + """
       AND (:prefix = '%' OR lower(s.family) LIKE :prefix OR lower(s.given) LIKE :prefix OR s.email LIKE :prefix)
       AND (:role::text IS NULL OR EXISTS (SELECT 1 FROM identity.assignment b
             WHERE b.staff_id = s.id AND b.role = :role AND b.ended_at IS NULL
               AND (:everyone OR b.hospital_id = ANY(:hospital_ids) OR b.region_id = ANY(:region_ids))))
       AND (lower(s.family), lower(s.given), s.id) > (:after_family::text, :after_given::text, :after_id::uuid)
     ORDER BY lower(s.family), lower(s.given), s.id LIMIT :rows_max
"""
)
async def staff(
    db: Db,
    *,
    everyone: bool,
    hospital_ids: list[UUID],
    region_ids: list[UUID],
    prefix: str,
    role: str | None,
    after_family: str,
    after_given: str,
    after_id: UUID,
    rows_max: int,
) -> list[StaffRow]:
    """People by name, after the last of the page before. Indexes: staff_order, assignment_person, session_person."""


@query(_STAFF + " WHERE s.id = :staff_id AND " + _ADMINISTERED)
async def staff_member(
    db: Db, *, staff_id: UUID, everyone: bool, hospital_ids: list[UUID], region_ids: list[UUID]
) -> StaffRow | None:
    """One of them."""


@query("""
    SELECT a.id, a.staff_id, a.role, a.hospital_id, a.region_id, a.ward_id,
           coalesce(h.name, r.name, 'the whole network'), a.created_at
      FROM identity.assignment a
      LEFT JOIN identity.hospital h ON h.id = a.hospital_id
      LEFT JOIN identity.region r ON r.id = a.region_id
     WHERE a.staff_id = ANY(:staff_ids) AND a.ended_at IS NULL
     ORDER BY a.created_at LIMIT 2000
""")
async def assignments(db: Db, *, staff_ids: list[UUID]) -> list[AssignmentRow]:
    """The roles these people hold now. Index: assignment_staff."""


@query("""
    INSERT INTO identity.staff (id, email, family, given, title, post_nominal, password_hash, password_changed_at,
                                must_change_password, created_by)
    VALUES (:staff_id, :email, :given.family, :given.given, :given.title, :given.post_nominal, :password_hash, now(),
            :must_change, :actor_id)
""")
async def insert_staff(
    db: Db,
    given: NewPerson,
    *,
    staff_id: UUID,
    email: str,
    password_hash: str,
    must_change: bool,
    actor_id: UUID | None,
) -> None:
    """Somebody new."""


@query("""
    UPDATE identity.staff
       SET family = coalesce(:given.family, family), given = coalesce(:given.given, given),
           title = coalesce(:given.title, title), post_nominal = coalesce(:given.post_nominal, post_nominal),
           version = version + 1
     WHERE id = :staff_id AND version = :version
    RETURNING version
""")
async def update_staff(db: Db, given: PersonChange, *, staff_id: UUID, version: int) -> int | None:
    """Change what is given; None when it was changed meanwhile."""


@query("UPDATE identity.staff SET active = :active, version = version + 1 WHERE id = :staff_id")
async def set_active(db: Db, *, staff_id: UUID, active: bool) -> None:
    """Whether somebody may sign in at all."""


@query("""
    UPDATE identity.staff SET password_hash = :password_hash, password_changed_at = now(), must_change_password = true,
           version = version + 1
     WHERE id = :staff_id
""")
async def set_first_password(db: Db, *, staff_id: UUID, password_hash: str) -> None:
    """A password that an administrator chose, to be changed by its owner."""


@query("""
    INSERT INTO identity.assignment (id, staff_id, role, hospital_id, region_id, ward_id, created_by)
    VALUES (:assignment_id, :staff_id, :given.role, :given.hospital_id, :given.region_id, :given.ward_id, :actor_id)
""")
async def insert_assignment(
    db: Db, given: NewRole, *, assignment_id: UUID, staff_id: UUID, actor_id: UUID | None
) -> None:
    """Give a role."""


@query("""
    UPDATE identity.assignment SET ended_at = now(), version = version + 1
     WHERE id = :assignment_id AND ended_at IS NULL
""")
async def end_assignment(db: Db, *, assignment_id: UUID) -> None:
    """Take a role."""


@query("""
    UPDATE identity.session SET ended_at = now(), ended_reason = :reason
     WHERE staff_id = :staff_id AND ended_at IS NULL AND hospital_id = ANY(:hospital_ids)
""")
async def end_sessions_of(db: Db, *, staff_id: UUID, hospital_ids: list[UUID], reason: str) -> None:
    """End somebody's sessions at these hospitals. Index: session_staff."""


@query("""
    SELECT 1 FROM audit.record(:hospital_id, NULL, 'command', NULL, :request_id, 'command line', :changes::jsonb)
""")
async def record_by_command(db: Db, *, hospital_id: UUID, request_id: str, changes: list[dict[str, Any]]) -> None:
    """Note in the record what was done on the command line."""
