"""Create the audit schema."""

from migrations.sql_file import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("0002_audit.sql")
