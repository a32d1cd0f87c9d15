"""The application: every slice mounted, every seam joined. The only file that sees everything."""

import asyncio
import contextlib
import importlib
import importlib.util
from typing import Any

import asyncpg
import structlog
from msgspec import structs

from wardline.audit.public import Ledger
from wardline.desk import offline
from wardline.frame import frame
from wardline.identity.public import Sessions
from wardline.orders import public as orders
from wardline.platform import (
    admission,
    attempts,
    database,
    files,
    garbage,
    measures,
    metrics,
    migrate,
    settings,
    static,
    telemetry,
    tokens,
)
from wardline.platform.cache import FragmentCache
from wardline.platform.db import Db, Pool
from wardline.platform.errors import Problem
from wardline.platform.http import client
from wardline.platform.http.answer import Answers
from wardline.platform.http.door import Door
from wardline.platform.http.entrance import Entrance, fair
from wardline.platform.http.reply import Reply, encode
from wardline.platform.http.routes import ROUTES
from wardline.platform.live import VIEWS, Hub, Notices, Notifier, Streams, Turnstile
from wardline.platform.metrics import METRICS
from wardline.platform.processes import END_STREAMS
from wardline.platform.redis_client import Redis
from wardline.platform.render import render
from wardline.platform.responses import Minutes
from wardline.platform.settings import Settings
from wardline.platform.shared_fragments import SharedFragments

SLICES = (
    "desk",
    "identity",
    "patients",
    "encounters",
    "tasks",
    "beds",
    "vitals",
    "stock",
    "lab",
    "notes",
    "orders",
    "pharmacy",
    "mar",
    "chart",
    "analytics",
    "interop",
    "admin",
)
READY_SECONDS = 5.0
log = structlog.get_logger("app")


def load_routes() -> None:
    """Import every slice's routes and live views, which declares them."""
    for slice_name in SLICES:
        if importlib.util.find_spec(f"wardline.{slice_name}") is None:
            continue
        for module in ("routes", "live"):
            name = f"wardline.{slice_name}.{module}"
            if importlib.util.find_spec(name) is not None:
                importlib.import_module(name)


