"""The leading process: sets a run up, follows it, and puts its figures together."""

import asyncio
import os
from collections.abc import Callable
from itertools import pairwise
from math import lcm
from random import Random
from time import monotonic
from typing import Any

import msgspec
import psycopg
import uvloop

from bench.load import cast, results, sampling, signing
from bench.load.hand import Hand
from bench.load.model import WINDOW_SECONDS, Actor, Timetable
from bench.load.options import CannotRun, Options
from wardline.demo.accounts import PASSWORD
from wardline.platform import database
from wardline.platform.settings import Settings

BOARDS_PER_S = 150.0
START_SECONDS = 2.0


class Run:
    """One run from the first session to the last board."""

    def __init__(self, options: Options, settings: Settings, say: Callable[[str], None]) -> None:
        self.options = options
        self.say = say
        self._settings = settings
        self._addresses = database.addresses(settings)
        self._hands: list[Hand] = []
        self._topics: list[str] = []
        self._signed: dict[str, Any] = {}
        self._streams_at_the_beginning = 0

    async def _all(self, do: str, **more: Any) -> list[Any]:
        return await asyncio.gather(*(hand.ask(do, **more) for hand in self._hands))

    async def run(self) -> dict[str, Any]:
        """The figures. Raises NobodyThere and CannotRun."""
        connection = await asyncio.to_thread(psycopg.connect, self._addresses.owner, autocommit=True)
        with connection:
            stage = await asyncio.to_thread(cast.Stage, connection, self.options.hospitals)
            try:
                await self._begin(stage)
                return await self._measure(connection, stage)
            finally:
                await asyncio.gather(*(hand.end() for hand in self._hands))
                await asyncio.to_thread(signing.end, connection)

    # ---- before ------------------------------------------------------------------------------------------------

    async def _begin(self, stage: cast.Stage) -> None:
        """Sessions, and the workers with their parts."""
        options, dice = self.options, Random(self.options.seed)
        users = cast.actors(stage, options.users)
        dice.shuffle(users)
        self.say(f"{len(users):,} users in {len(stage.places):,} wards of a network of {stage.people:,} people")
        seconds = await signing.put_in(self._addresses.app, users[options.sign_ins :])
        self._signed = {"put_into_the_database": max(0, len(users) - options.sign_ins), "seconds": round(seconds, 1)}
        parts = cast.parts(
            stage,
            users,
            options.processes or cast.processes_for(options.users, lcm(len(options.urls), len(options.stream_urls))),
            dice,
            seed=options.seed,
            urls=options.urls,
            stream_urls=options.stream_urls,
            password=PASSWORD,
            mean_seconds=options.mean,
            retries=options.retries,
            views=cast.views(),
        )
        self._topics = sorted({topic for user in users for topic in user.topics})
        self._hands = list(await asyncio.gather(*map(Hand.start, parts)))
        await self._sign_in(users)

    async def _sign_in(self, users: list[Actor]) -> None:
        without = sum(1 for user in users if not user.token)
        self.say(
            f"{len(self._hands)} processes; {without:,} users sign in, {len(users) - without:,} have sessions already"
        )
        answers = await self._all("sign in", per_second=self.options.sign_ins_per_second / len(self._hands))
        refused = {error: count for answer in answers for error, count in answer["failed"].items()}
        self._signed |= {
            "through_the_door": sum(answer["signed_in"] for answer in answers),
            "p95_ms": max(answer["p95_ms"] for answer in answers),
        }
        if refused:
            raise CannotRun(f"Not everybody could sign in: {refused}")

    def _timetable(self) -> Timetable:
        opens = monotonic() + START_SECONDS
        opened = opens + self.options.ramp_seconds
        begins = opened + self.options.warm_up_seconds
        phases = self.options.phases(begins)
        ends = phases[-1].ends
        middle = (ends - begins) / 2 // WINDOW_SECONDS * WINDOW_SECONDS
        return Timetable(opens, opened, begins, ends, phases, begins + middle if self.options.storm else 0.0)

    # ---- meanwhile ---------------------------------------------------------------------------------------------

    async def _measure(self, connection: psycopg.Connection, stage: cast.Stage) -> dict[str, Any]:
        servers = self.options.server_pids or sampling.servers(
            self._settings.data, self.options.ports, connection.info.backend_pid
        )
        sampler = sampling.Sampler(servers, os.getpid())
        table = self._timetable()
        await self._all("run", table=msgspec.to_builtins(table))
        self.say(
            f"the streams open for {self.options.ramp_seconds:.0f} s, warming up for {self.options.warm_up_seconds:.0f} s"
        )
        before = await self._follow(connection, sampler, table)
        await self._all("drain")
        standing = await self._all("stand")
        committed = await asyncio.to_thread(versions, connection, self._topics)
        lost = await self._all("settle", versions=committed, seconds=self.options.settle_seconds)
        self.say("reading every board once more")
        boards = await self._all(
            "boards", seconds=self.options.boards_seconds, per_second=BOARDS_PER_S / len(self._hands)
        )
        together = results.Together(list(await asyncio.gather(*(hand.tell() for hand in self._hands))))
        seconds = table.ends - table.begins
        usage = sampling.between(sampler.samples, table.begins, table.ends)
        values = results.figures(
            together,
            users=self.options.users,
            mean_seconds=round(self.options.mean, 3),
            people=stage.people,
            seconds=seconds,
            usage=usage,
        )
        values |= updates(before, committed, lost, boards)
        values |= {
            "sign_in": self._signed,
            "streams_at_the_beginning": self._streams_at_the_beginning,
            "streams_at_the_end": sum(answer["streams"] for answer in standing),
            "processes": len(self._hands),
            "timeline": timeline(sampler.samples, table),
            **results.about(msgspec.to_builtins(self.options)),
        }
        if table.storm_at:
            values["storm"] = results.storm(values, standing, table.storm_at - table.begins)
        if self.options.overload and self.options.capacity:
            values["overload"] = results.overload(together, table.phases, table.begins, self.options.capacity)
        return values

    async def _follow(
        self, connection: psycopg.Connection, sampler: sampling.Sampler, table: Timetable
    ) -> dict[str, int]:
        """Sample until the end; the versions of all topics when the measuring began."""
        before: dict[str, int] | None = None
        phases = list(table.phases)
        while (now := monotonic()) < table.ends:
            await asyncio.to_thread(sampler.take)
            if before is None and now >= table.begins:
                before = await asyncio.to_thread(versions, connection, self._topics)
                self._streams_at_the_beginning = sum(each["streams"] for each in await self._all("stand"))
                self.say(
                    f"measuring for {table.ends - table.begins:.0f} s, {self._streams_at_the_beginning:,} streams are open"
                )
            while len(table.phases) > 1 and phases and now >= phases[0].begins:
                self.say(f"  {phases.pop(0).name}")
            await asyncio.sleep(max(0.0, 1.0 - (monotonic() - now)))
        await asyncio.to_thread(sampler.take)
        return before or {}


