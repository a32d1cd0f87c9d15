"""No declared query reads a large table from end to end: `python -m bench.plans postgresql://...` on a seeded database.

Each query is planned as the product's connections plan it: prepared, generic, as the application's role. With `--strict`
scans are made dear, so that one is left only where no index fits: that holds for an empty database too.
"""

import argparse
import asyncio
import sys
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from wardline.app import load_routes
from wardline.platform.db import QUERIES, Declared, connect

LARGE_ROWS = 100_000
# Those that pass the limit with a million people, or in a year of work.
LARGE = frozenset(
    {
        "audit.entry",
        "beds.occupancy",
        "encounters.encounter",
        "encounters.problem",
        "encounters.problem_change",
        "encounters.procedure",
        "identity.session",
        "lab.request",
        "lab.result",
        "lab.result_event",
        "lab.specimen",
        "notes.addendum",
        "notes.note",
        "notes.passage",
        "notes.revision",
        "orders.verification",
        "patients.allergy",
        "patients.contact",
        "patients.identifier",
        "patients.person",
        "patients.registration",
        "patients.search",
        "pharmacy.dispense",
        "pharmacy.dispense_lot",
        "pharmacy.dispense_return",
        "pharmacy.supply",
        "platform.reply",
        "platform.topic",
        "tasks.step",
        "tasks.task",
        "vitals.observation_set",
    }
)


class Scan(msgspec.Struct, frozen=True):
    """A query whose plan reads a large table from end to end."""

    query: str
    table: str


async def scans(connection: asyncpg.Connection, tables: frozenset[str], *, strict: bool) -> list[Scan]:
    """Every sequential scan of one of the tables in any declared query."""
    await connection.execute("SELECT set_config('app.hospital_id', $1, false)", str(UUID(int=1)))
    await connection.execute(f"SET enable_seqscan = {'off' if strict else 'on'}")
    return [
        Scan(query.name, table) for query in QUERIES for table in await scanned(connection, query) if table in tables
    ]


async def scanned(connection: asyncpg.Connection, query: Declared) -> set[str]:
    """The tables that the generic plan of a query scans; a partition counts as its table."""
    prepared = await connection.prepare(query.sql)
    nulls = ", ".join("NULL" for _ in prepared.get_parameters())
    await connection.execute(f"PREPARE planned AS {query.sql}")
    try:
        plan = await connection.fetchval(
            f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE planned{f'({nulls})' if nulls else ''}"
        )
    finally:
        await connection.execute("DEALLOCATE planned")
    assert plan is not None, "every statement has a plan"
    found: set[str] = set()
    _collect(plan[0]["Plan"], found)
    return {await parent_of(connection, name) for name in found if await is_filled(connection, name)}


def _collect(node: dict[str, Any], found: set[str]) -> None:
    if node["Node Type"] == "Seq Scan":
        found.add(f"{node['Schema']}.{node['Relation Name']}")
    for child in node.get("Plans", ()):
        _collect(child, found)


async def is_filled(connection: asyncpg.Connection, name: str) -> bool:
    """Whether there is anything to scan: of the months to come the shortest way is to look into the empty partition."""
    if await connection.fetchval("SHOW enable_seqscan") == "off":
        return True
    rows = await connection.fetchval("SELECT reltuples FROM pg_class WHERE oid = $1::text::regclass", name)
    return rows is not None and rows > 0


async def parent_of(connection: asyncpg.Connection, name: str) -> str:
    """The partitioned table that a partition belongs to, else the table itself."""
    found = await connection.fetchval(
        "SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = $1::text::regclass", name
    )
    return found or name


async def large_tables(connection: asyncpg.Connection) -> frozenset[str]:
    """The tables that have more than the limit here, with all their partitions."""
    rows = await connection.fetch(
        "SELECT coalesce(i.inhparent, c.oid)::regclass::text, sum(c.reltuples) FROM pg_class c"
        " LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r' GROUP BY 1 HAVING sum(c.reltuples) > $1",
        float(LARGE_ROWS),
    )
    return frozenset(row[0] for row in rows)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="the application role's address")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    load_routes()
    connection = await connect(options.url)
    try:
        tables = LARGE if options.strict else await large_tables(connection)
        found = await scans(connection, tables, strict=options.strict)
    finally:
        await connection.close()
    for scan in found:
        print(f"{scan.query} scans {scan.table}")
    print(f"{len(QUERIES)} queries, {len(tables)} large tables, {len(found)} scans")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
