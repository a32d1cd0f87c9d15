"""Chance that repeats: everything random in the demo network comes from one seed."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_MASK = ~((0xF << 76) | (3 << 62))


class Dice:
    """Random choices of one seed, in the words of what they are used for."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 (invented people, not secrets)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def near(self, middle: float, spread: float) -> float:
        """Around the middle, as most measurements of living things are."""
        return self._random.gauss(middle, spread)

    def length(self, median: float, spread: float) -> float:
        """A duration: most are short, a few are very long."""
        return median * self._random.lognormvariate(0, spread)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self._random.randrange(len(choices))]

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        return self._random.sample(choices, min(count, len(choices)))

    def weighted(self, choices: Sequence[T], sums: Sequence[float]) -> T:
        """One of the choices; `sums` are their shares added up."""
        return self._random.choices(choices, cum_weights=sums)[0]

    def by_share(self, shares: dict[T, float]) -> T:
        return self._random.choices(list(shares), weights=list(shares.values()))[0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self._random.sample(items, len(items))

    def moment(self, low: datetime, high: datetime) -> datetime:
        return low + timedelta(seconds=int(self._random.random() * (high - low).total_seconds()))

    def id(self, at: datetime) -> UUID:
        """A UUIDv7 (RFC 9562) as if made at that moment, so that old rows have old keys."""
        value = int(at.timestamp() * 1000) << 80 | self._random.getrandbits(80)
        return UUID(int=(value & _RANDOM_MASK) | _VERSION_AND_VARIANT)
