"""Create the patient search: keys, sounds and the dictionary of name words."""

from migrations.sql_file import run

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    run("0010_patient_search.sql")
