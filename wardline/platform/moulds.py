"""What stands around a page's content, rendered once for each form it takes and then filled with texts.

A shell is nearly the same for everybody of a role: only names, topics and times differ, and a template takes a hundred
times as long to put them in. So it is rendered with a mark in place of each text, which nobody outside this process can
guess, and cut at the marks. A text is escaped as the templates escape; whether one is there at all belongs to the form.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Iterable, Mapping
from html import escape
from operator import itemgetter
from typing import Any, NamedTuple

FORMS_MAX = 1_000
CONTENT = "content"
_SPECIAL = re.compile("[&<>\"'/]")
_mark = secrets.token_hex(12)
_MARKED = re.compile(rf"{_mark}-([a-z_.]+)-")


class Around(NamedTuple):
    """The template around a page. `form` holds all that decides how it looks besides the texts; from the same form
    `values` makes the same values. A text `caller.id` is the template's `caller.id`."""

    template: str
    form: Hashable
    values: Callable[[], dict[str, Any]]
    texts: Mapping[str, str]


class Moulds:
    """The forms that were needed until now."""

    def __init__(self, render: Callable[..., str]) -> None:
        self._render = render
        self._known: dict[Hashable, list[str]] = {}

    def fill(self, around: Around, content: str) -> str:
        """The whole page; the content is markup already."""
        texts = around.texts
        form = (around.template, around.form, tuple([name for name, text in texts.items() if text]))
        pieces = self._known.get(form)
        if pieces is None:
            pieces = self._cast(form, around)
        filled = pieces.copy()
        for place in range(1, len(pieces), 2):
            name = pieces[place]
            filled[place] = content if name == CONTENT else escaped(texts[name])
        return "".join(filled)

    def _cast(self, form: Hashable, around: Around) -> list[str]:
        """Literal text and names of texts in turns."""
        values: dict[str, Any] = around.values() | {CONTENT: _marked(CONTENT)}
        for name, text in around.texts.items():
            holder, _, field = name.rpartition(".")
            place: dict[str, Any] = values.setdefault(holder, {}) if holder else values
            place[field] = _marked(name) if text else ""
        pieces = _MARKED.split(self._render(around.template, **values))
        if len(self._known) >= FORMS_MAX:
            self._known.clear()
        self._known[form] = pieces
        return pieces


class Line(NamedTuple):
    """A row of a list cast into literal text with places, and what picks the row's texts for them."""

    pattern: str
    pick: Callable[[Any], Any]


class Lines:
    """Rows of lists whose rows seldom come twice, such as people found: what a template writes around the texts of a row is
    rendered once for each set of texts that are there, and then filled.

    A row is a named tuple of texts. Its template may write them, unfiltered, and ask whether one is there; nothing else.
    """

    def __init__(self, render: Callable[..., str]) -> None:
        self._render = render
        self._known: dict[Hashable, dict[tuple[bool, ...], Line]] = {}

    def fill(self, template: str, can: frozenset[str], rows: Iterable[tuple[str, ...]]) -> str:
        """The rows, one below the other. `can` is what the caller may do of what the template asks about."""
        filled: list[str] = []
        known = self._known.setdefault((template, can), {})
        for row in rows:
            form = tuple(map(bool, row))
            pattern, pick = known.get(form) or self._cast(known, form, template, can, row)
            filled.append(pattern % pick([*map(escaped, row)] if _SPECIAL.search("".join(row)) else row))
        return "\n".join(filled)

    def _cast(
        self, known: dict[tuple[bool, ...], Line], form: tuple[bool, ...], template: str, can: frozenset[str], row: Any
    ) -> Line:
        fields: tuple[str, ...] = row._fields
        marks = {name: _marked(name) if text else "" for name, text in zip(fields, row, strict=True)}
        pieces = _MARKED.split(self._render(template, row=marks, can=can).strip())
        pattern = "%s".join(literal.replace("%", "%%") for literal in pieces[::2])
        if len(known) >= FORMS_MAX:
            known.clear()
        places = [fields.index(name) for name in pieces[1::2]]
        line = known[form] = Line(pattern, itemgetter(*places) if places else lambda _: ())
        return line


def escaped(text: str) -> str:
    """Text as the templates' engine writes it into markup."""
    return escape(text).replace("/", "&#x2f;") if _SPECIAL.search(text) else text


def _marked(name: str) -> str:
    return f"{_mark}-{name}-"
