"""A second person who signs on the same screen: for high-risk medicines and for the controlled-drug register."""

from uuid import UUID

from wardline.identity import passwords, queries
from wardline.identity.actions import ACCOUNT_FROM_ADDRESS_FAILURES_MAX, FAILURE_WINDOW, subject
from wardline.identity.permissions import OF_ROLE, May, Role
from wardline.platform.errors import Invalid, TooMany
from wardline.platform.http import Context
from wardline.platform.ids import new_id


class NotWitnessed(Invalid):
    """Somebody tried to sign for a colleague and could not; the attempt is kept in the record, never the password."""

    noted = "witness.refused"


async def witness(ctx: Context, email: str, password: str, *, needs: May) -> UUID:
    """The colleague who has just signed as the witness: a staff id to be stored beside the act.

    It is somebody else than the caller, who works at the caller's hospital in a role that holds `needs`. The password is
    checked as at the sign-in; a wrong one is counted, though the request is undone. No session is opened.

    Raises Invalid at the field `witness_email` or `witness_password` (NotWitnessed where somebody was named), and TooMany after
    five wrong passwords.
    """
    name = email.strip().lower()
    if not name or not password:
        missing = "witness_password" if name else "witness_email"
        raise Invalid(fields={missing: "A second person signs here."})
    failed = subject("witness", name, str(ctx.caller.id))
    apart = ctx.db.scoped(None)  # a failure stays counted although this request's transaction is undone
    since = ctx.now - FAILURE_WINDOW
    if await queries.failures_since(apart, subject=failed, since=since) >= ACCOUNT_FROM_ADDRESS_FAILURES_MAX:
        raise TooMany("Too many wrong passwords of the witness. Wait 15 minutes.", retry_after_seconds=900)
    candidate = await queries.candidate(ctx.db, email=name)
    known = candidate if candidate is not None and candidate.active else None
    fits = await passwords.verify(
        known.password_hash if known else None, password, waiting_max=passwords.WAITING_IN_TRANSACTION_MAX
    )
    if known is None or not fits:
        await queries.insert_failure(apart, subject=failed, failure_id=new_id())
        raise _refused(
            known.id if known else None, "witness_password", "The email or the password of the witness is not right."
        )
    if known.id == ctx.caller.id:
        raise _refused(known.id, "witness_email", "The witness is a second person.")
    places = await queries.places(ctx.db, staff_id=known.id)
    if not any(p.hospital_id == ctx.caller.tenant_id and needs in OF_ROLE[Role(p.role)] for p in places):
        raise _refused(known.id, "witness_email", "This colleague may not be the witness here.")
    return known.id


def _refused(staff_id: UUID | None, field: str, words: str) -> NotWitnessed:
    problem = NotWitnessed(fields={field: words})
    problem.about = (None, staff_id)
    return problem
