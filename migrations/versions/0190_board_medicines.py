"""The ward's board shows what waits of a patient's medicines."""

from migrations.sql_file import run

revision = "0190"
down_revision = "0187"


def upgrade() -> None:
    run("0190_board_medicines.sql")
