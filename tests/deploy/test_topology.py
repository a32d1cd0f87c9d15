"""The product driven through nginx, as in production: sign-in, pages, streams, static files, figures."""

import asyncio
import os
import ssl
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
import redis

from deploy.local.layout import FIGURES, PROMETHEUS, REDIS
from tests.deploy.topology import Topology, stream
from tests.vitals.test_recording import WELL
from wardline.platform import static
from wardline.platform.processes import YIELDING_NICENESS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_a_nurse_signs_in_and_reads_the_board(topology: Topology) -> None:
    async with topology.browser() as browser:
        assert "Sign in" in (await browser.get("/sign-in")).text
        answer = await topology.sign_in(browser, "nurse_a")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.cookies["__Host-wardline-place"] == topology.world.a.id.hex
        board = await browser.get(f"/wards/{topology.world.a.ward_id}")
        assert board.status_code == 200
        assert "Ward 7" in board.text
        assert board.headers["content-encoding"] == "gzip"
        assert board.headers["cache-control"] == "no-store"


async def test_the_client_is_who_nginx_saw_and_not_who_it_says_it_is(topology: Topology) -> None:
    async with topology.browser("127.0.0.77") as browser:
        browser.headers["x-forwarded-for"] = "203.0.113.7"
        await topology.sign_in(browser, "doctor_a")
    async with topology.world.owner() as db:
        found = await db.fetchval(
            "SELECT client FROM identity.session WHERE staff_id = $1 ORDER BY id DESC LIMIT 1",
            topology.world.staff["doctor_a"],
        )
    assert found == "127.0.0.77"


async def test_a_request_has_one_name_all_the_way(topology: Topology) -> None:
    async with topology.browser() as browser:
        mine = await browser.get("/sign-in", headers={"x-request-id": "shift-desk-0042"})
        theirs = await browser.get("/sign-in", headers={"x-request-id": "<script>"})
    assert mine.headers["x-request-id"] == "shift-desk-0042"
    assert len(theirs.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/metrics/"])
async def test_figures_are_not_to_be_had_through_nginx(topology: Topology, path: str) -> None:
    token = topology.layout.secret("app", "metrics-token").read_text()
    for origin in (topology.layout.page, topology.layout.program):
        async with topology.browser() as browser:
            url = httpx.URL(origin).copy_with(raw_path=path.encode())
            answer = await browser.get(url, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 404)
        assert "wardline_request" not in answer.text


async def test_nginx_keeps_its_own_figures_to_itself(topology: Topology) -> None:
    """Its `/status` is on a port of its own; here the path is Wardline's page of that name."""
    async with topology.browser() as browser:
        assert "Active connections" not in (await browser.get("/status")).text
        inner = await browser.get(f"http://127.0.0.1:{topology.layout.port(FIGURES)}/status")
    assert "Active connections" in inner.text


async def test_prometheus_hears_everybody(topology: Topology) -> None:
    jobs = {"wardline", "postgres", "redis", "nginx", "node"}
    address = f"http://127.0.0.1:{topology.layout.port(PROMETHEUS)}/api/v1"
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            found = (await client.get(f"{address}/targets")).json()["data"]["activeTargets"]
            if {target["labels"]["job"] for target in found if target["health"] == "up"} == jobs:
                break
            await asyncio.sleep(0.5)
        query = {"query": "count by (process) (wardline_process_memory_bytes)"}
        processes = (await client.get(f"{address}/query", params=query)).json()["data"]["result"]
    assert {one["metric"]["process"] for one in processes} == {"web-1", "web-2", "live-1", "worker-1"}


async def test_static_files_are_kept_by_their_mark(topology: Topology) -> None:
    address = str(static.asset("wardline.css"))
    async with topology.browser() as browser:
        answers = [await browser.get(address, headers={"accept-encoding": packing}) for packing in ("gzip", "br, gzip")]
        plain = await browser.get(address, headers={"accept-encoding": "identity"})
    assert all(answer.content == static.content_of("wardline.css") for answer in (*answers, plain))
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)
    assert [answer.headers.get("content-encoding") for answer in (*answers, plain)] == ["gzip", "gzip", None]
    nodes = [seen["node"] for seen in await topology.requests_seen() if seen["path"] == "/static/wardline.css"]
    assert nodes[:3].count("") == 1  # the second browser's came from nginx itself


async def test_a_hospital_stays_with_its_node_and_nothing_read_is_written_down(topology: Topology) -> None:
    ward = topology.world.a.ward_id
    async with topology.browser() as browser:
        await topology.sign_in(browser, "nurse_a")
        for number in range(12):
            await browser.get(f"/wards/{ward}", params={"q": f"Okonkwo{number}"})
    seen = [line for line in await topology.requests_seen() if line["path"] == f"/wards/{ward}"]
    assert len({line["node"] for line in seen}) == 1
    assert all(line["status"] in (200, 422) for line in seen)
    log = (topology.layout.data / "nginx" / "access.log").read_text()
    assert "Okonkwo" not in log
    assert "__Host-wardline" not in log


