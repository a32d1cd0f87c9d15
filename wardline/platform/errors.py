"""What can go wrong, as classes with a stable code; the door turns them into RFC 9457 problems or readable pages.

A slice derives its own: `class BedTaken(Conflict): code = "bed_taken"; title = "The bed is taken"`.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID


class Problem(Exception):
    """An expected refusal. `detail` is one plain sentence for the person; `fields` says what is wrong where;
    further keyword values travel in the answer (ids, states and times, never a secret). One that is `noted` is kept in the
    record like a denial, with `about`: the person and the row that it was about."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    noted: ClassVar[str] = ""  # the action under which the record keeps it

    def __init__(self, detail: str = "", *, fields: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.fields = dict(fields or {})
        self.extra = extra
        self.about: tuple[UUID | None, UUID | None] = (None, None)
        self.page: Any = None  # what a person is shown instead of the general page, where a handler knows better


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "The request cannot be read"


class NotSignedIn(Problem):
    status, code, title = 401, "not_signed_in", "Sign in to go on"


class Denied(Problem):
    status, code, title = 403, "denied", "You may not do this"


class NotFound(Problem):
    status, code, title = 404, "not_found", "There is nothing here"


class WrongMethod(Problem):
    status, code, title = 405, "wrong_method", "That cannot be done here"


class Conflict(Problem):
    status, code, title = 409, "conflict", "Somebody else was first"


class Stale(Conflict):
    """The row was changed since the person read it; `current` in the answer is the newer row."""

    status, code, title = 412, "stale", "Changed meanwhile by somebody else"


class OtherAuthor(Conflict):
    """What waits on a shared device is sent by its author only, never under the name of who is signed in now."""

    code, title = "other_author", "Somebody else wrote this"


class TooLarge(Problem):
    status, code, title = 413, "too_large", "That is too large"


class WrongType(Problem):
    status, code, title = 415, "wrong_type", "That kind of content is not read here"


class Invalid(Problem):
    status, code, title = 422, "invalid", "Please check what you entered"


class KeyRequired(Problem):
    status, code, title = 428, "idempotency_key_required", "Send an Idempotency-Key with every write"


class VersionRequired(Problem):
    status, code, title = 428, "version_required", "Say which version you are changing"


class TooMany(Problem):
    status, code, title = 429, "too_many", "Too many attempts"


class Busy(Problem):
    status, code, title = 503, "busy", "Too much work at once; try again in a moment"


_CONSTRAINTS: dict[str, Callable[[], Problem]] = {}


def on_constraint(name: str, problem: Callable[[], Problem]) -> None:
    """Say which problem a violated database constraint means, so that a lost race reads as plainly as a refused one."""
    _CONSTRAINTS[name] = problem


def constraint_problem(name: str | None) -> Problem:
    """The problem registered for constraint `name`, or a general conflict."""
    maker = _CONSTRAINTS.get(name or "")
    return maker() if maker else Conflict("The change does not fit what is recorded.", constraint=name)
