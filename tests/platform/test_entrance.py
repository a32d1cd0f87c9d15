"""Who is let in through the front door while there is too much to do. Room is taken away by holding it, not by load."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from tests.client import Client, running
from tests.database import TestDatabase, TestServer, clone
from tests.platform.test_query_budgets import WELL
from wardline.platform.admission import CLASSES, LINE_SECONDS_MAX, SIGNING_IN_MAX, serving
from wardline.platform.db import ANSWER_SECONDS_MAX, Db, seconds_max
from wardline.platform.http import Context, entrance
from wardline.platform.http.routes import ROUTES


@pytest.fixture(scope="module")
def own_database(database_server: TestServer) -> Iterator[TestDatabase]:
    with clone(database_server, "entrance") as cloned:
        yield cloned


@pytest.fixture(scope="module")
async def client(own_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A process of its own: its room is taken and given back here."""
    async with running(own_database, tmp_path_factory.mktemp("entrance")) as own:
        await own.get("/sessions/current", as_="nurse_a")
        yield own


@contextmanager
def full_for(client: Client, load_class: str) -> Generator[None]:
    """As many requests at work as this class may meet."""
    limiter, held = client.app.limiter, 0
    limiter._until = math.inf  # the limit stays where it is
    while limiter.running < limiter.ceiling(load_class):
        limiter.running += 1
        held += 1
    try:
        yield
    finally:
        limiter.running -= held
        limiter._until = 0


def test_every_route_has_a_class() -> None:
    wrong = {route.name: route.load_class for route in ROUTES if route.load_class not in CLASSES}
    assert wrong == {}


async def test_lists_are_refused_while_the_bedside_is_served(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a)
    await world.stay(world.a, person)
    with full_for(client, "charting"):
        refused = await client.get(f"/wards/{world.a.ward_id}", as_="nurse_a")
        chart = await client.get(f"/patients/{person}", as_="nurse_a")
        saved = await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a")
    assert (refused.status_code, chart.status_code, saved.status_code) == (503, 503, 201)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "busy"
    assert refused.headers["cache-control"] == "no-store"
    assert "x-request-id" in refused.headers
    assert (await client.get(f"/wards/{world.a.ward_id}", as_="nurse_a")).status_code == 200


async def test_reports_are_refused_before_lists(client: Client) -> None:
    with full_for(client, "reports"):
        assert (await client.get("/home", as_="hospital_administrator_a")).status_code == 503
        assert (await client.get("/wards", as_="nurse_a")).status_code == 200


async def test_those_refused_together_are_asked_back_at_different_times(client: Client) -> None:
    with full_for(client, "lists"):
        answers = [await client.get("/wards", as_="nurse_a") for _ in range(60)]
    seconds = {int(answer.headers["retry-after"]) for answer in answers}
    least, most = entrance.RETRY_SECONDS["lists"]
    assert len(seconds) >= 4
    assert least <= min(seconds) <= max(seconds) <= most


async def test_many_who_are_refused_stand_in_line_but_what_is_urgent_does_not(client: Client) -> None:
    client.app.entrance._line._ends = time.monotonic() + LINE_SECONDS_MAX - 1  # many were refused already
    with full_for(client, "medication"):
        answers = [await client.get("/wards", as_="nurse_a") for _ in range(60)]
        person = await client.world.patient(client.world.a)
        urgent = await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a")
    client.app.entrance._line._ends = 0
    told = [int(each.headers["retry-after"]) for each in answers]
    assert entrance.RETRY_SECONDS["lists"][1] < min(told) <= max(told) <= LINE_SECONDS_MAX
    assert int(urgent.headers["retry-after"]) <= entrance.RETRY_SECONDS["medication"][1]


