"""Favourites and order sets: lines that fill the basket. Each line is checked there like a typed one; one signature for all."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from wardline.identity.public import May
from wardline.orders import entry, knowledge, lines, set_queries, together
from wardline.orders.set_queries import NewSet, SetRow, SetVersion
from wardline.platform.errors import Busy, Conflict, Invalid, NotFound, Stale, on_constraint
from wardline.platform.http import Context, Input, get, post
from wardline.platform.ids import new_id

LINES_MAX = 20
TESTS_MAX = 20
PAGE = "/medicines/sets"


class SameName(Conflict):
    """There is one of this name already."""

    code, title = "set_name_taken", "There is one of this name already"


on_constraint("order_set_name", SameName)


class OrderSet(Struct, kw_only=True):
    """A favourite or an order set. `own` is the caller's; a `favourite` is one line and no test."""

    id: UUID
    name: str
    specialty: str
    lines: list[str]
    tests: list[str]
    own: bool
    favourite: bool
    state: str
    version: int
    changed_by: str | None


class SetsPage(Struct, kw_only=True):
    """The hospital's order sets, its favourites by specialty, and the caller's own."""

    own: list[OrderSet]
    favourites: list[OrderSet]
    sets: list[OrderSet]


class SetPage(Struct, kw_only=True):
    """One set with every version that it had."""

    set: OrderSet
    versions: list[SetVersion]


class GivenSet(Input):
    """A set: medicine `orders` one a line, `tests` of the laboratory by code. A favourite of a specialty is one line."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    specialty: Annotated[str, Meta(max_length=80)] = ""
    orders: Annotated[str, Meta(max_length=6200)] = ""
    tests: Annotated[str, Meta(max_length=400)] = ""


class GivenFavourite(Input):
    """A line that its owner orders often; its name is the line where none is given."""

    line: Annotated[str, Meta(min_length=1, max_length=300)]
    name: Annotated[str, Meta(max_length=120)] = ""


def shown(row: SetRow) -> OrderSet:
    """A set as people and programs see it."""
    return OrderSet(
        id=row.id,
        name=row.name,
        specialty=row.specialty,
        lines=row.lines,
        tests=row.tests,
        own=row.owner_id is not None,
        favourite=len(row.lines) == 1 and not row.tests,
        state=row.state,
        version=row.version,
        changed_by=row.changed_by,
    )


async def page_for(ctx: Context) -> SetsPage:
    """What the caller may put into a basket."""
    rows = await set_queries.sets(ctx.db, hospital_id=ctx.caller.tenant_id, caller_id=ctx.caller.id)
    found = [shown(row) for row in rows]
    return SetsPage(
        own=[each for each in found if each.own],
        favourites=[each for each in found if each.favourite and not each.own],
        sets=[each for each in found if not each.favourite],
    )


# --- access ------------------------------------------------------------------------------------------------------------
async def access_set(ctx: Context, set_id: UUID) -> SetRow:
    """A set of the caller's hospital that belongs to nobody alone; NotFound otherwise."""
    row = await set_queries.one(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=set_id)
    if row is None or row.owner_id is not None:
        raise NotFound("There is no such order set here.")
    return row


class Favourite(Struct, frozen=True):
    """The caller's own favourite."""

    row: SetRow


async def access_favourite(ctx: Context, set_id: UUID) -> Favourite:
    """A favourite of the caller; NotFound for everybody else's."""
    row = await set_queries.one(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=set_id)
    if row is None or row.owner_id != ctx.caller.id:
        raise NotFound("There is no such favourite of yours.")
    return Favourite(row)


# --- reading what was given --------------------------------------------------------------------------------------------
def _lines(typed: str, field: str) -> list[str]:
    """Every line as it is read back; Invalid says of which line what is not clear."""
    rules = knowledge.current()
    if rules is None:
        raise Busy("The drug table is not available.")
    written = [" ".join(line.split()) for line in typed.splitlines() if line.strip()]
    if len(written) > LINES_MAX:
        raise Invalid(fields={field: f"At most {LINES_MAX} orders."})
    read = [entry.read(line, rules.table) for line in written]
    unclear = [
        f"{line}: {' '.join(question.words for question in each.questions)}"
        for line, each in zip(written, read, strict=True)
        if not each.complete
    ]
    if unclear:
        raise Invalid(fields={field: " ".join(unclear)})
    return [lines.text(each.line) for each in read]


async def _new(ctx: Context, given: GivenSet, set_id: UUID) -> NewSet:
    codes = list(dict.fromkeys(given.tests.upper().replace(",", " ").replace(";", " ").split()))
    if len(codes) > TESTS_MAX:
        raise Invalid(fields={"tests": f"At most {TESTS_MAX} tests."})
    await together.names_of(ctx, codes)
    orders = _lines(given.orders, "orders")
    if not orders and not codes:
        raise Invalid(fields={"orders": "Write one order a line, or name tests."})
    return NewSet(
        hospital_id=ctx.caller.tenant_id,
        id=set_id,
        owner_id=None,
        specialty=given.specialty.strip(),
        name=_name(given.name),
        lines=orders,
        tests=codes,
        state="active",
        actor_id=ctx.caller.id,
    )


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name:
        raise Invalid(fields={"name": "Give it a name."})
    return name


