"""What tasks do by the clock."""

from wardline.platform.jobs import Work, every, gently
from wardline.tasks import queries
from wardline.tasks.actions import climb


@every(seconds=15)
async def climb_ladders(work: Work) -> None:
    """Tasks that nobody acknowledged in time go one rung up; each hospital's in a transaction of its own."""
    async for hospital_id in gently(await queries.active_hospitals(work.db)):
        if await queries.has_late_tasks(work.in_tenant(hospital_id), hospital_id=hospital_id, now=work.now):
            async with work.write(hospital_id) as ctx:
                await climb(ctx, hospital_id)
