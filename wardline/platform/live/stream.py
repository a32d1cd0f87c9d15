"""GET /live: server-sent events as a plain ASGI application.

A stream is authorised like the pages it keeps current: by the session, the view's permission and the view's own access
check, for each topic. Its beginning and its end are in the audit record. It ends by itself after about ten minutes, and
within five seconds when the session or its rights end.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from starlette.datastructures import Headers

from wardline.platform import clock
from wardline.platform.admission import Visit, serving
from wardline.platform.db import Db, Pool
from wardline.platform.errors import BadRequest, Busy, NotSignedIn, Problem, WrongMethod
from wardline.platform.http.client import client_of
from wardline.platform.http.context import Caller, Context, Seen
from wardline.platform.http.door import COOKIE
from wardline.platform.http.reply import PROBLEM_JSON, SECURITY_HEADERS, Reply, encode, problem_headers, problem_values
from wardline.platform.live.connection import Connection
from wardline.platform.live.hub import Hub
from wardline.platform.live.turnstile import Turnstile, return_ms
from wardline.platform.live.views import Audience, View, Watch, admit, understand

TOPICS_MAX = 8
STREAMS_MAX = 30_000
OPEN_SECONDS_MAX = 10
CLOSE_SECONDS_MAX = 2
ADMITTED_SECONDS = 30.0  # as long as a board that is watched may go without being read, and its ward asked for, again
ADMITTED_MAX = 10_000
LANGUAGE = "en"

log = structlog.get_logger("live")

HEADERS: list[tuple[bytes, bytes]] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *SECURITY_HEADERS,
]


class Record(Protocol):
    """The audit record, as far as streams write to it."""

    async def reads(self, ctx: Context, reads: Sequence[Seen]) -> None: ...
    async def refused(
        self, caller: Caller | None, problem: Problem, route: str, request_id: str, client: str
    ) -> None: ...
    async def note(
        self, caller: Caller, action: str, request_id: str, client: str, detail: dict[str, Any] | None = None
    ) -> None: ...


class Admitted(NamedTuple):
    """What an access check answered for everybody of an audience, and until when that holds."""

    scope: Any
    seen: list[Seen]
    until: float


class Streams:
    """The application behind /live; it serves one connection for each browser tab."""

    def __init__(
        self,
        hub: Hub,
        *,
        pool: Pool,
        gate: Callable[[str, Db], Awaitable[Caller | None]],
        record: Record,
        turnstile: Turnstile,
    ) -> None:
        self._hub = hub
        self._pool = pool
        self._turnstile = turnstile
        self._gate = gate
        self._record = record
        self._admitted_lately: dict[tuple[str, Audience], Admitted] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one stream from its greeting to its end."""
        if not self._turnstile.enter():
            await self._turnstile.refuse(send)
            return
        before = serving.set(Visit("streams"))
        ctx = _context(scope, self._pool)
        life = self._hub.pace.life_seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spread, not secrecy
        connection = Connection(send, UUID(int=0), asyncio.get_running_loop().time() + life)
        joined = False
        try:
            versions = await self._subscribe(ctx, scope, connection)
            joined = True
        except Exception as error:  # noqa: BLE001 - answered as a problem; what is not one is logged
            self._hub.leave(connection)
            await self._refuse(ctx, error, scope, send)
            return
        except BaseException:
            self._hub.leave(connection)
            raise
        finally:
            self._turnstile.leave(opened=joined)
            serving.reset(before)
        try:
            await self._serve(connection, versions, receive, send)
        finally:
            self._hub.leave(connection)
            await self._note_end(ctx, connection)

    async def _subscribe(self, ctx: Context, scope: Any, connection: Connection) -> dict[str, int]:
        """Check every topic, record the watching, and join the feeds. Nothing has been sent yet."""
        if scope["method"] != "GET":
            raise WrongMethod(allow="GET")
        if self._hub.closing or self._hub.streams >= STREAMS_MAX:
            raise Busy("This process takes no more streams.")
        try:
            async with asyncio.timeout(OPEN_SECONDS_MAX):
                await self._know_caller(ctx)
                connection.session_id = ctx.caller.session_id
                connection.tenant_code = ctx.caller.tenant_code
                watches = asked(scope["query_string"], self._hub.views)
                scopes = [await self._admitted(ctx, watch) for watch in watches]
                await self._record.reads(ctx, ctx.reads)
                audience = audience_of(ctx.caller)
                for watch, allowed in zip(watches, scopes, strict=True):
                    await self._hub.join(connection, watch, allowed, audience, ctx.caller.permissions)
        except TimeoutError:
            raise Busy("The stream could not be opened in time.") from None
        ctx.headers, ctx.cookies = {}, {}  # a stream lives for minutes: it keeps no more than it needs
        ctx.reads.clear()
        return {watch.topic: watch.version for watch in watches}

    async def _know_caller(self, ctx: Context) -> None:
        authorization = ctx.headers.get("authorization", "")
        token = authorization[7:] if authorization[:7].lower() == "bearer " else ctx.cookies.get(COOKIE)
        caller = await self._gate(token, ctx.db) if token else None
        if caller is None:
            raise NotSignedIn
        ctx.enter(caller)
        ctx.db = Db(self._pool, caller.tenant_id)

    async def _admitted(self, ctx: Context, watch: Watch) -> Any:
        """The scope of one topic; what its access check would record as a read is recorded as watching."""
        before = len(ctx.reads)
        allowed = await self._access(ctx, watch)
        seen = ctx.reads[before:] or [Seen("", None, watch.view.kind, None)]
        ctx.reads[before:] = [
            Seen("live.watched", each.person_id, each.subject_type, each.subject_id, {"topic": watch.topic})
            for each in seen
        ]
        return allowed

    async def _access(self, ctx: Context, watch: Watch) -> Any:
        """The scope, by the view's own check. One that asks only whose it is answers for all of an audience who come within
        half a minute, as they do when a network comes back; session and right are asked of each."""
        if not watch.view.of_tenant:
            return await admit(ctx, watch)
        ctx.need(watch.view.needs)
        key, now = (watch.topic, audience_of(ctx.caller)), asyncio.get_running_loop().time()
        found = self._admitted_lately.get(key)
        if found is not None and now < found.until:
            ctx.reads.extend(found.seen)
            return found.scope
        before = len(ctx.reads)
        allowed = await admit(ctx, watch)
        if len(self._admitted_lately) >= ADMITTED_MAX:
            self._admitted_lately.clear()
        self._admitted_lately[key] = Admitted(allowed, ctx.reads[before:], now + ADMITTED_SECONDS)
        return allowed

    async def _serve(self, connection: Connection, versions: dict[str, int], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        listening = asyncio.ensure_future(_until_disconnect(receive, connection))
        try:
            self._hub.opened(connection, versions, retry_ms=return_ms(self._hub.streams))
            await connection.done
            listening.cancel()
            if await connection.finish(CLOSE_SECONDS_MAX):
                async with asyncio.timeout(CLOSE_SECONDS_MAX):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, TimeoutError, RuntimeError):
            connection.end("closed")
        finally:
            listening.cancel()

    async def _refuse(self, ctx: Context, error: Exception, scope: Any, send: Any) -> None:
        problem = error if isinstance(error, Problem) else Busy("The stream could not be opened.")
        if problem is not error:
            log.error("live_open_failed", request_id=ctx.request_id, code=type(error).__name__, exc_info=error)
        caller = ctx.caller if ctx.signed_in else None
        if caller is not None and problem.status in (403, 404):
            try:
                await self._record.refused(caller, problem, "live", ctx.request_id, ctx.client)
            except Problem as unrecorded:
                problem = unrecorded
        body = encode(problem_values(problem, ctx.request_id, scope["path"]))
        await Reply(problem.status, body, PROBLEM_JSON, list(problem_headers(problem))).send(send)

    async def _note_end(self, ctx: Context, connection: Connection) -> None:
        detail = {"topics": [feed.topic for feed in connection.feeds], "reason": connection.reason}
        try:
            await asyncio.shield(self._record.note(ctx.caller, "live.ended", ctx.request_id, ctx.client, detail))
        except Problem as problem:
            log.error("live_end_not_recorded", request_id=ctx.request_id, code=problem.code)


