"""The same objects for what shows the same: from one reading of a page to the next most of its rows are as they were, and
what was rendered of a row is found again by the object that it is (see `render.rows`)."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Alike(Generic[T]):
    """The rows of the pages shown last, at most so many pages; `name` tells the rows of a page apart. A row is only ever
    replaced by one that is equal to it, so nothing is shown that this reading has not found, and all of it is."""

    def __init__(self, pages_max: int, name: Callable[[T], Hashable]) -> None:
        self._pages_max = pages_max
        self._name = name
        self._pages: OrderedDict[Hashable, dict[Hashable, T]] = OrderedDict()

    def rows(self, page: Hashable, rows: Sequence[T]) -> list[T]:
        """The rows, each as the object that it was on this page the last time if it is as it was. Nobody may change them."""
        before = self._pages.pop(page, {})
        now: dict[Hashable, T] = {}
        found: list[T] = []
        for row in rows:
            name = self._name(row)
            kept = before.get(name)
            now[name] = row if kept is None or kept != row else kept
            found.append(now[name])
        self._pages[page] = now
        if len(self._pages) > self._pages_max:
            self._pages.popitem(last=False)
        return found
