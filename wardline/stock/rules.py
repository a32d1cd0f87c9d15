"""Pure rules of stock: how long it lasts, how much to order, which lots go first. No I/O, no clock."""

from collections.abc import Sequence
from uuid import UUID

from wardline.stock.models import Lot


def cover_days(*, usable: int, used: int, days: int) -> float | None:
    """For how many days what may be used lasts at the rate of the last `days` days; None without use."""
    if used <= 0:
        return None
    return round(usable * days / used, 1)


def cover_bar(
    *, usable: int, reorder_level: int, target_level: int, used: int, days: int
) -> tuple[float, float, float, float] | None:
    """Where the bar of days of cover runs: from the reorder level to the target, on a line that holds both and the value.

    (low, high, start, end) in days; None without use or without levels.
    """
    if used <= 0 or target_level <= 0:
        return None
    per_day = used / days
    low, high = reorder_level / per_day, target_level / per_day
    end = max(high * 1.5, usable / per_day * 1.1, 1.0)
    return round(low, 1), round(high, 1), 0.0, round(end, 1)


def packs_up_to(*, target: int, usable: int, on_order: int, pack_quantity: int) -> int:
    """How many units to order to reach the target, in whole packs; 0 when what is there and on order is enough."""
    missing = target - usable - on_order
    return 0 if missing <= 0 else -(-missing // pack_quantity) * pack_quantity


def first_expiry_first(lots: Sequence[Lot], quantity: int) -> list[tuple[UUID, int]]:
    """(lot, quantity)s that make up a quantity, of what may be used; shorter than it when there is not so much."""
    taken: list[tuple[UUID, int]] = []
    left = quantity
    for lot in sorted(lots, key=lambda each: (each.expires_on, each.number)):
        if left == 0:
            break
        if lot.unusable is None and lot.quantity > 0:
            taken.append((lot.id, min(left, lot.quantity)))
            left -= taken[-1][1]
    return taken
