"""Takes the pictures in docs/pictures from a running demo network: `python tools/pictures.py http://127.0.0.1:8000`.

Each screen in light and dark, at 1366x768 and 390x844. Needs Chromium and the development requirements.
"""

import argparse
import asyncio
import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZES = {"1366": (1366, 768), "390": (390, 844)}
PASSWORD = "demo-lantern-42"  # noqa: S105 - every demo account's, printed at the first start


class Call:
    """Asks the interface as one of the demo staff."""

    def __init__(self, address: str, email: str) -> None:
        self.address = address
        self.token = ""
        self.token = self.ask("/sessions", {"email": email, "password": PASSWORD})["token"]

    def ask(self, path: str, body: Any = None) -> Any:
        """The answer's JSON."""
        headers = {"accept": "application/json", "content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.address + path, data=data, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)


async def signed_in(browser: Browser, address: str, email: str, theme: str, size: str) -> Page:
    """A window of this theme and size, signed in."""
    width, height = SIZES[size]
    scheme: Any = theme
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(address + "/sign-in")
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.click("button.go")
    await page.wait_for_url(lambda url: "sign-in" not in url)
    return page


async def take(page: Page, address: str, path: str, name: str) -> None:
    """One picture, once the page has settled."""
    await page.goto(address + path)
    await page.wait_for_load_state("load")
    await page.wait_for_timeout(700)
    await page.screenshot(path=FOLDER / f"{name}.png")


def screens(address: str) -> dict[str, list[tuple[str, str]]]:
    """The addresses to be photographed, by who opens them."""
    nurse = Call(address, "nurse7@northgate.example")
    wards = nurse.ask("/wards")["items"]
    ward = next(w for w in wards if w["name"] == "Ward 7")
    board = nurse.ask(f"/wards/{ward['id']}")
    calling = board["needs"][0]  # the most urgent call of the ward
    patient, family = calling["person_id"], calling["family"]
    desk = Call(address, "reception@northgate.example")
    found = desk.ask(f"/patients?q={family}")["items"][0]
    born = found["born_on"]
    return {
        "nurse7@northgate.example": [
            (f"/wards/{ward['id']}", "ward"),
            (f"/patients/{patient}", "chart"),
            (f"/patients/{patient}/observations/new", "observe"),
        ],
        "registrar1@northgate.example": [("/tasks", "worklist")],
        "reception@northgate.example": [
            (f"/patients?q={family[:4]}", "search"),
            (f"/patients/new?q={found['family']}%20{found['given'].split()[0]}%20{born}", "register"),
        ],
        "manager@northgate.example": [("/beds", "beds")],
        "network1@wardline.example": [("/home", "home")],
    }


async def main(address: str, only: str) -> None:
    """Take every picture whose name holds `only`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for email, pages in screens(address).items():
            for theme in ("light", "dark"):
                for size in SIZES:
                    window = await signed_in(browser, address, email, theme, size)
                    for path, name in pages:
                        if only in name:
                            await take(window, address, path, f"{name}-{theme}-{size}")
                    await window.context.close()
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--only", default="", help="part of the names of the pictures wanted")
    given = parser.parse_args()
    asyncio.run(main(given.address, given.only))
