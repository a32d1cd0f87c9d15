"""What others use of the record: the ledger that the door writes to, and the entries as the pages show them."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wardline.platform.db import ANSWER_SECONDS_MAX, Pool
from wardline.platform.errors import Busy, Problem
from wardline.platform.http import Caller, Change, Context, Seen
from wardline.platform.ids import new_id
from wardline.platform.metrics import Histogram

APART_SECONDS = 0.005  # from the beginning of one batch to that of the next
FLUSH_WAIT_SECONDS_MAX = 3.0  # for a connection: what is recorded may already be committed, so it is refused last
BATCH_ENTRIES_MAX = 500
PENDING_ENTRIES_MAX = 20_000
_CLIENT_LENGTH_MAX = 200

_INSERT = """
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
                         $9::text[], $10::uuid[], $11::text[], $12::text[], $13::jsonb[])
"""
# Most batches have one entry, which costs a fifth less without arrays, here and in the database.
_INSERT_ONE = """
    INSERT INTO audit.entry (id, hospital_id, actor_id, actor_role, session_id, action, outcome, person_id, subject_type,
                             subject_id, request_id, client, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
Entry = tuple[Any, ...]


class Ledger:
    """Writes the record; each caller waits until its own entries are committed, and is told Busy where they cannot be.

    An entry is written at once, unless a batch began less than 5 ms ago: then with all that come until 5 ms after that. So
    whoever asks while little is asked waits for one commit only, and however much is asked, a process commits at most 200
    times a second. A batch that hangs holds up none that comes after it.
    """

    closing_sql = "audit.record($10, $11, $12, $13, $14, $15, $16::jsonb)"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._pending: list[Entry] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writers: set[asyncio.Task[None]] = set()  # so that they are not collected
        self._beginning: asyncio.Handle | None = None
        self._began_at = -APART_SECONDS
        self.flushed_entries = 0
        self.flushes = 0
        self.flush_seconds = Histogram()

    def closing_values(self, ctx: Context, changes: Sequence[Change], reads: Sequence[Seen] = ()) -> list[Any]:
        """Parameters $10 to $16 of a write's closing call; what the write read is recorded with what it changed."""
        who = ctx.caller if ctx.signed_in else None
        rows = [_row(c.id, "done", c) for c in changes] + [_row(new_id(), "read", r) for r in reads]
        actor = [who.tenant_id, who.id, who.role, who.session_id] if who else [None, None, None, None]
        return [*actor, ctx.request_id, ctx.client[:_CLIENT_LENGTH_MAX], rows]

    async def reads(self, ctx: Context, reads: Sequence[Seen]) -> None:
        """Record reads; returns when they are committed."""
        who = ctx.caller if ctx.signed_in else None
        await self._add(
            [
                self._entry(
                    who,
                    r.action,
                    "read",
                    r.person_id,
                    r.subject_type,
                    r.subject_id,
                    ctx.request_id,
                    ctx.client,
                    r.detail,
                )
                for r in reads
            ]
        )

    async def refused(self, caller: Caller | None, problem: Problem, route: str, request_id: str, client: str) -> None:
        """Record a refusal, in a transaction of its own, so that no rollback erases it."""
        detail: dict[str, Any] = {"route": route, "code": problem.code, "status": problem.status}
        if needed := problem.extra.get("permission"):
            detail["permission"] = needed
        if problem.noted:
            detail["fields"] = sorted(problem.fields)
        action, (person_id, subject_id) = problem.noted or "request.refused", problem.about
        kind = action.partition(".")[0] if problem.noted else None
        await self._add(
            [self._entry(caller, action, "refused", person_id, kind, subject_id, request_id, client, detail)]
        )

    async def note(
        self, caller: Caller, action: str, request_id: str, client: str, detail: dict[str, Any] | None = None
    ) -> None:
        """Record something that is neither a row changed nor a record read: signing in and out, a stream begun or ended."""
        await self._add(
            [self._entry(caller, action, "done", None, None, caller.session_id, request_id, client, detail)]
        )

    def _entry(
        self, who: Caller | None, action: str, outcome: str, person: UUID | None, kind: str | None, subject: UUID | None,
        request_id: str, client: str, detail: dict[str, Any] | None,
    ) -> Entry:  # fmt: skip
        actor = (who.tenant_id, who.id, who.role, who.session_id) if who else (None, None, None, None)
        return (
            new_id(),
            *actor,
            action,
            outcome,
            person,
            kind,
            subject,
            request_id,
            client[:_CLIENT_LENGTH_MAX],
            detail,
        )

    async def _add(self, entries: list[Entry]) -> None:
        if len(self._pending) > PENDING_ENTRIES_MAX:
            raise Busy("The record cannot keep up.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._pending.extend(entries)
        self._waiting.append(done)
        if len(self._pending) >= BATCH_ENTRIES_MAX:
            self._begin()
        elif self._beginning is None:
            seconds_left = self._began_at + APART_SECONDS - loop.time()
            self._beginning = (
                loop.call_later(seconds_left, self._begin) if seconds_left > 0 else loop.call_soon(self._begin)
            )
        await done

    def _begin(self) -> None:
        """Take what is pending and write it, in a task of its own."""
        loop = asyncio.get_running_loop()
        self._began_at = loop.time()
        if self._beginning is not None:
            self._beginning.cancel()
            self._beginning = None
        batch, self._pending = self._pending, []
        waiting, self._waiting = self._waiting, []
        writer = loop.create_task(self._write(batch, waiting))
        self._writers.add(writer)
        writer.add_done_callback(self._writers.discard)

    async def _write(self, batch: list[Entry], waiting: list["asyncio.Future[None]"]) -> None:
        problem = await self._insert(batch)
        for done in waiting:
            if done.done():
                continue  # who asked has left
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)
                done.exception()  # counts as seen, should who asked leave now

    async def _insert(self, batch: list[Entry]) -> Problem | None:
        """Commit a batch; else what whoever waits for it is told, so that nobody's read goes out unrecorded."""
        started = time.perf_counter()
        try:
            async with self._pool.held(FLUSH_WAIT_SECONDS_MAX) as held:
                if len(batch) == 1:
                    await held.connection.fetch(_INSERT_ONE, *batch[0], timeout=ANSWER_SECONDS_MAX)
                else:
                    columns = [list(column) for column in zip(*batch, strict=True)]
                    await held.connection.fetch(_INSERT, *columns, timeout=ANSWER_SECONDS_MAX)
        except Exception as error:  # noqa: BLE001 - see above
            return error if isinstance(error, Problem) else Busy("The record cannot be written.")
        self.flushed_entries += len(batch)
        self.flushes += 1
        self.flush_seconds.observe(time.perf_counter() - started)
        return None


def _row(entry_id: UUID, outcome: str, of: Change | Seen) -> dict[str, Any]:
    return {
        "id": entry_id,
        "action": of.action,
        "outcome": outcome,
        "person_id": of.person_id,
        "subject_type": of.subject_type,
        "subject_id": of.subject_id,
        "detail": of.detail,
    }
