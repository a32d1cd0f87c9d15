"""Rows in the binary format of COPY, read back by PostgreSQL; and the small crew that makes them."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from tests.database import TestServer, clone
from wardline.demo import columns
from wardline.demo.crew import Broken, Job, Told, work
from wardline.demo.population import SERIALS_PER_PERSON, batch, network_numbers, particulars
from wardline.demo.refill import ahead, copy_frozen
from wardline.patients.rules import network_number

TODAY = date(2026, 11, 24)


def test_postgresql_reads_what_was_meant(database_server: TestServer):
    words = columns.Words(["", "Barré", "Ng"])
    first, second = (np.arange(start, start + 48, dtype=np.uint8).reshape(3, 16) for start in (0, 100))
    some = np.array([True, False, True])
    made = [
        words.column(np.array([1, 0, 2])),
        columns.joined(words.column(np.array([2, 2, 0])), columns.only(columns.same(b" x", 3), some)),
        columns.uuids(first, null=~some),
        columns.uuid_lists(first, second, some),
        columns.whole_numbers(np.array([-1, 0, 30_000]), 2),
        columns.moments(np.array([0, 946_684_800, 1_764_000_001])),
        columns.days(np.array(["1931-02-03", "NaT", "2026-11-24"], dtype="datetime64[D]")),
        columns.truths(some),
        columns.digits(np.array([0, 7, 1234]), 4),
        columns.tenths().column(np.array([0, 370, 365])),
    ]
    with clone(database_server, "columns") as database, psycopg.connect(database.owner) as connection:
        connection.execute(
            "CREATE TABLE public.kinds (word text, two text, id uuid, ids uuid[], small smallint, at timestamptz, day date,"
            " yes boolean, number text, tenth numeric(3,1))"
        )
        names = ("word", "two", "id", "ids", "small", "at", "day", "yes", "number", "tenth")
        copy_frozen(connection, "public.kinds", names, [columns.rows(made)] * 2)
        rows = connection.execute("SELECT * FROM public.kinds").fetchall()
    one, two = UUID(bytes=first[0].tobytes()), UUID(bytes=second[0].tobytes())
    assert rows[0] == (
        "Barré", "Ng x", one, [one, two], -1, datetime(1970, 1, 1, tzinfo=UTC), date(1931, 2, 3), True, "0000", Decimal("0.0"),
    )  # fmt: skip
    assert rows[1][:3] == ("", "Ng", None)
    assert len(rows[1][3]) == 1
    assert rows[1][6:] == (None, False, "0007", Decimal("37.0"))
    assert rows[2][5:] == (datetime(2025, 11, 24, 16, 0, 1, tzinfo=UTC), TODAY, True, "1234", Decimal("36.5"))
    assert rows[3:] == rows[:3]


def test_a_column_can_be_read_and_picked_from():
    column = columns.joined(columns.Words(["a", "bcd"]).column(np.array([1, 0])), columns.same(b"!", 2))
    assert column.texts() == ["bcd!", "a!"]
    assert column.of(np.array([1, 1])).texts() == ["a!", "a!"]


def test_network_numbers_are_those_of_the_rules():
    found = [str(number) for number in network_numbers(2, 400, 50, 1000)]
    first = 50 + int(2 * 1000 * SERIALS_PER_PERSON)
    expected = [number for serial in range(first, first + 488) if (number := network_number(serial)) is not None]
    assert found == expected[:400]


def test_people_are_believable():
    people = batch(0, 3000, hospitals=4, seed=3, today=TODAY, founded=date(2024, 2, 1))
    its = particulars(people, seed=3, today=TODAY)
    assert (people.registered >= people.born_on.astype("datetime64[ms]").astype(np.int64)).all()
    grown = [title for title, born in zip(its.title.texts(), people.born_on.tolist(), strict=True) if born.year < 2000]
    assert {"Mr", "Mrs", "Dr"} < set(grown)
    assert all(1 <= len(given.split()) <= 2 for given in its.given.texts())
    assert 0.3 < np.mean([" " in given for given in its.given.texts()]) < 0.45
    assert {len(mobile) for mobile in its.mobile.texts()} == {0, 11}
    assert len({octets.tobytes() for octets in people.id}) == len(set(its.network_number.texts())) == 3000


def test_chunks_are_made_ahead_but_not_all_of_them():
    made: list[int] = []

    def chunks() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    taken = ahead(chunks())
    assert next(taken) == 0
    time.sleep(0.05)
    assert len(made) < 8
    assert [next(taken) for _ in range(10)] == list(range(1, 11))
    taken.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(made) < 30


def test_what_goes_wrong_while_making_ahead_is_heard():
    def chunks() -> Iterator[int]:
        yield 1
        raise ValueError("no more names")

    with pytest.raises(ValueError, match="no more names"):
        list(ahead(chunks()))


# --- the crew ----------------------------------------------------------------------------------------------------------
class Diary:
    """A hand that writes down when it began and ended each job."""

    def __init__(self, path: str) -> None:
        self.path = path

    def close(self) -> None: ...

    def do(self, job: Job, told: Told) -> None:
        if job.name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if job.name == "refused":
            raise ValueError("not in this network")
        with open(self.path, "a", buffering=1) as diary:  # noqa: PTH123 (one write is one line)
            diary.write(f"begin {job.name}\n")
            told(job.part)
            diary.write(f"end {job.name}\n")


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_wait_for_those_before(tmp_path: Any, workers: int):
    diary, steps = tmp_path / "diary", list[int]()
    jobs = [Job("a", 1), Job("a", 2), Job("b", 3, ("a",)), Job("c", 4), Job("d", 5, ("b", "c"))]
    seconds = work(jobs, Diary, str(diary), workers=workers, told=steps.append)
    assert sorted(steps) == [1, 2, 3, 4, 5]
    assert set(seconds) == {"a", "b", "c", "d"}
    lines = diary.read_text().splitlines()
    assert len(lines) == 10
    for name, after in (("b", "a"), ("d", "b"), ("d", "c")):
        last = max(place for place, line in enumerate(lines) if line == f"end {after}")
        assert lines.index(f"begin {name}") > last


@pytest.mark.parametrize(("name", "why"), [("killed", "killed ended"), ("refused", "not in this network")])
def test_a_worker_that_fails_is_noticed(tmp_path: Any, name: str, why: str):
    jobs = [Job(name), Job("a", after=(name,))]
    with pytest.raises(Broken, match=why):
        work(jobs, Diary, str(tmp_path / "diary"), workers=2, told=lambda _: None)
    assert not (tmp_path / "diary").exists()
