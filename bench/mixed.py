"""CPU of one web process for each kind of request of the busy hour's mix, beside that of another source tree.

    python -m bench.mixed --against ../before --requests 4000 --json mixed.json

The database of the settings has to run and to have been filled (`wardline seed --people 100k`); the web servers are
started here. The journeys of `wardline load` are followed, one request at a time, so that what a process used between
two of them belongs to one. The trees take turns of some hundred requests, so that both see the machine in every mood.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import msgspec
import psycopg

from bench import processes
from bench.load import cast, signing
from bench.load.http import Call, Client, Http, Wire
from bench.load.journeys import Journeys
from bench.load.model import Actor, Part
from bench.load.requests import Requests
from bench.load.screens import Pages
from bench.load.users import Topic, User
from bench.stage import Server
from wardline.platform import database, settings
from wardline.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DROPPED_SHARE = 0.02  # of each kind of request the dearest: somebody else's collector, a first connection


class Tree:
    """A source tree and its web server, and what the requests cost there."""

    def __init__(self, name: str, root: Path, chosen: Settings) -> None:
        self.name = name
        told = {"PYTHONPATH": str(root), "WARDLINE_SECRET": chosen.secret or "", "PYTHONSAFEPATH": "1"}
        self.server = Server(("bench.serve", "wardline.app:create"), chosen.data, told)
        self.server.wait("/ready")
        self.processes = processes.family(self.server.process.pid)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.costs_us: dict[str, list[int]] = defaultdict(list)
        self.wrong: dict[str, int] = defaultdict(int)
        self.kept: dict[User, Http] = {}

    def cpu_us(self) -> int:
        """What the server has used until now."""
        return sum(map(processes.cpu_us, self.processes))

    def mean_us(self, route: str) -> float:
        """The mean of a kind of request without the dearest."""
        costs = sorted(self.costs_us[route])
        kept = costs[: max(1, len(costs) - int(len(costs) * DROPPED_SHARE))]
        return sum(kept) / len(kept) if kept else 0.0


class Day:
    """The users, who ask one after the other."""

    def __init__(self, part: Part, trees: list[Tree]) -> None:
        self._dice = Random(part.seed)
        self._topics: dict[str, Topic] = {}
        self._users = [User(actor, [self._topic(name) for name in actor.topics]) for actor in part.actors]
        self._pages = Pages(part.views)
        requests = Requests(Wire(part.url, []).authority)
        self._journeys = Journeys(part, requests, self._topics, self._dice)
        self._clients = {tree.name: Client(Wire(tree.url, []), lambda call: None) for tree in trees}

    def _topic(self, name: str) -> Topic:
        return self._topics.setdefault(name, Topic(name))

    async def turn(self, tree: Tree, count: int, *, counts: bool) -> None:
        """So many requests at one of the trees."""
        client = self._clients[tree.name]
        before = tree.cpu_us()
        for _ in range(count):
            user = self._dice.choice(self._users)
            user.http = tree.kept.pop(user, None)  # each tree has a connection of its own with every user
            user.open = 1 if user.http else 0
            call = await client.asked(self._next(user))
            self._judge(tree, call)
            if user.http is not None:
                tree.kept[user] = user.http
            after = tree.cpu_us()
            if counts:
                tree.costs_us[call.route].append(after - before)
            before = after

    def _next(self, user: User) -> Call:
        if not user.heard_at:
            user.heard_at = monotonic()
            return self._journeys.first(user, monotonic())
        return self._journeys.next(user, monotonic())

    def _judge(self, tree: Tree, call: Call) -> None:
        error = call.error or (f"status {call.status}" if call.status != call.expected else call.check(call))
        if error:
            tree.wrong[f"{call.route}: {error}"] += 1
        elif call.route == "first page":
            call.user.shown[0] = self._pages.shown(call.user.topics[0].name, call.user.role, call.body)
        self._journeys.settle(call, good=not error)


async def measure(trees: list[Tree], given: argparse.Namespace) -> None:
    """Sessions, a warm-up, then the turns."""
    chosen = settings.load()
    addresses = database.addresses(chosen)
    dice = Random(given.seed)
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        stage = cast.Stage(connection, given.hospitals)
        actors: list[Actor] = cast.actors(stage, given.users)
        dice.shuffle(actors)
        try:
            await signing.put_in(addresses.app, actors)
            made = cast.parts(
                stage, actors, 1, dice, seed=given.seed, urls=[trees[0].url], stream_urls=[trees[0].url], password="",
                mean_seconds=25.0, retries=0, views=cast.views(),
            )  # fmt: skip
            day = Day(made[0], trees)
            for number in range(-given.warm_turns, -(-given.requests // given.turn)):
                for tree in trees if number % 2 else reversed(trees):
                    await day.turn(tree, given.turn, counts=number >= 0)
        finally:
            signing.end(connection)


def figures(trees: list[Tree]) -> dict[str, Any]:
    """By route: how often, and the CPU in each tree; all of them as often as they came in all trees together."""
    routes = sorted({route for tree in trees for route in tree.costs_us if all(t.costs_us[route] for t in trees)})
    counts = {route: sum(len(tree.costs_us[route]) for tree in trees) for route in routes}
    total = sum(counts.values())
    mean = {t.name: round(sum(t.mean_us(r) * counts[r] for r in routes) / total) for t in trees}
    of = {route: {"count": counts[route]} | {t.name: round(t.mean_us(route)) for t in trees} for route in routes}
    return {"unit": "microseconds of CPU of the web process", "requests": total, "mix": mean, "routes": of,
            "wrong": {tree.name: dict(tree.wrong) for tree in trees if tree.wrong}}  # fmt: skip


def lines(values: dict[str, Any]) -> list[str]:
    """The same as text, what costs most in all first."""
    routes = sorted(values["routes"].items(), key=lambda each: -each[1]["count"] * each[1]["now"])
    found = [f"{'':26}{'share':>7}" + "".join(f"{name:>9}" for name in values["mix"]) + "    ratio"]
    for name, row in [("all of the mix", values["mix"] | {"count": values["requests"]}), *routes]:
        ratio = f"{row['now'] / row['before']:9.2f}" if row.get("before") else ""
        costs = "".join(f"{row[tree]:9}" for tree in values["mix"])
        found.append(f"{name:26}{row['count'] / values['requests']:7.1%}{costs}{ratio}")
    return found + [f"{tree}: {wrong}" for tree, wrong in values["wrong"].items()]


def main() -> None:
    """Start, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--against", type=Path, help="Another checkout, to be measured in turns with this one.")
    parser.add_argument("--requests", type=int, default=4000, help="At each tree.")
    parser.add_argument("--turn", type=int, default=200, help="Requests before the other tree has its turn.")
    parser.add_argument("--warm-turns", type=int, default=5)
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--hospitals", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="Write the figures here.")
    given = parser.parse_args()
    chosen = settings.load()
    trees = [Tree("before", given.against.resolve(), chosen)] if given.against else []
    try:
        trees.append(Tree("now", ROOT, chosen))
        began = time.time()
        asyncio.run(measure(trees, given))
        values = figures(trees)
    finally:
        for tree in trees:
            tree.server.stop()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    values |= {"commit": commit.stdout.strip(), "seconds": round(time.time() - began), "machine": processes.machine()}
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(values)))
    sys.stdout.write("\n".join(lines(values)) + "\n")


if __name__ == "__main__":
    main()
