"""The embedded server as it is lived with: first start, clean stop, kill -9, deep folders, stale files."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from wardline.platform import database, migrate, postgres
from wardline.platform.postgres import PostgresError, Server


@pytest.fixture
def folder() -> Generator[Path]:
    """A folder that the database's account can reach, which pytest's own for root is not."""
    made = Path(tempfile.mkdtemp(prefix="wardline-postgres-"))
    made.chmod(0o711)
    yield made / "postgres"
    shutil.rmtree(made)


@pytest.fixture
def server(folder: Path) -> Generator[Server]:
    started = started_server(folder)
    yield started
    started.stop()


def started_server(folder: Path) -> Server:
    server = Server(folder, durable=False)
    server.start()
    server.wait_ready()
    return server


def test_a_killed_server_comes_back_with_what_was_committed(folder: Path) -> None:
    first = Server(folder)  # durable: this is the promise that an acknowledged write is kept
    first.start()
    first.wait_ready()
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('acknowledged')")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    second = started_server(folder)
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("acknowledged",)]
    second.stop()
    first.stop()


def test_stop_leaves_no_process_and_no_socket(server: Server, folder: Path) -> None:
    assert server.pid is not None
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    server.stop()
    assert not any(process.is_running() for process in family)
    assert not (folder / "cluster" / "postmaster.pid").exists()
    assert list((folder / "socket").iterdir()) == []


def test_a_stale_file_that_names_another_program_does_not_matter(server: Server, folder: Path) -> None:
    server.stop()
    (folder / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}/cluster\n1\n5432\n")
    again = started_server(folder)
    again.stop()


def test_a_second_server_waits_for_the_first_to_end(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PREDECESSOR_SECONDS_MAX", 0.5)
    started = time.monotonic()
    started_server(folder).stop()  # the first was told to stop, for its supervisor is taken for dead
    assert time.monotonic() - started < 10
    assert server.pid is None


def test_a_start_that_was_cut_is_repeated(folder: Path) -> None:
    half = folder / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    started_server(folder).stop()


def test_a_deep_folder_gets_a_short_socket() -> None:
    top = Path(tempfile.mkdtemp(prefix="wardline-postgres-"))
    top.chmod(0o711)
    deep = top / ("a" * 90) / "postgres"
    server = started_server(deep)
    sockets = postgres.socket_folder(deep)
    assert len(os.fsencode(sockets / postgres.SOCKET_NAME)) <= postgres.SOCKET_PATH_LENGTH_MAX
    assert sockets.stat().st_mode & 0o777 == 0o700
    server.stop()
    shutil.rmtree(top)
    shutil.rmtree(sockets)


def test_it_runs_without_rights_and_off_the_network(server: Server) -> None:
    assert server.pid is not None
    process = psutil.Process(server.pid)
    assert process.uids().effective != 0
    assert process.net_connections("inet") == []


def test_it_is_set_up_for_patients(server: Server) -> None:
    with psycopg.connect(server.url) as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in expected_settings()}  # type: ignore[call-overload]
    assert shown == {name: (value,) for name, value in expected_settings().items()}


def expected_settings() -> dict[str, str]:
    return {
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "jit": "off",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "plan_cache_mode": "auto",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }


def test_the_log_holds_no_value_of_a_row(server: Server, folder: Path) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('ZQ-canary')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('ZQ-canary')")
    log = (folder / "log").read_text()
    assert "duplicate key" in log
    assert "ZQ-canary" not in log


def test_why_it_does_not_start_is_told(folder: Path) -> None:
    server = Server(folder, durable=False, options={"shared_buffers": "lots"})
    server.start()
    with pytest.raises(PostgresError, match="shared_buffers"):
        server.wait_ready()


def test_migrations_run_once_and_meet_in_peace(server: Server, folder: Path) -> None:
    database.prepare_embedded(server.url)
    database.prepare_embedded(server.url)
    url = postgres.address(postgres.socket_folder(folder), database.OWNER, database.DATABASE)
    assert migrate.at(url) is None
    with ThreadPoolExecutor(2) as starts:  # the second waits for the first and finds nothing left to do
        assert list(starts.map(migrate_in_a_process_of_its_own, [url, url])) == [0, 0]
    assert migrate.at(url) == migrate.newest()
    assert migrate.upgrade(url) == migrate.newest()


def migrate_in_a_process_of_its_own(url: str) -> int:
    program = f"from wardline.platform import migrate; migrate.upgrade({url!r})"
    return subprocess.run([sys.executable, "-c", program], cwd=migrate.PROJECT, check=False).returncode


def test_the_newest_migration_is_the_one_that_alembic_finds() -> None:
    assert migrate.newest() == ScriptDirectory.from_config(Config(migrate.PROJECT / "alembic.ini")).get_current_head()


def test_a_folder_that_somebody_else_put_there_is_refused(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    folder.mkdir()
    (folder / "socket").symlink_to(elsewhere)
    server = Server(folder, durable=False)
    with pytest.raises(PostgresError, match="another account"):
        server.start()
    assert elsewhere.stat().st_uid == os.geteuid()
