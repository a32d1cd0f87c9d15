"""GET /patients/{patient_id}: the summary."""

from datetime import datetime, timedelta
from typing import Any

from wardline.chart import history, queries, timeline
from wardline.chart.models import OpenTask, RecentNote, SetRow, Summary, SummaryRow
from wardline.chart.panels import RIBBON_HOURS, news_card, ribbon
from wardline.encounters.public import Encounter, ObservedStay, Problem, show_stay
from wardline.identity.public import May
from wardline.lab.public import shown_latest
from wardline.mar.public import DUE_AHEAD, due_medicine
from wardline.notes.public import KIND_WORDS, Kind, excerpt
from wardline.orders.public import standing_medicine
from wardline.patients.public import PatientScope, access_patient, banner_of
from wardline.platform.http import Context, get

EVER = datetime(1900, 1, 1).astimezone()
__all__ = ["history", "timeline"]  # declare their routes when they are imported
NEEDS_AT = Encounter.__struct_fields__.index("needs")


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
    load_class="charting",
)
async def summary(ctx: Context, patient: PatientScope) -> Summary:
    """The patient in one page: identity, the last 24 hours, NEWS2, problems, tasks, visits."""
    clinical = ctx.may(May.READ_CHART)
    since = ctx.now - timedelta(hours=RIBBON_HOURS)
    row = await queries.summary(
        ctx.db,
        patient,
        since=since,
        until=ctx.now + DUE_AHEAD,
        now=ctx.now,
        clinical=clinical,
        notes=ctx.may(May.READ_NOTES),
    )
    banner = banner_of(row)
    visits = [visit_of(each) for each in row.visits or ()]
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
    if clinical:
        rows = row.sets if stay else await queries.sets_since(ctx.db, patient, since=EVER)
        _add_panels(ctx, row, found, [SetRow(*each) for each in rows or ()])
    if ctx.may(May.READ_NOTES):
        found.notes = [recent_note(RecentNote(*each)) for each in row.notes or ()]
    return found


def recent_note(note: RecentNote) -> RecentNote:
    """The note with the words of its kind and the beginning of its text."""
    note.kind_words, note.text = KIND_WORDS[Kind(note.kind)], excerpt(note.text)
    return note


def visit_of(row: tuple[Any, ...]) -> Encounter:
    """A visit of the record; its needs stand in one text there."""
    visit = Encounter(*row)
    visit.needs = str(row[NEEDS_AT]).split() if row[NEEDS_AT] is not None else None
    return visit


def _add_panels(ctx: Context, row: SummaryRow, found: Summary, sets: list[SetRow]) -> None:
    """During a stay `sets` are those of the last day, otherwise what was measured last."""
    zone = ctx.caller.time_zone
    if found.stay is not None:
        found.news = news_card(ObservedStay(*row.observed), sets, ctx.now, zone) if row.observed else None
        found.ribbon = ribbon(sets, ctx.now, zone)
    found.last_set = sets[0] if sets else None
    found.problems = [Problem(*each) for each in row.problems or ()]
    found.tasks = [OpenTask(*each) for each in row.tasks or ()]
    found.medicines = [standing_medicine(each) for each in row.medicines or ()]
    if found.stay is not None:
        found.due = [due_medicine(each, ctx.now) for each in row.due or ()]
    found.results = [shown_latest(each) for each in row.results or ()]
