"""SQL of transfers, suppliers and orders to them."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query
from wardline.stock.models import (
    Purchase,
    PurchaseLine,
    PurchaseScope,
    StoreScope,
    Supplier,
    Transfer,
    TransferLine,
    TransferScope,
)
from wardline.stock.queries import staff_name

# --- transfers -------------------------------------------------------------------------------------------------------
TRANSFER = f"""
    SELECT t.id, t.number, t.from_store_id, f.name, t.to_store_id, o.name, t.state, t.sent_at, {staff_name("a")}, t.received_at,
           {staff_name("b")}, t.reason, t.version
      FROM stock.transfer t
      JOIN stock.store f ON f.hospital_id = t.hospital_id AND f.id = t.from_store_id
      JOIN stock.store o ON o.hospital_id = t.hospital_id AND o.id = t.to_store_id
      LEFT JOIN identity.staff a ON a.id = t.sent_by
      LEFT JOIN identity.staff b ON b.id = t.received_by
"""


@query(
    TRANSFER + " WHERE t.hospital_id = :hospital.hospital_id AND t.state = 'sent' ORDER BY t.sent_at, t.id LIMIT 200"
)
async def on_their_way(db: Db, hospital: HospitalScope) -> list[Transfer]:
    """Transfers that nobody has received yet, oldest first. Index: transfer_on_its_way."""


@query(
    TRANSFER
    + " WHERE t.hospital_id = :hospital.hospital_id AND t.state <> 'sent' ORDER BY t.sent_at DESC, t.id LIMIT 20"
)
async def arrived(db: Db, hospital: HospitalScope) -> list[Transfer]:
    """The last transfers that arrived, newest first. Index: transfer_newest."""


@query(TRANSFER + " WHERE t.hospital_id = :hospital_id AND t.id = :transfer_id")
async def transfer(db: Db, *, hospital_id: UUID, transfer_id: UUID) -> Transfer | None:
    """One transfer, without its lines."""


@query("""
    SELECT n.transfer_id, n.lot_id, l.product_id, p.ingredient, p.form, p.strength, p.unit, p.is_controlled, l.number, l.expires_on,
           n.sent, n.received
      FROM stock.transfer_line n
      JOIN stock.lot l ON l.hospital_id = n.hospital_id AND l.id = n.lot_id
      JOIN stock.product p ON p.hospital_id = l.hospital_id AND p.id = l.product_id
     WHERE n.hospital_id = :hospital_id AND n.transfer_id = ANY(:transfers::uuid[])
     ORDER BY n.transfer_id, p.ingredient, l.number LIMIT 3000
""")
async def transfer_lines(db: Db, *, hospital_id: UUID, transfers: list[UUID]) -> list[TransferLine]:
    """The lots of these transfers."""


@query("""
    INSERT INTO stock.transfer (hospital_id, id, from_store_id, to_store_id, sent_at, sent_by)
    VALUES (:scope.hospital_id, :transfer_id, :scope.id, :to_store_id, :now, :actor_id)
""")
async def insert_transfer(
    db: Db, scope: StoreScope, *, transfer_id: UUID, to_store_id: UUID, actor_id: UUID, now: datetime
) -> None:
    """A transfer on its way."""


@query("""
    INSERT INTO stock.transfer_line (hospital_id, transfer_id, lot_id, sent)
    SELECT :scope.hospital_id, :transfer_id, n.lot_id, n.quantity
      FROM unnest(:lot_ids::uuid[], :quantities::int[]) AS n (lot_id, quantity)
""")
async def insert_transfer_lines(
    db: Db, scope: StoreScope, *, transfer_id: UUID, lot_ids: list[UUID], quantities: list[int]
) -> None:
    """What is on its way."""


@query("""
    UPDATE stock.transfer SET state = :state, received_at = :now, received_by = :actor_id, reason = :reason, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'sent'
    RETURNING version
""")
async def receive_transfer(
    db: Db, scope: TransferScope, *, state: str, reason: str, version: int, actor_id: UUID, now: datetime
) -> int | None:
    """The transfer arrived, or was taken back; None when it is not on its way, or not as it was read."""


@query("""
    UPDATE stock.transfer_line n SET received = g.quantity
      FROM unnest(:lot_ids::uuid[], :quantities::int[]) AS g (lot_id, quantity)
     WHERE n.hospital_id = :scope.hospital_id AND n.transfer_id = :scope.id AND n.lot_id = g.lot_id
