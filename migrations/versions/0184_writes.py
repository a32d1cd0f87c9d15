"""Fewer statements in what every write pays, and in what giving a dose reads."""

from migrations.sql_file import run

revision = "0184"
down_revision = "0174"


def upgrade() -> None:
    run("0184_writes.sql")