class App:
    """The ASGI application of one web worker."""

    def __init__(self, given: Settings, addresses: database.Addresses, *, role: str = "web") -> None:
        load_routes()
        tokens.configure(given.secret)
        client.configure(given.trusted_proxies)
        files.configure(given.data / "files", given.files_url, given.files_key)
        self.settings = given
        self._head = migrate.newest()
        self.pool = Pool(
            addresses.app, size=given.database_connections_max, name="wardline-web", answer_seconds_max=None
        )
        self.ledger = Ledger(self.pool)
        self.sessions = Sessions(Db(self.pool, None))
        self.fragments = FragmentCache()
        self.redis = Redis(given.redis_url) if given.redis_url else None
        attempts.configure(self.redis, given.secret)
        cds = given.cds
        orders.configure(None if cds is None else orders.Address(**structs.asdict(cds)))
        self.answers = Answers(render=render, frame=frame(given), fragments=self._fragments(given))
        self.notices = Notices(self.redis, given.redis_url, given.secret) if self.redis and given.redis_url else None
        self.notifier = Notifier(addresses.app, also=self.notices.tell if self.notices else None)
        self.hub = Hub(self.pool, addresses.app, VIEWS, render=render, still_allowed=self.sessions.still_open)
        self.limiter = admission.Limiter()
        self.streams = Streams(
            self.hub, pool=self.pool, gate=self.sessions.caller, record=self.ledger, turnstile=Turnstile(self.limiter)
        )
        self.shares = admission.Shares()
        self.door = Door(
            pool=self.pool,
            gate=fair(self.sessions.caller, self.limiter, self.shares),
            ledger=self.ledger,
            answers=self.answers,
            nudge=self.notifier.nudge,
            observe=telemetry.traced(METRICS.observe, given, role),
        )
        self.entrance = Entrance(self.door, ROUTES, limiter=self.limiter, shares=self.shares, render=render)
        self.minutes = Minutes(self.pool, METRICS, lambda: self.entrance.refused)
        self.garbage = garbage.Keeper()
        self._ready = 0
        self._watching: asyncio.Task[None] | None = None
        self.figures = metrics.Shared(METRICS, given.data / "run" / "metrics", role)
        self._measure()

    def _fragments(self, given: Settings) -> FragmentCache | SharedFragments:
        return SharedFragments(self.fragments, self.redis, given.secret) if self.redis else self.fragments

    def _measure(self) -> None:
        measures.measure_pool(METRICS, self.pool)
        measures.measure_admission(METRICS, self.limiter, self.entrance)
        measures.measure_cache(METRICS, self.fragments)
        if self.redis and self.notices:
            measures.measure_redis(METRICS, self.redis, self.notices)
        measures.measure_hub(METRICS, self.hub)
        measures.measure_notifier(METRICS, self.notifier)
        measures.measure_record(METRICS, self.ledger)
        measures.measure_routes(METRICS, ROUTES)
        METRICS.register("wardline_ready", "gauge", "1 while /ready says so.", lambda: self._ready)

    async def start(self) -> None:
        """Open connections ahead of the first request and begin the background work."""
        await self.figures.start()
        await self.pool.warm(2)
        self.minutes.start()
        self.garbage.start()
        self._watching = asyncio.create_task(self._watch_readiness())
        self.sessions.start()
        await self.hub.start()
        if self.notices is not None:
            self.notices.start(self.hub.nudged)
        with contextlib.suppress(
            NotImplementedError, RuntimeError, ValueError
        ):  # not in the main thread: nobody signals
            asyncio.get_running_loop().add_signal_handler(END_STREAMS, self.hub.end_all)

    async def stop(self) -> None:
        """Finish cleanly."""
        if self._watching is not None:
            self._watching.cancel()
        await self.garbage.stop()
        await self.figures.stop()
        if self.notices is not None:
            await self.notices.stop()
        await self.hub.stop()
        await self.minutes.stop()
        await self.notifier.close()
        if self.redis is not None:
            await self.redis.close()
        await self.sessions.stop()
        await self.pool.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"].startswith("/static/"):
            await static.serve(scope, send)
        elif scope["path"] in offline.PATHS:
            await offline.serve(scope, send)
        elif scope["path"] == "/live":
            await self.streams(scope, receive, send)
        elif scope["path"] == "/metrics":
            await metrics.answer(self.figures, self.settings.metrics_token, scope, send)
        elif scope["path"] == "/health":
            await Reply(200, b"alive", b"text/plain; charset=utf-8").send(send, head=scope["method"] == "HEAD")
        elif scope["path"] == "/ready":
            await self._answer_ready(scope, send)
        else:
            await self.entrance(scope, receive, send)

    async def _answer_ready(self, scope: Any, send: Any) -> None:
        wrong = await self._what_is_wrong()
        answer = Reply(503 if wrong else 200, encode({"ready": not wrong, "wrong": wrong}))
        await answer.send(send, head=scope["method"] == "HEAD")

    async def _watch_readiness(self) -> None:
        while True:
            await self._what_is_wrong()
            await asyncio.sleep(READY_SECONDS)

    async def _what_is_wrong(self) -> str:
        """Ready, and nothing wrong: the database answers and its migrations are this code's."""
        wrong = ""
        try:
            there = await Db(self.pool, None).fetchval("SELECT version_num FROM public.wardline_migration")
            wrong = "" if there == self._head else "the migrations are not at the head"
        except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            wrong = f"the database does not answer ({type(error).__name__})"
        self._ready = int(not wrong)
        return wrong

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                with contextlib.suppress(Exception):
                    await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create(role: str = "web") -> App:
    """The application for the environment's settings; what the web server loads. `role` names it among the figures."""
    given = settings.load()
    return App(given, database.addresses(given), role=role)
