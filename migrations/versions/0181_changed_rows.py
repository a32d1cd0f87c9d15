"""Boards read the rows that changed, tasks among them."""

from migrations.sql_file import run

revision = "0181"
down_revision = "0174"


def upgrade() -> None:
    run("0181_changed_rows.sql")
