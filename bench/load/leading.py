"""The leading process: sets a run up, follows it, and puts its figures together."""

import asyncio
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import msgspec
import psycopg
import uvloop

from bench.load import cast, results, sampling, signing
from bench.load.model import WINDOW_SECONDS, Part, Phase, Timetable, Told
from wardline.demo.accounts import PASSWORD
from wardline.platform import database
from wardline.platform.settings import Settings

SETTLE_SECONDS = 20.0
BOARDS_SECONDS = 75.0
BOARDS_PER_S = 150.0
STARTED_SECONDS = 2.0
ROOT = Path(__file__).resolve().parents[2]


class Options(msgspec.Struct, kw_only=True):
    """What was asked for."""

    users: int
    mean_seconds: float = 25.0
    minutes: float = 5.0
    ramp_minutes: float | None = None
    warm_up_seconds: float = 30.0
    url: str
    stream_url: str
    sign_ins: int = 2000
    sign_ins_per_second: float = 25.0
    processes: int | None = None
    seed: int = 1
    server_pids: list[int] = []
    storm: bool = False

    @property
    def ramp_seconds(self) -> float:
        """Five hundred users a second, if nothing else is said."""
        return self.users / 500 + 1 if self.ramp_minutes is None else self.ramp_minutes * 60


class CannotRun(Exception):
    """The run cannot begin or go on; the text says why."""


