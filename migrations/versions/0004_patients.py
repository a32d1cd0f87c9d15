"""Create the patients schema."""

from migrations.sql_file import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("0004_patients.sql")
