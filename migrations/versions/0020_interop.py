"""Create the interop schema: the ledger of imports."""

from migrations.sql_file import run

revision = "0020"
down_revision = "0010"


def upgrade() -> None:
    run("0020_interop.sql")
