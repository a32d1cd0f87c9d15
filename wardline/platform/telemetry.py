"""Faults and slow requests told to services elsewhere, where a setting names them; nothing is told otherwise.

Nothing of a patient leaves the house: a fault is its type and the places it passed, without its text, its variables or the
request; a request is its route, status, duration and the tenant's short code. The packages are loaded only when asked for.
"""

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from structlog.typing import EventDict, Processor, WrappedLogger

from wardline import __version__
from wardline.platform.settings import Settings, SettingsError

Observe = Callable[[str, int, float, str], None]
EXTRA = "needs packages that are not installed: pip install 'wardline[watching]'."
SENTRY = ("sentry_sdk",)
OTEL = (
    "opentelemetry.sdk.trace",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.sdk.resources",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
)
SLOW_SECONDS = 0.1  # and every fault; of all other requests the metrics say enough
TAGS = ("process", "route", "request_id", "job", "code")
KEPT_OF_EVENT = ("event_id", "timestamp", "platform", "level", "environment", "release", "server_name", "tags")
KEPT_OF_FRAME = ("filename", "function", "module", "lineno")
WAIT_SECONDS_MAX = 2


def _loaded(setting: str, *names: str) -> list[Any]:
    try:
        return [importlib.import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise SettingsError(setting, EXTRA) from error


def check(settings: Settings) -> None:
    """Raises SettingsError when a setting asks for what is not installed, before any process is started."""
    if settings.sentry_dsn is not None:
        _loaded("WARDLINE_SENTRY_DSN", *SENTRY)
    if settings.otel_endpoint is not None:
        _loaded("WARDLINE_OTEL_ENDPOINT", *OTEL)


# ---- faults ----------------------------------------------------------------------------------------------------------


def faults(settings: Settings, process: str) -> list[Processor]:
    """What the log passes through so that its faults are told; nothing without the setting. Raises SettingsError."""
    if settings.sentry_dsn is None:
        return []
    (sentry,) = _loaded("WARDLINE_SENTRY_DSN", *SENTRY)
    sentry.init(
        dsn=settings.sentry_dsn,
        environment=settings.environment,
        release=f"wardline@{__version__}",
        server_name=process,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        shutdown_timeout=WAIT_SECONDS_MAX,
        before_send=scrubbed,
    )

    def tell(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        error = event.get("exc_info")
        if isinstance(error, BaseException) and event.get("level") in ("error", "critical"):
            with sentry.new_scope() as scope:
                for name in TAGS:
                    if name in event:
                        scope.set_tag(name, str(event[name]))
                scope.capture_exception(error)
        return event

    return [tell]


def scrubbed(event: Mapping[str, Any], _hint: object) -> dict[str, Any]:
    """The fault without anything that could be a person's: what is not known to be harmless stays here."""
    kept = {name: event[name] for name in KEPT_OF_EVENT if name in event}
    kept["exception"] = {"values": [_raised(each) for each in event.get("exception", {}).get("values", [])]}
    return kept


def _raised(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    places = [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": places}}


# ---- slow and failed requests ----------------------------------------------------------------------------------------


def traced(observe: Observe, settings: Settings, process: str) -> Observe:
    """Observe requests, and tell of the slow and the failed ones. Unchanged without the setting. Raises SettingsError."""
    if settings.otel_endpoint is None:
        return observe
    trace, export, resources, otlp = _loaded("WARDLINE_OTEL_ENDPOINT", *OTEL)
    about = {"service.name": "wardline", "service.version": __version__, "service.instance.id": process}
    provider = trace.TracerProvider(resource=resources.Resource(about), shutdown_on_exit=True)
    exporter = otlp.OTLPSpanExporter(endpoint=f"{settings.otel_endpoint}/v1/traces", timeout=WAIT_SECONDS_MAX)
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("wardline")

    def tell(route: str, status: int, seconds: float, tenant: str = "") -> None:
        observe(route, status, seconds, tenant)
        if seconds >= SLOW_SECONDS or status >= 500:
            ended = time.time_ns()
            span = tracer.start_span(route, start_time=ended - round(seconds * 1e9))
            span.set_attributes({"http.route": route, "http.response.status_code": status, "wardline.tenant": tenant})
            span.end(ended)

    return tell
