"""`make bench`: CPU per request of each work beside its budget, and beside two other ways of doing the same.

Starts a Wardline of its own on a database of its own with fsync on, seeds it, drives it from a process of its own with
a closed loop, and takes the median of several rounds.
"""

import argparse
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench import agreeing, live, processes, report
from bench.driver import Load
from bench.peers import SIZES
from bench.report import Figures, Round
from bench.stage import Server, Stage, stage
from bench.works import Work, works

PEERS = {"ceiling": ("bench.serve", "bench.peers.ceiling:create"), "usual": ("bench.peers.usual",)}
PEER_WORKS = ("door", "session", "board", "chart", "search_prefix", "search_misspelt", "observations")


class Driver:
    """The process that makes the load."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def order(self, kind: str, what: msgspec.Struct) -> dict[str, Any]:
        """Give an order; its first answer."""
        self._send(kind.encode() + b" " + msgspec.json.encode(what))
        return self.answer()

    def go(self) -> dict[str, Any]:
        """Let what was ordered go on; the next answer."""
        self._send(b"go")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The load ended early; see above.")
        return msgspec.json.decode(line)

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._process.wait(5)


def measured(driver: Driver, made: Stage, server: Server, work: Work, options: argparse.Namespace) -> Round:
    """One round: warm up, then count CPU and answers over the same stretch."""
    first = driver.order(
        "load",
        Load(
            port=server.port,
            connections=options.connections,
            seconds=options.seconds,
            warm_seconds=options.seconds / 3,
            requests=work.requests,
            status=work.status,
            changes=work.changes,
            database=made.addresses.owner,
        ),
    )
    ours = frozenset({int(first["backend"])})
    web, database = (
        processes.family_cpu_us(server.process.pid),
        processes.family_cpu_us(made.database_pid, without=ours),
    )
    counted = driver.go()
    web = processes.family_cpu_us(server.process.pid) - web
    database = processes.family_cpu_us(made.database_pid, without=ours) - database
    requests = max(1, int(counted["requests"]))
    return Round(requests, web / requests, database / requests, counted["p50_ms"], counted["p95_ms"], counted["wrong"])


def start_peers(made: Stage, web: Server, chosen: list[Work]) -> dict[str, Server]:
    """The peers, once their answers have been found to say what the product's say."""
    sizes = agreeing.sizes(agreeing.over_http(web.port), chosen)
    told = {SIZES: msgspec.json.encode(sizes).decode()}
    peers = {name: made.start(name, *PEERS[name], path="/sessions/current", told=told) for name in PEERS}
    ask = {name: agreeing.over_http(server.port) for name, server in (("wardline", web), *peers.items())}
    with psycopg.connect(made.addresses.owner, autocommit=True) as connection:
        checked = agreeing.check(connection, ask, chosen)
    print(f"{checked} answers of the peers say what ours say; ours have (bytes): {sizes}", flush=True)
    return peers


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the stage is cleared away
    started = time.monotonic()
    with stage() as made:
        made.start_database()
        seeded = made.seed(options.people)
        print(f"{options.people:,} people seeded in {time.monotonic() - started:.0f} s", flush=True)
        chosen = [work for work in works(seeded) if not options.only or work.name in options.only]
        web = made.start("wardline", "bench.serve", "bench.web:create")
        peers = {} if options.no_peers else start_peers(made, web, chosen)
        driver = Driver()
        try:
            rounds: dict[str, list[Round]] = {}
            for number in range(options.rounds):
                for work in chosen:
                    rounds.setdefault(work.name, []).append(measured(driver, made, web, work, options))
                    if work.name in PEER_WORKS:
                        for name, server in peers.items():
                            rounds.setdefault(f"{name}.{work.name}", []).append(
                                measured(driver, made, server, work, options)
                            )
                print(f"round {number + 1} of {options.rounds}, {time.monotonic() - started:.0f} s", flush=True)
            pushed = {} if options.only and "live" not in options.only else live.measured(driver, made, web, seeded)
        finally:
            driver.stop()
    found = {work.name: report.figures(rounds[work.name], work.budget) for work in chosen}
    compared = {name: report.figures(rounds[name]) for name in rounds if "." in name}
    report.compare(found, compared)
    load = f"closed loop, {options.connections} connections, {options.rounds} rounds of {options.seconds:g} s, 1 web worker"
    tell(options, chosen, found, compared, pushed, load)
    print(f"{time.monotonic() - started:.0f} s in all")


def tell(
    options: argparse.Namespace, chosen: list[Work], found: dict[str, Figures], compared: dict[str, Figures],
    pushed: dict[str, Any], load: str,
) -> None:  # fmt: skip
    """Print the table and write the file."""
    print(f"\nCPU per request in microseconds, latency in milliseconds; {load}\n{report.HEAD}")
    for work in chosen:
        print(report.line(work.name, work.words, found[work.name]))
    for name, figures in compared.items():
        print(report.line(name, "for comparison", figures))
    for line in [*report.ratios(found), *live.lines(pushed)]:
        print(line)
    if "door" in found:
        values = report.result(options.people, load, found, compared, pushed)
        for name in ("door_vs_ceiling", "door_vs_usual"):
            print(f"{name}: {values[name]} (web alone {values[f'{name}_web']})")
        if options.out and not options.only:
            report.save(values, options.out)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each round of each work")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", action="append", help="this work alone; may be repeated")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, default=report.RESULTS / "latest.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
