"""Redis gone, emptied, slow or lying: nothing but hits is lost."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.client import Client
from tests.database import TestDatabase
from tests.platform.test_query_budgets import WELL
from tests.redis_server import RedisServer, needs_redis, running_redis
from tests.world import World
from wardline.app import App
from wardline.identity import actions
from wardline.platform import attempts, doctor, redis_client, shared_fragments
from wardline.platform.attempts import Attempts
from wardline.platform.cache import FragmentCache
from wardline.platform.database import Addresses
from wardline.platform.live.notices import CHANNEL, Notices
from wardline.platform.redis_client import FAILURES_MAX, PAUSE_SECONDS, Breaker, Redis
from wardline.platform.settings import Settings
from wardline.platform.shared_fragments import SharedFragments

SECRET = "test-secret-of-thirty-two-characters"


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path) as running:
        yield running


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    client = Redis(server.url)
    yield client
    await client.close()


# ---- the breaker, with a clock of its own ----------------------------------------------------------------------------


def test_after_some_failures_nobody_asks_and_then_one_tries() -> None:
    clock = Clock()
    breaker = Breaker(now=clock)
    assert [breaker.failed() for _ in range(FAILURES_MAX)] == [False] * (FAILURES_MAX - 1) + [True]
    assert not breaker.may()
    clock.at += 2 * PAUSE_SECONDS[0]
    assert breaker.may()
    assert not breaker.may(), "one at a time"
    breaker.abandoned()
    assert breaker.may()
    breaker.succeeded()
    assert breaker.may()
    assert breaker.may()


def test_the_pauses_grow_and_have_an_end() -> None:
    clock = Clock()
    breaker = Breaker(now=clock)
    waits: list[float] = []
    for _ in range(12):
        while not breaker.may():
            clock.at += 0.1
        waits.append(clock.at)
        breaker.failed()
    pauses = [after - before for before, after in zip(waits[FAILURES_MAX:], waits[FAILURES_MAX + 1 :], strict=False)]
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) <= PAUSE_SECONDS[1] * 1.3


# ---- the client ------------------------------------------------------------------------------------------------------


@needs_redis
async def test_what_is_put_is_found_and_counts_go_up(redis: Redis) -> None:
    assert await redis.get(b"wl:x") is None
    await redis.put(b"wl:x", b"\x00bytes", 60)
    assert await redis.get(b"wl:x") == b"\x00bytes"
    assert [await redis.count(b"wl:n", 60) for _ in range(3)] == [1, 2, 3]
    assert redis.results == {"hit": 1, "miss": 1, "done": 4, "failed": 0, "skipped": 0}


@needs_redis
async def test_a_killed_server_is_soon_not_asked_and_found_again(server: RedisServer) -> None:
    clock = Clock()
    redis = Redis(server.url, breaker=Breaker(now=clock))
    await redis.put(b"wl:x", b"1", 60)
    server.kill()
    assert [await redis.get(b"wl:x") for _ in range(10)] == [None] * 10
    assert redis.results["failed"] == FAILURES_MAX
    assert redis.results["skipped"] == 10 - FAILURES_MAX
    server.start()
    clock.at += 2 * PAUSE_SECONDS[1]
    await redis.put(b"wl:y", b"2", 60)
    assert await redis.get(b"wl:y") == b"2"
    assert not redis.breaker.is_open
    await redis.close()


@needs_redis
async def test_a_server_that_is_slow_keeps_nobody_waiting_and_mixes_nothing_up(server: RedisServer) -> None:
    """Answers that come after nobody waits for them must not be taken for answers to the next question."""
    clock = Clock()
    redis = Redis(server.url, breaker=Breaker(now=clock))
    for number in range(50):
        await redis.put(f"wl:{number}".encode(), str(number).encode(), 60)
    server.stop_answering()
    assert [await redis.get(f"wl:{number}".encode()) for number in range(6)] == [None] * 6
    assert redis.results["failed"] == FAILURES_MAX
    left = [asyncio.create_task(redis.get(f"wl:{number}".encode())) for number in range(8)]
    await asyncio.sleep(0)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    server.answer_again()
    assert await is_asked_again(redis, clock)
    for number in [*range(50)] * 3:
        assert await redis.get(f"wl:{number}".encode()) in (None, str(number).encode())
    assert await is_asked_again(redis, clock)
    assert not redis.breaker.is_open
    await redis.close()


async def is_asked_again(redis: Redis, clock: Clock) -> bool:
    """Whether it is, within some pauses: on a busy machine a try may take longer than a call is waited for."""
    for _ in range(20):
        clock.at += 2 * PAUSE_SECONDS[1]
        if await redis.get(b"wl:0") == b"0":
            return True
    return False


@needs_redis
async def test_no_more_calls_are_under_way_than_there_are_connections(redis: Redis) -> None:
    answers = await asyncio.gather(*(redis.get(f"wl:{n}".encode()) for n in range(100)))
    assert answers == [None] * 100
    assert redis.results["failed"] == 0
    assert redis.results["skipped"] == 100 - redis_client.CONNECTIONS_MAX


# ---- shared content --------------------------------------------------------------------------------------------------


class Kitchen:
    """Makes values slowly enough to be dear, and counts."""

    def __init__(self) -> None:
        self.made = 0

    async def __call__(self) -> tuple[str, str]:
        self.made += 1
        await asyncio.sleep(2 * shared_fragments.DEAR_SECONDS)
        return "Ward 3", f"<p>made {self.made} times</p>" + "x" * 10_000


async def stored(fragments: SharedFragments) -> None:
    await asyncio.gather(*fragments._storing)


@needs_redis
async def test_what_one_process_made_another_does_not(redis: Redis) -> None:
    first, second = (SharedFragments(FragmentCache(), redis, SECRET) for _ in range(2))
    kitchen, key = Kitchen(), ("ward:1", 7, "beds.ward_board", uuid4(), "nurse")
    made = await first.get(key, kitchen)
    await stored(first)
    assert await second.get(key, kitchen) == made
    assert (kitchen.made, second.opened) == (1, 1)
    await second.get(key, kitchen)
    assert redis.results["hit"] == 1, "the second time it is near"


@needs_redis
@pytest.mark.parametrize("part", range(5))
async def test_every_part_of_the_key_counts(redis: Redis, part: int) -> None:
    first, second = (SharedFragments(FragmentCache(), redis, SECRET) for _ in range(2))
    kitchen, tenant = Kitchen(), uuid4()
    key = ["ward:1", 7, "beds.ward_board", tenant, "nurse"]
    other = list(key)
    other[part] = ["ward:2", 8, "beds.bed_board", uuid4(), "doctor"][part]
    await first.get(tuple(key), kitchen)
    await stored(first)
    await second.get(tuple(other), kitchen)
    assert kitchen.made == 2


@needs_redis
async def test_where_nothing_is_found_little_is_asked_until_something_is(redis: Redis) -> None:
    first, second = (SharedFragments(FragmentCache(), redis, SECRET) for _ in range(2))

    async def cheap() -> tuple[str, str]:
        return "", "<p>quick</p>"

    for number in range(400):
        await second.get(("nobody has", number), cheap)
    asked = redis.results["miss"]
    assert asked < 200
    kitchen = Kitchen()
    for number in range(100):
        redis.results["hit"] = 0
        await first.get(("both read", number), kitchen)
        await stored(first)
        await second.get(("both read", number), kitchen)
    assert second._worth.found_share > shared_fragments.WORTH_SHARE_MIN
    assert redis.results["hit"] == 1


@needs_redis
async def test_what_was_cheap_is_not_kept(redis: Redis) -> None:
    fragments = SharedFragments(FragmentCache(), redis, SECRET)

    async def cheap() -> tuple[str, str]:
        return "", "<p>quick</p>"

    await fragments.get(("a",), cheap)
    await stored(fragments)
    assert redis.results["done"] == 0


@needs_redis
async def test_another_deployment_or_another_version_of_the_program_sees_nothing(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen = Kitchen()
    first = SharedFragments(FragmentCache(), redis, SECRET)
    await first.get(("a",), kitchen)
    await stored(first)
    await SharedFragments(FragmentCache(), redis, SECRET[::-1]).get(("a",), kitchen)
    monkeypatch.setattr(shared_fragments, "code_mark", lambda: b"another version")
    await SharedFragments(FragmentCache(), redis, SECRET).get(("a",), kitchen)
    assert kitchen.made == 3


@needs_redis
async def test_a_redis_that_lies_is_not_believed(redis: Redis, server: RedisServer) -> None:
    """Values under each other's names, cut, or written by somebody else are made anew."""
    first, second = (SharedFragments(FragmentCache(), redis, SECRET) for _ in range(2))
    kitchen, asker = Kitchen(), server.client()
    mine = [await first.get((name,), kitchen) for name in "abcd"]
    await stored(first)
    a, b, c, d = (first.name((name,)) for name in "abcd")
    value_a, value_b, value_c = (asker.get(name) for name in (a, b, c))
    assert isinstance(value_a, bytes)
    assert isinstance(value_b, bytes)
    assert isinstance(value_c, bytes)
    asker.mset({a: value_b, b: value_a, c: value_c[:-1], d: b"<p>somebody else</p>"})
    found = [await second.get((name,), kitchen) for name in "abcd"]
    assert second.refused == 4
    assert second.opened == 0
    assert not {text for _, text in found} & {text for _, text in mine}


