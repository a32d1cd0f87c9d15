"""Runs a plain SQL file as a migration."""

from pathlib import Path

from alembic import op

FOLDER = Path(__file__).parent / "sql"


def run(name: str) -> None:
    """Execute `sql/<name>` in the migration's transaction; several statements are fine, bind parameters are not."""
    with op.get_bind().connection.cursor() as cursor:  # the driver's own cursor: per cent signs in the file stay as they are
        cursor.execute((FOLDER / name).read_text(encoding="utf-8"))
