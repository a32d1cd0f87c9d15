"""Beginning a note, saving drafts, signing, adding, withdrawing."""

from typing import Any
from uuid import UUID

import msgspec

from wardline.encounters.public import open_stay_of
from wardline.identity.public import May
from wardline.notes import queries
from wardline.notes.access import open_note
from wardline.notes.models import NewNote, NewText, Note, NoteScope, Saved
from wardline.notes.prompts import TEMPLATES
from wardline.notes.reminders import COSIGN, UNSIGNED, ask_to_cosign, settle_all
from wardline.notes.rules import may_write, section_of
from wardline.patients.public import PatientScope
from wardline.platform.errors import Conflict, Denied, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context, Written
from wardline.platform.ids import new_id


class NotADraft(Conflict):
    """The note was signed or withdrawn meanwhile; what is to be said now is an addendum."""

    code, title = "note_not_draft", "This note takes no more words"


class NotSigned(Conflict):
    code, title = "note_not_signed", "This note is not signed"


class NothingWritten(Conflict):
    code, title = "note_empty", "Nothing is written yet"


class NoCosignWanted(Conflict):
    code, title = "cosign_not_wanted", "No second signature was asked for"


class NotYourWords(Denied):
    """A signature stands for words of one's own, or for a note that one began."""

    code, title = "signer_wrote_nothing", "You wrote nothing in this note"


class OwnSignature(Denied):
    """Two signatures are two people's."""

    code, title = "own_signature", "Somebody else has to co-sign"


class NotYourKind(Denied):
    code, title = "kind_of_another_role", "Your role does not write this kind of note"


on_constraint("note_words_of_draft", NotADraft)
on_constraint("note_state_order", NotADraft)


def topic(note: NoteScope) -> str:
    """What the page of a note watches."""
    return f"note:{note.id}"


def _require_writer(ctx: Context, kind: str) -> None:
    if not may_write(kind, ctx.caller.role):
        raise NotYourKind(kind=kind, role=ctx.caller.role)


async def begin(ctx: Context, patient: PatientScope, new: NewNote) -> Note:
    """Begin a draft, in the patient's open stay if there is one."""
    _require_writer(ctx, new.kind)
    if new.template and (new.template not in TEMPLATES or not TEMPLATES[new.template].fits(new.kind)):
        raise Invalid(fields={"template": "There is no such template for this kind of note."})
    stay = await open_stay_of(ctx, patient)
    row = queries.NewRow(
        hospital_id=patient.hospital_id,
        id=new_id(),
        person_id=patient.person_id,
        encounter_id=stay.encounter_id if stay else None,
        kind=new.kind.value,
        template=new.template,
        created_by=ctx.caller.id,
    )
    await queries.insert_note(ctx.db, row, now=ctx.now)
    ctx.record(
        "note.begun", person_id=patient.person_id, subject_type="note", subject_id=row.id, detail={"kind": row.kind}
    )
    ctx.touch(f"patient:{patient.person_id}")
    return Note(
        id=row.id, patient_id=row.person_id, encounter_id=row.encounter_id, kind=row.kind, template=row.template,
        state="draft", cosign_wanted=False, created_at=ctx.now, created_by_id=ctx.caller.id,
        created_by=ctx.caller.display_name, saved_at=ctx.now, signed_at=None, signed_by_id=None, signed_by=None,
        cosigned_at=None, cosigned_by=None, error_at=None, error_by=None, error_reason=None, version=1,
    )  # fmt: skip


async def save_text(ctx: Context, note: NoteScope, section: str, text: str) -> Saved:
    """Keep the caller's words in a section. Other people's words are other rows, so only the same person, writing in two
    windows, can be too late: Stale, with the newer text."""
    _require_section(ctx, note, section)
    assert ctx.version is not None
    saved = await queries.save_text(
        ctx.db,
        note,
        section=section,
        author_id=ctx.caller.id,
        author_role=ctx.caller.role,
        version=ctx.version,
        text=text,
        now=ctx.now,
    )
    if saved is None:
        raise await _not_a_draft(ctx, note)
    if saved.version is None:
        newer = await queries.own_text(ctx.db, note, section=section, author_id=ctx.caller.id)
        raise Stale("You wrote here in another window.", current=msgspec.to_builtins(newer))
    return _saved(ctx, note, Saved(note.id, section, saved.version, saved.note_version, ctx.now), text)


async def save_text_lean(ctx: Context, *, note_id: UUID, section: str, new: NewText) -> Written | None:
    """The same in two round trips, while nobody else saves in the note at the same moment: most of them. A draft is saved
    every few seconds by everybody who writes."""
    note = await open_note(ctx, note_id)
    _require_section(ctx, note, section)
    if note.state != "draft" or ctx.version is None:
        return None
    effect = queries.put_text(
        note=note,
        section=section,
        author_id=ctx.caller.id,
        author_role=ctx.caller.role,
        version=ctx.version,
        text=new.text,
        now=ctx.now,
    )
    saved = Saved(note.id, section, ctx.version + 1, note.version + 1, ctx.now)
    return Written(_saved(ctx, note, saved, new.text), effect)


