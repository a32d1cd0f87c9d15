"""Static files as a browser wants them: one style sheet and one script made of many readable files, each address with
a mark of its content so that it may be kept for ever, text packed once and served from memory.

There is no build step: the parts are joined here. A script part stands in a block of its own, so names stay apart.
"""

import gzip
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import minijinja

from wardline.platform.http.reply import SECURITY_HEADERS

STATIC = Path(__file__).resolve().parent.parent / "static"
STYLES = (
    "css/tokens.css",
    "css/base.css",
    "css/shell.css",
    "css/parts.css",
    "css/ward.css",
    "css/observe.css",
    "css/chart.css",
    "css/beds.css",
    "css/register.css",
    "css/home.css",
    "css/admin.css",
    "css/signin.css",
    "css/print.css",
)
SCRIPTS = (
    "js/page.js",
    "js/settings.js",
    "js/forms.js",
    "js/sheet.js",
    "js/keys.js",
    "js/banner.js",
    "js/relative-times.js",
    "js/stream.js",
    "js/live-page.js",
    "js/alarms.js",
    "js/observe.js",
    "js/offline.js",
)
# What only some pages load, besides; the palette is loaded when it is opened.
SIGNIN_SCRIPTS = ("js/signin.js",)
PALETTE_SCRIPTS = ("js/palette.js",)
BEDS_SCRIPTS = ("js/bed-board.js",)
RIBBON_STYLES = ("css/ribbon.css",)
NOTES_STYLES = ("css/notes.css",)
LAB_STYLES = ("css/lab.css",)
LAB_SCRIPTS = ("js/lab.js",)
PHARMACY_STYLES = ("css/pharmacy.css",)
PHARMACY_SCRIPTS = ("js/pharmacy.js",)
STOCK_STYLES = ("css/stock.css",)
MAR_STYLES = ("css/mar.css",)
MAR_SCRIPTS = ("js/mar-grid.js", "js/mar-sheet.js")
CAMERA_SCRIPTS = ("js/camera.js",)
ORDERS_SCRIPTS = ("js/orders.js",)
DRAFTS_SCRIPTS = ("js/drafts.js",)
OUTBOX_STYLES = ("css/outbox.css",)
OUTBOX_SCRIPTS = ("js/outbox-key.js", "js/outbox-store.js", "js/outbox.js")
# Only where something waits, or is to be told.
OUTBOX_MORE_SCRIPTS = ("js/outbox-list.js", "js/outbox-tell.js", "js/outbox-send.js")
WORKER_SCRIPTS = (
    "js/outbox-key.js",
    "js/worker-copies.js",
    "js/worker-ahead.js",
    "js/worker.js",
)  # behind the pages, see wardline/desk/offline.py
NOTES_SCRIPTS = ("js/note-editor.js", "js/code-search.js")
BUNDLES = {
    "wardline.css": STYLES,
    "wardline.js": SCRIPTS,
    "signin.js": SIGNIN_SCRIPTS,
    "palette.js": PALETTE_SCRIPTS,
    "beds.js": BEDS_SCRIPTS,
    "ribbon.css": RIBBON_STYLES,
    "notes.css": NOTES_STYLES,
    "notes.js": NOTES_SCRIPTS,
    "lab.css": LAB_STYLES,
    "lab.js": LAB_SCRIPTS,
    "pharmacy.css": PHARMACY_STYLES,
    "pharmacy.js": PHARMACY_SCRIPTS,
    "stock.css": STOCK_STYLES,
    "mar.css": MAR_STYLES,
    "mar.js": MAR_SCRIPTS,
    "camera.js": CAMERA_SCRIPTS,
    "orders.js": ORDERS_SCRIPTS,
    "drafts.js": DRAFTS_SCRIPTS,
    "outbox.css": OUTBOX_STYLES,
    "outbox.js": OUTBOX_SCRIPTS,
    "outbox-more.js": OUTBOX_MORE_SCRIPTS,
    "sw.js": WORKER_SCRIPTS,
}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
PACKED = {".css", ".js", ".json", ".svg", ".txt", ".webmanifest"}
FILE_BYTES_MAX = 2_000_000
PATH_LENGTH_MAX = 200
KEPT_MAX = 500  # files and names that are none
_VENDOR_URL = re.compile(r"url\(\.\./(vendor/[\w.-]+)\)")
_SCRIPT_COMMENT = re.compile(r"^\s*//.*\n|[ \t]+// .*$", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)  # no text in the scripts goes beyond its line
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LAYOUT = re.compile(r"(?<=[{}:;,])\s+|\s+(?=[{}])|;\s*(?=})")


