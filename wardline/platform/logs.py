"""Structured logs on standard error: JSON in production, readable in development. Never patient data.

Only keys on the list below pass; anything else is dropped and named under `dropped`. In production an exception is
written as its type and places, because its text may hold values, and the text of a library that is not on the list of
trusted ones is withheld for the same reason; the place it came from is kept.
"""

import logging
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from wardline.platform import telemetry
from wardline.platform.settings import Settings

ALLOWED_KEYS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "process",
        "child",
        "exit_code",
        "exc_info",  # in production it has become "exception" and "places" before this list is read
        "exception",
        "places",
        "place",
        "dropped",
    }
    | {"request_id", "trace_id", "method", "route", "status", "milliseconds", "seconds", "bytes", "count"}
    | {"code", "permission", "outcome", "topic", "topics", "version", "revision", "port", "setting"}
    | {"hospital_id", "staff_id", "session_id", "encounter_id", "bed_id", "ward_id", "task_id"}
    | {"job", "job_id", "attempt", "queue"}
)
TRUSTED_LOGGERS = ("wardline", "granian", "_granian", "alembic")
PLACES_MAX = 12


def configure(settings: Settings, process: str) -> None:
    """Send everything that is logged in this process to standard error in one form. `process` names it."""
    keep_texts = not settings.production
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_level(settings)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared] if keep_texts else [*shared, _withhold_foreign_text],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *telemetry.faults(settings, process),
            *_rendering(keep_texts=keep_texts),
        ],
    )
    _attach(formatter, _level(settings))


def only_allowed_keys(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list, and say which: in development too, so that the slip is found there."""
    kept = {key: value for key, value in event.items() if key in ALLOWED_KEYS}
    if dropped := sorted(event.keys() - kept.keys()):
        kept["dropped"] = dropped
    return kept


def exception_without_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Write an exception as its type and the places it passed."""
    found = event.pop("exc_info", None)
    error = sys.exc_info() if found is True else found
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if isinstance(error, tuple) and error[0] is not None:
        event["exception"] = error[0].__qualname__
        event["places"] = _places(error[2])
    return event


def _rendering(*, keep_texts: bool) -> Iterable[Processor]:
    if keep_texts:
        return (
            only_allowed_keys,
            # Without local variables: they would be people's names and values, and take milliseconds to draw.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=40, exception_formatter=structlog.dev.plain_traceback
            ),
        )
    return (exception_without_text, only_allowed_keys, structlog.processors.JSONRenderer())


def _named(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _withhold_foreign_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    if not record.name.startswith(TRUSTED_LOGGERS):
        event["event"] = "text of a library withheld"
        event["place"] = f"{record.module}:{record.lineno}"
    return event


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-PLACES_MAX:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def _attach(formatter: logging.Formatter, level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))  # it names every plugin it loads
    for name in ("_granian", "granian.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
