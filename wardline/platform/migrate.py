"""Brings a database to the newest migration. The same work as `alembic upgrade head`, safe when two starts meet."""

import sys
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from wardline.platform.database import DatabaseError

PROJECT = Path(__file__).parents[2]
VERSION_TABLE = "wardline_migration"


def upgrade(url: str, revision: str = "head") -> str:
    """Migrate the database at the owner's address, and return the revision it is at. Raises DatabaseError."""
    if revision == "head" and at(url) == newest():
        return newest()
    try:
        command.upgrade(_config(url), revision)
    except DBAPIError as error:
        raise DatabaseError(f"A migration was refused and left nothing behind: {error.orig}") from error
    return at(url) or "nothing"


def at(url: str) -> str | None:
    """The revision this database is at; None when it has never been migrated."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        try:
            found = connection.execute("SELECT version_num FROM public.wardline_migration").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(found[0]) if found else None


def newest() -> str:
    """The newest revision this version of Wardline knows."""
    return ScriptDirectory.from_config(_config("")).get_current_head() or "nothing"


def _config(url: str) -> Config:
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    config = Config(PROJECT / "alembic.ini")
    config.attributes["url"] = url
    return config
