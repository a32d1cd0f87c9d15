"""What one request, one stream and one person on file cost, each figure with where it comes from."""

from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from wardline.platform.plan.measured import Measured, Run

How = Literal["measured", "worked out", "assumed"]
ASSUMPTIONS = Path(__file__).parent / "assumptions.toml"
REQUEST_PARTS = ("web", "live", "postgres", "worker", "nginx", "redis")

# The busy hour's mix in parts of a request: which measured work stands for it, and whether that work is the very same.
# Beside it: the share of the writes that change a board.
WRITES = 0.20
BOARD = 0.26
BOARD_CHANGES = 0.16
MIX = (
    ("chart", 0.20, True),
    ("search_prefix", 0.108, True),
    ("search_misspelt", 0.012, True),
    ("chart", 0.12, False),  # results, observations and medicine panels
    ("observations", 0.08, True),
    ("observations", 0.15, False),  # medicines, notes, orders, moves
    ("cached", 0.07, False),  # inbox and other lists
)


class Prices(msgspec.Struct, frozen=True):
    """From low to high."""

    currency: str
    hours_of_month: float
    cpu_hour: tuple[float, float]
    memory_gb_hour: tuple[float, float]
    disk_gb_month: tuple[float, float]


class Assumptions(msgspec.Struct, frozen=True):
    """The figures of assumptions.toml, where each has its reason."""

    date: date
    busy_share: float
    memory_share: float
    hot_share: float
    day_share: float
    disk_spare_share: float
    growth_days: int
    classes_of_watchers: float
    watchers_of_ward: float
    record_entries_of_request: float
    worker_us: float
    nginx_us: float
    redis_us: float
    nginx_stream_kilobytes: float
    session_kilobytes: float
    connection_kilobytes: float
    cell_users_max: int
    prices: Prices


class Cost(msgspec.Struct, frozen=True):
    """One figure, and where it comes from."""

    words: str
    value: float
    unit: str
    how: How
    source: str


class Costs(msgspec.Struct, frozen=True):
    """`request`: processor time in microseconds by part."""

    request: dict[str, Cost]
    stream_kilobytes: Cost
    person_bytes: Cost
    record_entry_bytes: Cost
    rest_mb: dict[str, Cost]

    def all(self) -> list[Cost]:
        """Every figure, in the order of the page."""
        sizes = (self.stream_kilobytes, self.person_bytes, self.record_entry_bytes)
        return [*self.request.values(), *sizes, *self.rest_mb.values()]


class Unknown(Exception):
    """A figure without which there is no plan was never measured."""


def assumptions(path: Path = ASSUMPTIONS) -> Assumptions:
    """The assumptions of a file; msgspec.ValidationError names what is missing."""
    return msgspec.toml.decode(path.read_bytes(), type=Assumptions, strict=False)


def costs(measured: Measured, assumed: Assumptions) -> Costs:
    """From a run of the whole mix where there is a sound one, else from single works in the mix's proportions."""
    runs = measured.sound()
    request = _of_run(max(runs, key=_size), assumed) if runs else _of_works(measured, assumed)
    bench = f"{measured.bench.file}, {measured.bench.date[:10]}, commit {measured.bench.commit}"
    return Costs(
        request=request,
        stream_kilobytes=Cost(
            "memory of an open stream", measured.bench.live.stream_kilobytes, "KB", "measured", bench
        ),
        person_bytes=_person(measured),
        record_entry_bytes=_record_entry(measured),
        rest_mb=_rest(measured),
    )


def _size(run: Run) -> tuple[float, str]:
    return run.achieved_per_s, run.date


def _assumed(part: str, assumed: Assumptions) -> Cost:
    value: float = getattr(assumed, f"{part}_us")
    return Cost(f"{part}, processor time of a request", value, "us", "assumed", f"assumptions.toml, {assumed.date}")


