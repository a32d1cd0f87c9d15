"""The lean form of the hottest writes: one read that sets the scope, decisions in Python, one statement that does the rest.

A lean write has no lock while it decides. Its statement finds out whether what was read still holds and whether the key
is still free; where not, the database says so (a serialization failure) and the door runs the ordinary form. Two round
trips instead of eight, and a row is locked for one statement only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from wardline.platform.db import Effect
from wardline.platform.declared import shifted
from wardline.platform.http.reply import encode

if TYPE_CHECKING:
    from wardline.platform.http.context import Context


class Written(NamedTuple):
    """What a lean write would answer, and the statement that makes it true."""

    result: Any
    effect: Effect


_statements: dict[tuple[str, str], str] = {}


def closing_sql(ledger_sql: str, *, looked: bool) -> str:
    """The end of every write: the record, then the reply, the events and, last of all, the topics. `looked`: whether the
    key was found free before."""
    finish = f"platform.finish_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $17, {str(looked).lower()})"
    return f"{ledger_sql}, {finish}"


def statement(effect: Effect, ledger_sql: str) -> str:
    """The whole write: the effect, then whether it found what it needed, and what ends every write. `ledger_sql` has its
    places at $10 to $16."""
    found = _statements.get((effect.sql, ledger_sql))
    if found is None:
        closing = shifted(closing_sql(ledger_sql, looked=False), len(effect.values))
        found = _statements[(effect.sql, ledger_sql)] = (
            f"{effect.sql} SELECT CASE WHEN (SELECT count(*) FROM done) = 1 THEN true"  # noqa: S608 - declared texts
            f" ELSE platform.start_again('the row has changed') END, {closing}"
        )
    return found


def closing_values(
    ctx: "Context",
    who: tuple[UUID | None, UUID],
    *,
    key: str | None,
    digest: bytes,
    body: bytes | None,
    ledger_values: Sequence[Any],
) -> tuple[list[str], list[Any]]:
    """The topics in their order, and the values of the places of `closing_sql`; `who` is the tenant and the caller."""
    topics, elements = ctx.raised()
    return topics, [
        *who,
        key,
        ctx.route,
        digest,
        body,
        [name for name, _ in ctx.events],
        [encode(payload).decode() for _, payload in ctx.events],
        topics,
        *ledger_values,
        elements,
    ]
