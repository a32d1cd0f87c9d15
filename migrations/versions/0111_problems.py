"""Problems with their history, a SNOMED code and why they are wrong; procedures; more about allergies."""

from migrations.sql_file import run

revision = "0111"
down_revision = "0110"


def upgrade() -> None:
    run("0111_problems.sql")
