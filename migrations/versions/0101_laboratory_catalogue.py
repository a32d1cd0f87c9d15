"""Fill the catalogue of the laboratory: tests, panels, intervals and critical limits with their sources."""

from migrations.sql_file import run

revision = "0101"
down_revision = "0100"


def upgrade() -> None:
    run("0101_laboratory_catalogue.sql")
