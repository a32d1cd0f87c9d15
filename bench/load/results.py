"""The figures of a run: what the workers told, put together."""

from collections.abc import Iterable
from typing import Any

import msgspec

from bench import processes, report
from bench.load import mix, routes
from bench.load.histogram import add, percentiles, share_ms
from bench.load.model import WINDOW_SECONDS, Cells, Phase, Told

SHED = "status 503"
SAMPLES_MAX = 40
NORMAL_TIMES_MAX = 1.5  # a p95 up to so many times that of the reference is normal again
NORMAL_SECONDS = 5
STORM_SECONDS_MAX = 90.0


class Together:
    """The accounts of all workers added up."""

    def __init__(self, told: list[Told]) -> None:
        self.told = told
        self.routes: dict[str, dict[int, Cells]] = {}
        self.seconds: dict[int, Cells] = {}
        self.screens_ms: dict[int, int] = {}
        self.counts: dict[str, int] = {}
        for each in told:
            add(self.screens_ms, each.screens_ms)
            for name, count in each.counts.items():
                self.counts[name] = self.counts.get(name, 0) + count
            add_cells(self.seconds, each.seconds)
            for route, windows in each.routes.items():
                add_cells(self.routes.setdefault(route, {}), windows)

    def between(self, begins: float, ends: float) -> Cells:
        """All requests that were due from one second to another."""
        return merged(cells for second, cells in self.seconds.items() if begins <= second < ends)

    def by_route(self, begins: float, ends: float) -> dict[str, Cells]:
        """The same for each route; the seconds are whole windows."""
        found: dict[str, Cells] = {}
        for route, windows in sorted(self.routes.items()):
            inside = [cells for at, cells in windows.items() if begins <= at * WINDOW_SECONDS < ends]
            if inside:
                found[route] = merged(inside)
        return found


def merged(cells: Iterable[Cells]) -> Cells:
    whole = Cells()
    for each in cells:
        add(whole.right, each.right)
        add(whole.failed, each.failed)
        whole.max_us = max(whole.max_us, each.max_us)
        for error, count in each.errors.items():
            whole.errors[error] = whole.errors.get(error, 0) + count
    return whole


def add_cells(into: dict[int, Cells], more: dict[int, Cells]) -> None:
    for at, cells in more.items():
        into[at] = merged([into[at], cells]) if at in into else cells


def described(cells: Cells) -> dict[str, Any]:
    """Count, percentiles over every answer, and errors."""
    every = dict(cells.right)
    add(every, cells.failed)
    return {
        "count": sum(every.values()),
        **percentiles(every),
        "max_ms": round(cells.max_us / 1000, 1),
        "errors": sum(cells.errors.values()),
        "shed": cells.errors.get(SHED, 0),
    }


