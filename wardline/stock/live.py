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
)
