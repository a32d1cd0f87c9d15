"""Receiving, counting, issuing, writing off, quarantine, thresholds; stores and products. The door commits."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from wardline.identity.public import HospitalScope, May, access_ward, witness
from wardline.orders.public import current
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.stock import gs1, ledger, moves, purchasing, queries
from wardline.stock.forms import (
    Count,
    Issue,
    NewProduct,
    NewReceipt,
    NewStore,
    ProductChange,
    Thresholds,
    Witnessed,
    WriteOff,
)
from wardline.stock.models import (
    LIFE_YEARS_MAX,
    LevelScope,
    Line,
    Lot,
    LotScope,
    Move,
    Product,
    ProductScope,
    Shelf,
    ShelfScope,
    Store,
    StoreScope,
)
from wardline.stock.scopes import product_of
from wardline.stock.shown import tall_man, with_cover

on_constraint("store_name", lambda: Conflict("There is a store of this name already."))
on_constraint("product_once", lambda: Conflict("This product, in packs of this size, is kept already."))
on_constraint("product_gtin", lambda: Conflict("Another product carries this number (GTIN)."))


async def signed(ctx: Context, given: Witnessed) -> UUID | None:
    """The second person, when somebody signed as one; their password is checked before anything is locked."""
    if not given.witness_email and not given.witness_password:
        return None
    return await witness(ctx, given.witness_email, given.witness_password, needs=May.WITNESS_CONTROLLED)


def today_of(ctx: Context) -> date:
    """The hospital's day."""
    return ctx.now.astimezone(ZoneInfo(ctx.caller.time_zone)).date()


# --- receiving -------------------------------------------------------------------------------------------------------
async def receive(ctx: Context, store: StoreScope, new: NewReceipt) -> Lot:
    """Puts what arrived on the shelf, as a lot that is new or known; against an order when it names one."""
    product, number, expires_on = await what_arrived(ctx, new)
    quantity = _quantity(new, product)
    _require_good(ctx, product, expires_on)
    second = await signed(ctx, new)
    if new.purchase_id is not None:
        await purchasing.note_received(ctx, store, new.purchase_id, product, quantity)
    lot_id = await _lot(ctx, store, product, number, expires_on)
    await ledger.bring(ctx, store, [(lot_id, quantity)], kind=Move.RECEIPT, reference=new.purchase_id, witness=second)
    return await _lot_now(ctx, store, lot_id)


def _require_good(ctx: Context, product: Product, expires_on: date) -> None:
    """What has expired, what is said to last for ever, and a controlled drug that nobody marked are not taken in."""
    today = today_of(ctx)
    if expires_on < today:
        raise Invalid(fields={"expires_on": "It has expired. Do not put it on the shelf; send it back."})
    if expires_on.year > today.year + LIFE_YEARS_MAX:
        raise Invalid(fields={"expires_on": f"No pack is good for more than {LIFE_YEARS_MAX} years. Look at it again."})
    schedule = schedule_of(product.ingredient, product.form)
    if schedule is not None and not product.is_controlled:
        words = f"{product.ingredient} is a controlled drug (schedule {schedule}). Mark the product first."
        raise Invalid(fields={"product_id": words})


def schedule_of(ingredient: str, form: str) -> int | None:
    """The schedule by which the drug table says that this is a controlled drug; None where it does not."""
    knowledge = current()
    return knowledge.schedule_of(ingredient, form) if knowledge else None


