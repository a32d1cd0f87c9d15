"""A transfer on its way can be taken back by its sender."""

from migrations.sql_file import run

revision = "0185"
down_revision = "0183"


def upgrade() -> None:
    run("0185_recalled.sql")
