"""Every page of every route, looked at by a browser: no accessibility fault in either theme, no script error, the right
patient's banner, nothing wider than a phone.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from tests.browser.people import Person, sit_down
from tests.browser.waits import until
from tests.client import Client
from tests.served import Served
from tests.trust.walls import fill, path_of, roles_for
from wardline.app import load_routes
from wardline.platform import static
from wardline.platform.http.routes import ROUTES, Anonymous, Route

load_routes()
AXE = (
    (static.STATIC / "vendor" / "axe.min.js").read_text() if (static.STATIC / "vendor" / "axe.min.js").is_file() else ""
)
RULES = json.dumps({"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
FRAGMENTS = {
    "GET /codes/icd-10-cm",
    "GET /patients/{patient_id}/inserts",
    "GET /tasks/bell",
    "GET /patients/matches",
    "GET /patients/{patient_id}/card",
    "GET /patients/{patient_id}/observations/preview",
}
NOT_PAGES = {
    "GET /palette",
    "GET /openapi.json",
    "GET /sign-in",
    "GET /",
    "GET /patients/{patient_id}/photo",
    "GET /audit/export",
    "GET /lab/scan",
    "GET /pharmacy/scan",
    "GET /pharmacy",
    "GET /dispenses/{dispense_id}/label",
    "GET /specimens/{specimen_id}/label",
    "GET /patients/{patient_id}/results/report",
    "GET /lab-orders/{order_id}/results",
    "GET /patients/{patient_id}/inserts/{what}",
    "GET /notes/{note_id}/document",
    "GET /cds-services",
    "GET /medicines/names",
    "GET /stock/stores/{store_id}/register/{product_id}/print",
    "GET /stock/stores/{store_id}/register/{product_id}/table",
}
QUERIES = {"/patients": "?q=zqcanary", "/patients/new": "?q=zqcanary+ada"}
PATIENT_PAGES = ("/patients/{patient_id}", "/encounters/{encounter_id}/plan", "/encounters/{encounter_id}/leaving")


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


PAGES = [
    r
    for r in ROUTES
    if r.method == "GET"
    and name(r) not in FRAGMENTS | NOT_PAGES
    and (r.page or not hasattr(r.output, "__struct_fields__"))
]


class Room:
    """The windows of this module: one for each role and theme, and the rows that pages are opened on."""

    def __init__(self, browser: Browser, site: Served, ids: dict[str, str]) -> None:
        self.browser = browser
        self.site = site
        self.ids = ids
        self.windows: dict[tuple[str, str], Person] = {}

    async def window(self, role: str, theme: str) -> Person:
        if (role, theme) not in self.windows:
            scheme: Any = theme
            self.windows[role, theme] = await sit_down(self.browser, self.site, f"{role}_b", color_scheme=scheme)
        return self.windows[role, theme]


@pytest.fixture(scope="module")
async def room(browser: Browser, site: Served) -> AsyncIterator[Room]:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address) as client.http:
        made = Room(browser, site, await fill(client) | {"bench": "chemistry", "test_code": "K", "which": "new"})
    yield made
    for window in made.windows.values():
        await window.context.close()


def role_of(route: Route) -> str:
    """Somebody who may open the page, a nurse if possible."""
    roles = [*roles_for(route), "network_administrator", "regional_administrator"]
    return "nurse" if isinstance(route.needs, Anonymous) or "nurse" in roles else roles[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("route", PAGES, ids=name)
async def test_a_page_is_whole_and_accessible(room: Room, route: Route, theme: str) -> None:
    window = await room.window(role_of(route), theme)
    window.broken.clear()
    await window.page.set_viewport_size({"width": 1366, "height": 768})
    answer = await window.page.goto(room.site.address + path_of(route, room.ids) + QUERIES.get(route.path, ""))
    assert answer is not None
    assert answer.status == 200, await window.page.locator("main").inner_text()
    await until(window.page, "document.readyState === 'complete'")
    await window.page.evaluate(AXE)
    found = await window.page.evaluate(f"axe.run(document, {RULES})")
    faults = [
        f"{v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}" for v in found["violations"] for n in v["nodes"][:3]
    ]
    assert not faults, "\n".join(faults)
    assert not window.broken, window.broken
    if route.path.startswith(PATIENT_PAGES) and route.path not in ("/patients/new", "/patients/unknown"):
        assert await window.page.locator(".ban").get_attribute("data-person") == room.ids["patient_id"]


@pytest.mark.parametrize("route", PAGES, ids=name)
async def test_a_page_fits_a_phone(room: Room, route: Route) -> None:
    window = await room.window(role_of(route), "light")
    await window.page.set_viewport_size({"width": 390, "height": 844})
    await window.page.goto(room.site.address + path_of(route, room.ids) + QUERIES.get(route.path, ""))
    wide = await window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    culprits = await window.page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
        ".slice(0, 6).map(e => e.outerHTML.slice(0, 120))"
    )
    assert wide <= 0, f"{wide} pixels too wide: {culprits}"
