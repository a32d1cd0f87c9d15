"""Notes: what people write about a patient, in sections, each author's words kept beside the others'."""

from migrations.sql_file import run

revision = "0110"
down_revision = "0101"


def upgrade() -> None:
    run("0110_notes.sql")
