"""Create the beds schema."""

from migrations.sql_file import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("0007_beds.sql")
