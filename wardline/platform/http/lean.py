"""The lean form of the hottest writes: one read that sets the scope, decisions in Python, one statement that does the rest.

A lean write has no lock while it decides. Its statement finds out whether what was read still holds and whether the key
is still free; where not, the database says so (a serialization failure) and the door runs the ordinary form. Two round
trips instead of eight, and a row is locked for one statement only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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


def statement(effect: Effect, ledger_sql: str) -> str:
    """The whole write: the effect, then whether it found what it needed, the reply, the record, the events and, last of
    all, the topics. `ledger_sql` has its places at $10 to $16."""
    found = _statements.get((effect.sql, ledger_sql))
    if found is None:
        after = len(effect.values)
        closing = shifted(
            "platform.keep_reply($2, $3, $4, $5, 200::smallint, $6), "
            f"{ledger_sql}, platform.end_write($1, $2, NULL, NULL, NULL, NULL, $7, $8, $9, $17)",
            after,
        )
        found = _statements[(effect.sql, ledger_sql)] = (
            f"{effect.sql} SELECT CASE WHEN (SELECT count(*) FROM done) = 1 THEN true"  # noqa: S608 - declared texts
            f" ELSE platform.start_again('the row has changed') END, {closing}"
        )
    return found


def values(
    ctx: "Context", written: Written, *, route: str, key: str, digest: bytes, ledger_values: Sequence[Any]
) -> tuple[list[str], list[Any]]:
    """The topics in their order, and the values of all places."""
    topics, elements = ctx.raised()
    return topics, [
        *written.effect.values,
        ctx.caller.tenant_id,
        ctx.caller.id,
        key,
        route,
        digest,
        encode(written.result),
        [name for name, _ in ctx.events],
        [encode(payload).decode() for _, payload in ctx.events],
        topics,
        *ledger_values,
        elements,
    ]
