"""Finds the line of a field in JSON text. Only used once something is known to be wrong, so it may be slow."""

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

import msgspec

from wardline.interop.fhir.errors import Path

# Possessive: a string of many megabytes must not leave a place to come back to at each of its characters.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_STRINGS_AT_ONCE = 500_000  # each costs some memory while it is taken out
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")
_STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}


def line_at(text: bytes, offset: int) -> int:
    """The line, from 1, that holds the byte at `offset`."""
    return text.count(b"\n", 0, max(0, offset)) + 1


def brackets_of(text: bytes) -> bytes:
    """Only the brackets, without those inside strings. Runs at C speed: it guards every file."""
    found = _STRINGS_AT_ONCE
    while found == _STRINGS_AT_ONCE:
        text, found = _STRING.subn(b"", text, _STRINGS_AT_ONCE)
    return text.translate(None, _NOT_BRACKETS)


def depth_of(brackets: bytes) -> int:
    """How deep they nest, whether or not they are balanced."""
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def offset_deeper_than(text: bytes, depth_max: int) -> int:
    """Where the nesting first goes beyond `depth_max`."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(text[token.start()], 0) if token.end() - token.start() == 1 else 0
        if depth > depth_max:
            return token.start()
    return len(text)


def offset_of(text: bytes, path: Path) -> int:
    """Where the value at `path` begins; where its nearest existing parent begins when it is missing."""
    start = _skip_space(text, 0)
    for step in path:
        found = _member(text, start, step) if isinstance(step, str) else _item(text, start, step)
        if found is None:
            break
        start = found
    return start


def duplicate_key(text: bytes) -> tuple[str, int] | None:
    """The first key that stands twice in one object, and where its second copy begins."""
    keys: list[set[bytes]] = []
    tokens = list(_TOKEN.finditer(text))
    for token, following in pairwise(tokens):
        first = text[token.start()]
        if first in b"{[":
            keys.append(set())
        elif first in b"}]" and keys:
            keys.pop()
        elif first == ord('"') and following.group() == b":" and keys:
            if token.group() in keys[-1]:
                return msgspec.json.decode(token.group(), type=str), token.start()
            keys[-1].add(token.group())
    return None


def _skip_space(text: bytes, offset: int) -> int:
    token = _TOKEN.search(text, offset)
    return token.start() if token else offset


def _own_tokens(text: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The tokens that belong to the container at `start` itself; a nested container counts as its opening bracket."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token.group()
        if mark in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return
            continue
        if depth == 1:
            yield token.start(), mark
        if mark in (b"{", b"["):
            depth += 1


def _member(text: bytes, start: int, name: str) -> int | None:
    if text[start : start + 1] != b"{":
        return None
    wanted, matched, after_colon = msgspec.json.encode(name), False, False
    for offset, mark in _own_tokens(text, start):
        if mark == b",":
            matched = after_colon = False
        elif mark == b":":
            after_colon = True
        elif not after_colon:
            matched = mark == wanted
        elif matched:
            return offset
    return None


def _item(text: bytes, start: int, index: int) -> int | None:
    if text[start : start + 1] != b"[":
        return None
    seen = 0
    for offset, mark in _own_tokens(text, start):
        if mark == b",":
            seen += 1
        elif seen == index:
            return offset
    return None