# --- routes ------------------------------------------------------------------------------------------------------------
@get(PAGE, needs=May.REVIEW_MEDICINE_RULES, page="orders/sets.html", title="Order sets", section="medicine_checks")
async def sets(ctx: Context) -> SetsPage:
    """The hospital's order sets and favourites, and the caller's own favourites."""
    return await page_for(ctx)


@get(
    "/medicines/sets/{set_id}",
    needs=May.REVIEW_MEDICINE_RULES,
    access=access_set,
    page="orders/set.html",
    title="{page.set.name}",
    section="medicine_checks",
)
async def one_set(ctx: Context, row: SetRow) -> SetPage:
    """An order set with every version that it had."""
    return await _set_page(ctx, row)


async def _set_page(ctx: Context, row: SetRow) -> SetPage:
    versions = await set_queries.versions(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=row.id)
    return SetPage(set=shown(row), versions=versions)


@post(PAGE, needs=May.KEEP_MEDICINE_RULES, created="/medicines/sets/{page.id}", then=PAGE)
async def add_set(ctx: Context, given: GivenSet) -> OrderSet:
    """Make an order set for the hospital, or a favourite of a specialty."""
    return await _insert(ctx, await _new(ctx, given, new_id()))


async def _insert(ctx: Context, new: NewSet) -> OrderSet:
    await set_queries.insert(ctx.db, new, now=ctx.now)
    ctx.record("order_set.made", subject_type="order_set", subject_id=new.id, detail={"name": new.name})
    return await _stands(ctx, new.id)


async def _stands(ctx: Context, set_id: UUID) -> OrderSet:
    row = await set_queries.one(ctx.db, hospital_id=ctx.caller.tenant_id, set_id=set_id)
    assert row is not None
    return shown(row)


@post(
    "/medicines/sets/{set_id}/change",
    needs=May.KEEP_MEDICINE_RULES,
    access=access_set,
    versioned=True,
    then="/medicines/sets/{page.id}",
)
async def change_set(ctx: Context, row: SetRow, given: GivenSet) -> OrderSet:
    """Write another version of an order set; what it was stays to be read."""
    return await _change(ctx, row, await _new(ctx, given, row.id), "order_set.changed")


@post(
    "/medicines/sets/{set_id}/retirement", needs=May.KEEP_MEDICINE_RULES, access=access_set, versioned=True, then=PAGE
)
async def retire_set(ctx: Context, row: SetRow) -> OrderSet:
    """Retire an order set: nobody can use it any more, and it stays to be read."""
    return await _retire(ctx, row)


async def _retire(ctx: Context, row: SetRow) -> OrderSet:
    new = NewSet(
        hospital_id=ctx.caller.tenant_id,
        id=row.id,
        owner_id=row.owner_id,
        specialty=row.specialty,
        name=row.name,
        lines=row.lines,
        tests=row.tests,
        state="retired",
        actor_id=ctx.caller.id,
    )
    return await _change(ctx, row, new, "order_set.retired")


async def _change(ctx: Context, row: SetRow, new: NewSet, action: str) -> OrderSet:
    version = None if ctx.version != row.version else row.version
    done = None if version is None else await set_queries.change(ctx.db, new, version=version, now=ctx.now)
    if done is None:
        raise Stale(current=msgspec.to_builtins(shown(row)))
    ctx.record(action, subject_type="order_set", subject_id=row.id, detail={"name": new.name})
    return await _stands(ctx, row.id)


@post("/medicines/favourites", needs=May.PRESCRIBE, then=PAGE)
async def add_favourite(ctx: Context, given: GivenFavourite) -> OrderSet:
    """Keep a line for the next time."""
    (line,) = _lines(" ".join(given.line.split()), "line") or ("",)
    if not line:
        raise Invalid(fields={"line": "Type an order."})
    new = NewSet(
        hospital_id=ctx.caller.tenant_id,
        id=new_id(),
        owner_id=ctx.caller.id,
        specialty="",
        name=" ".join(given.name.split()) or line[:120],
        lines=[line],
        tests=[],
        state="active",
        actor_id=ctx.caller.id,
    )
    return await _insert(ctx, new)


@post(
    "/medicines/favourites/{set_id}/removal",
    needs=May.PRESCRIBE,
    access=access_favourite,
    versioned=True,
    then=PAGE,
)
async def remove_favourite(ctx: Context, favourite: Favourite) -> OrderSet:
    """Take an own favourite off the list."""
    return await _retire(ctx, favourite.row)
