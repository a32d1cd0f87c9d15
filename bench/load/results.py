"""The figures of a run: what the workers told, put together."""

from typing import Any

import msgspec

from bench import processes, report
from bench.load import mix
from bench.load.histogram import add, percentiles
from bench.load.model import WINDOW_SECONDS, Cells, Told

SHED = "status 503"
WRITES = frozenset(
    {"save observations", "change the stay", "take on a task", "record a problem", "move a patient", "clean a bed"}
)


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
            add(self.counts, each.counts)  # type: ignore[arg-type]
            add_cells(self.seconds, each.seconds)
            for route, windows in each.routes.items():
                add_cells(self.routes.setdefault(route, {}), windows)

    def over(self, cells: list[Cells]) -> dict[str, Any]:
        """Count, percentiles and errors of many cells."""
        whole = merged(cells)
        errors = sum(whole.errors.values())
        return {
            "count": sum(whole.buckets.values()),
            **percentiles(whole.buckets),
            "max_ms": round(whole.max_us / 1000, 1),
            "errors": errors,
            "shed": whole.errors.get(SHED, 0),
        }


def merged(cells: list[Cells]) -> Cells:
    whole = Cells({}, 0, {})
    for each in cells:
        add(whole.buckets, each.buckets)
        whole.max_us = max(whole.max_us, each.max_us)
        for error, count in each.errors.items():
            whole.errors[error] = whole.errors.get(error, 0) + count
    return whole


def add_cells(into: dict[int, Cells], more: dict[int, Cells]) -> None:
    for at, cells in more.items():
        into[at] = merged([into[at], cells]) if at in into else cells


def figures(
    together: Together, *, users: int, mean_seconds: float, people: int, seconds: float, usage: dict[str, Any]
) -> dict[str, Any]:
    """The figures that anybody asks for first."""
    overall = together.over(list(together.seconds.values()))
    offered = sum(each.offered for each in together.told)
    right = overall["count"] - overall["errors"]
    writes = sum(
        together.over(list(together.routes[name].values()))["count"] for name in WRITES & together.routes.keys()
    )
    return {
        "users": users,
        "mean_seconds": mean_seconds,
        "people": people,
        "seconds": seconds,
        "offered_per_s": round(offered / seconds, 1),
        "achieved_per_s": round(right / seconds, 1),
        **{name: overall[name] for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms", "errors", "shed")},
        "requests": overall["count"],
        "writes_share": round(writes / max(1, overall["count"]), 3),
        "late_sends": sum(each.late_sends for each in together.told),
        "screen_ms": {**percentiles(together.screens_ms), "count": sum(together.screens_ms.values())},
        "server_cpu_s": usage.get("server_cpu_s", 0.0),
        "rig_cpu_s": usage.get("rig_cpu_s", 0.0),
        "usage": usage,
        "routes": {name: together.over(list(windows.values())) for name, windows in sorted(together.routes.items())},
        "errors_by_kind": dict(
            sorted(merged(list(together.seconds.values())).errors.items(), key=lambda item: -item[1])
        ),
        "windows": windows_of(together),
        "counts": together.counts,
        "samples": [sample for each in together.told for sample in each.samples][:40],
    }


def windows_of(together: Together) -> list[dict[str, Any]]:
    """Every ten seconds: the whole, and each route's p95."""
    last = max((at for windows in together.routes.values() for at in windows), default=-1)
    found: list[dict[str, Any]] = []
    for at in range(last + 1):
        here = {route: windows[at] for route, windows in together.routes.items() if at in windows}
        routes = {route: together.over([cells]) for route, cells in here.items()}
        whole = together.over(list(here.values()))
        found.append({"second": at * WINDOW_SECONDS, **whole, "routes": {r: v["p95_ms"] for r, v in routes.items()}})
    return found


def about(options: dict[str, Any]) -> dict[str, Any]:
    """What was measured, where, and how."""
    return {"commit": report.commit(), "machine": processes.machine(), "options": options, "mix": mix.MODEL}


def per_request_us(values: dict[str, Any]) -> float:
    """The rig's own CPU for a request, with everything else it does."""
    return round(1e6 * values["rig_cpu_s"] / max(1, values["requests"]), 1)


def encode(values: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values, enc_hook=str), indent=1)


def storm(values: dict[str, Any], standing: list[dict[str, Any]], second: float) -> dict[str, Any]:
    """How the streams came back after all had broken at once, and what the requests felt meanwhile."""
    waits = sorted(wait for each in standing for wait in each["reopened"] if wait >= 0)
    back = {
        share: waits[min(len(waits), int(values["users"] * share + 0.999)) - 1]
        if len(waits) >= values["users"] * share
        else None
        for share in (0.95, 1.0)
    }
    until = second + (back[1.0] or back[0.95] or 90.0)
    before = [w["p95_ms"] for w in values["windows"] if w["second"] + WINDOW_SECONDS <= second]
    meanwhile = [w["p95_ms"] for w in values["windows"] if second <= w["second"] < until]
    return {
        "back_95_s": back[0.95],
        "back_100_s": back[1.0],
        "p95_ms_before": max(before, default=0.0),
        "p95_ms_meanwhile": max(meanwhile, default=0.0),
    }


def lines(values: dict[str, Any]) -> list[str]:
    """The figures for people."""
    found = [
        f"{values['users']:,} users, mean {values['mean_seconds']:g} s: offered {values['offered_per_s']:,}/s, answered right {values['achieved_per_s']:,}/s,"
        f" {values['writes_share']:.0%} writes",
        f"p50 {values['p50_ms']:.1f} ms, p95 {values['p95_ms']:.1f} ms, p99 {values['p99_ms']:.1f} ms, longest {values['max_ms']:.0f} ms;"
        f" {values['errors']} errors, of them {values['shed']} shed",
        f"{values['updates_published']:,} updates published, {values['updates_lost']} lost; {values['boards']:,} boards, {values['boards_stale']} stale;"
        f" save to screen p95 {values['screen_ms']['p95_ms']:.0f} ms",
        f"CPU: server {values['server_cpu_s']:.1f} s, rig {values['rig_cpu_s']:.1f} s ({per_request_us(values):.0f} us a request)"
        f" in {values['seconds']:.0f} s",
    ]
    for kind, used in sorted(values["usage"].get("kinds", {}).items()):
        found.append(
            f"  {kind:<10} {used['cores']:>6.2f} cores {used['memory_mb_max']:>8.0f} MB {used['files_max']:>7} files {used['processes']:>4} processes"
        )
    found.append(f"{'route':<22} {'count':>8} {'p50':>8} {'p95':>8} {'p99':>8} {'max':>8} {'errors':>7}")
    for name, r in values["routes"].items():
        found.append(
            f"{name:<22} {r['count']:>8} {r['p50_ms']:>8.1f} {r['p95_ms']:>8.1f} {r['p99_ms']:>8.1f} {r['max_ms']:>8.0f} {r['errors']:>7}"
        )
    found += [f"  {count} x {error}" for error, count in values["errors_by_kind"].items()]
    found += [f"  {sample[:300]}" for sample in values["samples"][:5]]
    return found
