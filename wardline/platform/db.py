"""The database as the slices see it: a bounded pool, a handle bound to one tenant's scope, and declared queries.

A read holds a connection only while its statement runs. The scope (`app.hospital_id`, read by row-level security) is
set before the first statement on each connection that last served another scope, so a connection's state never
decides what is seen.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec

from wardline.platform.admission import serving
from wardline.platform.declared import QUERIES, TIMINGS, Declared, Effect, effect, query
from wardline.platform.errors import Busy

__all__ = [
    "QUERIES",
    "TIMINGS",
    "Connection",
    "Db",
    "Declared",
    "Effect",
    "Held",
    "Lease",
    "Pool",
    "connect",
    "effect",
    "query",
]

CONNECTION_AGE_SECONDS_MAX = 1800
STATEMENT_MS_MAX = 10_000
ANSWER_SECONDS_MAX = (
    STATEMENT_MS_MAX / 1000 + 5
)  # what the driver waits for a database that does not even say "too long"

_SCOPE = "SELECT set_config('app.hospital_id', $1, false)"
_ENTER = """
    SELECT set_config('app.hospital_id', $1, false), (SELECT t.version FROM platform.topic t WHERE t.topic = $2)
"""

_IN_TEXT = "set_config("
NOBODY = UUID(int=0)  # the scope in which no row is seen

R = TypeVar("R")
Connection = asyncpg.Connection


def seconds_max() -> float | None:
    """How long the driver waits for a statement. A request's deadline ends what its task waits for, so its statements go
    without a timer each, which costs a fifth of a short one; what no request asked for, or goes on without it, has the
    driver's.
    """
    limited = serving.get().limited
    return None if limited is not None and limited is asyncio.current_task() else ANSWER_SECONDS_MAX


class Held:
    """One pooled connection with what it remembers: the scope it is set to and when it was opened.

    A scope of None is not known: of a new connection, and after a statement that may or may not have set one.
    """

    __slots__ = ("connection", "opened_at", "scope")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.scope: UUID | None = None
        self.opened_at = time.monotonic()

    async def set_scope(self, tenant_id: UUID | None) -> None:
        """Make row-level security see `tenant_id`'s rows and nobody else's (None: no rows, an error instead)."""
        wanted = tenant_id or NOBODY
        if self.scope is wanted or self.scope == wanted:
            return
        self.scope = None
        text = "" if tenant_id is None else str(tenant_id)
        await self.connection.fetchval(_SCOPE, text, timeout=seconds_max())
        self.scope = wanted

    async def enter(self, tenant_id: UUID | None, topic: str) -> int:
        """Set the scope and read a topic's version in one round trip. Topics are nobody's, so no row is seen early."""
        self.scope = None
        text = "" if tenant_id is None else str(tenant_id)
        row = await self.connection.fetchrow(_ENTER, text, topic, timeout=seconds_max())
        assert row is not None
        self.scope = tenant_id or NOBODY
        return row[1] or 0

    async def open(self, tenant_id: UUID | None, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement that sets the scope to `tenant_id` itself, before it reads: by a function that plans what it reads
        after it has, or in its own text. The latter is planned whole, and planning evaluates the policies of the tables, so
        it needs some scope to be there."""
        if (self.scope is None or self.scope == NOBODY) and _IN_TEXT in sql:
            await self.set_scope(tenant_id)
        self.scope = None
        rows = await self.connection.fetch(sql, *values, timeout=seconds_max())
        self.scope = tenant_id or NOBODY
        return rows


class Pool:
    """At most `size` connections, the one used last is used next. Who waits longer than the class of the request allows
    is told Busy; who is urgent waits in a line of their own, which goes first. Where requests are served their deadline
    limits each statement (`seconds_max`), and the connections have no limit of their own."""

    def __init__(
        self, url: str, *, size: int, name: str = "wardline", answer_seconds_max: float | None = ANSWER_SECONDS_MAX
    ) -> None:
        self._url = url
        self._answer_seconds_max = answer_seconds_max
        self._name = name
        self.size = size
        self.opened = 0
        self._free: list[Held] = []
        self._urgent: deque[asyncio.Future[Held | None]] = deque()
        self._waiting: deque[asyncio.Future[Held | None]] = deque()
        self._closing = False

    @property
    def in_use(self) -> int:
        return self.opened - len(self._free)

    @property
    def waiting(self) -> int:
        return len(self._urgent) + len(self._waiting)

    async def _open(self) -> Held:
        self.opened += 1
        try:
            connection = await connect(self._url, name=self._name, answer_seconds_max=self._answer_seconds_max)
        except BaseException:
            self.opened -= 1
            self._wake()
            raise
        return Held(connection)

    def _wake(self) -> None:
        """Let the next in line open a connection of its own."""
        self._hand_on(None)

    def _hand_on(self, held: Held | None) -> bool:
        """Give a connection, or the room for one, to the next who still waits; False when nobody does."""
        for line in (self._urgent, self._waiting):
            while line:
                future = line.popleft()
                if not future.done():
                    future.set_result(held)
                    return True
        return False

    async def acquire(self, seconds_max: float | None = None) -> Held:
        while self._free:
            held = self._free.pop()
            if not held.connection.is_closed() and time.monotonic() - held.opened_at < CONNECTION_AGE_SECONDS_MAX:
                return held
            await self._discard(held)
        if self.opened < self.size:
            return await self._open()
        future: asyncio.Future[Held | None] = asyncio.get_running_loop().create_future()
        visit = serving.get()
        (self._urgent if visit.urgent else self._waiting).append(future)
        try:
            async with asyncio.timeout(visit.acquire_seconds_max if seconds_max is None else seconds_max):
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
            held.connection.terminate()  # one that was in use while the pool was closed
            self._wake()
            return
        if not self._hand_on(held):
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
    async def held(self, seconds_max: float | None = None) -> AsyncGenerator[Held, None]:
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


async def connect(
    url: str, *, name: str = "wardline", answer_seconds_max: float | None = ANSWER_SECONDS_MAX
) -> Connection:
    """One connection, set up as the pool's are: generic plans, a statement limit, JSON and numbers as plain values."""
    connection = cast(
        "Connection",
        await asyncpg.connect(
            url,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            timeout=10,
            command_timeout=answer_seconds_max,
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
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            await _set_codecs(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _set_codecs(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=lambda v: msgspec.json.encode(v).decode(), decoder=msgspec.json.decode, schema="pg_catalog"
        )
    await connection.set_type_codec("numeric", encoder=str, decoder=float, schema="pg_catalog", format="text")


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

    async def open(self, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement that sets the scope itself; one that comes later finds it set."""
        if self._held is None:
            self._held = await self._pool.acquire()
        return await self._held.open(self._tenant_id, sql, values)

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

    async def open(self, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement that sets this handle's scope itself, and so needs no round trip for it before."""
        if self._lease is not None:
            return await self._lease.open(sql, values)
        if self._held is not None:
            self._held.scope = None  # what is set within a transaction may be gone after it
            return await self._held.connection.fetch(sql, *values, timeout=seconds_max())
        async with self.pool.held() as held:
            return await held.open(self.tenant_id, sql, values)

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        return await self.run(lambda c: c.fetch(sql, *args, timeout=seconds_max()))

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        return await self.run(lambda c: c.fetchrow(sql, *args, timeout=seconds_max()))

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await self.run(lambda c: c.fetchval(sql, *args, timeout=seconds_max()))

    async def execute(self, sql: str, *args: Any) -> str:
        return await self.run(lambda c: c.execute(sql, *args, timeout=seconds_max()))

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
