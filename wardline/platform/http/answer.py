"""Answers: the same result as JSON for a program and as a page for a person.

A page is two renderings: the content, the same for everybody with one permission class and therefore cached by topic
version, and the shell around it, which knows the person.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
import structlog

from wardline.platform.errors import Problem
from wardline.platform.http.context import Context
from wardline.platform.http.reply import (
    HTML,
    JSON,
    PROBLEM_JSON,
    File,
    Page,
    Redirect,
    Reply,
    encode,
    file_reply,
    problem_values,
)
from wardline.platform.http.routes import Route
from wardline.platform.moulds import Around, Moulds

log = structlog.get_logger("door")
CLOCK_BUCKET_SECONDS = 30  # how long a cached page that shows lateness may be behind the clock

Render = Callable[..., str]
Frame = Callable[[Context, str, str, str], Around]


class Fragments(Protocol):
    """The cache of rendered content; `make` runs once for all who wait for the same key."""

    async def get(self, key: tuple[Any, ...], make: Callable[[], Awaitable[Any]]) -> Any: ...


class Answers:
    """Turns results and problems into replies."""

    def __init__(self, *, render: Render, frame: Frame, fragments: Fragments) -> None:
        self._render = render
        self._frame = frame
        self._fragments = fragments
        self._moulds = Moulds(render)

    async def read(self, ctx: Context, route: Route, values: dict[str, Any], scope: Any) -> Reply:
        """Answer a GET, all of it on one connection."""
        outside, lease = ctx.db, ctx.db.lease()
        ctx.db = outside.on(lease)
        try:
            return await self._read(ctx, route, values, scope)
        finally:
            ctx.db = outside
            if lease.taken:
                await lease.end()

    async def _read(self, ctx: Context, route: Route, values: dict[str, Any], scope: Any) -> Reply:
        """The topic's version is read before the rows, so a page never claims more than it shows. An access check that
        opens the read brings the version along."""
        topic = ctx.topic = route.topic.format(**(_own_words(ctx) | values)) if route.topic else ""
        await route.take_scope(ctx, values)
        version = ctx.topic_version
        if version is None:
            version = await ctx.db.version(topic) if topic else 0
        etag = self._etag(ctx, route, version) if topic and route.cached else None
        if etag and ctx.headers.get("if-none-match") == etag:
            return Reply(304, headers=[(b"etag", etag.encode())])
        reply = await self._fresh(ctx, route, values, scope, topic, version)
        if topic:
            reply.headers.append((b"wardline-topic", f"{topic}@{version}".encode()))
        if etag:
            reply.headers.append((b"etag", etag.encode()))
        return reply

    def _etag(self, ctx: Context, route: Route, version: int) -> str:
        bucket = int(ctx.now.timestamp()) // CLOCK_BUCKET_SECONDS if route.clocked else 0
        kind = ctx.headers.get("hx-request", "page") if ctx.html else "json"
        return f'W/"{version}-{bucket}-{ctx.caller.permission_class}-{kind}-{ctx.caller.session_id.hex[-6:]}"'

    async def _fresh(
        self, ctx: Context, route: Route, values: dict[str, Any], scope: Any, topic: str, version: int
    ) -> Reply:
        if topic and route.cached:
            bucket = int(ctx.now.timestamp()) // CLOCK_BUCKET_SECONDS if route.clocked else 0
            key = (
                topic,
                version,
                route.name,
                scope["path"],
                encode(values[route.input_name]) if route.input_name else b"",
                ctx.html and (_is_fragment(ctx) or "page"),
                ctx.caller.tenant_id,
                ctx.caller.permission_class,
                bucket,
            )
            made = await self._fragments.get(key, lambda: self._make(ctx, route, values))
        else:
            made = await self._make(ctx, route, values)
        if isinstance(made, Reply):
            return made.copy()
        title, content = made
        if not ctx.html:
            return Reply(200, content, JSON)
        return self.page(ctx, content, title=title, section=route.section, topic=topic, version=version)

    async def _make(self, ctx: Context, route: Route, values: dict[str, Any]) -> Reply | tuple[str, Any]:
        """A fragment is kept as it is sent, a page's content as its shell takes it."""
        result = await route.handler(ctx, **values)
        made = self._content(ctx, route, result)
        if isinstance(made, tuple) and _is_fragment(ctx) and isinstance(made[1], str):
            return made[0], made[1].encode()
        return made

    def _content(self, ctx: Context, route: Route, result: Any) -> Reply | tuple[str, Any]:
        """The title and the rendered content, or a reply that is already whole."""
        if isinstance(result, File):
            return file_reply(result)
        if isinstance(result, Redirect):
            return Reply(result.status, headers=[(b"location", result.location.encode())])
        if isinstance(result, Page):
            return self._page(ctx, result)
        if ctx.html and route.page:
            content = self._render(route.page, page=result, **_for(ctx))
            return route.title.format(page=result), content
        if ctx.html:
            return route.title or route.summary, self._render(
                "data.html", page=msgspec.to_builtins(result), **_for(ctx)
            )
        return "", encode(result)

    def _page(self, ctx: Context, result: Page) -> tuple[str, Any]:
        if not ctx.html:
            return "", encode(result.page)
        return result.title, self._render(result.template, page=result.page, **_for(ctx))

    def page(
        self,
        ctx: Context,
        content: str | bytes,
        *,
        title: str,
        section: str = "",
        topic: str = "",
        version: int = 0,
        status: int = 200,
    ) -> Reply:
        """Content alone for a fragment request, else in the shell."""
        if isinstance(content, bytes):
            return Reply(status, content, HTML)
        if _is_fragment(ctx):
            return Reply(status, content.encode(), HTML)
        around = self._frame(ctx, title, section, topic)
        around = around._replace(texts={**around.texts, "live_version": str(version)})
        return Reply(status, self._moulds.fill(around, content).encode(), HTML)

    async def written(self, ctx: Context, route: Route, values: dict[str, Any], result: Any) -> Reply:
        """Answer a write: a person goes on to where the route says, a program gets the result."""
        if isinstance(result, (File, Redirect)):
            return self._whole(ctx, result)
        if isinstance(result, Page):
            content = self._render(result.template, page=result.page, **_for(ctx))
            return self.page(ctx, content, title=result.title, section=route.section, status=result.status)
        created = route.created.format(page=result, **values) if route.created else None
        if ctx.html:
            return self._for_person(ctx, route, values, result, created)
        headers = [(b"location", created.encode())] if created else []
        if result is None:
            return Reply(204, headers=headers)
        version = getattr(result, "version", None)
        if version is not None:
            headers.append((b"etag", f'"{version}"'.encode()))
        return Reply(201 if created else 200, encode(result), JSON, headers)

    def _whole(self, ctx: Context, result: File | Redirect) -> Reply:
        if isinstance(result, File):
            return file_reply(result)
        return Reply(result.status, headers=[(b"location", result.location.encode())])

    def _for_person(
        self, ctx: Context, route: Route, values: dict[str, Any], result: Any, created: str | None
    ) -> Reply:
        place = (route.then or created or "/").format(page=result, **values)
        if ctx.headers.get("hx-request") != "true":
            return Reply(303, headers=[(b"location", place.encode())])
        if route.page:
            return Reply(200, self._render(route.page, page=result, **_for(ctx)).encode(), HTML)
        return Reply(200, b" ", HTML, [(b"hx-redirect", place.encode())])

    def problem(self, ctx: Context, problem: Problem, path: str) -> Reply:
        """A problem as JSON, as a fragment for the form it came from, or as a page."""
        values = problem_values(problem, ctx.request_id, path)
        if not ctx.html:
            return Reply(problem.status, encode(values), PROBLEM_JSON)
        if problem.page is not None:
            title, content = self._page(ctx, problem.page)
            return self.page(ctx, content, title=title, status=problem.status)
        if problem.status == 401 and ctx.headers.get("hx-request") != "true":
            return Reply(303, headers=[(b"location", b"/sign-in")])
        fragment = ctx.headers.get("hx-request") == "true"
        content = self._render("problem.html" if fragment else "problem_page.html", problem=values, **_for(ctx))
        return self.page(ctx, content, title=problem.title, status=problem.status)

    def log_crash(self, ctx: Context, error: BaseException) -> None:
        """What went wrong, for the operator: type and place, never the values."""
        log.error("crash", route=ctx.route, request_id=ctx.request_id, code=type(error).__name__, exc_info=error)


def _own_words(ctx: Context) -> dict[str, str]:
    """What `{hospital_id}` and `{role}` mean in a route's topic: the caller's own."""
    return {"hospital_id": str(ctx.caller.tenant_id), "role": ctx.caller.role} if ctx.signed_in else {}


def _is_fragment(ctx: Context) -> bool:
    """Whether a page asks for content alone."""
    return ctx.html and ctx.headers.get("hx-request") == "true"


def _for(ctx: Context) -> dict[str, Any]:
    """What every template gets: what the role may do, the time, and the zone to show it in."""
    can: frozenset[str] = ctx.caller.permissions if ctx.signed_in else frozenset()
    return {"can": can, "now": ctx.now, "zone": ctx.caller.time_zone if ctx.signed_in else "UTC"}
