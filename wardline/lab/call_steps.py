"""SQL of the loop of a critical value: opened, told, acknowledged."""
# ruff: noqa: S608 - statements are put together from texts of the code's own
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.lab.models import Call
from wardline.lab.steps import Held, told
from wardline.platform.db import Db, query


class Seen(Struct):
    """Which versions of a call show the value as it is now: from `value_version` to `version`."""

    id: UUID
    version: int
    value_version: int


@query("""
    INSERT INTO lab.critical_call (hospital_id, id, result_id, revision, person_id, task_id, opened_at)
    VALUES (:held.hospital_id, :call_id, :held.id, :revision, :held.person_id, :task_id, :now)
""")
async def open_call(db: Db, held: Held, *, call_id: UUID, revision: int, task_id: UUID, now: datetime) -> None:
    """Somebody has to be told."""


@query("""
    UPDATE lab.critical_call SET revision = :revision, version = version + 1
     WHERE hospital_id = :held.hospital_id AND result_id = :held.id AND told_at IS NULL AND acknowledged_at IS NULL
    RETURNING id
""")
async def untouched_call(db: Db, held: Held, *, revision: int) -> UUID | None:
    """The call of a result that nobody has heard of yet goes on with the new revision; who tells the old one is too late.

    None when there is none, also when somebody is told at this moment. Index: critical_call_once.
    """


@query(f"""
    WITH k AS (
        UPDATE lab.critical_call
           SET told_at = :now, told_by = :actor_id, told_to = :told_to, identifiers = :identifiers, read_back = :read_back,
               read_back_words = :read_back_words,
               closed_at = CASE WHEN acknowledged_at IS NOT NULL THEN :now::timestamptz END, version = version + 1
         WHERE hospital_id = :hospital_id AND id = :call.id AND version = :call.version AND told_at IS NULL
           AND EXISTS (SELECT 1 FROM lab.result v
                        WHERE v.hospital_id = :hospital_id AND v.id = :call.result_id AND v.revision = :call.revision
                          AND v.value IS NOT DISTINCT FROM :call.value::numeric AND v.comparator = :call.comparator
                          AND v.words = :call.words)
        RETURNING hospital_id, id, result_id, closed_at),
    r AS (SELECT r.* FROM lab.result r JOIN k ON r.hospital_id = k.hospital_id AND r.id = k.result_id),
    e AS ({told("called", "r", ":told_to")})
    SELECT id FROM k
""")
async def tell(
    db: Db,
    *,
    hospital_id: UUID,
    call: Call,
    told_to: str,
    identifiers: list[str],
    read_back: float | None,
    read_back_words: str,
    actor_id: UUID,
    now: datetime,
) -> UUID | None:
    """Somebody was told and read it back; None when the call or the value is not as it was read out."""


@query(f"""
    WITH k AS (
        UPDATE lab.critical_call
           SET acknowledged_at = :now, acknowledged_by = :actor_id,
               closed_at = CASE WHEN told_at IS NOT NULL THEN :now::timestamptz END, version = version + 1
         WHERE hospital_id = :hospital_id AND task_id = :task_id AND acknowledged_at IS NULL
        RETURNING hospital_id, id, result_id, closed_at),
    r AS (SELECT r.* FROM lab.result r JOIN k ON r.hospital_id = k.hospital_id AND r.id = k.result_id),
    e AS ({told("acknowledged", "r")})
    SELECT closed_at IS NOT NULL FROM k
""")
async def note_acknowledged(db: Db, *, hospital_id: UUID, task_id: UUID, actor_id: UUID, now: datetime) -> bool | None:
    """A clinician knows; whether that closes the loop."""


@query("""
    UPDATE lab.critical_call SET action = :action, version = version + 1
     WHERE hospital_id = :hospital_id AND id = :call_id
""")
async def note_action(db: Db, *, hospital_id: UUID, call_id: UUID, action: str) -> None:
    """What the clinician does about it."""


@query("SELECT told_at IS NOT NULL FROM lab.critical_call WHERE hospital_id = :hospital_id AND task_id = :task_id")
async def is_told(db: Db, *, hospital_id: UUID, task_id: UUID) -> bool:
    """Whether somebody was told of the value behind a task."""


@query("""
    SELECT id, version, value_version FROM lab.critical_call
     WHERE hospital_id = :hospital_id AND id = :call_id FOR NO KEY UPDATE
""")
async def hold(db: Db, *, hospital_id: UUID, call_id: UUID) -> Seen:
    """The call, held until the end of the transaction: its value is not amended meanwhile."""


@query("""
    SELECT id, version, value_version FROM lab.critical_call
     WHERE hospital_id = :hospital_id AND task_id = :task_id FOR NO KEY UPDATE
""")
async def hold_of_task(db: Db, *, hospital_id: UUID, task_id: UUID) -> Seen | None:
    """The call behind a task, held. Index: critical_call's unique task."""


@query("""
    UPDATE lab.critical_call SET version = version + 1, value_version = version + 1
     WHERE hospital_id = :held.hospital_id AND result_id = :held.id AND closed_at IS NULL
    RETURNING id -- bounded: a result's calls
""")
async def value_changed(db: Db, held: Held) -> list[UUID]:
    """Whoever read the value of an open call before this has to read it again. Index: critical_call_once."""
