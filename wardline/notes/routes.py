"""Notes over HTTP: the list, beginning, writing, signing, adding, withdrawing, the history and the document."""

from datetime import UTC, datetime
from uuid import UUID

from wardline.encounters.public import banner_with_stay, open_stay_of
from wardline.identity.public import May
from wardline.notes import actions, document, inserts, queries, rules, views
from wardline.notes.access import access_note
from wardline.notes.models import (
    CosignPage,
    HistoryPage,
    HistoryQuery,
    Insert,
    KindOffer,
    NewAddendum,
    NewNote,
    NewNotePage,
    NewText,
    Note,
    NoteError,
    NotePage,
    NoteScope,
    NotesPage,
    NotesQuery,
    Saved,
    Signature,
    SourcesPage,
)
from wardline.notes.prompts import templates_for
from wardline.notes.rules import KIND_WORDS, SECTIONS, Kind
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, File, get, post, put

NEWEST_STEP = queries.Step(at=datetime(9999, 1, 1, tzinfo=UTC), key="")
NEWEST = queries.Cursor(created_at=datetime(9999, 1, 1, tzinfo=UTC), id=UUID(int=2**128 - 1))


@get(
    "/patients/{patient_id}/notes",
    needs=May.READ_NOTES,
    access=access_patient,
    page="notes/list.html",
    title="Notes of {page.banner.family}, {page.banner.given}",
    section="patients",
    topic="patient:{patient_id}",
    load_class="charting",
)
async def notes_of_patient(ctx: Context, patient: PatientScope, asked: NotesQuery) -> NotesPage:
    """A patient's notes at this hospital, newest first; those entered in error are marked, not left out."""
    lines = await queries.notes_of_patient(ctx.db, patient, kind=asked.kind, before=_cursor(asked.after))
    shown = lines[: queries.LIST_ROWS]
    last = shown[-1] if len(lines) > queries.LIST_ROWS else None
    ctx.saw("notes", None, patient.person_id, detail={"notes": len(shown)})
    return NotesPage(
        banner=await banner_with_stay(ctx.db, patient),
        items=[_line(line) for line in shown],
        next=f"{last.created_at:%Y-%m-%dT%H:%M:%S.%fZ}~{last.id}" if last else None,
        kind=asked.kind,
        kinds=[(kind.value, KIND_WORDS[kind]) for kind in Kind],
        writes=ctx.may(May.WRITE_NOTE),
    )


@get(
    "/patients/{patient_id}/notes/new",
    needs=May.WRITE_NOTE,
    access=access_patient,
    page="notes/new.html",
    title="New note about {page.banner.family}, {page.banner.given}",
    section="patients",
)
async def new_note(ctx: Context, patient: PatientScope) -> NewNotePage:
    """The kinds of notes that the caller may begin, with templates of the stay's specialty first; and open drafts."""
    stay = await open_stay_of(ctx, patient)
    specialty = stay.specialty if stay else ""
    offers = [
        KindOffer(
            kind.value,
            KIND_WORDS[kind],
            ", ".join(section.title for section in SECTIONS[kind]),
            [(template.key, template.words) for template in templates_for(kind, specialty)],
        )
        for kind in rules.kinds_of(ctx.caller.role)
    ]
    drafts = [_line(line) for line in await queries.drafts_of_patient(ctx.db, patient)]
    return NewNotePage(await banner_with_stay(ctx.db, patient), patient.person_id, offers, drafts)


@post(
    "/patients/{patient_id}/notes",
    needs=May.WRITE_NOTE,
    access=access_patient,
    created="/notes/{page.id}",
    then="/notes/{page.id}",
)
async def begin(ctx: Context, patient: PatientScope, new: NewNote) -> Note:
    """Begin a draft of a kind that the caller's role writes."""
    return await actions.begin(ctx, patient, new)


@get(
    "/patients/{patient_id}/inserts",
    needs=May.WRITE_NOTE,
    access=access_patient,
    page="notes/sources.html",
    load_class="charting",
)
async def sources(ctx: Context, patient: PatientScope) -> SourcesPage:
    """What could be copied into a note now: observations, results, medicines, problems, allergies, the last plan."""
    ctx.saw("chart", None, patient.person_id)
    return SourcesPage(await inserts.panels(ctx.db, patient, zone=ctx.caller.time_zone, now=ctx.now))


@get(
    "/patients/{patient_id}/inserts/{what}",
    needs=May.WRITE_NOTE,
    access=access_patient,
    load_class="charting",
)
async def insert(ctx: Context, patient: PatientScope, what: str) -> Insert:
    """What a `/` command puts into a text: observations, results, medicines, problems, allergies or plan, as a marked copy."""
    return await inserts.insert(ctx.db, patient, what, zone=ctx.caller.time_zone, now=ctx.now)


