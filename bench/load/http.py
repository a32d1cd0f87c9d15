"""Requests of many users over kept-alive connections, at as little cost as a client can have in Python.

A user has one connection that is kept, as a browser does, opens more (six at the most) while an answer is awaited, and
queues what comes on top. A connection that was idle for a minute is not trusted any more.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Callable
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bench.load.users import User

CONNECTIONS_OF_USER_MAX = 6
IDLE_SECONDS_MAX = 58.0  # the server closes after 60
ANSWER_SECONDS_MAX = 30.0
CONNECT_SECONDS_MAX = 10.0
IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen with the destination, so an address does not run out of them
HEAD, CHUNKED = -1, -2


class Call:
    """One request on its way, and its answer. `due` is when it should have been sent; latency counts from there."""

    __slots__ = (
        "again", "body", "check", "done", "due", "error", "expected", "head", "head_as_sent", "http", "note", "request",
        "route", "status", "then", "tries", "user",
    )  # fmt: skip

    def __init__(
        self,
        user: "User",
        route: str,
        request: bytes,
        *,
        due: float,
        check: "Check",
        note: Any = None,
        expected: int = 200,
    ) -> None:
        self.user = user
        self.route = route
        self.request = request
        self.due = due
        self.check = check
        self.note = note
        self.expected = expected
        self.then: Callable[[Call], None] | None = None  # who hears of the answer instead of the client's owner
        self.http: Http | None = None
        self.again = False
        self.tries = 0
        self.done = False
        self.error = ""
        self.status = 0
        self.head = b""  # in small letters
        self.head_as_sent = b""
        self.body = b""

    def header(self, name: bytes) -> bytes:
        """A header of the answer (`name` in small letters), or nothing."""
        at = self.head.find(b"\r\n" + name + b":")
        if at < 0:
            return b""
        begins = at + len(name) + 3
        ends = self.head.find(b"\r\n", begins)
        return self.head[begins : ends if ends >= 0 else None].strip()


Check = Callable[[Call], str]  # what is wrong with an answer of the expected status; nothing when it is right


class Http(asyncio.Protocol):
    """One connection: one request at a time."""

    __slots__ = ("_client", "_need", "_pieces", "_size", "call", "transport", "used_at", "user")

    def __init__(self, client: "Client", user: "User") -> None:
        self._client = client
        self._pieces: list[bytes] = []
        self._need = HEAD
        self._size = 0
        self.user = user
        self.call: Call | None = None
        self.transport: Any = None
        self.used_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, call: Call) -> None:
        """Send; the client hears of the answer."""
        self.call, call.http = call, self
        self.transport.write(call.request)

    def data_received(self, data: bytes) -> None:
        call = self.call
        if call is None:
            self.close()
            return
        if self._need == HEAD:
            if self._pieces:
                data = b"".join([*self._pieces, data])
                self._pieces.clear()
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._pieces.append(data)
                return
            call.head_as_sent = data[:end]
            call.head = call.head_as_sent.lower()
            call.status = int(call.head[9:12])
            self._need = _length(call)
            data = data[end + 4 :]
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= self._need >= 0 or (self._need == CHUNKED and data.endswith(b"0\r\n\r\n")):
            self._finish(call)

    def _finish(self, call: Call) -> None:
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        call.body = _unpacked(call, unchunked(body) if self._need == CHUNKED else body)
        self._pieces.clear()
        self._need, self._size = HEAD, 0
        self._client.answered(self, call)

    @property
    def heard_nothing(self) -> bool:
        return self._need == HEAD and not self._pieces

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.lost(self)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def _length(call: Call) -> int:
    given = call.header(b"content-length")
    if given:
        return int(given)
    return CHUNKED if call.header(b"transfer-encoding") == b"chunked" else 0


def unchunked(body: bytes) -> bytes:
    """A body that came in chunks, whole."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].partition(b";")[0], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(body[end + 2 : end + 2 + size])
        at = end + 4 + size


def _unpacked(call: Call, body: bytes) -> bytes:
    if call.header(b"content-encoding") == b"gzip":
        return zlib.decompress(body, wbits=31)
    return body


