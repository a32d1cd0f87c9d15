"""Notes put together from rows; used by the routes, by what is pushed and by the document."""

from uuid import UUID

from wardline.encounters.public import banner_with_stay
from wardline.identity.public import May, seal
from wardline.notes import queries, rules
from wardline.notes.actions import bare
from wardline.notes.inserts import COMMAND_WORDS
from wardline.notes.models import Addendum, NotePage, NoteRow, NoteScope, NoteView, Own, Passage, SectionView
from wardline.notes.prompts import prompts_of
from wardline.notes.rules import KIND_WORDS, SECTIONS, Kind
from wardline.patients.public import PatientScope
from wardline.platform.db import Db
from wardline.platform.http import Context


def patient_of(note: NoteScope) -> PatientScope:
    """The patient of a note that the caller may open."""
    return PatientScope(hospital_id=note.hospital_id, person_id=note.person_id, seal=seal())


def view_of(row: NoteRow) -> NoteView:
    """The note for everybody; empty passages are left out."""
    kind = Kind(row.kind)
    passages = [Passage(*each) for each in row.passages or ()]
    for passage in passages:
        passage.segments = rules.segments(passage.text)
    addenda = [Addendum(*each) for each in row.addenda or ()]
    for addendum in addenda:
        addendum.segments = rules.segments(addendum.text)
    sections = [
        SectionView(
            section.key,
            section.title,
            section.hint,
            prompts_of(row.template, section.key),
            [p for p in passages if p.section == section.key and p.segments],
        )
        for section in SECTIONS[kind]
    ]
    return NoteView(bare(row), KIND_WORDS[kind], sections, addenda)


async def live_note(db: Db, note: NoteScope) -> NoteView:
    """The note as it is pushed to whoever looks at it."""
    return view_of(await queries.whole_note(db, note))


async def note_page(ctx: Context, note: NoteScope) -> NotePage:
    """The note with the caller's own words apart, and what the caller may do now."""
    row = await queries.whole_note(ctx.db, note)
    view = view_of(row)
    role, state = ctx.caller.role, row.state
    writer = ctx.may(May.WRITE_NOTE) and rules.may_write(row.kind, role)
    return NotePage(
        banner=await banner_with_stay(ctx.db, patient_of(note)),
        note=view.note,
        kind_words=view.kind_words,
        sections=view.sections,
        addenda=view.addenda,
        me=ctx.caller.id,
        own=own_words(row, ctx.caller.id),
        writes=writer and state == "draft",
        signs=writer and state == "draft",
        cosigns=ctx.may(May.COSIGN_NOTE)
        and state == "signed"
        and row.cosign_wanted
        and row.signed_by_id != ctx.caller.id,
        adds=writer and state in ("signed", "cosigned"),
        withdraws=writer
        and state != "entered_in_error"
        and (state == "draft" or row.signed_by_id == ctx.caller.id or ctx.may(May.COSIGN_NOTE)),
        commands=list(COMMAND_WORDS.items()),
    )


def own_words(row: NoteRow, author_id: UUID) -> dict[str, Own]:
    """What the author has written, by section; version 0 and no text where nothing yet."""
    own = {section.key: Own("", 0) for section in SECTIONS[Kind(row.kind)]}
    for each in row.passages or ():
        passage = Passage(*each)
        if passage.author_id == author_id:
            own[passage.section] = Own(passage.text, passage.version)
    return own