class StaticFile(NamedTuple):
    """One file ready to be sent."""

    kind: str
    body: bytes
    packed: bytes | None
    mark: str


def asset(path: str) -> str:
    """The address of a static file; it changes with the content. Safe text, so a slash does not become an entity."""
    return minijinja.safe(f"/static/{path}?v={_mark(path)}")


@cache
def _mark(path: str) -> str:
    content = content_of(path)
    return "0" if content is None else hashlib.sha256(content).hexdigest()[:10]


def content_of(path: str) -> bytes | None:
    """The bytes of a static file or bundle; None when there is none of that name."""
    if path in BUNDLES:
        return _joined(path).encode()
    if len(path) > PATH_LENGTH_MAX or "\x00" in path:
        return None
    file = (STATIC / path).resolve()
    if not (file.is_file() and (STATIC in file.parents or path.startswith("vendor/"))) or ".." in path:
        return None
    return file.read_bytes() if file.stat().st_size <= FILE_BYTES_MAX else None


def _joined(bundle: str) -> str:
    parts = [(STATIC / part).read_text(encoding="utf-8") for part in BUNDLES[bundle]]
    if bundle.endswith(".js"):
        return "\n".join(f"{{\n{_INDENT.sub('', _SCRIPT_COMMENT.sub('', part))}}}" for part in parts)
    style = _LAYOUT.sub("", " ".join(_COMMENT.sub("", "\n".join(parts)).split()))
    return _VENDOR_URL.sub(lambda match: f"url({asset(match[1])})", style)


@lru_cache(maxsize=KEPT_MAX)
def static_file(path: str) -> StaticFile | None:
    """The file with its type, its packed form and its mark, read once in the life of a process."""
    content = content_of(path)
    if content is None:
        return None
    suffix = Path(path).suffix
    packed = gzip.compress(content, 9, mtime=0) if suffix in PACKED else None
    return StaticFile(TYPES.get(suffix, "application/octet-stream"), content, packed, _mark(path))


async def serve(scope: Any, send: Any) -> None:
    """Answer a request below /static/."""
    found = static_file(scope["path"].removeprefix("/static/")) if scope["method"] in {"GET", "HEAD"} else None
    if found is None:
        await _send(send, 404, [(b"content-type", b"text/plain")], b"There is nothing here.")
        return
    given = dict(scope["headers"])
    etag = f'"{found.mark}"'.encode()
    headers = [
        (b"etag", etag),
        (b"cache-control", _keeping(scope["query_string"], found.mark)),
        (b"vary", b"Accept-Encoding"),
    ]
    if given.get(b"if-none-match") == etag:
        await _send(send, 304, headers, b"")
        return
    packs = found.packed is not None and b"gzip" in given.get(b"accept-encoding", b"")
    body = found.packed if packs and found.packed is not None else found.body
    if packs:
        headers.append((b"content-encoding", b"gzip"))
    headers += [(b"content-type", found.kind.encode()), (b"content-length", str(len(body)).encode())]
    await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body)


def _keeping(query: bytes, mark: str) -> bytes:
    """For ever under the mark of this very content. While two versions serve, an address of the other one may be asked
    here: it gets this version's content, which nobody may keep under that mark."""
    if not query:
        return b"public, max-age=300"
    return b"public, max-age=31536000, immutable" if query == b"v=" + mark.encode() else b"no-store"


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *SECURITY_HEADERS]})
    await send({"type": "http.response.body", "body": body})
