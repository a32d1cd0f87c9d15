"""Another program's checks, asked over real HTTP: its cards with their source, its silence, and what it gets to know."""

import asyncio
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Semaphore, Thread
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client
from tests.lab import way
from tests.prescribing import confirmed
from wardline.orders import external
from wardline.orders.external import Address
from wardline.platform import settings

NAME = "Regional CDS"
LINE = "bisoprolol 5 mg po od"
OFFERED = [
    {"hook": hook, "id": f"meds-{hook}", "title": "t", "description": "d",
     "prefetch": {"patient": "Patient/{{context.patientId}}", "allergies": "AllergyIntolerance?patient={{context.patientId}}",
                  "meds": "MedicationRequest?patient={{context.patientId}}", "coverage": "Coverage?patient={{context.patientId}}"}}
    for hook in ("order-select", "order-sign")
]  # fmt: skip


def card(indicator: str = "warning", summary: str = "Pulse below 50 yesterday") -> dict[str, Any]:
    return {
        "summary": summary,
        "indicator": indicator,
        "detail": "Holter of 25 November",
        "source": {"label": "Cardiology rules"},
        "suggestions": [{"label": "Halve the dose"}],
    }


class Service:
    """A small CDS service whose behaviour a test sets, and which keeps what it was asked."""

    def __init__(self) -> None:
        self.cards: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.offered = OFFERED
        self.status, self.delay_seconds, self.raw = 200, 0.0, b""
        self.headers: dict[str, str] = {}
        self.thinks = Event()  # while it is not set, no answer comes
        self.thinks.set()
        self.arrived = Semaphore(0)  # released for every question
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.paths.append(self.path)
                self._answer({"services": service.offered})

            def do_POST(self) -> None:
                service.paths.append(self.path)
                service.headers = dict(self.headers)
                service.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                service.arrived.release()
                time.sleep(service.delay_seconds)
                service.thinks.wait(timeout=20)
                self._answer({"cards": service.cards}, service.status, service.raw)

            def _answer(self, body: Any, status: int = 200, raw: bytes = b"") -> None:
                content = raw or json.dumps(body).encode()
                try:
                    self.send_response(status)
                    if status == 302:
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # the caller has gone, as it should after its time

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the library's)
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/cds-services"


@pytest.fixture
def service(client: Client) -> Iterator[Service]:
    made = Service()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    external.configure(Address(url=made.url, name=NAME, seconds=1, token="a-token"))
    yield made
    made.thinks.set()
    external.configure(None)
    made.server.shutdown()
    made.server.server_close()
    thread.join()


async def preview(client: Client, person: str, *lines: str) -> dict[str, Any]:
    answer = await client.post(f"/patients/{person}/medicines/preview", {"lines": list(lines)}, as_="doctor_a")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sign(client: Client, person: str, **answers: Any) -> Any:
    return await client.post(f"/patients/{person}/medicines", {"lines": [LINE], **answers}, as_="doctor_a")


async def test_its_cards_stand_beside_ours_with_their_source(client: Client, service: Service) -> None:
    service.cards = [card()]
    person = await way.patient_of(client)
    (found,) = (await preview(client, person, LINE))["external"]
    assert found["source"]["label"] == f"{NAME}: Cardiology rules"
    assert found["indicator"] == "warning"
    assert "Halve the dose" in found["detail"]
    signed = await confirmed(client, f"/patients/{person}/medicines", {"lines": [LINE]}, as_="doctor_a")
    order = signed.json()["medicines"][0]
    detail = (await client.get(f"/medicines/{order['id']}", as_="doctor_a")).json()
    assert (f"{NAME}: Cardiology rules", 2) in [(alert["source"], alert["tier"]) for alert in detail["alerts"]]
    page = await client.post(
        f"/patients/{person}/medicines/preview",
        {"lines": [LINE]},
        as_="doctor_a",
        html=True,
        headers={"hx-request": "true"},
    )
    assert "Cardiology rules" in page.text


