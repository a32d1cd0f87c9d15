"""The worker behind the pages and the page without a network: the same for everybody, and nothing about anybody."""

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

import httpx
import pytest
from msgspec import structs

from tests.client import Client
from wardline.desk import offline
from wardline.frame import frame
from wardline.identity import devices
from wardline.platform import static
from wardline.platform.settings import load


async def asked(client: Client, path: str, **headers: str) -> httpx.Response:
    return await client.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_worker_is_served_at_the_root_and_asked_for_anew(client: Client) -> None:
    answer = await asked(client, "/sw.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await asked(client, "/sw.js", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.http.post("/sw.js")).status_code == 405


async def test_the_worker_keeps_every_file_of_the_shell_under_its_mark(client: Client) -> None:
    text = (await asked(client, "/sw.js")).text
    shell = json.loads(re.search(r"^const SHELL = (.*);$", text, re.MULTILINE)[1])  # pyright: ignore[reportOptionalSubscript]
    assert "/offline" in shell
    assert str(static.asset("outbox.js")) in shell
    for address in shell:
        answer = await asked(client, address)
        assert answer.status_code == 200, address
        assert address == "/offline" or "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/wards/{id}", True),
        ("/patients/{id}", True),
        ("/patients/{id}/observations/new", True),
        ("/wards/{id}/round?hours=4", True),
        ("/patients/{id}/given", True),
        ("/doses/{id}", True),
        ("/doses/{id}/giving", False),
        ("/wards/{id}/round?hours=4&x=1", False),
        ("/patients/{id}/notes", False),
        ("/patients/{id}/details", False),
        ("/patients/{id}/observations?full=true", False),
        ("/tasks", False),
        ("/audit", False),
        ("/", False),
    ],
)
async def test_only_boards_charts_and_their_forms_are_listed(path: str, listed: bool) -> None:
    pattern = re.compile(f"^({'|'.join(offline.PAGES)})$")
    assert bool(pattern.match(path.format(id="0190b5d4-0000-7000-8000-000000000001"))) is listed


async def test_the_page_without_a_network_knows_nobody(client: Client) -> None:
    answer = await client.get("/offline", as_="nurse_a", html=True)
    assert answer.status_code == 200
    assert "No network" in answer.text
    assert "data-staff" not in answer.text
    assert answer.text == (await asked(client, "/offline")).text


async def page(client: Client, as_: str, cookie: str = "") -> str:
    headers = {"cookie": cookie} if cookie else {}
    return (await client.get("/password", as_=as_, html=True, headers=headers)).text


async def test_a_page_says_whose_it_is_and_whether_it_may_be_kept(client: Client) -> None:
    shown = await page(client, "nurse_a")
    assert f'data-staff="{client.world.staff["nurse_a"]}"' in shown
    assert f'data-hospital="{client.world.a.id}"' in shown
    assert re.search(r'data-keep="[0-9a-f]{16}"', shown)


@pytest.fixture
async def allowed(client: Client) -> AsyncIterator[Callable[[Literal["registered", "none"]], None]]:
    """Says which devices may keep copies, until the test ends."""
    answers = client.app.answers
    before = answers._frame  # pyright: ignore[reportPrivateUsage]

    def say(copies: Literal["registered", "none"]) -> None:
        answers._frame = frame(structs.replace(client.app.settings, offline_copies=copies))  # pyright: ignore[reportPrivateUsage]

    yield say
    answers._frame = before  # pyright: ignore[reportPrivateUsage]
    client.http.cookies.clear()


async def test_only_a_registered_device_keeps_copies_where_the_setting_says_so(
    client: Client, allowed: Callable[[Literal["registered", "none"]], None]
) -> None:
    allowed("registered")
    assert "data-keep" not in await page(client, "nurse_a")
    assert (await client.get("/device", as_="nurse_a")).status_code == 403
    assert (await client.post("/device", as_="nurse_a")).status_code == 403
    given = await client.post("/device", as_="hospital_administrator_a", key="")
    assert given.status_code == 204, given.text
    [set_cookie] = given.headers.get_list("set-cookie")
    cookie = set_cookie.partition(";")[0]
    assert set_cookie.startswith(f"{devices.COOKIE}=")
    assert "HttpOnly" in set_cookie
    client.http.cookies.clear()
    assert "data-keep" in await page(client, "nurse_a", cookie)
    assert "data-keep" not in await page(client, "nurse_b", cookie)
    assert "data-keep" not in await page(client, "nurse_a", cookie[:-2])
    shown = await client.get("/device", as_="hospital_administrator_a", html=True, headers={"cookie": cookie})
    assert "Registered as one of the hospital" in shown.text
    forgotten = await client.delete("/device", as_="hospital_administrator_a", headers={"cookie": cookie})
    assert "Max-Age=0" in forgotten.headers["set-cookie"]
    allowed("none")
    assert "data-keep" not in await page(client, "nurse_a", cookie)


async def test_the_setting_is_closed_in_production(tmp_path: Path) -> None:
    assert load({"WARDLINE_DATA": str(tmp_path)}).offline_copies == "every"
    production = {
        "WARDLINE_ENV": "production",
        "WARDLINE_DATA": str(tmp_path),
        "WARDLINE_DATABASE_URL": "embedded",
        "WARDLINE_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
    }
    assert load(production).offline_copies == "registered"
