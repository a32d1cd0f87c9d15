"""Which figures are taken from the parts of a process. The names here are those of docs/operations/monitoring.md."""

from collections.abc import Iterable
from typing import Protocol

from wardline.platform.admission import Limiter
from wardline.platform.cache import FragmentCache
from wardline.platform.db import Pool
from wardline.platform.http.entrance import Entrance
from wardline.platform.http.routes import Route
from wardline.platform.live import Hub, Notices, Notifier
from wardline.platform.metrics import Histogram, Metrics
from wardline.platform.redis_client import Redis


class Flushing(Protocol):
    """A record that writes in batches."""

    flushes: int
    flushed_entries: int
    flush_seconds: Histogram


def measure_pool(metrics: Metrics, pool: Pool) -> None:
    """How many connections there are, are busy, and are waited for."""
    metrics.register(
        "wardline_pool_connections",
        "gauge",
        "Database connections of this process.",
        lambda: [
            ({"state": "open"}, pool.opened),
            ({"state": "in_use"}, pool.in_use),
            ({"state": "limit"}, pool.size),
        ],
    )
    metrics.register("wardline_pool_waiting", "gauge", "Callers waiting for a connection.", lambda: pool.waiting)


def measure_admission(metrics: Metrics, limiter: Limiter, entrance: Entrance) -> None:
    """What is let in, what is refused, and what decides about it."""
    for name, help_text, figures in (
        ("wardline_requests_admitted_total", "Requests let in, by class.", limiter.admitted),
        ("wardline_requests_shed_total", "Requests refused at once under overload, by class.", limiter.shed),
    ):
        metrics.register(
            name, "counter", help_text, lambda figures=figures: [({"what": what}, n) for what, n in figures.items()]
        )
    metrics.register(
        "wardline_requests_gone_total",
        "counter",
        "Requests given up because their sender had left.",
        lambda: entrance.gone,
    )
    for name, help_text, read in (
        ("wardline_admission_limit", "How many requests this process takes on at once now.", lambda: limiter.limit),
        ("wardline_admission_running", "Requests at work.", lambda: limiter.running),
        (
            "wardline_loop_lag_seconds",
            "How late the event loop was at most in the last second.",
            lambda: entrance.pulse.latest,
        ),
    ):
        metrics.register(name, "gauge", help_text, read)


def measure_cache(metrics: Metrics, cache: FragmentCache) -> None:
    """Whether rendered content is found where it is looked for."""
    metrics.register(
        "wardline_cache_requests_total",
        "counter",
        "Look-ups of rendered content: kept already, just being made, or made for this one.",
        lambda: [
            ({"result": "hit"}, cache.hits),
            ({"result": "wait"}, cache.waits),
            ({"result": "miss"}, cache.misses),
        ],
    )
    metrics.register("wardline_cache_bytes", "gauge", "Rendered content kept.", lambda: cache.bytes)
    metrics.register("wardline_cache_evicted_total", "counter", "Contents dropped for room.", lambda: cache.evicted)


def measure_redis(metrics: Metrics, redis: Redis, notices: Notices) -> None:
    """What is asked of Redis, and whether it is asked at all."""
    metrics.register(
        "wardline_redis_requests_total",
        "counter",
        "Calls: found, not found, done (put, counted, told), failed, or not made at all.",
        lambda: [({"result": result}, count) for result, count in redis.results.items()],
    )
    metrics.register(
        "wardline_redis_open",
        "gauge",
        "1 while Redis is not asked, after failures.",
        lambda: int(redis.breaker.is_open),
    )
    metrics.register(
        "wardline_redis_listening", "gauge", "1 while notices are heard through Redis.", lambda: int(notices.listening)
    )


def measure_hub(metrics: Metrics, hub: Hub) -> None:
    """Who watches, and what it costs."""
    for name, help_text, read in (
        ("wardline_live_streams", "Open streams.", lambda: hub.streams),
        ("wardline_live_topics", "Topics that somebody watches here, or did a minute ago.", lambda: hub.topics),
        ("wardline_live_listening", "1 while nudges are heard.", lambda: int(hub.listening)),
    ):
        metrics.register(name, "gauge", help_text, read)
    for name, help_text, read in (
        ("wardline_live_reads_total", "Reads for an audience.", lambda: hub.reads),
        ("wardline_live_pushes_total", "Messages with rows, one for each watcher.", lambda: hub.pushes),
        ("wardline_live_healed_total", "Changes found by the poll before any nudge.", lambda: hub.healed),
    ):
        metrics.register(name, "counter", help_text, read)
    metrics.register(
        "wardline_live_ended_total",
        "counter",
        "Streams that ended, by reason.",
        lambda: [({"reason": reason}, count) for reason, count in hub.ended.items()],
    )
    metrics.register(
        "wardline_tenant_streams",
        "gauge",
        "Open streams of each tenant's people.",
        lambda: [({"tenant": code}, count) for code, count in hub.streams_of.items() if code],
    )


def measure_notifier(metrics: Metrics, notifier: Notifier) -> None:
    """Whether changed topics are told."""
    metrics.register(
        "wardline_nudges_total",
        "counter",
        "Topics told to the hubs after a commit.",
        lambda: [({"result": "sent"}, notifier.sent), ({"result": "lost"}, notifier.lost)],
    )


def measure_routes(metrics: Metrics, routes: Iterable[Route]) -> None:
    """The load class of every route."""
    metrics.classify({route.name: route.load_class for route in routes})


def measure_record(metrics: Metrics, record: Flushing) -> None:
    """How reads reach the audit record."""
    metrics.register_histogram(
        "wardline_audit_flush_seconds",
        "Until a batch was committed, the wait for a connection included.",
        record.flush_seconds,
    )
    metrics.register("wardline_audit_flushes_total", "counter", "Batches committed.", lambda: record.flushes)
    metrics.register("wardline_audit_entries_total", "counter", "Entries committed.", lambda: record.flushed_entries)
