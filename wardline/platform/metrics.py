"""What this process counts, as Prometheus text; and how one scrape shows every process of the machine.

On the hot path a count is an addition in a plain list; names, labels and text are made when somebody asks. Each process
leaves a snapshot of its figures in a folder every few seconds, in a file that is locked while the process lives, so
whichever web worker is asked can answer for all, each figure labelled with its `process` (web-1, worker-1 ...).
"""

import asyncio
import contextlib
import fcntl
import hmac
import resource
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from wardline.platform import db
from wardline.platform.http.reply import SECURITY_HEADERS

# Fine where the promises and the alarms are (30, 50, 100 and 200 ms are bounds themselves). The stored history in
# platform.response has the same cells: whoever changes the bounds begins a new history.
_BOUNDS_MS = (1, 2, 5, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_500, 5_000, 10_000)
BOUNDS_SECONDS = tuple(bound / 1000 for bound in _BOUNDS_MS)
PROMISED_SECONDS = 0.05
BUSY = 503
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx", "503")  # 503 apart: asked to try again is not a fault
OTHER = "other"
SNAPSHOT_SECONDS = 5.0
SLOTS_MAX = 1_000
TENANTS_MAX = 500  # one series each; those beyond share one
PAGE_BYTES = resource.getpagesize()

Kind = Literal["counter", "gauge", "histogram"]
Labels = dict[str, str]


class Sample(msgspec.Struct, array_like=True):
    """One figure of a family; `suffix` is _bucket, _sum or _count within a histogram."""

    labels: Labels
    value: float
    suffix: str = ""


class Family(msgspec.Struct):
    """All figures of one name."""

    name: str
    kind: Kind
    help: str
    samples: list[Sample]


Figures = Iterable[tuple[Labels, float]]


