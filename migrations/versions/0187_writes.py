"""Fewer statements in what every write pays, and in what giving a dose reads."""

from migrations.sql_file import run

revision = "0187"
down_revision = "0186"


def upgrade() -> None:
    run("0187_writes.sql")
