"""SQL of favourites and order sets; each version is kept."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.platform.db import Db, query


class SetRow(Struct, frozen=True):
    """A favourite (`owner_id`, or one line of a specialty) or an order set, as it stands."""

    id: UUID
    owner_id: UUID | None
    specialty: str
    name: str
    lines: list[str]
    tests: list[str]
    state: str
    version: int
    changed_at: datetime
    changed_by: str | None


class SetVersion(Struct, frozen=True):
    """What a set was."""

    version: int
    specialty: str
    name: str
    lines: list[str]
    tests: list[str]
    state: str
    at: datetime
    by: str | None


class NewSet(Struct, frozen=True, kw_only=True):
    """A set ready to be stored."""

    hospital_id: UUID
    id: UUID
    owner_id: UUID | None
    specialty: str
    name: str
    lines: list[str]
    tests: list[str]
    state: str
    actor_id: UUID


def _named(actor: str) -> str:
    return f"""(SELECT concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family)
              FROM identity.staff f WHERE f.id = {actor})"""


_SET = f"""
    SELECT s.id, s.owner_id, s.specialty, s.name, s.lines, s.tests, s.state, s.version, s.changed_at, {_named("s.changed_by")}
      FROM orders.order_set s
"""
_KEPT = """
    INSERT INTO orders.order_set_version (hospital_id, set_id, version, specialty, name, lines, tests, state, at, actor_id)
    SELECT c.hospital_id, c.id, c.version, c.specialty, c.name, c.lines, c.tests, c.state, :now, :new.actor_id FROM c
"""


@query(
    _SET
    + """
     WHERE s.hospital_id = :hospital_id AND s.state = 'active' AND (s.owner_id IS NULL OR s.owner_id = :caller_id)
     ORDER BY s.owner_id IS NULL, lower(s.specialty), lower(s.name), s.id LIMIT 300
"""
)
async def sets(db: Db, *, hospital_id: UUID, caller_id: UUID) -> list[SetRow]:
    """The hospital's sets and the caller's own favourites, these first. Index: order_set_name."""


@query(_SET + "WHERE s.hospital_id = :hospital_id AND s.id = :set_id")
async def one(db: Db, *, hospital_id: UUID, set_id: UUID) -> SetRow | None:
    """One set of the hospital, whoever owns it."""


@query(
    f"""
    WITH c AS (
        INSERT INTO orders.order_set (hospital_id, id, owner_id, specialty, name, lines, tests, state, changed_at, changed_by)
        VALUES (:new.hospital_id, :new.id, :new.owner_id::uuid, :new.specialty, :new.name, :new.lines::text[],
                :new.tests::text[], :new.state, :now, :new.actor_id)
        RETURNING *)
    {_KEPT}
"""
)
async def insert(db: Db, new: NewSet, *, now: datetime) -> None:
    """A new set with its first version."""


@query(
    f"""
    WITH c AS (
        UPDATE orders.order_set SET specialty = :new.specialty, name = :new.name, lines = :new.lines::text[],
               tests = :new.tests::text[], state = :new.state, version = version + 1, changed_at = :now,
               changed_by = :new.actor_id
         WHERE hospital_id = :new.hospital_id AND id = :new.id AND version = :version AND state = 'active'
        RETURNING *),
    kept AS ({_KEPT})
    SELECT c.version FROM c
"""
)
async def change(db: Db, new: NewSet, *, version: int, now: datetime) -> int | None:
    """Another version of a set; None when the version has gone."""


@query(f"""
    SELECT v.version, v.specialty, v.name, v.lines, v.tests, v.state, v.at, {_named("v.actor_id")}
      FROM orders.order_set_version v
     WHERE v.hospital_id = :hospital_id AND v.set_id = :set_id ORDER BY v.version DESC LIMIT 100
""")
async def versions(db: Db, *, hospital_id: UUID, set_id: UUID) -> list[SetVersion]:
    """What a set was, newest first."""
