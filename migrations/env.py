"""Runs migrations for Alembic, from `wardline migrate` as well as from the `alembic` command."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from wardline.platform import settings
from wardline.platform.database import addresses
from wardline.platform.migrate import VERSION_TABLE

# Long enough for another start to finish its migrations; a lock on a table is never waited for that long.
OTHER_START_SECONDS_MAX = 120
MIGRATION_LOCK = 712_604_002


def main() -> None:
    """Take the lock, then run each migration in a transaction of its own."""
    url: str = context.config.attributes.get("url") or addresses(settings.load()).owner
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{OTHER_START_SECONDS_MAX}s'"))
        connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(connection=connection, version_table=VERSION_TABLE, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations are plain SQL files in migrations/sql; read them there.")
main()