# ---- counts ----------------------------------------------------------------------------------------------------------


@needs_redis
async def test_tries_are_counted_over_processes(redis: Redis) -> None:
    first, second = Attempts(redis, secret=SECRET), Attempts(redis, secret=SECRET)
    assert [await first.add("sign-in", "10.0.0.1") for _ in range(3)] == [1, 2, 3]
    assert await second.add("sign-in", "10.0.0.1") == 4
    assert await second.add("sign-in", "10.0.0.2") == 1


@needs_redis
async def test_an_emptied_or_killed_redis_forgets_nothing_that_a_process_counted(
    redis: Redis, server: RedisServer
) -> None:
    counted = Attempts(redis, secret=SECRET)
    for _ in range(5):
        await counted.add("sign-in", "10.0.0.1")
    server.flush()
    assert await counted.add("sign-in", "10.0.0.1") == 6
    server.kill()
    assert await counted.add("sign-in", "10.0.0.1") == 7


async def test_a_minute_later_the_count_begins_anew() -> None:
    clock = Clock()
    counted = Attempts(secret=SECRET, now=clock)
    assert [await counted.add("sign-in", "x") for _ in range(2)] == [1, 2]
    clock.at += 60
    assert await counted.add("sign-in", "x") == 1
    assert 0 < counted.seconds_left() <= 60


