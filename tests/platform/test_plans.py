"""An index fits every declared query on a table that grows large."""

from bench import plans
from tests.database import TestDatabase
from wardline.app import load_routes
from wardline.platform.db import QUERIES, Declared, connect

load_routes()


async def test_no_declared_query_has_to_scan_a_large_table(database: TestDatabase) -> None:
    connection = await connect(database.app)
    try:
        assert await plans.scans(connection, plans.LARGE, strict=True) == []
        assert len(QUERIES) > 100
    finally:
        await connection.close()


async def test_a_scan_would_be_found(database: TestDatabase) -> None:
    connection = await connect(database.app)
    try:
        await connection.execute("SELECT set_config('app.hospital_id', gen_random_uuid()::text, false)")
        await connection.execute("SET enable_seqscan = off")  # an empty partition counts too
        careless = Declared(
            "careless", "SELECT id FROM patients.person WHERE mobile = $1", ("mobile",), (str,), "many", str
        )
        assert await plans.scanned(connection, careless) == {"patients.person"}
        of_parts = Declared("of_parts", "SELECT key FROM platform.reply WHERE status = $1", ("n",), (int,), "many", str)
        assert await plans.scanned(connection, of_parts) == {"platform.reply"}
    finally:
        await connection.close()