def _require_section(ctx: Context, note: NoteScope, section: str) -> None:
    _require_writer(ctx, note.kind)
    if section_of(note.kind, section) is None:
        raise NotFound("A note of this kind has no such section.")


def _saved(ctx: Context, note: NoteScope, saved: Saved, text: str) -> Saved:
    ctx.record(
        "note.saved", person_id=note.person_id, subject_id=note.id,
        detail={"section": saved.section, "version": saved.version, "length": len(text)},
    )  # fmt: skip
    ctx.touch(topic(note))
    if saved.version == 1:  # the list of notes says how many write
        ctx.touch(f"patient:{note.person_id}")
    return saved


async def _not_a_draft(ctx: Context, note: NoteScope) -> NotADraft:
    held = await queries.bare_note(ctx.db, note)
    by, at = held.signed_by, held.signed_at
    words = "signed it. Your words can be an addendum."
    if held.state == "entered_in_error":
        by, at = held.error_by, held.error_at
        words = "withdrew it. It takes no addendum: copy your words into another note."
    return NotADraft(f"{by} {words}", state=held.state, by=by, at=at)


async def sign(ctx: Context, note: NoteScope, *, cosign: bool) -> Note:
    """Sign the note as the caller saw it: one who wrote in it or began it. Stale when somebody else's words are newer than
    the version named, or that version is none yet."""
    _require_writer(ctx, note.kind)
    held = await queries.note_held(ctx.db, note)
    if held.state != "draft":
        raise await _not_a_draft(ctx, note)
    words = await queries.words_of(ctx.db, note, author_id=ctx.caller.id, seen=ctx.version or 0)
    if words.unseen or (ctx.version or 0) > held.version:
        raise Stale("Somebody wrote meanwhile. Read it, then sign.", current={"version": held.version})
    if not words.standing:
        raise NothingWritten("Write something, or withdraw the note.")
    if not words.own and held.created_by != ctx.caller.id:
        raise NotYourWords("Write in it first, or leave the signature to those who did.")
    await queries.sign(ctx.db, note, author_id=ctx.caller.id, cosign=cosign, now=ctx.now)
    await settle_all(ctx, note.id, UNSIGNED)
    if cosign:
        await ask_to_cosign(ctx, note)
    return await _changed(ctx, note, "note.signed", {"kind": note.kind, "cosign": cosign})


async def cosign(ctx: Context, note: NoteScope) -> Note:
    """The second signature, where the first signer asked for it, by somebody else."""
    if note.signed_by == ctx.caller.id:
        raise OwnSignature
    if note.state != "signed":
        raise NotSigned(f"It is {note.state.replace('_', ' ')}.", state=note.state)
    if await queries.cosign(ctx.db, note, author_id=ctx.caller.id, version=ctx.version or 0, now=ctx.now) is None:
        if not (await queries.bare_note(ctx.db, note)).cosign_wanted:
            raise NoCosignWanted
        raise await _stale(ctx, note)
    await settle_all(ctx, note.id, COSIGN)
    return await _changed(ctx, note, "note.cosigned", {"kind": note.kind})


async def add(ctx: Context, note: NoteScope, text: str) -> Note:
    """Add to a signed note; the note itself stays as it was signed."""
    _require_writer(ctx, note.kind)
    if not text.strip():
        raise Invalid(fields={"text": "Write what is to be added."})
    version = await queries.add_addendum(
        ctx.db,
        note,
        addendum_id=new_id(),
        author_id=ctx.caller.id,
        author_role=ctx.caller.role,
        text=text.strip(),
        now=ctx.now,
    )
    if version is None:
        raise NotSigned("Only a signed note takes an addendum.", state=note.state)
    return await _changed(ctx, note, "note.added_to", {"kind": note.kind})


async def mark_as_error(ctx: Context, note: NoteScope, reason: str) -> Note:
    """Withdraw the note, with the reason; it stays on record. A signed one only by a signer or a doctor."""
    _require_writer(ctx, note.kind)
    if note.state != "draft" and note.signed_by != ctx.caller.id and not ctx.may(May.COSIGN_NOTE):
        raise Denied("Whoever signed it, or a doctor, can withdraw it.")
    marked = await queries.mark_as_error(
        ctx.db, note, author_id=ctx.caller.id, reason=reason.strip(), version=ctx.version or 0, now=ctx.now
    )
    if marked is None:
        raise await _stale(ctx, note)
    await settle_all(ctx, note.id, UNSIGNED, COSIGN)
    return await _changed(ctx, note, "note.entered_in_error", {"kind": note.kind})


async def _stale(ctx: Context, note: NoteScope) -> Stale:
    return Stale(current=msgspec.to_builtins(bare(await queries.bare_note(ctx.db, note))))


async def _changed(ctx: Context, note: NoteScope, action: str, detail: dict[str, Any]) -> Note:
    ctx.record(action, person_id=note.person_id, subject_id=note.id, detail=detail)
    ctx.publish(action, {"note_id": note.id, "person_id": note.person_id})
    ctx.touch(topic(note), f"patient:{note.person_id}")
    return bare(await queries.bare_note(ctx.db, note))


def bare(row: Note) -> Note:
    """The note without its words."""
    return Note(*(getattr(row, name) for name in Note.__struct_fields__))