def versions(connection: psycopg.Connection, topics: list[str]) -> dict[str, int]:
    """How far the watched topics are, as the database has it."""
    rows = connection.execute("SELECT topic, version FROM platform.topic WHERE topic = ANY (%s)", (topics,)).fetchall()
    return {row[0]: row[1] for row in rows}


def updates(before: dict[str, int], committed: dict[str, int], lost: list[Any], boards: list[Any]) -> dict[str, Any]:
    """Changes of watched topics by the database's own count, those that did not come to a watcher, and boards that show
    something else than their page."""
    return {
        "updates_published": sum(version - before.get(topic, 0) for topic, version in committed.items()),
        "updates_lost": sum(answer["lost"] for answer in lost),
        "lost_named": {name: count for answer in lost for name, count in answer["of_topics"].items()},
        "boards": sum(answer["boards"] for answer in boards),
        "boards_stale": sum(answer["stale"] for answer in boards),
        "screens": sum(answer["screens"] for answer in boards),
        "screens_stale": sum(answer["stale_screens"] for answer in boards),
        "stale_named": [name for answer in boards for name in answer["named"]],
    }


def timeline(samples: list[sampling.Sample], table: Timetable) -> list[dict[str, Any]]:
    """CPU (cores), memory (MB) and open files by kind, every second of the run."""
    found: list[dict[str, Any]] = []
    for before, sample in pairwise(samples):
        kinds: dict[str, Any] = {}
        for kind, usage in sample.kinds.items():
            cpu = (usage.cpu_s - before.kinds.get(kind, sampling.Usage()).cpu_s) / (sample.at - before.at)
            kinds[kind] = [round(cpu, 3), usage.memory_mb, usage.files]
        found.append({"second": round(sample.at - table.begins, 1), "kinds": kinds})
    return found


def run(options: Options, settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """Run and return the figures."""
    return uvloop.run(Run(options, settings, say).run())


def run_tiers(
    options: Options, settings: Settings, tiers: list[int], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """One run for each number of users, in as many hospitals as keep the density that the options have."""
    found: list[dict[str, Any]] = []
    for users in tiers:
        part = options.hospitals and max(round(options.hospitals * users / options.users), 1)
        say(f"--- {users:,} users")
        found.append(run(msgspec.structs.replace(options, users=users, hospitals=part), settings, say))
    return found
