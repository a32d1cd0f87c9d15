"""Managing people: who may change whom, giving and taking roles, ending sessions.

Rules: nobody gives or takes a role above their own; hospital administrators reach their own hospital only; nobody takes
away their own access. Taking something ends the person's sessions, so it is effective everywhere within 5 s.
"""

from uuid import UUID

from wardline.identity import admin_queries as queries
from wardline.identity import passwords
from wardline.identity.admin_models import (
    AssignmentRow,
    ManagedHospital,
    NewPassword,
    NewPerson,
    NewRole,
    NewStaff,
    PersonChange,
    RoleScope,
    StaffRow,
    StaffScope,
)
from wardline.identity.models import seal
from wardline.identity.permissions import ROLE_WORDS, Role
from wardline.identity.queries import ward as ward_of_hospital
from wardline.platform.errors import Conflict, Denied, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id

RANK = {Role.NETWORK_ADMINISTRATOR: 3, Role.REGIONAL_ADMINISTRATOR: 2, Role.HOSPITAL_ADMINISTRATOR: 1}
FIRST_ID = UUID(int=0)


class AddressKnown(Conflict):
    code, title = "address_known", "Somebody has this address already"


class RoleHeld(Conflict):
    code, title = "role_held", "They have this role there already"


class AboveYou(Denied):
    code, title = "above_you", "This is for an administrator above you"


on_constraint(
    "staff_email_key",
    lambda: AddressKnown("Find them in the list of staff and give them a role. If they are not in your list, they work at "
                         "another hospital: ask an administrator of the region or the network."),
)  # fmt: skip
on_constraint("assignment_once", RoleHeld)
on_constraint("staff_email_check", lambda: Invalid(fields={"email": "This is not an email address."}))


def rank(role: str) -> int:
    """How far up a role stands: clinical and other work is 0."""
    return RANK.get(Role(role), 0) if role in Role.__members__.values() else 0


def roles_to_give(own: str) -> list[Role]:
    """The roles that somebody with this role may give."""
    return [role for role in Role if role is not Role.PATIENT and rank(role) <= rank(own)]


async def administered(ctx: Context) -> list[ManagedHospital]:
    """The hospitals that the caller administers now, in use or not: asked anew each time."""
    who = ctx.caller
    return await queries.administered(ctx.db, role=who.role, hospital_id=who.tenant_id, staff_id=who.id)


def regions_of(ctx: Context, hospitals: list[ManagedHospital]) -> list[UUID]:
    """The regions that the caller administers whole."""
    return sorted({h.region_id for h in hospitals}) if rank(ctx.caller.role) >= 2 else []


async def access_staff(ctx: Context, staff_id: UUID) -> StaffScope:
    """Somebody who works, or worked, where the caller administers; NotFound otherwise."""
    hospitals = await administered(ctx)
    hospital_ids, region_ids = [h.id for h in hospitals], regions_of(ctx, hospitals)
    person = await queries.staff_member(
        ctx.db, staff_id=staff_id, everyone=_everyone(ctx), hospital_ids=hospital_ids, region_ids=region_ids
    )
    if person is None:
        raise NotFound("There is no such member of staff here.")
    return StaffScope(
        hospital_id=ctx.caller.tenant_id,
        person=person,
        hospital_ids=tuple(hospital_ids),
        region_ids=tuple(region_ids),
        seal=seal(),
    )


async def access_role(ctx: Context, staff_id: UUID, assignment_id: UUID) -> RoleScope:
    """A role that such a person holds now, where the caller administers."""
    scope = await access_staff(ctx, staff_id)
    held = await queries.assignments(ctx.db, staff_ids=[staff_id])
    found = next((a for a in held if a.id == assignment_id and administers(ctx, scope, a)), None)
    if found is None:
        raise NotFound("They do not have this role.")
    return RoleScope(
        hospital_id=scope.hospital_id,
        person=scope.person,
        hospital_ids=scope.hospital_ids,
        region_ids=scope.region_ids,
        assignment=found,
        seal=seal(),
    )


def _everyone(ctx: Context) -> bool:
    return ctx.caller.role == Role.NETWORK_ADMINISTRATOR