@get("/notes/cosign", needs=May.COSIGN_NOTE, page="notes/cosign.html", title="Notes to co-sign", section="worklist")
async def to_cosign(ctx: Context) -> CosignPage:
    """Signed notes that wait for a second signature, oldest first; the caller's own are somebody else's to co-sign."""
    items = await queries.to_cosign(ctx.db, hospital_id=ctx.caller.tenant_id, staff_id=ctx.caller.id)
    for item in items:
        item.kind_words = KIND_WORDS[Kind(item.kind)]
    ctx.saw("notes", None, detail={"to_cosign": len(items)})
    return CosignPage(items)


@get(
    "/notes/{note_id}",
    needs=May.READ_NOTES,
    access=access_note,
    page="notes/note.html",
    title="{page.kind_words} – {page.banner.family}, {page.banner.given}",
    section="patients",
    topic="note:{note_id}",
    load_class="charting",
)
async def note(ctx: Context, scope: NoteScope) -> NotePage:
    """A note with everybody's words; to its writers as an editor while it is a draft."""
    return await views.note_page(ctx, scope)


@put(
    "/notes/{note_id}/sections/{section}",
    needs=May.WRITE_NOTE,
    access=access_note,
    lean=actions.save_text_lean,
    versioned=True,
    then="/notes/{note_id}",
)
async def save_text(ctx: Context, scope: NoteScope, section: str, new: NewText) -> Saved:
    """Keep the caller's words in a section. The version is that of these words, 0 for the first; 412 has the newer ones.

    Other people's words in the same section are theirs: nobody writes over anybody.
    """
    return await actions.save_text(ctx, scope, section, new.text)


@post("/notes/{note_id}/signature", needs=May.WRITE_NOTE, access=access_note, versioned=True, then="/notes/{page.id}")
async def sign(ctx: Context, scope: NoteScope, given: Signature) -> Note:
    """Sign the note as it was seen: 412 when somebody else's words are newer than the version named."""
    return await actions.sign(ctx, scope, cosign=given.cosign)


@post(
    "/notes/{note_id}/cosignature", needs=May.COSIGN_NOTE, access=access_note, versioned=True, then="/notes/{page.id}"
)
async def cosign(ctx: Context, scope: NoteScope) -> Note:
    """Co-sign a signed note. Never the signer's own."""
    return await actions.cosign(ctx, scope)


@post("/notes/{note_id}/addenda", needs=May.WRITE_NOTE, access=access_note, then="/notes/{page.id}")
async def add(ctx: Context, scope: NoteScope, new: NewAddendum) -> Note:
    """Add to a signed note. The note stays as it was signed."""
    return await actions.add(ctx, scope, new.text)


@post("/notes/{note_id}/error", needs=May.WRITE_NOTE, access=access_note, versioned=True, then="/notes/{page.id}")
async def mark_as_error(ctx: Context, scope: NoteScope, why: NoteError) -> Note:
    """Mark the note as entered in error, with the reason. It stays in the record, struck through."""
    return await actions.mark_as_error(ctx, scope, why.reason)


@get(
    "/notes/{note_id}/history",
    needs=May.READ_NOTES,
    access=access_note,
    page="notes/history.html",
    title="History of a note – {page.banner.family}, {page.banner.given}",
    section="patients",
)
async def history(ctx: Context, scope: NoteScope, asked: HistoryQuery) -> HistoryPage:
    """Everything that was ever saved in a note, by whom and when, newest first; `next` leads to what is older."""
    held = actions.bare(await queries.bare_note(ctx.db, scope))
    found = await queries.history(ctx.db, scope, before=_step(asked.after))
    items = found[: queries.HISTORY_ROWS]
    last = items[-1] if len(found) > queries.HISTORY_ROWS else None
    for item in items:
        section = rules.section_of(scope.kind, item.section)
        item.section_title = section.title if section else ""
    banner = await banner_with_stay(ctx.db, views.patient_of(scope))
    return HistoryPage(
        banner,
        held,
        KIND_WORDS[Kind(scope.kind)],
        items,
        next=f"{last.at:%Y-%m-%dT%H:%M:%S.%fZ}~{last.key}" if last else None,
    )


@get("/notes/{note_id}/document", needs=May.READ_NOTES, access=access_note)
async def printed(ctx: Context, scope: NoteScope) -> File:
    """The note as a PDF for paper, with who wrote, signed and added what."""
    page = await views.note_page(ctx, scope)
    ctx.saw("note_document", scope.id, scope.person_id)
    return await document.pdf_of(ctx, page)


def _line(line: queries.NoteLine) -> queries.NoteLine:
    line.kind_words = KIND_WORDS[Kind(line.kind)]
    line.text = rules.excerpt(line.text)
    return line


def _cursor(after: str | None) -> queries.Cursor:
    if after is None:
        return NEWEST
    try:
        created_at, note_id = after.split("~")
        return queries.Cursor(created_at=datetime.fromisoformat(created_at).astimezone(UTC), id=UUID(note_id))
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None


def _step(after: str | None) -> queries.Step:
    if after is None:
        return NEWEST_STEP
    try:
        at, key = after.split("~")
        return queries.Step(at=datetime.fromisoformat(at).astimezone(UTC), key=key)
    except (ValueError, OverflowError):
        raise BadRequest("The cursor is not one of ours.") from None
