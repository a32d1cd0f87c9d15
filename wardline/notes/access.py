"""The one way to a note: of the caller's hospital, and recorded as opened."""

from uuid import UUID

from wardline.identity.public import seal
from wardline.notes import queries
from wardline.notes.models import NoteScope
from wardline.platform.errors import NotFound
from wardline.platform.http import Context


async def access_note(ctx: Context, note_id: UUID) -> NoteScope:
    """A note of the caller's hospital; NotFound otherwise. Records that it was opened."""
    found = await queries.whose(ctx.db, hospital_id=ctx.caller.tenant_id, note_id=note_id)
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
