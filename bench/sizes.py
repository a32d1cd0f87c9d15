"""`python -m bench.sizes`: how much a seeded Wardline that runs here takes on disk and in memory, as a result file.

The database must have been filled with `wardline seed --people N`, and the processes be at rest. The record's entries are
written by the database itself, so that their size is that of real rows with their indexes.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench import processes, report
from wardline.platform import database, settings
from wardline.platform.metrics import Family

ENTRIES = 200_000
# Like those of 500 people who read 7,000 charts: the columns that a read fills, ids in the order of time.
RECORD = """
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client)
    SELECT lpad(to_hex(n), 32, '0')::uuid, h.id, md5('a' || mod(n, 500))::uuid, 'nurse', md5('s' || mod(n, 500))::uuid, 'patient.read',
           'read', md5('p' || mod(n * 31, 7000))::uuid, 'patient', md5('p' || mod(n * 31, 7000))::uuid,
           left(encode(sha256(n::text::bytea), 'hex'), 16), '10.20.30.40'
      FROM generate_series(1, %s) n, (SELECT id FROM identity.hospital LIMIT 1) h
"""
SIZE = """
    SELECT sum(pg_total_relation_size(i.inhrelid))::bigint FROM pg_inherits i WHERE i.inhparent = 'audit.entry'::regclass
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="where to write it (default: bench/results/sizes.json)")
    options = parser.parse_args()
    chosen = settings.load()
    with psycopg.connect(database.addresses(chosen).owner) as connection:
        found = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": report.commit(),
            "machine": processes.machine(),
            **on_disk(connection),
            "record_entry_bytes": entry_bytes(connection),
            "rest_mb": at_rest(chosen.data / "run" / "metrics"),
        }
    report.save(found, options.out or report.RESULTS / "sizes.json")
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def on_disk(connection: psycopg.Connection) -> dict[str, Any]:
    """People, the whole database, and the largest tables with their indexes, partitions added up."""
    people = connection.execute("SELECT count(*) FROM patients.person").fetchone()
    whole = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert people
    assert whole
    tables = connection.execute(
        r"""
        SELECT n.nspname || '.' || regexp_replace(c.relname, '_(\d{6}|\d{8}|other)$', ''),
               sum(pg_total_relation_size(c.oid))::bigint
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1 ORDER BY 2 DESC LIMIT 12
        """
    ).fetchall()
    return {"people": people[0], "database_bytes": whole[0], "tables": dict(tables)}


def entry_bytes(connection: psycopg.Connection) -> float:
    """What one entry of the record adds, its indexes included. Nothing stays: the transaction is undone."""
    before = connection.execute(SIZE).fetchone()
    connection.execute(RECORD, (ENTRIES,))
    after = connection.execute(SIZE).fetchone()
    connection.rollback()
    assert before
    assert after
    return round((after[0] - before[0]) / ENTRIES, 1)


def at_rest(folder: Path) -> dict[str, float]:
    """Memory of one process of each kind, the largest of it, from the figures the processes leave."""
    found: dict[str, float] = {}
    for path in folder.glob("*.figures"):
        kind = path.stem.partition("-")[0]
        for family in msgspec.msgpack.decode(path.read_bytes(), type=list[Family]):
            if family.name == "wardline_process_memory_bytes":
                found[kind] = max(found.get(kind, 0.0), round(family.samples[0].value / 2**20, 1))
    return found


if __name__ == "__main__":
    main()
