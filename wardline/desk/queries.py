"""The little SQL of the desk."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from uuid import UUID

from wardline.platform.db import Db, query


@query("""
    SELECT a.ward_id FROM identity.assignment a
     WHERE a.staff_id = :staff_id AND a.hospital_id = :hospital_id AND a.ended_at IS NULL AND a.ward_id IS NOT NULL
     ORDER BY a.created_at LIMIT 1
""")
async def own_ward(db: Db, *, staff_id: UUID, hospital_id: UUID) -> UUID | None:
    """The ward somebody belongs to at this hospital. Index: assignment_staff."""
