"""Everything that happened to a patient here, newest first: one statement over what every slice publishes."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from typing import Literal

from msgspec import Struct

from wardline.encounters.public import CLASS_WORDS, DISCHARGED_WORDS, banner_with_stay
from wardline.encounters.public import TIMELINE as ENCOUNTERS
from wardline.identity.public import May
from wardline.lab.public import TIMELINE as LAB
from wardline.mar.public import TIMELINE as MAR
from wardline.notes.public import KIND_WORDS, Kind
from wardline.notes.public import TIMELINE as NOTES
from wardline.orders.public import TIMELINE as ORDERS
from wardline.patients.public import TIMELINE as PATIENTS
from wardline.patients.public import Banner, Event, PatientScope, access_patient
from wardline.platform.db import Db, query
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, Input, get
from wardline.tasks.public import TIMELINE as TASKS
from wardline.vitals.public import TIMELINE as VITALS

LINES = 50
What = Literal[
    "visit", "observations", "note", "result", "order", "medicine", "given", "problem", "procedure", "allergy", "task"
]
WHAT_WORDS: dict[str, str] = {
    "visit": "Visits",
    "observations": "Observations",
    "note": "Notes",
    "result": "Results",
    "order": "Tests ordered",
    "medicine": "Medicines",
    "given": "Doses",
    "problem": "Problems",
    "procedure": "Procedures",
    "allergy": "Allergies",
    "task": "Tasks",
}
ONE_WORD = {
    "visit": "Visit", "observations": "Observations", "note": "Note", "result": "Results", "order": "Order",
    "medicine": "Medicine", "given": "Dose", "problem": "Problem", "procedure": "Procedure", "allergy": "Allergy", "task": "Task",
}  # fmt: skip


class Cursor(Struct, frozen=True):
    """The last event of a page."""

    at: datetime
    key: str


NEWEST = Cursor(datetime(9999, 1, 1).astimezone(), "")


class TimelineQuery(Input):
    """Of one kind, or after the last event of a page (`next`)."""

    what: What | None = None
    before: str | None = None


class TimelinePage(Struct):
    """Events, newest first."""

    banner: Banner
    items: list[Event]
    next: str | None
    what: str | None
    kinds: list[tuple[str, str]]


def _part(sql: str) -> str:
    """A slice's newest events before the cursor, with the key that tells apart what has one time."""
    return f"""(SELECT * FROM (SELECT b.*, concat_ws('/', b.what, b.subject_id, b.step) COLLATE "C" AS key FROM ({sql}) b) k
             WHERE (:what::text IS NULL OR k.what = :what) AND (k.at, k.key) < (:before.at::timestamptz, :before.key::text COLLATE "C")
             ORDER BY k.at DESC, k.key DESC LIMIT 51)"""  # noqa: S608 - texts of the code's own


_ALL = " UNION ALL ".join(_part(sql) for sql in (PATIENTS, ENCOUNTERS, TASKS, VITALS, ORDERS, LAB, MAR, NOTES))


@query(
    f"""
    SELECT h.at, h.what, h.subject_id, h.step, h.title, h.detail, coalesce(concat_ws(' ', left(s.given, 1) || '.', s.family), '')
      FROM ({_ALL}) h LEFT JOIN identity.staff s ON s.id = h.by
     ORDER BY h.at DESC, h.key DESC LIMIT 51
    """  # noqa: S608 - texts of the code's own
)
async def events(db: Db, patient: PatientScope, *, before: Cursor, notes: bool, what: str | None) -> list[Event]:
    """What happened, newest first.

    Indexes: allergy's key, encounter_person, problem_person, procedure_person, task_person, observation_set_person,
    medicine_person, administration_person, request_person, result_person, note_person.
    """


@get(
    "/patients/{patient_id}/timeline",
    needs=May.READ_CHART,
    access=access_patient,
    page="chart/timeline.html",
    title="Timeline of {page.banner.family}, {page.banner.given}",
    section="patients",
    topic="patient:{patient_id}",
    load_class="charting",
)
async def timeline(ctx: Context, patient: PatientScope, asked: TimelineQuery) -> TimelinePage:
    """Everything that happened to the patient here, newest first: visits, observations, notes, results, orders, steps of
    medicines, problems, procedures, allergies, tasks. `what` shows one kind; `next` leads to what is older."""
    may_read_notes = ctx.may(May.READ_NOTES)
    async with ctx.db.one_connection() as one:
        found = await events(one, patient, before=_cursor(asked.before), notes=may_read_notes, what=asked.what)
        banner = await banner_with_stay(one, patient)
    shown = [_worded(event, f"/patients/{patient.person_id}") for event in found[:LINES]]
    ctx.saw("timeline", None, patient.person_id, detail={"events": len(shown)})
    last = shown[-1] if len(found) > LINES else None
    return TimelinePage(
        banner=banner,
        items=shown,
        next=f"{last.at.isoformat()}~{last.what}/{last.subject_id}/{last.step}" if last else None,
        what=asked.what,
        kinds=[pair for pair in WHAT_WORDS.items() if pair[0] != "note" or may_read_notes],
    )


def _worded(event: Event, home: str) -> Event:
    """The event in words, with where it leads."""
    event.what_words = ONE_WORD[event.what]
    places = {
        "visit": f"{home}/encounters",
        "observations": f"/observations/{event.subject_id}",
        "note": f"/notes/{event.subject_id}",
        "result": f"/specimens/{event.subject_id}",
        "order": f"{home}/lab-orders",
        "medicine": f"{home}/medicines",
        "given": f"/administrations/{event.subject_id}",
        "problem": f"{home}/problems/{event.subject_id}",
        "procedure": f"{home}/procedures",
        "task": home,
    }
    event.href = places.get(event.what, f"{home}/details")
    if event.what == "note":
        event.title = KIND_WORDS[Kind(event.title)]
    if event.what == "visit":
        event.title = f"{CLASS_WORDS.get(event.title, event.title)} {event.step}"
        event.detail = DISCHARGED_WORDS.get(event.detail, event.detail)
    if event.what in ("problem", "medicine", "given", "task", "allergy", "procedure"):
        event.detail = event.detail.replace("_", " ")
    return event


def _cursor(text: str | None) -> Cursor:
    if text is None:
        return NEWEST
    at, _, key = text.partition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise BadRequest("This cursor is not one of ours.") from None
    if moment.tzinfo is None:
        raise BadRequest("This cursor is not one of ours.")
    return Cursor(moment, key)
