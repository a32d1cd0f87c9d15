"""Tasks that notes make: a co-signature that was asked for, a draft that nobody signs."""

from datetime import timedelta
from uuid import UUID

from wardline.identity.public import Role
from wardline.notes import queries
from wardline.notes.models import NoteScope
from wardline.notes.rules import KIND_WORDS, WRITERS, Kind
from wardline.platform.errors import Conflict
from wardline.platform.http import Context
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, Task, on_answer, require, settle

COSIGN, UNSIGNED = "note_cosign", "note_unsigned"
COSIGN_WITHIN = timedelta(hours=24)
# A shift: what is still a draft after it was forgotten rather than being written.
UNSIGNED_AFTER = timedelta(hours=12)
SIGN_WITHIN = timedelta(hours=12)


class SignFirst(Conflict):
    """Such a task is done by the signature, not by a tick."""

    code, title = "sign_first", "Open the note"


async def ask_to_cosign(ctx: Context, note: NoteScope) -> None:
    """A doctor other than the signer puts a second signature under it within a day."""
    place = await queries.place_of_note(ctx.db, note)
    words = KIND_WORDS[Kind(note.kind)].lower()
    await require(
        ctx,
        NewTask(
            hospital_id=note.hospital_id,
            kind=COSIGN,
            subject_key=str(note.id),
            ward_id=place.ward_id,
            person_id=note.person_id,
            encounter_id=place.encounter_id,
            title=f"Co-sign a {words}",
            reason=f"{ctx.caller.display_name} asks for a second signature.",
            priority=Priority.ROUTINE,
            rung=Rung.DOCTOR_ON_CALL,
            within=COSIGN_WITHIN,
        ),
    )


async def remind_of_draft(ctx: Context, draft: queries.ForgottenDraft) -> None:
    """Somebody of the writers' role signs the draft or withdraws it."""
    is_for_doctors = Role.DOCTOR in WRITERS[Kind(draft.kind)]
    await require(
        ctx,
        NewTask(
            hospital_id=draft.hospital_id,
            kind=UNSIGNED,
            subject_key=str(draft.id),
            ward_id=draft.ward_id,
            person_id=draft.person_id,
            encounter_id=draft.encounter_id,
            title=f"Sign or withdraw a {KIND_WORDS[Kind(draft.kind)].lower()}",
            reason=f"Draft of {draft.created_by}, not signed.",
            priority=Priority.ROUTINE,
            rung=Rung.DOCTOR_ON_CALL if is_for_doctors else Rung.NURSE_IN_CHARGE,
            within=SIGN_WITHIN,
        ),
    )


async def settle_all(ctx: Context, note_id: UUID, *kinds: str) -> None:
    """What was asked about the note has happened, or is not wanted any more."""
    for kind in kinds:
        await settle(ctx, kind, str(note_id))


async def _answered(_ctx: Context, _task: Task, answer: str) -> None:
    if answer == "done":
        raise SignFirst("Open the note and sign it there, or withdraw it; then the task is done by itself.")


for each in (COSIGN, UNSIGNED):
    DONE_AT[each] = "/notes/{}"
    on_answer[each] = _answered
