"""What a browser needs when the network is gone: the worker behind the pages, and the page that says so.

Both are the same for everybody, hold nothing about anybody, and are made once in the life of a process. The worker keeps
only what is listed here, and pages only where the frame says that the device may (docs/adr/0135-offline.md).
"""

import hashlib
import json
from functools import cache
from typing import Any

from wardline.platform import static
from wardline.platform.http.reply import HTML, Reply
from wardline.platform.render import render

PATHS = ("/sw.js", "/offline")
_ID = "[0-9a-f-]{36}"
# Kept as copies: the boards and charts that somebody at a bed reads, and the forms that may wait. Nothing else, ever.
PAGES = (
    rf"/wards/{_ID}(/risk)?",
    rf"/wards/{_ID}/round([?]hours=[0-9]+)?",
    rf"/patients/{_ID}(/observations|/observations/new|/medicines|/given)?",
    rf"/doses/{_ID}",
    rf"/medicines/{_ID}/giving",
)
SHELL = (
    *(bundle for bundle in static.BUNDLES if bundle != "sw.js"),
    "vendor/htmx.min.js",
    "vendor/icons.svg",
    "vendor/ahn.woff2",
    "vendor/ahm.woff2",
    "icon.svg",
)
KEPT_MAX = 400  # a ward's round: 40 patients and their doses
COPY_LENGTH_MAX = 300_000  # characters; the largest chart has 60,000
WAIT_MS = 3_000
IDLE_MS = 15 * 60_000  # as a session, see wardline/identity/sessions.py
LIFE_MS = 12 * 3_600_000


async def serve(scope: Any, send: Any) -> None:
    """Answer for one of `PATHS`."""
    if scope["method"] not in ("GET", "HEAD"):
        await Reply(405, b"", headers=[(b"allow", b"GET, HEAD")]).send(send)
        return
    reply = _worker() if scope["path"] == "/sw.js" else _page()
    if dict(scope["headers"]).get(b"if-none-match") == dict(reply.headers)[b"etag"]:
        reply = Reply(304, headers=[(name, value) for name, value in reply.headers if name != b"content-type"])
    await reply.send(send, head=scope["method"] == "HEAD")


@cache
def _worker() -> Reply:
    """The script, with what it may keep in front. The browser asks for it anew with every page, so a new version of the
    shell is there at once; the answer is most often 304."""
    shell = ["/offline", *(str(static.asset(path)) for path in SHELL if static.content_of(path) is not None)]
    source = (static.content_of("sw.js") or b"").decode()
    told = {
        "VERSION": hashlib.sha256("\n".join([*shell, source, _page().body.decode()]).encode()).hexdigest()[:10],
        "SHELL": shell,
        "PAGES": f"^({'|'.join(PAGES)})$",
        "KEPT_MAX": KEPT_MAX,
        "COPY_LENGTH_MAX": COPY_LENGTH_MAX,
        "WAIT_MS": WAIT_MS,
        "IDLE_MS": IDLE_MS,
        "LIFE_MS": LIFE_MS,
    }
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in told.items())
    return _kept(f"{head}{source}".encode(), b"text/javascript; charset=utf-8")


@cache
def _page() -> Reply:
    content = render("desk/offline.html")
    return _kept(render("bare.html", content=content, title="No network", section="", display="").encode(), HTML)


def _kept(body: bytes, kind: bytes) -> Reply:
    mark = f'"{hashlib.sha256(body).hexdigest()[:16]}"'.encode()
    return Reply(200, body, kind, [(b"cache-control", b"no-cache"), (b"etag", mark)])
