"""Which database there is: the addresses of its two roles, and what must exist before the first migration.

`wardline_owner` owns the tables, migrates and runs jobs over all hospitals (BYPASSRLS). `wardline_app` serves people:
row-level security binds it, and it may not change the audit record.
"""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg import sql

from wardline.platform import postgres
from wardline.platform.settings import Settings, kept_secret

OWNER = "wardline_owner"
APP = "wardline_app"
DATABASE = "wardline"
PREPARE_LOCK = 712_604_001


class Addresses(msgspec.Struct, frozen=True):
    """Where the owner and the app role find the same database."""

    owner: str
    app: str

    def __repr__(self) -> str:
        """Leave out the passwords."""
        return "Addresses(...)"


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded server of this data folder lives."""
    return settings.data / "postgres"


def addresses(settings: Settings) -> Addresses:
    """The addresses for these settings. Pure arithmetic: the server need not run yet."""
    if settings.database_url is None:
        folder = postgres.socket_folder(embedded_folder(settings))
        return Addresses(postgres.address(folder, OWNER, DATABASE), postgres.address(folder, APP, DATABASE))
    app = settings.app_database_url or _with_user(settings.database_url, APP, app_password(settings))
    return Addresses(settings.database_url, app)


def app_password(settings: Settings) -> str:
    """The app role's password on a server of its own, made on first use."""
    return kept_secret(settings.data / "database-app-password")


def prepare_embedded(superuser_url: str, database: str = DATABASE) -> None:
    """Make both roles and the database, where they do not exist. The closed socket folder stands for passwords."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _ensure_role(connection, OWNER, sql.SQL("LOGIN CREATEROLE BYPASSRLS"))
        _ensure_role(connection, APP, sql.SQL("LOGIN NOBYPASSRLS"))
        _ensure_database(connection, database, owner=OWNER)


def prepare(settings: Settings) -> None:
    """Make the database and the app role on a server of its own, where they do not exist.

    An app role with an address of its own in the settings is the administrator's: only its absence is an error.
    """
    if settings.database_url is None:
        return
    name = urlsplit(settings.database_url).path.strip("/")
    try:
        connection = psycopg.connect(settings.database_url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        if f'database "{name}" does not exist' not in str(error):
            raise
        with psycopg.connect(_with_database(settings.database_url, "postgres"), autocommit=True) as maintenance:
            _ensure_database(maintenance, name, owner=None)
        connection = psycopg.connect(settings.database_url, autocommit=True, connect_timeout=5)
    with connection:
        if settings.app_database_url is None:
            password = sql.SQL("LOGIN NOBYPASSRLS PASSWORD {}").format(sql.Literal(app_password(settings)))
            _ensure_role(connection, APP, password)


def _ensure_role(connection: psycopg.Connection, name: str, options: sql.Composable) -> None:
    """Roles belong to the whole server, so two starts may meet here: the lock lets them pass one by one."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (PREPARE_LOCK,))
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
        verb = sql.SQL("ALTER") if exists else sql.SQL("CREATE")
        connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(name), options))


def _ensure_database(connection: psycopg.Connection, name: str, *, owner: str | None) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    connection.execute(create + sql.SQL(" OWNER {}").format(sql.Identifier(owner)) if owner else create)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APP)))


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{host}"))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