def administers(ctx: Context, scope: StaffScope, held: AssignmentRow | NewRole) -> bool:
    """Whether the caller looks after the place of this role."""
    if _everyone(ctx):
        return True
    if held.hospital_id is not None:
        return held.hospital_id in scope.hospital_ids
    return held.region_id is not None and held.region_id in scope.region_ids


async def list_staff(
    ctx: Context, *, q: str, role: str | None, after: tuple[str, str, UUID], rows_max: int
) -> list[StaffRow]:
    """People that the caller administers, by name; `q` is the beginning of a name or address."""
    hospitals = await administered(ctx)
    typed = q.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await queries.staff(
        ctx.db,
        everyone=_everyone(ctx),
        hospital_ids=[h.id for h in hospitals],
        region_ids=regions_of(ctx, hospitals),
        prefix=f"{typed}%",
        role=role,
        after_family=after[0],
        after_given=after[1],
        after_id=after[2],
        rows_max=rows_max,
    )


async def _check_gift(ctx: Context, given: NewRole, hospitals: list[ManagedHospital]) -> None:
    """The role fits its place, is not above the caller's own, and the place is the caller's to give."""
    if given.role is Role.PATIENT:
        raise Invalid(fields={"role": "Patients are not staff."})
    if rank(given.role) > rank(ctx.caller.role):
        raise AboveYou(f"{ROLE_WORDS[given.role]} is above your own role.")
    if given.role is Role.NETWORK_ADMINISTRATOR:
        fits = given.hospital_id is None and given.region_id is None
    elif given.role is Role.REGIONAL_ADMINISTRATOR:
        fits = given.hospital_id is None and given.region_id in {h.region_id for h in hospitals}
    else:
        fits = given.region_id is None and given.hospital_id in {h.id for h in hospitals}
    if not fits:
        raise Invalid(fields={"hospital_id": "Choose a place that fits this role and that you look after."})
    if given.ward_id is not None:
        there = given.hospital_id == ctx.caller.tenant_id and await ward_of_hospital(
            ctx.db, hospital_id=ctx.caller.tenant_id, ward_id=given.ward_id
        )
        if not there:
            raise Invalid(fields={"ward_id": "Choose a ward of the hospital you work at now."})


def place_of(given: NewStaff | NewRole) -> NewRole:
    """The role with the place that it takes, whatever else the form sent along."""
    network = given.role is Role.NETWORK_ADMINISTRATOR
    region = given.role is Role.REGIONAL_ADMINISTRATOR
    return NewRole(
        role=given.role,
        hospital_id=None if network or region else given.hospital_id,
        region_id=given.region_id if region else None,
        ward_id=None if network or region else given.ward_id,
    )


async def add_staff(ctx: Context, given: NewStaff) -> UUID:
    """Somebody new, with a first password and a first role."""
    email = given.email.strip().lower()
    if "@" not in email[1:-1]:
        raise Invalid(fields={"email": "This is not an email address."})
    try:
        passwords.check_new(given.password, email)
    except Invalid as wrong:
        raise Invalid(fields={"password": wrong.fields["new_password"]}) from None
    role = place_of(given)
    await _check_gift(ctx, role, await administered(ctx))
    staff_id = new_id()
    person = NewPerson(
        email=email, family=given.family, given=given.given, title=given.title, post_nominal=given.post_nominal
    )
    await queries.insert_staff(
        ctx.db,
        person,
        staff_id=staff_id,
        email=email,
        password_hash=await passwords.hash_password(given.password),
        must_change=True,
        actor_id=ctx.caller.id,
    )
    ctx.record("staff.added", subject_id=staff_id)
    await _give(ctx, staff_id, role)
    return staff_id


async def give_role(ctx: Context, scope: StaffScope, given: NewRole) -> UUID:
    """One more role; it can be taken up at once under Switch hospital."""
    role = place_of(given)
    await _check_gift(ctx, role, await administered(ctx))
    if not scope.person.active:
        raise Conflict("This person may not sign in. Let them sign in again first.")
    return await _give(ctx, scope.person.id, role)


