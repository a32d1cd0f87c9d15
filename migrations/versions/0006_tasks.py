"""Create the tasks schema."""

from migrations.sql_file import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run("0006_tasks.sql")
