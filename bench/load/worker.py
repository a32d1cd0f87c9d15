"""One process of the rig: a share of the users. It takes orders as lines of JSON and answers with lines of JSON."""

import asyncio
import contextlib
import gc
import resource
import sys
from random import Random
from time import monotonic
from typing import Any

import msgspec
import uvloop

from bench.load.acting import Acting, Tally
from bench.load.checking import Boards
from bench.load.http import Call, Client, Wire
from bench.load.journeys import Journeys
from bench.load.model import Part, Timetable, Told
from bench.load.requests import Requests
from bench.load.screens import Pages
from bench.load.signing import SignIns
from bench.load.streams import Watching
from bench.load.users import Topic, User

FILES_SPARE = 200
DRAIN_SECONDS_MAX = 35.0


class Worker:
    """The users of one part and everything they need."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.loop = asyncio.get_running_loop()
        dice = Random(f"{part.seed}-{part.number}")
        self.topics: dict[str, Topic] = {}
        self.users = [User(actor, [self._topic(name) for name in actor.topics]) for actor in part.actors]
        self.tally = Tally()
        self.requests = Requests(Wire(part.url, []).authority)
        pages = Pages(part.views)
        journeys = Journeys(part, self.requests, self.topics, dice)
        self.client = Client(Wire(part.url, part.sources[:1]), self._finished)
        self.acting = Acting(self.users, journeys, self.client, self.tally, pages, dice, retries=part.retries)
        self.watching = Watching(
            Wire(part.stream_url, part.sources[1:] or part.sources),
            self.requests,
            self.topics,
            dice,
            reread=self.acting.reread,
            delivered=self.tally.delivered,
        )
        self.acting.arrived = self.watching.open
        self.boards = Boards(self.users, part, self.requests, self.client)
        self.dropped_at = 0.0

    def _topic(self, name: str) -> Topic:
        return self.topics.setdefault(name, Topic(name))

    def _finished(self, call: Call) -> None:
        self.acting.finished(call)

    def run(self, table: Timetable) -> None:
        """Open the streams at an even rate, act, break the streams when the timetable says so."""
        for number, user in enumerate(self.users):
            share = (number + 0.5) / len(self.users)
            self.loop.call_at(table.opens + share * (table.opened - table.opens), self.acting.arrive, user)
        self.acting.start(table, self.part.mean_seconds)
        self.loop.call_at(table.opens + 1, self._every_second)
        if table.storm_at:
            self.loop.call_at(table.storm_at, self._storm)
        self.loop.call_at(table.begins, gc.freeze)

    def _storm(self) -> None:
        self.dropped_at = monotonic()
        self.watching.drop_all(self.users)

    def _every_second(self) -> None:
        now = monotonic()
        self.client.give_up(now)
        self.watching.every_second(self.users, now)
        self.loop.call_later(1.0, self._every_second)

    def standing(self) -> dict[str, Any]:
        """How things are now, for who looks on."""
        errors = sum(sum(cells.errors.values()) for cells in self.tally.seconds.values())
        return {
            "users": sum(1 for user in self.users if user.heard_at),
            "streams": self.watching.open_now,
            "flying": self.client.flying,
            "offered": self.acting.offered,
            "errors": errors,
            "reopened": [round(at - self.dropped_at, 2) for at in self.watching.reopened_at] if self.dropped_at else [],
        }

    async def drain(self) -> dict[str, Any]:
        """Wait for the last answers."""
        until = monotonic() + DRAIN_SECONDS_MAX
        while self.client.flying and monotonic() < until:  # noqa: ASYNC110 (looked at, not told)
            await asyncio.sleep(0.1)
        return self.standing()

    async def settle(self, versions: dict[str, int], seconds: float) -> dict[str, Any]:
        """Wait until every watcher has seen what is committed; how many changes did not come to whom."""
        until = monotonic() + seconds
        while (missing := self._missing(versions)) and monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.25)
        return {"lost": sum(missing.values()), "of_topics": dict(list(missing.items())[:20])}

    def _missing(self, versions: dict[str, int]) -> dict[str, int]:
        missing: dict[str, int] = {}
        for user in self.users:
            for topic, seen in zip(user.topics, user.seen, strict=True):
                behind = versions.get(topic.name, 0) - seen
                if behind > 0:
                    missing[topic.name] = missing.get(topic.name, 0) + behind
        return missing

    def told(self) -> Told:
        """The whole account."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        counts = {**self.watching.counts, **{f"outside: {error}": count for error, count in self.tally.before.items()}}
        counts |= {
            "connections_opened": self.client.opened,
            "requests_repeated": self.client.repeated,
            "tasks_taken_before": self.acting.conflicts,
        }
        return Told(
            cpu_s=usage.ru_utime + usage.ru_stime,
            rss_mb=usage.ru_maxrss / 1024,
            routes=self.tally.routes,
            seconds=self.tally.seconds,
            offered=self.acting.offered,
            late_sends=self.acting.late_sends,
            retries=self.acting.retries,
            counts=counts,
            screens_ms=self.tally.screens_ms,
            samples=self.tally.samples,
        )


async def obey(worker: Worker, order: dict[str, Any]) -> Any:
    """Carry out one order; what is returned is the answer."""
    match order["do"]:
        case "sign in":
            return await SignIns(worker.client, worker.requests, worker.part.password).run(
                worker.users, order["per_second"]
            )
        case "run":
            worker.run(msgspec.convert(order["table"], Timetable))
            return {}
        case "stand":
            return worker.standing()
        case "drain":
            return await worker.drain()
        case "settle":
            return await worker.settle(order["versions"], order["seconds"])
        case "boards":
            return await worker.boards.compare(order["seconds"], order["per_second"])
        case "tell":
            worker.watching.close(worker.users)
            return worker.told()
        case other:
            raise ValueError(other)


def allow_files() -> None:
    """As many open files as the machine lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def main() -> None:
    allow_files()
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 30)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    worker = Worker(msgspec.json.decode(await orders.readline(), type=Part))
    say({"ready": len(worker.users)})
    while line := await orders.readline():
        say(await obey(worker, msgspec.json.decode(line)))


def say(answer: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
