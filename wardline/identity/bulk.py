"""Many hospitals and staff at once, for imports. What is already there stays as it is, so doing it twice adds nothing."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class HospitalRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    code: str
    name: str
    time_zone: str = "UTC"


class StaffRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody known by name only: no email, so no way to sign in."""

    id: UUID
    family: str
    given: str
    title: str
    external_identifier: str | None
    active: bool = True


class Known(msgspec.Struct, frozen=True):
    """The record that was offered, and the one that stands for it: itself, or one that was there before."""

    offered_id: UUID
    id: UUID
    is_new: bool


@query("""
    WITH added AS (
        INSERT INTO identity.region (id, code, name) VALUES (:region_id, :code, :name)
        ON CONFLICT (code) DO NOTHING RETURNING id)
    SELECT id FROM added UNION ALL SELECT id FROM identity.region WHERE code = :code LIMIT 1
""")
async def ensure_region(db: Db, region_id: UUID, code: str, name: str) -> UUID:
    """The region with this code, made when it is not there."""


@query("""
    WITH added AS (
    INSERT INTO identity.hospital (id, region_id, code, name, time_zone)
    SELECT t.id, :region_id, t.code,
           CASE WHEN EXISTS (SELECT 1 FROM identity.hospital h WHERE h.name = t.name AND h.id <> t.id)
                THEN t.name || ' (' || t.code || ')' ELSE t.name END, t.time_zone
      FROM jsonb_to_recordset(:hospitals::jsonb) AS t (id uuid, code text, name text, time_zone text)
    ON CONFLICT (id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_hospitals(db: Db, region_id: UUID, hospitals: list[HospitalRecord]) -> int:
    """How many were new. A name that another hospital bears already gets the code behind it."""


@query("SELECT id FROM identity.hospital WHERE code = :code AND active")
async def hospital_with_code(db: Db, code: str) -> UUID | None:
    """The hospital that people call by this code."""


@query("""
    WITH offered AS (
        SELECT * FROM jsonb_to_recordset(:staff::jsonb)
            AS t (id uuid, family text, given text, title text, external_identifier text, active boolean)),
    added AS (
        INSERT INTO identity.staff (id, family, given, title, external_identifier, active)
        SELECT id, family, given, title, external_identifier, active FROM offered
        ON CONFLICT DO NOTHING RETURNING id)
    SELECT o.id, coalesce(a.id, s.id), a.id IS NOT NULL -- bounded: one row for each record offered
      FROM offered o
      LEFT JOIN added a ON a.id = o.id
      LEFT JOIN identity.staff s ON s.id = o.id OR s.external_identifier = o.external_identifier
""")
async def add_staff(db: Db, staff: list[StaffRecord]) -> list[Known]:
    """Who has the same external identifier already is the same person, under the id they have."""