async def test_its_critical_card_stops_like_ours(client: Client, service: Service) -> None:
    service.cards = [card("critical")]
    person = await way.patient_of(client)
    refused = await sign(client, person)
    assert refused.json()["code"] == "needs_reason"
    shown = [each["uuid"] for each in refused.json()["cards"]]
    assert (await sign(client, person, shown=shown, confirmed=True)).json()["code"] == "needs_reason"
    done = await sign(client, person, shown=shown, confirmed=True, reason="specialist")
    assert done.status_code in (200, 201), done.text


async def test_what_comes_only_at_the_signature_was_not_seen(client: Client, service: Service) -> None:
    person = await way.patient_of(client)
    seen = await preview(client, person, LINE)
    shown = [each["uuid"] for line in seen["lines"] for each in line["cards"]]
    service.cards = [card("critical")]
    refused = await sign(client, person, shown=shown, confirmed=True, reason="specialist")
    assert refused.json()["code"] == "needs_reason"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"delay_seconds": 1.6}, "no answer within 1 second"),
        ({"status": 500}, "status 500"),
        ({"status": 302}, "status 302"),
        ({"raw": b"<html>"}, "cannot be read"),
        ({"raw": b'{"cards": [{"summary": "x"}]}'}, "cannot be read"),
        ({"raw": b'{"cards": []}' + b" " * 1_000_001}, "too large"),
        ({"cards": [card(summary=str(at)) for at in range(51)]}, "more than 50"),
        ({"offered": [OFFERED[0]]}, "does not offer order-sign"),
    ],
)
async def test_silence_is_said_and_must_be_confirmed(
    client: Client, service: Service, how: dict[str, Any], said: str
) -> None:
    vars(service).update(how)
    person = await way.patient_of(client)
    seen = await preview(client, person, LINE)
    (found,) = seen["external"]
    assert found["summary"].startswith(f"checks unavailable: {NAME}, ")
    assert said in found["summary"]
    assert seen["asks"]
    refused = await sign(client, person)
    assert refused.json()["code"] == "needs_confirmation"
    assert f"checks unavailable: {NAME}" in refused.json()["detail"]
    done = await confirmed(client, f"/patients/{person}/medicines", {"lines": [LINE]}, as_="doctor_a")
    assert done.status_code in (200, 201), done.text
    assert "/elsewhere" not in service.paths


async def test_nobody_there_is_said_too(client: Client, service: Service) -> None:
    external.configure(Address(url="http://127.0.0.1:9/cds-services", name=NAME, seconds=1))
    person = await way.patient_of(client)
    (found,) = (await preview(client, person, LINE))["external"]
    assert "cannot be reached" in found["summary"]


