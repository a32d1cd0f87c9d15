"""Growth in blood is told as a critical value is; more intervals, with their sources."""

from migrations.sql_file import run

revision = "0172"
down_revision = "0171"


def upgrade() -> None:
    run("0172_growth.sql")
