"""Brings a database to the newest migration. The same work as `alembic upgrade head`, safe when two starts meet."""

import functools
import importlib
import re
from pathlib import Path

import psycopg

from wardline.platform.database import DatabaseError

PROJECT = Path(__file__).parents[2]
VERSIONS = PROJECT / "migrations" / "versions"
VERSION_TABLE = "wardline_migration"
REVISION = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"(\w+)"', re.MULTILINE)


def upgrade(url: str) -> str:
    """Migrate the database at the owner's address, and return the revision it is at. Raises DatabaseError."""
    if at(url) != newest():
        # Alembic is loaded only where there is something to migrate: it is most of a start's time and memory.
        importlib.import_module("wardline.platform.alembic_upgrade").upgrade_to_head(url)
    return newest()


def at(url: str) -> str | None:
    """The revision this database is at; None when it has never been migrated."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        try:
            found = connection.execute("SELECT version_num FROM public.wardline_migration").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(found[0]) if found else None


@functools.cache
def newest() -> str:
    """The newest revision this version of Wardline knows: the one that no other migration follows."""
    named = [REVISION.findall(path.read_text(encoding="utf-8")) for path in VERSIONS.glob("*.py")]
    pairs = [pair for found in named for pair in found]
    followed = {revision for name, revision in pairs if name == "down_revision"}
    heads = [revision for name, revision in pairs if name == "revision" and revision not in followed]
    if len(heads) != 1:
        raise DatabaseError(
            f"The migrations must end in one revision, and end in {', '.join(sorted(heads)) or 'none'}."
        )
    return heads[0]
