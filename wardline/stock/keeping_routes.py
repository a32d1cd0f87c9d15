"""HTTP of the list of stores and suppliers: other names, closed with a reason, open again."""

from wardline.identity.public import May
from wardline.platform.http import Context, get, post, put
from wardline.stock import keeping
from wardline.stock.forms import Because, NewSupplier, StoreChange
from wardline.stock.models import Store, StoreScope, Supplier, SupplierScope
from wardline.stock.scopes import access_any_store, access_supplier


# --- stores ----------------------------------------------------------------------------------------------------------
@get(
    "/stock/stores/{store_id}/keeping",
    needs=May.SET_UP_STORES,
    access=access_any_store,
    page="stock/store_keeping.html",
    title="{page.name}: name and closing",
    section="stock",
)
async def store_as_kept(ctx: Context, scope: StoreScope) -> Store:
    """A store as it is kept, also a closed one: its name, its kind, and why it is closed."""
    return await keeping.store_of(ctx, scope)


@put(
    "/stock/stores/{store_id}",
    needs=May.SET_UP_STORES,
    access=access_any_store,
    versioned=True,
    then="/stock/stores/{page.id}/keeping",
)
async def rename_store(ctx: Context, scope: StoreScope, new: StoreChange) -> Store:
    """Give a store another name."""
    return await keeping.rename_store(ctx, scope, new)


@post(
    "/stock/stores/{store_id}/closing",
    needs=May.SET_UP_STORES,
    access=access_any_store,
    versioned=True,
    then="/stock/stores/{page.id}/keeping",
)
async def close_store(ctx: Context, scope: StoreScope, why: Because) -> Store:
    """Close an empty store, with the reason. 409 `in_use` says what lies there, is on its way or is ordered."""
    return await keeping.close_store(ctx, scope, why.reason)


@post(
    "/stock/stores/{store_id}/reopening",
    needs=May.SET_UP_STORES,
    access=access_any_store,
    versioned=True,
    then="/stock/stores/{page.id}/keeping",
)
async def reopen_store(ctx: Context, scope: StoreScope, why: Because) -> Store:
    """Open a closed store again, with the reason."""
    return await keeping.reopen_store(ctx, scope, why.reason)


# --- suppliers -------------------------------------------------------------------------------------------------------
@get(
    "/stock/suppliers/{supplier_id}",
    needs=May.READ_STOCK,
    access=access_supplier,
    page="stock/supplier.html",
    title="{page.name}",
    section="stock",
)
async def supplier(ctx: Context, scope: SupplierScope) -> Supplier:
    """A supplier as it is kept."""
    return await keeping.supplier_of(ctx, scope)


@put(
    "/stock/suppliers/{supplier_id}",
    needs=May.SET_UP_STORES,
    access=access_supplier,
    versioned=True,
    then="/stock/suppliers/{page.id}",
)
async def change_supplier(ctx: Context, scope: SupplierScope, new: NewSupplier) -> Supplier:
    """Set a supplier's name, phone and email."""
    return await keeping.change_supplier(ctx, scope, new)


@post(
    "/stock/suppliers/{supplier_id}/closing",
    needs=May.SET_UP_STORES,
    access=access_supplier,
    versioned=True,
    then="/stock/suppliers/{page.id}",
)
async def close_supplier(ctx: Context, scope: SupplierScope, why: Because) -> Supplier:
    """Order nothing from them any more, with the reason. 409 `in_use` while an order is open."""
    return await keeping.close_supplier(ctx, scope, why.reason)


@post(
    "/stock/suppliers/{supplier_id}/reopening",
    needs=May.SET_UP_STORES,
    access=access_supplier,
    versioned=True,
    then="/stock/suppliers/{page.id}",
)
async def reopen_supplier(ctx: Context, scope: SupplierScope, why: Because) -> Supplier:
    """Orders may go to them again, with the reason."""
    return await keeping.reopen_supplier(ctx, scope, why.reason)