def asked(query: bytes, views: Mapping[str, View]) -> list[Watch]:
    """The topics of a query string, each with the version that the page has: topic=..&version=..&topic=..&version=.."""
    try:
        pairs = parse_qsl(query.decode("ascii"), max_num_fields=TOPICS_MAX * 4, strict_parsing=bool(query))
    except ValueError:
        raise BadRequest("The address is not readable.") from None
    topics = [value for name, value in pairs if name == "topic"]
    versions = [value for name, value in pairs if name == "version"]
    if not 1 <= len(topics) <= TOPICS_MAX or len(set(topics)) != len(topics):
        raise BadRequest(f"Name one to {TOPICS_MAX} different topics.")
    if versions and len(versions) != len(topics):
        raise BadRequest("Give a version with each topic, or with none.")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in versions):
        raise BadRequest("A version is a whole number.")
    numbers = [int(text) for text in versions] or [0] * len(topics)
    return [understand(topic, number, views) for topic, number in zip(topics, numbers, strict=True)]


def audience_of(caller: Caller) -> Audience:
    """Which rendering serves this caller."""
    return Audience(caller.tenant_id, caller.permission_class, LANGUAGE, caller.time_zone)


async def _until_disconnect(receive: Any, connection: Connection) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            connection.end("closed")
            return


def _context(scope: Any, pool: Pool) -> Context:
    headers = Headers(raw=scope["headers"])
    client = client_of(scope, headers)
    ctx = Context(
        caller=None, db=Db(pool, None), now=clock.now(), request_id=secrets.token_hex(8), client=client, html=False
    )
    ctx.route = "live"
    ctx.headers = headers
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    ctx.cookies = {name: value for name, _, value in pairs}
    return ctx
