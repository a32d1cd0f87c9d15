"""Several declared reads in one statement: what a page needs at once costs one round trip, and is seen as of one moment.

    batch = Batch(db)
    orders, doses = batch.ask(orders_of, patient), batch.ask(doses_of, patient, since=since)
    await batch.read()
    ... orders.value ... doses.value

Each read becomes one column, a list of records. What stands in a record is read by its type alone, so a column of a read
that is asked like this is a plain one or text[]: numeric, json and other arrays are cast in its SQL.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

from wardline.platform.db import Db
from wardline.platform.declared import TIMINGS, Bound, bound_of, shifted

P = ParamSpec("P")
R = TypeVar("R")


class Answer(Generic[R]):
    """What a read of a batch has found; there once the batch is read."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: Any = _UNREAD

    @property
    def value(self) -> R:
        assert self._value is not _UNREAD, "the batch is not read yet"
        return self._value

    def settle(self, value: Any) -> None:
        """Say what was found."""
        self._value = value


_UNREAD = object()
_texts: dict[tuple[str, ...], str] = {}


class Opening(NamedTuple):
    """The FROM of a statement that sets the scope and then has at most one row, `o`, of the hospital that is the first of
    the values; `own` is a value of it."""

    own: str
    sql: str
    values: list[Any]


class Batch:
    """A batch of declared reads."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._parts: list[tuple[Bound, Answer[Any]]] = []

    def ask(self, read: Callable[Concatenate[Any, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> Answer[R]:
        """Add a read with its parameters; what it finds is there after `read`."""
        answer = Answer[R]()
        self._parts.append((bound_of(read, args, kwargs), answer))
        return answer

    async def read(self) -> None:
        """Run the batch. NotFound when a read that finds exactly one row has found none."""
        await self._run(None)

    async def read_behind(self, opening: Opening) -> Any:
        """Run the batch in the round trip that sets the scope and looks whether it may be read at all: the opening's own
        value, or None when it has no row, and then nothing of the batch was read."""
        return await self._run(opening)

    async def _run(self, opening: Opening | None) -> Any:
        bounds = [bound for bound, _ in self._parts]
        timing = TIMINGS.setdefault(" + ".join(bound.name for bound in bounds), [0, 0.0])
        started = time.perf_counter()
        values = [value for bound in bounds for value in bound.values]
        if opening is None:
            rows = await self._db.fetch(_text(bounds, None), *values)
        else:
            rows = await self._db.open(_text(bounds, opening), [*opening.values, *values])
        timing[0] += 1
        timing[1] += time.perf_counter() - started
        if not rows:
            return None
        own, *columns = rows[0]
        for (bound, answer), found in zip(self._parts, columns, strict=True):
            answer.settle(bound.finish(found or []))
        return own


def _text(bounds: list[Bound], opening: Opening | None) -> str:
    """The one statement, made once for each combination. The rows of a read come in its own order. Behind an opening every
    read hangs on its row, so that none is run before that is there."""
    key = (opening.sql if opening else "", *[bound.sql for bound in bounds])
    found = _texts.get(key)
    if found is None:
        columns = [opening.own if opening else "true"]
        places, behind = (len(opening.values), " WHERE o.hospital_id = $1") if opening else (0, "")
        for bound in bounds:
            columns.append(f"(SELECT array_agg(ROW(q.*)) FROM ({shifted(bound.sql, places)}) q{behind})")  # noqa: S608 - declared texts
            places += len(bound.values)
        found = _texts[key] = f"SELECT {', '.join(columns)} {opening.sql if opening else ''}"
    return found
