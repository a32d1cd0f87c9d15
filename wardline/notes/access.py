"""The one way to a note: of the caller's hospital, and recorded as opened."""

from uuid import UUID

from wardline.identity.public import seal
from wardline.notes import queries
from wardline.notes.models import Found, NoteScope
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


async def access_note(ctx: Context, note_id: UUID) -> NoteScope:
    """A note of the caller's hospital; NotFound otherwise. Records that it was opened."""
    return _seen(ctx, note_id, await queries.whose(ctx.db, hospital_id=ctx.caller.tenant_id, note_id=note_id))


async def open_note(ctx: Context, note_id: UUID) -> NoteScope:
    """The same as the first statement of a lean write, in one round trip."""
    return _seen(ctx, note_id, await queries.open_note(ctx.db, hospital_id=ctx.caller.tenant_id, note_id=note_id))


def _seen(ctx: Context, note_id: UUID, found: Found | None) -> NoteScope:
    if found is None:
        raise NotFound("There is no such note here.")
    ctx.saw("note", note_id, found.person_id)
    return NoteScope(
        hospital_id=ctx.caller.tenant_id,
        id=note_id,
        person_id=found.person_id,
        kind=found.kind,
        state=found.state,
        signed_by=found.signed_by,
        version=found.version,
        seal=seal(),
    )
