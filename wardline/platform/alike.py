"""The same objects for what shows the same: from one reading of a page to the next most of its rows are as they were, and
what was rendered of a row is found again by the object that it is (see `render.rows`)."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Named(Protocol):
    """A row that its id tells apart."""

    @property
    def id(self) -> Any:
        """Whose row it is."""
        ...


N = TypeVar("N", bound=Named)


def same_objects(before: Sequence[N], now: Sequence[N]) -> list[N]:
    """What is shown now, each the old object where it is unchanged, for a page that still holds what it showed last."""
    known = {each.id: each for each in before}
    return [known[each.id] if known.get(each.id) == each else each for each in now]


class Alike(Generic[T]):
    """The rows shown last; `name` tells the rows of a page apart. A row is only ever replaced by one that is equal to it, so
    nothing is shown that this reading has not found, and all of it is.

    Kept in two generations of at most `rows_max`: when the younger is full it becomes the elder, and the elder goes.
    """

    def __init__(self, rows_max: int, name: Callable[[T], Hashable]) -> None:
        self._rows_max = rows_max
        self._name = name
        self._young: dict[Hashable, T] = {}
        self._old: dict[Hashable, T] = {}

    def rows(self, page: Hashable, rows: Sequence[T]) -> list[T]:
        """The rows, each as the object that it was on this page the last time if it is as it was. Nobody may change them."""
        return [self._same((page, self._name(row)), row) for row in rows]

    def _same(self, key: Hashable, row: T) -> T:
        known = self._young.get(key)
        if known is not None and known == row:
            return known
        elder = self._old.get(key)
        kept = row if elder is None or elder != row else elder
        if len(self._young) >= self._rows_max:
            self._young, self._old = {}, self._young
        self._young[key] = kept
        return kept
