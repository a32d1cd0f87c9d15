"""Interim and final reports of cultures; acknowledgements that name what was read; co-signatures as tasks."""

from migrations.sql_file import run

revision = "0160"
down_revision = "0150"


def upgrade() -> None:
    run("0160_clinical.sql")
