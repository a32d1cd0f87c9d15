"""What is promised when a part fails: a web node killed under load, a live node killed, Redis killed and flushed, a slow
client, a stuck database. Nobody is signed out, nothing acknowledged is lost, nothing happens twice.
"""

import asyncio
import contextlib
import itertools
import signal
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import psutil
import pytest
import redis

from deploy.local.layout import REDIS
from tests.deploy.topology import Topology, stream
from tests.vitals.test_recording import WELL
from wardline.platform import db

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
ROUND_SECONDS = 0.05
CUT_OFF_SECONDS_MAX = 40


class Shift:
    """A small steady load: a nurse who reads the board and saves observations, over and over, whatever happens."""

    def __init__(self, browser: httpx.AsyncClient, topology: Topology, person: UUID) -> None:
        self._browser = browser
        self._board = f"/wards/{topology.world.a.ward_id}"
        self._observations = f"/patients/{person}/observations"
        self.answers: Counter[str] = Counter()
        self.saved: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    async def work(self, seconds: float) -> None:
        """Send at a steady pace, whether answers come or not; then wait for all of them."""
        ends = asyncio.get_running_loop().time() + seconds
        for number in itertools.count():
            if asyncio.get_running_loop().time() > ends:
                break
            task = asyncio.create_task(self._read() if number % 2 else self._save(number))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.sleep(ROUND_SECONDS)
        await asyncio.gather(*self._running)

    async def _read(self) -> None:
        await self._ask("read", "GET", self._board)

    async def _save(self, number: int) -> None:
        body: dict[str, Any] = WELL | {"pulse_per_min": 60 + number % 40}
        headers = {"idempotency-key": uuid4().hex, "accept": "application/json"}
        answer = await self._ask("save", "POST", self._observations, json=body, headers=headers)
        if answer is not None and answer.status_code == 201:
            self.saved.add(answer.json()["id"])

    async def _ask(self, what: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        try:
            answer = await self._browser.request(method, path, **options)
        except httpx.TransportError as error:
            self.answers[f"{what} {type(error).__name__}"] += 1
            return None
        self.answers[f"{what} {answer.status_code}"] += 1
        return answer


@pytest.fixture
async def nurse(topology: Topology) -> AsyncIterator[httpx.AsyncClient]:
    async with topology.browser() as browser:
        await topology.sign_in(browser, "nurse_a")
        yield browser


async def kept(topology: Topology, person: UUID) -> set[str]:
    """The observations that the database has."""
    async with topology.world.owner() as connection:
        rows = await connection.fetch("SELECT id FROM vitals.observation_set WHERE person_id = $1", person)
    return {str(row["id"]) for row in rows}


async def node_of(topology: Topology, browser: httpx.AsyncClient) -> int:
    """The number of the web node that serves this browser's hospital."""
    mark = uuid4().hex
    await browser.get(f"/wards/{topology.world.a.ward_id}", headers={"x-request-id": mark})
    node = next(seen["node"] for seen in await topology.requests_seen() if seen["request_id"] == mark)
    return int(node.rpartition(":")[2]) - topology.layout.first_port


async def test_a_web_node_killed_under_load_costs_nobody_a_request(
    topology: Topology, nurse: httpx.AsyncClient
) -> None:
    """Those in flight on it are repeated on the other node: reads always, writes by their key, once in effect."""
    person = await topology.patient_in_bed(1)
    name = f"web-{await node_of(topology, nurse)}"
    shift = Shift(nurse, topology, person)
    working = asyncio.create_task(shift.work(seconds=6))
    await asyncio.sleep(2)
    before = topology.process_id(name)
    topology.process(name).kill()
    await working
    assert set(shift.answers) == {"read 200", "save 201"}, shift.answers
    assert shift.saved == await kept(topology, person)
    assert len(shift.saved) == shift.answers["save 201"]
    await topology.restarted(name, before)
    async with asyncio.timeout(30):
        while f"web-{await node_of(topology, nurse)}" != name:  # noqa: ASYNC110 - nginx leaves it alone for 5 s
            await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def stuck(topology: Topology, table: str) -> AsyncGenerator[None]:
    """Let whoever needs this table wait."""
    async with topology.world.owner() as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def test_a_write_in_flight_on_a_killed_node_is_done_once_by_the_other(
    topology: Topology, nurse: httpx.AsyncClient
) -> None:
    person = await topology.patient_in_bed(5)
    name = f"web-{await node_of(topology, nurse)}"
    before, mark = topology.process_id(name), uuid4().hex
    headers = {"idempotency-key": uuid4().hex, "accept": "application/json", "x-request-id": mark}
    async with stuck(topology, "vitals.observation_set"):
        saving = asyncio.create_task(nurse.post(f"/patients/{person}/observations", json=WELL, headers=headers))
        await asyncio.sleep(0.7)
        topology.process(name).kill()
        await asyncio.sleep(0.3)
    saved = await saving
    assert saved.status_code == 201
    assert await kept(topology, person) == {saved.json()["id"]}
    seen = next(line for line in await topology.requests_seen() if line["request_id"] == mark)
    assert len(set(seen["node"].split(", "))) == 2
    await topology.restarted(name, before)


async def test_a_write_without_a_key_is_not_sent_twice(topology: Topology, nurse: httpx.AsyncClient) -> None:
    """It may have had its effect, and nothing would notice the second: the person is told, and decides."""
    name = f"web-{await node_of(topology, nurse)}"
    before, mark = topology.process_id(name), uuid4().hex
    async with stuck(topology, "identity.sign_in_failure"):
        nurse.headers["x-request-id"] = mark
        signing_in = asyncio.create_task(nurse.post("/sessions", data={"email": "nobody@x.test", "password": "x" * 12}))
        await asyncio.sleep(0.7)
        topology.process(name).kill()
        answer = await signing_in
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    seen = [line for line in await topology.requests_seen() if line["request_id"] == mark]
    assert [line["node"].count("127.0.0.1") for line in seen] == [1]
    await topology.restarted(name, before)


async def test_streams_come_back_after_a_live_node_is_killed(topology: Topology, nurse: httpx.AsyncClient) -> None:
    person = await topology.patient_in_bed(2)
    topic = f"ward:{topology.world.a.ward_id}"
    before = topology.process_id("live-1")
    with contextlib.suppress(httpx.TransportError):  # it is cut, as a browser sees it
        async with stream(nurse, topic) as watching:
            await watching.event("hello")
            topology.process("live-1").kill()
            with pytest.raises((AssertionError, httpx.TransportError)):
                await watching.event("never")
    await topology.restarted("live-1", before)
    async with stream(nurse, topic) as watching:
        await watching.event("hello")
        headers = {"idempotency-key": uuid4().hex, "accept": "application/json"}
        saved = await nurse.post(f"/patients/{person}/observations", json=WELL, headers=headers)
        assert saved.status_code == 201
        assert str(person) in "".join((await watching.event("rows"))["html"].values())


async def test_redis_killed_and_flushed_loses_nothing(topology: Topology, nurse: httpx.AsyncClient) -> None:
    person = await topology.patient_in_bed(3)
    password = topology.layout.secret("redis", "password").read_text()
    shift = Shift(nurse, topology, person)
    working = asyncio.create_task(shift.work(seconds=6))
    await asyncio.sleep(1)
    with redis.Redis(port=topology.layout.port(REDIS), password=password) as cache:
        cache.flushall()
    await asyncio.sleep(1)
    before = topology.process_id("redis")
    topology.process("redis").kill()
    await working
    await topology.restarted("redis", before)
    assert set(shift.answers) == {"read 200", "save 201"}, shift.answers
    assert shift.saved == await kept(topology, person)
    again = await nurse.get("/sessions/current", headers={"accept": "application/json"})
    assert again.json()["hospital_id"] == str(topology.world.a.id)


# ---- deadlines, from the browser's side to the statement's ---------------------------------------------------------


async def cut_off(topology: Topology, sent: bytes) -> bytes:
    """Send this and no more, and return what comes until the other side closes."""
    trusting = ssl.create_default_context(cafile=str(topology.certificate))
    reader, writer = await asyncio.open_connection("127.0.0.1", topology.layout.page_port, ssl=trusting)
    writer.write(sent)
    await writer.drain()
    async with asyncio.timeout(CUT_OFF_SECONDS_MAX):
        with contextlib.suppress(ConnectionResetError):
            return await reader.read()
    return b""


async def trickling(topology: Topology) -> None:
    """A head that goes on for ever, a byte at a time, is cut off too."""
    trusting = ssl.create_default_context(cafile=str(topology.certificate))
    reader, writer = await asyncio.open_connection("127.0.0.1", topology.layout.page_port, ssl=trusting)
    writer.write(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(CUT_OFF_SECONDS_MAX):
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(100), 0.5)


async def test_slow_clients_are_cut_off(topology: Topology) -> None:
    head = b"GET /sign-in HTTP/1.1\r\nHost: x\r\n"
    body = b"POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    no_head, no_body, nothing, _ = await asyncio.gather(
        cut_off(topology, head), cut_off(topology, body), cut_off(topology, b""), trickling(topology)
    )
    assert b" 200 " not in no_head
    assert b" 200 " not in no_body
    assert nothing == b""


