"""Create the measures of the manager's home, and the indexes of the administrators' lists."""

from migrations.sql_file import run

revision = "0030"
down_revision = "0021"


def upgrade() -> None:
    run("0030_analytics.sql")
