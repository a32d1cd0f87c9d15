"""`python -m bench.overload`: what is still served when two, five and ten times as much is asked as can be done.

Finds the capacity with a closed loop before each multiple, because a shared machine's changes, then offers the multiple
in an open loop (arrivals do not wait for answers, and a wait counts from the moment a request should have left). What is
done at the bedside stays at its share of one capacity; all else grows.
"""

import argparse
import asyncio
import heapq
import random
import time
import uuid
from collections import Counter, deque
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import uvloop

from bench import processes
from bench.driver import KEY, Http
from bench.front import nginx
from bench.seeding import Seeded
from bench.stage import Stage, stage
from bench.works import request, works
from wardline.identity.sessions import token_hash
from wardline.platform.ids import new_id

SHARES = {"medication": 0.15, "charting": 0.25, "lists": 0.55, "reports": 0.05}
CONNECTIONS_MAX = 1500
CLOSED_CONNECTIONS = 24
LATE_SECONDS_MAX = 20.0
REFUSALS = (429, 503)


class Kind(msgspec.Struct):
    """What became of the requests of one class."""

    offered: int = 0
    served: int = 0
    refused: int = 0
    wrong: int = 0
    seconds: list[float] = []
    refused_seconds: list[float] = []


class Offer:
    """The client side: kept connections, of which each carries one request at a time, and a line for want of one."""

    def __init__(self, port: int, requests: dict[str, list[bytes]]) -> None:
        self._port = port
        self.requests = requests
        self._free: list[Http] = []
        self._opened = 0
        self._line: deque[tuple[float, str, bytes]] = deque()
        self._dice = random.Random(3)
        self.under_way = 0
        self.kinds: dict[str, Kind] = {}
        self.statuses: Counter[int] = Counter()

    def begin(self) -> None:
        self.kinds = {name: Kind() for name in self.requests}
        self.statuses = Counter()

    def _next(self, name: str) -> bytes:
        text = self._dice.choice(self.requests[name])
        return text.replace(KEY, uuid.uuid4().hex.encode()) if KEY in text else text

    async def open_loop(self, seconds: float, rates: dict[str, float]) -> None:
        """Offer at these rates for so long; return when the last answer is here, or is given up."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        due = [(begun + self._dice.expovariate(rate), name) for name, rate in rates.items()]
        heapq.heapify(due)
        while due[0][0] < begun + seconds:
            at, name = due[0]
            heapq.heapreplace(due, (at + self._dice.expovariate(rates[name]), name))
            if at > (now := loop.time()):
                await asyncio.sleep(at - now)
            elif not self.kinds[name].offered % 20:
                await asyncio.sleep(0)  # behind: let answers in too
            self.kinds[name].offered += 1
            self._send(at, name, self._next(name))
        until = loop.time() + LATE_SECONDS_MAX
        while self.under_way and loop.time() < until:  # noqa: ASYNC110 - counted, not signalled
            await asyncio.sleep(0.05)

    def _send(self, at: float, name: str, text: bytes) -> None:
        self.under_way += 1
        if self._free:
            self._ask(self._free.pop(), at, name, text)
        elif self._opened < CONNECTIONS_MAX:
            self._opened += 1
            asyncio.ensure_future(self._open(at, name, text))  # noqa: RUF006 - counted in under_way
        else:
            self._line.append((at, name, text))

    async def _open(self, at: float, name: str, text: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(Http, "127.0.0.1", self._port)
        except OSError:
            self._opened -= 1
            self._note(name, 0, loop.time() - at)
            return
        self._ask(connection, at, name, text)

    def _ask(self, connection: Http, at: float, name: str, text: bytes) -> None:
        loop = asyncio.get_running_loop()

        def answered(answer: asyncio.Future[int]) -> None:
            if answer.exception() is not None:
                self._opened -= 1
                self._note(name, 0, loop.time() - at)
                return
            self._note(name, answer.result(), loop.time() - at)
            if self._line:
                self._ask(connection, *self._line.popleft())
            else:
                self._free.append(connection)

        connection.ask(text).add_done_callback(answered)

    def _note(self, name: str, status: int, seconds: float) -> None:
        self.under_way -= 1
        self.statuses[status] += 1
        kind = self.kinds[name]
        if status in (200, 201):
            kind.served += 1
            kind.seconds.append(seconds)
        elif status in REFUSALS:
            kind.refused += 1
            kind.refused_seconds.append(seconds)
        else:
            kind.wrong += 1

    async def closed_loop(self, seconds: float) -> float:
        """How many a second are served when so many connections ask as fast as they are answered."""
        loop = asyncio.get_running_loop()
        names, weights = list(SHARES), list(SHARES.values())
        until, begun = loop.time() + seconds, loop.time()

        async def one() -> None:
            _, connection = await loop.create_connection(Http, "127.0.0.1", self._port)
            while loop.time() < until:
                name, at = self._dice.choices(names, weights)[0], loop.time()
                self.under_way += 1
                self._note(name, await connection.ask(self._next(name)), loop.time() - at)
            connection.transport.close()

        await asyncio.gather(*(one() for _ in range(CLOSED_CONNECTIONS)))
        return sum(kind.served for kind in self.kinds.values()) / (loop.time() - begun)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values) or [0.0]
    return round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def summary(offer: Offer, seconds: float) -> dict[str, Any]:
    served = [each for kind in offer.kinds.values() for each in kind.seconds]
    refused = [each for kind in offer.kinds.values() for each in kind.refused_seconds]
    return {
        "offered_per_s": round(sum(kind.offered for kind in offer.kinds.values()) / seconds, 1),
        "served_per_s": round(len(served) / seconds, 1),
        "p50_ms": percentile(served, 0.5),
        "p95_ms": percentile(served, 0.95),
        "refused_p99_ms": percentile(refused, 0.99),
        "statuses": {str(status): count for status, count in sorted(offer.statuses.items())},
        "classes": {
            name: {
                "success": round(kind.served / max(1, kind.served + kind.refused + kind.wrong), 4),
                "p95_ms": percentile(kind.seconds, 0.95),
            }
            for name, kind in offer.kinds.items()
        },
    }


class Meter:
    """What the server uses of the machine from here on; the load's own part is not in it."""

    def __init__(self, made: Stage) -> None:
        self._web, self._database = made.servers["wardline"].process.pid, made.database_pid
        self._began = time.perf_counter()
        self._web_us, self._database_us = self._used()

    def _used(self) -> tuple[int, int]:
        return processes.family_cpu_us(self._web), processes.family_cpu_us(self._database)

    def read(self, offer: Offer) -> dict[str, Any]:
        """Cores, memory, and the processor time for each request that was served: what refusals cost shows there."""
        web_us, database_us = (
            now - then for now, then in zip(self._used(), (self._web_us, self._database_us), strict=True)
        )
        served = max(1, sum(kind.served for kind in offer.kinds.values()))
        seconds = time.perf_counter() - self._began
        return {
            "web_cores": round(web_us / 1e6 / seconds, 2),
            "database_cores": round(database_us / 1e6 / seconds, 2),
            "cpu_us_per_served": round((web_us + database_us) / served),
            "web_megabytes": processes.resident_bytes(self._web) >> 20,
        }


