"""HTTP of the outbox beside the forms themselves: the key to what waits, copies that were opened without a network, and
entries that were discarded."""

import base64
import re

from wardline.desk import offline
from wardline.desk import outbox_queries as queries
from wardline.desk.outbox_models import Acknowledgement, Discard, NewDiscard, Openings, OutboxKey, Told
from wardline.identity.public import May
from wardline.platform import tokens
from wardline.platform.errors import BadRequest
from wardline.platform.http import SIGNED_IN, Context, Listing, get, post
from wardline.platform.http.later import AUTHOR

_LISTED = re.compile(rf"({'|'.join(offline.PAGES)})")


def _owner(ctx: Context) -> tuple[str, str]:
    return str(ctx.caller.id), str(ctx.caller.tenant_id)


def _require_author(ctx: Context) -> None:
    """BadRequest where the device does not say whose doing it tells; the door has compared what it says."""
    if AUTHOR not in ctx.headers:
        raise BadRequest("Say in Wardline-Author who did this.")


@get("/outbox/key", needs=SIGNED_IN, load_class="charting")
async def key(ctx: Context) -> OutboxKey:
    """The key to what waits on a device for the caller at this hospital: always the same, and nobody else's."""
    owner = _owner(ctx)
    return OutboxKey(" ".join(owner), base64.b64encode(tokens.secret_of("outbox", owner)).decode())


@post("/outbox/openings", needs=SIGNED_IN, keyed=False)
async def tell_openings(ctx: Context, told: Openings) -> Told:
    """Tell which copies the caller opened without a network. Each is one entry of the record, however often it is told."""
    _require_author(ctx)
    if not all(_LISTED.fullmatch(each.path) for each in told.openings):
        raise BadRequest("Only listed pages are kept as copies.")
    unique = {each.id: each for each in told.openings}.values()
    opened = await queries.insert_openings(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        staff_id=ctx.caller.id,
        ids=[each.id for each in unique],
        people=[each.patient_id for each in unique],
        pages=[each.path for each in unique],
        times=[min(each.opened_at, ctx.now) for each in unique],
        now=ctx.now,
    )
    for each in opened:
        ctx.record(
            "copy.read" if each.person_id else "ward_copy.read",
            person_id=each.person_id,
            subject_type="copy",
            subject_id=each.id,
            detail={"page": each.page, "opened_at": each.opened_at.isoformat()},
        )
    return Told(len(opened))


@post("/outbox/discards", needs=SIGNED_IN)
async def tell_discard(ctx: Context, new: NewDiscard) -> None:
    """Tell that an entry of the caller was not sent: what, for whom, when and, where they said so, why."""
    _require_author(ctx)
    owner = {"hospital_id": ctx.caller.tenant_id, "staff_id": ctx.caller.id}
    for person_id in await queries.insert_discard(ctx.db, new, **owner, now=ctx.now):
        times = {"entered_at": new.entered_at.isoformat(), "discarded_at": new.discarded_at.isoformat()}
        detail = {"entry": new.id, "has_reason": bool(new.reason), **times}
        ctx.record("entry.discarded", person_id=person_id, detail=detail)


@get("/outbox/discards", needs=May.READ_CHART, page="desk/discards.html", title="Not sent")
async def discards(ctx: Context) -> Listing[Discard]:
    """What the caller entered without a network and then discarded, until they acknowledge it."""
    owner = {"hospital_id": ctx.caller.tenant_id, "staff_id": ctx.caller.id}
    rows = await queries.open_discards(ctx.db, **owner)
    for row in rows:
        if row.person_id:
            ctx.saw("patient", row.person_id, row.person_id)
    return Listing(rows)


@post("/outbox/acknowledgements", needs=SIGNED_IN, then="/outbox/discards")
async def acknowledge(ctx: Context, seen: Acknowledgement) -> None:
    """Say that the caller has seen that an entry of theirs was not sent. Again is nothing."""
    owner = {"hospital_id": ctx.caller.tenant_id, "staff_id": ctx.caller.id}
    for person_id in await queries.acknowledge(ctx.db, **owner, discard_id=seen.id, now=ctx.now):
        ctx.record("entry.acknowledged", person_id=person_id, detail={"entry": seen.id})
