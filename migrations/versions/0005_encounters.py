"""Create the encounters schema."""

from migrations.sql_file import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run("0005_encounters.sql")
