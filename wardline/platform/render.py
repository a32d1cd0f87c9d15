"""Templates to strings: one MiniJinja environment for the product; tests/jinja2_twin.py is its double.

Template names are short: "shell.html" stands in wardline/templates, "beds/ward.html" in wardline/beds/templates.
Templates keep to the subset that both engines understand, so changing the engine costs speed, never code.
Filters read the moment and the time zone of the rendering from `moment`, because macros do not see the caller's names.
"""

import datetime as dt
import functools
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import minijinja
import msgspec

from wardline.platform.drawings import bar_of, last_point, place, range_bar, spark_points, trend_points
from wardline.platform.moulds import Lines
from wardline.platform.shaking import MARK, included, narrowed
from wardline.platform.static import asset
from wardline.platform.times import (
    Moment,
    age,
    ago,
    born_words,
    clock,
    clock_seconds,
    day,
    day_brief,
    day_short,
    daytime,
    iso,
    moment,
    near,
    relative,
    relative_element,
    rendering,
    time_element,
    today,
    zone_named,
)

PACKAGE = Path(__file__).resolve().parent.parent


# What the shared templates may ask for although not every page has it.
DEFAULTS: dict[str, Any] = {
    "also_topic": "",
    "bell_topic": "",
    "can": frozenset[str](),
    "display": "",
    "env": "production",
    "hospital_in_title": "",
    "live_topic": "",
    "live_version": 0,
    "nav": (),
    "section": "",
    "shown_at": "",
    "sign_out_key": "",
    "zone": "UTC",
    "zone_name": "",
}
PIECE_SECONDS = 30
PIECES_MAX = 8_000  # of a generation: about 10 MB


def render(name: str, **values: Any) -> str:
    """The named template as a string; `now` (aware) and `zone` (IANA name), where given, also steer the filters."""
    given: dict[str, Any] = DEFAULTS | {"now": dt.datetime.now(dt.UTC)} | values
    kept = list[str]()
    token = moment.set(Moment(given["now"], zone_named(given["zone"]), frozenset(given["can"]), kept))
    try:
        text = environment().render_template(name, **given)
    finally:
        moment.reset(token)
    return _with_kept(text, kept) if kept else text


# A kept text goes past the engine, which would copy it four times; a mark that nobody can guess stands in its place.
_mark = secrets.token_hex(12)
_MARKED = re.compile(rf"{_mark}-(\d+)-")


def _put(text: str) -> Any:
    """The text for a template: a mark for it, or itself where what is rendered is kept and outlives this page."""
    kept = rendering().kept
    if kept is None:
        return minijinja.safe(text)
    kept.append(text)
    return minijinja.safe(f"{_mark}-{len(kept) - 1}-")


def _with_kept(text: str, kept: list[str]) -> str:
    parts = _MARKED.split(text)
    parts[1::2] = [kept[int(place)] for place in parts[1::2]]
    return "".join(parts)


def _to_keep(template: str, values: dict[str, Any], at: Moment) -> str:
    """A part rendered to be kept: whole, with no marks of the page under way."""
    token = moment.set(at._replace(kept=None))
    try:
        return environment().render_template(template, **(DEFAULTS | values | {"can": at.can, "now": at.now}))
    finally:
        moment.reset(token)


class Pieces:
    """Rendered parts of pages, kept in two generations: when the younger is full it becomes the elder, and the elder goes.

    A key holds everything that a part may show: its template, its values, the rights it asks about, the zone, the half minute.
    """

    def __init__(self, generation_max: int) -> None:
        self.generation_max = generation_max
        self.hits = 0
        self.misses = 0
        self._young: dict[Any, str] = {}
        self._old: dict[Any, str] = {}

    def get(self, template: str, values: dict[str, Any]) -> str:
        at = rendering()
        can = _told_apart(template, at.can)
        bucket = int(at.now.timestamp()) // PIECE_SECONDS
        key = (template, bucket, at.zone.key, can, *map(_encode, values.values()))
        found = self._young.get(key)
        if found is not None:
            self.hits += 1
            return found
        found = self._old.get(key)
        if found is None:
            self.misses += 1
            found = _to_keep(template, values, at._replace(can=can))
        if len(self._young) >= self.generation_max:
            self._old, self._young = self._young, {}
        self._young[key] = found
        return found


_encode = msgspec.msgpack.Encoder(enc_hook=repr).encode
pieces = Pieces(PIECES_MAX)


