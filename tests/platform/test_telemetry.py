"""What is told to services elsewhere: enough to find a fault, and nothing of a patient."""

import importlib
import logging
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sentry_sdk
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from wardline.platform import logs, telemetry
from wardline.platform.metrics import Metrics
from wardline.platform.settings import Settings, SettingsError, load

CANARY = "ZQ-canary-Okonkwo"


class Elsewhere:
    """A service that keeps what it is told."""

    def __init__(self) -> None:
        told = self.told = list[tuple[str, bytes]]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                packed = {"content-encoding": self.headers.get("content-encoding", "identity")}
                told.append((self.path, httpx.Response(200, headers=packed, content=body).content))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def elsewhere() -> Generator[Elsewhere]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    made = Elsewhere()
    yield made
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
    made.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def settings_with(tmp_path: Path, **given: Any) -> Settings:
    return Settings(environment="production", data=tmp_path, secret="x" * 32, **given)


def fail(name: str) -> None:
    patient = {"family": name}
    raise ValueError(f"cannot read {patient}")


def test_a_fault_is_told_with_its_place_and_without_any_value(elsewhere: Elsewhere, tmp_path: Path) -> None:
    logs.configure(settings_with(tmp_path, sentry_dsn=f"http://key@{elsewhere.address}/7"), "web")
    log = structlog.get_logger("http")
    try:
        fail(CANARY)
    except ValueError as error:
        log.error("crash", route="beds.ward_board", request_id="r-12345678", code="ValueError", exc_info=error)
        log.warning("tick_failed", job="x", exc_info=error)  # a warning is not told
    sentry_sdk.flush(5)
    ((path, body),) = elsewhere.told
    assert path.startswith("/api/7/")
    assert CANARY.encode() not in body
    event = msgspec.json.decode(body.splitlines()[2])
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "ValueError"
    assert "value" not in raised
    assert raised["stacktrace"]["frames"][-1]["function"] == "fail"
    assert event["tags"] == {
        "process": "web",
        "route": "beds.ward_board",
        "request_id": "r-12345678",
        "code": "ValueError",
    }
    assert set(event) <= {*telemetry.KEPT_OF_EVENT, "exception"}


def test_slow_and_failed_requests_are_told_and_all_are_counted(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    metrics = Metrics()
    given = settings_with(tmp_path, otel_endpoint=f"http://{elsewhere.address}")
    observe = telemetry.traced(metrics.observe, given, "web")
    observe("beds.ward_board", 200, 0.004, "NORTH")
    observe("beds.ward_board", 200, 0.25, "NORTH")
    observe("patients.search", 500, 0.004, "")
    deadline = time.monotonic() + 20
    while len(spans_of(elsewhere)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    spans = {span.name: span for span in spans_of(elsewhere)}
    assert set(spans) == {"beds.ward_board", "patients.search"}
    slow = spans["beds.ward_board"]
    assert slow.end_time_unix_nano - slow.start_time_unix_nano == pytest.approx(250_000_000, abs=1000)
    assert {a.key for a in slow.attributes} == {"http.route", "http.response.status_code", "wardline.tenant"}
    assert sum(sum(histogram.cells[:-1]) for _, each in metrics.requests() for histogram in each) == 3


def spans_of(elsewhere: Elsewhere) -> list[Any]:
    """What was told by OpenTelemetry so far."""
    assert {path for path, _ in elsewhere.told} <= {"/v1/traces"}
    sent = [ExportTraceServiceRequest.FromString(body) for _, body in elsewhere.told]
    return [span for each in sent for r in each.resource_spans for scope in r.scope_spans for span in scope.spans]


def test_without_the_settings_nothing_is_loaded_or_told(tmp_path: Path) -> None:
    observe = Metrics().observe
    assert telemetry.traced(observe, settings_with(tmp_path), "web") == observe
    assert telemetry.faults(settings_with(tmp_path), "web") == []


def test_a_package_that_is_missing_is_named_by_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    for name, given in (
        ("WARDLINE_SENTRY_DSN", {"sentry_dsn": "https://key@example.test/1"}),
        ("WARDLINE_OTEL_ENDPOINT", {"otel_endpoint": "http://127.0.0.1:4318"}),
    ):
        with pytest.raises(SettingsError, match=name):
            telemetry.check(settings_with(tmp_path, **given))


@pytest.mark.parametrize("name", ["WARDLINE_SENTRY_DSN", "WARDLINE_OTEL_ENDPOINT"])
def test_an_address_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name a host"):
        load({"WARDLINE_DATA": str(tmp_path), name: "collector:4318"})
