"""Create the orders schema."""

from migrations.sql_file import run

revision = "0090"
down_revision = "0080"


def upgrade() -> None:
    run("0090_orders.sql")
