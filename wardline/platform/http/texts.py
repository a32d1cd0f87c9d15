"""A text that is asked for says something: spaces and what cannot be seen are no reason, no name and no answer."""

import functools
from itertools import islice
from typing import Any

import msgspec
from msgspec import inspect

from wardline.platform.errors import Invalid

# Fillers of Hangul, the empty sign of Braille, the joiner of graphemes and the selectors of variants: printable, and nothing to see.
_BLANKS = frozenset("\u3164\u115f\u1160\uffa0\u2800\u034f") | {chr(sign) for sign in range(0xFE00, 0xFE10)}
Plan = tuple[tuple[tuple[str, str, int], ...], tuple[tuple[str, str], ...]]


def require_said(given: Any) -> None:
    """Invalid, naming the field, where a text with a least length has it only with what nobody can read."""
    wrong = dict(_unsaid(given, ""))
    if wrong:
        raise Invalid(fields=wrong)


def _unsaid(given: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(given, list | tuple):
        return [found for n, each in enumerate(given) for found in _unsaid(each, f"{path.removesuffix('.')}[{n}].")]
    if not isinstance(given, msgspec.Struct):
        return []
    texts, structs = _plan(type(given))
    found = [
        (f"{path}{sent_as}", "This is needed." if least == 1 else f"Write at least {least} characters.")
        for name, sent_as, least in texts
        if isinstance(text := getattr(given, name), str) and text and not _says(text, least)
    ]
    return found + [each for name, sent_as in structs for each in _unsaid(getattr(given, name), f"{path}{sent_as}.")]


def _says(text: str, least: int) -> bool:
    """Whether somebody can read so many signs of it. The first that are no spaces answer it for all but the shortest texts."""
    letters = islice(
        (sign for sign in text if sign.isprintable() and not sign.isspace() and sign not in _BLANKS), least
    )
    return sum(1 for _ in letters) == least or len(_read(text)) >= least


def _read(text: str) -> str:
    """What somebody can read of a text: without controls, marks of direction, signs of no width and blanks that are no spaces,
    and trimmed."""
    return "".join(sign for sign in text if sign not in _BLANKS and (sign.isprintable() or sign.isspace())).strip()


@functools.cache
def _plan(kind: type[msgspec.Struct]) -> Plan:
    """The fields of a struct that are texts with a least length, and those that hold structs of their own."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    texts: list[tuple[str, str, int]] = []
    structs: list[tuple[str, str]] = []
    for field in info.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        least = max((each.min_length or 0 for each in kinds if isinstance(each, inspect.StrType)), default=0)
        if least:
            texts.append((field.name, field.encode_name, least))
        if any(isinstance(each, inspect.StructType | inspect.ListType) for each in kinds):
            structs.append((field.name, field.encode_name))
    return tuple(texts), tuple(structs)
