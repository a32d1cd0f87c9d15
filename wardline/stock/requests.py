"""What a ward asks the pharmacy for: a task of the pharmacists until something is sent, or it is declined or withdrawn."""

from datetime import timedelta
from uuid import UUID

from wardline.platform.errors import Conflict, Invalid, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import keeping_queries, ledger, queries, transfers, ward_queries
from wardline.stock.actions import signed, today_of
from wardline.stock.forms import NewRequest, Sending
from wardline.stock.models import Product, Request, RequestScope, StoreScope, Transfer, WardStockScope
from wardline.stock.rules import first_expiry_first
from wardline.stock.scopes import access_store, product_of
from wardline.stock.shown import marked, tall_man
from wardline.tasks.public import DONE_AT, NewTask, Priority, Rung, Task, end, on_answer, require

TASK = "stock_request"
DONE_AT[TASK] = "/stock/requests/{}"
TASK_WITHIN = timedelta(hours=4)  # own, for a hospital to set: no guideline gives hours


class RequestEnded(Conflict):
    """It was sent, declined or withdrawn before."""

    code, title = "request_ended", "It is not asked for any more"


class NotSent(Conflict):
    """The task ends with what was asked for, not before."""

    code, title = "not_sent", "Send it or decline it"


async def ask(ctx: Context, ward: WardStockScope, new: NewRequest) -> Request:
    """The ward asks for so much of a product, for one of its stores."""
    store = await access_store(ctx, new.store_id)
    if store.ward_id != ward.ward_id:
        raise Invalid(fields={"store_id": "This store is not the ward's."})
    product = tall_man(await product_of(ctx, new.product_id))
    _require_place(product, store)
    if await keeping_queries.is_still_open(ctx.db, store) is None:
        raise Invalid(fields={"store_id": "The store was closed at this moment."})
    request_id = new_id()
    await ward_queries.insert_request(
        ctx.db,
        store,
        request_id=request_id,
        ward_id=ward.ward_id,
        product_id=product.id,
        quantity=new.quantity,
        note=new.note.strip(),
        task_id=await require(ctx, _task(ward, store, product, new, request_id)),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    _report(ctx, request_id, ward.ward_id, "asked", {"quantity": new.quantity, "product": str(product.id)})
    return await request_of(ctx, request_id)


def _require_place(product: Product, store: StoreScope) -> None:
    if not product.active:
        raise Invalid(fields={"product_id": "This product is no longer kept."})
    if product.is_controlled and store.kind != "controlled":
        raise Invalid(fields={"store_id": "A controlled drug goes to a controlled cabinet of the ward."})


def _task(ward: WardStockScope, store: StoreScope, product: Product, new: NewRequest, request_id: UUID) -> NewTask:
    return NewTask(
        hospital_id=ward.hospital_id,
        kind=TASK,
        subject_key=str(request_id),
        ward_id=ward.ward_id,
        person_id=None,
        encounter_id=None,
        title=f"{ward.ward} asks for {new.quantity:,} of {product.name}",
        reason=new.note.strip() or f"For {store.name}.",
        priority=Priority.ROUTINE,
        rung=Rung.PHARMACIST,
        within=TASK_WITHIN,
    )


async def _not_by_hand(ctx: Context, task: Task, answer: str) -> None:
    """Taking it on is free; it is done when something was sent, or it was declined."""
    if answer == "done":
        raise NotSent(f"{task.title}: send it, or decline it with the reason.")


on_answer[TASK] = _not_by_hand


# --- the pharmacy's answer -------------------------------------------------------------------------------------------
async def send(ctx: Context, scope: RequestScope, given: Sending) -> Transfer:
    """Sends it from a store, first expiry first: the transfer is on its way to the ward. Less than was asked for says why."""
    second = await signed(ctx, given)
    found = await _held(ctx, scope)
    if given.quantity > found.quantity:
        raise Invalid(fields={"quantity": f"Only {found.quantity:,} were asked for."})
    if given.quantity < found.quantity and len(given.reason.strip()) < 3:
        raise Invalid(fields={"reason": "Less than was asked for. Why?"})
    source, target = await access_store(ctx, given.from_store_id), await access_store(ctx, found.store_id)
    if source.id == target.id:
        raise Invalid(fields={"from_store_id": "It lies in this store already."})
    lines = await _lots(ctx, source, found, given.quantity)
    transfer = await transfers.move(ctx, source, target, lines, second)
    await _end(ctx, scope, found, state="sent", transfer_id=transfer.id, reason=given.reason)
    return transfer


async def _lots(ctx: Context, source: StoreScope, found: Request, quantity: int) -> list[tuple[UUID, int]]:
    lots = await queries.lots(ctx.db, hospital_id=source.hospital_id, store_id=source.id, product_id=found.product_id)
    lines = first_expiry_first(marked(lots, today_of(ctx)), quantity)
    left = sum(taken for _, taken in lines)
    if left < quantity:
        raise ledger.Short(f"{found.name}: {left:,} may be used in {source.name}, {quantity:,} asked for.", left=left)
    return lines


async def decline(ctx: Context, scope: RequestScope, reason: str) -> Request:
    """Nothing is sent, and the ward reads why."""
    await _end(ctx, scope, await _held(ctx, scope), state="declined", transfer_id=None, reason=reason)
    return await request_of(ctx, scope.id)


async def withdraw(ctx: Context, scope: RequestScope) -> Request:
    """The ward does not want it any more."""
    await _end(ctx, scope, await _held(ctx, scope), state="withdrawn", transfer_id=None, reason="")
    return await request_of(ctx, scope.id)


async def _held(ctx: Context, scope: RequestScope) -> Request:
    """What is asked for, held until the end of the transaction. RequestEnded when it has ended, Stale when it changed."""
    version = await ward_queries.hold_request(ctx.db, scope)
    found = await request_of(ctx, scope.id)
    if version is None:
        raise RequestEnded(f"It was {found.state} by {found.ended_by or 'somebody'} before.", state=found.state)
    if version != ctx.version:
        raise Stale("It was changed meanwhile.", current={"version": version})
    return found


async def _end(
    ctx: Context, scope: RequestScope, found: Request, *, state: str, transfer_id: UUID | None, reason: str
) -> None:
    done = await ward_queries.end_request(
        ctx.db,
        scope,
        state=state,
        transfer_id=transfer_id,
        reason=reason.strip(),
        version=found.version,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    assert done is not None, "it is held"
    await end(ctx, found.task_id)
    _report(ctx, scope.id, scope.ward_id, state, {"reason": reason.strip()})


async def request_of(ctx: Context, request_id: UUID) -> Request:
    """What was asked for, as it is now."""
    found = await ward_queries.request(ctx.db, hospital_id=ctx.caller.tenant_id, request_id=request_id)
    assert found is not None, "an access check or this transaction has seen it"
    return tall_man(found)


def _report(ctx: Context, request_id: UUID, ward_id: UUID, what: str, detail: dict[str, object]) -> None:
    ctx.record(f"request_for_stock.{what}", subject_type="stock_request", subject_id=request_id, detail=detail)
    ctx.touch(f"stock_transfers:{ctx.caller.tenant_id}", f"ward_stock:{ward_id}")
