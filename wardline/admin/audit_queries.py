"""Reading the record of access. One statement for each way in, because each has an index of its own."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from uuid import UUID

from wardline.admin.audit_models import EntryRow, Wanted
from wardline.platform.db import Db, query

PAGE_ROWS = 100
EXPORT_ROWS_MAX = 20_000

_COLUMNS = """
    SELECT e.at, e.id, e.actor_id, e.actor_role, s.given, s.family, e.action, e.outcome, e.person_id, r.mrn,
           e.subject_type, e.subject_id, t.given, t.family, e.request_id, e.client, e.detail
      FROM (SELECT * FROM audit.entry e
             WHERE e.hospital_id = :wanted.hospital_id AND e.at >= :wanted.since AND e.at <= :wanted.before_at
               AND (e.at < :wanted.before_at OR e.id > :wanted.after_id)
               AND (:wanted.action::text IS NULL OR e.action = :wanted.action)
"""
_OUTCOME = " AND (:wanted.outcome::text IS NULL OR e.outcome = :wanted.outcome)"
_JOINS = """) e
      LEFT JOIN identity.staff s ON s.id = e.actor_id
      LEFT JOIN identity.staff t ON t.id = e.subject_id AND e.subject_type = 'staff'
      LEFT JOIN patients.registration r ON r.hospital_id = e.hospital_id AND r.person_id = e.person_id
     ORDER BY e.at DESC, e.id
"""
_PAGE = f" ORDER BY e.at DESC, e.id LIMIT {PAGE_ROWS + 1}{_JOINS} LIMIT {PAGE_ROWS + 1}"
_EXPORT = f" ORDER BY e.at DESC, e.id LIMIT {EXPORT_ROWS_MAX + 1}{_JOINS} LIMIT {EXPORT_ROWS_MAX + 1}"
_OF_PERSON = (
    _COLUMNS
    + " AND e.person_id = :wanted.person_id AND (:wanted.actor_id::uuid IS NULL OR e.actor_id = :wanted.actor_id)"
)
_OF_ACTOR = _COLUMNS + " AND e.actor_id = :wanted.actor_id"
_REFUSED = _COLUMNS + " AND e.outcome = 'refused'"


@query(_COLUMNS + _OUTCOME + _PAGE)
async def entries(db: Db, wanted: Wanted) -> list[EntryRow]:
    """Everything at the hospital. Index: entry_hospital."""


@query(_REFUSED + _PAGE)
async def refusals(db: Db, wanted: Wanted) -> list[EntryRow]:
    """What was refused. Index: entry_refused."""


@query(_OF_PERSON + _OUTCOME + _PAGE)
async def entries_of_person(db: Db, wanted: Wanted) -> list[EntryRow]:
    """Who saw and changed one patient. Index: entry_person."""


@query(_OF_ACTOR + _OUTCOME + _PAGE)
async def entries_of_actor(db: Db, wanted: Wanted) -> list[EntryRow]:
    """What one member of staff saw and did. Index: entry_actor."""


@query(_COLUMNS + _OUTCOME + _EXPORT)
async def export(db: Db, wanted: Wanted) -> list[EntryRow]:
    """Everything, for a file."""


@query(_OF_PERSON + _OUTCOME + _EXPORT)
async def export_of_person(db: Db, wanted: Wanted) -> list[EntryRow]:
    """One patient, for a file."""


@query(_OF_ACTOR + _OUTCOME + _EXPORT)
async def export_of_actor(db: Db, wanted: Wanted) -> list[EntryRow]:
    """One member of staff, for a file."""


@query("""
    SELECT r.person_id FROM patients.registration r WHERE r.hospital_id = :hospital_id AND r.mrn IN (:number, upper(:number))
    UNION ALL
    SELECT r.person_id FROM patients.person p
      JOIN patients.registration r ON r.hospital_id = :hospital_id AND r.person_id = p.id
     WHERE p.network_number = :number
    LIMIT 1
""")
async def person_with_number(db: Db, *, hospital_id: UUID, number: str) -> UUID | None:
    """Who has this record number here, or this number in the network."""


@query("SELECT s.id FROM identity.staff s WHERE s.email = :email")
async def staff_with_email(db: Db, *, email: str) -> UUID | None:
    """Who signs in with this address."""
