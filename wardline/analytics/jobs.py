"""Counting by the clock: today and yesterday every five minutes; on the first run the 13 weeks before as well."""

from datetime import timedelta
from typing import Any

from wardline.analytics import counting, queries
from wardline.analytics.measures import MEASURES
from wardline.platform.db import Db
from wardline.platform.jobs import Work, every, gently
from wardline.vitals.public import INCOMPLETE, NO_RISE, RESPONSES, Band

HISTORY_DAYS = 91
COUNTS = {
    "full": counting.count_full,
    "emergency": counting.count_emergency,
    "noon": counting.count_noon,
    "news": counting.count_news,
    "stay": counting.count_stay,
    "cleaning": counting.count_cleaning,
    "waiting": counting.count_waiting,
    "urgent": counting.count_urgent,
}


@every(seconds=300, seconds_max=240)
async def count_days(work: Work) -> None:
    """Each hospital in its own scope."""
    async for hospital in gently(await queries.hospitals_to_count(work.db)):
        await count_hospital(work.in_tenant(hospital.hospital_id), hospital)


async def count_hospital(db: Db, hospital: queries.Counted) -> None:
    """Count the days that are missing or not over."""
    for measure in MEASURES:
        upto = await queries.counted_upto(db, hospital_id=hospital.hospital_id, measure=measure.key)
        first = hospital.today_on - timedelta(days=HISTORY_DAYS - 1)
        from_on = first if upto is None else max(first, min(upto, hospital.today_on) - timedelta(days=1))
        days: dict[str, Any] = {
            "hospital_id": hospital.hospital_id,
            "zone": hospital.zone,
            "from_on": from_on,
            "upto_on": hospital.today_on,
        }
        if measure.key == "observations":
            await counting.count_observations(db, **days, **_due_minutes())
        else:
            await COUNTS[measure.key](db, **days)


def _due_minutes() -> dict[str, Any]:
    """When the next set is due after each band: the same rule that the boards follow."""
    due = {
        "no_rise_minutes": NO_RISE,
        "low_minutes": RESPONSES[Band.LOW],
        "single_minutes": RESPONSES[Band.THREE_IN_ONE_SIGN],
        "medium_minutes": RESPONSES[Band.MEDIUM],
        "high_minutes": RESPONSES[Band.HIGH],
        "incomplete_minutes": INCOMPLETE,
    }
    return {name: round(response.due_within.total_seconds() / 60) for name, response in due.items()}
