"""What can be watched: a topic, who may watch it, how it is read and which templates show it.

A view uses the query and the templates of its page, so that a pushed element is the element the page would show. Every
template renders exactly one element, whose id is the row's (`prefix-key`) or the part's.
"""

import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from wardline.platform.errors import NotFound
from wardline.platform.http import Context
from wardline.platform.render import looked_at
from wardline.platform.render import row as one_row

Access = TypeVar("Access", bound=Callable[..., Awaitable[Any]])
Render = Callable[..., str]


class View(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One declared live view. `rows` names the list in the page's struct; `as_` is what the row's template calls it."""

    pattern: str
    needs: StrEnum
    read: Callable[..., Awaitable[Any]]
    access: Callable[..., Awaitable[Any]]
    parameters: dict[str, Any]
    row: str = ""
    rows: str = ""
    key: str = "id"
    prefix: str = "row"
    as_: str = "row"
    parts: dict[str, str] = {}
    container: str = ""
    clocked: bool = False
    alone: bool = False  # the row's template shows nothing but the row
    still: bool = False  # only data changes what is shown: relative times are left to the browser's clock
    holds: bool = False  # `read(db, scope, version)` may answer from what it holds of that version or a newer one
    of_tenant: bool = False  # the access check asks whose it is and nothing else of the caller
    parts_show: dict[str, tuple[str, ...]] = {}  # which fields of the page a part shows, if not all of it

    @property
    def kind(self) -> str:
        """The word before the first colon of its topics."""
        return self.pattern.partition(":")[0]


class Watch(NamedTuple):
    """A topic that somebody asked to watch, understood."""

    topic: str
    view: View
    values: dict[str, Any]
    version: int  # what the watcher already shows


class Audience(NamedTuple):
    """Those who see the same: one rendering serves them all."""

    tenant_id: UUID
    permission_class: str
    language: str
    zone: str


def of_the_same_sight(view: View, audience: Audience, can: frozenset[str]) -> tuple[Audience, frozenset[str]]:
    """The audience and what it may do, as far as the view's templates ask: callers who differ in nothing else see the same,
    and one reading and one rendering serve all their roles. Only where the access check asks nothing of the caller but whose
    it is, because they share its scope too.
    """
    if not view.of_tenant:
        return audience, can
    asked = can & asked_about(view)
    return audience._replace(permission_class=" ".join(sorted(asked))), asked


def asked_about(view: View) -> frozenset[str]:
    """The permissions that the view's templates ask about."""
    return frozenset[str]().union(*map(looked_at, filter(None, (view.row, *view.parts.values()))))


VIEWS: list[View] = []


def live(
    pattern: str, *, needs: StrEnum, read: Callable[..., Awaitable[Any]], **options: Any
) -> Callable[[Access], Access]:
    """Declare a live view above its access check: `access(ctx, <the pattern's parameters>) -> scope`, which is the
    page's own check and raises NotFound for what is not the watcher's. `read(db, scope)` returns the page's struct.

    May also be called with `access=` given, where the check is declared elsewhere.
    """
    given: Callable[..., Awaitable[Any]] | None = options.pop("access", None)

    def declare(access: Access) -> Access:
        view = View(
            pattern=pattern,
            needs=needs,
            read=read,
            access=access,
            parameters=_parameters(pattern, access),
            **options,
        )
        assert bool(view.row) == bool(view.rows), f"{pattern}: a row's template and the name of the list go together"
        assert view.row or view.parts, f"{pattern}: nothing to show"
        VIEWS.append(view)
        return access

    if given is not None:
        declare(given)  # pyright: ignore[reportArgumentType]
    return declare


def _parameters(pattern: str, access: Callable[..., Any]) -> dict[str, Any]:
    """The pattern's parameters with the types that the access check gives them."""
    hints = typing.get_type_hints(access)
    names = [part[1:-1] for part in pattern.split(":") if part.startswith("{")]
    missing = [name for name in names if name not in hints]
    assert not missing, f"{pattern}: the access check does not take {', '.join(missing)}"
    return {name: hints[name] for name in names}


def views_by_kind(views: Iterable[View]) -> dict[str, View]:
    """The views by the first word of their topics; two views of one word are a mistake."""
    found: dict[str, View] = {}
    for view in views:
        assert view.kind not in found, f"two live views of {view.kind}"
        found[view.kind] = view
    return found


def understand(topic: str, version: int, views: Mapping[str, View]) -> Watch:
    """The view and the values of a topic; NotFound for one that nobody declared or that is spelled another way."""
    view = views.get(topic.partition(":")[0])
    if view is None:
        raise NotFound
    wanted, given = view.pattern.split(":"), topic.split(":")
    if len(wanted) != len(given):
        raise NotFound
    values: dict[str, Any] = {}
    for pattern, text in zip(wanted, given, strict=True):
        if pattern.startswith("{"):
            values[pattern[1:-1]] = _value(text, view.parameters[pattern[1:-1]])
        elif pattern != text:
            raise NotFound
    return Watch(topic, view, values, version)


def _value(text: str, kind: Any) -> Any:
    """The text as the parameter's type. Only the one canonical spelling: a topic has one name."""
    try:
        value = text if kind is str else msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        raise NotFound from None
    if not text or str(value) != text:
        raise NotFound
    return value


async def admit(ctx: Context, watch: Watch) -> Any:
    """The scope in which the caller may watch; the page's own check decides."""
    ctx.need(watch.view.needs)
    return await watch.view.access(ctx, **watch.values)


class Line(NamedTuple):
    """A row with its element's name and the container that it stands in."""

    item: Any
    name: str
    container: str


class Shown(msgspec.Struct):
    """What an audience is shown of one topic: each element's HTML, and the order of rows in their containers.

    `items` and `digests` hold what each element was rendered from, so that an unchanged one is not rendered again, and
    `lines` the names of the rows, so that a row that stands where it stood is not named again.
    """

    html: dict[str, str] = {}
    lines: list[Line] = []
    items: dict[str, Any] = {}
    digests: dict[str, int] = {}
    order: dict[str, list[str]] = {}
    rest: int = 0


class Difference(NamedTuple):
    """What has to be sent to bring one state to the next."""

    html: dict[str, str | None]
    order: dict[str, list[str]]

    def __bool__(self) -> bool:
        return bool(self.html or self.order)


_encode = msgspec.msgpack.Encoder(enc_hook=repr).encode


def show(
    view: View, page: Any, *, before: Shown, audience: Audience, can: frozenset[str], now: datetime, render: Render
) -> Shown:
    """Render what `view` shows of `page`. Rows that are made of the same data as before keep their HTML, except when
    the clock alone may have changed them (`before` is empty then)."""
    values = {"page": page, "can": can, "now": now, "zone": audience.zone}
    items: Sequence[Any] = attrgetter(view.rows)(page) if view.rows else ()
    shown = Shown({}, _lines(view, items, before.lines), {}, {}, {}, 0 if view.alone else _rest(view, page))
    for item, name, container in shown.lines:
        shown.items[name] = item
        if before.items.get(name) is item and shown.rest == before.rest:
            shown.html[name], shown.digests[name] = before.html[name], before.digests[name]
        else:
            digest = shown.digests[name] = hash(_encode(item))
            if shown.rest == before.rest and before.digests.get(name) == digest:
                shown.html[name] = before.html[name]
            elif view.still and view.as_ == "row":
                shown.html[name] = one_row(view.row, item, can=can, now=now, zone=audience.zone)
            else:
                shown.html[name] = render(view.row, **values, **{view.as_: item}).strip()
        if container:
            shown.order.setdefault(container, []).append(name)
    for name, template in view.parts.items():
        fields = view.parts_show.get(name)
        digest = hash(_encode([getattr(page, field) for field in fields])) if fields else None
        if digest is not None and before.digests.get(name) == digest:
            shown.html[name] = before.html[name]
        else:
            shown.html[name] = render(template, **values).strip()
        if digest is not None:
            shown.digests[name] = digest
    return shown


def _lines(view: View, items: Sequence[Any], before: list[Line]) -> list[Line]:
    """The rows by name; on a board most of them stand where they stood and are the same objects."""
    return [
        line if line is not None and line.item is item else Line(item, *_named(view, item))
        for item, line in zip(items, chain(before, repeat(None)))  # noqa: B905 - the longer goes on without end
    ]


def _named(view: View, item: Any) -> tuple[str, str]:
    container = view.container.format(row=item) if view.container else ""
    return f"{view.prefix}-{getattr(item, view.key)}", container


def _rest(view: View, page: Any) -> int:
    """A digest of everything on the page beside its rows, which a row's template may show too."""
    if view.rows and "." not in view.rows and isinstance(page, msgspec.Struct):
        page = msgspec.structs.replace(page, **{view.rows: []})
    return hash(_encode(page))


def difference(before: Shown, after: Shown) -> Difference:
    """The elements that changed, those that are gone as None, and the containers whose order changed."""
    html: dict[str, str | None] = {name: text for name, text in after.html.items() if before.html.get(name) != text}
    html |= {name: None for name in before.html if name not in after.html}
    emptied = {container: list[str]() for container in before.order if container not in after.order}
    moved = {container: ids for container, ids in after.order.items() if before.order.get(container) != ids}
    return Difference(html, moved | emptied)
