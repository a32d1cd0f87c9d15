"""No log line carries a value of a patient's record, whoever writes it."""

import json
import logging
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest
import structlog

from wardline.platform import logs
from wardline.platform.settings import Settings

CANARY = "ZQ-canary-Okonkwo"


@pytest.fixture
def production(tmp_path: Path) -> Generator[Settings]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Settings(environment="production", data=tmp_path, secret="x" * 32)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_only_allowed_keys_pass(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production, "web")
    structlog.get_logger().info("saved", request_id="r1", status=201, family_name=CANARY, note=CANARY)
    written = json.loads(capsys.readouterr().err)
    assert written["event"] == "saved"
    assert written["request_id"] == "r1"
    assert written["process"] == "web"
    assert written["dropped"] == ["family_name", "note"]
    assert CANARY not in json.dumps(written)


def test_the_request_id_is_bound(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production, "web")
    with structlog.contextvars.bound_contextvars(request_id="r2"):
        structlog.get_logger().warning("slow")
    assert json.loads(capsys.readouterr().err)["request_id"] == "r2"


def test_an_exception_shows_where_but_not_what(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production, "web")
    try:
        raise ValueError(f"bad name {CANARY}")
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert CANARY not in written
    assert json.loads(written)["exception"] == "ValueError"
    assert "test_logs.py" in json.loads(written)["places"][0]


def test_text_of_a_library_is_withheld(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(production, "web")
    logging.getLogger("some.driver").error("value %s of %s", CANARY, {"name": CANARY}, extra={"row": CANARY})
    logging.getLogger("_granian").warning("worker %s respawned", 3)
    first, second = capsys.readouterr().err.splitlines()
    assert CANARY not in first
    assert json.loads(first)["logger"] == "some.driver"
    assert json.loads(first)["place"].startswith("test_logs:")
    assert json.loads(second)["event"] == "worker 3 respawned"


def test_the_level_is_kept(production: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(msgspec.structs.replace(production, log_level="error"), "web")
    structlog.get_logger().warning("not this")
    logging.getLogger("wardline.x").warning("nor this")
    assert capsys.readouterr().err == ""
