"""Medicines given: due doses made from orders, what was done about each, infusions, and their history."""

from migrations.sql_file import run

revision = "0130"
down_revision = "0121"


def upgrade() -> None:
    run("0130_mar.sql")