class Hand:
    """A worker as the leading process sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self._asked = asyncio.Lock()

    @classmethod
    async def start(cls, part: Part) -> "Hand":
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.load.worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment, limit=1 << 30,
        )  # fmt: skip
        hand = cls(process)
        await hand._say(part)
        return hand

    async def _say(self, what: Any) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._asked:
            self._process.stdin.write(msgspec.json.encode(what) + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        if not line:
            raise CannotRun(f"A worker of the rig ended with code {await self._process.wait()}; see above.")
        return line

    async def ask(self, do: str, **more: Any) -> Any:
        return msgspec.json.decode(await self._say({"do": do, **more}))

    async def tell(self) -> Told:
        return msgspec.json.decode(await self._say({"do": "tell"}), type=Told)

    async def end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()


class Run:
    """One run from the first session to the last board."""

    def __init__(self, options: Options, settings: Settings, say: Callable[[str], None]) -> None:
        self.options = options
        self.say = say
        self._settings = settings
        self._addresses = database.addresses(settings)
        self._hands: list[Hand] = []
        self._topics: list[str] = []
        self.signed: dict[str, Any] = {}

    async def all(self, do: str, **more: Any) -> list[Any]:
        return await asyncio.gather(*(hand.ask(do, **more) for hand in self._hands))

    async def run(self, phases: Callable[[float], list[Phase]] | None = None) -> dict[str, Any]:
        """The figures. `phases` gives the stretches of a run that begins at a moment; without it there is one."""
        connection = await asyncio.to_thread(psycopg.connect, self._addresses.owner, autocommit=True)
        with connection:
            stage = await asyncio.to_thread(cast.Stage, connection)
            try:
                await self._begin(stage)
                return await self._measure(connection, stage, phases)
            finally:
                await asyncio.gather(*(hand.end() for hand in self._hands))
                await asyncio.to_thread(signing.end, connection)

    async def _begin(self, stage: cast.Stage) -> None:
        """Sessions, and the workers with their parts."""
        options = self.options
        dice = Random(options.seed)
        users = cast.actors(stage, options.users)
        dice.shuffle(users)
        by_hand = users[: options.sign_ins]
        self.say(f"{len(users):,} users in {len(stage.places):,} wards of a network of {stage.people:,} people")
        seconds = await signing.put_in(self._addresses.app, users[options.sign_ins :])
        self.signed = {"put_into_the_database": len(users) - len(by_hand), "seconds": round(seconds, 1)}
        parts = cast.parts(
            stage,
            users,
            options.processes or cast.processes_for(options.users),
            dice,
            seed=options.seed,
            url=options.url,
            stream_url=options.stream_url,
            password=PASSWORD,
            mean_seconds=options.mean_seconds,
            views=cast.views(),
        )
        self._topics = sorted({topic for user in users for topic in user.topics})
        self._hands = list(await asyncio.gather(*(Hand.start(part) for part in parts)))
        self.say(
            f"{len(parts)} processes; {len(by_hand):,} users sign in, {len(users) - len(by_hand):,} have sessions already"
        )
        answers = await self.all("sign in", per_second=options.sign_ins_per_second / len(parts))
        self.signed |= {
            "through_the_door": sum(answer["signed_in"] for answer in answers),
            "refused": {error: count for answer in answers for error, count in answer["failed"].items()},
            "p95_ms": max((answer["p95_ms"] for answer in answers), default=0.0),
        }
        if self.signed["refused"]:
            raise CannotRun(f"Not everybody could sign in: {self.signed['refused']}")

    def _timetable(self, phases: Callable[[float], list[Phase]] | None) -> Timetable:
        opens = monotonic() + STARTED_SECONDS
        opened = opens + self.options.ramp_seconds
        begins = opened + self.options.warm_up_seconds
        if phases is not None:
            stretches = phases(begins)
            return Timetable(opens, opened, begins, stretches[-1].ends, stretches)
        ends = begins + self.options.minutes * 60
        storm_at = begins + (ends - begins) / 2 // WINDOW_SECONDS * WINDOW_SECONDS if self.options.storm else 0.0
        return Timetable(opens, opened, begins, ends, [], storm_at)

    async def _measure(
        self, connection: psycopg.Connection, stage: cast.Stage, phases: Callable[[float], list[Phase]] | None
    ) -> dict[str, Any]:
        table = self._timetable(phases)
        ports = [port_of(self.options.url), port_of(self.options.stream_url)]
        found = sampling.servers(self._settings.data, ports, connection.info.backend_pid)
        sampler = sampling.Sampler(self.options.server_pids or found, [os.getpid()])
        await self.all("run", table=msgspec.to_builtins(table))
        self.say(
            f"opening the streams for {self.options.ramp_seconds:.0f} s, warming up for {self.options.warm_up_seconds:.0f} s"
        )
        before: dict[str, int] = {}
        while (now := monotonic()) < table.ends:
            await asyncio.to_thread(sampler.take)
            if not before and now >= table.begins:
                before = await asyncio.to_thread(versions, connection, self._topics)
                self.say(f"measuring for {table.ends - table.begins:.0f} s")
            await asyncio.sleep(max(0.0, 1.0 - (monotonic() - now)))
        await asyncio.to_thread(sampler.take)
        await self.all("drain")
        lost = await self._settle(connection)
        after = await asyncio.to_thread(versions, connection, self._topics)
        self.say("reading every board once more")
        boards = await self.all("boards", seconds=BOARDS_SECONDS, per_second=BOARDS_PER_S / len(self._hands))
        standing = await self.all("stand")
        told = await asyncio.gather(*(hand.tell() for hand in self._hands))
        values = results.figures(
            results.Together(told),
            users=self.options.users,
            mean_seconds=self.options.mean_seconds,
            people=stage.people,
            seconds=table.ends - table.begins,
            usage=sampling.between(sampler.samples, table.begins, table.ends),
        )
        values |= {
            "updates_published": sum(after.get(topic, 0) - before.get(topic, 0) for topic in self._topics),
            "updates_lost": sum(answer["lost"] for answer in lost),
            "boards": sum(answer["boards"] for answer in boards),
            "boards_stale": sum(answer["stale"] for answer in boards),
            "screens_stale": sum(answer["stale_screens"] for answer in boards),
            "stale_named": [name for answer in boards for name in answer["named"]],
            "lost_named": {name: count for answer in lost for name, count in answer["of_topics"].items()},
            "sign_in": self.signed,
            "streams": sum(answer["streams"] for answer in standing),
            "processes": len(self._hands),
            "timeline": timeline(sampler.samples, table),
            **results.about(msgspec.to_builtins(self.options)),
        }
        if table.storm_at:
            values["storm"] = results.storm(values, standing, table.storm_at - table.begins)
        values["told"] = told if phases is not None else None
        return values

    async def _settle(self, connection: psycopg.Connection) -> list[Any]:
        """Who has not been told what is committed by now."""
        committed = await asyncio.to_thread(versions, connection, self._topics)
        return await self.all("settle", versions=committed, seconds=SETTLE_SECONDS)


def versions(connection: psycopg.Connection, topics: list[str]) -> dict[str, int]:
    """How far the watched topics are, as the database has it."""
    rows = connection.execute("SELECT topic, version FROM platform.topic WHERE topic = ANY (%s)", (topics,)).fetchall()
    return {row[0]: row[1] for row in rows}


def timeline(samples: list[sampling.Sample], table: Timetable) -> list[dict[str, Any]]:
    """CPU, memory and open files by kind, every second of the run, for drawings."""
    found: list[dict[str, Any]] = []
    for before, sample in pairwise(samples):
        kinds: dict[str, Any] = {}
        for kind, usage in sample.kinds.items():
            cpu = (usage.cpu_s - before.kinds.get(kind, sampling.Usage()).cpu_s) / (sample.at - before.at)
            kinds[kind] = [round(cpu, 3), usage.memory_mb, usage.files]
        found.append({"second": round(sample.at - table.begins, 1), "kinds": kinds})
    return found


def port_of(url: str) -> int:
    """The port of an address."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def run(options: Options, settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """Run and return the figures."""
    return uvloop.run(Run(options, settings, say).run())