class Histogram:
    """How many took how long: a cell for each bound, one for the rest, the sum. To add costs a search and two sums."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells = [0.0] * (len(BOUNDS_SECONDS) + 2)

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.cells[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.cells[-1] += seconds


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._requests: dict[str, list[Histogram]] = {}
        self._tenants: dict[str, list[float]] = {}
        self._load_classes: dict[str, str] = {}
        self._sources: list[Callable[[], Iterable[Family]]] = [
            self._request_families,
            self._tenant_families,
            _query_families,
            _process_families,
        ]
        self._counts: dict[str, dict[str, float]] = {}
        self._helps: dict[str, str] = {}

    def observe(self, route: str, status: int, seconds: float, tenant: str = "") -> None:
        """Count one answered request; `tenant` is the short code of whose it was, "" when nobody was signed in."""
        histograms = self._requests.get(route) or self._begin_route(route)
        histograms[5 if status == BUSY else status // 100 - 1].observe(seconds)
        if tenant:
            figures = self._tenants.get(tenant) or self._begin_tenant(tenant)
            figures[0] += 1
            figures[1] += seconds
            figures[2] += status >= 500
            figures[3] += seconds <= PROMISED_SECONDS

    def _begin_route(self, route: str) -> list[Histogram]:
        return self._requests.setdefault(route, [Histogram() for _ in STATUSES])

    def _begin_tenant(self, tenant: str) -> list[float]:
        code = tenant if len(self._tenants) < TENANTS_MAX else OTHER
        return self._tenants.setdefault(code, [0.0, 0.0, 0.0, 0.0])

    def classify(self, load_classes: Mapping[str, str]) -> None:
        """Say to which load class each route belongs; asked for when the figures are read, not when they are counted."""
        self._load_classes.update(load_classes)

    def declare(self, name: str, help: str, whats: Iterable[str] = ()) -> None:  # noqa: A002
        """Name a counter that `count` raises, so that it is shown, at 0, before anything was counted."""
        self._helps[name] = help
        self._counts.setdefault(name, dict.fromkeys(whats, 0.0))

    def count(self, name: str, what: str, by: float = 1) -> None:
        """Count something rare that nobody else keeps a figure of; `what` is its one label."""
        figures = self._counts.setdefault(name, {})
        figures[what] = figures.get(what, 0) + by

    def register(self, name: str, kind: Kind, help: str, read: Callable[[], float | Figures]) -> None:  # noqa: A002
        """A figure that is read when somebody asks: one number, or several with labels."""
        self._sources.append(lambda: [_family(name, kind, help, read())])

    def register_histogram(self, name: str, help: str, histogram: Histogram) -> None:  # noqa: A002
        """A histogram that its owner adds to."""
        self._sources.append(lambda: [Family(name, "histogram", help, list(_histogram({}, histogram)))])

    def requests(self) -> Iterable[tuple[str, list[Histogram]]]:
        """Each route with its histograms, one for each of STATUSES, counted since the process started."""
        return self._requests.items()

    def families(self) -> list[Family]:
        """Every figure of this process as it is now."""
        found = [family for source in self._sources for family in source()]
        for name, figures in self._counts.items():
            samples = [Sample({"what": what}, value) for what, value in figures.items()]
            words = self._helps.get(name, "Counted since the process started.")
            found.append(Family(name, "counter", words, samples))
        return found

    def _request_families(self) -> Iterable[Family]:
        samples: list[Sample] = []
        for route, histograms in self._requests.items():
            load_class = self._load_classes.get(route, OTHER)
            for status, histogram in zip(STATUSES, histograms, strict=True):
                if any(histogram.cells):
                    samples.extend(_histogram({"route": route, "class": load_class, "status": status}, histogram))
        yield Family("wardline_request_seconds", "histogram", "Time from the first byte in to the last out.", samples)

    def _tenant_families(self) -> Iterable[Family]:
        for place, (name, help_text) in enumerate(TENANT_FIGURES):
            figures = ((({"tenant": code}), values[place]) for code, values in self._tenants.items())
            yield _family(name, "counter", help_text, figures)


TENANT_FIGURES = (
    ("wardline_tenant_requests_total", "Requests of each tenant's people."),
    ("wardline_tenant_request_seconds_total", "Time it took to answer them."),
    ("wardline_tenant_failed_total", "Those that ended in a status of 500 or more."),
    ("wardline_tenant_prompt_total", "Those answered within the promised 50 ms."),
)
_LE = (*(f"{bound:g}" for bound in BOUNDS_SECONDS), "+Inf")


def _histogram(labels: Labels, histogram: Histogram) -> Iterable[Sample]:
    total = 0.0
    for bound, count in zip(_LE, histogram.cells[:-1], strict=True):
        total += count
        yield Sample(labels | {"le": bound}, total, "_bucket")
    yield Sample(labels, total, "_count")
    yield Sample(labels, histogram.cells[-1], "_sum")


def _family(name: str, kind: Kind, help_text: str, value: float | Figures) -> Family:
    figures: Figures = [({}, value)] if isinstance(value, (int, float)) else value
    return Family(name, kind, help_text, [Sample(labels, number) for labels, number in figures])


def _query_families() -> Iterable[Family]:
    used = [(name, timing) for name, timing in db.TIMINGS.items() if timing[0]]
    counts = [Sample({"query": name}, timing[0]) for name, timing in used]
    seconds = [Sample({"query": name}, timing[1]) for name, timing in used]
    yield Family("wardline_queries_total", "counter", "Declared queries that were run.", counts)
    yield Family("wardline_query_seconds_total", "counter", "Time spent waiting for declared queries.", seconds)


def _process_families() -> Iterable[Family]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    yield _family("wardline_process_cpu_seconds_total", "counter", "Processor time used.", cpu)
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        yield _family("wardline_process_memory_bytes", "gauge", "Resident memory.", pages * PAGE_BYTES)
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        yield _family("wardline_process_open_files", "gauge", "Open files and connections.", files)


METRICS = Metrics()


# ---- text ------------------------------------------------------------------------------------------------------------


def exposition(families: Iterable[Family]) -> bytes:
    """Families as Prometheus text, each name once."""
    merged: dict[str, Family] = {}
    for family in families:
        if family.name in merged:
            merged[family.name].samples.extend(family.samples)
        else:
            merged[family.name] = msgspec.structs.replace(family, samples=list(family.samples))
    lines: list[str] = []
    for family in merged.values():
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{s.suffix}{_labels(s.labels)} {_number(s.value)}" for s in family.samples]
    return ("\n".join(lines) + "\n").encode()


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


# ---- several processes -----------------------------------------------------------------------------------------------


class Shared:
    """The figures of all processes that share this folder. `role` is web, live, worker; each process takes a number."""

    def __init__(self, metrics: Metrics, folder: Path, role: str) -> None:
        self._metrics = metrics
        self._folder = folder
        self._role = role
        self._slot: IO[bytes] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.process = ""

    async def start(self) -> None:
        """Take a number and begin to leave snapshots."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_slot()
        _sharing.append(self)
        self._writing = asyncio.create_task(self._write_forever())

    async def stop(self) -> None:
        """Give the number back; the snapshot of a stopped process is not shown."""
        if self in _sharing:
            _sharing.remove(self)
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        if self._slot is not None:
            self._snapshot(self.process).unlink(missing_ok=True)
            self._slot.close()
            self._slot = None

    def _take_slot(self) -> None:
        for number in range(1, SLOTS_MAX):
            name = f"{self._role}-{number}"
            file = (self._folder / f"{name}.lock").open("wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            self._slot, self.process = file, name
            return
        raise RuntimeError("too many processes share one folder of metrics")

    async def _write_forever(self) -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk must not end the process; the figures are missing then
                self.write()
            await asyncio.sleep(SNAPSHOT_SECONDS)

    def write(self) -> None:
        """Leave the figures of this moment for the others."""
        draft = self._folder / f".{self.process}.draft"
        draft.write_bytes(msgspec.msgpack.encode(self._metrics.families()))
        draft.replace(self._snapshot(self.process))

    def _snapshot(self, process: str) -> Path:
        return self._folder / f"{process}.figures"

    def exposition(self) -> bytes:
        """The figures of every living process as text."""
        return exposition(self.families())

    def families(self) -> list[Family]:
        """The figures of every living process, this one's as they are now."""
        found = list(_of_process(self.process, self._metrics.families()))
        ages: list[Sample] = [Sample({"process": self.process}, 0)]
        for path in sorted(self._folder.glob("*.figures")):
            if path.stem != self.process and self._is_alive(path.stem):
                with contextlib.suppress(OSError, msgspec.MsgspecError):
                    ages.append(Sample({"process": path.stem}, max(0.0, time.time() - path.stat().st_mtime)))
                    found += _of_process(path.stem, msgspec.msgpack.decode(path.read_bytes(), type=list[Family]))
        found.append(Family("wardline_figures_age_seconds", "gauge", "How old a process's figures are.", ages))
        return found

    def _is_alive(self, process: str) -> bool:
        """A process holds the lock on its number for as long as it lives."""
        try:
            with (self._folder / f"{process}.lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


_sharing: list[Shared] = []


def of_all_processes() -> list[Family]:
    """The figures of every process of this machine, for a page; of this one alone while nothing is shared."""
    return _sharing[-1].families() if _sharing else list(_of_process("this process", METRICS.families()))


def _of_process(process: str, families: Iterable[Family]) -> Iterable[Family]:
    for family in families:
        samples = [Sample({"process": process} | s.labels, s.value, s.suffix) for s in family.samples]
        yield msgspec.structs.replace(family, samples=samples)


async def answer(shared: Shared, token: str | None, scope: Any, send: Any) -> None:
    """GET /metrics. For others than the monitoring there is nothing here."""
    allowed = may_ask(scope, token)
    body = await asyncio.to_thread(shared.exposition) if allowed else b"not found\n"
    kind = b"text/plain; version=0.0.4; charset=utf-8" if allowed else b"text/plain"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    headers += SECURITY_HEADERS
    await send({"type": "http.response.start", "status": 200 if allowed else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def may_ask(scope: Any, token: str | None) -> bool:
    """With a token, whoever sends it; without one, this machine, unless it asks on behalf of somebody else."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if token is not None:
        return hmac.compare_digest(headers.get(b"authorization", b""), f"Bearer {token}".encode())
    forwarded = headers.keys() & {b"x-forwarded-for", b"forwarded", b"x-real-ip"}
    try:
        return not forwarded and ip_address((scope.get("client") or ("", 0))[0]).is_loopback
    except ValueError:
        return False
