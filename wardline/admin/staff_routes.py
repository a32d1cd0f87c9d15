"""Managing staff: the list, one person, roles, passwords, sessions. What is taken ends sessions within 5 s."""

from urllib.parse import urlencode
from uuid import UUID

from wardline.admin.staff_models import GiveForm, Held, PersonPage, StaffMade, StaffOnList, StaffPage, StaffQuery
from wardline.identity.public import ROLE_WORDS, May, Role, managed, managing_staff
from wardline.identity.public import admin_models as m
from wardline.platform.errors import BadRequest
from wardline.platform.http import Context, delete, get, patch, post, put

PAGE_ROWS = 50
PERSON_PAGE = "/staff/{staff_id}"
access_staff = managing_staff.access_staff
access_role = managing_staff.access_role


@get("/staff", needs=May.MANAGE_STAFF, page="admin/staff.html", title="Staff", section="staff")
async def list_staff(ctx: Context, asked: StaffQuery) -> StaffPage:
    """The people that the caller administers, by name, with their roles and when they were last seen."""
    rows = await managing_staff.list_staff(
        ctx, q=asked.q, role=asked.role, after=_cursor(asked.cursor), rows_max=PAGE_ROWS + 1
    )
    shown = rows[:PAGE_ROWS]
    held = await managed.assignments(ctx.db, staff_ids=[p.id for p in shown]) if shown else []
    last = shown[-1] if len(rows) > PAGE_ROWS else None
    return StaffPage(
        items=[StaffOnList(p, [_held(a, mine=False) for a in held if a.staff_id == p.id]) for p in shown],
        next=f"{last.family.lower()}~{last.given.lower()}~{last.id}" if last else None,
        asked=asked,
        roles=[(str(role), ROLE_WORDS[role]) for role in Role if role is not Role.PATIENT],
        query=urlencode({k: v for k, v in (("q", asked.q), ("role", asked.role)) if v}),
    )


def _cursor(text: str | None) -> tuple[str, str, UUID]:
    if text is None:
        return "", "", managing_staff.FIRST_ID
    try:
        family, given, last = text.rsplit("~", 2)
        return family, given, UUID(last)
    except ValueError:
        raise BadRequest("This cursor is not one of ours.") from None


def _held(row: m.AssignmentRow, *, mine: bool) -> Held:
    return Held(row.id, row.role, row.place, row.since, mine)


async def _form(ctx: Context) -> GiveForm:
    hospitals = [h for h in await managing_staff.administered(ctx) if h.active]
    regions = {h.region_id: h.region for h in hospitals} if managing_staff.rank(ctx.caller.role) >= 2 else {}
    return GiveForm(
        roles=[(str(role), ROLE_WORDS[role]) for role in managing_staff.roles_to_give(ctx.caller.role)],
        hospitals=hospitals,
        regions=sorted(regions.items(), key=lambda pair: pair[1]),
        here=ctx.caller.tenant_id,
    )


@get("/staff/new", needs=May.MANAGE_STAFF, page="admin/new_staff.html", title="Add staff", section="staff")
async def new_staff(ctx: Context) -> GiveForm:
    """The form for somebody new."""
    return await _form(ctx)


@post("/staff", needs=May.MANAGE_STAFF, created="/staff/{page.id}")
async def add_staff(ctx: Context, given: m.NewStaff) -> StaffMade:
    """Add somebody with a first password and a first role."""
    return StaffMade(await managing_staff.add_staff(ctx, given))


@get(
    "/staff/{staff_id}",
    needs=May.MANAGE_STAFF,
    access=access_staff,
    page="admin/person.html",
    title="{page.person.given} {page.person.family}",
    section="staff",
)
async def person(ctx: Context, staff: m.StaffScope) -> PersonPage:
    """One member of staff: roles, sessions, and what the caller may change."""
    held = await managed.assignments(ctx.db, staff_ids=[staff.person.id])
    own = staff.person.id == ctx.caller.id
    mine = {a.id for a in held if _may_take(ctx, staff, a)}
    return PersonPage(
        person=staff.person,
        roles=[_held(a, mine=a.id in mine and not own) for a in held],
        form=await _form(ctx),
        whole=len(mine) == len(held),
        own=own,
    )


def _may_take(ctx: Context, staff: m.StaffScope, held: m.AssignmentRow) -> bool:
    within = managing_staff.rank(held.role) <= managing_staff.rank(ctx.caller.role)
    return within and managing_staff.administers(ctx, staff, held)


@patch("/staff/{staff_id}", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE, versioned=True)
async def change_person(ctx: Context, staff: m.StaffScope, given: m.PersonChange) -> None:
    """Change name, title and letters after the name."""
    await managing_staff.change_person(ctx, staff, given)


@post("/staff/{staff_id}/roles", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE)
async def give_role(ctx: Context, staff: m.StaffScope, given: m.NewRole) -> StaffMade:
    """Give a role; it can be taken up at once."""
    return StaffMade(await managing_staff.give_role(ctx, staff, given))


@delete("/staff/{staff_id}/roles/{assignment_id}", needs=May.MANAGE_STAFF, access=access_role, then=PERSON_PAGE)
async def take_role(ctx: Context, role: m.RoleScope) -> None:
    """Take a role; the person's sessions end within 5 s."""
    await managing_staff.take_role(ctx, role)


@post("/staff/{staff_id}/deactivation", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE)
async def deactivate(ctx: Context, staff: m.StaffScope) -> None:
    """Stop somebody from signing in; their sessions end within 5 s."""
    await managing_staff.set_active(ctx, staff, active=False)


@delete("/staff/{staff_id}/deactivation", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE)
async def activate(ctx: Context, staff: m.StaffScope) -> None:
    """Let somebody sign in again."""
    await managing_staff.set_active(ctx, staff, active=True)


@put("/staff/{staff_id}/password", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE)
async def set_password(ctx: Context, staff: m.StaffScope, given: m.NewPassword) -> None:
    """Give somebody who lost theirs a new first password; their sessions end."""
    await managing_staff.set_password(ctx, staff, given)


@delete("/staff/{staff_id}/sessions", needs=May.MANAGE_STAFF, access=access_staff, then=PERSON_PAGE)
async def end_sessions(ctx: Context, staff: m.StaffScope) -> None:
    """Sign somebody out everywhere; effective within 5 s."""
    await managing_staff.end_sessions(ctx, staff)
