"""SQL of what is read of stock. Every statement names the hospital; row-level security is the second wall."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query
from wardline.stock.models import (
    Astray,
    CountedLast,
    Entry,
    ExpiringLot,
    Kept,
    Lot,
    Product,
    Shelf,
    ShelfScope,
    Store,
    StoreScope,
)

ENTRIES_MAX = 100
REGISTER_LINES_MAX = 1000


def staff_name(alias: str) -> str:
    """SQL for how a member of staff is named, null without one."""
    return f"CASE WHEN {alias}.id IS NOT NULL THEN left({alias}.given, 1) || '. ' || {alias}.family END"


# --- products and lots -----------------------------------------------------------------------------------------------
_PRODUCT = """
    SELECT p.id, p.ingredient, p.form, p.strength, p.unit, p.pack_quantity, p.gtin, p.is_controlled, p.active, p.version
      FROM stock.product p
"""


@query(
    _PRODUCT
    + """
     WHERE p.hospital_id = :hospital_id AND p.active AND p.ingredient = ANY(:ingredients::text[])
       AND (:form::text IS NULL OR p.form = :form)
     ORDER BY p.ingredient, p.form, p.strength, p.pack_quantity LIMIT 100
"""
)
async def products_of(db: Db, *, hospital_id: UUID, ingredients: list[str], form: str | None) -> list[Product]:
    """Products of these ingredients, as the drug table writes them. Index: product_once."""


@query(_PRODUCT + " WHERE p.hospital_id = :hospital_id ORDER BY p.ingredient, p.form, p.strength LIMIT 2000")
async def products(db: Db, *, hospital_id: UUID) -> list[Product]:
    """Everything that the hospital keeps or kept."""


@query(_PRODUCT + " WHERE p.hospital_id = :hospital_id AND p.id = :product_id")
async def product(db: Db, *, hospital_id: UUID, product_id: UUID) -> Product | None:
    """One product."""


@query(_PRODUCT + " WHERE p.hospital_id = :hospital_id AND p.gtin = :gtin AND p.active")
async def product_with_gtin(db: Db, *, hospital_id: UUID, gtin: str) -> Product | None:
    """The product whose pack carries this number. Index: product_gtin."""


@query("""
    SELECT f.product_id, f.store_id, s.name, f.quantity
      FROM stock.shelf f JOIN stock.store s ON s.hospital_id = f.hospital_id AND s.id = f.store_id
     WHERE f.hospital_id = :hospital_id AND f.product_id = ANY(:products::uuid[]) AND f.quantity > 0
     ORDER BY f.product_id, s.name LIMIT 5000
""")
async def where_kept(db: Db, *, hospital_id: UUID, products: list[UUID]) -> list[Kept]:
    """Where products lie. Index: level and shelf keys, by store."""


_LOT = """
    SELECT l.id, v.store_id, l.product_id, l.number, l.expires_on, l.is_quarantined, l.quarantine_reason, v.quantity, v.version,
           l.version, (SELECT max(c.at) FROM stock.stock_count c
                        WHERE c.hospital_id = v.hospital_id AND c.store_id = v.store_id AND c.lot_id = v.lot_id)
      FROM stock.level v JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
"""


@query(
    _LOT
    + """
     WHERE v.hospital_id = :hospital_id AND v.store_id = :store_id AND v.product_id = :product_id AND v.quantity > 0
     ORDER BY l.expires_on, l.number LIMIT 200
"""
)
async def lots(db: Db, *, hospital_id: UUID, store_id: UUID, product_id: UUID) -> list[Lot]:
    """What lies in a store of a product, first expiry first. Index: level_product."""


@query(_LOT + " WHERE v.hospital_id = :scope.hospital_id AND v.store_id = :scope.id AND v.lot_id = :lot_id")
async def lot(db: Db, scope: StoreScope, *, lot_id: UUID) -> Lot | None:
    """One lot in a store, also when nothing is left of it."""


@query("SELECT product_id FROM stock.lot WHERE hospital_id = :hospital_id AND id = :lot_id")
async def product_of_lot(db: Db, *, hospital_id: UUID, lot_id: UUID) -> UUID | None:
    """What a lot is of."""


class StoreOfLot(Struct, frozen=True):
    """A store with the ward whose it is."""

    id: UUID
    ward_id: UUID | None


@query("""
    SELECT v.store_id, s.ward_id FROM stock.level v JOIN stock.store s ON s.hospital_id = v.hospital_id AND s.id = v.store_id
     WHERE v.hospital_id = :hospital_id AND v.lot_id = :lot_id AND v.quantity > 0 ORDER BY v.store_id LIMIT 200