async def test_what_one_node_saves_the_live_node_shows(topology: Topology) -> None:
    person = await topology.patient_in_bed()
    topic = f"ward:{topology.world.a.ward_id}"
    headers = {"authorization": f"Bearer {await topology.world.token('nurse_a')}", "accept": "application/json"}
    async with topology.browser() as browser, httpx.AsyncClient(headers=headers) as program:
        await topology.sign_in(browser, "doctor_a")
        async with stream(browser, topic) as watching:
            await watching.event("hello")
            for number in range(1, topology.layout.web + 1):
                node = f"http://127.0.0.1:{topology.layout.web_port(number)}"
                body: dict[str, Any] = WELL | {"pulse_per_min": 60 + number}
                saved = await program.post(
                    f"{node}/patients/{person}/observations", json=body, headers={"idempotency-key": uuid4().hex}
                )
                assert saved.status_code == 201
                rows = await watching.event("rows")
                assert rows["topic"] == topic
                assert str(person) in "".join(rows["html"].values())
    seen = [line for line in await topology.requests_seen() if line["path"] == "/live"]
    assert {line["node"] for line in seen} == {f"127.0.0.1:{topology.layout.live_port(1)}"}


async def test_only_good_tls_and_http_2(topology: Topology) -> None:
    port = topology.layout.page_port
    offered = ssl.create_default_context(cafile=str(topology.certificate))
    offered.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=offered)
    spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
    assert (spoken.version(), spoken.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    writer.close()
    async with httpx.AsyncClient() as client:
        lost = await client.get(f"http://127.0.0.1:{port}/sign-in?x=1")
    assert (lost.status_code, lost.headers["location"]) == (301, f"{topology.layout.page}/sign-in?x=1")


async def test_many_sign_ins_from_one_address_slow_down_and_pages_do_not(topology: Topology) -> None:
    """A hospital is one address: a storm of sign-ins there is bounded, and nobody's page is refused for it."""
    async with topology.browser("127.0.0.78") as browser:

        async def wrong(number: int) -> int:
            answer = await browser.post("/sessions", data={"email": f"nobody{number}@x.test", "password": "wrong"})
            return answer.status_code

        knocking = [asyncio.create_task(wrong(number)) for number in range(40)]
        pages = [(await browser.get("/sign-in")).status_code for _ in range(20)]
        assert set(await asyncio.gather(*knocking)) <= {401, 429, 503}
    assert set(pages) == {200}


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody but root can drop rights")
async def test_what_faces_others_runs_without_rights(topology: Topology) -> None:
    for name in ("postgres", "redis", "prometheus", "prometheus-postgres-exporter"):
        assert topology.process(name).uids().effective != 0, name
    workers = topology.process("nginx").children()
    assert workers
    assert all(worker.uids().effective != 0 for worker in workers)


async def test_screens_and_jobs_yield_to_requests(topology: Topology) -> None:
    web, live, worker = (topology.process(name).nice() for name in ("web-1", "live-1", "worker"))
    assert (live - web, worker - web) == (YIELDING_NICENESS, YIELDING_NICENESS)


def test_secrets_are_closed(topology: Topology) -> None:
    files = [path for path in topology.layout.secrets.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert {path.stat().st_mode & 0o777 for path in files} == {0o400}
    assert {psutil.Process().username()} | {"postgres", "nobody", "wardline"} >= {path.owner() for path in files}


def test_the_servers_run_as_their_files_say(topology: Topology) -> None:
    names = ("max_connections", "shared_buffers", "effective_cache_size", "work_mem", "max_parallel_workers")
    with psycopg.connect(topology.layout.secret("app", "database-url").read_text()) as connection:
        rows = connection.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", (list(names),))
        shown: dict[str, str] = dict(rows.fetchall())
    assert [shown[name] for name in names] == ["500", "2GB", "6GB", "16MB", "8"]
    password = topology.layout.secret("redis", "password").read_text()
    with redis.Redis(port=topology.layout.port(REDIS), password=password, decode_responses=True) as cache:
        told: Any = cache.config_get("max*", "io-threads")
        assert (told["maxmemory"], told["maxclients"], told["io-threads"]) == (str(3 * 1024**3), "10000", "4")
        assert told["maxmemory-policy"] == "allkeys-lfu"
    with pytest.raises(redis.AuthenticationError), redis.Redis(port=topology.layout.port(REDIS)) as stranger:
        stranger.ping()
