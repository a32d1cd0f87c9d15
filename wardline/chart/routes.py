"""GET /patients/{patient_id}: the summary."""

from datetime import datetime, timedelta

from wardline.chart import queries
from wardline.chart.models import NewsCard, Ribbon, SetRow, Summary
from wardline.chart.panels import RIBBON_HOURS, news_card, ribbon
from wardline.encounters.public import Encounter, encounters_of, observed_stay, problems, show_stay
from wardline.identity.public import May
from wardline.patients.public import PatientScope, access_patient, patient_banner
from wardline.platform.db import Db
from wardline.platform.http import Context, get

VISITS_SHOWN = 6
PROBLEMS_SHOWN = 10
EVER = datetime(1900, 1, 1).astimezone()


@get(
    "/patients/{patient_id}",
    needs=May.READ_PATIENT,
    access=access_patient,
    page="chart/summary.html",
    title="{page.family}, {page.given}",
    section="patients",
    topic="patient:{patient_id}",
    cached=True,
    clocked=True,
)
async def summary(ctx: Context, patient: PatientScope) -> Summary:
    """The patient in one page: identity, the last 24 hours, NEWS2, problems, tasks, visits."""
    async with ctx.db.one_connection() as db:
        banner = await patient_banner(db, patient)
        visits = await encounters_of(db, patient, before=None, limit=VISITS_SHOWN)
        stay = next((v for v in visits if v.state == "in_progress" and v.class_ != "outpatient"), None)
        if stay:
            show_stay(banner, bed_label=stay.bed_label, isolation=stay.isolation, pregnant=bool(stay.pregnant))
        found = Summary(
            id=banner.person_id,
            version=banner.version,
            network_number=banner.identifier,
            mrn=banner.mrn,
            family=banner.family,
            given=banner.given,
            title=banner.title,
            sex=banner.sex,
            born_on=banner.born,
            deceased_on=banner.deceased_on,
            allergy_state=banner.allergy_state,
            allergies=banner.allergies,
            banner=banner,
            stay=stay,
            visits=visits,
        )
        if ctx.may(May.READ_CHART):
            await _add_panels(ctx, db, patient, found)
        return found


async def _add_panels(ctx: Context, db: Db, patient: PatientScope, found: Summary) -> None:
    since = ctx.now - timedelta(hours=RIBBON_HOURS) if found.stay else EVER
    sets = await queries.sets_since(db, patient, since=since)
    found.news, found.ribbon = await _of_stay(ctx, db, patient, found.stay, sets)
    found.last_set = sets[0] if sets else None
    found.problems = await problems(db, patient, limit=PROBLEMS_SHOWN)
    found.tasks = await queries.open_tasks(db, patient)


async def _of_stay(
    ctx: Context, db: Db, patient: PatientScope, stay: Encounter | None, sets: list[SetRow]
) -> tuple[NewsCard | None, Ribbon | None]:
    if stay is None:
        return None, None
    row = await observed_stay(db, patient)
    card = news_card(row, sets, ctx.now, ctx.caller.time_zone) if row else None
    return card, ribbon(sets, ctx.now, ctx.caller.time_zone)
