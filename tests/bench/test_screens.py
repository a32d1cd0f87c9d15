"""What a screen shows: taken from pages, changed by messages, compared with pages."""

import msgspec

from bench.load.model import View
from bench.load.screens import Pages, Reader, Rows, Shown, comparable, differing, elements

VIEW = View("bed", ["summary"])
PAGE = (
    '<html><main id="main" tabindex="-1"><ul id="summary"><li>2 <ul><li>x</li></ul></li></ul>'
    '<table><tr id="bed-1"><td id="name-1">A</td></tr><tr id="bed-2"><td>B</td></tr></table></main>'
    '<tr id="bed-9"></tr></html>'
)


def event(**data: object) -> bytes:
    return b"event: rows\ndata: " + msgspec.json.encode(data) + b"\n\n"


def test_the_watched_elements_of_a_page_are_whole():
    shown = Pages({"ward": VIEW}).shown("ward:1", "nurse", PAGE.encode())
    assert shown.html == {
        "summary": '<ul id="summary"><li>2 <ul><li>x</li></ul></li></ul>',
        "bed-1": '<tr id="bed-1"><td id="name-1">A</td></tr>',
        "bed-2": '<tr id="bed-2"><td>B</td></tr>',
    }


def test_a_view_of_parts_alone_has_no_rows():
    assert elements('<span id="bell">3</span><p id="bell-x"></p>', View("", ["bell"])) == {
        "bell": '<span id="bell">3</span>'
    }


def test_one_message_makes_one_screen_for_all_who_show_the_same():
    reader, before = Reader(), Shown({"bed-1": "old", "bed-2": "gone"})
    text = event(topic="ward:1", version=2, html={"bed-1": "new", "bed-2": None})
    (first,), (again,) = reader.messages(text), reader.messages(bytes(text))
    assert isinstance(first, Rows)
    assert isinstance(again, Rows)
    assert before.after(first) is before.after(again)
    assert before.after(first).html == {"bed-1": "new"}
    assert before.html == {"bed-1": "old", "bed-2": "gone"}


def test_a_whole_message_leaves_nothing_else():
    (message,) = Reader().messages(event(topic="tasks:1", version=3, html={"task-2": "b"}, whole=True))
    assert isinstance(message, Rows)
    assert Shown({"task-1": "a"}).after(message).html == {"task-2": "b"}


def test_a_retry_is_heard_beside_its_event():
    text = b'retry: 2500\nevent: hello\ndata: {"versions": {"ward:1": 4}, "at": "now"}\n\n'
    messages = Reader().messages(text)
    assert messages[0] == 2.5
    assert len(messages) == 2


def test_keys_and_the_minutes_that_pass_are_no_difference():
    old = '<time datetime="a" data-relative="due">in 5 min</time><input name="idempotency_key" value="k1"> 6 h 09 min'
    new = '<time datetime="a" data-relative="due">in 4 min</time><input name="idempotency_key" value="k2"> 6 h 10 min'
    assert comparable(old) == comparable(new)
    assert differing(Shown({"a": old, "b": "1"}), Shown({"a": new, "b": "2"})) == ["b shows '1', not '2'"]
    assert len(differing(Shown({"a": "x"}), Shown({}))) == 1
