"""A database to fill: the one that runs, or the embedded one, started for as long as the filling takes."""

from collections.abc import Generator
from contextlib import contextmanager

from wardline.platform import database, migrate, supervisor
from wardline.platform.postgres import Server
from wardline.platform.settings import Settings

# What is copied into a table of its own transaction need not be written to the log as well, and nobody else is there whose
# rows could wait for being vacuumed. The next start has the usual settings again.
BULK_OPTIONS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    # What is left of the log at the end counts as disk.
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "wal_recycle": "off",
    "wal_init_zero": "off",
}
STOP_SECONDS_MAX = 300


@contextmanager
def standing_by(settings: Settings) -> Generator[None]:
    """Inside, the database answers. An embedded one that does not run yet is made ready, and stopped afterwards.

    Raises PostgresError when it cannot be started.
    """
    if settings.database_url is not None:
        yield
        return
    try:
        with supervisor.locked(settings):
            server = Server(database.embedded_folder(settings), options=BULK_OPTIONS)
            try:
                server.start()
                server.wait_ready()
                database.prepare_embedded(server.url)
                migrate.upgrade(database.addresses(settings).owner)
                yield
            finally:
                server.stop(fast_seconds_max=STOP_SECONDS_MAX)
    except supervisor.CannotStart:
        # Somebody runs Wardline on this folder, and with it the database.
        yield
