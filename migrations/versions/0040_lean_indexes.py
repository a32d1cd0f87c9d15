"""Make the indexes of the two largest tables as small as their queries allow."""

from migrations.sql_file import run

revision = "0040"
down_revision = "0032"


def upgrade() -> None:
    run("0040_lean_indexes.sql")