def figures(
    together: Together, *, users: int, mean_seconds: float, people: int, seconds: float, usage: dict[str, Any]
) -> dict[str, Any]:
    """The figures that anybody asks for first, over all that was measured."""
    whole = together.between(0, seconds)
    overall = described(whole)
    of_routes = {name: described(cells) for name, cells in together.by_route(0, seconds).items()}
    writes = sum(values["count"] for name, values in of_routes.items() if routes.is_write(name))
    return {
        "users": users,
        "mean_seconds": mean_seconds,
        "people": people,
        "seconds": round(seconds, 1),
        "offered_per_s": round(sum(each.offered for each in together.told) / seconds, 1),
        "achieved_per_s": round(sum(whole.right.values()) / seconds, 1),
        **{name: overall[name] for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms", "errors", "shed")},
        "requests": overall["count"],
        "writes_share": round(writes / max(1, overall["count"]), 3),
        "late_sends": sum(each.late_sends for each in together.told),
        "retries": sum(each.retries for each in together.told),
        "screen_ms": {**percentiles(together.screens_ms), "count": sum(together.screens_ms.values())},
        "server_cpu_s": usage.get("server_cpu_s", 0.0),
        "rig_cpu_s": usage.get("rig_cpu_s", 0.0),
        "usage": usage,
        "routes": of_routes,
        "classes": by_class(together.by_route(0, seconds)),
        "errors_by_kind": dict(sorted(whole.errors.items(), key=lambda item: -item[1])),
        "windows": windows_of(together, seconds),
        "counts": together.counts,
        "samples": [sample for each in together.told for sample in each.samples][:SAMPLES_MAX],
    }


def by_class(cells: dict[str, Cells]) -> dict[str, dict[str, Any]]:
    """The routes by the class in which the product admits them."""
    of: dict[str, list[Cells]] = {}
    for route, each in cells.items():
        of.setdefault(routes.load_class(route), []).append(each)
    return {name: admitted(merged(each)) for name, each in sorted(of.items())}


def admitted(cells: Cells) -> dict[str, Any]:
    """What became of requests under pressure: the share that was answered right, how fast those were, and how fast the
    others were told no."""
    right, failed = sum(cells.right.values()), sum(cells.failed.values())
    return {
        "count": right + failed,
        "right_share": round(right / max(1, right + failed), 5),
        "shed": cells.errors.get(SHED, 0),
        "other_errors": failed - cells.errors.get(SHED, 0),
        "right_p95_ms": share_ms(cells.right, 0.95),
        "right_p99_ms": share_ms(cells.right, 0.99),
        "refused_p99_ms": share_ms(cells.failed, 0.99),
    }


def windows_of(together: Together, seconds: float) -> list[dict[str, Any]]:
    """Every ten seconds: the whole, and each route's p95."""
    found: list[dict[str, Any]] = []
    for second in range(0, int(seconds), WINDOW_SECONDS):
        here = together.by_route(second, second + WINDOW_SECONDS)
        whole = described(merged(here.values()))
        of_routes = {route: described(cells)["p95_ms"] for route, cells in here.items()}
        found.append({"second": second, **whole, "routes": of_routes})
    return found


# ---- particular runs ---------------------------------------------------------------------------------------------------


def storm(values: dict[str, Any], standing: list[dict[str, Any]], second: float) -> dict[str, Any]:
    """How the streams came back after all had broken at once, and what requests felt meanwhile."""
    waits = sorted(wait for each in standing for wait in each["reopened"])
    users = values["users"]
    back = {
        share: waits[int(users * share + 0.999) - 1] if len(waits) >= users * share else None for share in (0.95, 1)
    }
    until = second + min(STORM_SECONDS_MAX, back[1] or STORM_SECONDS_MAX)
    before = [w["p95_ms"] for w in values["windows"] if w["second"] + WINDOW_SECONDS <= second]
    meanwhile = [w["p95_ms"] for w in values["windows"] if second <= w["second"] < until]
    return {
        "at_second": second,
        "back_95_s": back[0.95],
        "back_100_s": back[1],
        "p95_ms_before": max(before, default=0.0),
        "p95_ms_meanwhile": max(meanwhile, default=0.0),
    }


def overload(together: Together, phases: list[Phase], begins: float, capacity: float) -> list[dict[str, Any]]:
    """Each stretch at some multiple of the capacity, and how soon the rest after it was like the reference again."""
    reference = phases[0]
    normal_ms = share_ms(_of(together, reference, begins).right, 0.95) * NORMAL_TIMES_MAX
    found: list[dict[str, Any]] = []
    for number, phase in enumerate(phases):
        if phase.name == "rest":
            continue
        cells = _of(together, phase, begins)
        seconds = phase.ends - phase.begins
        offered = sum(cells.right.values()) + sum(cells.failed.values())
        goodput = sum(cells.right.values()) / seconds
        rest = phases[number + 1] if number + 1 < len(phases) else None
        found.append(
            {
                "name": phase.name,
                "wanted_per_s": round(capacity * phase.factor, 1),
                "offered_per_s": round(offered / seconds, 1),
                "goodput_per_s": round(goodput, 1),
                "goodput_of_capacity": round(goodput / capacity, 3),
                **admitted(cells),
                "classes": by_class(together.by_route(phase.begins - begins, phase.ends - begins)),
                "normal_after_s": normal_after(together, rest, begins, normal_ms) if rest else None,
            }
        )
    return found


def _of(together: Together, phase: Phase, begins: float) -> Cells:
    return together.between(round(phase.begins - begins), round(phase.ends - begins))


def normal_after(together: Together, rest: Phase, begins: float, normal_ms: float) -> int | None:
    """Seconds until nothing fails and the p95 of any further five seconds is normal; None when that never came."""
    first, last = round(rest.begins - begins), round(rest.ends - begins)
    for second in range(last - NORMAL_SECONDS, first - 1, -1):
        cells = together.between(second, second + NORMAL_SECONDS)
        if cells.failed or share_ms(cells.right, 0.95) > normal_ms:
            return second + 1 - first if second + NORMAL_SECONDS < last else None
    return 0


def about(options: dict[str, Any]) -> dict[str, Any]:
    """What was measured, where, and how."""
    return {
        "date": report.now(),
        "commit": report.commit(),
        "machine": processes.machine(),
        "options": options,
        "mix": mix.MODEL,
        "roles": {role.name: {"share": role.share, "home": role.home, **role.acts} for role in mix.ROLES},
    }


def encode(values: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values), indent=1) + b"\n"
