"""The demo staff at the front door: signing in as one of them and asking for something over HTTP, one request at a time."""

import http.client
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from wardline.demo.accounts import PASSWORD

ANSWER_SECONDS_MAX = 5.0
RETRY_SECONDS_MAX = 10.0
NOT_SIGNED_IN = 401


class NotReachable(Exception):
    """The web server does not answer."""


class NobodyThere(Exception):
    """This demo account cannot sign in: there is no demo network here, or its password was changed."""


class Answer(msgspec.Struct, frozen=True):
    """What came back; `content` is what the JSON says, None when there was none."""

    status: int
    content: Any

    @property
    def ok(self) -> bool:
        return self.status < 300


class FrontDoor:
    """Asks as any demo account. Signs in when needed, waits when asked to, never has two requests under way."""

    def __init__(self, address: str, *, pause: Callable[[float], object] = time.sleep) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port or 80, timeout=ANSWER_SECONDS_MAX
        )
        self._pause = pause
        self._tokens: dict[str, str] = {}

    def get(self, email: str, path: str) -> Any:
        """The content of an answer, None when it was refused."""
        answer = self.ask(email, "GET", path)
        return answer.content if answer.ok else None

    def ask(self, email: str, method: str, path: str, body: Any = None, *, version: int | None = None) -> Answer:
        """One request as this account. A busy server is asked once more after the pause that it names."""
        headers = {"authorization": f"Bearer {self._token(email)}"}
        if method != "GET":
            headers["idempotency-key"] = uuid4().hex
        if version is not None:
            headers["if-match"] = f'"{version}"'
        answer, _ = self._send(method, path, headers, body)
        if answer.status == NOT_SIGNED_IN:
            self._tokens.pop(email, None)
            headers["authorization"] = f"Bearer {self._token(email)}"
            answer, _ = self._send(method, path, headers, body)
        if answer.status in (429, 503):
            answer, _ = self._send(method, path, headers, body)
        return answer

    def _token(self, email: str) -> str:
        if email not in self._tokens:
            answer, _ = self._send("POST", "/sessions", {}, {"email": email, "password": PASSWORD})
            if not answer.ok:
                raise NobodyThere(email)
            self._tokens[email] = answer.content["token"]
        return self._tokens[email]

    def _send(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[Answer, float]:
        """The answer and how long the server asked to wait, which has been waited."""
        sent = {"accept": "application/json", **headers}
        content = None
        if body is not None:
            sent["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        try:
            self._connection.request(method, path, body=content, headers=sent)
            response = self._connection.getresponse()
            received = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise NotReachable(str(error)) from error
        wait_seconds = 0.0
        if response.status in (429, 503):
            wait_seconds = min(RETRY_SECONDS_MAX, float(response.headers.get("retry-after") or 1))
            self._pause(wait_seconds)
        is_json = "json" in (response.headers.get("content-type") or "")
        return Answer(response.status, msgspec.json.decode(received) if received and is_json else None), wait_seconds

    def close(self) -> None:
        self._connection.close()
