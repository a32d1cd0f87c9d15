"""Remember how the service answered, minute by minute, and when it did badly."""

from migrations.sql_file import run

revision = "0050"
down_revision = "0040"


def upgrade() -> None:
    run("0050_responses.sql")
