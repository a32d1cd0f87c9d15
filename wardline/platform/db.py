"""The database as the slices see it: a bounded pool, a handle bound to one tenant's scope, and declared queries.

A read holds a connection only while its statement runs. The scope (`app.hospital_id`, read by row-level security) is
set before the first statement on each connection that last served another scope, so a connection's state never
decides what is seen.
"""

import asyncio
import inspect
import re
import time
import types
import typing
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec

from wardline.platform.errors import Busy, NotFound

# Until admission control sheds by class, a burst is better served late than refused.
ACQUIRE_SECONDS_MAX = 1.0
CONNECTION_AGE_SECONDS_MAX = 1800
STATEMENT_MS_MAX = 10_000

_ENTER = """
    SELECT set_config('app.hospital_id', $1, false), (SELECT t.version FROM platform.topic t WHERE t.topic = $2)
"""

P = ParamSpec("P")
R = TypeVar("R")
Connection = asyncpg.Connection


class Held:
    """One pooled connection with what it remembers: the scope it is set to and when it was opened."""

    __slots__ = ("connection", "opened_at", "scope")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.scope: UUID | None = None
        self.opened_at = time.monotonic()

    async def set_scope(self, tenant_id: UUID | None) -> None:
        """Make row-level security see `tenant_id`'s rows and nobody else's (None: no rows, an error instead)."""
        if self.scope is tenant_id or self.scope == tenant_id:
            return
        self.scope = None
        text = "" if tenant_id is None else str(tenant_id)
        await self.connection.fetchval("SELECT set_config('app.hospital_id', $1, false)", text)
        self.scope = tenant_id

    async def enter(self, tenant_id: UUID | None, topic: str) -> int:
        """Set the scope and read a topic's version in one round trip. Topics are nobody's, so no row is seen early."""
        self.scope = None
        text = "" if tenant_id is None else str(tenant_id)
        row = await self.connection.fetchrow(_ENTER, text, topic)
        assert row is not None
        self.scope = tenant_id
        return row[1] or 0


class Pool:
    """At most `size` connections, the one used last is used next; who waits longer than 200 ms, or than they said they
    would, is told Busy."""

    def __init__(self, url: str, *, size: int, name: str = "wardline") -> None:
        self._url = url
        self._name = name
        self.size = size
        self.opened = 0
        self._free: list[Held] = []
        self._waiting: deque[asyncio.Future[Held | None]] = deque()
        self._closing = False

    @property
    def in_use(self) -> int:
        return self.opened - len(self._free)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def _open(self) -> Held:
        self.opened += 1
        try:
            connection = await connect(self._url, name=self._name)
        except BaseException:
            self.opened -= 1
            self._wake()
            raise
        return Held(connection)

    def _wake(self) -> None:
        """Let the next in line open a connection of its own."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return

    async def acquire(self, seconds_max: float = ACQUIRE_SECONDS_MAX) -> Held:
        while self._free:
            held = self._free.pop()
            if not held.connection.is_closed() and time.monotonic() - held.opened_at < CONNECTION_AGE_SECONDS_MAX:
                return held
            await self._discard(held)
        if self.opened < self.size:
            return await self._open()
        future: asyncio.Future[Held | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(seconds_max):
                held = await future
        except TimeoutError:
            self._give_on(future)
            raise Busy("No database connection came free in time.") from None
        except asyncio.CancelledError:
            self._give_on(future)
            raise
        return held if held is not None else await self._open()

    def _give_on(self, future: "asyncio.Future[Held | None]") -> None:
        """A waiter left: what was handed to it meanwhile goes to the next."""
        if future.done() and not future.cancelled() and (held := future.result()) is not None:
            self.release(held)
        else:
            future.cancel()

    def release(self, held: Held) -> None:
        if held.connection.is_closed() or self._closing:
            self.opened -= 1
            self._wake()
            return
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(held)
                return
        self._free.append(held)

    async def discard(self, held: Held) -> None:
        """Throw away a connection whose state is not known; the next in line may open a new one."""
        await self._discard(held)
        self._wake()

    async def _discard(self, held: Held) -> None:
        self.opened -= 1
        held.connection.terminate()

    async def warm(self, count: int) -> None:
        """Open `count` connections ahead of the first request."""
        held = [await self.acquire() for _ in range(min(count, self.size))]
        for each in held:
            self.release(each)

    async def close(self) -> None:
        self._closing = True
        free, self._free = self._free, []
        for held in free:
            self.opened -= 1
            await held.connection.close(timeout=2)

    @asynccontextmanager
    async def held(self, seconds_max: float = ACQUIRE_SECONDS_MAX) -> AsyncGenerator[Held, None]:
        """A connection for a block; one that failed in an unclear way is thrown away."""
        held = await self.acquire(seconds_max)
        try:
            yield held
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            if held.connection.is_in_transaction():
                await self.discard(held)
            else:
                self.release(held)
            raise
        except BaseException:
            if held.connection.is_closed() or held.connection.is_in_transaction():
                await self.discard(held)
            else:
                self.release(held)
            raise
        self.release(held)


async def connect(url: str, *, name: str = "wardline") -> Connection:
    """One connection, set up as the pool's are: generic plans, a statement limit, JSON and numbers as plain values."""
    connection = cast(
        "Connection",
        await asyncpg.connect(
            url,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            timeout=10,
            command_timeout=STATEMENT_MS_MAX / 1000 + 5,
            server_settings={
                "application_name": name,
                "plan_cache_mode": "force_generic_plan",
                "statement_timeout": str(STATEMENT_MS_MAX),
                "lock_timeout": "5000",
                "idle_in_transaction_session_timeout": "30000",
                "jit": "off",
                "timezone": "UTC",
            },
        ),
    )
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=lambda v: msgspec.json.encode(v).decode(), decoder=msgspec.json.decode, schema="pg_catalog"
        )
    await connection.set_type_codec("numeric", encoder=str, decoder=float, schema="pg_catalog", format="text")
    return connection


