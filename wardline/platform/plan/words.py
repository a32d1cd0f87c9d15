"""The plan for people: the page of one question, and the table of the tiers."""

from typing import Any

import msgspec

from wardline.platform.plan.costs import Assumptions, Cost, Costs
from wardline.platform.plan.machines import DISK_OF_SYSTEM_GB, Machine, Plan, plan
from wardline.platform.plan.measured import Measured, Run
from wardline.platform.plan.needs import Needs, question

TIERS = (1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000)
MEAN_SECONDS = 25.0


def page(found: Plan, costs: Costs, assumed: Assumptions) -> str:
    """Everything about one question."""
    asked = found.question
    head = (
        f"{asked.users:,} people at work, each acting every {asked.mean_seconds:g} s: "
        f"{asked.requests_per_s:,.0f} requests a second; {asked.people:,} people on file."
    )
    lines = [head, "", *_parts(found.total), "", *_machines(found), "", *_data(found), "", *_money(found, assumed), ""]
    lines += ["Where the figures come from:"]
    for how in ("measured", "worked out", "assumed"):
        lines += [_source(cost) for cost in costs.all() if cost.how == how]
    room = (
        f"{assumed.busy_share:.0%} of a core and {assumed.memory_share:.0%} of the memory are planned for the busy hour"
    )
    lines.append(f"  assumed     {room}; assumptions.toml says why.")
    return "\n".join(lines) + "\n"


def _parts(total: Needs) -> list[str]:
    """`busy`: what the work takes; `cores`: with the room that is left."""
    lines = [f"{'':<10} {'busy':>7} {'cores':>7} {'memory':>10} {'processes':>10}"]
    for part in total.parts.values():
        memory = f"{part.memory_gb:.1f} GB"
        lines.append(f"{part.name:<10} {part.cores:>7.1f} {part.cores_given:>7.1f} {memory:>10} {part.processes:>10}")
    cores, memory = sum(p.cores for p in total.parts.values()), f"{total.memory_gb:.1f} GB"
    lines.append(f"{'together':<10} {cores:>7.1f} {total.cores:>7.1f} {memory:>10}")
    return lines


def _machines(found: Plan) -> list[str]:
    cells = f", in {found.cells} cells of {found.cell.question.users:,} people at work" if found.cells > 1 else ""
    lines = [f"Machines{cells}:"]
    lines += [
        f"  {m.count:>3} x {m.name:<10} {m.cores:>3} cores {m.memory_gb:>4} GB memory {m.disk_gb:>6,} GB disk"
        for m in found.machines
    ]
    if found.single:
        lines.append("  One machine has no second: a standby of the same size doubles it.")
    return lines


def _data(found: Plan) -> list[str]:
    total, cell = found.total, found.cell
    each = " in a cell" if found.cells > 1 else ""
    return [
        f"Data: {total.data_gb:,.0f} GB, growing by {total.growth_gb:,.1f} GB a day with the record of access; "
        f"{cell.hot_gb:,.1f} GB{each} should be in the database's memory.",
        f"Connections to the database{each}: {cell.connections} at most, all pools together.",
    ]


def _money(found: Plan, assumed: Assumptions) -> list[str]:
    return [
        f"A month costs {money(found)} for machines and disks (prices of {assumed.date} in assumptions.toml, "
        "no provider's list; without people, backups and traffic)."
    ]


def money(found: Plan) -> str:
    """From low to high, in two figures that mean something."""
    low, high = (_rounded(end) for end in found.cost_month)
    return f"{low:,} to {high:,} {found.currency}"


def _rounded(value: float) -> int:
    """Two digits that say something; the others would only look exact."""
    step = 10 ** max(0, len(str(int(value))) - 2)
    return int(round(value / step) * step)


def _source(cost: Cost) -> str:
    return f"  {cost.how:<11} {cost.words}: {cost.value:,g} {cost.unit} ({cost.source})"


def tiers(measured: Measured, costs: Costs, assumed: Assumptions) -> str:
    """The table of docs/operations/capacity.md."""
    lines = [
        "| at work | requests/s | on file | busy cores | memory | data | record a day | machines | USD a month | measured |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for users in TIERS:
        found = plan(question(users, MEAN_SECONDS, None), costs, assumed)
        busy = sum(part.cores for part in found.total.parts.values())
        cells = [
            f"{users:,}",
            f"{found.question.requests_per_s:,.0f}",
            f"{found.question.people:,}",
            f"{busy:.1f}",
            f"{found.total.memory_gb:,.1f} GB",
            f"{found.total.data_gb:,.0f} GB",
            f"{found.total.growth_gb:,.1f} GB",
            _machines_words(found),
            money(found).removesuffix(f" {found.currency}"),
            _measured_words(measured, users),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _machines_words(found: Plan) -> str:
    if found.single:
        return _machine_words(found.machines[0])
    whole = "; ".join(_machine_words(machine) for machine in found.machines)
    return whole if found.cells == 1 else f"{found.cells} cells: {whole}"


def _machine_words(machine: Machine) -> str:
    """The one machine, or so many of a part; a disk is named where it holds more than a system."""
    disk = f", disk {machine.disk_gb:,} GB" if machine.disk_gb > DISK_OF_SYSTEM_GB else ""
    size = f"{machine.cores} cores, {machine.memory_gb} GB{disk}"
    return size if machine.name == "everything" else f"{machine.count} {machine.name} of {size}"


def _measured_words(measured: Measured, users: int) -> str:
    """What a run with so many users said, or that it is extrapolated."""
    runs = [run for run in measured.runs if run.users == users and run.mean_seconds == MEAN_SECONDS]
    return _run_words(runs[-1]) if runs else "no: extrapolated"


def _run_words(run: Run) -> str:
    wrong = f", {run.wrong:,} wrong" if run.wrong else ""
    return f"p50 {run.p50_ms:.0f}, p95 {run.p95_ms:.0f}, p99 {run.p99_ms:.0f} ms{wrong} ({run.file})"


def values(found: Plan, costs: Costs) -> dict[str, Any]:
    """The plan for programs."""
    return msgspec.to_builtins({"plan": found, "costs": costs.all()})
