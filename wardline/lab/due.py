"""Specimens that a ward has to collect, for its view of what is due."""

from datetime import datetime, timedelta

from wardline.identity.public import WardScope
from wardline.lab import queries
from wardline.lab.models import Specimen
from wardline.platform.db import Db
from wardline.tasks.public import Due

# Own, for a hospital to set: how soon after the order a specimen is taken.
COLLECT_WITHIN = {"stat": timedelta(minutes=15), "urgent": timedelta(hours=1), "routine": timedelta(hours=4)}


async def due_on_ward(db: Db, ward: WardScope, until: datetime) -> list[Due]:
    """Specimens of the ward that are to be collected by then, soonest first."""
    found = [_due(each) for each in await queries.to_collect(db, ward)]
    return sorted((each for each in found if each.at < until), key=lambda each: each.at)


def _due(specimen: Specimen) -> Due:
    return Due(
        at=specimen.ordered_at + COLLECT_WITHIN[specimen.urgency],
        what="collection",
        person_id=specimen.patient_id,
        family=specimen.family,
        given=specimen.given,
        bed_label=specimen.bed_label or "",
        to_do=f"Collect {specimen.specimen.lower()}, {specimen.container}",
        detail=", ".join(specimen.tests),
        who="Nurse",
        href=f"/specimens/{specimen.id}",
        is_critical=specimen.urgency == "stat",
    )
