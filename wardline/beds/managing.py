"""Adding, changing and retiring beds: for the hospital's administrators. A bed is never deleted, so its history stays."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.beds import moves
from wardline.beds.models import BedScope
from wardline.platform.db import Db, query
from wardline.platform.errors import Conflict, Stale, on_constraint
from wardline.platform.http import Context, Input
from wardline.platform.ids import new_id

Label = Annotated[str, Meta(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]+$")]
Feature = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
Features = Annotated[list[Feature], Meta(max_length=12)]


class LabelTaken(Conflict):
    code, title = "name_taken", "A bed of this ward has this number already"


class BedInUse(Conflict):
    code, title = "bed_in_use", "Somebody lies in this bed, or it is kept for somebody"


class WardInUse(Conflict):
    code, title = "ward_in_use", "Patients lie on this ward"


on_constraint("bed_hospital_id_ward_id_label_key", LabelTaken)


class NewBed(Input):
    """`label` is the bed's number on its ward, such as 04."""

    label: Label
    features: Features = []


class BedChange(Input):
    """`whole_form`: features that a form leaves unticked are taken away."""

    label: Label | None = None
    position: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    features: Features | None = None
    active: bool | None = None
    whole_form: bool = False


class ManagedBed(msgspec.Struct):
    """A bed as administrators see it: no patient."""

    id: UUID
    room_id: UUID
    label: str
    position: int
    state: str
    features: list[str]
    active: bool
    occupied: bool
    version: int


class BedCount(msgspec.Struct):
    """How many beds of a ward are in use by patients, and how many there are."""

    ward_id: UUID
    beds: int
    occupied: int


@query("""
    SELECT b.id, b.room_id, b.label, b.position, b.state, b.features, b.active,
           EXISTS (SELECT 1 FROM beds.occupancy o WHERE o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL),
           b.version
      FROM beds.bed b WHERE b.hospital_id = :hospital_id AND b.ward_id = :ward_id
     ORDER BY b.active DESC, b.position, b.label LIMIT 300
""")
async def managed_beds(db: Db, *, hospital_id: UUID, ward_id: UUID) -> list[ManagedBed]:
    """Every bed of a ward, those out of use last. Index: bed_ward_position."""


@query("""
    SELECT b.ward_id, count(*) FILTER (WHERE b.active)::int, count(o.id)::int
      FROM beds.bed b LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
     WHERE b.hospital_id = :hospital_id GROUP BY b.ward_id LIMIT 500
""")
async def bed_counts(db: Db, *, hospital_id: UUID) -> list[BedCount]:
    """Beds of each ward."""


@query("""
    INSERT INTO beds.bed (hospital_id, id, ward_id, room_id, label, position, features, created_by)
    SELECT :hospital_id, :bed_id, :ward_id, :room_id, :given.label, coalesce(max(b.position), 0) + 1, :given.features, :actor_id
      FROM beds.bed b WHERE b.hospital_id = :hospital_id AND b.ward_id = :ward_id
""")
async def _insert_bed(
    db: Db, given: NewBed, *, hospital_id: UUID, ward_id: UUID, room_id: UUID, bed_id: UUID, actor_id: UUID
) -> None:
    """A new bed, ready, last on its ward."""


@query("""
    UPDATE beds.bed
       SET label = coalesce(:given.label, label), position = coalesce(:given.position, position),
           features = coalesce(:given.features, features), active = coalesce(:given.active, active), version = version + 1
     WHERE hospital_id = :hospital_id AND id = :bed_id AND version = :version
    RETURNING version
""")
async def _update_bed(db: Db, given: BedChange, *, hospital_id: UUID, bed_id: UUID, version: int) -> int | None:
    """Change what is given; None when it was changed meanwhile."""


@query("""
    SELECT b.id FROM beds.bed b WHERE b.hospital_id = :hospital_id AND b.ward_id = :ward_id
     ORDER BY b.id LIMIT 1000 FOR NO KEY UPDATE
""")
async def _lock_ward(db: Db, *, hospital_id: UUID, ward_id: UUID) -> list[UUID]:
    """Hold every bed of a ward until the end of the transaction, in the order of their ids."""


@query("""
    UPDATE beds.bed SET active = :active, version = version + 1
     WHERE hospital_id = :hospital_id AND ward_id = :ward_id AND active <> :active
""")
async def _set_active(db: Db, *, hospital_id: UUID, ward_id: UUID, active: bool) -> None:
    """Retire or bring back."""


async def add_bed(ctx: Context, *, ward_id: UUID, room_id: UUID, given: NewBed) -> UUID:
    """A new bed in a room of the caller's hospital, which the caller has checked."""
    bed_id, hospital_id = new_id(), ctx.caller.tenant_id
    await _insert_bed(
        ctx.db,
        given,
        hospital_id=hospital_id,
        ward_id=ward_id,
        room_id=room_id,
        bed_id=bed_id,
        actor_id=ctx.caller.id,
    )
    ctx.record("bed.added", subject_id=bed_id)
    ctx.touch(f"ward:{ward_id}", f"beds:{hospital_id}")
    return bed_id


async def change_bed(ctx: Context, bed: BedScope, given: BedChange) -> None:
    """Renumber, reorder, equip or retire a bed. Its number and whether it is there change only while it is empty."""
    await moves.lock_beds(ctx.db, hospital_id=bed.hospital_id, bed_ids=[bed.id])
    stands = await moves.standing(ctx.db, bed)
    empty = stands.encounter_id is None and stands.reserved_for_id is None
    own_label = stands.label.rpartition("-")[2]
    if not empty and (given.active is False or given.label not in (None, own_label)):
        raise BedInUse(f"Bed {bed.label} can be renumbered or retired when it is empty.")
    if given.whole_form and given.features is None:
        given.features = []
    assert ctx.version is not None
    changed = await _update_bed(ctx.db, given, hospital_id=bed.hospital_id, bed_id=bed.id, version=ctx.version)
    if changed is None:
        raise Stale(current={"version": stands.version})
    ctx.record("bed.retired" if given.active is False else "bed.changed", subject_id=bed.id)
    ctx.touch(f"ward:{bed.ward_id}", f"beds:{bed.hospital_id}")


async def set_ward_beds(ctx: Context, ward_id: UUID, *, active: bool) -> None:
    """Retire or bring back all beds of a ward. WardInUse while patients lie there; the beds are held, so nobody is moved
    in meanwhile."""
    hospital_id = ctx.caller.tenant_id
    await _lock_ward(ctx.db, hospital_id=hospital_id, ward_id=ward_id)
    await require_empty_ward(ctx, ward_id)
    await _set_active(ctx.db, hospital_id=hospital_id, ward_id=ward_id, active=active)
    ctx.touch(f"ward:{ward_id}", f"beds:{hospital_id}")


async def require_empty_ward(ctx: Context, ward_id: UUID) -> None:
    """WardInUse while patients lie there."""
    beds = await managed_beds(ctx.db, hospital_id=ctx.caller.tenant_id, ward_id=ward_id)
    if taken := sum(bed.occupied for bed in beds):
        raise WardInUse(f"{taken} {'patient lies' if taken == 1 else 'patients lie'} there. Move them first.")
