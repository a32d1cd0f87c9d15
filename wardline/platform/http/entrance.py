"""The entrance, in front of the door: who is let in while there is too much to do, and who is asked to come back.

A refusal costs next to nothing: it comes before the session is looked up and the body is read, from bytes made at the
start. What the proxy says of when a request arrived, and how long its sender waits, shortens the door's deadline and with
it the time of every statement. What nobody waits for any more is not begun.
"""

import asyncio
import math
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from wardline.platform import errors
from wardline.platform.admission import CLASSES, Age, Limiter, Line, Shares, Visit, serving
from wardline.platform.db import Db
from wardline.platform.http.body import headers_of
from wardline.platform.http.context import Caller
from wardline.platform.http.reply import HTML, NOT_STORED, PROBLEM_JSON, encode, problem_values
from wardline.platform.http.routes import Node, Route, build_tree, find

AGED_SECONDS = 0.5  # after such a wait the sender may have given up, so it is asked for
PULSE_SECONDS, PULSE_RINGS = 0.05, 20
GONE_SECONDS = 0.002  # how long the server needs to say that a connection is closed
RETRY_SECONDS = {"medication": (1, 3), "charting": (2, 6), "lists": (3, 9), "sign_in": (3, 12), "reports": (10, 30)}
RETRY_SECONDS_USUAL = (2, 8)
BUSY = {
    "": "Too much is asked at this moment, and what is urgent goes first.",
    "sign_in": "Many people are signing in right now. Your password was not checked.",
    "reports": "Reports wait while much is asked at the bedside.",
}
_ORDER = list(CLASSES)

Application = Callable[[Any, Any, Any], Awaitable[None]]
Gate = Callable[[str, Db], Awaitable[Caller | None]]


class Asked(NamedTuple):
    """What the headers say that matters here; None where they do not."""

    kind: str  # json, fragment or page
    arrived: float | None
    patience_seconds: float | None


class Entrance:
    """An ASGI application around the door, which finds what was asked for, and the headers as text, in the scope."""

    def __init__(
        self,
        door: Application,
        routes: Sequence[Route],
        *,
        limiter: Limiter,
        shares: Shares,
        render: Callable[..., str],
    ) -> None:
        self._door = door
        self._tree = build_tree(list(routes))
        self._limiter = limiter
        self._shares = shares
        self._age = Age()
        self._line = Line()
        self._replies = {name: _bodies(name, render) for name in CLASSES}
        self.pulse = Pulse()
        self.refused = 0  # here, before the door heard of them
        self.gone = 0  # requests that were not served, or not to their end, because their sender had left

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = scope["wardline.headers"] = headers_of(scope["headers"])
        found = scope["wardline.found"] = find(self._tree, scope["path"])
        asked = _asked(headers)
        name = _class_of(scope["method"], found[0] if found else None)
        age = self.pulse.keep()
        if asked.arrived is not None:
            age = max(age, self._age.of(asked.arrived))
        if self._is_late(name, asked, age) or not self._limiter.admit(name):
            await self._refuse(name, asked.kind, scope["method"], send)
            return
        visit = Visit(name)
        before = serving.set(visit)
        scope["wardline.age"], scope["wardline.patience"] = age, asked.patience_seconds
        try:
            await self._serve(visit, age, scope, receive, send)
        finally:
            serving.reset(before)
            self._shares.leave(visit)
            self._limiter.finish(name)
            self._line.answered()

    def _is_late(self, name: str, asked: Asked, age: float) -> bool:
        """Whether a request has waited so long before it came here that serving it would help nobody."""
        late = age > CLASSES[name].wait_seconds_max
        if asked.patience_seconds is not None:
            late = late or age >= asked.patience_seconds
        if late:
            self._limiter.shed[name] += 1
        return late

    async def _serve(self, visit: Visit, age: float, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] in ("GET", "HEAD"):
            if visit.name == "reports":
                await self._while_there(scope, receive, send)
                return
            if age > AGED_SECONDS and await _has_left(receive):
                self.gone += 1
                return
        await self._door(scope, receive, send)

    async def _while_there(self, scope: Any, receive: Any, send: Any) -> None:
        """What is dear is given up, down to its statement, as soon as nobody waits for it."""
        served = asyncio.ensure_future(self._door(scope, receive, send))
        left = asyncio.ensure_future(_until_left(receive))
        try:
            await asyncio.wait((served, left), return_when=asyncio.FIRST_COMPLETED)
            if not served.done():
                self.gone += 1
                served.cancel()
                await asyncio.wait((served,))
                return
            served.result()
        finally:
            served.cancel()
            left.cancel()

    async def _refuse(self, name: str, kind: str, method: str, send: Any) -> None:
        self.refused += 1
        again = str(self._again_seconds(name)).encode()
        comes_by_itself = kind == "page" and method == "GET"
        body, headers = self._replies[name]["page, again" if comes_by_itself else kind]
        started = [*headers, (b"retry-after", again), (b"x-request-id", secrets.token_hex(8).encode())]
        if comes_by_itself:
            started.append((b"refresh", again))  # the browser loads the same address again
        await send({"type": "http.response.start", "status": 503, "headers": started})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def _again_seconds(self, name: str) -> int:
        """What is urgent, and what has a bulkhead of its own, is not in the line."""
        if CLASSES[name].urgent or name == "sign_in":
            return retry_seconds(name)
        return max(retry_seconds(name), math.ceil(self._line.seconds()))


