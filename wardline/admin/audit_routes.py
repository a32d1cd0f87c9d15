"""The record of access: who saw and changed what at this hospital. Reading it is recorded too."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from wardline.admin import audit_queries as queries
from wardline.admin.audit_models import AuditFilter, AuditPage, Choice, EntryRow, Wanted
from wardline.admin.sentences import ACTIONS, entry
from wardline.identity.public import HospitalScope, May, access_hospital, managing_staff
from wardline.platform.errors import BadRequest, Invalid
from wardline.platform.http import Context, File, get

DAYS_WITHOUT_FILTER = 31  # further back only by patient, by member of staff, or with a date
CHOICES_MAX = 8
FIRST_ID = UUID(int=0)  # entries of one moment come in the order of their ids, as the index has them
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
COLUMNS = ("at", "who", "sentence", "action", "outcome", "mrn", "subject_type", "subject_id", "request_id", "client")


class Resolved(msgspec.Struct):
    """Whom the filter means: ids, or why nobody."""

    person_id: UUID | None = None
    actor_id: UUID | None = None
    note: str = ""
    choices: list[Choice] = []


@get(
    "/audit",
    needs=May.READ_AUDIT,
    access=access_hospital,
    page="admin/audit.html",
    title="Record of access",
    section="audit",
)
async def audit(ctx: Context, hospital: HospitalScope, asked: AuditFilter) -> AuditPage:
    """The record of who saw, changed or was refused what, newest first; filtered by patient, member of staff, act,
    outcome and time."""
    whom = await _resolve(ctx, hospital, asked)
    wanted = _wanted(ctx, hospital, asked, whom)
    rows: list[EntryRow] = [] if whom.note else await _page(ctx, wanted)
    more = len(rows) > queries.PAGE_ROWS
    items = [entry(row) for row in rows[: queries.PAGE_ROWS]]
    ctx.saw("audit", None, wanted.person_id, detail=_said(asked, whom, len(items)))
    return AuditPage(
        items=items,
        next=f"{items[-1].at:%Y-%m-%dT%H:%M:%S.%fZ}~{items[-1].id}" if more else None,
        asked=asked,
        since=asked.since or (wanted.since.astimezone(ZoneInfo(ctx.caller.time_zone)).date()),
        actions=ACTIONS,
        query=_query(asked),
        note=whom.note,
        choices=whom.choices,
    )


@get("/audit/export", needs=May.READ_AUDIT, access=access_hospital, load_class="reports")
async def export(ctx: Context, hospital: HospitalScope, asked: AuditFilter) -> File:
    """The same entries as a CSV file, at most 20,000."""
    whom = await _resolve(ctx, hospital, asked)
    if whom.note:
        raise Invalid(whom.note)
    wanted = _wanted(ctx, hospital, asked, whom)
    if wanted.person_id is not None:
        rows = await queries.export_of_person(ctx.db, wanted)
    elif wanted.actor_id is not None:
        rows = await queries.export_of_actor(ctx.db, wanted)
    else:
        rows = await queries.export(ctx.db, wanted)
    if len(rows) > queries.EXPORT_ROWS_MAX:
        raise Invalid(
            f"More than {queries.EXPORT_ROWS_MAX:,} entries fit. Choose a shorter time.",
            fields={"since": "Choose a later day."},
        )
    ctx.saw("audit_export", None, wanted.person_id, detail=_said(asked, whom, len(rows)))
    return File(_csv(rows), "text/csv; charset=utf-8", f"record-{ctx.now:%Y%m%d-%H%M%S}.csv")


async def _page(ctx: Context, wanted: Wanted) -> list[EntryRow]:
    if wanted.person_id is not None:
        return await queries.entries_of_person(ctx.db, wanted)
    if wanted.actor_id is not None:
        return await queries.entries_of_actor(ctx.db, wanted)
    if wanted.outcome == "refused":
        return await queries.refusals(ctx.db, wanted)
    return await queries.entries(ctx.db, wanted)


async def _resolve(ctx: Context, hospital: HospitalScope, asked: AuditFilter) -> Resolved:
    found = Resolved()
    if asked.patient:
        number = asked.patient.strip().replace(" ", "")
        found.person_id = _uuid(number) or await queries.person_with_number(
            ctx.db, hospital_id=hospital.hospital_id, number=number
        )
        if found.person_id is None:
            found.note = "No patient of this hospital has this number."
    if asked.staff and not found.note:
        await _resolve_staff(ctx, asked.staff.strip(), found)
    return found


async def _resolve_staff(ctx: Context, typed: str, found: Resolved) -> None:
    found.actor_id = _uuid(typed) or (
        await queries.staff_with_email(ctx.db, email=typed.lower()) if "@" in typed else None
    )
    if found.actor_id is not None:
        return
    people = await managing_staff.list_staff(
        ctx, q=typed, role=None, after=("", "", managing_staff.FIRST_ID), rows_max=CHOICES_MAX
    )
    if len(people) == 1:
        found.actor_id = people[0].id
        return
    found.note = "Several people fit; choose one." if people else "Nobody on your list of staff fits."
    found.choices = [Choice(p.id, f"{p.family.upper()}, {p.given}") for p in people]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _wanted(ctx: Context, hospital: HospitalScope, asked: AuditFilter, whom: Resolved) -> Wanted:
    zone = ZoneInfo(ctx.caller.time_zone)
    before_at, after_id = ctx.now + timedelta(minutes=1), FIRST_ID
    if asked.until is not None:
        before_at = min(before_at, _midnight(asked.until, zone) + timedelta(days=1))
    if asked.cursor is not None:
        before_at, after_id = _cursor(asked.cursor)
    if asked.since is not None:
        since = _midnight(asked.since, zone)
    elif whom.person_id or whom.actor_id:
        since = BEGINNING
    else:
        since = min(before_at, ctx.now) - timedelta(days=DAYS_WITHOUT_FILTER)
    return Wanted(
        hospital_id=hospital.hospital_id,
        since=since,
        before_at=before_at,
        after_id=after_id,
        person_id=whom.person_id,
        actor_id=whom.actor_id,
        action=asked.action,
        outcome=asked.outcome,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    if not 2000 <= day.year <= 2200:
        raise Invalid(fields={"since": "This is not a day of this record."})
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _cursor(text: str) -> tuple[datetime, UUID]:
    at, _, entry_id = text.partition("~")
    try:
        moment, last = datetime.fromisoformat(at), UUID(entry_id)
        if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
            raise ValueError
    except ValueError:
        raise BadRequest("This cursor is not one of ours.") from None
    return moment, last


def _query(asked: AuditFilter) -> str:
    """The filter as it stands in an address, without the page."""
    values = {k: v for k, v in msgspec.to_builtins(asked).items() if v is not None and k != "cursor"}
    return urlencode(values)


def _said(asked: AuditFilter, whom: Resolved, entries: int) -> dict[str, object]:
    """What of this read goes into the record itself: ids and codes, not what was typed."""
    said: dict[str, object] = {"entries": entries}
    if whom.actor_id is not None:
        said["staff_id"] = str(whom.actor_id)
    for name in ("action", "outcome"):
        value = getattr(asked, name)
        if value is not None and (name == "outcome" or value in dict(ACTIONS)):
            said[name] = value
    return said


def _csv(rows: list[EntryRow]) -> bytes:
    """A file that spreadsheets open; a cell that would be read as a formula gets a quote before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        built = entry(row)
        cells = [built.at.isoformat(), *(getattr(built, name) for name in COLUMNS[1:])]
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
