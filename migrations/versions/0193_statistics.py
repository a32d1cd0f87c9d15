"""Statistics of tables that change all day are gathered less often."""

from migrations.sql_file import run

revision = "0193"
down_revision = "0192"


def upgrade() -> None:
    run("0193_statistics.sql")
