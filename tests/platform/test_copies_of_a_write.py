"""Two copies of one write, one in the lean form and one in the ordinary form: neither waits for what the other one holds."""

from uuid import uuid4

import asyncpg
import pytest

from tests.database import TestDatabase

FINISH = "SELECT platform.finish_write(NULL, $1, $2, 'POST /tests', 'a', 'a', '{}', '{}', '{}', '{}', false)"
OPEN = "SELECT outcome FROM platform.open_write(NULL, $1, 'POST /tests', $2, 'a')"


async def test_a_lean_write_gives_its_rows_back_where_a_copy_has_its_key(database: TestDatabase) -> None:
    """With the lock of the ordinary form held, the lean one starts again; waiting would end by the time limit instead."""
    caller, key = uuid4(), uuid4().hex
    ordinary, lean = await asyncpg.connect(database.app), await asyncpg.connect(database.app)
    try:
        await lean.execute("SET lock_timeout = '20s'")
        async with ordinary.transaction():
            assert await ordinary.fetchval(OPEN, caller, key) == "new"
            with pytest.raises(asyncpg.SerializationError, match="a copy is under way"):
                await lean.fetchval(FINISH, caller, key)
        await lean.fetchval(FINISH, caller, key)
        with pytest.raises(asyncpg.SerializationError, match="the key is taken"):
            await lean.fetchval(FINISH, caller, key)
        assert await ordinary.fetchval(OPEN, caller, key) == "replay"
    finally:
        await ordinary.close()
        await lean.close()
