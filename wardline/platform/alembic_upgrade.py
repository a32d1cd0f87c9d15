"""Alembic, called from `migrate.upgrade` when a database is behind."""

import sys

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from wardline.platform.database import DatabaseError
from wardline.platform.migrate import PROJECT


def upgrade_to_head(url: str) -> None:
    """Run every migration that the database has not had, each in a transaction of its own. Raises DatabaseError."""
    if str(PROJECT) not in sys.path:  # the migrations import their helper from the project's folder
        sys.path.insert(0, str(PROJECT))
    config = Config(PROJECT / "alembic.ini")
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise DatabaseError(f"A migration was refused and left nothing behind: {error.orig}") from error
