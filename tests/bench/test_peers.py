"""The peers do the same work as the product, and a peer that did not would be found out before anything is measured."""

import asyncio
import importlib
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import uvicorn

from bench import agreeing, report
from bench.agreeing import Answer, Ask, Differs
from bench.peers.ceiling import Ceiling
from bench.report import Figures
from bench.seeding import Seeded, Seeder
from bench.works import Work, works
from tests.client import unhurried
from tests.conftest import started_server
from tests.database import TestDatabase, clone
from wardline.app import App
from wardline.platform.database import Addresses
from wardline.platform.settings import Settings

PEOPLE = 1_500
SECRET = "a secret that only this test run knows"


@contextmanager
def on_a_port(factory: Callable[[], Any]) -> Generator[int]:
    """An application served in a thread of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = uvicorn.Server(
        uvicorn.Config(
            factory, factory=True, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.02)
        yield port
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def seeded(request: pytest.FixtureRequest) -> Generator[tuple[TestDatabase, Seeded]]:
    """A database of its own with what the measurements are made on."""

    async def seed(url: str) -> Seeded:
        connection = await asyncpg.connect(url)
        try:
            return await Seeder(connection).run(PEOPLE)
        finally:
            await connection.close()

    with clone(started_server(request.config), "peers") as database:
        yield database, asyncio.run(seed(database.owner))


@pytest.fixture(scope="module")
def product(seeded: tuple[TestDatabase, Seeded], tmp_path_factory: pytest.TempPathFactory) -> Generator[Ask]:
    database = seeded[0]
    settings = Settings(data=tmp_path_factory.mktemp("peers"), secret=SECRET, database_connections_max=8)
    with on_a_port(lambda: unhurried(App(settings, Addresses(database.owner, database.app)))) as port:
        yield agreeing.over_http(port)


@pytest.fixture(scope="module")
def chosen(seeded: tuple[TestDatabase, Seeded]) -> list[Work]:
    return works(seeded[1])


@pytest.fixture(scope="module")
def ceiling(seeded: tuple[TestDatabase, Seeded], product: Ask, chosen: list[Work]) -> Generator[Ask]:
    sizes = agreeing.sizes(product, chosen)
    with on_a_port(lambda: Ceiling(seeded[0].app, sizes)) as port:
        yield agreeing.over_http(port)


def check(database: TestDatabase, ask: Mapping[str, Ask], chosen: list[Work]) -> int:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        return agreeing.check(connection, ask, chosen)


# ---- the ceiling and the usual choice -------------------------------------------------------------------------------


def test_the_ceiling_says_and_saves_what_the_product_does(
    seeded: tuple[TestDatabase, Seeded], product: Ask, ceiling: Ask, chosen: list[Work]
):
    checked = check(seeded[0], {"wardline": product, "ceiling": ceiling}, chosen)
    assert checked == sum(agreeing.ASKED.values()) + 2


def test_the_ceiling_sends_as_much(product: Ask, ceiling: Ask, chosen: list[Work]):
    for name, ours in agreeing.sizes(product, chosen).items():
        theirs = agreeing.sizes(ceiling, [work for work in chosen if work.name == name])[name]
        assert theirs >= 0.9 * ours, name


def test_the_usual_choice_says_and_saves_what_the_product_does(
    seeded: tuple[TestDatabase, Seeded],
    product: Ask,
    chosen: list[Work],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    pytest.importorskip("fastapi", reason="comes with make bench")
    database = seeded[0]
    for name, value in (
        ("WARDLINE_DATA", str(tmp_path)),
        ("WARDLINE_SECRET", SECRET),
        ("WARDLINE_DATABASE_URL", database.owner),
        ("WARDLINE_APP_DATABASE_URL", database.app),
    ):
        monkeypatch.setenv(name, value)
    usual = importlib.import_module("bench.peers.usual.__main__")
    with on_a_port(lambda: usual.app) as port:
        checked = check(database, {"wardline": product, "usual": agreeing.over_http(port)}, chosen)
    assert checked == sum(agreeing.ASKED.values()) + 2


@pytest.mark.parametrize("name", ["board", "chart", "search_prefix", "search_misspelt"])
def test_an_answer_about_other_patients_is_found_out(
    seeded: tuple[TestDatabase, Seeded], product: Ask, ceiling: Ask, chosen: list[Work], name: str
):
    work = next(work for work in chosen if work.name == name)
    first, *others = work.requests
    path = first.split()[1]
    other = next(each for each in others if each.split()[1] != path)
    with pytest.raises(Differs, match=f"ceiling's {name} lacks"):
        check(seeded[0], {"wardline": product, "ceiling": lambda _: ceiling(other)}, [work])


def test_a_set_that_is_not_saved_is_found_out(seeded: tuple[TestDatabase, Seeded], product: Ask, chosen: list[Work]):
    def pretend(request: str) -> Answer:
        return Answer(200, {"hx-redirect": request.split()[1]}, b" ")

    work = next(work for work in chosen if work.name == "observations")
    with pytest.raises(Differs, match="as set of a saved set"):
        check(seeded[0], {"wardline": product, "ceiling": pretend}, [work])


# ---- looking for values ----------------------------------------------------------------------------------------------


def test_a_value_belongs_to_the_patient_whose_id_it_stands_behind():
    wanted = {"id-1": ["Moss", "4"], "id-2": ["Reid", "6"]}
    assert agreeing.missing("id-1 moss 4, id-2 reid 6, id-1 again", wanted) == []
    assert agreeing.missing("id-1 moss 6, id-2 reid 4", wanted) == ["'4' of id-1", "'6' of id-2"]


def test_a_short_value_stands_for_itself():
    assert agreeing.missing("id-1 moss 14 4.5", {"id-1": ["4"]}) == ["'4' of id-1"]
    assert agreeing.missing("id-1 moss 126/74", {"id-1": ["126", "74"]}) == []


def test_a_patient_who_is_not_named_is_missing():
    assert agreeing.missing("id-1 moss", {"id-1": [], "id-2": []}) == ["'the name' of id-2"]


# ---- the ratios ------------------------------------------------------------------------------------------------------


def figures(web_cpu_us: float, postgres_cpu_us: float) -> Figures:
    return Figures(web_cpu_us, postgres_cpu_us, 1.0, 2.0, 1_000, 0)


def test_each_work_is_held_against_both_peers():
    work = {"door": figures(100, 50), "board": figures(300, 100), "cached": figures(10, 5)}
    peers = {
        "ceiling.door": figures(75, 25), "usual.door": figures(1_000, 500),
        "ceiling.board": figures(200, 50), "usual.board": figures(3_000, 1_000),
    }  # fmt: skip
    report.compare(work, peers)
    assert {name: (each.vs_ceiling, each.vs_usual) for name, each in work.items()} == {
        "door": (1.5, 10.0),
        "board": (1.6, 10.0),
        "cached": (None, None),
    }
    head, door, board = report.ratios(work)
    assert "CPU" in head
    assert door.split() == ["door", "1.50", "10.00", "goal:", "at", "most", "2,", "at", "least", "8"]
    assert board.split() == ["board", "1.60", "10.00"]


def test_the_result_keeps_what_programs_read_before():
    work, peers = {"door": figures(100, 50)}, {"ceiling.door": figures(75, 25), "usual.door": figures(1_000, 500)}
    report.compare(work, peers)
    found = report.result(1_500, "a load", work, peers, {})
    assert (found["door_vs_ceiling"], found["door_vs_usual"]) == (1.5, 10.0)
    assert found["work"]["door"]["vs_ceiling"] == found["door_vs_ceiling"]
    assert {"web_cpu_us", "postgres_cpu_us", "p95_ms", "budget"} <= found["work"]["door"].keys()


def test_without_peers_there_are_no_ratios():
    work = {"door": figures(100, 50)}
    report.compare(work, {})
    assert report.ratios(work) == []
    assert report.result(1_500, "a load", work, {}, {})["door_vs_usual"] is None
