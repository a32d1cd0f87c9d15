"""The supervisor through the real thing: real processes, real signals, a real database."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec
import psutil
import psycopg
import pytest

from wardline.platform import database, processes, settings

PROGRAM = Path(__file__).with_name("small_network.py")
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10


class Place(msgspec.Struct, frozen=True):
    """A data folder and a port for one test."""

    data: Path
    port: int

    @property
    def environ(self) -> dict[str, str]:
        return {"WARDLINE_DATA": str(self.data), "WARDLINE_PORT": str(self.port), "WARDLINE_WORKERS": "2"}

    def processes(self) -> list[psutil.Process]:
        """Everything that works on this data folder: what carries it in its environment or its command."""
        return [process for process in psutil.process_iter() if self.owns(process)]

    def owns(self, process: psutil.Process) -> bool:
        try:
            said = [*process.cmdline(), process.environ().get("WARDLINE_DATA", ""), process.cwd()]
        except psutil.Error:
            return False
        return any(str(self.data) in text for text in said)


@pytest.fixture
def place() -> Generator[Place]:
    data = Path(tempfile.mkdtemp(prefix="wardline-up-"))
    data.chmod(0o711)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    place = Place(data, port)
    yield place
    for process in place.processes():
        process.kill()
    shutil.rmtree(data)


def up(place: Place, *command: str) -> subprocess.Popen[str]:
    """Start it and wait until it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, *(command or (str(PROGRAM), "up"))],
        env=os.environ | place.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any("ready" in line for line in process.stdout)
    return process


def refused(place: Place) -> str:
    """Start it where it must refuse, and return what it says."""
    answer = subprocess.run(
        [sys.executable, str(PROGRAM), "up"],
        env=os.environ | place.environ,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS_MAX,
        check=False,
    )
    assert answer.returncode != 0
    assert "Traceback" not in answer.stderr
    return answer.stderr


def ended(process: subprocess.Popen[str]) -> int:
    code = process.wait(STOP_SECONDS_MAX)
    assert process.stdout is not None
    process.stdout.close()
    return code


def eventually(holds: Callable[[], bool], seconds_max: float = 10) -> bool:
    deadline = time.monotonic() + seconds_max
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def who_answers(place: Place) -> int:
    """The process id of the web worker that answers; 0 when nobody does."""
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return int(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0
    finally:
        connection.close()


def owner_url(place: Place) -> str:
    return database.addresses(settings.load(place.environ)).owner


def niceness(place: Place, command: str) -> set[int]:
    """Of the processes of a command."""
    return {each.nice() for each in place.processes() if each.cmdline()[-2:] == ["wardline", command]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_time(place: Place, number: signal.Signals) -> None:
    process = up(place)
    assert len(place.processes()) > 5
    started = time.monotonic()
    process.send_signal(number)
    assert ended(process) == 0
    assert time.monotonic() - started < STOP_SECONDS_MAX
    assert place.processes() == []
    assert "database system is shut down" in (place.data / "postgres" / "log").read_text()


def test_an_open_stream_does_not_hold_up_the_stop(place: Place) -> None:
    process = up(place)
    with socket.create_connection(("127.0.0.1", place.port)):
        process.send_signal(signal.SIGINT)
        assert ended(process) == 0
    assert place.processes() == []


def test_killing_the_supervisor_leaves_nobody_and_the_next_start_recovers(place: Place) -> None:
    process = up(place)
    with psycopg.connect(owner_url(place)) as connection:
        connection.execute("INSERT INTO platform.topic (topic) VALUES ('ward:acknowledged')")
    process.kill()
    ended(process)
    again = up(place)
    with psycopg.connect(owner_url(place)) as connection:
        kept = connection.execute("SELECT 1 FROM platform.topic WHERE topic = 'ward:acknowledged'").fetchone()
    again.kill()
    ended(again)
    assert kept == (1,)
    assert eventually(lambda: place.processes() == [])


def test_what_crashes_is_started_again(place: Place) -> None:
    process = up(place)
    first = who_answers(place)
    master = psutil.Process(first).ppid()
    os.kill(master, signal.SIGKILL)
    assert eventually(lambda: not psutil.pid_exists(first))
    assert eventually(lambda: who_answers(place) != 0)
    postmaster = int((place.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert eventually(lambda: database_answers(place, other_than=postmaster))
    process.send_signal(signal.SIGINT)
    assert ended(process) == 0
    assert place.processes() == []


def database_answers(place: Place, *, other_than: int) -> bool:
    try:
        psycopg.connect(owner_url(place)).close()
    except psycopg.OperationalError:
        return False
    return not psutil.pid_exists(other_than)


def test_a_second_one_on_the_same_folder_is_refused(place: Place) -> None:
    process = up(place)
    said = refused(place)
    assert f"already runs on the data folder {place.data} (process {process.pid})" in said
    assert who_answers(place)
    process.send_signal(signal.SIGINT)
    assert ended(process) == 0


def test_a_taken_port_is_named(place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        assert f"Port {place.port} on 127.0.0.1 cannot be used" in refused(place)
    assert place.processes() == []


def test_the_real_command_serves_people_and_leaves_nothing(place: Place) -> None:
    process = up(place, "-m", "wardline", "up", "--no-demo")
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=5)
    connection.request("GET", "/sign-in", headers={"Accept": "text/html"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Content-Security-Policy")
    connection.close()
    doctor = subprocess.run(
        [sys.executable, "-m", "wardline", "doctor"],
        env=os.environ | place.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ok    The database answers the owner and the restricted role." in doctor.stdout
    own = os.nice(0)
    assert eventually(lambda: niceness(place, "worker") == {own + processes.YIELDING_NICENESS})
    assert niceness(place, "web") == {own}
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert ended(process) == 0
    assert place.processes() == []
