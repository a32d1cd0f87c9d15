"""The report: one HTML file with everything in it, drawings as SVG."""

import html
import json
from collections.abc import Sequence
from typing import Any

from bench.load import words

WIDTH, HEIGHT = 640, 190
LEFT, TOP, RIGHT, BOTTOM = 58, 22, 128, 24
COLOURS = ("#1f6feb", "#c2410c", "#15803d", "#7e22ce", "#be123c", "#0e7490", "#a16207", "#475569")
ROUTES_DRAWN = 8
Series = tuple[str, Sequence[tuple[float, float]]]

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; color: #1f2937 }
h1 { margin-bottom: 0 } h2 { margin-top: 2.2rem; border-bottom: 1px solid #d1d5db } .muted { color: #6b7280 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { padding: .15rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) td { background: #f3f4f6 }
.big { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0 } .big div { border: 1px solid #d1d5db; border-radius: 8px;
padding: .4rem .9rem } .big b { display: block; font-size: 1.5rem } .bad b { color: #b91c1c }
.draw { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0 } figcaption { font-weight: 600 }
svg text { font: 11px system-ui, sans-serif; fill: #4b5563 } pre { white-space: pre-wrap; background: #f3f4f6; padding: .6rem }
"""


def report(values: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        headline(values),
        tiers(values),
        overload(values),
        storm(values),
        section("Latency", drawings_of_latency(values)),
        section("Routes", route_table(values)),
        section("CPU, memory, open files", usage_table(values) + drawings_of_usage(values)),
        section("Errors", errors(values)),
        section("How it was measured", about(values)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wardline under load</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def section(title: str, content: str) -> str:
    return f"<section><h2>{html.escape(title)}</h2>{content}</section>"


def headline(values: dict[str, Any]) -> str:
    facts = [
        ("users", f"{values['users']:,}", False),
        ("people on file", f"{values['people']:,}", False),
        ("offered a second", f"{values['offered_per_s']:,}", False),
        ("answered right a second", f"{values['achieved_per_s']:,}", False),
        ("p50", f"{values['p50_ms']:.1f} ms", False),
        ("p95", f"{values['p95_ms']:.1f} ms", False),
        ("p99", f"{values['p99_ms']:.1f} ms", False),
        ("longest", f"{values['max_ms']:,.0f} ms", False),
        ("errors", f"{values['errors']:,}", values["errors"] > 0),
        ("of them shed", f"{values['shed']:,}", values["shed"] > 0),
        ("updates lost", f"{values['updates_lost']:,} of {values['updates_published']:,}", values["updates_lost"] > 0),
        ("boards stale", f"{values['boards_stale']:,} of {values['boards']:,}", values["boards_stale"] > 0),
        ("save to screen, p95", f"{values['screen_ms']['p95_ms']:.0f} ms", False),
        ("server", f"{words.server_cores(values):.2f} cores", False),
        ("this rig", f"{values['rig_cpu_s'] / values['seconds']:.2f} cores", False),
    ]
    boxes = "".join(f"<div{' class=bad' if bad else ''}><b>{fact}</b>{name}</div>" for name, fact, bad in facts)
    machine = values["machine"]
    where = ", ".join(f"{name} {machine[name]}" for name in machine)
    return (
        f'<h1>Wardline under load</h1><p class="muted">{html.escape(values["date"])}, commit '
        f"{html.escape(values['commit'])}; {html.escape(where)}</p>"
        f'<div class="big">{boxes}</div>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def tiers(values: dict[str, Any]) -> str:
    if "tiers" not in values:
        return ""
    head = (
        "users", "offered/s", "right/s", "p50 ms", "p95 ms", "p99 ms", "errors", "lost", "stale", "server cores",
        "server MB", "rig cores",
    )  # fmt: skip
    rows = [
        [
            f"{v['users']:,}", f"{v['offered_per_s']:,}", f"{v['achieved_per_s']:,}", f"{v['p50_ms']:.1f}",
            f"{v['p95_ms']:.1f}", f"{v['p99_ms']:.1f}", f"{v['errors']:,}", f"{v['updates_lost']:,}",
            f"{v['boards_stale']:,}", f"{words.server_cores(v):.2f}", f"{words.server_memory_mb(v):,.0f}",
            f"{v['rig_cpu_s'] / v['seconds']:.2f}",
        ]
        for v in values["tiers"]
    ]  # fmt: skip
    return section("Tiers", table(head, rows) + '<p class="muted">What follows is the last tier.</p>')


def overload(values: dict[str, Any]) -> str:
    if "overload" not in values:
        return ""
    head = (
        "load", "offered/s", "right/s", "of capacity", "shed", "other errors", "right p95 ms", "refused p99 ms", "normal after",
    )  # fmt: skip
    rows = [
        [
            o["name"], f"{o['offered_per_s']:,}", f"{o['goodput_per_s']:,}", f"{o['goodput_of_capacity']:.1%}",
            f"{o['shed']:,}", f"{o['other_errors']:,}", f"{o['right_p95_ms']:.1f}", f"{o['refused_p99_ms']:.1f}",
            words.seconds(o["normal_after_s"]) if o["name"] != "1x" else "",
        ]
        for o in values["overload"]
    ]  # fmt: skip
    classes = [
        [o["name"], name, f"{c['count']:,}", f"{c['right_share']:.2%}", f"{c['right_p95_ms']:.1f}"]
        for o in values["overload"]
        for name, c in o["classes"].items()
    ]
    return section(
        "Overload",
        table(head, rows) + "<h3>By class</h3>" + table(("load", "class", "count", "right", "right p95 ms"), classes),
    )


def storm(values: dict[str, Any]) -> str:
    if "storm" not in values:
        return ""
    s = values["storm"]
    rows = [
        ["95 % of the streams back", words.seconds(s["back_95_s"])],
        ["all back", words.seconds(s["back_100_s"])],
        ["p95 of requests before", f"{s['p95_ms_before']:.1f} ms"],
        ["p95 of requests meanwhile", f"{s['p95_ms_meanwhile']:.1f} ms"],
    ]
    return section(f"All streams broken at {s['at_second']:.0f} s", table(("", ""), rows))


def route_table(values: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{r['count']:,}",
            *(f"{r[p]:.1f}" for p in ("p50_ms", "p95_ms", "p99_ms", "max_ms")),
            f"{r['errors']:,}",
        ]
        for name, r in values["routes"].items()
    ]
    return table(("route", "count", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"), rows)


def usage_table(values: dict[str, Any]) -> str:
    rows = [
        [
            kind,
            f"{u['cpu_s']:.1f}",
            f"{u['cores']:.2f}",
            f"{u['memory_mb_max']:,.0f}",
            f"{u['files_max']:,}",
            str(u["processes"]),
        ]
        for kind, u in sorted(values["usage"].get("kinds", {}).items())
    ]
    rows.append(["others on this machine", f"{values['usage'].get('others_cpu_s', 0):.1f}", "", "", "", ""])
    rows.append(["taken by the host", f"{values['usage'].get('stolen_cpu_s', 0):.1f}", "", "", "", ""])
    return table(("processes", "CPU s", "cores", "most MB", "most files", "processes"), rows)


def errors(values: dict[str, Any]) -> str:
    rows = [[error, f"{count:,}"] for error, count in values["errors_by_kind"].items()]
    found = table(("in what was measured", "times"), rows) if rows else "<p>None in what was measured.</p>"
    lines = [*values["samples"], *(f"stale: {name}" for name in values["stale_named"])]
    lines += [f"lost: {count} of {topic}" for topic, count in values["lost_named"].items()]
    return found + (f"<pre>{html.escape(chr(10).join(lines))}</pre>" if lines else "")


def about(values: dict[str, Any]) -> str:
    rest = {
        name: values[name]
        for name in (
            "options",
            "sign_in",
            "streams_at_the_beginning",
            "counts",
            "mix",
            "roles",
            "processes",
            "late_sends",
            "retries",
        )
    }
    return f"<pre>{html.escape(json.dumps(rest, indent=1))}</pre>"


# ---- drawings ----------------------------------------------------------------------------------------------------------


def drawings_of_latency(values: dict[str, Any]) -> str:
    windows = values["windows"]
    if not windows:
        return ""
    overall: list[Series] = [
        (name[:-3], [(w["second"], w[name]) for w in windows]) for name in ("p50_ms", "p95_ms", "p99_ms")
    ]
    busiest = sorted(values["routes"], key=lambda name: -values["routes"][name]["count"])
    drawn = [drawing("All requests, ms", overall)]
    for first in range(0, len(busiest), ROUTES_DRAWN):
        some = busiest[first : first + ROUTES_DRAWN]
        series: list[Series] = [
            (name, [(w["second"], w["routes"][name]) for w in windows if name in w["routes"]]) for name in some
        ]
        drawn.append(drawing("p95 by route, ms", series))
    rates: list[Series] = [
        ("requests", [(w["second"], w["count"] / 10) for w in windows]),
        ("errors", [(w["second"], w["errors"] / 10) for w in windows]),
    ]
    drawn.append(drawing("Requests a second", rates))
    return f'<div class="draw">{"".join(drawn)}</div>'


def drawings_of_usage(values: dict[str, Any]) -> str:
    timeline = values["timeline"]
    kinds = sorted({kind for moment in timeline for kind in moment["kinds"]})
    drawn: list[str] = []
    for number, title in enumerate(("Cores", "Memory, MB", "Open files")):
        series: list[Series] = [
            (kind, [(m["second"], m["kinds"][kind][number]) for m in timeline if kind in m["kinds"]]) for kind in kinds
        ]
        drawn.append(drawing(title, series))
    return f'<div class="draw">{"".join(drawn)}</div>'


def drawing(title: str, series: Sequence[Series]) -> str:
    """Lines over time, in seconds."""
    points = [point for _, line in series for point in line]
    if not points:
        return ""
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    most = max(*(y for _, y in points), 1e-9)

    def place(x: float, y: float) -> str:
        across = LEFT + (x - first) / max(1e-9, last - first) * (WIDTH - LEFT - RIGHT)
        return f"{across:.1f},{TOP + (1 - y / most) * (HEIGHT - TOP - BOTTOM):.1f}"

    lines = "".join(
        f'<polyline fill="none" stroke="{COLOURS[n % len(COLOURS)]}" stroke-width="1.6" points="'
        f'{" ".join(place(x, y) for x, y in line)}"/>'
        f'<text x="{WIDTH - RIGHT + 6}" y="{TOP + 12 + n * 14}" style="fill:{COLOURS[n % len(COLOURS)]}">{html.escape(name)}</text>'
        for n, (name, line) in enumerate(series)
    )
    axes = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(most * share)}</text>'
        for share in (0.0, 0.5, 1.0)
        for y in [TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)]
    )
    times = "".join(
        f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{second:.0f} s</text>'
        for x, anchor, second in ((LEFT, "start", first), (WIDTH - RIGHT, "end", last))
    )
    return (
        f'<figure><figcaption>{html.escape(title)}</figcaption><svg width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"{axes}{lines}{times}</svg></figure>"
    )


def short(number: float) -> str:
    """A number beside an axis."""
    return f"{number:,.0f}" if number >= 100 or number == 0 else f"{number:.2g}"
