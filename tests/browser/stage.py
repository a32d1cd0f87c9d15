"""A small server that plays the product's part for the shell: a page, a form, a sheet, a palette, a stream."""

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wardline.platform import static
from wardline.platform.render import render

CALLER = SimpleNamespace(
    display_name="R. Okafor",
    initials="RO",
    role_words="Nurse",
    hospital_name="Northgate",
    ward_name="Ward 7",
    id="p1",
    hospital_id="h1",
    keep="",
)
NAV = [SimpleNamespace(href="/", icon="users", label="Patients", current=True)]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
BOARD = f"""<script type="module" src="{static.asset("beds.js")}"></script><section class="ban" data-person="p1"><h1>PATEL, <span>Asha</span></h1></section>
<bed-board><ul class="wl"><li tabindex="0" data-encounter-id="e9" data-name="SINGH">SINGH</li></ul>
<div class="bay"><ul><li><button class="bed" data-bed-id="1" data-bed-label="4-01" data-encounter-id="e1"
data-name="DOYLE">01</button></li><li><button class="bed" data-bed-id="2" data-bed-label="4-02" data-free>02</button></li>
<li><button class="bed" data-bed-id="3" data-bed-label="4-03" data-free>03</button></li></ul></div></bed-board>"""
SHEET = """<aside class="sheet" aria-labelledby="head"><header><h2 id="head">{title}</h2>
<button type="button" data-close>Close</button></header><form class="b" method="post" action="/sent" hx-post="/sent">
<label>Value <input id="value" name="value"></label></form></aside>"""
FORM = """<form id="form" method="post" action="/sent" hx-post="/sent" novalidate>
<input type="hidden" name="idempotency_key" value="from the cache"><div class="problem-slot"></div>
<div class="f" id="field-pulse"><label for="pulse">Pulse</label><input id="pulse" name="pulse"></div>
<button class="go">Save</button></form><a id="opener" href="/sheet" hx-get="/sheet" hx-target="#sheet">Open</a>"""


def row(name: str, words: str) -> str:
    return f'<tr id="bed-{name}" data-announce="{words}"><td class="nm"><a href="/{name}">{words}</a></td></tr>'


@dataclass
class Stage:
    """What the server says, and what it was told."""

    rows: dict[str, str] = field(default_factory=lambda: {"a": "Alpha 1", "b": "Beta 1", "c": "Gamma 1"})
    version: int = 3
    open: bool = True
    keys: list[str] = field(default_factory=list[str])
    streams: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""

    async def push(self, **message: Any) -> None:
        """Send changed rows to every open stream."""
        self.version += 1
        await self._say("rows", {"topic": "ward:1", "version": self.version, **message})

    async def beat(self) -> None:
        """Send the heartbeat with the newest version."""
        await self._say("versions", {"versions": {"ward:1": self.version}, "at": "2026-11-23T14:20:07Z"})

    async def cut(self) -> None:
        """Lose the line, and refuse new ones."""
        self.open = False
        for stream in list(self.streams):
            stream.close()

    async def _say(self, event: str, data: dict[str, Any]) -> None:
        for stream in list(self.streams):
            stream.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
            await stream.drain()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close, except on the stream."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        if target.startswith("/live") and self.open:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n:\n\n")
            self.streams.add(writer)
            self.joined.set()
            await reader.read()
            self.streams.discard(writer)
        else:
            status, kind, content = self.answer(method, target, headers, body)
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n"
                f"Content-Security-Policy: {POLICY}\r\nwardline-topic: ward:1@{self.version}\r\n\r\n".encode()
                + content
            )
            await writer.drain()
        writer.close()

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, str, bytes]:
        path = urlsplit(target).path
        if path.startswith("/static/"):
            found = static.static_file(path.removeprefix("/static/"))
            return (200, found.kind, found.body) if found else (404, "text/plain", b"")
        if path == "/palette":
            items = [{"kind": "act", "label": "Record observations", "hint": "", "href": "/p1/observations/new"}]
            return 200, "application/json", json.dumps({"items": items}).encode()
        status, words = self.words(method, path, target, body)
        return status, "text/html; charset=utf-8", self.page(words, headers, bare=status != 200 or method == "POST")

    def words(self, method: str, path: str, target: str, body: str) -> tuple[int, str]:
        if method == "POST":
            sent = parse_qs(body)
            self.keys.append(sent["idempotency_key"][0])
            if sent.get("pulse") == ["bad"]:
                fields = {"pulse": "Pulse must be a number"}
                return 422, render(
                    "problem.html", problem={"status": 422, "code": "x", "title": "Check", "fields": fields}
                )
            return 200, '<p id="saved">Saved</p>'
        if path == "/board":
            return 200, BOARD
        if path != "/":
            return (503, "") if path == "/live" else (200, SHEET.format(title=target))
        rows = "".join(row(name, words) for name, words in self.rows.items())
        return 200, f'<h1>Ward</h1><input id="note"><table><tbody id="beds">{rows}</tbody></table>{FORM}'

    def page(self, words: str, headers: dict[str, str], *, bare: bool) -> bytes:
        if bare or "hx-request" in headers:
            return words.encode()
        shell = render(
            "shell.html",
            content=words,
            title="Ward",
            caller=CALLER,
            nav=NAV,
            live_topic="ward:1",
            live_version=self.version,
        )
        return shell.encode()
