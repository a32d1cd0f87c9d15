"""The door: the only way in. Finds the route, knows the caller, holds the permission, decodes, runs, records, answers.

A read runs outside any transaction and its audit entries are durable before a byte leaves. A write runs in one
transaction that the door opens (scope and idempotency key in one call) and commits (audit, events, reply and topic
versions in one call).
"""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from wardline.platform import clock, errors
from wardline.platform.admission import serving
from wardline.platform.db import Db, Pool
from wardline.platform.errors import Problem
from wardline.platform.http import lean
from wardline.platform.http.answer import Answers
from wardline.platform.http.body import Sent as SentBody
from wardline.platform.http.body import convert, invalid, path_values, query_values, read_body, sent_values
from wardline.platform.http.client import client_of
from wardline.platform.http.context import Caller, Change, Context, Seen
from wardline.platform.http.entrance import seconds_left
from wardline.platform.http.later import check_author, entered_at
from wardline.platform.http.reply import Reply, encode, problem_headers
from wardline.platform.http.routes import ANYONE, Anonymous, Node, Route
from wardline.platform.http.texts import require_said

COOKIE = "__Host-wardline"
TRIES_MAX = 3
HEAD_SECONDS_MAX = 30  # to know who writes, and which route a form means; then the route's own deadline counts
_KEY = re.compile(r"[!-~]{8,100}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
REPLY_BYTES_MAX = 65_536

# What the database says while it stops, starts, is full or is not there: the request is answered 503, to be tried again.
_UNREACHABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
_UNFIT = (asyncpg.DataError,)  # a time or number that the database cannot hold, in a search or a cursor

Gate = Callable[[str, Db], Awaitable[Caller | None]]


class Ledger(Protocol):
    """Where reads, refusals and changes are recorded; given by the slice that keeps the record."""

    closing_sql: str  # an expression with parameters $10 to $16

    def closing_values(self, ctx: Context, changes: Sequence[Change], reads: Sequence[Seen]) -> list[Any]: ...
    async def reads(self, ctx: Context, reads: Sequence[Seen]) -> None: ...
    async def refused(
        self, caller: Caller | None, problem: Problem, route: str, request_id: str, client: str
    ) -> None: ...


class Door:
    """An ASGI application over the declared routes, behind the entrance, which has found the route."""

    def __init__(
        self,
        *,
        pool: Pool,
        gate: Gate,
        ledger: Ledger,
        answers: Answers,
        nudge: Callable[[dict[str, int]], None],
        observe: Callable[[str, int, float, str], None],
    ) -> None:
        self._pool = pool
        self._gate = gate
        self._ledger = ledger
        self._answers = answers
        self._nudge = nudge
        self._observe = observe
        self._closing = f"SELECT {lean.closing_sql(ledger.closing_sql, looked=True)}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; nothing that goes wrong leaves it unanswered."""
        started = time.perf_counter()
        headers: Mapping[str, str] = scope["wardline.headers"]
        ctx = self._context(scope, headers)
        try:
            async with asyncio.timeout(None) as deadline:
                with serving.get().under_deadline():
                    reply = await self._serve(ctx, scope, headers, receive, deadline)
        except Problem as problem:
            reply = await self._refuse(ctx, problem, scope)
        except TimeoutError:
            reply = await self._refuse(ctx, errors.Busy("This took too long and was given up."), scope)
        except _UNFIT:
            reply = await self._refuse(ctx, errors.Invalid("A value is outside what can be looked up."), scope)
        except _UNREACHABLE as error:
            if not isinstance(error, ConnectionError):
                self._answers.log_crash(ctx, error)
            reply = await self._refuse(ctx, errors.Busy("The database is not reachable."), scope)
        except Exception as error:  # noqa: BLE001 - the last resort: logged whole, answered without detail
            self._answers.log_crash(ctx, error)
            reply = await self._refuse(ctx, Problem(), scope)
        reply.headers.append((b"x-request-id", ctx.request_id.encode()))
        for cookie in ctx.reply_cookies:
            reply.headers.append((b"set-cookie", cookie.encode("latin-1")))
        await reply.send(send, head=scope["method"] == "HEAD")
        self._observe(ctx.route or "unmatched", reply.status, time.perf_counter() - started, ctx.tenant_code)

    def _context(self, scope: Any, headers: Mapping[str, str]) -> Context:
        given = headers.get("x-request-id")
        request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        html = _wants_html(headers)
        client = client_of(scope, headers)
        ctx = Context(
            caller=None, db=Db(self._pool, None), now=clock.now(), request_id=request_id, client=client, html=html
        )
        ctx.headers = headers
        ctx.cookies = _cookies(headers.get("cookie", ""))
        return ctx

    async def _serve(
        self, ctx: Context, scope: Any, headers: Mapping[str, str], receive: Any, deadline: asyncio.Timeout
    ) -> Reply:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        found: tuple[Node, list[str]] | None = scope["wardline.found"]
        if found is None or "\x00" in scope["path"]:
            raise errors.NotFound
        node, raw = found
        route = node.methods.get(method)
        _limit(deadline, scope, HEAD_SECONDS_MAX if route is None or route.writes else route.deadline_seconds)
        await self._know_caller(ctx, headers)
        sent: SentBody | None = None
        if method == "POST" and (route is None or _is_form(headers)):
            limit = route.body_bytes_max if route else 1_000_000
            sent = await sent_values(headers, await read_body(receive, limit))
            route = node.methods.get((sent.method or method).upper()) if sent.is_form else route
        if route is None:
            raise errors.WrongMethod(allow=", ".join(sorted(node.methods)))
        ctx.route = route.name
        self._permit(ctx, route, headers)
        values = path_values(route, raw)
        if not route.writes:
            return await self._read(ctx, route, values, scope)
        _limit(deadline, scope, route.deadline_seconds)
        return await self._write(ctx, route, values, scope, headers, receive, sent)

    async def _know_caller(self, ctx: Context, headers: Mapping[str, str]) -> None:
        authorization = headers.get("authorization", "")
        token = authorization[7:] if authorization[:7].lower() == "bearer " else ctx.cookies.get(COOKIE)
        if token:
            caller = await self._gate(token, ctx.db)
            if caller is not None:
                ctx.enter(caller)
                ctx.db = Db(self._pool, caller.tenant_id)

    def _permit(self, ctx: Context, route: Route, headers: Mapping[str, str]) -> None:
        """The route's permission; and for a browser's write that it comes from our own pages."""
        if route.writes and "authorization" not in headers:
            _same_origin(headers)
        if isinstance(route.needs, Anonymous) and route.needs == ANYONE:
            return
        caller = ctx.caller
        if not isinstance(route.needs, Anonymous) and route.needs not in caller.permissions:
            raise errors.Denied(permission=str(route.needs))

    async def _read(self, ctx: Context, route: Route, values: dict[str, Any], scope: Any) -> Reply:
        if route.input is not None:
            values[route.input_name or ""] = convert(query_values(scope["query_string"]), route.input)
        reply = await self._answers.read(ctx, route, values, scope)
        if ctx.reads:
            await self._ledger.reads(ctx, ctx.reads)
        return reply

    async def _write(
        self,
        ctx: Context,
        route: Route,
        values: dict[str, Any],
        scope: Any,
        headers: Mapping[str, str],
        receive: Any,
        sent: SentBody | None,
    ) -> Reply:
        if route.raw_body:
            raw = await read_body(receive, route.body_bytes_max)
            sent = SentBody(None)
            values[route.input_name or ""] = raw
        elif sent is None:
            sent = await sent_values(headers, await read_body(receive, route.body_bytes_max))
        check_author(ctx, headers)
        ctx.entered_at = entered_at(headers, ctx.now)
        key = self._key(route, headers, sent)
        ctx.version = _version(headers, sent)
        if route.versioned and ctx.version is None:
            raise errors.VersionRequired("Send the version you read as If-Match, or as the field `version`.")
        place = ctx.caller.tenant_id if ctx.signed_in else None
        digest = hashlib.blake2b(encode([scope["path"], place, _compared(sent), ctx.version]), digest_size=16).digest()
        if route.input is not None and not route.raw_body:
            try:
                values[route.input_name or ""] = _decode(route, sent)
            except errors.Invalid:
                # Whoever may not know that the row exists is told so before being told what is wrong with the body.
                await route.take_scope(ctx, values)
                raise
        if route.ahead is not None:
            ctx.ahead = await route.ahead(ctx, **values)
            ctx.forget_reports()  # what it read is read again, and reported, in the transaction
        if not route.transaction:
            result = await route.handler(ctx, **values)
            return await self._answers.written(ctx, route, values, result)
        result, versions = await self._in_transaction(ctx, route, values, key, digest)
        self._nudge(versions)
        return await self._answers.written(ctx, route, values, result)

    def _key(self, route: Route, headers: Mapping[str, str], sent: SentBody) -> str | None:
        key = None if route.secret else headers.get("idempotency-key") or sent.key
        if key is None:
            if route.keyed:
                raise errors.KeyRequired("Send a fresh Idempotency-Key (8 to 100 characters) with every write.")
            return None
        if not _KEY.fullmatch(key):
            raise errors.BadRequest("An Idempotency-Key has 8 to 100 visible characters.")
        return key

    async def _in_transaction(
        self, ctx: Context, route: Route, values: dict[str, Any], key: str | None, digest: bytes
    ) -> tuple[Any, dict[str, int]]:
        """Run the write; a lost race that the database reports as such is tried again, at most three times."""
        may_be_lean = route.lean is not None and key is not None and ctx.signed_in
        for attempt in range(1, TRIES_MAX + 1):
            try:
                if may_be_lean and attempt == 1:
                    written = await self._lean_try(ctx, route, dict(values), key or "", digest)
                    if written is not None:
                        return written
                    ctx.forget_reports()
                return await self._one_try(ctx, route, dict(values), key, digest)
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
                if attempt == TRIES_MAX:
                    raise errors.Busy("Others are changing the same record; try again.") from None
                ctx.forget_reports()
                if may_be_lean and attempt == 1:
                    continue
                await asyncio.sleep(0.01 * attempt * (1 + secrets.randbelow(100) / 100))
            except asyncpg.IntegrityConstraintViolationError as error:
                raise errors.constraint_problem(getattr(error, "constraint_name", None)) from error
            except asyncpg.DataError as error:
                raise errors.Invalid("A value is outside what can be recorded.") from error
            except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError):
                raise errors.Busy("Somebody else is changing this right now; try again.") from None
        raise AssertionError("unreachable")

    async def _lean_try(
        self, ctx: Context, route: Route, values: dict[str, Any], key: str, digest: bytes
    ) -> tuple[Any, dict[str, int]] | None:
        """The write in two round trips; None when it needs the ordinary form."""
        assert route.lean is not None
        outside = ctx.db
        lease = outside.lease()
        ctx.db = outside.on(lease)
        try:
            try:
                written: lean.Written | None = await route.lean(ctx, **values)
            except Problem:
                return None  # the ordinary form refuses in its own words, or gives the answer kept for this key
            if written is None:
                return None
            record = self._ledger.closing_values(ctx, ctx.changes, ctx.reads)
            who = (ctx.caller.tenant_id, ctx.caller.id)
            topics, bound = lean.closing_values(
                ctx, who, key=key, digest=digest, body=encode(written.result), ledger_values=record
            )
            sql = lean.statement(written.effect, self._ledger.closing_sql)
            row = await ctx.db.fetchrow(sql, *written.effect.values, *bound)
            assert row is not None
            return written.result, dict(zip(topics, row[-1], strict=True))
        finally:
            ctx.db = outside
            await lease.end()

    async def _one_try(
        self, ctx: Context, route: Route, values: dict[str, Any], key: str | None, digest: bytes
    ) -> tuple[Any, dict[str, int]]:
        caller_id = ctx.caller.id if ctx.signed_in else UUID(int=0)
        tenant_id = ctx.caller.tenant_id if ctx.signed_in else None
        outside = ctx.db
        async with self._pool.held() as held, held.connection.transaction():
            ctx.db = Db(self._pool, tenant_id, held)
            try:
                claim = await held.connection.fetchrow(
                    "SELECT * FROM platform.open_write($1, $2, $3, $4, $5)",
                    tenant_id,
                    caller_id,
                    route.name,
                    key,
                    digest,
                )
                assert claim is not None
                if claim["outcome"] == "other_body":
                    raise errors.Invalid(
                        "This Idempotency-Key was used for something else.",
                        fields={"idempotency_key": "Use a fresh key."},
                    )
                if claim["outcome"] == "replay":
                    return _replayed(ctx, route, claim["body"]), {}
                await route.take_scope(ctx, values)
                result = await route.handler(ctx, **values)
                return result, await self._close(ctx, held.connection, (tenant_id, caller_id), key, digest, result)
            finally:
                ctx.db = outside

    async def _close(
        self,
        ctx: Context,
        connection: Any,
        who: tuple[UUID | None, UUID],
        key: str | None,
        digest: bytes,
        result: Any,
    ) -> dict[str, int]:
        """The last call before the commit: audit rows, stored reply, events and, last of all, the topic versions."""
        body = encode(result) if key is not None else None
        if body is not None and len(body) > REPLY_BYTES_MAX:
            raise errors.TooLarge("The answer to a write must be small.")
        record = self._ledger.closing_values(ctx, ctx.changes, ctx.reads)
        topics, bound = lean.closing_values(ctx, who, key=key, digest=digest, body=body, ledger_values=record)
        row = await connection.fetchrow(self._closing, *bound)
        return dict(zip(topics, row[1], strict=True))

    async def _refuse(self, ctx: Context, problem: Problem, scope: Any) -> Reply:
        if (problem.status in (401, 403, 404, 429) or problem.noted) and (ctx.signed_in or problem.status != 404):
            caller = ctx.caller if ctx.signed_in else None
            try:
                await self._ledger.refused(caller, problem, ctx.route or "unmatched", ctx.request_id, ctx.client)
            except (Problem, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._answers.log_crash(ctx, error)
                problem = errors.Busy("The record of refusals cannot be written.")
        reply = self._answers.problem(ctx, problem, scope["path"])
        reply.headers.extend(problem_headers(problem))
        return reply


def _limit(deadline: asyncio.Timeout, scope: Any, seconds_max: float) -> None:
    """Also what limits every statement of the request, so nothing is asked before."""
    deadline.reschedule(asyncio.get_running_loop().time() + seconds_left(scope, seconds_max))


def _replayed(ctx: Context, route: Route, body: bytes | None) -> Any:
    """The first answer again, as the handler returned it."""
    if body is None:
        raise errors.Conflict("The first request with this key is not finished.")
    ctx.reply_cookies.clear()
    return None if route.output is None else msgspec.json.decode(body, type=route.output)


def _decode(route: Route, sent: SentBody) -> Any:
    given = convert(sent.values, route.input) if sent.is_form else _strictly(route, sent)
    require_said(given)
    return given


def _strictly(route: Route, sent: SentBody) -> Any:
    try:
        return msgspec.convert(sent.values, route.input, strict=True)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


def _compared(sent: SentBody) -> Any:
    """What makes two sends of one key the same. Without passwords: from a digest that is kept one could be guessed."""
    if not isinstance(sent.values, dict):
        return sent.values
    return {name: value for name, value in sent.values.items() if not name.endswith("password")}


def _version(headers: Mapping[str, str], sent: SentBody) -> int | None:
    text = headers.get("if-match") or sent.version
    if text is None:
        return None
    digits = text.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise errors.BadRequest("The version is a whole number.")
    return int(digits)


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/form-data"))


def _wants_html(headers: Mapping[str, str]) -> bool:
    accept = headers.get("accept", "")
    if "text/html" in accept:
        return True
    return "application/json" not in accept and "authorization" not in headers and "hx-request" in headers


def _same_origin(headers: Mapping[str, str]) -> None:
    """A browser's write must come from our own pages (cookies are SameSite too; this is the second lock)."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise errors.Denied("This request came from another site.")
    origin = headers.get("origin")
    if site is None and origin is not None and origin.partition("://")[2] != headers.get("host", ""):
        raise errors.Denied("This request came from another site.")


def _cookies(header: str) -> dict[str, str]:
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            cookies[name] = value
    return cookies
