"""What waits of medicines is filled in for who is there now."""

from migrations.sql_file import run

revision = "0192"
down_revision = "0191"


def upgrade() -> None:
    run("0192_board_medicines_now.sql")