# ---- notices ---------------------------------------------------------------------------------------------------------


@needs_redis
async def test_notices_are_heard_again_after_a_restart_and_forged_ones_never(redis: Redis, server: RedisServer) -> None:
    heard: list[dict[str, int]] = []
    notices = Notices(redis, server.url, SECRET)
    notices.start(heard.append)
    await until(lambda: notices.listening)
    await notices.tell("ward:1 5\nward:2 6")
    await until(lambda: heard)
    assert heard == [{"ward:1": 5, "ward:2": 6}]
    server.client().publish(CHANNEL, "0" * 32 + "ward:1 999999")
    server.client().publish(CHANNEL, b"\xff")
    server.kill()
    await until(lambda: not notices.listening)
    server.start()
    await until(lambda: notices.listening)
    redis.breaker.succeeded()
    await notices.tell("ward:1 7")
    await until(lambda: len(heard) > 1)
    assert heard[1:] == [{"ward:1": 7}]
    await notices.stop()


async def until(what: Any, seconds_max: float = 15) -> None:
    async with asyncio.timeout(seconds_max):
        while not what():  # noqa: ASYNC110 - several parties, one observer
            await asyncio.sleep(0.02)


# ---- the whole application -------------------------------------------------------------------------------------------


@asynccontextmanager
async def two_processes(
    database: TestDatabase, folder: Path, server: RedisServer
) -> AsyncGenerator[tuple[Client, Client]]:
    world = await World.build(database.owner)
    apps: list[App] = []
    for number in (1, 2):
        data = folder / str(number)
        data.mkdir()
        settings = Settings(data=data, secret=SECRET, database_connections_max=6, redis_url=server.url)
        apps.append(App(settings, Addresses(database.owner, database.app)))
        await apps[-1].start()
    try:
        yield Client(apps[0], world), Client(apps[1], world)
    finally:
        for app in apps:
            await app.stop()
        attempts.configure(None, "")


@pytest.fixture
async def pair(
    fresh_database: TestDatabase, tmp_path: Path, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Client, Client]]:
    monkeypatch.setattr(shared_fragments, "DEAR_SECONDS", 0.0)
    async with two_processes(fresh_database, tmp_path, server) as clients:
        yield clients


async def kept(client: Client) -> None:
    fragments = client.app.answers._fragments
    assert isinstance(fragments, SharedFragments)
    await stored(fragments)


@needs_redis
async def test_a_board_is_shared_between_processes_but_not_between_roles_or_hospitals(
    pair: tuple[Client, Client],
) -> None:
    first, second = pair
    world, redis = first.world, second.app.redis
    assert redis is not None
    path = f"/wards/{world.a.ward_id}"
    await world.stay(world.a, await world.patient(world.a, family="Zqcanary"), bed=world.a.beds[0])
    page = await first.get(path, as_="nurse_a", html=True)
    await kept(first)
    again = await second.get(path, as_="nurse_a", html=True)
    assert again.status_code == 200
    assert content(again.text) == content(page.text)
    assert "ZQCANARY" in again.text.upper()
    assert redis.results["hit"] == 1
    await second.get(path, as_="doctor_a", html=True)
    assert redis.results["hit"] == 1, "another permission class, another content"
    assert (await second.get(path, as_="nurse_b", html=True)).status_code == 404


def content(page: str) -> str:
    """The content without the shell around it, which knows the person."""
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    assert found
    return found[0]


