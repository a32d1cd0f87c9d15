"""What pharmacists decided about prescribed lines, and what was dispensed of them."""

from migrations.sql_file import run

revision = "0121"
down_revision = "0120"


def upgrade() -> None:
    run("0121_pharmacy.sql")
