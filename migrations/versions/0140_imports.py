"""Results of other laboratories, immunizations, and procedures that an import recorded."""

from migrations.sql_file import run

revision = "0140"
down_revision = "0135"


def upgrade() -> None:
    run("0140_imports.sql")
