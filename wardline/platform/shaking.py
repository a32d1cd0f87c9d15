"""Imports of templates narrowed to what is used: a module of macros costs a third of a microsecond for each macro in it,
every time it is imported, and a row of a board imports three modules.

`{% import "ui.html" as ui %}` in a template that calls `ui.icon` and `ui.time` is read as an import of "ui.html#icon,time",
which is ui.html with these two macros, those they call, and nothing else. What a template includes counts as its own text,
because it sees the names of the template around it. An included template is left as it is: what it imports takes the place
of what the template around it has imported by the same name.
"""

import re
from collections.abc import Callable, Iterable

Source = Callable[[str], str | None]

MARK = "#"
_IMPORT = re.compile(r'\{%-?\s*import\s+"([^"]+)"\s+as\s+(\w+)\s*-?%\}')
_FROM = re.compile(r'\{%-?\s*from\s+"([^"]+)"\s+import\s+(\w+(?:\s*,\s*\w+)*)\s*-?%\}')
_INCLUDE = re.compile(r'\{%-?\s*include\s+"([^"]+)"')
_ANY_INCLUDE = re.compile(r"\{%-?\s*(?:include|extends)\b")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?\{%-?\s*endmacro\s*-?%\}\n?", re.DOTALL)
_CALL = re.compile(r"(?<![.\w])(\w+)\(")
_UNUSED = "{# #}"  # takes the line away as an import does


def included(names: Iterable[str], source: Source) -> frozenset[str]:
    """Which templates any of these includes."""
    return frozenset(found for name in names for found in _INCLUDE.findall(source(name) or ""))


def narrowed(name: str, source: Source, left: frozenset[str]) -> str | None:
    """The text of a template, or of the macros named behind the mark, with its imports narrowed unless it is one of
    those `left` as they are; None for no template."""
    file, _, wanted = name.partition(MARK)
    text = source(file)
    if text is None or file in left:
        return text
    if wanted:
        text = _only(text, wanted.split(","))
    seen = _with_included(text, source)
    if seen is None:
        return text
    text = _IMPORT.sub(lambda found: _narrow(found, re.findall(rf'(?<![\w"/]){found[2]}\.(\w+)', seen)), text)
    return _FROM.sub(lambda found: _narrow(found, re.split(r"\s*,\s*", found[2])), text)


def _narrow(found: re.Match[str], used: list[str]) -> str:
    if not used:
        return _UNUSED
    return found[0].replace(f'"{found[1]}"', f'"{found[1]}{MARK}{",".join(sorted(set(used)))}"')


def _only(text: str, wanted: list[str]) -> str:
    """The text without the macros that neither the wanted ones nor the text around the macros call."""
    macros = {found[1]: found[0] for found in _MACRO.finditer(text)}
    waiting = [*wanted, *_CALL.findall(_MACRO.sub("", text))]
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in macros and name not in kept:
            kept.add(name)
            waiting += _CALL.findall(macros[name])
    return _MACRO.sub(lambda found: found[0] if found[1] in kept else "", text)


def _with_included(text: str, source: Source) -> str | None:
    """The text with all that it includes; None where what it includes is not known before it is rendered."""
    texts, waiting, seen = [text], [text], set[str]()
    while waiting:
        each = waiting.pop()
        names = _INCLUDE.findall(each)
        if len(names) != len(_ANY_INCLUDE.findall(each)):
            return None
        for name in names:
            found = source(name)
            if name not in seen and found is not None:
                seen.add(name)
                texts.append(found)
                waiting.append(found)
    return "\n".join(texts)
