"""What leaves: bodies, security headers, and problems as RFC 9457 JSON or as a readable page."""

from typing import Any
from uuid import UUID

import msgspec

from wardline.platform.errors import Problem

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
SECURITY_HEADERS: list[tuple[bytes, bytes]] = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-frame-options", b"DENY"),
]
NO_STORE = (b"cache-control", b"no-store")
NOT_STORED = [*SECURITY_HEADERS, NO_STORE]
HTML = b"text/html; charset=utf-8"
JSON = b"application/json"
PROBLEM_JSON = b"application/problem+json"

encode = msgspec.json.Encoder(decimal_format="number").encode


class Reply:
    """A finished answer, ready to be sent."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, body: bytes = b"", kind: bytes = JSON, headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.headers: list[tuple[bytes, bytes]] = (
            [(b"content-type", kind), *(headers or ())] if body else list(headers or ())
        )

    def copy(self) -> "Reply":
        """One whose headers can be added to while this one is kept."""
        other = Reply(self.status, self.body)
        other.headers = list(self.headers)
        return other

    async def send(self, send: Any, *, head: bool = False) -> None:
        stored = any(name == b"cache-control" for name, _ in self.headers)
        length = (b"content-length", b"%d" % len(self.body))
        headers = [*self.headers, length, *(SECURITY_HEADERS if stored else NOT_STORED)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


class File(msgspec.Struct, frozen=True):
    """Bytes to be downloaded or shown: the result of a handler that serves no struct."""

    body: bytes
    content_type: str
    name: str | None = None
    inline: bool = False
    cache_control: str = "no-store"


class Page(msgspec.Struct, frozen=True):
    """A page chosen by the handler at run time: its template and values; `status` if it is not 200."""

    template: str
    page: Any
    title: str = ""
    status: int = 200


class Redirect(msgspec.Struct, frozen=True):
    """Where a browser goes instead; a program gets the `Location` alone."""

    location: str
    status: int = 303


def file_reply(file: File) -> Reply:
    """A file as an attachment with its own name, or inline where it is a picture made by us."""
    kind = "inline" if file.inline else "attachment"
    name = f'; filename="{file.name}"' if file.name else ""
    headers = [
        (b"content-disposition", f"{kind}{name}".encode("ascii", "replace")),
        (b"cache-control", file.cache_control.encode()),
    ]
    return Reply(200, file.body, file.content_type.encode(), headers)


def problem_values(problem: Problem, request_id: str, path: str) -> dict[str, Any]:
    """The members of an RFC 9457 problem."""
    values: dict[str, Any] = {
        "type": f"urn:wardline:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail or problem.title,
        "instance": path,
        "request_id": request_id,
    }
    if problem.fields:
        values["fields"] = problem.fields
        values["errors"] = [{"field": name, "message": words} for name, words in problem.fields.items()]
    for name, value in problem.extra.items():
        values[name] = str(value) if isinstance(value, UUID) else value
    return values


def problem_headers(problem: Problem) -> list[tuple[bytes, bytes]]:
    """Headers that a status asks for."""
    headers: list[tuple[bytes, bytes]] = []
    if problem.status in (429, 503):
        seconds = problem.extra.get("retry_after_seconds", 2)
        headers.append((b"retry-after", str(seconds).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if allowed := problem.extra.get("allow"):
        headers.append((b"allow", str(allowed).encode()))
    return headers
