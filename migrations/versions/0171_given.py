"""Round times of a hospital, held doses that are given later, a witness for another rate."""

from migrations.sql_file import run

revision = "0171"
down_revision = "0170"


def upgrade() -> None:
    run("0171_given.sql")