async def test_after_three_failures_it_is_left_alone(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.status = 500
    person = await way.patient_of(client)
    for _ in range(3):
        await preview(client, person, LINE)
    asked = len(service.asked)
    (found,) = (await preview(client, person, LINE))["external"]
    assert "left alone" in found["summary"]
    assert len(service.asked) == asked
    monkeypatch.setattr(external, "LEFT_ALONE_SECONDS", 0.0)
    external.configure(Address(url=service.url, name=NAME, seconds=1))
    service.status = 200
    assert (await preview(client, person, LINE))["external"] == []


async def test_it_learns_no_name_and_no_number(client: Client, service: Service) -> None:
    world = client.world
    person = await world.patient(world.a, family="Zqsecret", given="Wilhelmina")
    await world.stay(world.a, person)
    await client.post(f"/patients/{person}/allergies", {"substance": "penicillin"}, as_="nurse_a")
    await preview(client, str(person), LINE, "amoxicillin 500 mg po")
    await preview(client, str(person), LINE)
    assert [each["hook"] for each in service.asked] == ["order-select", "order-sign"]
    everything = json.dumps(service.asked)
    assert "Zqsecret" not in everything
    assert "Wilhelmina" not in everything
    first = service.asked[0]
    assert first["context"]["selections"] == ["MedicationRequest/draft-0", "MedicationRequest/draft-1"]
    assert set(first["prefetch"]) == {"patient", "allergies", "meds"}
    assert set(first["prefetch"]["patient"]) <= {"resourceType", "id", "gender", "birthDate"}
    assert first["prefetch"]["allergies"]["entry"][0]["resource"]["code"]["text"] == "penicillin"
    assert UUID(first["hookInstance"])
    assert service.headers["Authorization"] == "Bearer a-token"


async def test_a_hook_that_is_not_wanted_is_not_asked(client: Client, service: Service) -> None:
    external.configure(Address(url=service.url, name=NAME, seconds=1, hooks=("order-select",)))
    person = await way.patient_of(client)
    assert (await preview(client, person, LINE))["external"] == []
    assert service.asked == []


async def asked_times(service: Service, times: int) -> None:
    """Waits until so many questions have come."""
    for _ in range(times):
        assert await asyncio.to_thread(service.arrived.acquire, timeout=20)


async def test_while_it_thinks_neither_a_connection_nor_a_lock_waits_with_it(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    external.configure(Address(url=service.url, name=NAME, seconds=7))
    monkeypatch.setattr(client.app.pool, "size", 2)
    people = [await way.patient_of(client) for _ in range(10)]
    service.thinks.clear()
    signing = [asyncio.create_task(sign(client, person)) for person in people]
    looking = asyncio.create_task(preview(client, people[0], LINE))
    await asked_times(service, external.THREADS_MAX)
    # More wait than there are connections, and everybody else goes on: reading, and writing for a patient who is asked about.
    for person in people[:3]:
        assert (await client.get(f"/patients/{person}/medicines", as_="nurse_a")).status_code == 200
        weight = {"kind": "weight_kg", "value": 70}
        assert (await client.post(f"/patients/{person}/measures", weight, as_="nurse_a")).status_code in (200, 201)
    assert not any(task.done() for task in signing)
    service.thinks.set()
    answers = await asyncio.gather(*signing)
    assert all(answer.status_code in (200, 201, 422) for answer in answers), [answer.text for answer in answers]
    assert (await looking)["lines"]


async def test_an_answer_about_what_stood_before_does_not_count(client: Client, service: Service) -> None:
    external.configure(Address(url=service.url, name=NAME, seconds=7))
    person = await way.patient_of(client)
    service.thinks.clear()
    signing = asyncio.create_task(sign(client, person, confirmed=True))
    await asked_times(service, 1)
    recorded = await client.post(f"/patients/{person}/allergies", {"substance": "penicillin"}, as_="nurse_a")
    assert recorded.status_code in (200, 201), recorded.text
    service.thinks.set()
    refused = await signing
    assert refused.json()["code"] == "needs_confirmation", refused.text
    assert "record changed while it was asked" in refused.text


async def test_the_page_of_the_checks_names_it(client: Client, service: Service) -> None:
    page = await client.get("/medicines/checks", as_="pharmacist_a", html=True)
    assert f"{NAME} is asked beside these rules." in page.text


# --- the setting -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://cds.example.org/cds-services", "ftp://cds.example.org", "https://", "cds.example.org",
        "https://who:word@cds.example.org/x", "http://10.0.0.5/cds-services", "http://169.254.169.254/latest",
        "file:///etc/passwd", "https://cds.example.org/x?y=1", "http://127.0.0.1.example.org/", "https://host:port/",
    ],
)  # fmt: skip
def test_only_https_or_this_machine(url: str) -> None:
    with pytest.raises(settings.SettingsError, match="WARDLINE_CDS_URL"):
        settings.load({"WARDLINE_CDS_URL": url, "WARDLINE_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz"})


def test_the_setting_is_read() -> None:
    given = {"WARDLINE_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz"}
    assert settings.load(given).cds is None
    loaded = settings.load(
        given | {"WARDLINE_CDS_URL": "https://cds.example.org/cds-services/", "WARDLINE_CDS_HOOKS": "order-sign"}
    )
    assert loaded.cds is not None
    assert (loaded.cds.url, loaded.cds.name) == ("https://cds.example.org/cds-services", "cds.example.org")
    assert loaded.cds.hooks == ("order-sign",)
    assert settings.load(given | {"WARDLINE_CDS_URL": "http://localhost:9000"}).cds is not None
    for wrong in ({"WARDLINE_CDS_HOOKS": "order-eat"}, {"WARDLINE_CDS_SECONDS": "60"}):
        with pytest.raises(settings.SettingsError):
            settings.load(given | {"WARDLINE_CDS_URL": "https://cds.example.org"} | wrong)
