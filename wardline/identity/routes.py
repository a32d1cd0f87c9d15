"""Sessions over HTTP: the sign-in page, signing in and out, switching hospital, changing a password."""

from uuid import UUID

import msgspec

from wardline.identity import actions, devices, queries
from wardline.identity.models import ChangePassword, MyPlace, Session, SignIn, SwitchHospital
from wardline.identity.permissions import May
from wardline.platform.errors import Denied, NotSignedIn, TooMany
from wardline.platform.http import ANYONE, SIGNED_IN, Context, Listing, Page, Redirect, delete, get, post


class SignInProblem(msgspec.Struct):
    code: str
    title: str
    detail: str = ""
    fields: dict[str, str] = {}


class SignInPage(msgspec.Struct):
    problem: SignInProblem | None = None
    email: str = ""


class Me(msgspec.Struct):
    """Who is signed in, where, and what the role may do."""

    id: UUID
    name: str
    role: str
    hospital_id: UUID
    hospital: str
    permissions: list[str]


@get("/sign-in", needs=ANYONE, load_class="medication")
async def sign_in_page(ctx: Context) -> Page | Redirect:
    """The sign-in page; somebody signed in is sent on."""
    if ctx.signed_in:
        return Redirect("/")
    return Page("signin.html", SignInPage(), "Sign in")


@post(
    "/sessions",
    needs=ANYONE,
    keyed=False,
    transaction=False,
    created="/sessions/current",
    then="/",
    load_class="sign_in",
)
async def sign_in(ctx: Context, given: SignIn) -> Session:
    """Sign in: a browser gets a cookie, a program a token to send as a bearer token."""
    try:
        session = await actions.sign_in(ctx, given)
    except (NotSignedIn, TooMany, Denied) as problem:
        shown = SignInProblem(problem.code, problem.title, problem.detail)
        problem.page = Page("signin.html", SignInPage(shown, given.email[:200]), "Sign in", status=problem.status)
        raise
    if ctx.html:
        actions.set_session_cookie(ctx, session)
        session.token = ""
    return session


@get("/sessions/current", needs=SIGNED_IN)
async def who_am_i(ctx: Context) -> Me:
    """The signed-in person, the hospital and the permissions."""
    who = ctx.caller
    return Me(who.id, who.display_name, who.role, who.tenant_id, who.tenant_name, sorted(who.permissions))


@delete("/sessions/current", needs=SIGNED_IN, keyed=False, then="/sign-in", load_class="always")
async def sign_out(ctx: Context) -> None:
    """Sign out; the session ends everywhere within 5 seconds."""
    await actions.sign_out(ctx)


@get("/hospitals/mine", needs=SIGNED_IN, page="identity/hospitals.html", title="Switch hospital")
async def my_hospitals(ctx: Context) -> Listing[MyPlace]:
    """The hospitals where the caller has a role, with the role; a new one is there at once."""
    who = ctx.caller
    return Listing(
        [
            MyPlace(
                p.hospital_id, p.hospital_code, p.hospital, p.role, (p.hospital_id, p.role) == (who.tenant_id, who.role)
            )
            for p in await queries.places(ctx.db, staff_id=who.id)
        ]
    )


@post("/sessions/current/hospital", needs=SIGNED_IN, keyed=False, secret=True, then="/")
async def switch_hospital(ctx: Context, wanted: SwitchHospital) -> Session:
    """Work at another hospital; the session is renewed."""
    session = await actions.switch_hospital(ctx, wanted)
    if ctx.html:
        actions.set_session_cookie(ctx, session)
        session.token = ""
    return session


@get("/password", needs=SIGNED_IN, page="identity/password.html", title="Change password")
async def password_page(ctx: Context) -> Me:
    """The form for a new password."""
    return await who_am_i(ctx)


@post("/password", needs=SIGNED_IN, keyed=False, then="/")
async def change_password(ctx: Context, change: ChangePassword) -> None:
    """Change the caller's password."""
    await actions.change_password(ctx, change)


class Device(msgspec.Struct):
    """Whether the device that asks is registered as one of the hospital's own."""

    hospital: str
    registered: bool


@get("/device", needs=May.MANAGE_WARDS, page="identity/device.html", title="This device", section="places")
async def device(ctx: Context) -> Device:
    """Whether this device is one of the hospital's own."""
    return Device(ctx.caller.tenant_name, devices.device_is_ours(ctx))


@post("/device", needs=May.MANAGE_WARDS, keyed=False, then="/device")
async def register_device(ctx: Context) -> None:
    """Register this device as one of the hospital's own: where the setting says so, only these keep offline copies."""
    devices.register(ctx)


@delete("/device", needs=May.MANAGE_WARDS, keyed=False, then="/device")
async def forget_device(ctx: Context) -> None:
    """Take the registration of this device back."""
    devices.forget(ctx)
