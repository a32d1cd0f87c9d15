"""Every part of the topology as a command: what runs, as whom, with which settings, and how one knows that it is ready."""

import http.client
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from deploy.local.layout import (
    FIGURES,
    LOOPBACK,
    OF_NGINX,
    OF_NODE,
    OF_POSTGRES,
    OF_REDIS,
    POSTGRES,
    PROMETHEUS,
    REDIS,
    Layout,
)
from deploy.local.programs import found, program
from wardline.platform.processes import Account
from wardline.platform.settings import FOR_TESTS

ASK_SECONDS_MAX = 2
Environment = dict[str, str]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One process that is kept running. `ready` is asked until it says yes."""

    name: str
    command: list[str]
    environ: Environment = {}
    account: Account | None = None
    ready: Callable[[], bool]
    stop_number: signal.Signals = signal.SIGTERM
    orphan_number: signal.Signals = signal.SIGKILL  # sent by the kernel when run-local itself is killed
    stop_seconds_max: float = 6.0


def postgres(layout: Layout, account: Account | None) -> Part:
    """The database. It keeps no socket file: everybody comes by the port, with a password."""
    folder = layout.data / "postgres"
    options = {
        "config_file": folder / "postgresql.conf",
        "hba_file": folder / "pg_hba.conf",
        "listen_addresses": LOOPBACK,
        "port": layout.port(POSTGRES),
        "unix_socket_directories": "",
    }
    chosen = [text for name, value in options.items() for text in ("-c", f"{name}={value}")]
    return Part(
        name="postgres",
        command=[str(program("postgres")), "-D", str(folder / "cluster"), *chosen],
        environ={"TZ": "UTC", "LC_ALL": "C.UTF-8"},
        account=account,
        ready=lambda: knocks(layout.port(POSTGRES)),
        stop_number=signal.SIGINT,
        orphan_number=signal.SIGINT,
        stop_seconds_max=30,
    )


def redis(layout: Layout, account: Account | None) -> Part:
    """The cache."""
    folder = layout.data / "redis"
    command = [str(program("redis-server")), str(folder / "redis.conf"), "--bind", LOOPBACK]
    command += ["--port", str(layout.port(REDIS)), "--dir", str(folder)]
    command += ["--include", str(layout.secret("redis", "auth.conf"))]
    return Part(name="redis", command=command, account=account, ready=lambda: knocks(layout.port(REDIS)))


def settings(layout: Layout) -> Environment:
    """The settings of every Wardline process: those that the layout decides, then what the environment says. Secrets
    come as files."""
    ours = decided(layout)
    taken = {name.removesuffix("_FILE") for name in ours} | {"WARDLINE_PORT", "WARDLINE_WORKERS"}
    said = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("WARDLINE_") and not name.startswith(FOR_TESTS) and name.removesuffix("_FILE") not in taken
    }
    return said | ours


def decided(layout: Layout) -> Environment:
    """The settings that follow from the layout."""
    given = {
        "WARDLINE_ENV": "development" if layout.demo else "production",
        "WARDLINE_DATA": str(layout.data / "wardline"),
        "WARDLINE_SECRET_FILE": str(layout.secret("app", "secret")),
        "WARDLINE_REDIS_URL_FILE": str(layout.secret("app", "redis-url")),
        "WARDLINE_METRICS_TOKEN_FILE": str(layout.secret("app", "metrics-token")),
        "WARDLINE_TRUSTED_PROXIES": LOOPBACK,
        "WARDLINE_HOST": LOOPBACK,
        "WARDLINE_SERVER": layout.server,
    }
    if layout.database_url is None:
        given["WARDLINE_DATABASE_URL_FILE"] = str(layout.secret("app", "database-url"))
        given["WARDLINE_APP_DATABASE_URL_FILE"] = str(layout.secret("app", "app-database-url"))
        return given
    assert layout.app_database_url is not None
    return given | {"WARDLINE_DATABASE_URL": layout.database_url, "WARDLINE_APP_DATABASE_URL": layout.app_database_url}


def wardline(*arguments: str) -> list[str]:
    """A command of Wardline, run by the Python that runs this."""
    return [sys.executable, "-m", "wardline", *arguments]


def node(layout: Layout, kind: str, number: int) -> Part:
    """A web node or a live node on a port of its own."""
    port = layout.web_port(number) if kind == "web" else layout.live_port(number)
    workers = layout.workers if kind == "web" else 1
    environ = settings(layout) | {"WARDLINE_PORT": str(port), "WARDLINE_WORKERS": str(workers)}
    return Part(
        name=f"{kind}-{number}",
        command=wardline(kind),
        environ=environ,
        ready=lambda: answers(port, "/ready"),
    )


def worker(layout: Layout) -> Part:
    """Jobs, events, clocks. It listens nowhere."""
    return Part(name="worker", command=wardline("worker"), environ=settings(layout), ready=lambda: True)


def nginx(layout: Layout) -> Part:
    """The front. As root its first process stays root, for the certificate's key, and its workers do not."""
    folder = layout.data / "nginx"
    return Part(
        name="nginx",
        command=[str(program("nginx")), "-p", str(folder), "-c", str(folder / "nginx.conf")],
        ready=lambda: answers(layout.program_port, "/health"),
        orphan_number=signal.SIGTERM,
    )


