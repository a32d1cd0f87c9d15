"""From one store to another: it leaves the one when it is sent, and comes into the other when somebody receives it.

Between the two it lies in neither, and stands on the list of what is on its way. What does not arrive stays on the transfer,
with the reason, for everybody to see.
"""

from uuid import UUID

from wardline.platform.errors import Conflict, Invalid, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import ledger, paper_queries
from wardline.stock.actions import signed
from wardline.stock.forms import Arrived, NewTransfer
from wardline.stock.models import Move, StoreScope, Transfer, TransferLine, TransferScope
from wardline.stock.scopes import access_store


class NotOnItsWay(Conflict):
    """The transfer was received before."""

    code, title = "not_on_its_way", "This transfer is not on its way"


async def send(ctx: Context, store: StoreScope, new: NewTransfer) -> Transfer:
    """Takes lots out of a store for another one. A controlled drug goes to a controlled cabinet only."""
    if new.to_store_id == store.id:
        raise Invalid(fields={"to_store_id": "It lies in this store already."})
    target = await access_store(ctx, new.to_store_id)
    lines = [line for line in pairs(new.lots, new.quantities) if line[1]]
    second = await signed(ctx, new)
    transfer_id = new_id()
    held = await ledger.take(ctx, store, lines, kind=Move.TRANSFER_OUT, reference=transfer_id, witness=second)
    if target.kind != "controlled" and any(lot.is_controlled for lot in held):
        raise ledger.WrongStore(f"{target.name} is no controlled cabinet. Nothing was moved.")
    sent = dict(lines)
    await paper_queries.insert_transfer(
        ctx.db, store, transfer_id=transfer_id, to_store_id=target.id, actor_id=ctx.caller.id, now=ctx.now
    )
    await paper_queries.insert_transfer_lines(
        ctx.db, store, transfer_id=transfer_id, lot_ids=list(sent), quantities=list(sent.values())
    )
    ctx.record("transfer.sent", subject_id=transfer_id, detail={"to": str(target.id), "lots": len(lines)})
    ctx.touch(f"stock_hospital:{store.hospital_id}")
    return await transfer_with_lines(ctx, transfer_id)


async def receive(ctx: Context, scope: TransferScope, given: Arrived) -> Transfer:
    """Puts what arrived into the other store. Each lot of the transfer is named; less than was sent needs a reason."""
    version = ctx.version
    assert version is not None, "the route is versioned"
    store = await access_store(ctx, scope.to_store_id)
    arrived = dict(pairs(given.lots, given.quantities))
    lines = await paper_queries.transfer_lines(ctx.db, hospital_id=scope.hospital_id, transfers=[scope.id])
    is_short = _is_short(lines, arrived)
    if is_short and len(given.reason.strip()) < 3:
        raise Invalid(fields={"reason": "Less arrived than was sent. What happened to the rest?"})
    second = await signed(ctx, given)
    done = await paper_queries.receive_transfer(
        ctx.db,
        scope,
        state="received_short" if is_short else "received",
        reason=given.reason.strip(),
        version=version,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if done is None:
        await _refuse(ctx, scope, version)
    await paper_queries.note_arrived(ctx.db, scope, lot_ids=list(arrived), quantities=list(arrived.values()))
    if any(line.is_controlled for line in lines) and second is None:
        raise ledger.WitnessMissing("A controlled drug is among it: a second person signs with email and password.")
    coming = [(lot_id, quantity) for lot_id, quantity in arrived.items() if quantity]
    if coming:
        await ledger.bring(
            ctx, store, coming, kind=Move.TRANSFER_IN, reference=scope.id, witness=second, reason=given.reason
        )
    ctx.record("transfer.received", subject_id=scope.id, detail={"short": is_short})
    ctx.touch(f"stock_hospital:{scope.hospital_id}")
    return await transfer_with_lines(ctx, scope.id)


async def transfer_with_lines(ctx: Context, transfer_id: UUID) -> Transfer:
    """A transfer of the caller's hospital with its lots."""
    found = await paper_queries.transfer(ctx.db, hospital_id=ctx.caller.tenant_id, transfer_id=transfer_id)
    assert found is not None, "an access check or this transaction has seen it"
    found.lines = await paper_queries.transfer_lines(ctx.db, hospital_id=ctx.caller.tenant_id, transfers=[transfer_id])
    return found


def pairs(ids: list[UUID], quantities: list[int]) -> list[tuple[UUID, int]]:
    """Ids with the quantity at the same place of the other list; each id once."""
    if len(ids) != len(quantities):
        raise Invalid(fields={"quantities": "One quantity for each line."})
    if len(set(ids)) < len(ids):
        raise Invalid(fields={"lots": "Each one once."})
    return list(zip(ids, quantities, strict=True))


def _is_short(lines: list[TransferLine], arrived: dict[UUID, int]) -> bool:
    if arrived.keys() != {line.lot_id for line in lines}:
        raise Invalid(fields={"lots": "Say of each lot that was sent how much arrived; 0 for none."})
    for line in lines:
        if arrived[line.lot_id] > line.sent:
            raise Invalid(fields={"quantities": f"{line.name}, lot {line.number}: only {line.sent} were sent."})
    return any(arrived[line.lot_id] < line.sent for line in lines)


async def _refuse(ctx: Context, scope: TransferScope, version: int) -> None:
    found = await paper_queries.transfer(ctx.db, hospital_id=scope.hospital_id, transfer_id=scope.id)
    assert found is not None, "the access check has seen it"
    if found.version != version and found.state == "sent":
        raise Stale("The transfer was changed meanwhile.", current={"version": found.version})
    raise NotOnItsWay(f"It was received by {found.received_by or 'somebody'} before.", state=found.state)
