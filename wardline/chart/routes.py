"""GET /patients/{patient_id}: the summary."""

import re
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from wardline.chart import history, queries, timeline
from wardline.chart.keeping import KeptChart, chart_of
from wardline.chart.models import Bar, OpenTask, RecentNote, SetRow, Summary, SummaryPage, SummaryRow
from wardline.chart.panels import news_card
from wardline.chart.ribbon import RIBBON_HOURS, Released, ribbon
from wardline.encounters.public import Encounter, ObservedStay, Problem, show_stay
from wardline.identity.public import May
from wardline.lab.public import shown_latest
from wardline.mar.public import DUE_AHEAD, done_medicines, due_medicine, due_state
from wardline.notes.public import KIND_WORDS, Kind, excerpt
from wardline.orders.public import standing_medicine
from wardline.patients.public import PatientScope, banner_of, no_such_patient, opened_patient, settled
from wardline.platform.http import Context, Page, get

EVER = datetime(1900, 1, 1).astimezone()
__all__ = ["history", "timeline"]  # declare their routes when they are imported
NEEDS_AT = Encounter.__struct_fields__.index("needs")


class SummaryScope(PatientScope, frozen=True, kw_only=True):
    """A patient whose summary was read as it was opened; without `row` it has still to be read."""

    row: SummaryRow | None


async def access_summary(ctx: Context, patient_id: UUID) -> SummaryScope:
    """As `access_patient`, with what the page shows: one round trip. NotFound for whoever is not registered here."""
    opened = await queries.open_summary(
        ctx.db, hospital_id=ctx.caller.tenant_id, person_id=patient_id, topic=ctx.topic, held=_held(ctx), **_asked(ctx)
    )
    if opened is None:
        raise no_such_patient()
    scope = opened_patient(ctx, patient_id, opened.topic_version)
    row = opened if opened.was_read else None
    return SummaryScope(hospital_id=scope.hospital_id, person_id=scope.person_id, seal=scope.seal, row=row)


class Asked(TypedDict):
    """What the summary is asked for, besides whose it is."""

    since: datetime
    until: datetime
    now: datetime
    clinical: bool
    notes: bool


def _asked(ctx: Context) -> Asked:
    return {
        "since": ctx.now - timedelta(hours=RIBBON_HOURS),
        "until": ctx.now + DUE_AHEAD,
        "now": ctx.now,
        "clinical": ctx.may(May.READ_CHART),
        "notes": ctx.may(May.READ_NOTES),
    }


def _held(ctx: Context) -> int | None:
    """The version that the browser has, which then needs no rows: it is told so, unless the clock has gone on."""
    found = re.match(r'W/"(\d{1,18})-', ctx.headers.get("if-none-match", ""))
    return int(found[1]) if found else None


@get(
    "/patients/{patient_id}",
    needs=May.READ_PATIENT,
    access=access_summary,
    section="patients",
    topic="patient:{patient_id}",
    cached=True,
    clocked=True,
    load_class="charting",
)
async def summary(ctx: Context, patient: SummaryScope) -> Summary | Page:
    """The patient in one page: identity, the last 24 hours, NEWS2, problems, tasks, visits."""
    row = patient.row or await queries.summary(ctx.db, patient, **_asked(ctx))
    page = await _page(ctx, patient, row)
    if ctx.html:
        return Page("chart/summary.html", page, f"{row.family}, {row.given}")
    return _summary(row, page)


async def _page(ctx: Context, patient: PatientScope, row: SummaryRow) -> SummaryPage:
    """The panels, those that show the same as before as the same objects."""
    chart = chart_of(patient)
    visits = chart.panel("visits", row.visits, lambda: [visit_of(each) for each in row.visits or ()])
    stay = next((v for v in visits.of if v.state == "in_progress" and v.class_ != "outpatient"), None)
    banner = banner_of(row)
    if stay:
        show_stay(banner, bed_label=stay.bed_label, isolation=stay.isolation, pregnant=bool(stay.pregnant))
    bar = Bar(stay.id if stay else None, banner.deceased_on is not None)
    page = SummaryPage(banner=settled(patient, banner), bar=chart.panel("bar", bar, lambda: bar), visits=visits)
    if stay is not None:
        page.stay = chart.panel("stay", stay, lambda: stay)
    if ctx.may(May.READ_CHART):
        rows = row.sets if stay else await queries.sets_since(ctx.db, patient, since=EVER)
        _add_observed(ctx, chart, row, page, [SetRow(*each) for each in rows or ()])
        _add_panels(ctx, chart, row, page)
    if ctx.may(May.READ_NOTES):
        page.notes = chart.panel(
            "notes", row.notes, lambda: [recent_note(RecentNote(*each)) for each in row.notes or ()]
        )
    return page


def _add_observed(ctx: Context, chart: KeptChart, row: SummaryRow, page: SummaryPage, sets: list[SetRow]) -> None:
    """During a stay `sets` are those of the last day, otherwise what was measured last."""
    zone = ctx.caller.time_zone
    if page.stay is not None:
        card = news_card(ObservedStay(*row.observed), sets, ctx.now, zone) if row.observed else None
        page.news = chart.panel("news", card, lambda: card) if card else None
        done = done_medicines(row.done or (), ctx.now)
        page.ribbon = ribbon(sets, done, [Released(*each) for each in row.released or ()], ctx.now, zone)
    last = sets[0] if sets else None
    page.last_set = chart.panel("last_set", last, lambda: last) if last else None


def _add_panels(ctx: Context, chart: KeptChart, row: SummaryRow, page: SummaryPage) -> None:
    """What stands in the record of problems, tasks, medicines and results."""
    page.problems = chart.panel("problems", row.problems, lambda: [Problem(*each) for each in row.problems or ()])
    page.tasks = chart.panel("tasks", row.tasks, lambda: [OpenTask(*each) for each in row.tasks or ()])
    page.medicines = chart.panel(
        "medicines", row.medicines, lambda: [standing_medicine(each) for each in row.medicines or ()]
    )
    page.results = chart.panel("results", row.results, lambda: [shown_latest(each) for each in row.results or ()])
    if page.stay is not None:
        states = [due_state(each, ctx.now) for each in row.due or ()]
        page.due = chart.panel(
            "due", (row.due, states), lambda: [due_medicine(each, ctx.now) for each in row.due or ()]
        )


def recent_note(note: RecentNote) -> RecentNote:
    """The note with the words of its kind and the beginning of its text."""
    note.kind_words, note.text = KIND_WORDS[Kind(note.kind)], excerpt(note.text)
    return note


def visit_of(row: tuple[Any, ...]) -> Encounter:
    """A visit of the record; its needs stand in one text there."""
    visit = Encounter(*row)
    visit.needs = str(row[NEEDS_AT]).split() if row[NEEDS_AT] is not None else None
    return visit


def _summary(row: SummaryRow, page: SummaryPage) -> Summary:
    """The same for a program."""
    banner = page.banner
    return Summary(
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
        stay=page.stay and page.stay.of,
        visits=page.visits.of,
        news=page.news and page.news.of,
        ribbon=page.ribbon,
        last_set=page.last_set and page.last_set.of,
        problems=page.problems and page.problems.of,
        tasks=page.tasks and page.tasks.of,
        results=page.results and page.results.of,
        notes=page.notes and page.notes.of,
        medicines=page.medicines and page.medicines.of,
        due=page.due and page.due.of,
    )
