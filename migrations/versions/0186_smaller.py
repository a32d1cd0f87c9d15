"""Smaller indexes and rows."""

from migrations.sql_file import run

revision = "0186"
down_revision = "0185"


def upgrade() -> None:
    run("0186_smaller.sql")
