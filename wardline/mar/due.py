"""Doses of a ward, for its view of what is due."""

from datetime import datetime

from wardline.identity.public import WardScope
from wardline.mar import making, queries, rules
from wardline.mar.pages import RoundRow
from wardline.mar.views import round_item
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.tasks.public import Due


async def due_on_ward(db: Db, ward: WardScope, until: datetime) -> list[Due]:
    """Doses of the ward that are overdue or due by then, soonest first."""
    now = clock.now()
    async with db.one_connection() as one:
        await making.make_for_ward(one, ward, now)
        rows = await queries.round_of(one, ward, since=now - rules.OVERDUE_MAX, until=until, now=now)
    return [_due(row, now) for row in rows]


def _due(row: RoundRow, now: datetime) -> Due:
    item = round_item(row, now)
    return Due(
        at=row.due_at,
        what="medicine",
        person_id=row.person_id,
        family=row.family,
        given=row.given,
        bed_label=item.bed_label,
        to_do=item.tall_man,
        detail=" ".join(part for part in (item.dose, row.route) if part),
        who="Nurse",
        href=f"/doses/{row.id}",
        is_critical=bool(row.critical),
        mark="Held back" if item.state == "held" else "Overdue",
        late_at=row.due_at + rules.window_of(row.critical),
    )
