"""SQL of what a ward sees of its own stores, and of what it asks the pharmacy for."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from wardline.identity.public import HospitalScope
from wardline.platform.db import Db, query
from wardline.stock.models import (
    Request,
    RequestScope,
    Shelf,
    Source,
    Store,
    StoreScope,
    Transfer,
    TransferScope,
    WardStockScope,
)
from wardline.stock.paper_queries import TRANSFER
from wardline.stock.queries import SHELF, staff_name


# --- what lies on a ward ---------------------------------------------------------------------------------------------
@query("""
    SELECT s.id, s.name, s.kind, s.ward_id, s.active, s.version, 0, 0, 0, 0 FROM stock.store s
     WHERE s.hospital_id = :ward.hospital_id AND s.ward_id = :ward.ward_id AND s.active ORDER BY s.kind DESC, s.name LIMIT 50
""")
async def stores(db: Db, ward: WardStockScope) -> list[Store]:
    """The cupboards and cabinets of a ward, without counts."""


@query(
    SHELF
    + """
     WHERE f.hospital_id = :ward.hospital_id AND s.ward_id = :ward.ward_id AND s.active AND (f.quantity > 0 OR f.reorder_level > 0)
     ORDER BY p.ingredient, p.form, p.strength, s.name, p.id LIMIT 500
"""
)
async def shelves(db: Db, ward: WardStockScope, *, today: date) -> list[Shelf]:
    """What a ward keeps, by name. Indexes: the shelf's key, level_product."""


@query(
    TRANSFER
    + """
     WHERE t.hospital_id = :ward.hospital_id AND t.state = 'sent' AND o.ward_id = :ward.ward_id ORDER BY t.sent_at, t.id LIMIT 100
"""
)
async def on_their_way(db: Db, ward: WardStockScope) -> list[Transfer]:
    """What is on its way to a ward, oldest first. Index: transfer_on_its_way."""


# --- what is asked for -----------------------------------------------------------------------------------------------
_REQUEST = f"""
    SELECT r.id, r.number, r.ward_id, w.name, r.store_id, s.name, r.product_id, p.ingredient, p.form, p.strength, p.unit,
           p.is_controlled, r.quantity, r.note, r.state, r.transfer_id, r.task_id, r.reason, r.ended_at, {staff_name("b")},
           r.version, r.created_at, {staff_name("a")}
      FROM stock.request r
      JOIN identity.ward w ON w.hospital_id = r.hospital_id AND w.id = r.ward_id
      JOIN stock.store s ON s.hospital_id = r.hospital_id AND s.id = r.store_id
      JOIN stock.product p ON p.hospital_id = r.hospital_id AND p.id = r.product_id
      LEFT JOIN identity.staff a ON a.id = r.created_by
      LEFT JOIN identity.staff b ON b.id = r.ended_by
"""


@query(
    _REQUEST
    + " WHERE r.hospital_id = :hospital.hospital_id AND r.state = 'asked' ORDER BY r.created_at, r.id LIMIT 200"
)
async def asked(db: Db, hospital: HospitalScope) -> list[Request]:
    """What wards wait for, oldest first. Index: request_open."""


@query(
    _REQUEST
    + """
     WHERE r.hospital_id = :ward.hospital_id AND r.ward_id = :ward.ward_id ORDER BY r.created_at DESC, r.id LIMIT 30
"""
)
async def of_ward(db: Db, ward: WardStockScope) -> list[Request]:
    """What a ward asked for last, newest first. Index: request_ward."""


@query(_REQUEST + " WHERE r.hospital_id = :hospital_id AND r.id = :request_id")
async def request(db: Db, *, hospital_id: UUID, request_id: UUID) -> Request | None:
    """One of them."""


@query("""
    SELECT f.store_id, s.name, coalesce(v.usable, 0)::int
      FROM stock.shelf f
      JOIN stock.store s ON s.hospital_id = f.hospital_id AND s.id = f.store_id AND s.active AND s.ward_id IS NULL
      CROSS JOIN LATERAL (
           SELECT sum(v.quantity) AS usable FROM stock.level v
             JOIN stock.lot l ON l.hospital_id = v.hospital_id AND l.id = v.lot_id
            WHERE v.hospital_id = f.hospital_id AND v.store_id = f.store_id AND v.product_id = f.product_id AND v.quantity > 0
              AND l.expires_on >= :today AND NOT l.is_quarantined) v
     WHERE f.hospital_id = :hospital.hospital_id AND f.product_id = :product_id AND f.quantity > 0
     ORDER BY 3 DESC, s.name LIMIT 50
""")
async def sources(db: Db, hospital: HospitalScope, *, product_id: UUID, today: date) -> list[Source]:
    """The pharmacy's stores that could send it, the fullest first. Index: level_product."""


@query("""
    INSERT INTO stock.request (hospital_id, id, ward_id, store_id, product_id, quantity, note, task_id, created_at, created_by)
    VALUES (:scope.hospital_id, :request_id, :ward_id, :scope.id, :product_id, :quantity, :note, :task_id, :now, :actor_id)
""")
async def insert_request(
    db: Db,
    scope: StoreScope,
    *,
    request_id: UUID,
    ward_id: UUID,
    product_id: UUID,
    quantity: int,
    note: str,
    task_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> None:
    """A ward asks for something, for one of its stores."""


@query("""
    UPDATE stock.request SET state = :state, transfer_id = :transfer_id::uuid, reason = :reason, ended_at = :now, ended_by = :actor_id,
           version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND state = 'asked'
    RETURNING version
""")
async def end_request(
    db: Db,
    scope: RequestScope,
    *,
    state: str,
    transfer_id: UUID | None,
    reason: str,
    version: int,
    actor_id: UUID,
    now: datetime,
) -> int | None:
    """It was sent, declined or withdrawn; None when it was so before, or is not as it was read."""


@query("""
    SELECT version FROM stock.request WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND state = 'asked'
       FOR NO KEY UPDATE
""")
async def hold_request(db: Db, scope: RequestScope) -> int | None:
    """The version of what is still asked for, held until the end of the transaction; None when that has ended."""


@query("""
    UPDATE stock.request SET state = 'declined', transfer_id = NULL, reason = :reason, ended_at = :now, ended_by = :actor_id,
           version = version + 1
     WHERE hospital_id = :scope.hospital_id AND transfer_id = :scope.id AND state = 'sent'
    RETURNING id
""")
async def decline_recalled(db: Db, scope: TransferScope, *, reason: str, actor_id: UUID, now: datetime) -> UUID | None:
    """What was asked for does not come, because its transfer was taken back; None when nobody had asked. Index: request_transfer."""
