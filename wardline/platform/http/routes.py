"""Routes as declarations: method, path, permission, input and output types, page.

`needs` has no default. The declared functions stay plain functions; `ROUTES` is what the door serves and what OpenAPI
is made from.
"""

import inspect
import typing
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from wardline.platform.http.context import Context

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
T = TypeVar("T")


class Anonymous(StrEnum):
    """The two 'permissions' that are none."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"


ANYONE = Anonymous.ANYONE
SIGNED_IN = Anonymous.SIGNED_IN


class Input(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of what people and programs send: unknown and server-owned fields are refused."""


class Listing(msgspec.Struct, Generic[T]):
    """A page of a list: `next` is the cursor of the following page or null."""

    items: list[T]
    next: str | None = None


class Route(msgspec.Struct, kw_only=True, eq=False):
    """One declared route. `parameters` maps path names to types; `input` is the body or query struct."""

    method: str
    path: str
    needs: StrEnum
    handler: Callable[..., Awaitable[Any]]
    name: str
    summary: str
    parameters: dict[str, Any]
    input_name: str | None = None
    input: Any = None
    output: Any = None
    page: str | None = None
    title: str = ""
    section: str = ""
    topic: str | None = None
    then: str | None = None
    created: str | None = None
    versioned: bool = False
    keyed: bool = True
    secret: bool = False  # the answer holds a secret, so it is not kept for a repeated key
    transaction: bool = True
    clocked: bool = False
    cached: bool = False
    access: Callable[..., Awaitable[Any]] | None = None
    # Waits for others before the transaction opens, holding no connection; its answer is `ctx.ahead`, None where it has none.
    ahead: Callable[..., Awaitable[Any]] | None = None
    lean: Callable[..., Awaitable[Any]] | None = None  # the same write in two round trips; None from it: not this time
    access_names: tuple[str, ...] = ()
    scope_name: str | None = None
    body_bytes_max: int = 1_000_000
    raw_body: bool = False
    load_class: str = "lists"  # one of admission.CLASSES: who is refused first under overload
    deadline_seconds: float = 8.0
    description: str = ""

    async def take_scope(self, ctx: Context, values: dict[str, Any]) -> None:
        """Run the access check on the path values it names; its scope takes their place among the handler's values."""
        if self.access is not None:
            arguments = {name: values.pop(name) for name in self.access_names}
            values[self.scope_name or ""] = await self.access(ctx, **arguments)

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")


ROUTES: list[Route] = []


def _declare(method: str, path: str, needs: StrEnum, options: dict[str, Any]) -> Callable[[Handler], Handler]:
    def declare(handler: Handler) -> Handler:
        hints = typing.get_type_hints(handler)
        output = hints.pop("return", None)
        names = list(inspect.signature(handler).parameters)
        in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        access = options.get("access")
        parameters = {n: _path_type(handler, access, n) for n in in_path}
        options.setdefault("load_class", "lists" if method == "GET" else "charting")
        route = Route(
            method=method,
            path=path,
            needs=needs,
            handler=handler,
            name=f"{handler.__module__.removeprefix('wardline.').removesuffix('.routes')}.{handler.__name__}",
            summary=(inspect.getdoc(handler) or handler.__name__.replace("_", " ").capitalize()).split("\n")[0],
            description=inspect.getdoc(handler) or "",
            parameters=parameters,
            output=None if output is type(None) else output,
            **options,
        )
        if access is not None:
            route.access_names = tuple(n for n in inspect.signature(access).parameters if n in in_path)
        for name in names:
            _place(route, name, hints.get(name), in_path)
        ROUTES.append(route)
        return handler

    return declare


def _path_type(handler: Callable[..., Any], access: Callable[..., Any] | None, name: str) -> Any:
    """The type of a path parameter, from the handler or from the access check that takes it instead."""
    for source in (handler, access):
        hints = typing.get_type_hints(source) if source else {}
        if name in hints:
            return hints[name]
    raise TypeError(f"{handler.__qualname__}: nothing takes the path parameter {name}")


def _place(route: Route, name: str, hint: Any, in_path: list[str]) -> None:
    """Decide where a handler's parameter comes from: the context, the path, the access check or the input."""
    if hint is Context or name in in_path:
        return
    if route.access is not None and hint is typing.get_type_hints(route.access).get("return"):
        route.scope_name = name
        return
    if route.raw_body and hint is bytes:
        route.input_name, route.input = name, bytes
        return
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        route.input_name, route.input = name, hint
        return
    raise TypeError(f"{route.name}: {name} is neither in the path nor a struct to be filled from the request")


def get(path: str, *, needs: StrEnum, **options: Any) -> Callable[[Handler], Handler]:
    """Declare a read. Options: see `Route`."""
    return _declare("GET", path, needs, options)


def post(path: str, *, needs: StrEnum, **options: Any) -> Callable[[Handler], Handler]:
    """Declare a write that makes something."""
    return _declare("POST", path, needs, options)


def put(path: str, *, needs: StrEnum, **options: Any) -> Callable[[Handler], Handler]:
    """Declare a write that sets something whole."""
    return _declare("PUT", path, needs, options)


def patch(path: str, *, needs: StrEnum, **options: Any) -> Callable[[Handler], Handler]:
    """Declare a write that changes parts of a row."""
    return _declare("PATCH", path, needs, options)


def delete(path: str, *, needs: StrEnum, **options: Any) -> Callable[[Handler], Handler]:
    """Declare a write that ends something; clinical rows are never erased."""
    return _declare("DELETE", path, needs, options)


class Node:
    """A segment of the route tree."""

    __slots__ = ("fixed", "methods", "parameter")

    def __init__(self) -> None:
        self.fixed: dict[str, Node] = {}
        self.parameter: Node | None = None
        self.methods: dict[str, Route] = {}


def build_tree(routes: list[Route]) -> Node:
    """The routes as a tree of path segments; fixed words win over parameters."""
    root = Node()
    for route in routes:
        node = root
        for part in route.path.strip("/").split("/") if route.path != "/" else []:
            if part.startswith("{"):
                node.parameter = node.parameter or Node()
                node = node.parameter
            else:
                node = node.fixed.setdefault(part, Node())
        if route.method in node.methods:
            raise TypeError(f"{route.method} {route.path} is declared twice")
        node.methods[route.method] = route
    return root


def find(root: Node, path: str) -> tuple[Node, list[str]] | None:
    """The node of a path and the raw values of its parameters."""
    values: list[str] = []
    node = root
    for part in path.strip("/").split("/") if path != "/" else []:
        following = node.fixed.get(part)
        if following is None:
            following = node.parameter
            if following is None or not part:
                return None
            values.append(part)
        node = following
    return (node, values) if node.methods else None
