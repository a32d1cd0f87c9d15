"""The figures for people, as lines."""

from collections import Counter
from typing import Any

TIER_HEAD = (
    "   users  offered/s  right/s     p50     p95     p99     max  errors   lost  stale   server   memory      rig"
)


def lines(values: dict[str, Any]) -> list[str]:
    """One run."""
    screen = values["screen_ms"]
    per_request_us = 1e6 * values["rig_cpu_s"] / max(1, values["requests"])
    found = [
        f"{values['users']:,} users, mean {values['mean_seconds']:g} s, {values['people']:,} people:"
        f" offered {values['offered_per_s']:,}/s, answered right {values['achieved_per_s']:,}/s, {values['writes_share']:.0%} writes",
        f"p50 {values['p50_ms']:.1f} ms, p95 {values['p95_ms']:.1f} ms, p99 {values['p99_ms']:.1f} ms,"
        f" longest {values['max_ms']:.0f} ms; {values['errors']:,} errors, of them {values['shed']:,} shed",
        f"{values['updates_published']:,} updates published, {values['updates_lost']:,} lost;"
        f" {values['boards']:,} boards, {values['boards_stale']:,} stale;"
        f" save to screen p50 {screen['p50_ms']:.0f}, p95 {screen['p95_ms']:.0f} ms",
        f"CPU in {values['seconds']:.0f} s: server {values['server_cpu_s']:.1f} s, rig {values['rig_cpu_s']:.1f} s"
        f" ({per_request_us:.0f} us a request with its share of pushes), others {values['usage'].get('others_cpu_s', 0):.1f} s,"
        f" taken by the host {values['usage'].get('stolen_cpu_s', 0):.1f} s",
    ]
    if values["streams_at_the_beginning"] < values["users"]:
        found.append(f"only {values['streams_at_the_beginning']:,} streams were open when the measuring began")
    if values["late_sends"]:
        found.append(f"the rig sent {values['late_sends']:,} requests more than 10 ms late; it is in their latency")
    return found + usage_lines(values) + route_lines(values) + error_lines(values) + special_lines(values)


def usage_lines(values: dict[str, Any]) -> list[str]:
    return [
        f"  {kind:<14} {used['cores']:>6.2f} cores {used['memory_mb_max']:>8.0f} MB {used['files_max']:>7} files"
        f" {used['processes']:>4} processes"
        for kind, used in sorted(values["usage"].get("kinds", {}).items())
    ]


def route_lines(values: dict[str, Any]) -> list[str]:
    head = f"{'route':<20} {'count':>8} {'p50':>8} {'p95':>8} {'p99':>8} {'max':>8} {'errors':>7}"
    return [head] + [
        f"{name:<20} {r['count']:>8} {r['p50_ms']:>8.1f} {r['p95_ms']:>8.1f} {r['p99_ms']:>8.1f} {r['max_ms']:>8.0f} {r['errors']:>7}"
        for name, r in values["routes"].items()
    ]


def error_lines(values: dict[str, Any]) -> list[str]:
    found = [f"  {count:,} x {error}" for error, count in values["errors_by_kind"].items()]
    found += [f"  {sample[:300]}" for sample in _few_of_each(values["samples"])]
    return found + [f"  stale: {name[:300]}" for name in values["stale_named"][:5]]


def _few_of_each(samples: list[str]) -> list[str]:
    """Two of each kind of error, the kind being the first words of a sample."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for sample in samples:
        kind = sample.split(":", 1)[0]
        seen[kind] += 1
        if seen[kind] <= 2:
            found.append(sample)
    return found[:12]


def special_lines(values: dict[str, Any]) -> list[str]:
    found: list[str] = []
    if storm := values.get("storm"):
        found.append(
            f"storm: 95 % of the streams back after {seconds(storm['back_95_s'])}, all after {seconds(storm['back_100_s'])};"
            f" p95 {storm['p95_ms_before']:.1f} ms before, {storm['p95_ms_meanwhile']:.1f} ms meanwhile"
        )
    if "overload" in values:
        found.append("load   offered/s  right/s  of capacity     shed  errors  right p95  refused p99  normal after")
    for each in values.get("overload", []):
        found.append(
            f"{each['name']:<5} {each['offered_per_s']:>10,} {each['goodput_per_s']:>8,} {each['goodput_of_capacity']:>12.1%}"
            f" {each['shed']:>8,} {each['other_errors']:>7,} {each['right_p95_ms']:>10.1f} {each['refused_p99_ms']:>12.1f}"
            f"  {seconds(each['normal_after_s']) if each['name'] != '1x' else ''}"
        )
        if each["name"] != "1x":
            shares = (f"{name} {c['right_share']:.2%}" for name, c in each["classes"].items())
            found.append(f"      answered right: {', '.join(shares)}")
    return found


def seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:g} s"


def tier_lines(tiers: list[dict[str, Any]]) -> list[str]:
    """The table of several numbers of users."""
    return [TIER_HEAD] + [
        f"{v['users']:>8,} {v['offered_per_s']:>10,} {v['achieved_per_s']:>8,} {v['p50_ms']:>7.1f} {v['p95_ms']:>7.1f}"
        f" {v['p99_ms']:>7.1f} {v['max_ms']:>7.0f} {v['errors']:>7,} {v['updates_lost']:>6,} {v['boards_stale']:>6,}"
        f" {server_cores(v):>5.2f} c {server_memory_mb(v):>6.0f} MB {v['rig_cpu_s'] / v['seconds']:>6.2f} c"
        for v in tiers
    ]


def server_cores(values: dict[str, Any]) -> float:
    """Cores that the server's processes used on average."""
    return values["server_cpu_s"] / values["seconds"]


def server_memory_mb(values: dict[str, Any]) -> float:
    """The most memory of each kind of process of the server, together."""
    kinds = values["usage"].get("kinds", {})
    return sum(used["memory_mb_max"] for kind, used in kinds.items() if not kind.startswith("rig"))
