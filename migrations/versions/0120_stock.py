"""Stock: stores, products, lots, the ledger that sums to the shelves, counts, transfers, suppliers and purchase orders."""

from migrations.sql_file import run

revision = "0120"
down_revision = "0111"


def upgrade() -> None:
    run("0120_stock.sql")
