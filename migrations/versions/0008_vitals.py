"""Create the vitals schema."""

from migrations.sql_file import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run("0008_vitals.sql")