def monitoring(layout: Layout, account: Account | None) -> list[Part]:
    """Prometheus and the exporters, as far as they are on this machine."""
    at = {offset: f"{LOOPBACK}:{layout.port(offset)}" for offset in range(REDIS, OF_NODE + 1)}
    folder = layout.data / "prometheus"
    redis_password = layout.secret("redis", "password").read_text()
    of_postgres = {
        "DATA_SOURCE_URI": f"{LOOPBACK}:{layout.port(POSTGRES)}/wardline?sslmode=disable",
        "DATA_SOURCE_USER": "wardline_monitor",
        "DATA_SOURCE_PASS_FILE": str(layout.secret("exporters", "postgres-password")),
    }
    wanted: list[tuple[str, int, list[str], Environment]] = [
        (
            "prometheus",
            PROMETHEUS,
            [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"],
            {},
        ),
        ("prometheus-postgres-exporter", OF_POSTGRES, [], of_postgres),
        (
            "prometheus-redis-exporter",
            OF_REDIS,
            [f"--redis.addr=redis://{at[REDIS]}"],
            {"REDIS_PASSWORD": redis_password},
        ),
        ("prometheus-nginx-exporter", OF_NGINX, [f"-nginx.scrape-uri=http://{at[FIGURES]}/status"], {}),
        ("prometheus-node-exporter", OF_NODE, ["--no-collector.systemd"], {}),
    ]
    return [
        listening(name, [*arguments, f"{address_flag(name)}={at[offset]}"], environ, account, layout.port(offset))
        for name, offset, arguments, environ in wanted
        if found(name) and not (name == "prometheus-postgres-exporter" and layout.database_url)
    ]


def address_flag(name: str) -> str:
    """What each of them calls the address it listens on."""
    return {"prometheus-nginx-exporter": "-web.listen-address"}.get(name, "--web.listen-address")


def listening(name: str, arguments: list[str], environ: Environment, account: Account | None, port: int) -> Part:
    """A program of the monitoring."""
    return Part(
        name=name,
        command=[str(program(name)), *arguments],
        environ=environ,
        account=account,
        ready=lambda: knocks(port),
    )


def base_environment(part: Part, home: Path) -> Environment:
    """What a part sees of the environment: nothing of ours but what it is given."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    return kept | {"HOME": str(home)} | part.environ


def knocks(port: int) -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=ASK_SECONDS_MAX):
        return True
    return False


def answers(port: int, path: str) -> bool:
    """Whether it says 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_SECONDS_MAX)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
