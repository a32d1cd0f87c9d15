"""The table that people read and the file that programs read."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from bench import processes
from bench.works import Budget

RESULTS = Path(__file__).parent / "results"
CEILING_RATIO_MAX = 2.0
USUAL_RATIO_MIN = 8.0


class Round(msgspec.Struct):
    """One measured stretch of one work."""

    requests: int
    web_cpu_us: float
    postgres_cpu_us: float
    p50_ms: float
    p95_ms: float
    wrong: dict[str, int] = {}


class Figures(msgspec.Struct):
    """The median of the rounds. Of a work that the peers do too: how many times the ceiling's CPU it takes, and how many
    times its CPU the usual choice takes, web server and database together."""

    web_cpu_us: float
    postgres_cpu_us: float
    p50_ms: float
    p95_ms: float
    requests: int
    wrong: int
    budget: Budget | None = None
    met: bool | None = None
    vs_ceiling: float | None = None
    vs_usual: float | None = None


def figures(rounds: list[Round], budget: Budget | None = None) -> Figures:
    """Medians; `met` looks at both kinds of CPU: latency on a shared machine says little about the program."""
    found = Figures(
        round(median(r.web_cpu_us for r in rounds), 1),
        round(median(r.postgres_cpu_us for r in rounds), 1),
        round(median(r.p50_ms for r in rounds), 2),
        round(median(r.p95_ms for r in rounds), 2),
        sum(r.requests for r in rounds),
        sum(sum(r.wrong.values()) for r in rounds),
        budget,
    )
    if budget is not None:
        found.met = (
            found.web_cpu_us <= budget.web_cpu_us
            and found.postgres_cpu_us <= budget.postgres_cpu_us
            and not found.wrong
        )
    return found


def line(name: str, words: str, found: Figures) -> str:
    """One row of the table."""
    row = f"{name:<16} {found.web_cpu_us:>7.0f} {found.postgres_cpu_us:>8.0f} {found.p50_ms:>7.1f} {found.p95_ms:>7.1f}"
    if found.budget is not None:
        row += (
            f"  {found.budget.web_cpu_us:>6.0f} {found.budget.postgres_cpu_us:>8.0f}  {'yes' if found.met else 'NO':<4}"
        )
    else:
        row += " " * 23
    wrong = f"  {found.wrong} WRONG ANSWERS" if found.wrong else ""
    return f"{row} {words}{wrong}"


HEAD = (
    "                      measured                        budget\n"
    "work             web us    db us     p50     p95  web us    db us  met"
)


def result(
    people: int, load: str, work: dict[str, Figures], peers: dict[str, Figures], live: dict[str, Any]
) -> dict[str, Any]:
    """Everything that a reader needs to believe a figure."""
    ours, ceiling, usual = work["door"], peers.get("ceiling.door"), peers.get("usual.door")
    return {
        "date": now(),
        "commit": commit(),
        "machine": processes.machine(),
        "people": people,
        "load": load,
        "work": msgspec.to_builtins(work),
        "live": live,
        "peers": msgspec.to_builtins(peers),
        "door_vs_ceiling": round(both(ours) / both(ceiling), 2) if ceiling else None,
        "door_vs_usual": round(both(usual) / both(ours), 2) if usual else None,
        "door_vs_ceiling_web": round(ours.web_cpu_us / ceiling.web_cpu_us, 2) if ceiling else None,
        "door_vs_usual_web": round(usual.web_cpu_us / ours.web_cpu_us, 2) if usual else None,
    }


def compare(work: dict[str, Figures], peers: dict[str, Figures]) -> None:
    """Put beside each work how it stands to the peers that did it too."""
    for name, ours in work.items():
        ceiling, usual = peers.get(f"ceiling.{name}"), peers.get(f"usual.{name}")
        ours.vs_ceiling = round(both(ours) / both(ceiling), 2) if ceiling else None
        ours.vs_usual = round(both(usual) / both(ours), 2) if usual else None


def ratios(work: dict[str, Figures]) -> list[str]:
    """Each compared work's row in the table of ratios, the door's with what it is to keep."""
    compared = {name: ours for name, ours in work.items() if ours.vs_ceiling or ours.vs_usual}
    if not compared:
        return []
    goals = f"  goal: at most {CEILING_RATIO_MAX:g}, at least {USUAL_RATIO_MIN:g}"
    return [
        "\nCPU of web server and database together  times the ceiling's   the usual choice's, times ours",
        *(
            f"{name:<38} {ours.vs_ceiling or 0:>21.2f} {ours.vs_usual or 0:>32.2f}{goals if name == 'door' else ''}"
            for name, ours in compared.items()
        ),
    ]


def both(found: Figures) -> float:
    """CPU of the web server and of the database together."""
    return found.web_cpu_us + found.postgres_cpu_us


def save(values: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=2) + "\n")


def now() -> str:
    """The moment, for a result."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"
