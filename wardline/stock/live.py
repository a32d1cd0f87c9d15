"""What of stock can be watched: the first page, and each store."""

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