def _of_run(run: Run, assumed: Assumptions) -> dict[str, Cost]:
    """All processes of a kind over all requests: streams, pushes and background work are in it."""
    requests = run.achieved_per_s * run.seconds
    source = (
        f"{run.file}, {run.date[:10]}, commit {run.commit}: {run.users:,} users, "
        f"{run.achieved_per_s:,.0f} requests/s, {run.people:,} people"
    )
    found: dict[str, Cost] = {}
    for part in REQUEST_PARTS:
        words = f"{part}, processor time of a request"
        if part in run.used:
            found[part] = Cost(words, round(1e6 * run.used[part].cpu_s / requests, 1), "us", "measured", source)
        elif part == "live":
            found[part] = Cost(words, 0.0, "us", "measured", f"{source}; in web: that run had no live process")
        else:
            found[part] = _assumed(part, assumed)
    return found


def _of_works(measured: Measured, assumed: Assumptions) -> dict[str, Cost]:
    work, live = measured.bench.work, measured.bench.live
    # A board is asked for again before anybody changed it as often as reads outnumber writes of the same ward.
    unchanged = BOARD / (BOARD + WRITES)
    parts = [("cached", BOARD * unchanged, True), ("board", BOARD * (1 - unchanged), True), *MIX]
    web = sum(share * work[name].web_cpu_us for name, share, _ in parts)
    postgres = sum(share * work[name].postgres_cpu_us for name, share, _ in parts)
    reading = work["board"].postgres_cpu_us - work["cached"].postgres_cpu_us
    pushed = assumed.classes_of_watchers * live.change_cpu_us + assumed.watchers_of_ward * live.push_cpu_us
    same = sum(share for _, share, exact in parts if exact)
    source = f"{measured.bench.file}, {measured.bench.date[:10]}, commit {measured.bench.commit}: "
    mix = source + f"single works in the proportions of the busy hour; {same:.0%} of it are the same requests"
    boards = (
        source + f"{BOARD_CHANGES:.0%} of the requests change a board, {assumed.classes_of_watchers:g} classes watch"
    )
    return {
        "web": Cost("web, processor time of a request", round(web, 1), "us", "worked out", mix),
        "live": Cost("live, processor time of a request", round(BOARD_CHANGES * pushed, 1), "us", "worked out", boards),
        "postgres": Cost(
            "postgres, processor time of a request",
            round(postgres + BOARD_CHANGES * assumed.classes_of_watchers * reading, 1),
            "us",
            "worked out",
            mix,
        ),
        **{part: _assumed(part, assumed) for part in ("worker", "nginx", "redis")},
    }


def _person(measured: Measured) -> Cost:
    if not measured.sizes:
        raise Unknown("No result says how large a person on file is: `python -m bench.sizes` makes one.")
    best = max(measured.sizes, key=lambda sizes: (sizes.people, sizes.date))
    source = f"{best.file}, {best.date[:10]}, commit {best.commit}: {best.people:,} people with their visits"
    value = round(best.database_bytes / best.people)
    return Cost("disk of a person on file, everything included", value, "bytes", "measured", source)


def _record_entry(measured: Measured) -> Cost:
    for sizes in sorted(measured.sizes, key=lambda sizes: sizes.date, reverse=True):
        if sizes.record_entry_bytes is not None:
            source = f"{sizes.file}, {sizes.date[:10]}, commit {sizes.commit}"
            return Cost("disk of an entry of the record", sizes.record_entry_bytes, "bytes", "measured", source)
    raise Unknown("No result says how large an entry of the record is: `python -m bench.sizes` makes one.")


def _rest(measured: Measured) -> dict[str, Cost]:
    for sizes in sorted(measured.sizes, key=lambda sizes: sizes.date, reverse=True):
        if sizes.rest_mb:
            source = f"{sizes.file}, {sizes.date[:10]}, commit {sizes.commit}"
            found = {"live": sizes.rest_mb.get("web", 0.0), **sizes.rest_mb}
            return {
                kind: Cost(f"{kind}, memory of a process at rest", found[kind], "MB", "measured", source)
                for kind in ("web", "live", "worker")
            }
    raise Unknown("No result says how large a process at rest is: `python -m bench.sizes` makes one.")
