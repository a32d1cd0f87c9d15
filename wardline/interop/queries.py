"""The ledger of imported files, the references that are known, and the closing calls of an import."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from typing import Any
from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class LedgerEntry(msgspec.Struct, frozen=True):
    id: UUID
    outcome: str
    hospital_id: UUID | None


class KnownReference(msgspec.Struct, frozen=True):
    """A reference of another system, and the hospital or the member of staff that it means."""

    reference: str
    hospital_id: UUID | None
    staff_id: UUID | None


@query("SELECT id, outcome, hospital_id FROM interop.import_file WHERE source = :source AND sha256 = :sha256")
async def ledger_entry(db: Db, source: str, sha256: str) -> LedgerEntry | None:
    """What became of this file the last time."""


@query("""
    INSERT INTO interop.import_file AS f (source, sha256, id, format, hospital_id, outcome, reason, line, report)
    VALUES (:source, :sha256, :entry_id, 'fhir_r4', :hospital_id, :outcome, :reason, :line, :report::jsonb)
    ON CONFLICT (source, sha256) DO UPDATE
       SET hospital_id = EXCLUDED.hospital_id, outcome = EXCLUDED.outcome, reason = EXCLUDED.reason, line = EXCLUDED.line,
           report = EXCLUDED.report, finished_at = now(), version = f.version + 1
    RETURNING f.id
""")
async def write_ledger(
    db: Db,
    source: str,
    sha256: str,
    entry_id: UUID,
    hospital_id: UUID | None,
    outcome: str,
    reason: str,
    line: int | None,
    report: Any,
) -> UUID:
    """The entry's id: the one it has had since the file was first seen."""


@query("UPDATE interop.import_file SET report = :report::jsonb WHERE id = :entry_id")
async def note_report(db: Db, entry_id: UUID, report: Any) -> None:
    """What became of the file's resources, once that is known."""


@query("""
    SELECT reference, hospital_id, staff_id -- bounded: the hospitals and staff of one source
      FROM interop.reference WHERE source = :source
""")
async def known_references(db: Db, source: str) -> list[KnownReference]:
    """Everything that earlier imports of this source have told."""


@query("""
    INSERT INTO interop.reference (source, reference, hospital_id, staff_id)
    SELECT :source, t.reference, t.hospital_id, t.staff_id
      FROM jsonb_to_recordset(:references::jsonb) AS t (reference text, hospital_id uuid, staff_id uuid)
    ON CONFLICT (source, reference) DO NOTHING
""")
async def remember_references(db: Db, source: str, references: list[KnownReference]) -> None:
    """What a reference meant first it means for ever."""


@query("SELECT set_config('app.hospital_id', :hospital_id::text, true)")
async def enter_hospital(db: Db, hospital_id: str) -> None:
    """From here to the end of the transaction row-level security sees this hospital's rows."""


@query("SELECT audit.record(:hospital_id, NULL, 'import', NULL, :request_id, NULL, :changes::jsonb)")
async def record(db: Db, hospital_id: UUID, request_id: str, changes: list[dict[str, Any]]) -> None:
    """The audit rows of this hospital's part, in the same transaction."""


@query("SELECT platform.close_write(NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', :topics)")
async def touch(db: Db, topics: list[str]) -> None:
    """Pages that show what has changed are read anew. The last statement, topics in one order."""
