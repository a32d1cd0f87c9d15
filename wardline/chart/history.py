"""Who recorded what about a patient, and when: one line for each thing, newest first, each leading to its source."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from wardline.encounters.public import CLASS_WORDS, DISCHARGED_WORDS, banner_with_stay
from wardline.identity.public import May
from wardline.notes.public import KIND_WORDS, Kind
from wardline.patients.public import Banner, PatientScope, access_patient
from wardline.platform.db import Db, query
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, Input, Page, get

LINES = 50
EVER = datetime(9999, 1, 1).astimezone()
What = Literal["observations", "note", "problem", "procedure", "visit", "allergy"]
WHAT_WORDS: dict[str, str] = {
    "observations": "Observations",
    "note": "Notes",
    "problem": "Problems",
    "procedure": "Procedures",
    "visit": "Visits",
    "allergy": "Allergies",
}


class HistoryQuery(Input):
    """Of one kind, before a time; `sheet` asks for the sheet beside a page."""

    what: What | None = None
    before: str | None = None
    sheet: bool = False


class Line(Struct):
    """One thing that was recorded. `detail` says what of it: a state, a kind, a score."""

    at: datetime
    what: str
    subject_id: UUID
    title: str
    detail: str
    by: str
    href: str = ""


class HistoryPage(Struct):
    banner: Banner
    items: list[Line]
    next: str | None
    what: str | None
    kinds: list[tuple[str, str]]


def _branch(sql: str) -> str:
    return f"(SELECT * FROM ({sql}) b WHERE b.at < :before ORDER BY b.at DESC LIMIT 51)"  # noqa: S608 - own texts


_OBSERVATIONS = """
    SELECT o.taken_at AS at, 'observations' AS what, o.id AS subject_id, '' AS title, concat_ws(' ', o.state, o.news_score) AS detail,
           o.recorded_by AS by
      FROM vitals.observation_set o
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id
"""
_NOTES = """
    SELECT e.at, 'note' AS what, n.id AS subject_id, n.kind AS title, e.detail, e.by
      FROM notes.note n
     CROSS JOIN LATERAL (SELECT n.created_at, 'begun', n.created_by
           UNION ALL SELECT n.signed_at, 'signed', n.signed_by WHERE n.signed_at IS NOT NULL
           UNION ALL SELECT n.cosigned_at, 'co-signed', n.cosigned_by WHERE n.cosigned_at IS NOT NULL
           UNION ALL SELECT n.error_at, 'entered in error', n.error_by WHERE n.error_at IS NOT NULL
           UNION ALL SELECT a.created_at, 'addendum', a.author_id FROM notes.addendum a
                      WHERE a.hospital_id = n.hospital_id AND a.note_id = n.id) e (at, detail, by)
     WHERE :notes AND n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id
"""
_PROBLEMS = """
    SELECT coalesce(c.changed_at, p.created_at) AS at, 'problem' AS what, p.id AS subject_id, p.display AS title,
           concat_ws(', ', coalesce(c.state, p.state), coalesce(c.verification, p.verification)) AS detail,
           coalesce(c.changed_by, p.created_by) AS by
      FROM encounters.problem p
      LEFT JOIN encounters.problem_change c ON c.hospital_id = p.hospital_id AND c.problem_id = p.id
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
"""
_PROCEDURES = """
    SELECT p.created_at AS at, 'procedure' AS what, p.id AS subject_id, p.display AS title, p.state AS detail, p.created_by AS by
      FROM encounters.procedure p
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
"""
_VISITS = """
    SELECT e.at, 'visit' AS what, v.id AS subject_id, v.class AS title, e.detail, e.by
      FROM encounters.encounter v
     CROSS JOIN LATERAL (SELECT v.started_at, 'begun', v.created_by WHERE v.started_at IS NOT NULL
           UNION ALL SELECT v.ended_at, coalesce(v.discharged_to, 'ended'), NULL WHERE v.ended_at IS NOT NULL) e (at, detail, by)
     WHERE v.hospital_id = :patient.hospital_id AND v.person_id = :patient.person_id
"""
_ALLERGIES = """
    SELECT a.created_at AS at, 'allergy' AS what, a.id AS subject_id, a.substance AS title, a.state AS detail, a.created_by AS by
      FROM patients.allergy a JOIN patients.registration r ON r.hospital_id = :patient.hospital_id AND r.person_id = a.person_id
     WHERE a.person_id = :patient.person_id
"""
_ALL = " UNION ALL ".join(_branch(sql) for sql in (_OBSERVATIONS, _NOTES, _PROBLEMS, _PROCEDURES, _VISITS, _ALLERGIES))


@query(
    f"""
    SELECT h.at, h.what, h.subject_id, h.title, h.detail, coalesce(concat_ws(' ', left(s.given, 1) || '.', s.family), '')
      FROM ({_ALL}) h LEFT JOIN identity.staff s ON s.id = h.by
     WHERE :what::text IS NULL OR h.what = :what
     ORDER BY h.at DESC, h.subject_id LIMIT 51
    """  # noqa: S608 - texts of the code's own
)
async def lines(db: Db, patient: PatientScope, *, before: datetime, notes: bool, what: str | None) -> list[Line]:
    """What was recorded, newest first.

    Indexes: observation_set_person, note_person, problem_person, procedure_person, encounter_person, allergy's key.
    """


@get("/patients/{patient_id}/history", needs=May.READ_CHART, access=access_patient, section="patients")
async def history(ctx: Context, patient: PatientScope, asked: HistoryQuery) -> HistoryPage | Page:
    """Everything that was recorded about the patient here, with who and when, newest first."""
    may_read_notes = ctx.may(May.READ_NOTES)
    found = await lines(ctx.db, patient, before=_before(asked.before), notes=may_read_notes, what=asked.what)
    shown = [_worded(line, patient.person_id) for line in found[:LINES]]
    ctx.saw("history", None, patient.person_id, detail={"lines": len(shown)})
    page = HistoryPage(
        banner=await banner_with_stay(ctx.db, patient),
        items=shown,
        next=shown[-1].at.isoformat() if len(found) > LINES else None,
        what=asked.what,
        kinds=[pair for pair in WHAT_WORDS.items() if pair[0] != "note" or may_read_notes],
    )
    if not ctx.html:
        return page
    title = f"History of {page.banner.family}, {page.banner.given}"
    return Page("chart/history_sheet.html" if asked.sheet else "chart/history.html", page, title)


def _worded(line: Line, person_id: UUID) -> Line:
    """The line in words, with where it leads."""
    home = f"/patients/{person_id}"
    match line.what:
        case "observations":
            state, _, score = line.detail.partition(" ")
            line.title = "Observations"
            line.detail = "entered in error" if state == "entered_in_error" else (f"NEWS2 {score}" if score else "")
            line.href = f"/observations/{line.subject_id}"
        case "note":
            line.title = KIND_WORDS[Kind(line.title)]
            line.href = f"/notes/{line.subject_id}"
        case "problem":
            line.href = f"{home}/problems/{line.subject_id}"
        case "visit":
            line.title = CLASS_WORDS.get(line.title, line.title)
            line.detail = DISCHARGED_WORDS.get(line.detail, line.detail).lower()
            line.href = f"{home}/encounters"
        case "procedure":
            line.href = f"{home}/procedures"
        case _:
            line.href = f"{home}/details"
    line.detail = line.detail.replace("_", " ")
    return line


def _before(text: str | None) -> datetime:
    if text is None:
        return EVER
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadRequest("This cursor is not one of ours.") from None
    if moment.tzinfo is None:
        raise BadRequest("This cursor is not one of ours.")
    return moment
