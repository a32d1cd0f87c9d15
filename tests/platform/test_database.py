"""What the two roles and the clones of the test database promise."""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg
import pytest

from tests.database import TestDatabase, TestServer
from wardline.platform import database as database_
from wardline.platform.settings import Settings


async def test_owner_passes_row_level_security_and_app_does_not(db_owner: asyncpg.Connection) -> None:
    rows = await db_owner.fetch("SELECT rolname, rolbypassrls, rolsuper FROM pg_roles WHERE rolname LIKE 'wardline_%'")
    assert {row["rolname"]: (row["rolbypassrls"], row["rolsuper"]) for row in rows} == {
        "wardline_owner": (True, False),
        "wardline_app": (False, False),
    }


async def test_app_owns_nothing(db_app: asyncpg.Connection) -> None:
    owned = await db_app.fetchval("SELECT count(*) FROM pg_class WHERE relowner = 'wardline_app'::regrole")
    assert owned == 0


async def test_app_cannot_rewrite_the_audit_record(db_app: asyncpg.Connection) -> None:
    for change in ("UPDATE audit.entry SET action = 'x'", "DELETE FROM audit.entry", "TRUNCATE audit.entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db_app.execute(change)


async def test_a_fresh_database_is_migrated_and_nobody_elses(
    fresh_database: TestDatabase, database: TestDatabase
) -> None:
    assert fresh_database.name != database.name
    connection = await asyncpg.connect(fresh_database.app)
    assert await connection.fetchval("SELECT count(*) FROM platform.topic") == 0
    await connection.close()


def test_a_server_of_its_own_gets_its_database_and_a_guarded_role(database_server: TestServer, tmp_path: Path) -> None:
    name = f"wardline_own_{os.getpid()}"
    url = urlunsplit(urlsplit(database_server.url)._replace(path=f"/{name}"))
    chosen = Settings(data=tmp_path, secret="x" * 32, database_url=url)
    try:
        database_.prepare(chosen)
        database_.prepare(chosen)
        assert (tmp_path / "database-app-password").stat().st_mode & 0o777 == 0o400
        with psycopg.connect(database_.addresses(chosen).app) as connection:
            assert connection.execute("SELECT current_user::text, current_database()::text").fetchone() == (
                "wardline_app",
                name,
            )
    finally:
        with psycopg.connect(database_server.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.mark.parametrize("host", ["127.0.0.1:1", "/nowhere"])
def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path, host: str) -> None:
    address = f"@/wardline?host={host}" if host.startswith("/") else f"@{host}/wardline"
    chosen = Settings(data=tmp_path, secret="x" * 32, database_url=f"postgresql://me:hunter2{address}")
    with pytest.raises(database_.DatabaseError) as refused:
        database_.prepare(chosen)
    assert "WARDLINE_DATABASE_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value) + repr(database_.addresses(chosen))
