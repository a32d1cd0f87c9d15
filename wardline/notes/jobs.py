"""What notes do by the clock."""

from wardline.notes import queries
from wardline.notes.reminders import UNSIGNED_AFTER, remind_of_draft
from wardline.platform.jobs import Work, every, gently


@every(seconds=300)
async def remind_of_drafts(work: Work) -> None:
    """Drafts that nobody has signed for a shift become tasks; each hospital's in a transaction of its own."""
    before = work.now - UNSIGNED_AFTER
    async for hospital_id in gently(await queries.hospitals_with_notes(work.db)):
        if await queries.forgotten_drafts(work.in_tenant(hospital_id), hospital_id=hospital_id, before=before):
            async with work.write(hospital_id) as ctx:
                for draft in await queries.forgotten_drafts(ctx.db, hospital_id=hospital_id, before=before):
                    await remind_of_draft(ctx, draft)
