"""ICD-10-CM in memory: search over codes and words, and whether a code exists.

Made of the tabular list that the package simple-icd-10-cm brings, read as a file: importing the package itself would build
every node of the classification, which takes seconds and a hundred megabytes. Codes whose seventh character is written
out by rule (injuries: initial, later encounter, sequela) are made when they are asked for.
"""

import asyncio
import importlib.util
import re
import tomllib
import unicodedata
from array import array
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from msgspec import Struct

CODE_LENGTH = 6  # before a seventh character; shorter codes are filled up with X
RESULTS_MAX = 30
WORD_HITS_MAX = 400
WORD_LENGTH_MIN = 3
_WORD = re.compile(r"[a-z0-9]+")
_CODE = re.compile(r"^[A-Za-z][0-9][0-9A-Za-z]?\.?[0-9A-Za-z]{0,4}$")


class Code(Struct, frozen=True):
    """One code; `billable` says that it is a leaf, as specific as the classification gets."""

    code: str
    display: str
    billable: bool
    chapter: str


class Entry(Struct, frozen=True):
    """A node of the tabular list, with what its seventh character may be."""

    code: str
    display: str
    is_leaf: bool
    chapter: str
    sevenths: tuple[tuple[str, str], ...]

    @property
    def words(self) -> list[str]:
        """The title's words."""
        return words_of(self.display)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


class Index:
    """All codes, by code and by the words of their titles and inclusion terms."""

    def __init__(self, tabular: Path, abbreviations: dict[str, str]) -> None:
        self.entries: list[Entry] = []
        self.abbreviations = abbreviations
        self._postings: dict[str, array[int]] = {}
        self._read(tabular)
        self._places = {entry.code.replace(".", ""): place for place, entry in enumerate(self.entries)}
        self._codes = sorted(self._places)
        self._words = sorted(self._postings)

    # ---- reading ----

    def _read(self, tabular: Path) -> None:
        """Section by section, so that the tree of the whole list is never there."""
        title = ""
        for event, node in ElementTree.iterparse(tabular, ("start", "end")):  # noqa: S314 - of an installed package
            if event == "start" and node.tag == "chapter":
                title = ""
            elif event == "end" and node.tag == "desc" and not title:
                title = (node.text or "").partition(" (")[0]
            elif event == "end" and node.tag == "section":
                for child in node.findall("diag"):
                    self._add(child, title, ())
                node.clear()

    def _add(self, node: Any, chapter: str, sevenths: tuple[tuple[str, str], ...]) -> None:
        own = node.find("sevenChrDef")
        if own is not None:
            sevenths = tuple((each.get("char", ""), each.text or "") for each in own.findall("extension"))
        children = node.findall("diag")
        entry = Entry(
            node.findtext("name") or "",
            node.findtext("desc") or "",
            not children,
            chapter,
            () if children else sevenths,
        )
        terms = " ".join(note.text or "" for term in node.findall("inclusionTerm") for note in term.findall("note"))
        place = len(self.entries)
        self.entries.append(entry)
        for word in set(words_of(f"{entry.display} {terms}")):
            self._postings.setdefault(word, array("I")).append(place)
        for child in children:
            self._add(child, chapter, sevenths)

    # ---- looking up ----

    def find(self, code: str) -> Code | None:
        """The code with its title; None for one that does not exist. Dots and small letters do not matter."""
        bare = code.upper().replace(".", "")
        place = self._places.get(bare)
        if place is not None:
            return _shown(self.entries[place])
        base, seventh = bare[:CODE_LENGTH].rstrip("X"), bare[CODE_LENGTH:]
        place = self._places.get(base)
        entry = self.entries[place] if place is not None else None
        if entry is None or len(seventh) != 1 or len(bare) != CODE_LENGTH + 1:
            return None
        return next((each for each in _with_seventh(entry) if each.code.replace(".", "") == bare), None)

    def search(self, typed: str, limit: int = RESULTS_MAX) -> list[Code]:
        """What fits, best first: codes that begin so, or titles with all the words, the shortest first."""
        typed = typed.strip()
        found = self._by_code(typed, limit) if _CODE.match(typed) else []
        if found:
            bare = typed.upper().replace(".", "")
            return [code for code in _expanded(found) if code.code.replace(".", "").startswith(bare)][:limit]
        return _expanded(self._by_words(typed, limit))[:limit]

    def _by_code(self, typed: str, limit: int) -> list[Entry]:
        bare = typed.upper().replace(".", "")
        start = bisect_left(self._codes, bare)
        fitting = [code for code in self._codes[start : start + limit] if code.startswith(bare)]
        if not fitting and len(bare) > CODE_LENGTH and (code := self.find(bare)):
            return [self.entries[self._places[code.code.replace(".", "")[:CODE_LENGTH].rstrip("X")]]]
        return [self.entries[self._places[code]] for code in fitting]

    def _by_words(self, typed: str, limit: int) -> list[Entry]:
        spelled = " ".join(self.abbreviations.get(word, word) for word in typed.lower().split())
        spelled = self.abbreviations.get(typed.lower(), spelled)
        words = words_of(spelled)
        if not words or max(map(len, words)) < WORD_LENGTH_MIN:
            return []
        hits = sorted((self._beginning_with(word) for word in words), key=len)
        places = set.intersection(*hits)
        return [self.entries[place] for place in sorted(places, key=lambda place: self._rank(place, words))[:limit]]

    def _beginning_with(self, word: str) -> set[int]:
        """Places of the entries that have a word beginning so."""
        start = bisect_left(self._words, word)
        found: set[int] = set()
        for known in self._words[start : start + WORD_HITS_MAX]:
            if not known.startswith(word):
                break
            found.update(self._postings[known])
        return found

    def _rank(self, place: int, words: list[str]) -> tuple[int, int, int, int, str]:
        """Titles with all the words come first; then those that begin with the first one; then what says no more than
        was typed, or that it is not specified; then the shortest."""
        entry = self.entries[place]
        title = entry.words
        missing = sum(not any(known.startswith(word) for known in title) for word in words)
        begins = bool(title) and title[0].startswith(words[0])
        is_plain = len(title) == len(words) or "unspecified" in title or title[-2:] == ["not", "specified"]
        return missing, int(not begins), int(not is_plain), len(entry.display), entry.code


def _expanded(entries: list[Entry]) -> list[Code]:
    return [code for entry in entries for code in ([_shown(entry)] if not entry.sevenths else _with_seventh(entry))]


def _shown(entry: Entry) -> Code:
    return Code(entry.code, entry.display, entry.is_leaf and not entry.sevenths, entry.chapter)


def _with_seventh(entry: Entry) -> list[Code]:
    bare = entry.code.replace(".", "").ljust(CODE_LENGTH, "X")
    return [
        Code(f"{bare[:3]}.{bare[3:]}{char}", f"{entry.display}, {words}", True, entry.chapter)
        for char, words in entry.sevenths
    ]


@cache
def _made() -> Index:
    """The index of this process; the first call reads the list, which takes about a second."""
    spec = importlib.util.find_spec("simple_icd_10_cm")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "data"
    tabular = max(folder.glob("icd10c-tabular-*.xml"))
    words = tomllib.loads((Path(__file__).parent / "abbreviations.toml").read_text(encoding="utf-8"))
    return Index(tabular, words)


async def index() -> Index:
    """The index; whoever comes first waits for it to be made in a thread, and everybody else's pages go on."""
    async with _making:
        return await asyncio.to_thread(_made) if not _made.cache_info().currsize else _made()


_making = asyncio.Lock()
