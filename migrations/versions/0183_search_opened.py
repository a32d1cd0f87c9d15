"""A search sets the scope and finds in one round trip, and reads only people who can be shown."""

from migrations.sql_file import run

revision = "0183"
down_revision = "0181"


def upgrade() -> None:
    run("0183_search_opened.sql")
