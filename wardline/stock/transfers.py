"""From one store to another: it leaves the one when it is sent, and comes into the other when somebody receives it.

Between the two it lies in neither, and stands on the list of what is on its way. What does not arrive is written off by the
store that was to have it, with the reason, and stays on the transfer for everybody to see. Until it is received the sender may
take it back, with the reason: it comes into the store that it left.
"""

from uuid import UUID

from wardline.platform.errors import Conflict, Invalid, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import keeping_queries, ledger, paper_queries, ward_queries
from wardline.stock.actions import signed
from wardline.stock.forms import Arrived, NewTransfer
from wardline.stock.models import Move, StoreScope, Transfer, TransferLine, TransferScope
from wardline.stock.scopes import access_store


class NotOnItsWay(Conflict):
    """The transfer was received, or taken back, before."""

    code, title = "not_on_its_way", "This transfer is not on its way"


async def send(ctx: Context, store: StoreScope, new: NewTransfer) -> Transfer:
    """Takes lots out of a store for another one. A controlled drug goes to a controlled cabinet only."""
    if new.to_store_id == store.id:
        raise Invalid(fields={"to_store_id": "It lies in this store already."})
    target = await access_store(ctx, new.to_store_id)
    lines = [line for line in pairs(new.lots, new.quantities) if line[1]]
    return await move(ctx, store, target, lines, await signed(ctx, new))


async def move(
    ctx: Context, store: StoreScope, target: StoreScope, lines: list[tuple[UUID, int]], witness: UUID | None
) -> Transfer:
    """The same with the second person signed already, where there is one."""
    transfer_id = new_id()
    held = await ledger.take(ctx, store, lines, kind=Move.TRANSFER_OUT, reference=transfer_id, witness=witness)
    if await keeping_queries.is_still_open(ctx.db, target) is None:
        raise Conflict(f"{target.name} was closed at this moment. Nothing was moved.")
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
    _touch(ctx, target)
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
    await _end(ctx, scope, "received_short" if is_short else "received", given, version)
    await _into(ctx, store, scope, lines, arrived, given.reason.strip(), second)
    ctx.record("transfer.received", subject_id=scope.id, detail={"short": is_short})
    _touch(ctx, store)
    return await transfer_with_lines(ctx, scope.id)


async def recall(ctx: Context, scope: TransferScope, given: Arrived) -> Transfer:
    """Takes a transfer back on its way: what came back of each lot lies in the store that sent it. It needs a reason, which a ward
    that asked for it reads. Whoever receives it at the same moment, or recalls it, one of them is first.
    """
    version = ctx.version
    assert version is not None, "the route is versioned"
    reason = given.reason.strip()
    if len(reason) < 3:
        raise Invalid(fields={"reason": "Why is it taken back?"})
    source, target = await access_store(ctx, scope.from_store_id), await access_store(ctx, scope.to_store_id)
    back = dict(pairs(given.lots, given.quantities))
    lines = await paper_queries.transfer_lines(ctx.db, hospital_id=scope.hospital_id, transfers=[scope.id])
    is_short = _is_short(lines, back, "came back")
    second = await signed(ctx, given)
    await _end(ctx, scope, "recalled", given, version)
    await _into(ctx, source, scope, lines, back, reason, second, came="Taken back")
    await _tell_who_asked(ctx, scope, reason)
    ctx.record("transfer.recalled", subject_id=scope.id, detail={"short": is_short, "reason": reason})
    _touch(ctx, target)
    return await transfer_with_lines(ctx, scope.id)


async def _tell_who_asked(ctx: Context, scope: TransferScope, reason: str) -> None:
    """What a ward asked for does not come with this transfer any more: the ward reads that, and asks anew."""
    declined = await ward_queries.decline_recalled(
        ctx.db, scope, reason=f"Taken back on its way: {reason}", actor_id=ctx.caller.id, now=ctx.now
    )
    if declined is not None:
        ctx.record(
            "request_for_stock.declined", subject_type="stock_request", subject_id=declined, detail={"reason": reason}
        )


async def _end(ctx: Context, scope: TransferScope, state: str, given: Arrived, version: int) -> None:
    """It is on its way no more. NotOnItsWay when it was not, Stale when it is not as it was read."""
    done = await paper_queries.receive_transfer(
        ctx.db,
        scope,
        state=state,
        reason=given.reason.strip(),
        version=version,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if done is None:
        await _refuse(ctx, scope, version)
    await paper_queries.note_arrived(ctx.db, scope, lot_ids=given.lots, quantities=given.quantities)


async def _into(
    ctx: Context,
    store: StoreScope,
    scope: TransferScope,
    lines: list[TransferLine],
    arrived: dict[UUID, int],
    reason: str,
    witness: UUID | None,
    came: str = "",
) -> None:
    """All that was sent comes into the store, and what is missing is written off there in the same breath: a loss on the way
    is a line of the ledger, with both names, and not only a remark on the transfer.
    """
    if any(line.is_controlled for line in lines) and witness is None:
        raise ledger.WitnessMissing("A controlled drug is among it: a second person signs with email and password.")
    sent = [(line.lot_id, line.sent) for line in lines]
    why = f"{came}: {reason}" if came else ""
    await ledger.bring(ctx, store, sent, kind=Move.TRANSFER_IN, reference=scope.id, witness=witness, reason=why)
    lost = [(line.lot_id, line.sent - arrived[line.lot_id]) for line in lines if arrived[line.lot_id] < line.sent]
    if lost:
        words = f"Lost on the way: {reason}"
        await ledger.take(ctx, store, lost, kind=Move.WRITE_OFF, reference=scope.id, witness=witness, reason=words)


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


def _is_short(lines: list[TransferLine], arrived: dict[UUID, int], came: str = "arrived") -> bool:
    if arrived.keys() != {line.lot_id for line in lines}:
        raise Invalid(fields={"lots": f"Say of each lot that was sent how much {came}; 0 for none."})
    for line in lines:
        if arrived[line.lot_id] > line.sent:
            raise Invalid(fields={"quantities": f"{line.name}, lot {line.number}: only {line.sent} were sent."})
    return any(arrived[line.lot_id] < line.sent for line in lines)


async def _refuse(ctx: Context, scope: TransferScope, version: int) -> None:
    found = await paper_queries.transfer(ctx.db, hospital_id=scope.hospital_id, transfer_id=scope.id)
    assert found is not None, "the access check has seen it"
    if found.version != version and found.state == "sent":
        raise Stale("The transfer was changed meanwhile.", current={"version": found.version})
    how = "taken back" if found.state == "recalled" else "received"
    raise NotOnItsWay(f"It was {how} by {found.received_by or 'somebody'} before.", state=found.state)


def _touch(ctx: Context, target: StoreScope) -> None:
    hospital_id = ctx.caller.tenant_id
    if target.ward_id is not None:
        ctx.touch(f"ward_stock:{target.ward_id}")
    ctx.touch(f"stock_hospital:{hospital_id}", f"stock_transfers:{hospital_id}")
