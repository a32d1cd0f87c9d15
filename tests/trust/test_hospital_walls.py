"""Nobody of hospital A learns anything of hospital B: over all routes, with both walls, and with either one down."""

from pathlib import Path

import msgspec
import pytest

from tests.client import Client, running
from tests.database import TestDatabase
from tests.trust.walls import CANARY, body_of, fill, leaked, path_of, roles_for, without_application_filter
from wardline.app import load_routes
from wardline.identity.permissions import OF_ROLE, May, _table
from wardline.platform.http.routes import ROUTES, Anonymous, Route

load_routes()
TO_A_ROW = [route for route in ROUTES if "{" in route.path]
LISTS = [route for route in ROUTES if "{" not in route.path and not route.writes]
SHARED = {"hospital_id", "region_id", "staff_id", "assignment_id"}  # the network's own: not a hospital's rows


async def attempts(client: Client, route: Route, ids: dict[str, str]) -> list[tuple[str, int, list[str]]]:
    """Every role of A that may use the route tries it on B's row: role, status, whether a canary came back."""
    answers: list[tuple[str, int, list[str]]] = []
    for role in roles_for(route):
        answer = await client.call(
            route.method,
            path_of(route, ids),
            body=body_of(route, ids) if route.writes else None,
            as_=f"{role}_a",
            version=1,
        )
        answers.append((role, answer.status_code, leaked(answer.text)))
    return answers


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture(scope="module")
async def ids(client: Client) -> dict[str, str]:
    return await fill(client)


@pytest.mark.parametrize("route", TO_A_ROW, ids=name)
async def test_a_row_of_another_hospital_is_not_there(client: Client, ids: dict[str, str], route: Route) -> None:
    expected = {404, 403} if SHARED & set(route.parameters) else {404}
    for role, status, leak in await attempts(client, route, ids):
        assert status in expected, f"{role} got {status}"
        assert not leak


@pytest.mark.parametrize("route", TO_A_ROW, ids=name)
async def test_row_level_security_holds_alone(
    client: Client, ids: dict[str, str], route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_application_filter(monkeypatch):
        for role, status, leak in await attempts(client, route, ids):
            assert status >= 400, f"{role} got {status} through row-level security"
            assert not leak


@pytest.mark.parametrize("route", LISTS, ids=name)
async def test_no_list_shows_another_hospitals_rows(
    client: Client, ids: dict[str, str], route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in roles_for(route):
        assert not leaked((await client.get(f"{route.path}?q={CANARY}", as_=f"{role}_a")).text)
        with without_application_filter(monkeypatch):
            assert not leaked((await client.get(f"{route.path}?q={CANARY}", as_=f"{role}_a")).text)


async def test_the_application_holds_alone(database: TestDatabase, tmp_path: Path) -> None:
    """Row-level security off: the application runs as the owner, whom no policy binds."""
    async with running(msgspec.structs.replace(database, app=database.owner), tmp_path) as client:
        ids = await fill(client)
        for route in TO_A_ROW:
            expected = {404, 403} if SHARED & set(route.parameters) else {404}
            for role, status, leak in await attempts(client, route, ids):
                assert status in expected, f"{name(route)}: {role} got {status}"
                assert not leak, name(route)
        for route in LISTS:
            for role in roles_for(route):
                found = await client.get(f"{route.path}?q={CANARY}", as_=f"{role}_a")
                assert not leaked(found.text), name(route)


@pytest.mark.parametrize("route", ROUTES, ids=name)
async def test_a_route_refuses_who_does_not_hold_its_permission(
    client: Client, ids: dict[str, str], route: Route
) -> None:
    if isinstance(route.needs, Anonymous):
        return
    without = [role for role, held in OF_ROLE.items() if route.needs not in held and role != "patient"]
    for role in without:
        answer = await client.call(
            route.method, path_of(route, ids), body={} if route.writes else None, as_=f"{role}_a", version=1
        )
        assert (role, answer.status_code) == (role, 403)
    assert (await client.call(route.method, path_of(route, ids), body={} if route.writes else None)).status_code == 401


def test_who_may_come_in_unnamed_is_a_short_list() -> None:
    assert {name(r) for r in ROUTES if r.needs == "anyone"} == {"GET /", "GET /sign-in", "POST /sessions"}


def test_the_table_and_the_enum_say_the_same() -> None:
    assert set(_table()) == {may.value for may in May}


async def test_every_hospital_table_is_behind_row_level_security(client: Client) -> None:
    async with client.world.owner() as db:
        bare = await db.fetch(
            """
            SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'hospital_id'
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
            """
        )
    # People's roles and sessions, and the ledger of imports: no rows about patients.
    network_wide = {"identity.assignment", "identity.session", "interop.import_file", "interop.reference"}
    assert {row["name"] for row in bare} <= network_wide, {row["name"] for row in bare} - network_wide
