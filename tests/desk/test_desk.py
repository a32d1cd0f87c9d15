"""The start page, the palette and the interface description."""

import pytest

from tests.client import Client, items
from wardline.platform.http.routes import ROUTES


@pytest.mark.parametrize(
    ("who", "place"),
    [
        (None, "/sign-in"),
        ("nurse_a", "/wards"),
        ("doctor_a", "/tasks"),
        ("receptionist_a", "/patients"),
        ("hospital_manager_a", "/home"),
    ],
)
async def test_everybody_starts_where_their_work_is(client: Client, who: str | None, place: str) -> None:
    answer = await client.get("/", as_=who, html=True)
    assert (answer.status_code, answer.headers["location"]) == (303, place)


async def test_the_palette_offers_what_the_role_may_do(client: Client) -> None:
    person = await client.world.patient(client.world.a, family="Vroomzijde", given="Ada")
    found = items(await client.get("/palette?q=vroomz", as_="nurse_a"))
    assert found[0]["href"] == f"/patients/{person}"
    assert items(await client.get("/palette?q=vroomz", as_="nurse_b")) == []
    acts = items(await client.get(f"/palette?q=obs&patient={person}", as_="nurse_a"))
    assert f"/patients/{person}/observations/new" in [a["href"] for a in acts]
    assert "/audit" not in [a["href"] for a in items(await client.get("/palette?q=audit", as_="nurse_a"))]


async def test_every_route_is_described_and_the_other_way_round(client: Client) -> None:
    described = (await client.get("/openapi.json", as_="nurse_a")).json()
    assert described["openapi"].startswith("3.1")
    paths = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    beside = {(path, "GET") for path in ("/live", "/health", "/ready", "/metrics")}
    assert paths == {(route.path, route.method) for route in ROUTES} | beside
    assert all(op["x-permission"] for item in described["paths"].values() for op in item.values())
    for path, _ in beside:
        answer = await client.get(path)
        assert str(answer.status_code) in described["paths"][path]["get"]["responses"], path
    page = await client.get("/interface", as_="nurse_a", html=True)
    assert page.status_code == 200, page.text
