"""A lean write does not wait for its key while it holds rows."""

from migrations.sql_file import run

revision = "0191"
down_revision = "0190"


def upgrade() -> None:
    run("0191_same_order.sql")