class Pulse:
    """How late the event loop is: a timer that should ring every 50 ms, while requests come and a second longer.

    What waits for the loop is not seen by anybody; but a request that reaches us now has waited about as long as the
    timer has that should have rung.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._rings_left = 0
        self._due: float | None = None
        self._worst = 0.0
        self._rings = 0
        self.latest = 0.0  # the worst of the last whole second

    def keep(self) -> float:
        """Go on, or begin again; how late the loop is now."""
        self._rings_left = PULSE_RINGS
        if self._due is None:
            self._wind()
            return 0.0
        return max(0.0, self._now() - self._due)

    def _wind(self) -> None:
        self._due = self._now() + PULSE_SECONDS
        asyncio.get_running_loop().call_later(PULSE_SECONDS, self._ring)

    def _ring(self) -> None:
        assert self._due is not None
        self._worst = max(self._worst, self._now() - self._due)
        self._rings += 1
        self._rings_left -= 1
        if self._rings % PULSE_RINGS == 0 or not self._rings_left:
            self.latest, self._worst = self._worst, 0.0
        self._due = None
        if self._rings_left > 0:
            self._wind()


def fair(gate: Gate, limiter: Limiter, shares: Shares) -> Gate:
    """A gate that also keeps one person and one tenant from taking all the room."""

    async def caller(token: str, db: Db) -> Caller | None:
        who = await gate(token, db)
        visit = serving.get()
        if who is not None and visit.name and visit.person is None:
            shares.enter(visit, tenant=who.tenant_id, person=who.id)
            _hold_to_share(visit, limiter, shares)
        return who

    return caller


def _hold_to_share(visit: Visit, limiter: Limiter, shares: Shares) -> None:
    if visit.urgent or not limiter.tight:
        return
    if shares.person_has_too_much(visit):
        limiter.shed[visit.name] += 1
        raise errors.TooMany("You have too many requests under way at once.", retry_after_seconds=2)
    if shares.tenant_has_too_much(visit, limiter.ceiling(visit.name)):
        limiter.shed[visit.name] += 1
        raise errors.Busy(BUSY[""], retry_after_seconds=retry_seconds(visit.name))


def seconds_left(scope: Any, seconds_max: float) -> float:
    """How long a request may still take: what its route allows, less what it has waited, and no longer than its sender
    waits.
    """
    patience = scope.get("wardline.patience")
    whole = seconds_max if patience is None else min(seconds_max, patience)
    return whole - scope.get("wardline.age", 0.0)


def retry_seconds(name: str) -> int:
    """When to come back: at random, so that those who were refused together do not come back together."""
    return random.randint(*RETRY_SECONDS.get(name, RETRY_SECONDS_USUAL))  # noqa: S311 - spread, not secrecy


async def _has_left(receive: Any) -> bool:
    """Whether the sender of a request without a body has closed the connection."""
    left = asyncio.ensure_future(_until_left(receive))
    done, _ = await asyncio.wait((left,), timeout=GONE_SECONDS)
    left.cancel()
    return bool(done)


async def _until_left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _class_of(method: str, node: Node | None) -> str:
    """The class of a request; a form's POST may mean any write of its address, so the most urgent one counts."""
    if node is None:
        return "lists"
    if method == "POST":
        return min((r.load_class for r in node.methods.values() if r.writes), key=_ORDER.index, default="lists")
    route = node.methods.get("GET" if method == "HEAD" else method)
    return route.load_class if route else "lists"


def _asked(headers: Mapping[str, str]) -> Asked:
    accept = headers.get("accept", "")
    fragment = headers.get("hx-request") == "true"
    arrived = _number(headers.get("x-request-start", "").removeprefix("t="))
    patience = _number(headers.get("x-deadline", ""))
    if "text/html" not in accept and ("application/json" in accept or "authorization" in headers or not fragment):
        return Asked("json", arrived, patience)
    return Asked("fragment" if fragment else "page", arrived, patience)


def _number(text: str) -> float | None:
    """A plain decimal number; whatever else was sent says nothing."""
    whole, _, part = text.partition(".")
    fits = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit())) and len(text) < 24
    return float(text) if fits else None


def _bodies(name: str, render: Callable[..., str]) -> dict[str, tuple[bytes, list[tuple[bytes, bytes]]]]:
    """A refusal of one class in each form, with its headers."""
    problem = problem_values(errors.Busy(BUSY.get(name, BUSY[""])), "", "")
    for unknown in ("instance", "request_id"):
        del problem[unknown]

    def page(**more: bool) -> bytes:
        content = render("problem_page.html", problem=problem | more)
        return render("bare.html", content=content, title=problem["title"], section="", display="").encode()

    bodies = {
        "json": (encode(problem), PROBLEM_JSON),
        "fragment": (render("problem.html", problem=problem).encode(), HTML),
        "page": (page(), HTML),
        "page, again": (page(comes_by_itself=True), HTML),
    }
    return {
        kind: (body, [(b"content-type", mime), (b"content-length", b"%d" % len(body)), *NOT_STORED])
        for kind, (body, mime) in bodies.items()
    }
