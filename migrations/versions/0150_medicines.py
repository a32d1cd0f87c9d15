"""Medicines: creatinine of the laboratory, favourites and order sets, the signature of the knowledge base."""

from migrations.sql_file import run

revision = "0150"
down_revision = "0140"


def upgrade() -> None:
    run("0150_medicines.sql")
