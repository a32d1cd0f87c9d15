"""Let the closing call of a write record what the write read, and find its stored reply by its day."""

from migrations.sql_file import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run("0031_closing.sql")
