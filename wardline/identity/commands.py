"""Command line: the first administrator, and more of them when nobody can sign in to make one."""

import asyncio
import contextlib
import re
import sys
from uuid import UUID

import asyncpg
import click
import msgspec

from wardline.identity import admin_queries as queries
from wardline.identity import managing_staff, passwords
from wardline.identity.admin_models import NewHospital, NewPerson, NewRole
from wardline.identity.permissions import Role
from wardline.platform import clock, database, settings
from wardline.platform.db import Db, Pool
from wardline.platform.errors import Problem
from wardline.platform.ids import new_id

ADMINISTRATORS = (Role.NETWORK_ADMINISTRATOR, Role.REGIONAL_ADMINISTRATOR, Role.HOSPITAL_ADMINISTRATOR)


class Wanted(msgspec.Struct):
    """What was asked for on the command line."""

    email: str
    given: str
    family: str
    role: Role
    hospital: str | None
    hospital_name: str | None
    region_name: str


@click.group("admin")
def admin() -> None:
    """Look after who runs the network."""


@admin.command("create")
@click.option("--email", required=True, help="Address to sign in with.")
@click.option("--given", required=True, help="Given name.")
@click.option("--family", required=True, help="Family name.")
@click.option(
    "--hospital", help="Code of the hospital, such as NGH; also the code of the first one of an empty network."
)
@click.option(
    "--role",
    type=click.Choice([str(role) for role in ADMINISTRATORS]),
    default=str(ADMINISTRATORS[0]),
    show_default=True,
)
@click.option("--hospital-name", help="Name of the first hospital of an empty network; asked for when it is needed.")
@click.option("--region-name", default="First region", show_default=True, help="Name of its region.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking twice.")
def create(
    email: str, given: str, family: str, hospital: str | None, role: str, hospital_name: str | None, region_name: str,
    password_stdin: bool,
) -> None:  # fmt: skip
    """Make an administrator. The password is asked for twice, or read with --password-stdin.

    People work at a hospital, so on an empty network this makes the first region and hospital too.
    """
    password = _password(password_stdin)
    wanted = Wanted(email.strip().lower(), given, family, Role(role), hospital, hospital_name, region_name)
    try:
        passwords.check_new(password, wanted.email)
        words = asyncio.run(_run(wanted, password, ask=not password_stdin))
    except Problem as problem:
        raise click.ClickException(" ".join(problem.fields.values()) or problem.detail or problem.title) from problem
    click.echo(words)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


async def _run(wanted: Wanted, password: str, *, ask: bool) -> str:
    try:
        address = database.addresses(settings.load()).owner
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from error
    pool = Pool(address, size=1, name="wardline admin")
    try:
        hospital_id, words = await _place(Db(pool, None), wanted, ask=ask)
        async with Db(pool, hospital_id).transaction() as db:
            await _make(db, wanted, password, hospital_id)
        return f"{words}{wanted.email} may sign in as {wanted.role.replace('_', ' ')}."
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError) as error:
        raise click.ClickException("the database does not answer: start `wardline up` and run this again") from error
    except asyncpg.UndefinedTableError as error:
        raise click.ClickException("the database is empty: run `wardline migrate` first") from error
    except asyncpg.UniqueViolationError as error:
        raise click.ClickException(managing_staff.already_there(getattr(error, "constraint_name", None))) from error
    except asyncpg.CheckViolationError as error:
        raise click.ClickException("the address or the hospital's code is not written as one") from error
    finally:
        with contextlib.suppress(OSError):
            await pool.close()


async def _place(db: Db, wanted: Wanted, *, ask: bool) -> tuple[UUID, str]:
    """The hospital to work at: the one named, the only or first one, or a new one on an empty network."""
    found = await queries.all_hospitals(db)
    if found:
        code = (wanted.hospital or found[0].code).upper()
        hospital = next((h for h in found if h.code == code), None)
        if hospital is None:
            raise click.ClickException(f"no hospital has the code {code}")
        return hospital.id, ""
    name = wanted.hospital_name or (click.prompt("Name of the first hospital") if ask else None)
    if name is None:
        raise click.ClickException("the network is empty: name its first hospital with --hospital-name")
    async with db.transaction() as one:
        region_id, hospital_id = new_id(), new_id()
        await queries.insert_region(one, region_id=region_id, code="R1", name=wanted.region_name, actor_id=None)
        given = NewHospital(name=name, code=wanted.hospital or _code(name), region_id=region_id)
        await queries.insert_hospital(one, given, hospital_id=hospital_id, code=given.code.upper(), actor_id=None)
    return hospital_id, f"{name} is the first hospital of this network. "


def _code(name: str) -> str:
    """Northgate General Hospital -> NGH."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    initials = "".join(word[0] for word in words)
    return (initials if len(initials) >= 2 else f"{''.join(words)}XX"[:3]).upper()[:12]


async def _make(db: Db, wanted: Wanted, password: str, hospital_id: UUID) -> None:
    hospital = next(h for h in await queries.all_hospitals(db) if h.id == hospital_id)
    person = NewPerson(email=wanted.email, family=wanted.family, given=wanted.given)
    staff_id = new_id()
    await queries.insert_staff(
        db, person, staff_id=staff_id, email=wanted.email, password_hash=passwords.hash_now(password),
        must_change=False, actor_id=None,
    )  # fmt: skip
    role = NewRole(
        role=wanted.role,
        hospital_id=hospital_id if wanted.role is Role.HOSPITAL_ADMINISTRATOR else None,
        region_id=hospital.region_id if wanted.role is Role.REGIONAL_ADMINISTRATOR else None,
    )
    await queries.insert_assignment(db, role, assignment_id=new_id(), staff_id=staff_id, actor_id=None)
    await queries.record_by_command(
        db, hospital_id=hospital_id, request_id=f"command-{clock.now():%Y%m%d%H%M%S}",
        changes=[{"id": str(new_id()), "action": "staff.added", "subject_type": "staff", "subject_id": str(staff_id),
                  "detail": {"role": str(wanted.role)}}],
    )  # fmt: skip
