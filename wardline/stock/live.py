"""What of stock can be watched: the first page, the lists over all stores, and each store."""

from wardline.identity.public import May
from wardline.platform.live import live
from wardline.stock import scopes, views

live(
    "stock_hospital:{hospital_id}",
    needs=May.READ_STOCK,
    access=scopes.access_stock_topic,
    read=views.overview,
    parts={"stock-stores": "stock/stores.html", "stock-attention": "stock/attention.html"},
)
live(
    "stock:{store_id}",
    needs=May.READ_STOCK,
    access=scopes.access_store,
    read=views.store_page,
    rows="items",
    row="stock/shelf_row.html",
    key="product_id",
    prefix="shelf",
    container="shelf-body",
    parts={"shelf-empty": "stock/store_empty.html"},
    alone=True,
)
live(
    "shelf:{store_id}:{product_id}",
    needs=May.READ_STOCK,
    access=scopes.access_shelf,
    read=views.shelf_page,
    parts={
        "shelf-sum": "stock/shelf_sum.html",
        "shelf-lots": "stock/shelf_lots.html",
        "shelf-ledger": "stock/shelf_ledger.html",
    },
)
live(
    "stock_low:{hospital_id}",
    needs=May.READ_STOCK,
    access=scopes.access_stock_topic,
    read=views.low_page,
    parts={"stock-low": "stock/low_list.html"},
)
live(
    "stock_expiring:{hospital_id}:{days}",
    needs=May.READ_STOCK,
    access=scopes.access_expiring_topic,
    read=views.expiring_page,
    parts={"stock-expiring": "stock/expiring_list.html"},
)
live(
    "stock_transfers:{hospital_id}",
    needs=May.READ_STOCK,
    access=scopes.access_stock_topic,
    read=views.transfers_page,
    parts={"stock-transfers": "stock/transfers_list.html"},
)
live(
    "stock_orders:{hospital_id}",
    needs=May.READ_STOCK,
    access=scopes.access_stock_topic,
    read=views.purchases_page,
    parts={"stock-orders": "stock/purchases_list.html"},
)
live(
    "ward_stock:{ward_id}",
    needs=May.SUPPLY_WARD,
    access=scopes.access_ward_stock,
    read=views.ward_page,
    parts={"ward-stock-lists": "stock/ward_lists.html"},
)
