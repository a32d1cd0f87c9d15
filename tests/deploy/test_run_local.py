"""deploy/run-local as a program: it refuses what cannot work, leaves nothing behind, and finds its data again."""

import os
import shutil
import subprocess
import time
from collections.abc import Generator

import httpx
import psycopg
import pytest

from deploy.local.layout import Layout
from tests.deploy.topology import (
    ROOT,
    STOP_SECONDS_MAX,
    command,
    fresh_layout,
    in_ci,
    owned_by,
    start,
    wait_ready,
    what_is_missing,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def layout() -> Generator[Layout]:
    if lacking := what_is_missing():
        assert not in_ci(), lacking
        pytest.skip(lacking)
    chosen = fresh_layout(web=1, monitoring=False)
    yield chosen
    for process in owned_by(chosen.data):
        process.kill()
    shutil.rmtree(chosen.data, ignore_errors=True)


def refused(layout: Layout, *more: str) -> str:
    done = subprocess.run([*command(layout), *more], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_killed_at_once_it_leaves_nobody_and_the_next_start_goes_on(layout: Layout) -> None:
    first = start(layout)
    wait_ready(first)
    assert f"Port {layout.page_port} cannot be used" in refused(layout)
    url = layout.secret("app", "database-url").read_text()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO platform.topic (topic) VALUES ('ward:acknowledged')")
    end(first, kill=True)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while owned_by(layout.data) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert owned_by(layout.data) == []

    second = start(layout)
    wait_ready(second)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT 1 FROM platform.topic WHERE topic = 'ward:acknowledged'").fetchone()
    assert found == (1,)
    assert httpx.get(f"{layout.program}/health").text == "alive"
    end(second)
    assert owned_by(layout.data) == []


def end(started: subprocess.Popen[str], *, kill: bool = False) -> None:
    """Stop it as Ctrl-C does, or as nobody should."""
    started.kill() if kill else started.terminate()
    code = started.wait(STOP_SECONDS_MAX)
    assert kill or code == 0
    assert started.stdout is not None
    started.stdout.close()


def test_half_of_a_foreign_database_is_refused(layout: Layout) -> None:
    """It would give the role of the other half a new password."""
    assert "go together" in refused(layout, "--database-url", "postgresql://x@y/z")


def test_a_script_starts_it() -> None:
    script = ROOT / "deploy" / "run-local"
    assert os.access(script, os.X_OK)
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert "--nginx-workers" in done.stdout
