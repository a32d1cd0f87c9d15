"""The SQL of places, staff and sessions."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.identity.models import Candidate, HospitalRow, HospitalScope, Place, Session, SessionRow, WardRow
from wardline.platform.db import Db, query


@query("""
    SELECT w.id, w.code, w.name, w.specialty, w.position, d.name
      FROM identity.ward w JOIN identity.department d ON d.hospital_id = w.hospital_id AND d.id = w.department_id
     WHERE w.hospital_id = :hospital_id AND w.id = :ward_id AND w.active
""")
async def ward(db: Db, *, hospital_id: UUID, ward_id: UUID) -> WardRow | None:
    """One ward of the hospital."""


@query("""
    SELECT w.id, w.code, w.name, w.specialty, w.position, d.name
      FROM identity.ward w JOIN identity.department d ON d.hospital_id = w.hospital_id AND d.id = w.department_id
     WHERE w.hospital_id = :hospital.hospital_id AND w.active
     ORDER BY w.position, w.name LIMIT 200
""")
async def wards(db: Db, hospital: HospitalScope) -> list[WardRow]:
    """The hospital's wards in their own order."""


@query("""
    SELECT h.id, h.code, h.name, h.region_id, r.name, h.time_zone
      FROM identity.hospital h JOIN identity.region r ON r.id = h.region_id
     WHERE h.id = ANY(:hospital_ids) AND h.active
     ORDER BY h.name LIMIT 500
""")
async def hospitals(db: Db, *, hospital_ids: list[UUID]) -> list[HospitalRow]:
    """Hospitals by id; an empty list of ids finds none."""


@query("SELECT s.id, s.password_hash, s.active FROM identity.staff s WHERE s.email = :email")
async def candidate(db: Db, *, email: str) -> Candidate | None:
    """Who signs in with this address."""


@query("SELECT s.id, s.password_hash, s.active FROM identity.staff s WHERE s.id = :staff_id")
async def candidate_by_id(db: Db, *, staff_id: UUID) -> Candidate | None:
    """The same by id, for changing a password."""


@query("""
    SELECT a.id, a.role, h.id, h.code, h.name, concat_ws(' ', nullif(s.title, ''), s.given, s.family)
      FROM identity.assignment a
      JOIN identity.staff s ON s.id = a.staff_id
      JOIN identity.hospital h ON h.active AND (h.id = a.hospital_id OR h.region_id = a.region_id OR a.role = 'network_administrator')
     WHERE a.staff_id = :staff_id AND a.ended_at IS NULL
     ORDER BY h.name, a.created_at LIMIT 500
""")
async def places(db: Db, *, staff_id: UUID) -> list[Place]:
    """Every hospital and role somebody may work in; the first is where a sign-in without a choice leads."""


@query("""
    SELECT s.id, s.staff_id, s.hospital_id, h.name, h.code, h.time_zone, a.role, p.family, p.given, p.title, p.post_nominal,
           a.ward_id,
           s.seen_at, s.expires_at,
           ARRAY(SELECT DISTINCT h2.id FROM identity.assignment a2 JOIN identity.hospital h2 ON h2.active
                    AND (h2.id = a2.hospital_id OR h2.region_id = a2.region_id OR a2.role = 'network_administrator')
                  WHERE a2.staff_id = s.staff_id AND a2.ended_at IS NULL)
      FROM identity.session s
      JOIN identity.staff p ON p.id = s.staff_id AND p.active
      JOIN identity.assignment a ON a.id = s.assignment_id AND a.ended_at IS NULL
      JOIN identity.hospital h ON h.id = s.hospital_id AND h.active
     WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND s.expires_at > now()
""")
async def session(db: Db, *, token_hash: bytes) -> SessionRow | None:
    """A session that has neither ended nor expired."""


@query("SELECT name FROM identity.ward WHERE hospital_id = :hospital_id AND id = :ward_id")
async def ward_name(db: Db, *, hospital_id: UUID, ward_id: UUID) -> str | None:
    """The name of a ward, in its hospital's scope."""


@query("""
    INSERT INTO identity.session (token_hash, id, staff_id, assignment_id, hospital_id, expires_at, client)
    VALUES (:token_hash, :session_id, :staff_id, :assignment_id, :hospital_id, :expires_at, :client)
""")
async def insert_session(
    db: Db,
    *,
    token_hash: bytes,
    session_id: UUID,
    staff_id: UUID,
    assignment_id: UUID,
    hospital_id: UUID,
    expires_at: datetime,
    client: str,
) -> None:
    """A new session; only the token's hash is stored."""


@query("""
    SELECT 1 FROM audit.record(:session.hospital_id, :session.staff_id, :session.role, :session.id, :request_id, :client,
                               :changes::jsonb)
""")
async def record_sign_in(
    db: Db, session: Session, *, request_id: str, client: str, changes: list[dict[str, str]]
) -> None:
    """Note a sign-in in the record of its hospital: the request itself has no caller yet."""


@query("""
    UPDATE identity.session SET ended_at = now(), ended_reason = :reason
     WHERE id = :session_id AND ended_at IS NULL
""")
async def end_session(db: Db, *, session_id: UUID, reason: str) -> None:
    """End one session."""


@query("""
    UPDATE identity.session SET ended_at = now(), ended_reason = :reason
     WHERE staff_id = :staff_id AND ended_at IS NULL AND id <> :except_id
""")
async def end_sessions(db: Db, *, staff_id: UUID, reason: str, except_id: UUID) -> None:
    """End somebody's sessions but one (pass a fresh id to end all)."""


@query("SELECT id FROM identity.session WHERE ended_at > :since LIMIT 10000")
async def ended_since(db: Db, *, since: datetime) -> list[UUID]:
    """Sessions that ended lately. Index: session_ended."""


@query("""
    UPDATE identity.session s SET seen_at = greatest(s.seen_at, t.seen_at)
      FROM unnest(:ids::uuid[], :seen::timestamptz[]) AS t (id, seen_at)
     WHERE s.id = t.id AND s.ended_at IS NULL
""")
async def mark_seen(db: Db, *, ids: list[UUID], seen: list[datetime]) -> None:
    """Note when sessions were last used, many at once."""


@query("""
    UPDATE identity.staff SET password_hash = :password_hash, password_changed_at = now(), must_change_password = false,
           version = version + 1
     WHERE id = :staff_id
""")
async def set_password(db: Db, *, staff_id: UUID, password_hash: str) -> None:
    """Store a new password's hash."""


@query("INSERT INTO identity.sign_in_failure (subject, id) VALUES (:subject, :failure_id)")
async def insert_failure(db: Db, *, subject: str, failure_id: UUID) -> None:
    """Count a failed sign-in for an account or an address (a keyed hash)."""


@query("""
    SELECT count(*)::int FROM identity.sign_in_failure WHERE subject = :subject AND at > :since
""")
async def failures_since(db: Db, *, subject: str, since: datetime) -> int:
    """How many failures lately."""


@query("DELETE FROM identity.sign_in_failure WHERE subject = :subject")
async def forget_failures(db: Db, *, subject: str) -> None:
    """A success clears the account's count."""
