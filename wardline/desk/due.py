"""GET /wards/{ward_id}/due: what a ward has to do in the next hours, whichever slice knows of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import May, WardScope, access_ward
from wardline.lab.public import due_on_ward as collections_due
from wardline.mar.public import due_on_ward as doses_due
from wardline.platform.db import Db
from wardline.platform.http import Context, Input, get
from wardline.tasks.public import Due
from wardline.tasks.public import due_on_ward as tasks_due
from wardline.vitals.public import due_on_ward as observations_due

# Every slice that has something due on a ward publishes `due_on_ward(db, ward, until)`; one line here puts it on the page.
SOURCES: tuple[Callable[[Db, WardScope, datetime], Awaitable[list[Due]]], ...] = (
    tasks_due,
    observations_due,
    collections_due,
    doses_due,
)
WHAT_WORDS = {"task": "Tasks", "observations": "Observations", "collection": "Specimens", "medicine": "Medicines"}
ONE_WORD = {"task": "Task", "observations": "Observations", "collection": "Specimen", "medicine": "Medicine"}
ITEMS_MAX = 300


class DueQuery(Input):
    """How many hours ahead, and of which kind."""

    hours: Literal[1, 4, 8, 12] = 4
    what: Literal["task", "observations", "collection", "medicine"] | None = None


class DuePage(Struct):
    """What is late, and what comes until `until`; soonest first."""

    ward_id: UUID
    ward_name: str
    hours: int
    what: str | None
    until: datetime
    late: list[Due]
    items: list[Due]
    kinds: list[tuple[str, str]]
    round_version: int
    words: dict[str, str]
    hours_offered: tuple[int, ...] = (1, 4, 8, 12)


async def access_due(ctx: Context, ward_id: UUID) -> WardScope:
    """A ward of the caller's hospital; records that its list was opened."""
    ward = await access_ward(ctx, ward_id)
    ctx.saw("ward_due", ward_id)
    return ward


@get(
    "/wards/{ward_id}/due",
    needs=May.READ_CHART,
    access=access_due,
    page="desk/due.html",
    title="Due on {page.ward_name}",
    section="wards",
    topic="ward:{ward_id}",
    load_class="charting",
)
async def ward_due(ctx: Context, ward: WardScope, asked: DueQuery) -> DuePage:
    """What is due on a ward: tasks, observations, specimens to collect; late ones apart, the rest within some hours."""
    until = ctx.now + timedelta(hours=asked.hours)
    found: list[Due] = []
    round_version = await ctx.db.version(f"round:{ward.id}")  # read before the rows, so that nothing new is missed
    async with ctx.db.one_connection() as one:
        for source in SOURCES:
            found += await source(one, ward, until)
    kinds = [(what, words) for what, words in WHAT_WORDS.items() if any(each.what == what for each in found)]
    wanted = [each for each in found if asked.what in (None, each.what)]
    shown = sorted(wanted, key=lambda each: (each.at, each.family, each.to_do))[:ITEMS_MAX]
    return DuePage(
        ward_id=ward.id,
        ward_name=ward.name,
        hours=asked.hours,
        what=asked.what,
        until=until,
        late=[each for each in shown if (each.late_at or each.at) < ctx.now],
        items=[each for each in shown if (each.late_at or each.at) >= ctx.now],
        kinds=kinds,
        round_version=round_version,
        words=ONE_WORD,
    )
