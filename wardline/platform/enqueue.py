"""Putting a job into the queue, in the transaction of the write that wants it."""

from datetime import datetime
from typing import Any

import msgspec

from wardline.platform.db import Db

encode = msgspec.json.Encoder().encode


async def defer(
    db: Db, name: str, /, *, at: datetime | None = None, lock: str | None = None, once: str | None = None, **args: Any
) -> int | None:
    """Enqueue a job on this handle: with the transaction, if it is in one. Arguments are ids and codes, no more.

    `at` delays it; jobs of one `lock` run one after the other; while a job with the same `once` waits, nothing is added
    and the answer is None.
    """
    given = encode(args).decode()
    return await db.fetchval("SELECT platform.defer_job($1, $2::text::jsonb, $3, $4, $5)", name, given, at, lock, once)
