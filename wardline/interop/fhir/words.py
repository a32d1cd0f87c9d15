"""Small translations that every resource needs: text, codes, dates. Pure."""

import re
import unicodedata
from datetime import UTC, date, datetime

from wardline.interop.fhir.errors import Path, Wrong
from wardline.interop.fhir.resources import (
    CodeableConcept,
    Coding,
    HumanName,
    Identifier,
)

_TEXT_MAX = 500
# What SNOMED CT puts behind a fully specified name to tell homonyms apart; the code says it too.
_SEMANTIC_TAG = re.compile(
    r" \((procedure|disorder|finding|situation|event|substance|regime/therapy|morphologic abnormality)\)$"
)
_SPACES = re.compile(r"\s+")


def clean(text: str | None) -> str | None:
    """Composed, without characters that cannot be seen (some sources hide zero-width spaces in displays)."""
    if text is None:
        return None
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    seen = "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return seen.strip()[:_TEXT_MAX] or None


def display(concept: CodeableConcept | None) -> str | None:
    """The words of a coded value: its text, or the display of its first coding that has one."""
    if concept is None:
        return None
    words = clean(concept.text) or next((clean(coding.display) for coding in concept.coding if coding.display), None)
    return _SEMANTIC_TAG.sub("", words) if words else None


def first_coding(concept: CodeableConcept | None) -> Coding:
    """The first coding with a code, or an empty one."""
    codings = concept.coding if concept else []
    return next((coding for coding in codings if coding.code), Coding())


def code_of(concept: CodeableConcept | None) -> str | None:
    """The first code, of whatever system."""
    return first_coding(concept).code


def moment(text: str, path: Path) -> datetime:
    """The time meant by a FHIR dateTime, in UTC. One without a time of day means the start of that day, month or year."""
    parts = text.split("-")
    whole = text if "T" in text else "-".join([*parts, "01", "01"][:3]) + "T00:00:00+00:00"
    try:
        return datetime.fromisoformat(whole).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Wrong("this date does not exist", path) from error


def maybe_moment(text: str | None, path: Path) -> datetime | None:
    """As `moment`; nothing stays nothing."""
    return None if text is None else moment(text, path)


def day(text: str, path: Path) -> date:
    """The date as the source wrote it; the first day where it only knows the month or the year."""
    moment(text, path)
    return date.fromisoformat("-".join([*text[:10].split("-"), "01", "01"][:3]))


def maybe_day(text: str | None, path: Path) -> date | None:
    """As `day`; nothing stays nothing."""
    return None if text is None else day(text, path)


def calm(name: str) -> str:
    """CARNEY HOSPITAL as Carney Hospital: names in capitals alone shout on a screen."""
    return re.sub(r"[A-Z]+('S\b)?", lambda word: word[0].capitalize(), name) if name.isupper() else name


def best_name(names: list[HumanName]) -> HumanName | None:
    """The official name, else the usual one, else the first that is not an old one."""
    by_use = {name.use: name for name in reversed(names)}
    current = [name for name in names if name.use not in ("old", "maiden")]
    return by_use.get("official") or by_use.get("usual") or (current or names or [None])[0]


def numbers(found: list[Identifier]) -> list[tuple[str, str]]:
    """Every identifier that has a value, once: who gave it, and the value."""
    named = [(clean(item.system) or "unnamed", clean(item.value)) for item in found]
    return list(dict.fromkeys((system, value) for system, value in named if value))
