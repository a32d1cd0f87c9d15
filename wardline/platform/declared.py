"""Declared queries: a typed stub, its SQL in place, checked against a live database by a test."""

import inspect
import re
import time
import types
import typing
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import msgspec

from wardline.platform.errors import NotFound

P = ParamSpec("P")
R = TypeVar("R")


class Declared(NamedTuple):
    """A declared query, as the live check and the metrics see it."""

    name: str
    sql: str
    parameter_paths: tuple[str, ...]
    parameter_types: tuple[Any, ...]
    kind: str  # many, one, maybe, none
    result: Any
    opens: bool = False  # sets the scope itself, and the pool is told so


QUERIES: list[Declared] = []
TIMINGS: dict[str, list[float]] = {}  # name -> [count, seconds]; read by the metrics page
_PLACE = re.compile(r"\$(\d+)")
_PARAMETER = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<![:\w]):([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)")


def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
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


def query(sql: str, *, opens: bool = False) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Turn a typed stub into the query it declares.

    The stub's first parameter is the Db; `:name` and `:name.field` bind the others. Its return type says how many rows:
    `list[X]` many, `X | None` at most one, `X` exactly one (NotFound otherwise), `None` nothing. A struct is filled in
    the order of the selected columns; any other X is the first column. One that `opens` calls a function that sets the
    scope before it reads: the hottest reads begin with it.
    """

    def declare(stub: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        hints = typing.get_type_hints(stub)
        signature = inspect.signature(stub)
        names = list(signature.parameters)[1:]
        defaults = [p.default for p in list(signature.parameters.values())[1:]]
        text, paths = numbered(sql)
        kind, result = _result_kind(hints.pop("return"))
        name = f"{stub.__module__.removeprefix('wardline.')}.{stub.__name__}"
        QUERIES.append(Declared(name, text, paths, tuple(_type_at(hints, p) for p in paths), kind, result, opens))
        getters = [_getter(path, names) for path in paths]
        finish = _finisher(name, kind, result)
        timing = TIMINGS.setdefault(name, [0, 0.0])

        def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
            values = args
            if len(args) < len(names):
                values = (
                    *args,
                    *(kwargs.get(n, d) for n, d in zip(names[len(args) :], defaults[len(args) :], strict=True)),
                )
            return [values[i] if get is None else get(values[i]) for i, get in getters]

        async def run(db: Any, *args: Any, **kwargs: Any) -> Any:
            bound = bind(args, kwargs)
            started = time.perf_counter()
            rows = await (db.open(text, bound) if opens else db.fetch(text, *bound))
            timing[0] += 1
            timing[1] += time.perf_counter() - started
            return finish(rows)

        run.__name__, run.__doc__, run.__module__ = stub.__name__, stub.__doc__, stub.__module__
        if not opens:
            _BINDERS[run] = lambda args, kwargs: Bound(name, text, bind(args, kwargs), finish)
        return cast("Callable[P, Awaitable[R]]", run)

    return declare


class Bound(NamedTuple):
    """A declared query with its values, for whoever runs several in one statement."""

    name: str
    sql: str
    values: list[Any]
    finish: Callable[[list[Any]], Any]


_BINDERS: dict[Any, Callable[[tuple[Any, ...], dict[str, Any]], Bound]] = {}


def bound_of(read: Callable[..., Awaitable[Any]], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
    """A declared query as it would run with these arguments behind the Db."""
    return _BINDERS[read](args, kwargs)


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


class Effect(NamedTuple):
    """A bound statement of a lean write, for the door to run together with everything else that the write needs."""

    sql: str
    values: list[Any]


def effect(sql: str) -> Callable[[Callable[P, Effect]], Callable[P, Effect]]:
    """Turn a typed stub into the statement of a lean write: a WITH list whose last member is called `done` and has one row
    exactly when the write found what it was decided on unchanged. All its parameters are named."""

    def declare(stub: Callable[P, Effect]) -> Callable[P, Effect]:
        hints = typing.get_type_hints(stub)
        names = list(inspect.signature(stub).parameters)
        text, paths = numbered(sql)
        name = f"{stub.__module__.removeprefix('wardline.')}.{stub.__name__}"
        checked = f"{text} SELECT count(*) FROM done"  # noqa: S608 - the declared text itself
        QUERIES.append(Declared(name, checked, paths, tuple(_type_at(hints, p) for p in paths), "one", int))
        getters = [_getter(path, names) for path in paths]

        def bind(**given: Any) -> Effect:
            values = [given[name] for name in names]
            return Effect(text, [values[i] if get is None else get(values[i]) for i, get in getters])

        bind.__name__, bind.__doc__, bind.__module__ = stub.__name__, stub.__doc__, stub.__module__
        return cast("Callable[P, Effect]", bind)

    return declare


def shifted(sql: str, by: int) -> str:
    """The statement with its places moved on, to stand behind `by` others."""
    return _PLACE.sub(lambda match: f"${int(match[1]) + by}", sql)