async def what_arrived(ctx: Context, new: NewReceipt) -> tuple[Product, str, date]:
    """Product, lot and expiry: what the pack's code says, and what was typed where it says nothing. Invalid names what is
    missing, and where the two contradict each other: it may be another pack.
    """
    scanned = scan(ctx, new.code)
    product: Product | None = None
    if new.product_id is not None:
        product = await product_of(ctx, new.product_id)
        if not product.active:
            raise Invalid(fields={"product_id": "This product is no longer kept."})
    elif scanned.gtin:
        product = await queries.product_with_gtin(ctx.db, hospital_id=ctx.caller.tenant_id, gtin=scanned.gtin)
        if product is None:
            raise Invalid(
                fields={"code": f"No product here carries the number {scanned.gtin}. Add it to the products."}
            )
    number, expires_on = new.lot.strip() or scanned.lot, new.expires_on or scanned.expires_on
    _require_of_the_pack(scanned, product, number, expires_on)
    missing = {} if product else {"product_id": "Which product?"}
    if not number:
        missing["lot"] = "The number of the lot is on the pack."
    if expires_on is None:
        missing["expires_on"] = "The expiry date is on the pack."
    if missing or product is None or expires_on is None:
        raise Invalid(fields=missing)
    return product, number, expires_on


def _require_of_the_pack(scanned: gs1.Scanned, product: Product | None, number: str, expires_on: date | None) -> None:
    wrong: dict[str, str] = {}
    if scanned.gtin and product is not None and product.gtin not in (None, scanned.gtin):
        wrong["product_id"] = f"The code on the pack is of another product ({scanned.gtin}). Look at the pack again."
    if scanned.lot and number != scanned.lot:
        wrong["lot"] = f"The code on the pack says lot {scanned.lot}."
    if scanned.expires_on and expires_on != scanned.expires_on:
        wrong["expires_on"] = f"The code on the pack says {scanned.expires_on:%d-%b-%Y}."
    if wrong:
        raise Invalid(fields=wrong)


def scan(ctx: Context, code: str) -> gs1.Scanned:
    """What the pack's code says; nothing without one. Invalid when it cannot be read."""
    if not code.strip():
        return gs1.Scanned()
    try:
        return gs1.read(code, today_of(ctx))
    except gs1.NotGs1 as error:
        raise Invalid(fields={"code": str(error)}) from None


def _quantity(new: NewReceipt, product: Product) -> int:
    if (new.quantity is None) == (new.packs is None):
        raise Invalid(fields={"quantity": "How many, in packs or in single units: one of the two."})
    quantity = new.quantity if new.quantity is not None else (new.packs or 0) * product.pack_quantity
    if quantity > ledger.QUANTITY_MAX:
        raise Invalid(fields={"packs": f"At most {ledger.QUANTITY_MAX:,} {product.unit}s at a time."})
    return quantity


