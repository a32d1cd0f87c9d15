"""Several declared reads in one statement find what each finds alone; rows that show the same stay the same objects."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

import dataclasses

import pytest
from msgspec import Struct

from tests.client import Client
from tests.queries import queries_at_most
from wardline.platform import declared
from wardline.platform.alike import Alike
from wardline.platform.batch import Batch
from wardline.platform.db import Db, query
from wardline.platform.errors import NotFound


class Pair(Struct, frozen=True):
    number: int
    words: list[str]


_BEFORE = len(declared.QUERIES)


@query("SELECT g AS n, ARRAY['a', :word::text] FROM generate_series(1, :most::int) g ORDER BY g DESC LIMIT 100")
async def pairs(db: Db, *, most: int, word: str) -> list[Pair]:
    """Numbers downwards."""


@query("SELECT :number::int WHERE :number > 0")
async def positive(db: Db, *, number: int) -> int | None:
    """The number, unless it is not above 0."""


@query("SELECT g, g FROM generate_series(1, 1) g WHERE :number::int > 0")
async def exactly(db: Db, *, number: int) -> Pair:
    """One row, or none."""


del declared.QUERIES[_BEFORE:]


async def test_a_batch_finds_what_each_read_finds_alone(client: Client) -> None:
    db = Db(client.app.pool, None)
    batch = Batch(db)
    down = batch.ask(pairs, most=3, word="b")
    none, some = batch.ask(positive, number=-1), batch.ask(positive, number=7)
    again = batch.ask(pairs, most=0, word="c")
    with queries_at_most(client, 2):  # with the scope
        await batch.read()
    assert down.value == await pairs(db, most=3, word="b") == [Pair(n, ["a", "b"]) for n in (3, 2, 1)]
    assert (none.value, some.value, again.value) == (None, 7, [])


async def test_a_read_of_exactly_one_row_that_finds_none_is_not_found(client: Client) -> None:
    batch = Batch(Db(client.app.pool, None))
    batch.ask(exactly, number=0)
    with pytest.raises(NotFound):
        await batch.read()


@dataclasses.dataclass
class Row:
    name: str
    shows: int


def test_rows_that_show_the_same_stay_the_same_objects() -> None:
    alike = Alike[Row](100, name=lambda row: row.name)
    first = alike.rows("page", [Row("a", 1), Row("b", 1)])
    second = alike.rows("page", [Row("b", 2), Row("a", 1), Row("c", 1)])
    assert [(row.name, row.shows) for row in second] == [("b", 2), ("a", 1), ("c", 1)]
    assert second[1] is first[0]
    assert second[0] is not first[1]
    assert alike.rows("other page", [Row("a", 1)])[0] is not first[0]
    assert len(alike.rows("other page", [Row("a", 1), Row("a", 2), Row("a", 1)])) == 3  # whatever they are called


def test_rows_that_were_not_shown_for_long_are_forgotten() -> None:
    alike = Alike[Row](2, name=lambda row: row.name)
    first, *_ = alike.rows("page", [Row("a", 1)])
    alike.rows("page", [Row("b", 1), Row("c", 1)])
    assert alike.rows("page", [Row("a", 1)])[0] is first
    alike.rows("page", [Row(name, 1) for name in "defg"])
    assert alike.rows("page", [Row("a", 1)])[0] is not first
