"""Noting when a session was last used changes no index."""

from migrations.sql_file import run

revision = "0174"
down_revision = "0173"


def upgrade() -> None:
    run("0174_session_use.sql")
