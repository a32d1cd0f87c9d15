"""Requests as a browser with htmx puts them on the wire, made of ready bytes."""

import secrets
from itertools import count
from urllib.parse import urlencode

import msgspec

from bench.load.users import User

BROWSER = (
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept-Language: en-GB,en;q=0.9\r\nSec-Fetch-Site: same-origin\r\n"
)
PAGE = b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
FRAGMENT = b"Accept: text/html\r\nHX-Request: true\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
PROGRAM = b"Accept: application/json\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
STREAM = b"Accept: text/event-stream\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
WORDS = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


class Requests:
    """Makes them for one server."""

    def __init__(self, authority: bytes) -> None:
        every = b" HTTP/1.1\r\nHost: " + authority + b"\r\nConnection: keep-alive\r\n" + BROWSER
        origin = b"Origin: http://" + authority + b"\r\n"
        self._page = every + PAGE
        self._fragment = every + FRAGMENT
        self._program = every + PROGRAM
        self._stream = every + STREAM
        self._write = every + FRAGMENT + origin + FORM
        self._autosave = every + PROGRAM + origin + WORDS
        self._sign_in = every + PAGE + origin + FORM
        self._key = secrets.token_hex(12).encode()
        self._numbers = count()

    def page(self, path: bytes, user: User) -> bytes:
        """Following a link: the whole page."""
        return b"GET " + path + self._page + user.cookie

    def fragment(self, path: bytes, user: User) -> bytes:
        """A part of a page, asked for by htmx or by a page that reads itself anew."""
        return b"GET " + path + self._fragment + user.cookie

    def program(self, path: bytes, user: User) -> bytes:
        """JSON, asked for by a script of the page."""
        return b"GET " + path + self._program + user.cookie

    def stream(self, path: bytes, user: User) -> bytes:
        """The page's stream."""
        return b"GET " + path + self._stream + user.cookie

    def write(self, path: bytes, user: User, form: list[tuple[str, str]]) -> bytes:
        """A form sent by htmx, with a fresh key."""
        key = b"%s%08d" % (self._key, next(self._numbers))
        body = urlencode([*form, ("idempotency_key", key.decode())]).encode()
        head = self._write + b"Idempotency-Key: %s\r\nContent-Length: %d\r\n" % (key, len(body))
        return b"POST " + path + head + user.cookie + body

    def autosave(self, path: bytes, user: User, text: str, version: int) -> bytes:
        """Words of a draft, as the editor's script sends them."""
        key = b"%s%08d" % (self._key, next(self._numbers))
        body = msgspec.json.encode({"text": text, "version": version})
        head = self._autosave + b"Idempotency-Key: %s\r\nContent-Length: %d\r\n" % (key, len(body))
        return b"PUT " + path + head + user.cookie + body

    def sign_in(self, email: str, password: str) -> bytes:
        """The sign-in form."""
        body = urlencode({"email": email, "password": password}).encode()
        return b"POST /sessions" + self._sign_in + b"Content-Length: %d\r\n\r\n" % len(body) + body
