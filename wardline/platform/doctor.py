"""What can be wrong with a machine or its settings, said in plain sentences."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import psycopg
from redis import Redis
from redis.exceptions import RedisError

from wardline.platform import database, migrate, settings
from wardline.platform.settings import Settings

DISK_FREE_GIGABYTES_MIN = 2
CLOCK_DIFFERENCE_SECONDS_MAX = 2
POSTGRES_VERSION_MIN = 15_00_00
REDIS_VERSION_MIN = 7
VENDOR = Path(__file__).parents[1] / "static" / "vendor"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at, and whether it is as it should be."""

    ok: bool
    sentence: str


def examine(chosen: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Look at everything. Never raises for what it finds."""
    checks: tuple[Callable[[Settings], Finding], ...] = (python, data_folder, disk, vendor_files)
    findings = [check(chosen) for check in checks]
    findings += [names(environ), *database_findings(chosen), *redis_findings(chosen)]
    return findings


def python(_chosen: Settings) -> Finding:
    """The version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= (3, 11), f"Python is {version}; Wardline needs 3.11 or newer.")


def names(environ: Mapping[str, str]) -> Finding:
    """Slips of the fingers in the names of settings."""
    if found := settings.unknown(environ):
        return Finding(False, f"No such setting: {', '.join(found)}. The list is in docs/operations/settings.md.")
    return Finding(True, "Every WARDLINE_ variable is a setting.")


def data_folder(chosen: Settings) -> Finding:
    """Whether the data folder can be written."""
    probe = chosen.data / ".doctor"
    try:
        settings.ensure_data_folder(chosen.data)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(False, f"The data folder {chosen.data} cannot be written: {error.strerror}.")
    return Finding(True, f"The data folder {chosen.data} can be written.")


def disk(chosen: Settings) -> Finding:
    """Whether there is room where the data lives."""
    place = next(path for path in (chosen.data, *chosen.data.parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    return Finding(free >= DISK_FREE_GIGABYTES_MIN, f"{free:.1f} GB are free at {place}.")


def vendor_files(_chosen: Settings) -> Finding:
    """Whether the browser's files have been set up."""
    if VENDOR.is_dir() and any(VENDOR.iterdir()):
        return Finding(True, "The browser's files are there.")
    return Finding(False, "The browser's files are missing in wardline/static/vendor; `make run` sets them up.")


def redis_findings(chosen: Settings) -> list[Finding]:
    """Whether Redis, where one is named, answers, is new enough and makes room by itself."""
    if chosen.redis_url is None:
        return []
    try:
        with Redis.from_url(chosen.redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            told = client.info()
    except (RedisError, OSError) as error:
        return [Finding(False, f"Redis does not answer ({type(error).__name__}). Wardline works without, only slower.")]
    found = str(told["redis_version"])
    policy, most = str(told.get("maxmemory_policy", "noeviction")), int(told.get("maxmemory", 0))
    return [
        Finding(
            int(found.partition(".")[0]) >= REDIS_VERSION_MIN, f"Redis answers; it is {found}, wanted is 7 or newer."
        ),
        Finding(
            most > 0 and policy.startswith("allkeys"),
            f"Redis may use {most / 1e6:.0f} MB and drops by {policy}; it needs a limit and a policy for all keys.",
        ),
    ]


def database_findings(chosen: Settings) -> list[Finding]:
    """Whether the database answers both roles, is new enough, migrated, and agrees on the time."""
    urls = database.addresses(chosen)
    try:
        with psycopg.connect(urls.owner, connect_timeout=5) as connection:
            findings = [version(connection), rights(connection), clock(connection), huge_pages(connection)]
        findings.append(migrations(urls.owner))
        psycopg.connect(urls.app, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return [Finding(False, unreachable(chosen, error))]
    return [*findings, Finding(True, "The database answers the owner and the restricted role.")]


def unreachable(chosen: Settings, error: psycopg.Error) -> str:
    """Why the database cannot be reached, without its address, which holds a password."""
    if chosen.database_url is None:
        return "The embedded database is not running; `wardline up` starts it."
    return f"The database in WARDLINE_DATABASE_URL cannot be used: {database.reason(error)}"


def version(connection: psycopg.Connection) -> Finding:
    """The version of PostgreSQL."""
    number = connection.info.server_version
    ok = number >= POSTGRES_VERSION_MIN
    return Finding(ok, f"PostgreSQL is {number // 10000}.{number % 10000}; Wardline needs 15 or newer.")


def rights(connection: psycopg.Connection) -> Finding:
    """Whether the owner may work over all hospitals."""
    found = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    if found and found[0]:
        return Finding(True, "The owner role may work over all hospitals.")
    return Finding(False, "The owner role needs BYPASSRLS, or jobs see no rows: ALTER ROLE ... BYPASSRLS.")


def clock(connection: psycopg.Connection) -> Finding:
    """Whether this machine and the database's agree on the time."""
    found = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    difference = abs(time.time() - float(found[0])) if found else 0.0
    sentence = f"This machine's clock and the database's differ by {difference:.1f} s."
    return Finding(difference <= CLOCK_DIFFERENCE_SECONDS_MAX, sentence)


def huge_pages(connection: psycopg.Connection) -> Finding:
    """Whether the database's buffers lie in huge pages, which the machine must have set aside. It works without."""
    row = connection.execute(
        "SELECT current_setting('huge_pages_status', true), current_setting('shared_memory_size_in_huge_pages')::int"
    ).fetchone()
    status, needed = row or (None, 0)
    if status == "on":
        return Finding(True, "The database's buffers lie in huge pages.")
    return Finding(
        True,
        f"With {needed} huge pages set aside on its machine (vm.nr_hugepages) the database needs up to a tenth less processor.",
    )


def migrations(url: str) -> Finding:
    """Whether the tables are those of this version."""
    current, newest = migrate.at(url), migrate.newest()
    if current == newest:
        return Finding(True, f"The database is at the newest migration, {newest}.")
    return Finding(
        False, f"The database is at migration {current or 'none'}, the newest is {newest}: `wardline migrate`."
    )
