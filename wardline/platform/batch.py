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
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

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
        bounds = [bound for bound, _ in self._parts]
        timing = TIMINGS.setdefault(" + ".join(bound.name for bound in bounds), [0, 0.0])
        started = time.perf_counter()
        row = await self._db.fetchrow(_text(bounds), *(value for bound in bounds for value in bound.values))
        timing[0] += 1
        timing[1] += time.perf_counter() - started
        for (bound, answer), rows in zip(self._parts, cast("Any", row), strict=True):
            answer.settle(bound.finish(rows or []))


def _text(bounds: list[Bound]) -> str:
    """The one statement, made once for each combination. The rows of a read come in its own order."""
    key = tuple([bound.sql for bound in bounds])
    found = _texts.get(key)
    if found is None:
        columns: list[str] = []
        places = 0
        for bound in bounds:
            columns.append(f"(SELECT array_agg(ROW(q.*)) FROM ({shifted(bound.sql, places)}) q)")  # noqa: S608 - declared texts
            places += len(bound.values)
        found = _texts[key] = "SELECT " + ", ".join(columns)
    return found