class Lease:
    """The connection of one read: taken for its first statement, already in scope, and kept until the read is over."""

    __slots__ = ("_held", "_pool", "_tenant_id")

    def __init__(self, pool: Pool, tenant_id: UUID | None) -> None:
        self._pool = pool
        self._tenant_id = tenant_id
        self._held: Held | None = None

    @property
    def taken(self) -> bool:
        """Whether there is a connection to give back."""
        return self._held is not None

    async def connection(self) -> Connection:
        if self._held is None:
            self._held = await self._pool.acquire()
            await self._held.set_scope(self._tenant_id)
        return self._held.connection

    async def version(self, topic: str) -> int:
        """The version of a topic; a lease that begins with it sets the scope in the same round trip."""
        if self._held is None:
            self._held = await self._pool.acquire()
        return await self._held.enter(self._tenant_id, topic)

    async def end(self) -> None:
        """Give the connection back; one that is in an unclear state is thrown away."""
        held, self._held = self._held, None
        if held is None:
            return
        if held.connection.is_closed() or held.connection.is_in_transaction():
            await self._pool.discard(held)
        else:
            self._pool.release(held)


class Db:
    """What a query runs on: one tenant's scope, on the request's transaction if there is one, else on the pool."""

    __slots__ = ("_held", "_lease", "pool", "tenant_id")

    def __init__(
        self, pool: Pool, tenant_id: UUID | None, held: Held | None = None, lease: Lease | None = None
    ) -> None:
        self.pool = pool
        self.tenant_id = tenant_id
        self._held = held
        self._lease = lease

    async def run(self, work: Callable[[Connection], Awaitable[R]]) -> R:
        """Run `work` on a connection in this handle's scope."""
        if self._held is not None:
            return await work(self._held.connection)
        if self._lease is not None:
            return await work(await self._lease.connection())
        async with self.pool.held() as held:
            await held.set_scope(self.tenant_id)
            return await work(held.connection)

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        return await self.run(lambda c: c.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        return await self.run(lambda c: c.fetchrow(sql, *args))

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await self.run(lambda c: c.fetchval(sql, *args))

    async def execute(self, sql: str, *args: Any) -> str:
        return await self.run(lambda c: c.execute(sql, *args))

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await self.run(lambda c: c.executemany(sql, rows))

    @asynccontextmanager
    async def one_connection(self) -> AsyncGenerator["Db", None]:
        """Several reads in a row on one connection: one scope setting instead of one for each."""
        if self._held is not None or self._lease is not None:
            yield self
            return
        async with self.pool.held() as held:
            await held.set_scope(self.tenant_id)
            yield Db(self.pool, self.tenant_id, held)

    def lease(self) -> Lease:
        """A connection for a whole read, taken only if a statement comes. Whoever asks for it ends it."""
        return Lease(self.pool, self.tenant_id)

    def on(self, lease: Lease) -> "Db":
        """The same scope, every statement on the lease's connection."""
        return Db(self.pool, self.tenant_id, lease=lease)

    async def version(self, topic: str) -> int:
        """The version of a topic, 0 while nothing has touched it."""
        if self._lease is not None:
            return await self._lease.version(topic)
        return await self.fetchval("SELECT version FROM platform.topic WHERE topic = $1", topic) or 0

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["Db", None]:
        """A transaction for jobs and commands, in this scope; a request's own transaction belongs to the door."""
        async with self.pool.held() as held:
            await held.set_scope(self.tenant_id)
            async with held.connection.transaction():
                yield Db(self.pool, self.tenant_id, held)

    def scoped(self, tenant_id: UUID | None) -> "Db":
        """The same pool in another scope. For jobs and sign-in, which choose the hospital; never for a request's rows."""
        return Db(self.pool, tenant_id)


class Declared(NamedTuple):
    """A declared query, as the live check and the metrics see it."""

    name: str
    sql: str
    parameter_paths: tuple[str, ...]
    parameter_types: tuple[Any, ...]
    kind: str  # many, one, maybe, none
    result: Any


QUERIES: list[Declared] = []
TIMINGS: dict[str, list[float]] = {}  # name -> [count, seconds]; read by the metrics page
_PARAMETER = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<![:\w]):([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)")


def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """`:name` and `:name.field` become $1, $2 ...; strings, comments and `::` casts stay."""
    paths: list[str] = []

    def number(match: re.Match[str]) -> str:
        path = match.group(1)
        if path is None:
            return match.group(0)
        if path not in paths:
            paths.append(path)
        return f"${paths.index(path) + 1}"

    return _PARAMETER.sub(number, sql), tuple(paths)


def _result_kind(annotation: Any) -> tuple[str, Any]:
    """list[X] -> many, X | None -> maybe, None -> none, X -> one."""
    origin = typing.get_origin(annotation)
    if annotation is None or annotation is type(None):
        return "none", None
    if origin is list:
        return "many", typing.get_args(annotation)[0]
    if origin in (types.UnionType, typing.Union):
        inner = [a for a in typing.get_args(annotation) if a is not type(None)]
        assert len(inner) == 1, "a query returns one type or nothing"
        return "maybe", inner[0]
    return "one", annotation


def _type_at(hints: dict[str, Any], path: str) -> Any:
    head, *fields = path.split(".")
    found = hints[head]
    for field in fields:
        found = typing.get_type_hints(found)[field]
    return found


def _getter(path: str, names: list[str]) -> tuple[int, Callable[[Any], Any] | None]:
    head, _, rest = path.partition(".")
    return names.index(head), attrgetter(rest) if rest else None


def query(sql: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Turn a typed stub into the query it declares.

    The stub's first parameter is the Db; `:name` and `:name.field` bind the others. Its return type says how many rows:
    `list[X]` many, `X | None` at most one, `X` exactly one (NotFound otherwise), `None` nothing. A struct is filled in
    the order of the selected columns; any other X is the first column.
    """

    def declare(stub: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        hints = typing.get_type_hints(stub)
        signature = inspect.signature(stub)
        names = list(signature.parameters)[1:]
        defaults = [p.default for p in list(signature.parameters.values())[1:]]
        numbered, paths = _numbered(sql)
        kind, result = _result_kind(hints.pop("return"))
        name = f"{stub.__module__.removeprefix('wardline.')}.{stub.__name__}"
        QUERIES.append(Declared(name, numbered, paths, tuple(_type_at(hints, p) for p in paths), kind, result))
        getters = [_getter(path, names) for path in paths]
        finish = _finisher(name, kind, result)
        timing = TIMINGS.setdefault(name, [0, 0.0])

        async def run(db: Db, *args: Any, **kwargs: Any) -> Any:
            values = args
            if len(args) < len(names):
                values = (
                    *args,
                    *(kwargs.get(n, d) for n, d in zip(names[len(args) :], defaults[len(args) :], strict=True)),
                )
            bound = [values[i] if get is None else get(values[i]) for i, get in getters]
            started = time.perf_counter()
            rows = await db.fetch(numbered, *bound)
            timing[0] += 1
            timing[1] += time.perf_counter() - started
            return finish(rows)

        run.__name__, run.__doc__, run.__module__ = stub.__name__, stub.__doc__, stub.__module__
        return cast("Callable[P, Awaitable[R]]", run)

    return declare


def _finisher(name: str, kind: str, result: Any) -> Callable[[list[Any]], Any]:
    """How rows become the declared result."""
    if kind == "none":
        return lambda rows: None
    build: Callable[[Any], Any]
    if isinstance(result, type) and issubclass(result, msgspec.Struct):
        build = lambda row: result(*row)
    else:
        build = lambda row: row[0]
    if kind == "many":
        return lambda rows: [build(row) for row in rows]
    if kind == "maybe":
        return lambda rows: build(rows[0]) if rows else None

    def exactly_one(rows: list[Any]) -> Any:
        if not rows:
            raise NotFound
        assert len(rows) == 1, f"{name} found {len(rows)} rows"
        return build(rows[0])

    return exactly_one