""")
async def note_arrived(db: Db, scope: TransferScope, *, lot_ids: list[UUID], quantities: list[int]) -> None:
    """How much of each lot arrived, or came back."""


# --- suppliers -------------------------------------------------------------------------------------------------------
@query("""
    SELECT id, name, email, phone, active, version, closed_reason FROM stock.supplier
     WHERE hospital_id = :hospital.hospital_id AND active ORDER BY name, id LIMIT 500
""")
async def suppliers(db: Db, hospital: HospitalScope) -> list[Supplier]:
    """Whom the hospital buys from."""


@query("""
    SELECT id, name, email, phone, active, version, closed_reason FROM stock.supplier
     WHERE hospital_id = :hospital.hospital_id AND NOT active ORDER BY name, id LIMIT 500
""")
async def closed_suppliers(db: Db, hospital: HospitalScope) -> list[Supplier]:
    """Whom the hospital bought from."""


@query(
    "SELECT id, name, email, phone, active, version, closed_reason FROM stock.supplier WHERE hospital_id = :hospital_id AND id = :supplier_id"
)
async def supplier(db: Db, *, hospital_id: UUID, supplier_id: UUID) -> Supplier | None:
    """One supplier."""


@query("""
    INSERT INTO stock.supplier (hospital_id, id, name, email, phone, created_at, created_by)
    VALUES (:hospital_id, :supplier_id, :name, :email, :phone, :now, :actor_id)
""")
async def insert_supplier(
    db: Db, *, hospital_id: UUID, supplier_id: UUID, name: str, email: str, phone: str, actor_id: UUID, now: datetime
) -> None:
    """A new supplier."""


# --- orders ----------------------------------------------------------------------------------------------------------
_PURCHASE = f"""
    SELECT o.id, o.number, o.supplier_id, u.name, o.store_id, s.name, o.state, o.sent_at, {staff_name("a")}, o.reason, o.version,
           o.created_at, {staff_name("b")}, n.products, n.ordered, n.received
      FROM stock.purchase o
      JOIN stock.supplier u ON u.hospital_id = o.hospital_id AND u.id = o.supplier_id
      JOIN stock.store s ON s.hospital_id = o.hospital_id AND s.id = o.store_id
      LEFT JOIN identity.staff a ON a.id = o.sent_by
      LEFT JOIN identity.staff b ON b.id = o.created_by
      LEFT JOIN LATERAL (SELECT count(*)::int AS products, coalesce(sum(l.ordered), 0)::int AS ordered,
                                coalesce(sum(least(l.received, l.ordered)), 0)::int AS received
                           FROM stock.purchase_line l
                          WHERE l.hospital_id = o.hospital_id AND l.purchase_id = o.id AND l.ordered > 0) n ON true
"""


@query(_PURCHASE + " WHERE o.hospital_id = :hospital.hospital_id ORDER BY o.created_at DESC, o.id LIMIT 100")
async def purchases(db: Db, hospital: HospitalScope) -> list[Purchase]:
    """The last orders, newest first. Index: purchase_newest."""


@query(_PURCHASE + " WHERE o.hospital_id = :hospital_id AND o.id = :purchase_id")
async def purchase(db: Db, *, hospital_id: UUID, purchase_id: UUID) -> Purchase | None:
    """One order, without its lines."""


@query("""
    SELECT n.product_id, p.ingredient, p.form, p.strength, p.unit, p.pack_quantity, n.ordered, n.received, p.is_controlled
      FROM stock.purchase_line n JOIN stock.product p ON p.hospital_id = n.hospital_id AND p.id = n.product_id
     WHERE n.hospital_id = :scope.hospital_id AND n.purchase_id = :scope.id AND n.ordered > 0
     ORDER BY p.ingredient, p.form, p.strength, p.id LIMIT 200
