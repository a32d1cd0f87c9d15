"""Copies opened and entries discarded on devices without a network."""

from migrations.sql_file import run

revision = "0173"
down_revision = "0172"


def upgrade() -> None:
    run("0173_outbox.sql")