async def _give(ctx: Context, staff_id: UUID, role: NewRole) -> UUID:
    assignment_id = new_id()
    await queries.insert_assignment(
        ctx.db, role, assignment_id=assignment_id, staff_id=staff_id, actor_id=ctx.caller.id
    )
    ctx.record("role.given", subject_type="staff", subject_id=staff_id, detail=_said(role))
    return assignment_id


def _said(role: NewRole | AssignmentRow) -> dict[str, str]:
    place = role.hospital_id or role.region_id
    return {"role": str(role.role)} | ({"place_id": str(place)} if place else {})


async def take_role(ctx: Context, scope: RoleScope) -> None:
    """Take a role; the person's sessions end."""
    _not_oneself(ctx, scope)
    if rank(scope.assignment.role) > rank(ctx.caller.role):
        raise AboveYou
    await queries.end_assignment(ctx.db, assignment_id=scope.assignment.id)
    await _end_sessions(ctx, scope, "role_taken")
    ctx.record("role.taken", subject_type="staff", subject_id=scope.person.id, detail=_said(scope.assignment))


def _not_oneself(ctx: Context, scope: StaffScope) -> None:
    if scope.person.id == ctx.caller.id:
        raise Denied("Nobody takes away their own access. Ask another administrator.")


async def _wholly_mine(ctx: Context, scope: StaffScope) -> None:
    """Denied unless every role of the person is within the caller's reach and not above the caller's."""
    for held in await queries.assignments(ctx.db, staff_ids=[scope.person.id]):
        if rank(held.role) > rank(ctx.caller.role) or not administers(ctx, scope, held):
            raise AboveYou(
                "This person also has a role that you do not look after. Take the roles you look after instead."
            )


async def change_person(ctx: Context, scope: StaffScope, given: PersonChange) -> None:
    """Change name, title and letters after the name."""
    await _wholly_mine(ctx, scope)
    if given.whole_form:
        given.title, given.post_nominal = given.title or "", given.post_nominal or ""
    assert ctx.version is not None
    if await queries.update_staff(ctx.db, given, staff_id=scope.person.id, version=ctx.version) is None:
        raise Stale(current=scope.person)
    ctx.record("staff.changed", subject_id=scope.person.id)


async def set_active(ctx: Context, scope: StaffScope, active: bool) -> None:
    """Let somebody sign in, or not any more; their sessions end."""
    _not_oneself(ctx, scope)
    await _wholly_mine(ctx, scope)
    await queries.set_active(ctx.db, staff_id=scope.person.id, active=active)
    if not active:
        await _end_sessions(ctx, scope, "deactivated")
    ctx.record("staff.activated" if active else "staff.deactivated", subject_id=scope.person.id)


async def set_password(ctx: Context, scope: StaffScope, given: NewPassword) -> None:
    """A new first password for somebody who lost theirs; their sessions end."""
    _not_oneself(ctx, scope)
    await _wholly_mine(ctx, scope)
    passwords.check_new(given.new_password, scope.person.email or "")
    hashed = await passwords.hash_password(given.new_password)
    await queries.set_first_password(ctx.db, staff_id=scope.person.id, password_hash=hashed)
    await _end_sessions(ctx, scope, "password_set")
    ctx.record("password.set", subject_type="staff", subject_id=scope.person.id)


async def end_sessions(ctx: Context, scope: StaffScope) -> None:
    """Sign somebody out everywhere the caller looks after."""
    await _end_sessions(ctx, scope, "ended_by_administrator")
    ctx.record("sessions.ended", subject_type="staff", subject_id=scope.person.id)


async def _end_sessions(ctx: Context, scope: StaffScope, reason: str) -> None:
    await queries.end_sessions_of(
        ctx.db, staff_id=scope.person.id, hospital_ids=list(scope.hospital_ids), reason=reason
    )


def already_there(constraint: str | None) -> str:
    """Which unique name was taken, in words for the command line."""
    return {
        "staff_email_key": "somebody has this address already",
        "hospital_code_key": "a hospital has this code already",
        "hospital_name_key": "a hospital has this name already",
    }.get(constraint or "", "this is there already")
