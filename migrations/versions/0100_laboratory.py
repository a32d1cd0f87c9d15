"""Create the lab schema."""

from migrations.sql_file import run

revision = "0100"
down_revision = "0090"


def upgrade() -> None:
    run("0100_laboratory.sql")