""")
async def stores_of_lot(db: Db, *, hospital_id: UUID, lot_id: UUID) -> list[StoreOfLot]:
    """Where a lot lies. Index: level_lot."""


# --- stores and shelves ----------------------------------------------------------------------------------------------
@query("""
    SELECT s.id, s.name, s.kind, s.ward_id, s.active, s.version,
           coalesce(h.products, 0), coalesce(h.low, 0), coalesce(e.expiring, 0), coalesce(e.unusable, 0)
      FROM stock.store s
      LEFT JOIN LATERAL (
           SELECT count(*) FILTER (WHERE f.quantity > 0)::int AS products,
                  count(*) FILTER (WHERE f.reorder_level > 0 AND f.reorder_level >= (
                      SELECT coalesce(sum(v.quantity), 0) FROM stock.level v
                        JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
                       WHERE v.hospital_id = f.hospital_id AND v.product_id = f.product_id AND v.store_id = f.store_id
                         AND v.quantity > 0 AND l.expires_on >= :today AND NOT l.is_quarantined))::int AS low
             FROM stock.shelf f WHERE f.hospital_id = s.hospital_id AND f.store_id = s.id) h ON true
      LEFT JOIN LATERAL (
           SELECT count(*) FILTER (WHERE l.expires_on >= :today AND l.expires_on < :soon)::int AS expiring,
                  count(*) FILTER (WHERE l.expires_on < :today OR l.is_quarantined)::int AS unusable
             FROM stock.level v JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
            WHERE v.hospital_id = s.hospital_id AND v.store_id = s.id AND v.quantity > 0) e ON true
     WHERE s.hospital_id = :hospital.hospital_id AND s.active
     ORDER BY CASE s.kind WHEN 'pharmacy' THEN 0 WHEN 'controlled' THEN 1 ELSE 2 END, s.name LIMIT 200
""")
async def stores(db: Db, hospital: HospitalScope, *, today: date, soon: date) -> list[Store]:
    """The stores of a hospital with what asks for attention."""


@query("""
    SELECT s.id, s.name, s.kind, s.ward_id, s.active, s.version, 0, 0, 0, 0, s.closed_reason FROM stock.store s
     WHERE s.hospital_id = :hospital_id AND s.id = :store_id
""")
async def store(db: Db, *, hospital_id: UUID, store_id: UUID) -> Store | None:
    """One store, without counts."""


@query("""
    SELECT s.id, s.name, s.kind, s.ward_id, s.active, s.version, 0, 0, 0, 0, s.closed_reason FROM stock.store s
     WHERE s.hospital_id = :hospital.hospital_id AND NOT s.active ORDER BY s.name LIMIT 200
""")
async def closed_stores(db: Db, hospital: HospitalScope) -> list[Store]:
    """The stores that are closed, without counts."""


SHELF = """
    SELECT f.store_id, f.product_id, p.ingredient, p.form, p.strength, p.unit, p.pack_quantity, p.is_controlled, f.quantity,
           coalesce(v.usable, 0)::int, f.reorder_level, f.target_level, f.version,
           coalesce((SELECT sum(d.quantity) FROM stock.day_use d
                      WHERE d.hospital_id = f.hospital_id AND d.store_id = f.store_id AND d.product_id = f.product_id
                        AND d.day > :today::date - 28), 0)::int,
           least(28, greatest(1, :today::date - f.created_at::date + 1)), v.next_expiry, coalesce(v.quarantined, 0)::int,
           coalesce((SELECT sum(greatest(0, n.ordered - n.received)) FROM stock.purchase o
                       JOIN stock.purchase_line n ON n.hospital_id = o.hospital_id AND n.purchase_id = o.id
                      WHERE o.hospital_id = f.hospital_id AND o.store_id = f.store_id AND n.product_id = f.product_id
                        AND o.state IN ('draft', 'sent', 'partly_received')), 0)::int, s.name
      FROM stock.shelf f
      JOIN stock.store s ON s.hospital_id = f.hospital_id AND s.id = f.store_id
      JOIN stock.product p ON p.hospital_id = f.hospital_id AND p.id = f.product_id
      LEFT JOIN LATERAL (
           SELECT sum(v.quantity) FILTER (WHERE l.expires_on >= :today AND NOT l.is_quarantined) AS usable,
                  min(l.expires_on) FILTER (WHERE l.expires_on >= :today AND NOT l.is_quarantined) AS next_expiry,
                  sum(v.quantity) FILTER (WHERE l.is_quarantined) AS quarantined
             FROM stock.level v JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
            WHERE v.hospital_id = f.hospital_id AND v.product_id = f.product_id AND v.store_id = f.store_id
              AND v.quantity > 0) v ON true
"""


@query(
    SHELF
    + """
     WHERE f.hospital_id = :scope.hospital_id AND f.store_id = :scope.id AND (f.quantity > 0 OR f.reorder_level > 0)
     ORDER BY p.ingredient, p.form, p.strength, p.id LIMIT 500
"""
)
async def shelves(db: Db, scope: StoreScope, *, today: date) -> list[Shelf]:
    """What a store keeps, by name. Indexes: the shelf's key, level_product."""


@query(
    SHELF + " WHERE f.hospital_id = :scope.hospital_id AND f.store_id = :scope.id AND f.product_id = :scope.product.id"
)
async def shelf(db: Db, scope: ShelfScope, *, today: date) -> Shelf | None:
    """One product in a store; None while it never lay there."""