async def test_a_form_that_was_refused_is_not_sent_again_by_the_browser(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    with full_for(client, "medication"):
        page = await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a", html=True)
    assert page.status_code == 503
    assert "refresh" not in page.headers
    assert "Wait a moment, then try again" in page.text


async def test_a_refusal_asks_the_database_nothing_and_reads_no_body(client: Client) -> None:
    asked: list[str] = []
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        asked.append("body")
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": f"/wards/{client.world.a.ward_id}", "query_string": b"",
        "headers": [(b"authorization", b"Bearer nobody")], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    with full_for(client, "charting"):
        await client.app(scope, receive, send)
    assert sent[0]["status"] == 503
    assert asked == []


async def test_a_person_gets_a_readable_page_and_a_form_its_message(client: Client) -> None:
    with full_for(client, "lists"):
        page = await client.get("/wards", as_="nurse_a", html=True)
        part = await client.get("/wards", as_="nurse_a", html=True, headers={"hx-request": "true"})
        head = await client.call("HEAD", "/wards", as_="nurse_a", html=True)
    assert page.status_code == part.status_code == head.status_code == 503
    assert "<!doctype html>" in page.text
    assert "it comes by itself as soon as there is room" in page.text
    assert page.headers["refresh"] == page.headers["retry-after"]
    assert "refresh" not in part.headers
    assert "refresh" not in head.headers
    assert "<!doctype html>" not in part.text
    assert 'data-code="busy"' in part.text
    assert "Nothing was saved" in part.text
    assert head.content == b""


async def test_signing_out_and_health_are_never_refused(client: Client) -> None:
    with full_for(client, "medication"):
        person = await client.world.patient(client.world.a)
        full = await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a")
        assert full.status_code == 503
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 200
        assert (await client.delete("/sessions/current", as_="receptionist_b", key="")).status_code == 204
        left = await client.call(
            "POST", "/sessions/current", as_="receptionist_a", html=True, form={"_method": "delete"}, key=""
        )
        assert left.status_code == 303


async def test_a_storm_of_sign_ins_is_held_to_its_line_and_harms_nobody_else(client: Client) -> None:
    limiter = client.app.limiter
    limiter.signing_in += SIGNING_IN_MAX
    try:
        wrong = {"email": "nobody@hospital.example", "password": "not the right one"}
        refused = await client.post("/sessions", wrong, key="")
        assert refused.status_code == 503
        assert 3 <= int(refused.headers["retry-after"]) <= 12
        assert "password was not checked" in refused.json()["detail"]
        assert (await client.get("/wards", as_="nurse_a")).status_code == 200
    finally:
        limiter.signing_in -= SIGNING_IN_MAX


async def test_what_waited_too_long_before_it_came_is_not_begun(client: Client) -> None:
    now = time.time()
    young = {"x-request-start": f"t={now:.3f}"}
    old = {"x-request-start": f"t={now - 3:.3f}"}
    assert (await client.get("/wards", as_="nurse_a", headers=young)).status_code == 200
    assert (await client.get("/wards", as_="nurse_a", headers=old)).status_code == 503
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    saved = await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a", headers=old)
    assert saved.status_code == 201, "what is done at the bedside may have waited longer"


async def test_who_waits_no_longer_is_not_served(client: Client) -> None:
    now = time.time()
    await client.get("/wards", as_="nurse_a", headers={"x-request-start": f"t={now:.3f}"})
    late = {"x-request-start": f"t={now - 0.4:.3f}", "x-deadline": "0.3"}
    assert (await client.get("/wards", as_="nurse_a", headers=late)).status_code == 503
    patient = {"x-request-start": f"t={now - 0.1:.3f}", "x-deadline": "30"}
    assert (await client.get("/wards", as_="nurse_a", headers=patient)).status_code == 200


@pytest.mark.parametrize("value", ["", "t=", "nan", "t=inf", "-1", "1e9", "t=1.2.3", "9" * 40])
async def test_odd_times_say_nothing(client: Client, value: str) -> None:
    headers = {"x-request-start": value, "x-deadline": "soon"}
    assert (await client.get("/wards", as_="nurse_a", headers=headers)).status_code == 200


# ---- deadlines and senders who leave, down to the statement -----------------------------------------------------------


SLOW = 20261126


async def statements(owner: asyncpg.Connection) -> int:
    """How many of the slow statements run: each holds a lock for as long as it does."""
    found = await owner.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", SLOW)
    return int(found or 0)


async def until(what: Callable[[], Any], seconds_max: float = 10) -> None:
    async with asyncio.timeout(seconds_max):
        while not await what():  # noqa: ASYNC110 - the database says when
            await asyncio.sleep(0.02)


@pytest.fixture
async def owner(own_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(own_database.owner)
    yield connection
    await connection.close()


@pytest.fixture
def slow_home(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report of /home, with a statement that takes half a minute."""
    route = next(r for r in ROUTES if r.path == "/home")

    async def home(ctx: Context, **_: Any) -> None:
        assert serving.get().name == "reports"
        await ctx.db.fetchval("SELECT pg_sleep(30) FROM (SELECT pg_advisory_xact_lock($1::int)) held", SLOW)

    monkeypatch.setattr(route, "handler", home)


@pytest.mark.usefixtures("slow_home")
async def test_the_senders_deadline_ends_the_statement(client: Client, owner: asyncpg.Connection) -> None:
    asked = asyncio.create_task(client.get("/home", as_="hospital_administrator_a", headers={"x-deadline": "1.5"}))
    await until(lambda: _one(owner))
    assert (await asked).status_code == 503
    await until(lambda: _none(owner))
    assert await Db(client.app.pool, None).fetchval("SELECT 1") == 1


async def test_the_deadline_counts_while_it_is_found_out_who_asks(client: Client, owner: asyncpg.Connection) -> None:
    asks = {"as_": "hospital_administrator_a"}
    assert (await client.get("/home", **asks)).status_code == 200
    client.app.sessions._known.clear()
    async with owner.transaction():
        await owner.execute("LOCK TABLE identity.session IN ACCESS EXCLUSIVE MODE")
        assert (await client.get("/home", **asks, headers={"x-deadline": "0.5"})).status_code == 503
    assert (await client.get("/home", **asks)).status_code == 200


async def test_only_what_a_request_asks_goes_without_a_limit_of_its_own(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[float | None] = []

    async def home(ctx: Context, **_: Any) -> None:
        found.append(seconds_max())

    monkeypatch.setattr(next(r for r in ROUTES if r.path == "/home"), "handler", home)
    await client.get("/home", as_="hospital_administrator_a")
    assert [*found, seconds_max()] == [None, ANSWER_SECONDS_MAX]


async def _none(owner: asyncpg.Connection) -> bool:
    return await statements(owner) == 0


async def _one(owner: asyncpg.Connection) -> bool:
    return await statements(owner) == 1


@pytest.mark.usefixtures("slow_home")
async def test_a_report_is_given_up_when_its_reader_leaves(client: Client, owner: asyncpg.Connection) -> None:
    left, before = asyncio.Event(), client.app.entrance.gone
    received: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    token = await client.world.token("hospital_administrator_a")
    scope = {
        "type": "http", "method": "GET", "path": "/home", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    serving_it = asyncio.create_task(client.app(scope, receive, send))
    await until(lambda: _one(owner))
    left.set()
    await asyncio.wait_for(serving_it, 5)
    await until(lambda: _none(owner))
    assert sent == []
    assert client.app.entrance.gone == before + 1
    assert client.app.limiter.running == 0


# ---- fairness --------------------------------------------------------------------------------------------------------


async def test_a_hospital_that_asks_for_everything_leaves_room_for_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty requests of one hospital are at work and somebody was refused: it waits, the other hospital does not."""
    shares, limiter = client.app.shares, client.app.limiter
    monkeypatch.setattr(type(limiter), "tight", True)
    monkeypatch.setattr(limiter, "_until", math.inf)
    monkeypatch.setitem(limiter._ceilings, "lists", 20.0)
    await client.get("/wards", as_="nurse_b")
    shares._held[client.world.a.id] = 30
    try:
        here = await client.get("/wards", as_="nurse_a")
        there = await client.get("/wards", as_="nurse_b")
    finally:
        del shares._held[client.world.a.id]
    assert (here.status_code, there.status_code) == (503, 200)
    assert here.json()["code"] == "busy"
    assert not shares._held


async def test_who_waits_for_a_connection_at_the_bedside_goes_first(client: Client) -> None:
    pool = client.app.pool
    held = [await pool.acquire() for _ in range(pool.size)]
    served: list[str] = []

    async def one(name: str, answer: asyncio.Task[httpx.Response]) -> None:
        await answer
        served.append(name)

    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    await client.world.token("nurse_a")
    lists = [asyncio.create_task(client.get("/wards", as_="nurse_a")) for _ in range(3)]
    await asyncio.sleep(0.05)
    saved = asyncio.create_task(client.post(f"/patients/{person}/observations", WELL, as_="nurse_a"))
    while not pool._urgent:  # noqa: ASYNC110 - the pool has no event for it
        await asyncio.sleep(0.01)
    watching = [asyncio.create_task(one("list", each)) for each in lists]
    watching.append(asyncio.create_task(one("saved", saved)))
    pool.release(held.pop())  # one connection for all four
    await asyncio.gather(*watching)
    for each in held:
        pool.release(each)
    assert served[0] == "saved"
    assert saved.result().status_code == 201
