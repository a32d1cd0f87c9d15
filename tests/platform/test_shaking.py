"""Imports of templates are narrowed to what is used, and what is used is always there."""

import pytest

from wardline.platform.render import source_of, template_names
from wardline.platform.shaking import included, narrowed

MODULE = """{# Parts. #}
{% macro icon(name) %}<i>{{ name }}</i>{% endmacro %}
{% macro flag(text) %}{{ icon("flag") }}{{ text }}{% endmacro %}
{% macro field(name) %}<input name="{{ name }}">{% endmacro %}
"""


def shaken(name: str, **texts: str) -> str:
    files = {"ui.html": MODULE} | {f"{key}.html": text for key, text in texts.items()}
    found = narrowed(name, files.get, included(files, files.get))
    assert found is not None
    return found


def test_an_import_names_what_is_called() -> None:
    page = '{% import "ui.html" as ui %}{{ ui.flag("a") }}{{ ui.icon("b") }}'
    assert shaken("page.html", page=page).startswith('{% import "ui.html#flag,icon" as ui %}')
    page = '{% from "ui.html" import flag, icon %}{{ flag("a") }}'
    assert shaken("page.html", page=page).startswith('{% from "ui.html#flag,icon" import flag, icon %}')


def test_a_module_keeps_what_the_wanted_macros_call() -> None:
    found = shaken("ui.html#flag")
    assert "macro flag" in found
    assert "macro icon" in found
    assert "macro field" not in found


def test_an_import_that_nobody_uses_is_gone() -> None:
    assert "import" not in shaken("page.html", page='{% import "ui.html" as ui %}\n<a href="ui.html">')


def test_what_is_included_counts_and_is_left_as_it_is() -> None:
    texts = {
        "page": '{% import "ui.html" as ui %}{% include "part.html" %}',
        "part": '{{ ui.field("a") }}{% include "deeper.html" %}',
        "deeper": '{% import "ui.html" as ui %}{{ ui.icon("a") }}',
    }
    assert "ui.html#field,icon" in shaken("page.html", **texts)
    assert shaken("deeper.html", **texts) == texts["deeper"]


def test_where_an_include_is_not_known_beforehand_everything_is_imported() -> None:
    page = '{% import "ui.html" as ui %}{% include name %}{{ ui.icon("a") }}'
    assert shaken("page.html", page=page) == page


def test_no_template_by_that_name() -> None:
    assert narrowed("nothing.html#icon", source_of, frozenset()) is None


@pytest.mark.parametrize("name", template_names())
def test_every_macro_that_a_template_of_ours_calls_is_there(name: str) -> None:
    left = included(template_names(), source_of)
    text = narrowed(name, source_of, left)
    assert text is not None
    for part in text.split('"'):
        if "#" in part and part.partition("#")[0] in template_names():
            module = narrowed(part, source_of, left)
            assert module is not None
            for macro in part.partition("#")[2].split(","):
                assert f"macro {macro}(" in module or f"set {macro} " in module