@query(
    SHELF
    + """
     WHERE f.hospital_id = :hospital.hospital_id AND s.active AND f.reorder_level > 0 AND coalesce(v.usable, 0) <= f.reorder_level
     ORDER BY coalesce(v.usable, 0)::float8 / f.reorder_level, p.ingredient, f.store_id LIMIT 500
"""
)
async def low(db: Db, hospital: HospitalScope, *, today: date) -> list[Shelf]:
    """What is at or under its reorder level in any store, emptiest first."""


@query("""
    SELECT v.store_id, s.name, l.product_id, p.ingredient, p.form, p.strength, p.unit, l.id, l.number, l.expires_on,
           l.is_quarantined, v.quantity
      FROM stock.lot l
      JOIN stock.level v ON v.hospital_id = l.hospital_id AND v.lot_id = l.id AND v.quantity > 0
      JOIN stock.store s ON s.hospital_id = v.hospital_id AND s.id = v.store_id
      JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
     WHERE l.hospital_id = :hospital.hospital_id AND (l.expires_on < :before OR l.is_quarantined)
     ORDER BY l.expires_on, p.ingredient, v.store_id, l.id LIMIT 500
""")
async def expiring(db: Db, hospital: HospitalScope, *, before: date) -> list[ExpiringLot]:
    """Lots that expire before a day, have expired, or are in quarantine. Indexes: lot_expiry, level_lot."""


@query("""
    SELECT p.id, p.ingredient, p.form, p.strength, p.unit, s.id, s.name, coalesce(f.quantity, 0)
      FROM stock.product p
      LEFT JOIN stock.shelf f ON f.hospital_id = p.hospital_id AND f.product_id = p.id AND f.quantity > 0 AND p.is_controlled
      LEFT JOIN stock.store s ON s.hospital_id = f.hospital_id AND s.id = f.store_id
     WHERE p.hospital_id = :hospital.hospital_id
       AND CASE WHEN p.is_controlled THEN s.kind <> 'controlled' ELSE p.active AND p.ingredient = ANY(:scheduled::text[]) END
     ORDER BY p.ingredient, p.form, p.strength, s.name LIMIT 200
""")
async def astray(db: Db, hospital: HospitalScope, *, scheduled: list[str]) -> list[Astray]:
    """Controlled drugs in open stores, and products of drugs under a schedule that are not marked. Index: the product's key."""


# --- the ledger ------------------------------------------------------------------------------------------------------
_ENTRY = f"""
    SELECT e.id, e.at, e.number, e.kind, e.quantity, e.balance, l.number, l.expires_on, e.reference, e.reason,
           {staff_name("a")}, {staff_name("w")}
      FROM stock.entry e
      JOIN stock.lot l ON l.hospital_id = e.hospital_id AND l.id = e.lot_id
      LEFT JOIN identity.staff a ON a.id = e.actor_id
      LEFT JOIN identity.staff w ON w.id = e.witness_id
"""


@query(
    _ENTRY
    + """
     WHERE e.hospital_id = :scope.hospital_id AND e.store_id = :scope.id AND e.product_id = :scope.product.id
       AND e.number < :before
     ORDER BY e.number DESC LIMIT 100
"""
)
async def entries(db: Db, scope: ShelfScope, *, before: int) -> list[Entry]:
    """The ledger of a product in a store, newest first. Index: entry_shelf."""


@query(
    _ENTRY
    + """
     WHERE e.hospital_id = :scope.hospital_id AND e.store_id = :scope.id AND e.product_id = :scope.product.id
       AND e.at >= :since AND e.at < :until
     ORDER BY e.number LIMIT 1000
"""
)
async def entries_between(db: Db, scope: ShelfScope, *, since: datetime, until: datetime) -> list[Entry]:
    """The lines of a time, oldest first, for the printed register. Index: entry_shelf."""


@query(
    SHELF
    + """
     WHERE f.hospital_id = :scope.hospital_id AND f.store_id = :scope.id AND p.is_controlled AND f.entries > 0
     ORDER BY p.ingredient, p.form, p.strength, p.id LIMIT 500
"""
)
async def registered(db: Db, scope: StoreScope, *, today: date) -> list[Shelf]:
    """The controlled drugs of a store that ever lay there, also when nothing is left. Index: the shelf's key."""


@query("""
    SELECT l.product_id, max(c.at) FROM stock.stock_count c
      JOIN stock.lot l ON l.hospital_id = c.hospital_id AND l.id = c.lot_id
     WHERE c.hospital_id = :scope.hospital_id AND c.store_id = :scope.id GROUP BY l.product_id LIMIT 500
""")
async def counted_last(db: Db, scope: StoreScope) -> list[CountedLast]:
    """When each product of a store was counted last. Index: stock_count_newest."""


@query("""
    SELECT e.balance FROM stock.entry e
     WHERE e.hospital_id = :scope.hospital_id AND e.store_id = :scope.id AND e.product_id = :scope.product.id AND e.at < :moment
     ORDER BY e.number DESC LIMIT 1
""")
async def balance_before(db: Db, scope: ShelfScope, *, moment: datetime) -> int | None:
    """What was there at a moment; None before the first line. Index: entry_shelf."""
