"""What no form sends: the answer is a refusal in words, never a crash."""

from typing import Any

import pytest

from tests.client import Client
from tests.lab import way as lab
from wardline.lab.forms import Isolate, NewValue
from wardline.platform.errors import Invalid
from wardline.platform.http.texts import require_said

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


@pytest.mark.parametrize(
    "nothing",
    [
        "    ",
        "\u00a0\u2003\u00a0",
        "\u200b\u200b\u200b",
        "\u202e\u2066\u2069 ",
        "\u3164\u3164\u3164",
        "\u2800\ufe0f\u034f",
    ],
)
async def test_a_reason_that_says_nothing_is_none(client: Client, nothing: str) -> None:
    """Wherever a text is asked for, spaces and what cannot be seen are no answer to it; and nothing was done."""
    person = await lab.patient_of(client)
    specimen = await lab.received(client, person, "K")
    path = f"/specimens/{specimen['id']}/rejection"
    said = {"as_": "laboratory_technician_a", "version": specimen["version"]}
    refused = await client.post(path, {"reason": nothing}, **said)
    assert (refused.status_code, refused.json()["fields"]) == (422, {"reason": "Write at least 3 characters."})
    by_form = await client.post(path, form={"reason": nothing}, **said)
    assert by_form.status_code == 422
    unnamed = await client.post(f"/patients/{person}/allergies", {"substance": nothing}, as_="nurse_a")
    assert (unnamed.status_code, unnamed.json()["fields"]) == (422, {"substance": "This is needed."})
    assert (await client.post(path, {"reason": f" Clotted{nothing}"}, **said)).status_code == 200


def test_a_text_within_a_list_is_looked_at() -> None:
    culture = NewValue(isolates=[Isolate(organism="Listeria monocytogenes"), Isolate(organism=" \u200b ")])
    with pytest.raises(Invalid) as problem:
        require_said(culture)
    assert problem.value.fields == {"isolates[1].organism": "Write at least 2 characters."}
