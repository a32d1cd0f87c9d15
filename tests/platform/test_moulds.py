"""What stands around a page is rendered once for each form, and says what a rendering of its own would say."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wardline.platform.moulds import Around, Moulds, escaped
from wardline.platform.render import environment

SHELL = (
    """<title>{{ title }}{% if also %} also {{ also }}{% endif %}</title>{{ who.name }}{{ fixed }}|{{ content|safe }}"""
)


class Counted:
    """Renders the little shell, and counts."""

    def __init__(self) -> None:
        self.renderings = 0

    def __call__(self, name: str, **values: Any) -> str:
        self.renderings += 1
        return environment().render_str(SHELL, name, **values)


def around(title: str, name: str, also: str = "", fixed: str = "f") -> Around:
    return Around("page.html", fixed, lambda: {"fixed": fixed}, {"title": title, "who.name": name, "also": also})


@given(st.text(), st.text(), st.text(), st.text())
def test_a_filled_mould_is_what_a_rendering_would_be(title: str, name: str, also: str, content: str) -> None:
    moulds = Moulds(Counted())
    moulds.fill(around("another", "person", also and "else"), "other content")
    expected = environment().render_str(
        SHELL, "page.html", title=title, who={"name": name}, also=also, fixed="f", content=content
    )
    assert moulds.fill(around(title, name, also), content) == expected


def test_each_form_is_rendered_once_and_no_more() -> None:
    render = Counted()
    moulds = Moulds(render)
    for number in range(3):
        moulds.fill(around(f"Title {number}", f"Name {number}"), "")
    assert render.renderings == 1
    moulds.fill(around("Title", "Name", "else"), "")
    moulds.fill(around("Title", "Name", fixed="g"), "")
    assert render.renderings == 3


def test_a_text_that_looks_like_markup_or_a_mark_stays_a_text() -> None:
    moulds = Moulds(Counted())
    page = moulds.fill(around("<script>", "content"), "<b>whole</b>")
    assert page == "<title>&lt;script&gt;</title>contentf|<b>whole</b>"


@given(st.text())
def test_texts_are_escaped_as_the_templates_escape(text: str) -> None:
    assert escaped(text) == environment().render_str("{{ text }}", "page.html", text=text)