class Wire:
    """Where the server is, and from which addresses it is asked."""

    def __init__(self, url: str, sources: list[str]) -> None:
        parts = urlsplit(url)
        self.secure = parts.scheme == "https"
        self.host = socket.gethostbyname(parts.hostname or "127.0.0.1")
        self.port = parts.port or (443 if self.secure else 80)
        self.authority = parts.netloc.encode()
        self._sources = cycle(sources or [""])
        self._tls = _any_certificate() if self.secure else None

    async def connect(self, make: Callable[[], asyncio.Protocol]) -> None:
        """Open a connection. Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        source = next(self._sources)
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            if not source:
                await loop.create_connection(make, self.host, self.port, ssl=self._tls)
                return
            door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                door.setblocking(False)
                door.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                door.bind((source, 0))
                await loop.sock_connect(door, (self.host, self.port))
            except BaseException:
                door.close()
                raise
            name = self.host if self._tls else None
            await loop.create_connection(make, sock=door, ssl=self._tls, server_hostname=name)


def _any_certificate() -> ssl.SSLContext:
    """The rig measures its own machine, whose certificate nobody has signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """Sends the calls of all users. `finished` hears of each exactly once, with its answer or its error."""

    def __init__(self, wire: Wire, finished: Callable[[Call], None]) -> None:
        self.wire = wire
        self._finished = finished
        self._loop = asyncio.get_running_loop()
        self._flying: dict[Call, float] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self.opened = 0
        self.repeated = 0

    @property
    def flying(self) -> int:
        return len(self._flying)

    def send(self, user: "User", call: Call) -> None:
        """On the user's free connection, on a new one, or behind what waits."""
        now = monotonic()
        self._flying[call] = now
        http = user.http
        if http is not None and http.call is None:
            if now - http.used_at < IDLE_SECONDS_MAX:
                http.ask(call)
                return
            user.http = None
            http.close()
        if user.open >= CONNECTIONS_OF_USER_MAX:
            user.waiting.append(call)
            return
        user.open += 1
        task = self._loop.create_task(self._open(user, call))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, user: "User", call: Call) -> None:
        http = Http(self, user)
        try:
            await self.wire.connect(lambda: http)
        except (OSError, TimeoutError) as error:
            user.open -= 1
            self._end(call, f"not connected: {type(error).__name__}")
            return
        self.opened += 1
        if user.http is None:
            user.http = http
        if call.done:
            self._rest(http)
        else:
            http.ask(call)

    def answered(self, http: Http, call: Call) -> None:
        """A connection has a whole answer."""
        http.call = None
        if call.header(b"connection") == b"close":
            http.close()
        else:
            self._rest(http)
        self._end(call, "")

    def _rest(self, http: Http) -> None:
        """What a connection does after an answer: the next of what waits, or nothing; a second idle one is closed."""
        user = http.user
        http.used_at = monotonic()
        while user.waiting:
            call = user.waiting.popleft()
            if not call.done:
                http.ask(call)
                return
        if user.http is None:
            user.http = http
        elif user.http is not http:
            http.close()

    def lost(self, http: Http) -> None:
        """A connection is gone; a request that it took just as it was closing is sent again, as browsers do."""
        user, call = http.user, http.call
        user.open -= 1
        if user.http is http:
            user.http = None
        if call is not None and not call.done:
            if http.used_at and http.heard_nothing and not call.again:
                call.again = True
                self.repeated += 1
                self.send(user, call)
            else:
                self._end(call, "connection lost")
        while user.waiting and user.http is None and user.open == 0:
            waiting = user.waiting.popleft()
            if not waiting.done:
                self.send(user, waiting)

    def _end(self, call: Call, error: str) -> None:
        if not call.done:
            call.done = True
            call.error = error
            self._flying.pop(call, None)
            (call.then or self._finished)(call)

    async def asked(self, call: Call) -> Call:
        """Send a call and wait for its end."""
        future: asyncio.Future[None] = self._loop.create_future()
        call.then = lambda _: future.set_result(None)
        self.send(call.user, call)
        await future
        return call

    def give_up(self, now: float) -> None:
        """End the calls that nobody has answered in time. Called every second."""
        while self._flying:
            call, since = next(iter(self._flying.items()))
            if now - since < ANSWER_SECONDS_MAX:
                return
            self._end(call, f"no answer in {ANSWER_SECONDS_MAX:.0f} s")
            if call.http is not None and call.http.call is call:
                call.http.abort()
