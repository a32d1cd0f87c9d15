"""Which role may do what, and how the service itself is running."""

import asyncio

from wardline.admin import figures
from wardline.admin.service_models import DeadJob, PermissionRow, RoleColumn, RolesPage, ServicePage
from wardline.identity.public import OF_ROLE, ROLE_WORDS, SENTENCES, May, Role
from wardline.platform import jobs, metrics
from wardline.platform.http import Context, get
from wardline.platform.http.routes import ROUTES


@get("/roles", needs=May.READ_ROLES, page="admin/roles.html", title="Roles", section="staff")
async def roles(ctx: Context) -> RolesPage:
    """Which role may do what, and what each would see: made from the table that the server enforces."""
    columns = list(Role)
    return RolesPage(
        roles=[
            RoleColumn(
                str(role), ROLE_WORDS[role], [SENTENCES[may] for may in May if may in OF_ROLE[role]], _pages(role)
            )
            for role in columns
        ],
        permissions=[PermissionRow(str(may), SENTENCES[may], [may in OF_ROLE[r] for r in columns]) for may in May],
    )


def _pages(role: Role) -> list[str]:
    """The titles of the pages that this role can open, as the routes declare them."""
    return sorted(
        {
            route.title
            for route in ROUTES
            if not route.writes and route.page and route.title and "{" not in route.title + route.path
            and str(route.needs) in OF_ROLE[role]
        }
    )  # fmt: skip


@get("/service", needs=May.READ_SERVICE, page="admin/service.html", title="How the service is running", section="audit")
async def service(ctx: Context) -> ServicePage:
    """Processes, connections, answers, queries and jobs, in plain words."""
    samples = figures.by_name(await asyncio.to_thread(metrics.of_all_processes))
    running, answered = figures.processes(samples), figures.routes(samples)
    dead = await jobs.dead_jobs(ctx.db)
    return ServicePage(
        worries=figures.worries(samples, running, answered, len(dead)),
        figures=figures.overview(samples, answered),
        processes=running,
        routes=answered[: figures.ROWS_MAX],
        queries=figures.queries(samples),
        dead_jobs=[DeadJob(job.name, job.error, job.tries, job.died_at) for job in dead],
    )
