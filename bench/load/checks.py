"""What is wrong with an answer of the expected status, in a few words; nothing when it is right."""

import html
from functools import lru_cache

from bench.load.http import Call, Check

WRONG_PATIENT = "wrong patient"
WRONG_PAGE = "wrong page"
NOT_FOUND = "person not found"
WRONG_PLACE = "sent elsewhere"
OLD = "older than what is known"
WRONG_DOSE = "wrong dose"
STILL_DUE = "a given dose is still due"
ALREADY_GIVEN = b"already recorded"
TOO_SOON = b'data-code="too_soon"'
CONFLICT, REFUSED = 409, 422


@lru_cache(maxsize=60_000)
def patient(family: str, subject: str) -> Check:
    """The page names this patient, and nobody else's page has come."""
    name, subject_bytes = html.escape(family.upper()).replace("&#x27;", "'").encode(), subject.encode()
    escaped = html.escape(family.upper()).encode()

    def check(call: Call) -> str:
        body = call.body
        if subject_bytes in body and (name in body or escaped in body):
            return ""
        return WRONG_PATIENT

    return check


@lru_cache(maxsize=60_000)
def contains(text: str, *, escape: bool = False) -> Check:
    """The page has this text."""
    wanted = (html.escape(text) if escape else text).encode()

    def check(call: Call) -> str:
        return "" if wanted in call.body else WRONG_PAGE

    return check


@lru_cache(maxsize=60_000)
def finds(person_id: str) -> Check:
    """The search has found this person."""
    wanted = f'id="person-{person_id}"'.encode()

    def check(call: Call) -> str:
        return "" if wanted in call.body else NOT_FOUND

    return check


def redirects_to(path: bytes) -> Check:
    """The browser is told to go on to this page."""
    return _redirects(path)


@lru_cache(maxsize=60_000)
def _redirects(path: bytes) -> Check:
    def check(call: Call) -> str:
        return "" if call.header(b"hx-redirect") == path else WRONG_PLACE

    return check


def escaped(path: str) -> str:
    """A path as the product writes it into an attribute."""
    return path.replace("/", "&#x2f;")


@lru_cache(maxsize=60_000)
def names(family: str) -> Check:
    """The fragment speaks of this patient."""
    plain = html.escape(family.upper())
    parts = plain.encode(), plain.replace("&#x27;", "'").encode()

    def check(call: Call) -> str:
        return "" if any(part in call.body for part in parts) else WRONG_PATIENT

    return check


@lru_cache(maxsize=60_000)
def sheet(path: str, person_id: str) -> Check:
    """The sheet is of this dose and of this patient."""
    parts = f'hx-post="{escaped(path)}/giving"'.encode(), f'data-person="{person_id}"'.encode()

    def check(call: Call) -> str:
        return "" if all(part in call.body for part in parts) else WRONG_DOSE

    return check


def given(before: Check, path: str) -> Check:
    """Besides: this dose is not there to be given again."""
    link = f'"{escaped(path)}"'.encode()

    def check(call: Call) -> str:
        return before(call) or (STILL_DUE if link in call.body else "")

    return check


def was_first(call: Call) -> bool:
    """Whether the answer says rightly that a colleague was first: one of another process, or of a run before, whose dose of
    an as-needed medicine is not long enough ago."""
    if call.route == "give when needed" and call.status == REFUSED:
        return TOO_SOON in call.body
    if call.status != CONFLICT:
        return False
    if call.route == "give a dose":
        return ALREADY_GIVEN in call.body
    return call.route in ("take on a task", "finish a task", "verify an order")


def begins_a_note(call: Call) -> str:
    """The browser is told to go on to the new note."""
    return "" if call.header(b"hx-redirect").startswith(b"/notes/") else WRONG_PLACE


def saved_as(note_id: str, version: int) -> Check:
    """The words were kept in this note, as this version of them."""
    parts = (f'"note_id":"{note_id}"'.encode(), f'"version":{version},'.encode())

    def check(call: Call) -> str:
        return "" if all(part in call.body for part in parts) else WRONG_PAGE

    return check


MARKS = {"ward": b'id="ward-needs"', "tasks": b'id="tasks"', "beds": b'id="wards"'}


def any_of(topic: str) -> Check:
    """The page of a watched topic: it says which, and has what the page shows."""
    kind = topic.partition(":")[0]
    mark = MARKS.get(kind, b"<")

    def check(call: Call) -> str:
        return "" if mark in call.body else WRONG_PAGE

    return check
