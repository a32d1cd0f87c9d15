"""What no form sends: the answer is a refusal in words, never a crash."""

from typing import Any

import pytest

from tests.client import Client

ODD = {
    "half a surrogate pair": b'{"family": "\\ud800", "given": "A", "sex": "male"}',
    "half a pair in a name": b'{"\\udfff": 1}',
    "a number of a thousand digits": b'{"age_years": ' + b"9" * 1000 + b"}",
    "a number that Python refuses": b'{"age_years": ' + b"9" * 6000 + b"}",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize(("path", "as_"), [("/patients", "nurse_a"), ("/sessions", None)])
async def test_odd_json_is_refused(client: Client, body: bytes, path: str, as_: str | None) -> None:
    headers: dict[str, Any] = {"content-type": "application/json", "idempotency-key": "odd-input-key"}
    if as_:
        headers["authorization"] = f"Bearer {await client.world.token(as_)}"
    answer = await client.http.post(path, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_beyond_the_calendar_is_refused(client: Client, moment: str) -> None:
    bed_id = client.world.a.beds[0]
    answer = await client.get(f"/beds/{bed_id}/history?cursor={moment}", as_="nurse_a")
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/metrics", "/nothing", "/static/", "/static/" + "x" * 5000, "/sign-in", "/live"]
)
async def test_every_kind_of_answer_has_the_security_headers(client: Client, path: str) -> None:
    answer = await client.http.get(path)
    assert answer.status_code < 500
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "strict-transport-security"):
        assert name in answer.headers, name
