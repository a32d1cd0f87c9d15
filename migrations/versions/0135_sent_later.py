"""Observations that waited for the network say when they were entered."""

from migrations.sql_file import run

revision = "0135"
down_revision = "0130"


def upgrade() -> None:
    run("0135_sent_later.sql")
