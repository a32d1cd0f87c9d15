"""Another program's checks are asked before the transaction of a signature opens: while it thinks, no connection and no lock
of the database waits with it. The transaction then takes the answer only for exactly what was asked (`external.said_of`).
"""

from collections.abc import Sequence
from uuid import UUID

from wardline.orders import actions, external, knowledge, queries, views
from wardline.orders.external import Answered
from wardline.orders.forms import BasketAsked, ChangedLine, SignedBasket
from wardline.patients.public import PatientScope, access_patient, today
from wardline.platform.errors import Problem
from wardline.platform.http import Context


async def of_preview(ctx: Context, patient_id: UUID, typed: BasketAsked) -> Answered | None:
    """What it says of the lines that are looked at."""
    return await _of_patient(ctx, patient_id, [*typed.lines, typed.line], without=typed.without)


async def of_basket(ctx: Context, patient_id: UUID, basket: SignedBasket) -> Answered | None:
    """What it says of the basket that is about to be signed."""
    return await _of_patient(ctx, patient_id, basket.lines)


async def of_change(ctx: Context, medicine_id: UUID, new: ChangedLine) -> Answered | None:
    """What it says of the line that is about to take the place of an order's."""
    if not external.name():
        return None
    try:
        row = await actions.access_medicine(ctx, medicine_id)
    except Problem:
        return None  # the transaction refuses, in its own words
    return await _of_patient(ctx, row.person_id, [new.line], without=row.id)


async def _of_patient(
    ctx: Context, patient_id: UUID, typed: Sequence[str], *, without: UUID | None = None
) -> Answered | None:
    lines = [line for line in typed if line.strip()]
    if not external.name() or not lines:
        return None
    try:
        patient = await access_patient(ctx, patient_id)
    except Problem:
        return None
    hook, asked = await _question(ctx, patient, lines, without)
    return await external.ask(hook, asked)


async def _question(
    ctx: Context, patient: PatientScope, lines: Sequence[str], without: UUID | None
) -> tuple[external.Hook, external.Asked]:
    """What is asked, read on a connection that goes back before the answer is waited for."""
    rules = knowledge.current()
    async with ctx.db.one_connection() as one:
        person = await views.patient_of(one, patient, today(ctx), ctx.now)
        rows = await queries.medicines_of(one, patient, limit=queries.MEDICINES_MAX)
    others = views.others_of(rows, rules, ctx.now, without=without)
    reads = views.read_lines(lines, person, others, rules)
    drafts = [read.read.line for read in reads]
    asked = external.Asked(
        patient_id=patient.person_id, user_id=ctx.caller.id, patient=person, drafts=drafts, standing=others
    )
    return views.hook_of(reads), asked
