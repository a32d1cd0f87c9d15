"""What a page shows of what it watches, kept as the browser keeps it: elements by id, replaced by pushed ones.

Watchers of one ward hear the same messages and show the same, so a message is understood once and a screen is worked
out once: everybody who shows the same shares one `Shown`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from html import unescape

import msgspec

from bench.load.model import View

MESSAGE_BYTES_KEPT_MAX = 16_000_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_RELATIVE = re.compile(r"(<time [^>]*data-relative[^>]*>)[^<]*")
_KEY = re.compile(r'(name="idempotency_key" value=")[^"]*')
_READ = re.compile(r'name="reason" value="([^"]*)"')
_ONLY_PUSHED = re.compile(r' data-alarm="[^"]*" data-words="[^"]*"')
_WAITED = re.compile(r'\b\d+ (?:h(?: \d+ min)?|min|days)\b|<svg class="wbar".*?</svg>', re.DOTALL)


class Rows:
    """Elements that changed; None for one that is gone. `whole`: there are no others. `reread`: the page is asked to
    read itself anew."""

    __slots__ = ("html", "reread", "topic", "version", "whole")

    def __init__(self, topic: str, version: int, html: dict[str, str | None], *, whole: bool = False) -> None:
        self.topic = topic
        self.version = version
        self.html = html
        self.whole = whole
        self.reread = any(text is not None and "data-reread" in text for text in html.values())


class Versions:
    """How far the topics of a stream are: its greeting, or a heartbeat."""

    __slots__ = ("versions",)

    def __init__(self, versions: dict[str, int]) -> None:
        self.versions = versions


class Sent(msgspec.Struct):
    """The data of an event, of either kind."""

    topic: str = ""
    version: int = 0
    html: dict[str, str | None] = {}
    whole: bool = False
    versions: dict[str, int] = {}


Message = Rows | Versions | float  # a number: after how many seconds a broken stream is to come back
_decode = msgspec.json.Decoder(Sent).decode


class Reader:
    """Understands stream messages, each distinct one once."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Message]] = {}
        self._bytes = 0

    def messages(self, text: bytes) -> list[Message]:
        """The messages of whole events."""
        found = self._known.get(text)
        if found is None:
            if self._bytes > MESSAGE_BYTES_KEPT_MAX:
                self._known.clear()
                self._bytes = 0
            found = self._known[text] = understood(text)
            self._bytes += len(text)
        return found


def understood(text: bytes) -> list[Message]:
    """Events as messages; others than rows and versions say nothing that a page shows."""
    found: list[Message] = []
    for event in text.split(b"\n\n"):
        if event.startswith(b"retry: "):
            found.append(int(event[7:].partition(b"\n")[0]) / 1000)
        data = event.find(b"data: ")
        if data < 0:
            continue
        sent = _decode(event[data + 6 :].partition(b"\n")[0])
        found.append(
            Rows(sent.topic, sent.version, sent.html, whole=sent.whole) if sent.topic else Versions(sent.versions)
        )
    return found


class Shown:
    """The elements on a screen. Never changed: a message makes another one, the same for everybody it comes to."""

    __slots__ = ("_message", "_next", "html")

    def __init__(self, html: dict[str, str]) -> None:
        self.html = html
        self._message: Rows | None = None
        self._next: Shown | None = None

    def after(self, message: Rows) -> "Shown":
        """What is shown when the message has been put in."""
        if message is not self._message or self._next is None:
            html = {} if message.whole else dict(self.html)
            for name, text in message.html.items():
                if text is None:
                    html.pop(name, None)
                else:
                    html[name] = text
            self._message, self._next = message, Shown(html)
        return self._next


NOTHING = Shown({})


class Pages:
    """Reads screens from pages; the same page is taken apart once."""

    def __init__(self, views: Mapping[str, View]) -> None:
        self._views = views
        self._kept: dict[tuple[str, str], tuple[bytes, Shown]] = {}

    def shown(self, topic: str, role: str, page: bytes) -> Shown:
        """The watched elements of a page of this topic."""
        start = page.find(b'<main id="main"')
        content = page[start : page.find(b"</main>", start)] if start >= 0 else page
        before = self._kept.get((topic, role))
        if before is not None and before[0] == content:
            return before[1]
        shown = Shown(elements(content.decode(), self._views[topic.partition(":")[0]]))
        self._kept[topic, role] = content, shown
        return shown

    def forget(self) -> None:
        self._kept.clear()


def elements(html: str, view: View) -> dict[str, str]:
    """The watched elements of a page by id, whole."""
    names = set(view.parts)
    pattern = (
        r'\bid="(' + "|".join([*map(re.escape, view.parts), *([f'{view.prefix}-[^"]+'] if view.prefix else [])]) + ')"'
    )
    found: dict[str, str] = {}
    for match in re.finditer(pattern, html):
        name = match.group(1)
        if name not in found and (name in names or view.prefix):
            found[name] = element_at(html, html.rfind("<", 0, match.start()))
    return found


def element_at(html: str, start: int) -> str:
    """The element whose tag begins here, to the end of its closing tag."""
    opening = _TAG.match(html, start)
    assert opening is not None, "an id stands in a tag"
    name, depth = opening.group(2), 0
    for tag in re.finditer(rf"<(/?){re.escape(name)}\b", html[start:]):
        depth += -1 if tag.group(1) else 1
        if depth == 0:
            return html[start : html.find(">", start + tag.end()) + 1]
    return html[start:]


def comparable(text: str) -> str:
    """An element without what differs between two renderings of the same: keys of forms, the alarm that only a pushed
    bell carries, and how long ago something was, which changes by the minute while nothing happens."""
    for pattern, kept in ((_RELATIVE, r"\1"), (_KEY, r"\1"), (_ONLY_PUSHED, ""), (_WAITED, "")):
        text = pattern.sub(kept, text)
    return text.strip()


def differing(shown: Shown, fresh: Shown) -> list[str]:
    """The elements that a screen shows in another way than a page just read, or that only one of them has: id, and
    where they part."""
    found: list[str] = []
    for name in sorted({*shown.html, *fresh.html}):
        old, new = shown.html.get(name, ""), fresh.html.get(name, "")
        if old != new and (old := comparable(old)) != (new := comparable(new)):
            at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
            begin = max(0, at - 40)
            found.append(f"{name} shows {old[begin : at + 60]!r}, not {new[begin : at + 60]!r}")
    return found


def words_of(shown: Iterable[str], address: str) -> list[tuple[str, str]]:
    """The words of a task as they stand beside its act, which the server asks for where a number is among them."""
    for text in shown:
        form = text.partition(f'action="/tasks/{address}"')[2].partition("</form>")[0]
        if match := _READ.search(form):
            return [("reason", unescape(match.group(1)))]
    return []


def acts_in(shown: Iterable[str], pattern: re.Pattern[str], allowed: Callable[[str], bool]) -> str | None:
    """The first address in these elements that fits the pattern and is allowed."""
    for text in shown:
        for match in pattern.finditer(text):
            if allowed(match.group(1)):
                return match.group(1)
    return None
