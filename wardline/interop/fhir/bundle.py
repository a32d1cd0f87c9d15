"""From text to typed resources. A bundle that is wrong anywhere that matters is refused, with the line."""

import json
import re
from typing import Any, TypeVar, cast

import msgspec

from wardline.interop.fhir import position
from wardline.interop.fhir.errors import BadBundle, Path, Wrong, dotted
from wardline.interop.fhir.resources import DECODERS, Resource

DEPTH_MAX = 64
ENTRIES_MAX = 200_000
# A text of nothing but small lists or strings would take twenty times its size in memory.
CONTAINERS_MAX = 1_000_000
STRINGS_MAX = 2_500_000
_BYTE_OFFSET = re.compile(r"\(byte (\d+)\)")
_PATH_STEP = re.compile(r"\[(\d+)\]|\.([A-Za-z_]\w*)")

R = TypeVar("R", bound=Resource)


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw()
    full_url: str | None = None


class _Document(msgspec.Struct, rename="camel"):
    resource_type: str
    type: str | None = None
    entry: list[_Entry] = []


class Entry(msgspec.Struct, frozen=True):
    """One resource of the bundle. `resource` is None for a type that is not read."""

    index: int
    kind: str
    id: str | None
    full_url: str | None
    resource: Resource | None

    @property
    def path(self) -> Path:
        return ("entry", self.index, "resource")


class Bundle(msgspec.Struct, frozen=True):
    """All entries in their order, and the way from a reference to its entry."""

    entries: list[Entry]
    by_reference: dict[str, Entry]

    def of(self, kind: type[R]) -> list[tuple[Entry, R]]:
        return [(entry, entry.resource) for entry in self.entries if isinstance(entry.resource, kind)]


DIRECTORY_TYPES = ("Organization", "Location", "Practitioner", "PractitionerRole")


def is_directory(text: bytes) -> bool:
    """Whether it holds staff and hospitals only. A quick look, which checks nothing else; False when in doubt."""
    try:
        document = msgspec.json.decode(text, type=_Document)
        return all(
            msgspec.json.decode(entry.resource, type=_Head).resource_type in DIRECTORY_TYPES for entry in document.entry
        )
    except (msgspec.DecodeError, RecursionError):
        return False


def parse(text: bytes) -> Bundle:
    """The bundle in `text`. Raises BadBundle, with the line, for anything that cannot be trusted."""
    try:
        _require_sound_text(text)
        return _typed(_document(text))
    except Wrong as wrong:
        raise located(text, wrong) from wrong


def located(text: bytes, wrong: Wrong) -> BadBundle:
    """The same complaint with the line at which a person finds it."""
    line = position.line_at(text, position.offset_of(text, wrong.path))
    return BadBundle(wrong.reason, line, dotted(wrong.path))


def _require_sound_text(text: bytes) -> None:
    if text.count(b'"') > 2 * STRINGS_MAX:
        raise BadBundle(f"holds more than {STRINGS_MAX:,} strings")
    brackets = position.brackets_of(text)
    if len(brackets) > 2 * CONTAINERS_MAX:
        raise BadBundle(f"holds more than {CONTAINERS_MAX:,} objects and lists")
    if position.depth_of(brackets) > DEPTH_MAX:
        line = position.line_at(text, position.offset_deeper_than(text, DEPTH_MAX))
        raise BadBundle(f"nested deeper than {DEPTH_MAX} levels", line)
    try:
        unicode = text.decode()
    except UnicodeDecodeError as error:
        raise BadBundle("not valid UTF-8 text", position.line_at(text, error.start)) from error
    try:
        json.loads(unicode, object_pairs_hook=_refuse_duplicates)
    except _DuplicateKey as error:
        key, offset = position.duplicate_key(text) or ("", 0)
        raise BadBundle(
            f'the key "{key}" stands twice in one object',
            position.line_at(text, offset),
        ) from error
    except json.JSONDecodeError as error:
        raise BadBundle(f"not valid JSON: {error.msg[0].lower()}{error.msg[1:]}", error.lineno) from error
    except ValueError as error:
        raise BadBundle("holds a number that is too long to read") from error


class _DuplicateKey(Exception):
    """A key stands twice; which of the two was meant cannot be known."""


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    # Returns nothing on purpose: the check needs no tree, so a large file costs no memory here.
    if len(pairs) > 1 and len({key for key, _ in pairs}) != len(pairs):
        raise _DuplicateKey


def _document(text: bytes) -> _Document:
    try:
        document = msgspec.json.decode(text, type=_Document)
    except msgspec.ValidationError as error:
        raise _as_wrong(error, ()) from error
    except msgspec.DecodeError as error:
        byte = _BYTE_OFFSET.search(str(error))
        raise BadBundle(str(error), position.line_at(text, int(byte[1]) if byte else len(text))) from error
    if document.resource_type != "Bundle":
        raise Wrong(
            f"a Bundle is expected, this is a {document.resource_type}",
            ("resourceType",),
        )
    if not document.entry:
        raise Wrong("the bundle has no entries")
    if len(document.entry) > ENTRIES_MAX:
        raise Wrong(f"more than {ENTRIES_MAX:,} entries in one bundle", ("entry",))
    return document


def _typed(document: _Document) -> Bundle:
    entries = [_typed_entry(index, entry) for index, entry in enumerate(document.entry)]
    by_reference: dict[str, Entry] = {}
    for entry in entries:
        for reference in _references_to(entry):
            if reference in by_reference:
                raise Wrong(f"{reference} stands twice in this bundle", (*entry.path, "id"))
            by_reference[reference] = entry
    return Bundle(entries, by_reference)


def _references_to(entry: Entry) -> set[str]:
    own = {f"{entry.kind}/{entry.id}"} if entry.id else set[str]()
    return own | {entry.full_url} if entry.full_url else own


def _typed_entry(index: int, entry: _Entry) -> Entry:
    path: Path = ("entry", index, "resource")
    if not bytes(entry.resource):
        raise Wrong("the entry has no resource", path[:2])
    try:
        head = msgspec.json.decode(entry.resource, type=_Head)
        decoder = DECODERS.get(head.resource_type)
        resource = cast(Resource, decoder.decode(entry.resource)) if decoder else None
    except msgspec.ValidationError as error:
        raise _as_wrong(error, path) from error
    return Entry(index, head.resource_type, head.id, entry.full_url, resource)


def _as_wrong(error: msgspec.ValidationError, path: Path) -> Wrong:
    """The library says "Expected `str`, got `int` - at `$.name[0].family`": its words, and its path below ours."""
    reason, _, where = str(error).partition(" - at `$")
    steps = tuple(int(number) if number else name for number, name in _PATH_STEP.findall(where))
    return Wrong(reason.replace("`", ""), path + steps)
