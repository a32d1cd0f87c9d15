"""Every count is a line of the ledger; controlled drugs by the drug table; stores and suppliers that close; wards that ask."""

from migrations.sql_file import run

revision = "0170"
down_revision = "0160"


def upgrade() -> None:
    run("0170_stock.sql")
