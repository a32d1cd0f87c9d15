"""What the environment decides. One struct, read once at start; nothing else looks at environment variables."""

import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

SECRET_LENGTH_MIN = 32
METRICS_TOKEN_LENGTH_MIN = 16
DEFAULT_SECRETS = frozenset({"secret", "changeme", "change-me", "wardline", "development", "password"})
# What only the tests read.
FOR_TESTS = (
    "WARDLINE_TEST_",
    "WARDLINE_REQUIRE_SHARED",
    "WARDLINE_RACE_ROUNDS",
    "WARDLINE_FAULT_",
    "WARDLINE_FUZZ_EXAMPLES",
)
EMBEDDED = "embedded"
CDS_HOOKS = ("order-select", "order-sign")
COPIES = ("every", "registered", "none")
SERVERS = ("granian", "uvicorn")
REQUIRED = "none, it must be given"

Environment = Literal["development", "production"]
Server = Literal["granian", "uvicorn"]
Copies = Literal["every", "registered", "none"]
Networks = tuple[IPv4Network | IPv6Network, ...]


class SettingsError(Exception):
    """A setting is missing or wrong; the text names the variable and says what is wrong with it."""

    def __init__(self, name: str, wrong: str) -> None:
        super().__init__(f"{name} {wrong}")
        self.name = name


class Setting(msgspec.Struct, frozen=True):
    """One row of the table in docs/operations/settings.md."""

    name: str
    default: str
    meaning: str
    in_production: str = ""


TABLE = (
    Setting("WARDLINE_ENV", "development", "`development` or `production`. Production refuses to start on defaults."),
    Setting("WARDLINE_HOST", "127.0.0.1", "The address the web server listens on."),
    Setting("WARDLINE_PORT", "8000", "The port the web server listens on, 1 to 65535."),
    Setting(
        "WARDLINE_TRUSTED_PROXIES",
        "none",
        "Addresses or networks of the proxies in front, as `10.0.0.5,10.1.0.0/16`. Only on their connections "
        "`X-Forwarded-For` says who asks.",
    ),
    Setting("WARDLINE_SERVER", "granian", "The web server: `granian`, or `uvicorn` as the fallback behind a proxy."),
    Setting(
        "WARDLINE_CONNECTIONS",
        "60000",
        "Open connections of one web or live worker at the most, idle ones included, 1 to 1000000. Granian lets more "
        "wait, uvicorn answers them 503.",
    ),
    Setting(
        "WARDLINE_DATA",
        "./data",
        "The folder that holds everything worth keeping: the embedded database, files, secrets, logs.",
        REQUIRED,
    ),
    Setting(
        "WARDLINE_DATABASE_URL",
        "embedded",
        "Where PostgreSQL 15 or newer is, as `postgresql://owner:password@host/wardline`, for a role that may create "
        "roles and has BYPASSRLS; or the word `embedded`, and Wardline runs its own inside WARDLINE_DATA.",
        REQUIRED,
    ),
    Setting(
        "WARDLINE_APP_DATABASE_URL",
        "derived",
        "The same database for the restricted role `wardline_app` that the web server uses. Derived when not given: "
        "the role is created and its password is kept in WARDLINE_DATA.",
    ),
    Setting("WARDLINE_DATABASE_CONNECTIONS", "8", "Database connections of one web worker at the most, 2 to 100."),
    Setting(
        "WARDLINE_REDIS_URL",
        "none",
        "Redis or Valkey, of use only where several machines share the work. Nothing is lost when it vanishes.",
    ),
    Setting(
        "WARDLINE_FILES_URL",
        "none",
        "An object store for files, as `s3://bucket/folder`; without one they are in WARDLINE_DATA. Keys and region come "
        "from the usual AWS variables.",
    ),
    Setting("WARDLINE_FILES_KEY", "none", "The object store's key as `id:secret`, instead of the AWS variables."),
    Setting(
        "WARDLINE_METRICS_TOKEN",
        "none",
        "Who asks `/metrics` must send this as a bearer token. Without one only this machine may ask.",
    ),
    Setting(
        "WARDLINE_SENTRY_DSN",
        "none",
        "Where faults are told, as `https://key@host/project` of Sentry or its like: their type and place, no text and no "
        "value.",
    ),
    Setting(
        "WARDLINE_OTEL_ENDPOINT",
        "none",
        "Where requests that failed or took 100 ms are told by OpenTelemetry (OTLP over HTTP), as `http://collector:4318`.",
    ),
    Setting(
        "WARDLINE_CDS_URL",
        "none",
        "Another program that checks medicines by CDS Hooks, as `https://cds.example.org/cds-services`; https, or this "
        "machine. It is asked beside the built-in checks.",
    ),
    Setting("WARDLINE_CDS_NAME", "the host of WARDLINE_CDS_URL", "What prescribers read as its name."),
    Setting("WARDLINE_CDS_SECONDS", "2", "How long it may take, 1 to 5. After that its checks count as not made."),
    Setting(
        "WARDLINE_CDS_HOOKS", "order-select,order-sign", "The hooks that it is asked by, with commas between them."
    ),
    Setting("WARDLINE_CDS_TOKEN", "none", "Sent to it as a bearer token."),
    Setting("WARDLINE_WORKERS", "one per core", "Web worker processes, 1 to 256."),
    Setting(
        "WARDLINE_SECRET",
        "generated into WARDLINE_DATA",
        "Signs short-lived tokens. At least 32 characters; the same on every machine of one deployment.",
        REQUIRED,
    ),
    Setting(
        "WARDLINE_OFFLINE_COPIES",
        "every, in production registered",
        "Which devices may keep encrypted copies of ward and patient pages for when the network is gone: `every`, "
        "`registered` (an administrator has registered the device as the hospital's own) or `none`.",
    ),
    Setting("WARDLINE_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`. No level writes patient data."),
)