def piece(template: str, **values: Any) -> Any:
    """A part of a page rendered from these values alone (and the rights, the time and the zone): unchanged, it is kept.

    In a template: {{ piece("beds/board_row.html", row=bed) }}. Up to half a minute may pass before it shows new lateness.
    """
    return _put(pieces.get(template, values))


class Rows:
    """Rendered rows of pages, kept as long as the row is the same object: a slice that holds its rows between readings gets
    those that did not change for nothing. Kept in two generations, like pieces, and for ten minutes at the most.
    """

    def __init__(self, generation_max: int) -> None:
        self.generation_max = generation_max
        self._young: dict[int, tuple[Any, dict[Any, str]]] = {}
        self._old: dict[int, tuple[Any, dict[Any, str]]] = {}

    def get(self, template: str, rows: Iterable[Any]) -> list[str]:
        """The rows, each rendered by the template as `row`."""
        at = rendering()
        can = _told_apart(template, at.can)
        variant = (template, can, at.zone.key, int(at.now.timestamp()) // ROW_SECONDS, today())
        texts: list[str] = []
        for row in rows:
            kept = self._young.get(id(row))
            text = kept[1].get(variant) if kept is not None and kept[0] is row else None
            texts.append(self._one(row, template, variant, at._replace(can=can)) if text is None else text)
        return texts

    def _one(self, row: Any, template: str, variant: Any, at: Moment) -> str:
        kept = self._young.get(id(row))
        if kept is None or kept[0] is not row:
            kept = self._old.get(id(row))
            if kept is None or kept[0] is not row:
                kept = (row, {})
            if len(self._young) >= self.generation_max:
                self._old, self._young = self._young, {}
            self._young[id(row)] = kept
        text = kept[1].get(variant)
        if text is None:
            text = _to_keep(template, {"row": row}, at).strip()
            if len(kept[1]) >= ROW_VARIANTS_MAX:
                kept[1].clear()
            kept[1][variant] = text
        return text


ROW_SECONDS = 600
ROWS_MAX = 30_000
PANELS_MAX = 15_000  # of a generation, each about 1.5 KB
ROW_VARIANTS_MAX = 12
row_texts = Rows(ROWS_MAX)
panel_texts = Rows(PANELS_MAX)  # apart, so that neither boards nor charts push the others out


@functools.cache
def looked_at(template: str) -> frozenset[str]:
    """The permissions that a template asks about (as `"name" in can`: tested), itself or in what it imports or puts in."""
    text, seen, waiting = "", list[str](), [template]
    while waiting:
        name = waiting.pop()
        seen.append(name)
        text += (source := _loader()(name) or "")
        waiting += [found for found in _IMPORTED.findall(source) if found not in seen]
    return frozenset(_ASKED.findall(text))


@functools.lru_cache(maxsize=2_000)
def _told_apart(template: str, can: frozenset[str]) -> frozenset[str]:
    """Of what somebody may do, what the template asks about."""
    return can & looked_at(template)


_IMPORTED = re.compile(r'(?:(?:import|from|include|extends) |(?:piece|rows)\()"([^"]+)"')
_ASKED = re.compile(r'"(\w+)" (?:not )?in can')


def rows(template: str, given: Sequence[Any], first: int = 0, end: int | None = None) -> Any:
    """Rows that are rendered once for as long as they stay the same objects, all or those from `first` to before `end`.
    Only for a template that shows nothing but the row and leaves relative times to the browser's clock."""
    some = given if first == 0 and end is None else given[first:end]
    return _put("\n".join(row_texts.get(template, some)))


def _render_line(template: str, **values: Any) -> str:
    return environment().render_template(template, **(DEFAULTS | values))


_lines = Lines(_render_line)


def filled(template: str, given: Iterable[tuple[str, ...]]) -> Any:
    """Rows that are texts only, put into the mould of their template, as markup. For what a page is asked for while it is
    rendered: a template would take the named tuples apart, so it cannot hand them on."""
    return minijinja.safe(_lines.fill(template, _told_apart(template, rendering().can), given))


def panel(template: str, given: Any) -> Any:
    """One part of a page that is rendered once for as long as it is the same object. As with rows, it shows nothing but
    `row`, relative times are left to the browser's clock, and no other panel stands in it (what that asks about the rights
    would not be known here): {{ panel("chart/notes.html", page.notes) }}."""
    return minijinja.safe(panel_texts.get(template, (given,))[0])


def row(template: str, given: Any, *, can: frozenset[str], now: dt.datetime, zone: str) -> str:
    """One such row, for whoever pushes it."""
    token = moment.set(Moment(now=now, zone=zone_named(zone), can=can))
    try:
        return row_texts.get(template, (given,))[0]
    finally:
        moment.reset(token)


@functools.cache
def environment() -> minijinja.Environment:
    """The product's environment; templates are read once (`reload_before_render` makes it read them each time)."""
    return minijinja.Environment(
        loader=_loader(),
        filters=FILTERS,
        globals=GLOBALS,
        auto_escape_callback=escaping_of,
        undefined_behavior="strict",
        debug=False,  # its messages would quote the values, and those are patients
        trim_blocks=True,
        lstrip_blocks=True,
        pycompat=False,
    )


@functools.cache
def _loader() -> Callable[[str], str | None]:
    return functools.partial(narrowed, source=source_of, left=included(template_names(), source_of))


def source_of(name: str) -> str | None:
    """The text of a template, or None when there is no such template."""
    slice_name, _, rest = name.partition("/")
    candidates = [PACKAGE / "templates" / name]
    if rest:
        candidates.insert(0, PACKAGE / slice_name / "templates" / rest)
    for path in candidates:
        if path.is_file() and path.resolve().is_relative_to(PACKAGE):
            return path.read_text(encoding="utf-8")
    return None


def template_names() -> list[str]:
    """Every template of the product by its short name, sorted."""
    own = PACKAGE / "templates"
    shared = [path.relative_to(own).as_posix() for path in own.rglob("*.html")]
    slices = [
        f"{path.relative_to(PACKAGE).parts[0]}/{path.relative_to(folder).as_posix()}"
        for folder in PACKAGE.glob("*/templates")
        for path in folder.rglob("*.html")
    ]
    return sorted(shared + slices)


def escaping_of(name: str) -> str:
    """HTML is escaped everywhere; a template that is not HTML has to say so by its ending."""
    return "none" if name.partition(MARK)[0].endswith((".txt", ".csv")) else "html"


def idempotency_key() -> str:
    """A key for a form that is sent without script; forms.js puts one of its own in its place."""
    return str(uuid.uuid4())


# ---- numbers and names -------------------------------------------------------------------------------------------


def ident(number: str | None) -> str:
    """943 476 5919: ten digits read 3-3-4; anything else is left as it is."""
    if number is None:
        return "Not known"
    return f"{number[:3]} {number[3:6]} {number[6:]}" if len(number) == 10 and number.isdigit() else number


def dose_number(value: float | str) -> str:
    """0.5, 5, 1,000: a leading zero, no trailing zero, a comma from a thousand on."""
    text = f"{float(value):,.4f}".rstrip("0").rstrip(".")
    return text if text not in {"-0", ""} else "0"


def family_first(family: str, given: str = "", title: str = "") -> str:
    """PATEL, Asha (Mrs): the one way a person's name is written in plain text."""
    name = f"{family.upper()}, {given}".rstrip(", ")
    return f"{name} ({title})" if title else name


def cells(texts: Iterable[str], empty: int = 0) -> Any:
    """Cells of a table, strong where there is something, then so many empty ones. A loop in a template costs ten times this."""
    filled = [f'<td><b class="v">{escape(text)}</b></td>' if text else "<td></td>" for text in texts]
    return minijinja.safe("".join(filled) + "<td></td>" * empty)


FILTERS: dict[str, Callable[..., Any]] = {
    "age": age,
    "ago": ago,
    "bar_of": bar_of,
    "born": born_words,
    "cells": cells,
    "clock": clock,
    "clock_seconds": clock_seconds,
    "day": day,
    "day_brief": day_brief,
    "day_short": day_short,
    "daytime": daytime,
    "dose_number": dose_number,
    "family_first": family_first,
    "ident": ident,
    "iso": iso,
    "last_point": last_point,
    "near": near,
    "place": place,
    "range_bar": range_bar,
    "relative": relative,
    "relative_element": relative_element,
    "spark_points": spark_points,
    "time_element": time_element,
    "trend_points": trend_points,
}
_ICONS = asset("vendor/icons.svg")  # a text and no call: a page asks for it fifty times
GLOBALS: dict[str, Any] = {"asset": asset, "icons": _ICONS, "key": idempotency_key, "panel": panel, "piece": piece,
                           "rows": rows}  # fmt: skip
