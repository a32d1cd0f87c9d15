"""What was measured: read from a folder of results, or from the copy that is shipped with the program."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

SHIPPED = Path(__file__).parent / "measured.json"
# Of a run with less work, what the processes do anyway outweighs what the requests cost.
RUN_CORES_MIN = 0.5
KINDS = ("web", "live", "worker", "postgres", "redis", "nginx")


class NoResults(Exception):
    """The folder has no bench result to plan with."""


class Cpu(msgspec.Struct, frozen=True):
    """Processor time of one request, in microseconds."""

    web_cpu_us: float
    postgres_cpu_us: float


class Live(msgspec.Struct, frozen=True):
    """`change_cpu_us`: read and rendered once for all who watch with the same rights; `push_cpu_us`: for each of them."""

    push_cpu_us: float
    change_cpu_us: float
    stream_kilobytes: float


class Bench(msgspec.Struct, frozen=True):
    """`make bench`: single works, one web process."""

    file: str
    date: str
    commit: str
    cpu: str
    work: dict[str, Cpu]
    live: Live


class Used(msgspec.Struct, frozen=True):
    """What all processes of one kind used in a run together."""

    cpu_s: float
    memory_mb: float
    processes: int


class Run(msgspec.Struct, frozen=True):
    """`wardline load`: the whole mix."""

    file: str
    date: str
    commit: str
    users: int
    mean_seconds: float
    people: int
    seconds: float
    achieved_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    wrong: int  # errors, lost updates and stale boards together
    used: dict[str, Used]

    @property
    def cores(self) -> float:
        """Busy at once, the server's own."""
        return sum(used.cpu_s for used in self.used.values()) / self.seconds if self.seconds else 0.0


class Sizes(msgspec.Struct, frozen=True):
    """A seeded network on disk, and its processes at rest."""

    file: str
    date: str
    commit: str
    people: int
    database_bytes: int
    record_entry_bytes: float | None = None
    rest_mb: dict[str, float] | None = None


class Measured(msgspec.Struct, frozen=True):
    """Everything the plan knows. `runs`: the newest of each number of users and mean."""

    bench: Bench
    runs: list[Run]
    sizes: list[Sizes]

    def sound(self) -> list[Run]:
        """The runs that say what people of the whole mix cost: nothing wrong, every kind of process seen, work enough."""
        whole = [run for run in self.runs if not run.wrong and {"web", "postgres"} <= run.used.keys()]
        return [run for run in whole if run.cores >= RUN_CORES_MIN]


def load(path: Path = SHIPPED) -> Measured:
    """The shipped figures."""
    return msgspec.json.decode(path.read_bytes(), type=Measured)


def read(folder: Path) -> Measured:
    """The figures of a folder of results: latest.json, load-*.json, seed-*.json and sizes*.json. NoResults."""
    if not (folder / "latest.json").is_file():
        raise NoResults(f"{folder} has no latest.json; `make bench` makes one.")
    return Measured(
        bench=_bench(folder / "latest.json"),
        runs=_newest(run for path in sorted(folder.glob("load-*.json")) for run in _runs(path)),
        sizes=[_sizes(path) for path in sorted([*folder.glob("seed-*.json"), *folder.glob("sizes*.json")])],
    )


def encode(found: Measured) -> bytes:
    """As it is shipped."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def _json(path: Path) -> dict[str, Any]:
    return msgspec.json.decode(path.read_bytes())


def _bench(path: Path) -> Bench:
    found = _json(path)
    return Bench(
        file=path.name,
        date=found["date"],
        commit=found["commit"],
        cpu=found["machine"]["cpu"],
        work={name: Cpu(work["web_cpu_us"], work["postgres_cpu_us"]) for name, work in found["work"].items()},
        live=msgspec.convert({name: found["live"][name] for name in Live.__struct_fields__}, Live),
    )


def _runs(path: Path) -> list[Run]:
    """The run of a report, or each of its tiers."""
    whole = _json(path)
    return [_run(path.name, whole | tier) for tier in whole.get("tiers") or [whole]]


def _run(file: str, found: dict[str, Any]) -> Run:
    usage: dict[str, Any] = found.get("usage", {})
    kinds: dict[str, Any] = usage.get("kinds", {})
    return Run(
        file=file,
        date=_date(found),
        commit=str(found.get("commit", "")),
        users=found["users"],
        mean_seconds=found["mean_seconds"],
        people=found["people"],
        seconds=usage.get("seconds") or found.get("seconds", 0.0),
        achieved_per_s=found["achieved_per_s"],
        p50_ms=found["p50_ms"],
        p95_ms=found["p95_ms"],
        p99_ms=found["p99_ms"],
        wrong=found["errors"] + found["updates_lost"] + found["boards_stale"],
        used={
            kind: Used(kinds[kind]["cpu_s"], kinds[kind]["memory_mb_max"], int(kinds[kind]["processes"]))
            for kind in KINDS
            if kind in kinds
        },
    )


def _newest(runs: Iterable[Run]) -> list[Run]:
    """One run for each number of users and mean: the one with the latest date, then the last by name."""
    kept: dict[tuple[int, float], Run] = {}
    for run in sorted(runs, key=lambda run: (run.date, run.file)):
        kept[run.users, run.mean_seconds] = run
    return [kept[key] for key in sorted(kept)]


def _sizes(path: Path) -> Sizes:
    found = _json(path)
    per_person = found.get("bytes_per_person")
    whole = found.get("database_bytes") or found.get("bytes") or (per_person or 0) * found["people"]
    return Sizes(
        file=path.name,
        date=_date(found),
        commit=str(found.get("commit", "")),
        people=found["people"],
        database_bytes=int(whole),
        record_entry_bytes=found.get("record_entry_bytes"),
        rest_mb=found.get("rest_mb"),
    )


def _date(found: dict[str, Any]) -> str:
    return str(found.get("date") or found.get("at") or "")
