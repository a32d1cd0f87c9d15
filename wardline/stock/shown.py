"""How stock is shown: names in tall-man letters, what is unusable and why, and how many days it lasts."""

from datetime import date
from typing import TypeVar

from msgspec import structs

from wardline.orders.public import current
from wardline.stock import rules
from wardline.stock.models import (
    KIND_WORDS,
    MOVE_WORDS,
    Astray,
    Entry,
    ExpiringLot,
    Lot,
    Move,
    Product,
    Request,
    Shelf,
    Store,
)

AS_EXPECTED = "Counted, as expected"
Named = TypeVar("Named", Product, Shelf, ExpiringLot, Astray, Request)


def letters(ingredient: str) -> str:
    """The name as it is written on shelves, so that look-alikes are told apart; as it is when the table is missing."""
    knowledge = current()
    drug = knowledge.table.drugs.get(ingredient) if knowledge else None
    return drug.tall_man if drug else ingredient


def tall_man(named: Named) -> Named:
    """The same with its name for reading."""
    return structs.replace(named, tall_man=letters(named.ingredient))


def marked(lots: list[Lot], today: date) -> list[Lot]:
    """Lots with why they may not be used, and the days they have left."""
    return [
        structs.replace(lot, unusable=_unusable(lot, today), days_left=(lot.expires_on - today).days) for lot in lots
    ]


def with_cover(shelf: Shelf, today: date) -> Shelf:
    """A shelf with how many days it lasts at the use of its own ledger."""
    return structs.replace(
        shelf,
        tall_man=letters(shelf.ingredient),
        cover_days=rules.cover_days(usable=shelf.usable, used=shelf.used, days=shelf.use_days),
        bar=rules.cover_bar(
            usable=shelf.usable,
            reorder_level=shelf.reorder_level,
            target_level=shelf.target_level,
            used=shelf.used,
            days=shelf.use_days,
        ),
        days_to_expiry=(shelf.next_expiry - today).days if shelf.next_expiry else None,
    )


def with_days(lot: ExpiringLot, today: date) -> ExpiringLot:
    """A lot with the days it has left."""
    return structs.replace(tall_man(lot), days_left=(lot.expires_on - today).days)


def in_words(store: Store) -> Store:
    """A store with its kind in words."""
    return structs.replace(store, kind_words=KIND_WORDS[store.kind])


def told(entry: Entry) -> Entry:
    """A line of the ledger with its kind in words."""
    return structs.replace(entry, words=AS_EXPECTED if entry.quantity == 0 else MOVE_WORDS[Move(entry.kind)])


def _unusable(lot: Lot, today: date) -> str | None:
    if lot.is_quarantined:
        return "quarantined"
    return "expired" if lot.expires_on < today else None
