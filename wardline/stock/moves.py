"""SQL of what happens to stock. Quantities are never set: a line of the ledger moves them, in the database."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query
from wardline.stock.models import Held, StoreScope


class NamedLot(Struct, frozen=True):
    """A lot as it is on record."""

    product_id: UUID
    number: str
    id: UUID
    expires_on: date


# --- the ledger ------------------------------------------------------------------------------------------------------
@query("""
    SELECT lot_id, product_id, ingredient, form, strength, unit, is_controlled, number, expires_on, is_quarantined, quantity,
           level_version
      FROM stock.hold(:store_id, :lot_ids::uuid[]) -- bounded: the lots that are named
""")
async def hold(db: Db, *, store_id: UUID, lot_ids: list[UUID]) -> list[Held]:
    """Locks what lies in a store of these lots, in the order of products and lots; without those of another hospital."""


@query("""
    INSERT INTO stock.entry (hospital_id, id, at, store_id, lot_id, kind, quantity, reference, reason, actor_id, witness_id)
    SELECT :scope.hospital_id, n.id, :now, :scope.id, n.lot_id, :kind, n.quantity, :reference::uuid, :reason, :actor_id,
           :witness_id::uuid
      FROM unnest(:ids::uuid[], :lot_ids::uuid[], :quantities::int[]) WITH ORDINALITY AS n (id, lot_id, quantity, place)
     ORDER BY n.place
""")
async def insert_entries(
    db: Db,
    scope: StoreScope,
    *,
    ids: list[UUID],
    lot_ids: list[UUID],
    quantities: list[int],
    kind: str,
    reference: UUID | None,
    reason: str,
    actor_id: UUID,
    witness_id: UUID | None,
    now: datetime,
) -> None:
    """Lines of the ledger, in the order given; the database moves the quantities with each."""


@query("""
    INSERT INTO stock.lot (hospital_id, id, product_id, number, expires_on, created_at, created_by)
    SELECT :scope.hospital_id, n.id, n.product_id, n.number, n.expires_on, :now, :actor_id
      FROM unnest(:ids::uuid[], :product_ids::uuid[], :numbers::text[], :expiries::date[]) AS n (id, product_id, number, expires_on)
     ORDER BY n.product_id, n.number
        ON CONFLICT (hospital_id, product_id, number) DO NOTHING
""")
async def ensure_lots(
    db: Db,
    scope: HospitalScope,
    *,
    ids: list[UUID],
    product_ids: list[UUID],
    numbers: list[str],
    expiries: list[date],
    actor_id: UUID,
    now: datetime,
) -> None:
    """Lots that are not known yet, in one order. Known ones are not locked: shelves are held before lots, always."""


@query("""
    SELECT l.product_id, l.number, l.id, l.expires_on
      FROM unnest(:product_ids::uuid[], :numbers::text[]) AS n (product_id, number)
      JOIN stock.lot l ON l.hospital_id = :scope.hospital_id AND l.product_id = n.product_id AND l.number = n.number
     -- bounded: the lots that are named
""")
async def named_lots(db: Db, scope: HospitalScope, *, product_ids: list[UUID], numbers: list[str]) -> list[NamedLot]:
    """The lots of these numbers with the expiry date that is on record. Index: lot_once."""


@query("""
    INSERT INTO stock.stock_count (hospital_id, id, store_id, lot_id, expected, counted, reason, at, actor_id, witness_id)
    VALUES (:scope.hospital_id, :count_id, :scope.id, :lot_id, :expected, :counted, :reason, :now, :actor_id, :witness_id::uuid)
""")
async def insert_count(
    db: Db,
    scope: StoreScope,
    *,
    count_id: UUID,
    lot_id: UUID,
    expected: int,
    counted: int,
    reason: str,
    actor_id: UUID,
    witness_id: UUID | None,
    now: datetime,
) -> None:
    """Somebody looked and counted."""


@query("""
    UPDATE stock.lot SET is_quarantined = :is_quarantined, quarantine_reason = :reason, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :lot_id AND version = :version
    RETURNING version
""")
async def set_quarantine(
    db: Db, *, hospital_id: UUID, lot_id: UUID, version: int, is_quarantined: bool, reason: str
) -> int | None:
    """The lot may not be used, or may again; None when it is not as it was read."""


# --- stores, products, thresholds ------------------------------------------------------------------------------------
@query("""
    INSERT INTO stock.store (hospital_id, id, name, kind, ward_id, created_at, created_by)
    VALUES (:hospital_id, :store_id, :name, :kind, :ward_id::uuid, :now, :actor_id)
""")
async def insert_store(
    db: Db,
    *,
    hospital_id: UUID,
    store_id: UUID,
    name: str,
    kind: str,
    ward_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> None:
    """A new store."""


@query("""
    INSERT INTO stock.product (hospital_id, id, ingredient, form, strength, unit, pack_quantity, gtin, is_controlled, created_at,
                               created_by)
    VALUES (:hospital_id, :product_id, :ingredient, :form, :strength, :unit, :pack_quantity, :gtin::text, :is_controlled, :now,
            :actor_id)
""")
async def insert_product(
    db: Db,
    *,
    hospital_id: UUID,
    product_id: UUID,
    ingredient: str,
    form: str,
    strength: str,
    unit: str,
    pack_quantity: int,
    gtin: str | None,
    is_controlled: bool,
    actor_id: UUID,
    now: datetime,
) -> None:
    """A new product."""


@query("""
    UPDATE stock.product SET pack_quantity = :pack_quantity, gtin = :gtin::text, active = :active,
           is_controlled = :is_controlled, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :product_id AND version = :version
    RETURNING version
""")
async def change_product(
    db: Db,
    *,
    hospital_id: UUID,
    product_id: UUID,
    pack_quantity: int,
    gtin: str | None,
    active: bool,
    is_controlled: bool,
    version: int,
) -> int | None:
    """The product with a new pack; None when it is not as it was read."""


@query("""
    INSERT INTO stock.shelf AS s (hospital_id, store_id, product_id, reorder_level, target_level)
    VALUES (:scope.hospital_id, :scope.id, :product_id, :reorder_level, :target_level)
        ON CONFLICT (hospital_id, store_id, product_id)
        DO UPDATE SET reorder_level = :reorder_level, target_level = :target_level, version = s.version + 1
     WHERE s.version = :version
    RETURNING version
""")
async def set_thresholds(
    db: Db, scope: StoreScope, *, product_id: UUID, reorder_level: int, target_level: int, version: int
) -> int | None:
    """When to order and up to what; None when somebody changed it meanwhile."""
