"""What the two roles and the clones of the test database promise."""

import asyncpg
import pytest

from tests.database import TestDatabase


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
