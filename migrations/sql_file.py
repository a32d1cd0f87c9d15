"""Runs a plain SQL file as a migration."""

from pathlib import Path

from alembic import op

FOLDER = Path(__file__).parent / "sql"


def run(name: str) -> None:
    """Execute `sql/<name>` in the migration's transaction; several statements are fine, bind parameters are not."""
    statements = (FOLDER / name).read_text(encoding="utf-8")
    # Without parameters the driver leaves the file's per cent signs as they are.
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
