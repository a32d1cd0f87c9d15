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
CONNECT_SECONDS_MAX = 5


class DatabaseError(Exception):
    """The database cannot be used as it is; the text says why and carries no password."""


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
        _ensure_role(connection, APP, sql.SQL("LOGIN"))
        _ensure_database(connection, database, owner=OWNER)
        _let_app_connect(connection, database)


def prepare(settings: Settings) -> None:
    """Make the database and the app role on a server of its own, where they do not exist. Raises DatabaseError.

    An app role with an address of its own in the settings is the administrator's, and left as it is.
    """
    if settings.database_url is None:
        return
    name = urlsplit(settings.database_url).path.strip("/")
    try:
        with _connect_or_create(settings.database_url, name) as connection:
            if settings.app_database_url is None:
                login = sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(app_password(settings)))
                _ensure_role(connection, APP, login)
            _let_app_connect(connection, name)
    except psycopg.Error as error:
        raise DatabaseError(f"The database in WARDLINE_DATABASE_URL cannot be used: {reason(error)}") from error


def reason(error: psycopg.Error) -> str:
    """Why the database refused, in its own words and one line. Addresses in it carry no password."""
    return error.diag.message_primary or next(iter(str(error).strip().splitlines()), "no answer")


def _connect_or_create(url: str, name: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX)
    except psycopg.OperationalError as error:
        if f'database "{name}" does not exist' not in str(error):
            raise
    maintenance = _with_database(url, "postgres")
    with psycopg.connect(maintenance, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
        _ensure_database(connection, name, owner=None)
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX)


def _ensure_role(connection: psycopg.Connection, name: str, options: sql.Composable) -> None:
    """Roles belong to the whole server, so two starts may meet here: the lock lets them pass one by one."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (PREPARE_LOCK,))
        found = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (name,)
        ).fetchone()
        if found and found[0] and name == APP:
            raise DatabaseError(
                f"The role {APP} is a superuser or has BYPASSRLS; it must be bound by row-level security."
            )
        verb = sql.SQL("ALTER") if found else sql.SQL("CREATE")
        connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(name), options))


def _ensure_database(connection: psycopg.Connection, name: str, *, owner: str | None) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    database = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(database))
    if owner:
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(owner)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def _let_app_connect(connection: psycopg.Connection, name: str) -> None:
    grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
    connection.execute(grant.format(sql.Identifier(name), sql.Identifier(APP)))


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{host}"))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