class CdsService(msgspec.Struct, frozen=True, kw_only=True):
    """Another program that checks medicines."""

    url: str
    name: str
    seconds: int
    hooks: tuple[str, ...]
    token: str = ""

    def __repr__(self) -> str:
        """Without the token."""
        return f"CdsService({self.name})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Checked settings. `database_url` None means the embedded server, `app_database_url` None means derived."""

    environment: Environment = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    data: Path
    database_url: str | None = None
    app_database_url: str | None = None
    database_connections_max: int = 8
    redis_url: str | None = None
    files_url: str | None = None
    files_key: str | None = None
    metrics_token: str | None = None
    sentry_dsn: str | None = None
    otel_endpoint: str | None = None
    cds: CdsService | None = None
    workers: int = 1
    server: Server = "granian"
    connections_max: int = 60_000
    trusted_proxies: Networks = ()
    secret: str
    offline_copies: Copies = "every"
    log_level: str = "info"

    @property
    def production(self) -> bool:
        """Whether real patients may be in this network."""
        return self.environment == "production"

    @property
    def address(self) -> str:
        """The web address a person on this machine opens."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 (compared, not bound)
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def __repr__(self) -> str:
        """Leave out addresses and the secret: they carry passwords, and a struct ends up in logs."""
        return f"Settings({self.environment}, {self.address}, data={self.data})"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting. Raises SettingsError; in development generates the secret on first use."""
    given = _with_files({name: value.strip() for name, value in (os.environ if environ is None else environ).items()})
    environment = _environment(given)
    if environment == "production":
        _refuse_missing(given)
    data = Path(given.get("WARDLINE_DATA") or "data").expanduser().absolute()
    return Settings(
        environment=environment,
        host=given.get("WARDLINE_HOST") or "127.0.0.1",
        port=_number(given, "WARDLINE_PORT", default=8000, least=1, most=65535),
        data=data,
        database_url=_database_url(given, "WARDLINE_DATABASE_URL"),
        app_database_url=_database_url(given, "WARDLINE_APP_DATABASE_URL"),
        database_connections_max=_number(given, "WARDLINE_DATABASE_CONNECTIONS", default=8, least=2, most=100),
        redis_url=_redis_url(given),
        files_url=_files_url(given),
        files_key=_files_key(given),
        metrics_token=_metrics_token(given),
        sentry_dsn=_web_url(given, "WARDLINE_SENTRY_DSN"),
        otel_endpoint=_web_url(given, "WARDLINE_OTEL_ENDPOINT"),
        cds=_cds(given),
        workers=_number(given, "WARDLINE_WORKERS", default=min(cores(), 256), least=1, most=256),
        server="uvicorn" if _choice(given, "WARDLINE_SERVER", SERVERS, default="granian") == "uvicorn" else "granian",
        connections_max=_number(given, "WARDLINE_CONNECTIONS", default=60_000, least=1, most=1_000_000),
        trusted_proxies=_networks(given, "WARDLINE_TRUSTED_PROXIES"),
        secret=_secret(given, environment, data),
        offline_copies=_copies(given, environment),
        log_level=_choice(given, "WARDLINE_LOG_LEVEL", ("debug", "info", "warning", "error"), default="info"),
    )


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Names that look like settings and are none: most often a slip of the fingers, so `wardline doctor` says so."""
    known = {name for setting in TABLE for name in (setting.name, f"{setting.name}_FILE")}
    return sorted(
        name
        for name in environ
        if name.startswith("WARDLINE_") and not name.startswith(FOR_TESTS) and name not in known
    )


def cores() -> int:
    """The processors this process may run on, which is what a container or taskset allows."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ensure_data_folder(data: Path) -> None:
    """Make the data folder, closed to others. Root leaves it passable, for the database runs as somebody else."""
    if not data.exists():
        data.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)