async def manager_token(owner: str, seeded: Seeded) -> str:
    """A session of somebody who may ask for reports."""
    db, token, staff, assignment = await asyncpg.connect(owner), "bench-manager", new_id(), new_id()
    hospital = seeded.wards[0].hospital_id
    await db.execute(
        "INSERT INTO identity.staff (id, email, family, given) VALUES ($1, 'm@bench.example', 'Manager', 'Kim')", staff
    )
    await db.execute(
        "INSERT INTO identity.assignment (id, staff_id, role, hospital_id) VALUES ($1, $2, 'hospital_manager', $3)",
        assignment, staff, hospital,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO identity.session (token_hash, id, staff_id, assignment_id, hospital_id, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        token_hash(token), new_id(), staff, assignment, hospital, datetime.now(UTC) + timedelta(hours=12),
    )  # fmt: skip
    await db.close()
    return token


def requests_of(seeded: Seeded, manager: str) -> dict[str, list[bytes]]:
    """What each class asks for."""
    of = {work.name: work.requests for work in works(seeded)}
    texts = {
        "medication": of["observations"],
        "charting": of["chart"],
        "lists": of["cached"][: len(of["search_prefix"]) * 3] + of["search_prefix"],
        "reports": [request("GET", "/home", manager)],
    }
    return {name: [text.encode("latin-1") for text in each] for name, each in texts.items()}


async def measured(made: Stage, port: int, seeded: Seeded, options: argparse.Namespace) -> dict[str, Any]:
    requests = requests_of(seeded, await manager_token(made.addresses.owner, seeded))
    direct = Offer(port, requests)
    capacity, _ = await closed(direct, made, options.seconds)
    with ExitStack() as standing:
        front = Offer(standing.enter_context(nginx(port, round(2 * capacity))), requests) if options.nginx else direct
        found: dict[str, Any] = {}
        for times in (0.5, *options.times, 0.5):
            name = f"{times:g}x" if f"{times:g}x" not in found else "after"
            if name != "after":
                capacity, found[f"before {name}"] = await closed(direct, made, options.seconds / 2)
                tell("closed loop", found[f"before {name}"], capacity)
            found[name] = await offered(front, made, capacity, times, options.seconds)
            tell(name, found[name], capacity)
    return found


async def closed(offer: Offer, made: Stage, seconds: float) -> tuple[float, dict[str, Any]]:
    """How many a second can be served, and what that looks like."""
    offer.begin()
    meter = Meter(made)
    capacity = await offer.closed_loop(seconds)
    return capacity, summary(offer, seconds) | meter.read(offer)


async def offered(offer: Offer, made: Stage, capacity: float, times: float, seconds: float) -> dict[str, Any]:
    """So many times the capacity."""
    rates = {name: share * capacity * times for name, share in SHARES.items()}
    rates["medication"] = SHARES["medication"] * capacity * min(1, times)
    offer.begin()
    meter = Meter(made)
    await offer.open_loop(seconds, rates)
    return summary(offer, seconds) | meter.read(offer)


def tell(name: str, found: dict[str, Any], capacity: float) -> None:
    classes = "  ".join(f"{n} {c['success']:.1%} {c['p95_ms']:.0f}" for n, c in found["classes"].items())
    print(
        f"{name:>11}: offered {found['offered_per_s']:7.0f}/s served {found['served_per_s']:6.0f}/s "
        f"({found['served_per_s'] / capacity:4.0%}) p50 {found['p50_ms']:6.1f} p95 {found['p95_ms']:6.1f} "
        f"refused p99 {found['refused_p99_ms']:6.1f} ms | {classes} | {found['statuses']} "
        f"{found['web_cores']}+{found['database_cores']} cores {found['cpu_us_per_served']} us/served "
        f"{found['web_megabytes']} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--times", type=float, nargs="*", default=[1, 2, 5, 10])
    parser.add_argument("--nginx", action="store_true", help="with its wall against floods in front")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with stage() as made:
        made.start_database()
        seeded = made.seed(options.people)
        web = made.start("wardline", "bench.serve", "wardline.app:create")
        found = uvloop.run(measured(made, web.port, seeded, options))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


if __name__ == "__main__":
    main()
