"""Create the platform schema."""

from migrations.sql_file import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    run("0001_platform.sql")
