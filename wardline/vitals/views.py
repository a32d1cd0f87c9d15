"""Pages of observations put together from rows; used by the routes and by what is pushed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from wardline.encounters.public import ObservedStay, banner_with_stay, observed_stay, show_stay
from wardline.patients.public import PatientScope, banner_of, settled
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import BadRequest
from wardline.vitals import pages, queries
from wardline.vitals.models import ChartScope, ObservationQuery, ObservationRow

RECENT = timedelta(days=31)
NEWEST = queries.Cursor(taken_at=datetime(9999, 1, 1, tzinfo=UTC), id=UUID(int=2**128 - 1))


async def rows_of(
    db: Db, patient: PatientScope, asked: ObservationQuery, limit: int
) -> tuple[list[ObservationRow], bool]:
    """A page of sets, newest first, and whether there are more."""
    rows = await queries.sets_of_patient(db, patient, before=cursor(asked.after), limit=limit + 1)
    return rows[:limit], len(rows) > limit


async def chart_page(
    db: Db,
    patient: PatientScope,
    asked: ObservationQuery,
    *,
    zone: str,
    now: datetime,
    opens_sheet: bool = False,
    opened: queries.ChartRow | None = None,
) -> pages.ChartPage:
    """The chart's page: one read for the newest sets of who was here in the last month, else up to five. `opened`: the
    newest are read already."""
    if asked.after is None:
        row = opened or await queries.newest_chart(db, patient, since=now - RECENT, limit=pages.COLUMNS_MAX + 1)
        page = _newest(row, patient, asked, zone=zone, now=now, opens_sheet=opens_sheet)
        if page is not None:
            return page
    async with db.one_connection() as one:
        rows, more = await rows_of(one, patient, asked, pages.COLUMNS_MAX)
        banner = await banner_with_stay(one, patient)
        stay = await observed_stay(one, patient)
        prescriber = stay.spo2_scale_by if stay else None
        scale_by = await queries.name_of(one, staff_id=prescriber) if prescriber else None
    return pages.chart_page(
        banner=banner,
        patient_id=patient.person_id,
        stay=stay,
        rows_newest_first=rows,
        more=more,
        newest=asked.after is None,
        full=asked.full,
        opens_sheet=opens_sheet,
        scale_by=scale_by,
        zone=zone,
        now=now,
    )


def _newest(
    row: queries.ChartRow,
    patient: PatientScope,
    asked: ObservationQuery,
    *,
    zone: str,
    now: datetime,
    opens_sheet: bool,
) -> pages.ChartPage | None:
    """The newest sets of the last month; None for whoever has only older ones."""
    sets = [ObservationRow(*each) for each in row.sets or ()]
    if not sets and row.seen_before:
        return None
    stay = ObservedStay(*row.observed) if row.observed else None
    banner = banner_of(row)
    if stay is not None:
        show_stay(banner, bed_label=stay.bed_label, isolation=row.isolation, pregnant=stay.pregnant)
    return pages.chart_page(
        banner=settled(patient, banner),
        patient_id=patient.person_id,
        stay=stay,
        rows_newest_first=sets[: pages.COLUMNS_MAX],
        more=len(sets) > pages.COLUMNS_MAX or (bool(sets) and row.seen_before),
        newest=True,
        full=asked.full,
        opens_sheet=opens_sheet,
        scale_by=row.scale_by,
        zone=zone,
        now=now,
    )


async def live_chart(db: Db, scope: ChartScope) -> pages.ChartPage:
    """The newest columns, as the page shows them."""
    return await chart_page(db, scope.patient, ObservationQuery(), zone=scope.zone, now=clock.now())


def cursor(after: str | None) -> queries.Cursor:
    """Where a page begins; BadRequest for a cursor that is none."""
    if after is None:
        return NEWEST
    try:
        taken_at, set_id = after.split("~")
        return queries.Cursor(taken_at=datetime.fromisoformat(taken_at).astimezone(UTC), id=UUID(set_id))
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None