async def test_a_statement_has_a_deadline(topology: Topology) -> None:
    """Ten seconds for every statement of the application, whoever asks and however."""
    connection = await db.connect(topology.layout.secret("app", "app-database-url").read_text())
    with pytest.raises(asyncpg.QueryCanceledError):
        await connection.execute("SELECT pg_sleep(60)", timeout=30)
    await connection.close()


async def test_a_stuck_database_is_answered_in_time_by_wardline_itself(
    topology: Topology, nurse: httpx.AsyncClient
) -> None:
    """A route gives up before nginx does, and says so as everything else does."""
    person = await topology.patient_in_bed(4)
    headers = {"idempotency-key": uuid4().hex, "accept": "application/json"}
    async with stuck(topology, "vitals.observation_set"):
        refused = await nurse.post(f"/patients/{person}/observations", json=WELL, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert refused.headers["retry-after"]
    again = await nurse.post(f"/patients/{person}/observations", json=WELL, headers=headers)
    assert again.status_code == 201
    assert await kept(topology, person) == {again.json()["id"]}


async def test_nodes_that_hang_are_given_up_by_nginx(topology: Topology, nurse: httpx.AsyncClient) -> None:
    """No node answers, though each takes the connection: a page, a form and a program are told, each in its own way."""
    nodes = [topology.process(f"web-{number}") for number in range(1, topology.layout.web + 1)]
    hanging = [process for node in nodes for process in (node, *node.children(recursive=True))]
    send(hanging, signal.SIGSTOP)
    try:
        path = f"/wards/{topology.world.a.ward_id}"
        page, fragment, program, write = await asyncio.gather(
            nurse.get(path),
            nurse.get(path, headers={"hx-request": "true"}),
            nurse.get(path, headers={"accept": "application/json"}),
            nurse.post(path, headers={"accept": "application/json", "idempotency-key": uuid4().hex}),
        )
    finally:
        send(hanging, signal.SIGCONT)
    assert {answer.status_code for answer in (page, fragment, program, write)} == {503}
    assert {answer.headers["cache-control"] for answer in (page, fragment, program, write)} == {"no-store"}
    assert page.text.startswith("<!doctype html>")
    assert fragment.text.startswith('<div class="problem"')
    assert program.json()["code"] == write.json()["code"] == "busy"
    async with asyncio.timeout(30):
        while (await nurse.get(path)).status_code != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)


def send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)