@needs_redis
async def test_redis_holds_no_name_and_no_readable_content(pair: tuple[Client, Client], server: RedisServer) -> None:
    first, _ = pair
    world = first.world
    person = await world.patient(world.a, family="Zqcanary")
    await world.stay(world.a, person, bed=world.a.beds[0])
    await first.get(f"/wards/{world.a.ward_id}", as_="nurse_a", html=True)
    await first.get(f"/patients/{person}", as_="nurse_a", html=True)
    await first.post("/sessions", {"email": "zqcanary@hospital.example", "password": "not right at all"}, key="")
    await kept(first)
    asker = server.client()
    names = list(asker.scan_iter())
    assert names
    assert all(re.fullmatch(rb"wl:(f:[0-9a-f]{48}|n:\d+:[0-9a-f]{32})", name) for name in names)
    values = b"".join(value for name in names if isinstance(value := asker.get(name), bytes))
    assert b"zqcanary" not in values.lower()
    assert b"<" not in values[:1]
    assert all(asker.ttl(name) > 0 for name in names)


@needs_redis
@pytest.mark.parametrize("fault", ["kill", "flush", "stop_answering"])
async def test_losing_redis_loses_nothing(pair: tuple[Client, Client], server: RedisServer, fault: str) -> None:
    """No failed request, no lost write, nobody signed out, and both processes show what was written."""
    first, second = pair
    world = first.world
    person = await world.patient(world.a)
    await world.stay(world.a, person, bed=world.a.beds[0])
    for client in pair:
        assert (await client.get(f"/wards/{world.a.ward_id}", as_="nurse_a", html=True)).status_code == 200
    getattr(server, fault)()
    statuses: list[int] = []
    for number in range(12):
        here, there = (first, second) if number % 2 else (second, first)
        saved = await here.post(
            f"/patients/{person}/observations", WELL | {"pulse_per_min": 60 + number}, as_="nurse_a"
        )
        read = await there.get(f"/patients/{person}/observations", as_="nurse_a")
        board = await there.get(f"/wards/{world.a.ward_id}", as_="nurse_a", html=True)
        statuses += [saved.status_code, read.status_code, board.status_code]
        assert read.json()["items"][0]["pulse_per_min"] == 60 + number
    assert set(statuses) == {200, 201}
    if fault == "stop_answering":
        server.answer_again()


@needs_redis
async def test_the_limit_of_sign_ins_holds_when_redis_is_emptied_and_gone(
    pair: tuple[Client, Client], server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = pair
    monkeypatch.setattr(actions, "ADDRESS_ATTEMPTS_MAX", 3)
    wrong = {"email": "nobody@hospital.example", "password": "not right at all"}
    answers = [(await first.post("/sessions", wrong, key="")).status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]
    server.flush()
    assert (await first.post("/sessions", wrong, key="")).status_code == 429
    server.kill()
    assert (await first.post("/sessions", wrong, key="")).status_code == 429
    # And what counts wrong passwords is in the database: it holds without any count of tries.
    monkeypatch.setattr(actions, "ADDRESS_ATTEMPTS_MAX", 1_000)
    answers = [(await first.post("/sessions", wrong, key="")).status_code for _ in range(4)]
    assert answers == [401, 401, 429, 429]


@needs_redis
async def test_a_change_reaches_a_process_that_cannot_listen_to_the_database(
    pair: tuple[Client, Client], fresh_database: TestDatabase
) -> None:
    first, second = pair
    assert second.app.notices is not None
    heard: list[dict[str, int]] = []
    await second.app.notices.stop()
    second.app.notices.start(heard.append)
    await until(lambda: second.app.notices is not None and second.app.notices.listening)
    person = await first.world.patient(first.world.a)
    await first.world.stay(first.world.a, person, bed=first.world.a.beds[0])
    await first.post(f"/patients/{person}/observations", WELL, as_="nurse_a")
    await until(lambda: any(f"ward:{first.world.a.ward_id}" in topics for topics in heard))
    owner = await asyncpg.connect(fresh_database.owner)
    version = await owner.fetchval(
        "SELECT version FROM platform.topic WHERE topic = $1", f"ward:{first.world.a.ward_id}"
    )
    await owner.close()
    assert max(topics.get(f"ward:{first.world.a.ward_id}", 0) for topics in heard) == version


# ---- the doctor ------------------------------------------------------------------------------------------------------


@needs_redis
def test_the_doctor_looks_at_redis(tmp_path: Path, server: RedisServer) -> None:
    chosen = Settings(data=tmp_path, secret=SECRET, redis_url=server.url)
    found = doctor.redis_findings(chosen)
    assert [finding.ok for finding in found] == [True, True]
    server.client().config_set("maxmemory-policy", "noeviction")
    assert [finding.ok for finding in doctor.redis_findings(chosen)] == [True, False]
    server.kill()
    (gone,) = doctor.redis_findings(chosen)
    assert not gone.ok
    assert server.url not in gone.sentence
    assert doctor.redis_findings(Settings(data=tmp_path, secret=SECRET)) == []
