"""Signing in and out, switching hospital, changing a password."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from wardline.identity import passwords, queries
from wardline.identity.models import ChangePassword, Place, Session, SignIn, SwitchHospital
from wardline.identity.sessions import LIFE_MAX, token_hash
from wardline.platform.attempts import attempts
from wardline.platform.errors import Denied, Invalid, NotFound, NotSignedIn, TooMany
from wardline.platform.http import Context
from wardline.platform.http.door import COOKIE
from wardline.platform.ids import new_id

PLACE_COOKIE = "__Host-wardline-place"
FAILURE_WINDOW = timedelta(minutes=15)
ACCOUNT_FROM_ADDRESS_FAILURES_MAX = 5  # one person at one address
ACCOUNT_FAILURES_MAX = 50  # one account from everywhere
ADDRESS_FAILURES_MAX = 300  # a whole hospital may sit behind one address
ADDRESS_ATTEMPTS_MAX = 3_000  # in a minute, right or wrong: more than the change of shift of the largest hospital


class SignInRefused(NotSignedIn):
    code, title = "sign_in_refused", "The email or the password is not right"


def subject(*parts: str) -> str:
    """Who failed, as a hash: the table must not become a list of addresses and clients."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _limits(email: str, client: str) -> list[tuple[str, int]]:
    return [
        (subject("account-at", email, client), ACCOUNT_FROM_ADDRESS_FAILURES_MAX),
        (subject("account", email), ACCOUNT_FAILURES_MAX),
        (subject("address", client), ADDRESS_FAILURES_MAX),
    ]


async def sign_in(ctx: Context, given: SignIn) -> Session:
    """Check the password within the limits and open a session at the chosen hospital, or the first one."""
    db = ctx.db
    if await attempts().add("sign-in", ctx.client) > ADDRESS_ATTEMPTS_MAX:
        again = attempts().seconds_left()
        raise TooMany("Too many sign-ins from one place. Wait a minute.", retry_after_seconds=again)
    email = given.email.strip().lower()
    limits = _limits(email, ctx.client)
    for who, failures_max in limits:
        if await queries.failures_since(db, subject=who, since=ctx.now - FAILURE_WINDOW) >= failures_max:
            raise TooMany("Too many failed sign-ins. Wait 15 minutes, or ask the help desk.", retry_after_seconds=900)
    candidate = await queries.candidate(db, email=email)
    fits = await passwords.verify(candidate.password_hash if candidate else None, given.password)
    if candidate is None or not fits or not candidate.active:
        for who, _ in limits:
            await queries.insert_failure(db, subject=who, failure_id=new_id())
        raise SignInRefused
    await queries.forget_failures(db, subject=limits[0][0])
    places = await queries.places(db, staff_id=candidate.id)
    session = await open_session(ctx, candidate.id, _choose(places, given.hospital))
    opened = {"id": str(new_id()), "action": "session.opened", "subject_type": "session", "subject_id": str(session.id)}
    await queries.record_sign_in(db, session, request_id=ctx.request_id, client=ctx.client[:200], changes=[opened])
    return session


def _choose(places: list[Place], hospital: str | None) -> Place:
    wanted = [
        p
        for p in places
        if hospital is None or hospital.upper() in (p.hospital_code.upper(), str(p.hospital_id).upper())
    ]
    if not wanted:
        raise Denied("You have no role there.")
    return wanted[0]


async def open_session(ctx: Context, staff_id: UUID, place: Place) -> Session:
    """A fresh token for this person at this place; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session = Session(
        id=new_id(),
        token=token,
        expires_at=ctx.now + LIFE_MAX,
        staff_id=staff_id,
        name=place.staff_name,
        role=place.role,
        hospital_id=place.hospital_id,
        hospital=place.hospital,
    )
    await queries.insert_session(
        ctx.db,
        token_hash=token_hash(token),
        session_id=session.id,
        staff_id=staff_id,
        assignment_id=place.assignment_id,
        hospital_id=place.hospital_id,
        expires_at=session.expires_at,
        client=ctx.client,
    )
    return session


def set_session_cookie(ctx: Context, session: Session) -> None:
    """Give the browser its session; `__Host-` binds it to this host, Lax keeps it from other sites' writes.

    The second cookie says at which hospital, for the proxy in front: it sends a hospital's people to one web node, where
    what they look at is rendered already. It is no secret, and no right comes of it.
    """
    ctx.set_cookie(f"{COOKIE}={session.token}; Path=/; Secure; HttpOnly; SameSite=Lax")
    ctx.set_cookie(f"{PLACE_COOKIE}={session.hospital_id.hex}; Path=/; Secure; HttpOnly; SameSite=Lax")


def clear_session_cookie(ctx: Context) -> None:
    """Take the session from the browser."""
    for name in (COOKIE, PLACE_COOKIE):
        ctx.set_cookie(f"{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")


async def sign_out(ctx: Context) -> None:
    """End the caller's session in every process."""
    await queries.end_session(ctx.db, session_id=ctx.caller.session_id, reason="signed_out")
    ctx.record("session.ended", subject_id=ctx.caller.session_id)
    clear_session_cookie(ctx)


async def switch_hospital(ctx: Context, wanted: SwitchHospital) -> Session:
    """Work at another hospital or in another role that the caller has: a new session, the old one ends."""
    places = [
        p
        for p in await queries.places(ctx.db, staff_id=ctx.caller.id)
        if p.hospital_id == wanted.hospital_id and wanted.role in (None, p.role)
    ]
    if not places:
        raise NotFound
    await queries.end_session(ctx.db, session_id=ctx.caller.session_id, reason="switched")
    session = await open_session(ctx, ctx.caller.id, places[0])
    ctx.record("session.switched", subject_id=session.id, detail={"to_hospital_id": str(wanted.hospital_id)})
    return session


async def change_password(ctx: Context, change: ChangePassword) -> None:
    """Set a new password after checking the current one; other sessions of the person end."""
    failed = subject("password", str(ctx.caller.id))
    apart = ctx.db.scoped(None)  # a failure stays counted although this request's transaction is undone
    if (
        await queries.failures_since(apart, subject=failed, since=ctx.now - FAILURE_WINDOW)
        >= ACCOUNT_FROM_ADDRESS_FAILURES_MAX
    ):
        raise TooMany("Too many wrong passwords. Wait 15 minutes, or ask the help desk.", retry_after_seconds=900)
    candidate = await queries.candidate_by_id(ctx.db, staff_id=ctx.caller.id)
    if candidate is None or not await passwords.verify(
        candidate.password_hash, change.current_password, waiting_max=passwords.WAITING_IN_TRANSACTION_MAX
    ):
        await queries.insert_failure(apart, subject=failed, failure_id=new_id())
        raise Invalid(fields={"current_password": "This is not your current password."})
    passwords.check_new(change.new_password)
    await queries.set_password(
        ctx.db, staff_id=ctx.caller.id, password_hash=await passwords.hash_password(change.new_password)
    )
    await queries.end_sessions(
        ctx.db, staff_id=ctx.caller.id, reason="password_changed", except_id=ctx.caller.session_id
    )
    ctx.record("password.changed", subject_type="staff", subject_id=ctx.caller.id)
