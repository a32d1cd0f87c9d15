"""What this process counts, as Prometheus text; and how one scrape shows every process of the machine.

On the hot path a count is an addition in a plain list; names, labels and text are made when somebody asks. Each process
leaves a snapshot of its figures in a folder every few seconds, in a file that is locked while the process lives, so
whichever web worker is asked can answer for all, each figure labelled with its `process` (web-1, worker-1 ...).
"""

import asyncio
import contextlib
import fcntl
import hmac
import math
import resource
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from wardline.platform import db
from wardline.platform.http.reply import SECURITY_HEADERS

BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
SNAPSHOT_SECONDS = 5.0
SLOTS_MAX = 1_000
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


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._requests: dict[str, list[list[float]]] = {}
        self._sources: list[Callable[[], Iterable[Family]]] = [
            self._request_families,
            _query_families,
            _process_families,
        ]
        self._counts: dict[str, dict[str, float]] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request. Cells: a bucket for each bound, the rest, the sum."""
        try:
            cells = self._requests[route][status // 100 - 1]
        except KeyError:
            self._requests[route] = [[0.0] * (len(BOUNDS_SECONDS) + 2) for _ in range(5)]
            cells = self._requests[route][status // 100 - 1]
        cells[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        cells[-1] += seconds

    def count(self, name: str, what: str, by: float = 1) -> None:
        """Count something rare that nobody else keeps a figure of; `what` is its one label."""
        figures = self._counts.setdefault(name, {})
        figures[what] = figures.get(what, 0) + by

    def register(self, name: str, kind: Kind, help: str, read: Callable[[], float | Figures]) -> None:  # noqa: A002
        """A figure that is read when somebody asks: one number, or several with labels."""
        self._sources.append(lambda: [_family(name, kind, help, read())])

    def families(self) -> list[Family]:
        """Every figure of this process as it is now."""
        found = [family for source in self._sources for family in source()]
        for name, figures in self._counts.items():
            samples = [Sample({"what": what}, value) for what, value in figures.items()]
            found.append(Family(name, "counter", "Counted since the process started.", samples))
        return found

    def _request_families(self) -> Iterable[Family]:
        samples: list[Sample] = []
        for route, classes in self._requests.items():
            for number, cells in enumerate(classes, start=1):
                labels = {"route": route, "status": f"{number}xx"}
                if any(cells):
                    samples.extend(_histogram(labels, cells))
        yield Family("wardline_request_seconds", "histogram", "Time from the first byte in to the last out.", samples)


def _histogram(labels: Labels, cells: list[float]) -> Iterable[Sample]:
    total = 0.0
    for bound, count in zip((*BOUNDS_SECONDS, math.inf), cells[:-1], strict=True):
        total += count
        yield Sample(labels | {"le": "+Inf" if bound == math.inf else f"{bound:g}"}, total, "_bucket")
    yield Sample(labels, total, "_count")
    yield Sample(labels, cells[-1], "_sum")


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