async def _lot(ctx: Context, store: StoreScope, product: Product, number: str, expires_on: date) -> UUID:
    await moves.ensure_lots(
        ctx.db,
        store,
        ids=[new_id()],
        product_ids=[product.id],
        numbers=[number],
        expiries=[expires_on],
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    (found,) = await moves.named_lots(ctx.db, store, product_ids=[product.id], numbers=[number])
    if found.expires_on != expires_on:
        day = found.expires_on.strftime("%d-%b-%Y")
        raise Invalid(fields={"expires_on": f"Lot {number} is on record as expiring on {day}. Look at the pack again."})
    return found.id


async def _lot_now(ctx: Context, store: StoreScope, lot_id: UUID) -> Lot:
    found = await queries.lot(ctx.db, store, lot_id=lot_id)
    if found is None:
        raise NotFound("This lot does not lie in this store.")
    return found


# --- counting, issuing, writing off ----------------------------------------------------------------------------------
async def count(ctx: Context, scope: LevelScope, given: Count) -> Lot:
    """Sets right what the ledger says of a lot by what was counted. The version says what was looked at: whoever counted
    while something moved counts again. A difference is explained."""
    second = await signed(ctx, given)
    (held,) = await ledger.hold(ctx, scope, [scope.lot_id])
    if held.version != ctx.version:
        current_row = {"version": held.version, "quantity": held.quantity}
        raise Stale(f"It moved meanwhile: {held.quantity} now. Count again.", current=current_row)
    difference = given.counted - held.quantity
    if difference and len(given.reason.strip()) < 3:
        raise Invalid(fields={"reason": f"{held.quantity} were expected. Why does the count differ?"})
    if held.is_controlled and second is None:
        raise ledger.WitnessMissing(f"{held.words} is a controlled drug: a second person counts and signs.")
    count_id = new_id()
    await moves.insert_count(
        ctx.db,
        scope,
        count_id=count_id,
        lot_id=scope.lot_id,
        expected=held.quantity,
        counted=given.counted,
        reason=given.reason.strip(),
        actor_id=ctx.caller.id,
        witness_id=second,
        now=ctx.now,
    )
    line = Line(scope.lot_id, difference)
    await ledger.post(
        ctx, scope, [held], [line], kind=Move.COUNT, reference=count_id, witness=second, reason=given.reason
    )
    return await _lot_now(ctx, scope, scope.lot_id)


async def issue(ctx: Context, scope: LevelScope, given: Issue) -> Lot:
    """Hands out from a shelf without the pharmacy's queue: ward use, an emergency box."""
    second = await signed(ctx, given)
    lines = [(scope.lot_id, given.quantity)]
    await ledger.take(ctx, scope, lines, kind=Move.DISPENSE, reference=new_id(), witness=second, reason=given.reason)
    return await _lot_now(ctx, scope, scope.lot_id)


async def write_off(ctx: Context, scope: LevelScope, given: WriteOff) -> Lot:
    """Takes out what is broken, expired or spilt, with the reason."""
    second = await signed(ctx, given)
    lines = [(scope.lot_id, given.quantity)]
    await ledger.take(ctx, scope, lines, kind=Move.WRITE_OFF, reference=None, witness=second, reason=given.reason)
    return await _lot_now(ctx, scope, scope.lot_id)


async def set_quarantine(ctx: Context, scope: LotScope, *, is_quarantined: bool, reason: str) -> None:
    """Nobody may use the lot, in any store, or everybody may again."""
    assert ctx.version is not None, "the route is versioned"
    done = await moves.set_quarantine(
        ctx.db,
        hospital_id=scope.hospital_id,
        lot_id=scope.id,
        version=ctx.version,
        is_quarantined=is_quarantined,
        reason=reason.strip() if is_quarantined else "",
    )
    if done is None:
        raise Stale("The lot was changed meanwhile. Look again.")
    what = "quarantined" if is_quarantined else "released"
    ctx.record(f"lot.{what}", subject_id=scope.id, detail={"reason": reason.strip()})
    stores = await queries.stores_of_lot(ctx.db, hospital_id=scope.hospital_id, lot_id=scope.id)
    for store in stores:
        ledger.touch(ctx, store.id, [scope.product_id], store.ward_id)


# --- stores, products, thresholds ------------------------------------------------------------------------------------
async def add_store(ctx: Context, hospital: HospitalScope, new: NewStore) -> Store:
    """A new store. A cupboard belongs to a ward; a controlled cabinet may."""
    if new.kind == "ward" and new.ward_id is None:
        raise Invalid(fields={"ward_id": "Which ward's cupboard is it?"})
    if new.kind == "pharmacy" and new.ward_id is not None:
        raise Invalid(fields={"ward_id": "A store of the pharmacy belongs to no ward."})
    if new.ward_id is not None:
        await access_ward(ctx, new.ward_id)
    store_id = new_id()
    await moves.insert_store(
        ctx.db,
        hospital_id=hospital.hospital_id,
        store_id=store_id,
        name=new.name.strip(),
        kind=new.kind,
        ward_id=new.ward_id,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    ctx.record("store.added", subject_id=store_id, detail={"kind": new.kind})
    ctx.touch(f"stock_hospital:{hospital.hospital_id}")
    found = await queries.store(ctx.db, hospital_id=hospital.hospital_id, store_id=store_id)
    assert found is not None, "it was made in this transaction"
    return found


async def add_product(ctx: Context, hospital: HospitalScope, new: NewProduct) -> Product:
    """A new product, by the name that the drug table writes. Invalid for an ingredient or a GTIN that is none."""
    knowledge = current()
    if knowledge is None:
        raise Conflict("The drug table cannot be read, so a name cannot be checked. Nothing was added.")
    understood = knowledge.table.exact(new.ingredient)
    if understood is None:
        like = ", ".join(knowledge.table.like(new.ingredient))
        hint = f" Did you mean {like}?" if like else ""
        raise Invalid(fields={"ingredient": f"The drug table does not know this name.{hint}"})
    gtin, form = _gtin(new.gtin), new.form.strip().lower()
    # The law's schedule decides, whatever was ticked; the hospital may keep others as strictly.
    is_controlled = new.is_controlled or knowledge.schedule_of(understood.name, form) is not None
    product_id = new_id()
    await moves.insert_product(
        ctx.db,
        hospital_id=hospital.hospital_id,
        product_id=product_id,
        ingredient=understood.name,
        form=form,
        strength=new.strength.strip(),
        unit=new.unit.strip().lower(),
        pack_quantity=new.pack_quantity,
        gtin=gtin,
        is_controlled=is_controlled,
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    ctx.record("product.added", subject_id=product_id, detail={"controlled": is_controlled})
    return tall_man(await product_of(ctx, product_id))


async def change_product(ctx: Context, scope: ProductScope, new: ProductChange) -> Product:
    """A new pack or number for a product, or it is no longer kept: then it is not received any more, and stays where it lies."""
    assert ctx.version is not None, "the route is versioned"
    is_controlled = scope.product.is_controlled if new.is_controlled is None else new.is_controlled
    schedule = schedule_of(scope.product.ingredient, scope.product.form)
    if schedule is not None and not is_controlled:
        raise Invalid(fields={"is_controlled": f"It is a controlled drug (schedule {schedule}): the mark stays."})
    done = await moves.change_product(
        ctx.db,
        hospital_id=scope.hospital_id,
        product_id=scope.product.id,
        pack_quantity=new.pack_quantity,
        gtin=_gtin(new.gtin),
        active=new.active,
        is_controlled=is_controlled,
        version=ctx.version,
    )
    if done is None:
        raise Stale("Somebody changed the product meanwhile.", current={"version": scope.product.version})
    ctx.record(
        "product.changed", subject_id=scope.product.id, detail={"active": new.active, "controlled": is_controlled}
    )
    ctx.touch(*ledger.hospital_topics(scope.hospital_id))
    return tall_man(await product_of(ctx, scope.product.id))


def _gtin(typed: str) -> str | None:
    """The number as it is stored; None without one. Invalid when its check digit does not fit."""
    gtin = typed.strip()
    if gtin and not gs1.is_gtin(gtin):
        raise Invalid(fields={"gtin": "This is not a product number (GTIN): its check digit does not fit."})
    return gtin.zfill(14) if gtin else None


async def set_thresholds(ctx: Context, scope: ShelfScope, new: Thresholds) -> Shelf:
    """When a product of a store is low, and up to what it is ordered. Version 0 is that of a shelf that is not there yet."""
    assert ctx.version is not None, "the route is versioned"
    if new.target_level < new.reorder_level:
        raise Invalid(fields={"target_level": "The target is not under the level at which it is ordered."})
    done = await moves.set_thresholds(
        ctx.db,
        scope,
        product_id=scope.product.id,
        reorder_level=new.reorder_level,
        target_level=new.target_level,
        version=ctx.version,
    )
    today = today_of(ctx)
    found = await queries.shelf(ctx.db, scope, today=today)
    assert found is not None, "it was made in this transaction, if it was not there"
    if done is None:
        raise Stale("Somebody changed the levels meanwhile.", current={"version": found.version})
    ctx.record(
        "shelf.thresholds_set",
        subject_type="store",
        subject_id=scope.id,
        detail={"product": str(scope.product.id), "reorder": new.reorder_level, "target": new.target_level},
    )
    ledger.touch(ctx, scope.id, [scope.product.id], scope.ward_id)
    return with_cover(found, today)
