"""SQL of stores and suppliers as they are kept: names, closing, opening again."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from uuid import UUID

from msgspec import Struct

from wardline.platform.db import Db, query
from wardline.stock.models import StoreScope, SupplierScope


class InTheWay(Struct, frozen=True):
    """What keeps a store from being closed."""

    lots: int
    transfers: int
    orders: int
    requests: int


# --- stores ----------------------------------------------------------------------------------------------------------
@query("""
    UPDATE stock.store SET name = :name, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version
    RETURNING version
""")
async def rename_store(db: Db, scope: StoreScope, *, name: str, version: int) -> int | None:
    """The store with another name; None when it is not as it was read."""


@query("SELECT version FROM stock.store WHERE hospital_id = :scope.hospital_id AND id = :scope.id FOR UPDATE")
async def hold_store(db: Db, scope: StoreScope) -> int | None:
    """The store, held against every movement and every transfer to it until the end of the transaction."""


@query("""
    SELECT true FROM stock.store WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND active FOR KEY SHARE
""")
async def is_still_open(db: Db, scope: StoreScope) -> bool | None:
    """Whether the store is open, and stays so until the end of the transaction; None when it was closed."""


@query("""
    SELECT (SELECT count(*)::int FROM stock.level v
             WHERE v.hospital_id = :scope.hospital_id AND v.store_id = :scope.id AND v.quantity > 0),
           (SELECT count(*)::int FROM stock.transfer t
             WHERE t.hospital_id = :scope.hospital_id AND t.to_store_id = :scope.id AND t.state = 'sent'),
           (SELECT count(*)::int FROM stock.purchase o
             WHERE o.hospital_id = :scope.hospital_id AND o.store_id = :scope.id
               AND o.state IN ('draft', 'sent', 'partly_received')),
           (SELECT count(*)::int FROM stock.request r
             WHERE r.hospital_id = :scope.hospital_id AND r.store_id = :scope.id AND r.state = 'asked')
""")
async def in_the_way(db: Db, scope: StoreScope) -> InTheWay:
    """What lies in a store, is on its way to it, is ordered for it, or was asked for."""


@query("""
    UPDATE stock.store SET active = :active, closed_reason = :reason, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND active <> :active
    RETURNING version
""")
async def open_or_close_store(db: Db, scope: StoreScope, *, active: bool, reason: str, version: int) -> int | None:
    """The store closed or open again; None when it is so already, or is not as it was read."""


# --- suppliers -------------------------------------------------------------------------------------------------------
@query("""
    UPDATE stock.supplier SET name = :name, email = :email, phone = :phone, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version
    RETURNING version
""")
async def change_supplier(
    db: Db, scope: SupplierScope, *, name: str, email: str, phone: str, version: int
) -> int | None:
    """The supplier with other particulars; None when it is not as it was read."""


@query("SELECT version FROM stock.supplier WHERE hospital_id = :scope.hospital_id AND id = :scope.id FOR UPDATE")
async def hold_supplier(db: Db, scope: SupplierScope) -> int | None:
    """The supplier, held against new orders until the end of the transaction."""


@query("""
    SELECT count(*)::int FROM stock.purchase o
     WHERE o.hospital_id = :scope.hospital_id AND o.supplier_id = :scope.id AND o.state IN ('draft', 'sent', 'partly_received')
""")
async def open_orders(db: Db, scope: SupplierScope) -> int:
    """How many orders to a supplier are not finished."""


@query("""
    UPDATE stock.supplier SET active = :active, closed_reason = :reason, version = version + 1
     WHERE hospital_id = :scope.hospital_id AND id = :scope.id AND version = :version AND active <> :active
    RETURNING version
""")
async def open_or_close_supplier(
    db: Db, scope: SupplierScope, *, active: bool, reason: str, version: int
) -> int | None:
    """The supplier closed or open again; None when it is so already, or is not as it was read."""


@query("""
    SELECT true FROM stock.supplier WHERE hospital_id = :hospital_id AND id = :supplier_id AND active FOR KEY SHARE
""")
async def still_sells(db: Db, *, hospital_id: UUID, supplier_id: UUID) -> bool | None:
    """Whether orders may go to a supplier, and stays so until the end of the transaction."""
