"""Observations that a ward has to take, for its view of what is due."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import WardScope
from wardline.platform.db import Db, query
from wardline.tasks.public import Due


class DueSet(Struct):
    """A patient whose observations are due, with the score that says how often."""

    at: datetime
    person_id: UUID
    family: str
    given: str
    bed_label: str
    news_score: int | None


@query("""
    SELECT c.observations_due_at, c.person_id, p.family, p.given, coalesce(c.bed_label, ''), c.news_score
      FROM encounters.current c JOIN patients.person p ON p.id = c.person_id
     WHERE c.hospital_id = :ward.hospital_id AND c.ward_id = :ward.id AND c.observations_due_at < :until
     ORDER BY c.observations_due_at LIMIT 200
""")
async def sets_due(db: Db, ward: WardScope, *, until: datetime) -> list[DueSet]:
    """Whose observations are due by a time. Index: current_ward."""


async def due_on_ward(db: Db, ward: WardScope, until: datetime) -> list[Due]:
    """Observations of the ward that are due by then, soonest first."""
    return [
        Due(
            at=each.at,
            what="observations",
            person_id=each.person_id,
            family=each.family,
            given=each.given,
            bed_label=each.bed_label,
            to_do="Observations",
            detail="" if each.news_score is None else f"NEWS2 {each.news_score}",
            who="Nurse",
            href=f"/patients/{each.person_id}/observations/new",
        )
        for each in await sets_due(db, ward, until=until)
    ]
