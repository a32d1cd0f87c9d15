"""Read the hospital's bed board bed by bed."""

from migrations.sql_file import run

revision = "0080"
down_revision = "0050"


def upgrade() -> None:
    run("0080_hospital_board.sql")