""")
async def purchase_lines(db: Db, scope: PurchaseScope) -> list[PurchaseLine]:
    """What is ordered."""


@query("""
    INSERT INTO stock.purchase (hospital_id, id, supplier_id, store_id, created_at, created_by)
    VALUES (:scope.hospital_id, :purchase_id, :supplier_id, :scope.id, :now, :actor_id)
""")
async def insert_purchase(
    db: Db, scope: StoreScope, *, purchase_id: UUID, supplier_id: UUID, actor_id: UUID, now: datetime
) -> None:
    """A draft."""


@query("""
    INSERT INTO stock.purchase_line AS l (hospital_id, purchase_id, product_id, ordered)
    SELECT :hospital_id, :purchase_id, p.id, n.quantity
      FROM unnest(:products::uuid[], :quantities::int[]) AS n (product_id, quantity)
      JOIN stock.product p ON p.hospital_id = :hospital_id AND p.id = n.product_id
     ORDER BY p.id
        ON CONFLICT (hospital_id, purchase_id, product_id) DO UPDATE SET ordered = excluded.ordered
    RETURNING product_id -- bounded: the products that are named
""")
async def insert_purchase_lines(
    db: Db, *, hospital_id: UUID, purchase_id: UUID, products: list[UUID], quantities: list[int]
) -> list[UUID]:
    """Lines of a draft; those of products of the hospital."""


@query("UPDATE stock.purchase_line SET ordered = 0 WHERE hospital_id = :scope.hospital_id AND purchase_id = :scope.id")
async def clear_draft(db: Db, scope: PurchaseScope) -> None:
    """Takes everything off a draft, before its lines are written anew. Nothing of it has arrived."""


@query("""
    UPDATE stock.purchase SET version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'draft'
    RETURNING version
""")
async def touch_draft(db: Db, scope: PurchaseScope, *, version: int) -> int | None:
    """Takes a draft for changing; None when it is none any more, or not as it was read."""


@query("""
    UPDATE stock.purchase SET state = 'sent', sent_at = :now, sent_by = :actor_id, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'draft'
       AND EXISTS (SELECT 1 FROM stock.purchase_line l WHERE l.hospital_id = :scope.hospital_id AND l.purchase_id = :scope.id
                                                         AND l.ordered > 0)
    RETURNING version
""")
async def send_purchase(db: Db, scope: PurchaseScope, *, version: int, actor_id: UUID, now: datetime) -> int | None:
    """The order went to the supplier; None when it is no draft, has no lines, or is not as it was read."""


@query("""
    UPDATE stock.purchase SET state = 'cancelled', reason = :reason, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version
       AND state IN ('draft', 'sent', 'partly_received')
    RETURNING version
""")
async def cancel_purchase(db: Db, scope: PurchaseScope, *, version: int, reason: str) -> int | None:
    """The rest is not wanted any more; what arrived stays."""


@query(
    "SELECT state FROM stock.purchase WHERE hospital_id = :scope.hospital_id AND id = :purchase_id AND store_id = :scope.id FOR NO KEY UPDATE"
)
async def state_for_update(db: Db, scope: StoreScope, *, purchase_id: UUID) -> str | None:
    """The state of an order for this store, held until the end of the transaction."""


@query("""
    UPDATE stock.purchase_line SET received = received + :quantity
     WHERE hospital_id = :scope.hospital_id AND purchase_id = :purchase_id AND product_id = :product_id AND ordered > 0
    RETURNING received
""")
async def add_received(db: Db, scope: StoreScope, *, purchase_id: UUID, product_id: UUID, quantity: int) -> int | None:
    """Part of an order arrived; None when the product is not on it."""


@query("""
    UPDATE stock.purchase o SET version = o.version + 1, state = CASE WHEN EXISTS (
               SELECT 1 FROM stock.purchase_line l WHERE l.hospital_id = o.hospital_id AND l.purchase_id = o.id
                                                     AND l.received < l.ordered) THEN 'partly_received' ELSE 'received' END
     WHERE o.hospital_id = :scope.hospital_id AND o.id = :purchase_id
    RETURNING state
""")
async def settle_state(db: Db, scope: StoreScope, *, purchase_id: UUID) -> str:
    """How far the order is, from its lines."""
