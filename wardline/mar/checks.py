"""The five rights as they are kept with a dose: only what does not follow from the rest, an eighth of what is shown."""

from datetime import datetime
from typing import Any

import msgspec

from wardline.mar.models import Right


def title_of(key: str) -> str:
    """As it is read: Right patient."""
    return f"Right {key}"


def kept(rights: list[Right], at: datetime) -> str | None:
    """JSON to keep: when, then each right's key, source and words. Only a dose whose rights all hold is ever recorded,
    all of them at the time that it was given at. None where nothing was checked."""
    if not rights:
        return None
    assert all(right.holds and right.at == at and right.title == title_of(right.key) for right in rights)
    return msgspec.json.encode([at, *([right.key, right.source, right.words] for right in rights)]).decode()


def shown(stored: str | None) -> list[dict[str, Any]]:
    """What was kept, in full. What was written in full, as versions before this one did, is given as it is."""
    found = msgspec.json.decode(stored or "[]")
    if not found or isinstance(found[0], dict):
        return found
    at, *rights = found
    return [
        {"key": key, "title": title_of(key), "holds": True, "source": source, "at": at, "words": words}
        for key, source, words in rights
    ]
