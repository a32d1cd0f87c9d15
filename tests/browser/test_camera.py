"""The camera as a scanner, where the browser reads codes: its part is fetched when it is asked for."""

import httpx
from playwright.async_api import Browser, expect

from tests.browser.people import sit_down
from tests.browser.test_round_offline import due
from tests.client import Client
from tests.mar.bedside import bed
from tests.served import Served

# A camera that sees one code; headless browsers have neither camera nor detector.
CAMERA = """window.BarcodeDetector = class { async detect() { return [{ rawValue: "%s" }]; } };
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
HTMLMediaElement.prototype.play = async () => {};"""
REFUSED = """window.BarcodeDetector = class {};
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };"""


async def test_what_the_camera_sees_is_a_scan(browser: Browser, site: Served) -> None:
    client = Client.__new__(Client)
    client.world = site.world
    async with httpx.AsyncClient(base_url=site.address, timeout=30) as client.http:
        at = await bed(client)
        [dose] = await due(client, at, "furosemide 40 mg po stat")
    for script in (CAMERA % at.number, REFUSED):
        nurse = await sit_down(browser, site, "nurse_a")
        await nurse.context.add_init_script(script)
        await nurse.open(f"{at.path}/given")
        await nurse.page.locator(f"table.mar a[href='/doses/{dose['id']}']").click()
        await nurse.page.locator("#sheet #use-camera").click()
        if script == REFUSED:
            await expect(nurse.page.locator("#toast")).to_contain_text("The camera cannot be used here")
        else:
            await expect(nurse.page.locator("#sheet #patient_scan")).to_have_value(at.number)
            await expect(nurse.page.locator("#sheet [data-right=patient]")).to_have_class("ok")
        assert not nurse.broken, nurse.broken
        await nurse.context.close()