def kept_secret(path: Path) -> str:
    """The secret in this file, made on first use. Safe when several processes start at once."""
    ensure_data_folder(path.parent)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        draft.chmod(0o400)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _with_files(given: dict[str, str]) -> dict[str, str]:
    """What is given, where `NAME_FILE` names a file that holds the value of NAME: how secrets come into a container."""
    for name in [f"{setting.name}_FILE" for setting in TABLE if given.get(f"{setting.name}_FILE")]:
        if given.get(name.removesuffix("_FILE")):
            raise SettingsError(name, "gives again what is given already without a file; give one of the two.")
        try:
            given[name.removesuffix("_FILE")] = Path(given[name]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(name, f"names a file that cannot be read ({type(error).__name__}).") from None
    return given


def _refuse_missing(given: Mapping[str, str]) -> None:
    for setting in TABLE:
        if setting.in_production == REQUIRED and not given.get(setting.name):
            raise SettingsError(setting.name, "must be given in production; there is no default that would be safe.")


def _environment(given: Mapping[str, str]) -> Environment:
    chosen = _choice(given, "WARDLINE_ENV", ("development", "production"), default="development")
    return "production" if chosen == "production" else "development"


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...], *, default: str) -> str:
    value = given.get(name) or default
    if value not in choices:
        raise SettingsError(name, f"is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def _copies(given: Mapping[str, str], environment: Environment) -> Copies:
    usual = "registered" if environment == "production" else "every"
    chosen = _choice(given, "WARDLINE_OFFLINE_COPIES", COPIES, default=usual)
    return "registered" if chosen == "registered" else "none" if chosen == "none" else "every"


def _number(given: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    value = given.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingsError(name, f"is {value!r}; it must be a whole number from {least} to {most}.")
    return int(value)


def _database_url(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name) or EMBEDDED
    if value == EMBEDDED:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise SettingsError(name, "must look like postgresql://user:password@host/database, or be the word embedded.")
    return value


def _redis_url(given: Mapping[str, str]) -> str | None:
    value = given.get("WARDLINE_REDIS_URL") or None
    if value and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise SettingsError("WARDLINE_REDIS_URL", "must begin with redis://, rediss:// or unix://.")
    return value


def _files_url(given: Mapping[str, str]) -> str | None:
    value = given.get("WARDLINE_FILES_URL") or None
    if value and urlsplit(value).scheme not in ("s3", "s3a", "gs", "az", "https", "http"):
        raise SettingsError("WARDLINE_FILES_URL", "must name an object store, as s3://bucket/folder.")
    return value


def _files_key(given: Mapping[str, str]) -> str | None:
    value = given.get("WARDLINE_FILES_KEY") or None
    if value and not all(value.partition(":")):
        raise SettingsError("WARDLINE_FILES_KEY", "must look like id:secret.")
    return value


def _networks(given: Mapping[str, str], name: str) -> Networks:
    try:
        return tuple(ip_network(part.strip()) for part in (given.get(name) or "").split(",") if part.strip())
    except ValueError:
        raise SettingsError(name, "must be addresses or networks with commas between them, as 10.1.0.0/16.") from None


def _web_url(given: Mapping[str, str], name: str) -> str | None:
    value = (given.get(name) or "").rstrip("/") or None
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise SettingsError(name, "must begin with http:// or https:// and name a host.")
    return value


def _cds(given: Mapping[str, str]) -> CdsService | None:
    """Only an address that an administrator wrote is asked, and nothing in clear over a network."""
    value = (given.get("WARDLINE_CDS_URL") or "").rstrip("/")
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError("WARDLINE_CDS_URL", "is not an address.") from None
    plain = parts.scheme == "http" and _is_loopback(host)
    if not host or parts.username or parts.query or parts.fragment or not (parts.scheme == "https" or plain):
        raise SettingsError("WARDLINE_CDS_URL", "must begin with https:// and name a host, or be on this machine.")
    hooks = tuple(part.strip() for part in (given.get("WARDLINE_CDS_HOOKS") or ",".join(CDS_HOOKS)).split(","))
    if not set(hooks) <= set(CDS_HOOKS):
        raise SettingsError("WARDLINE_CDS_HOOKS", f"must be of {', '.join(CDS_HOOKS)}.")
    seconds = _number(given, "WARDLINE_CDS_SECONDS", default=2, least=1, most=5)
    name = given.get("WARDLINE_CDS_NAME") or host
    return CdsService(url=value, name=name, seconds=seconds, hooks=hooks, token=given.get("WARDLINE_CDS_TOKEN") or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _metrics_token(given: Mapping[str, str]) -> str | None:
    value = given.get("WARDLINE_METRICS_TOKEN") or None
    if value and len(value) < METRICS_TOKEN_LENGTH_MIN:
        raise SettingsError("WARDLINE_METRICS_TOKEN", f"needs {METRICS_TOKEN_LENGTH_MIN} characters or more.")
    return value


def _secret(given: Mapping[str, str], environment: Environment, data: Path) -> str:
    value = given.get("WARDLINE_SECRET")
    if not value:
        return kept_secret(data / "secret")
    if value.lower() in DEFAULT_SECRETS or len(set(value)) < 8:
        raise SettingsError("WARDLINE_SECRET", "is a default or a pattern; use 32 or more random characters.")
    if environment == "production" and len(value) < SECRET_LENGTH_MIN:
        raise SettingsError("WARDLINE_SECRET", f"is too short; it needs {SECRET_LENGTH_MIN} characters or more.")
    return value
