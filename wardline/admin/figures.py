"""The figures of the processes, made readable for people."""

from collections import defaultdict
from collections.abc import Iterable

from wardline.admin.service_models import Figure, Process, QueryFigures, RouteFigures
from wardline.platform.metrics import Family, Sample

ROWS_MAX = 15
OLD_SECONDS = 30
FAILED = ("5xx", "503")

Samples = dict[str, list[Sample]]


def by_name(families: Iterable[Family]) -> Samples:
    """Every sample under the name of its family."""
    found: Samples = defaultdict(list)
    for family in families:
        found[family.name].extend(family.samples)
    return found


def processes(samples: Samples) -> list[Process]:
    """Each process with its memory, connections and streams."""
    found: dict[str, Process] = {}

    def of(sample: Sample) -> Process:
        name = sample.labels.get("process", "")
        return found.setdefault(name, Process(name))

    for sample in samples["wardline_process_memory_bytes"]:
        of(sample).memory_mib = round(sample.value / 2**20)
    for sample in samples["wardline_process_cpu_seconds_total"]:
        of(sample).cpu_seconds = round(sample.value, 1)
    for sample in samples["wardline_process_open_files"]:
        of(sample).open_files = int(sample.value)
    for sample in samples["wardline_figures_age_seconds"]:
        of(sample).figures_age_seconds = round(sample.value)
    for sample in samples["wardline_pool_connections"]:
        setattr(of(sample), f"pool_{sample.labels['state']}", int(sample.value))
    for sample in samples["wardline_pool_waiting"]:
        of(sample).pool_waiting = int(sample.value)
    for sample in samples["wardline_live_streams"]:
        of(sample).streams = int(sample.value)
    return sorted(found.values(), key=lambda process: process.name)


def routes(samples: Samples) -> list[RouteFigures]:
    """The routes asked for most."""
    counts: dict[str, float] = defaultdict(float)
    sums: dict[str, float] = defaultdict(float)
    failed: dict[str, float] = defaultdict(float)
    buckets: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for sample in samples["wardline_request_seconds"]:
        route = sample.labels["route"]
        if sample.suffix == "_count":
            counts[route] += sample.value
            failed[route] += sample.value if sample.labels["status"] in FAILED else 0
        elif sample.suffix == "_sum":
            sums[route] += sample.value
        else:
            buckets[route][float(sample.labels["le"].replace("+Inf", "inf"))] += sample.value
    made = [
        RouteFigures(
            route=route,
            requests=int(count),
            mean_ms=round(1000 * sums[route] / count, 1),
            within_ms=_within_ms(buckets[route], 0.95 * count),
            failed=int(failed[route]),
        )
        for route, count in counts.items()
        if count
    ]
    return sorted(made, key=lambda r: -r.requests)


def _within_ms(buckets: dict[float, float], wanted: float) -> float | None:
    """The smallest bound that holds so many; None above the last."""
    bound = next((bound for bound in sorted(buckets) if buckets[bound] >= wanted), float("inf"))
    return None if bound == float("inf") else round(bound * 1000, 1)


def queries(samples: Samples) -> list[QueryFigures]:
    """The queries that took the most time altogether."""
    runs, seconds = (
        _by_label(samples, "wardline_queries_total", "query"),
        _by_label(samples, "wardline_query_seconds_total", "query"),
    )
    made = [
        QueryFigures(name, int(count), round(1000 * seconds.get(name, 0) / count, 2), round(seconds.get(name, 0), 1))
        for name, count in runs.items()
        if count
    ]
    return sorted(made, key=lambda q: -q.total_seconds)[:ROWS_MAX]


def _by_label(samples: Samples, name: str, label: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for sample in samples[name]:
        found[sample.labels.get(label, "")] += sample.value
    return found


def _total(samples: Samples, name: str) -> int:
    return int(sum(sample.value for sample in samples[name]))


def overview(samples: Samples, answered: list[RouteFigures]) -> list[Figure]:
    """The few numbers that say how things go."""
    requests, failed = sum(r.requests for r in answered), sum(r.failed for r in answered)
    slow = sum(r.mean_ms * r.requests for r in answered) / requests if requests else 0
    cache = _by_label(samples, "wardline_cache_requests_total", "result")
    asked = sum(cache.values())
    found = [
        Figure("Requests answered", f"{requests:,}", "since the processes started"),
        Figure("Average answer", f"{slow:.1f} ms", "from the first byte in to the last out"),
        Figure("Server errors", f"{failed:,}", "answers that were the service's own fault"),
        Figure("Screens watching live", f"{_total(samples, 'wardline_live_streams'):,}", "open streams"),
        Figure(
            "Entries in the record",
            f"{_total(samples, 'wardline_audit_entries_total'):,}",
            "reads and refusals written",
        ),
    ]
    if asked:
        share = 100 * cache.get("hit", 0) / asked
        found.append(Figure("Pages found ready", f"{share:.0f} %", "rendered once, used again"))
    return found


def worries(samples: Samples, running: list[Process], answered: list[RouteFigures], dead_jobs: int) -> list[str]:
    """What somebody should look at, in plain sentences."""
    found: list[str] = []
    if not any(process.name.startswith("worker") for process in running):
        found.append("No worker is running: escalations do not climb and measures are not counted.")
    for process in running:
        if process.pool_waiting:
            found.append(f"{process.pool_waiting} requests wait for a database connection in {process.name}.")
        if process.figures_age_seconds > OLD_SECONDS:
            found.append(f"{process.name} has not reported for {process.figures_age_seconds} s.")
    if failed := sum(r.failed for r in answered):
        found.append(f"{failed} requests ended in a server error; the log names each by its request id.")
    if dead_jobs:
        words = "job was" if dead_jobs == 1 else "jobs were"
        found.append(f"{dead_jobs} {words} given up after five tries and wait for somebody.")
    if lost := _by_label(samples, "wardline_nudges_total", "result").get("lost"):
        found.append(f"{int(lost)} live changes could not be told at once; boards caught up by themselves.")
    return found
