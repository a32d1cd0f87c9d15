"""From a question and the costs to what is needed: cores, memory, disk, processes, connections. Pure arithmetic."""

import math

import msgspec

from wardline.platform import cache
from wardline.platform.plan.costs import Assumptions, Costs

PEOPLE_OF_USER = 200  # 10 million on file for 50,000 at work
STREAMS_OF_PROCESS_MAX = 25_000  # a live process refuses above 30,000
POOL_MIN, POOL_MAX = 8, 24  # the setting has 8 by itself
POOL_ROOM = 4  # times what a process uses at once: requests come in bursts
LISTENING = 2  # beside its pool each process of web and live hears nudges and sends them
OF_WORKER = 8  # beside its pool: the queue's six, the ticks, the nudges
CONNECTIONS_SHARE_MAX = 0.8  # of those the server allows; the alarm sounds there
CACHE_OF_SERVER = 0.75  # of the database server's memory the planner may expect to hold pages
GB = 1e9


class Question(msgspec.Struct, frozen=True):
    """So many at work at once, each acting every so many seconds, and so many on file."""

    users: int
    mean_seconds: float = 25.0
    people: int = 0

    @property
    def requests_per_s(self) -> float:
        return self.users / self.mean_seconds


def question(users: int, mean_seconds: float, people: int | None) -> Question:
    """The question, with as many people on file as such a network has when nobody says."""
    return Question(users, mean_seconds, people or users * PEOPLE_OF_USER)


class Part(msgspec.Struct, frozen=True):
    """`cores`: what the work takes; `cores_given`: with the room that is left free."""

    name: str
    cores: float
    cores_given: float
    memory_gb: float
    processes: int


class Needs(msgspec.Struct, frozen=True):
    """`pool`: connections of one process at most; `pool_used`: at once, in the busy hour. `hot_gb`: what the database should
    find in memory; `growth_gb`: of the disk, in a day."""

    question: Question
    parts: dict[str, Part]
    pool: int
    pool_used: float
    connections: int
    data_gb: float
    hot_gb: float
    growth_gb: float
    disk_gb: float

    @property
    def cores(self) -> float:
        return sum(part.cores_given for part in self.parts.values())

    @property
    def memory_gb(self) -> float:
        return sum(part.memory_gb for part in self.parts.values())


def needs(asked: Question, costs: Costs, assumed: Assumptions) -> Needs:
    """What one network needs, whatever it runs on."""
    cores = {name: asked.requests_per_s * cost.value / 1e6 for name, cost in costs.request.items()}
    given = {name: used / assumed.busy_share for name, used in cores.items()}
    streams = math.ceil(asked.users / STREAMS_OF_PROCESS_MAX)
    processes = {
        "web": even(math.ceil(given["web"])),
        "live": even(max(streams, math.ceil(given["live"]))),
        "worker": max(1, math.ceil(given["worker"])),
        "postgres": 1,
        "nginx": max(1, math.ceil(given["nginx"])),
        "redis": 1,
    }
    used = cores["postgres"] / processes["web"]
    pool = max(POOL_MIN, min(POOL_MAX, math.ceil(POOL_ROOM * used)))
    connections = connections_of(processes, pool)
    data = asked.people * costs.person_bytes.value / GB
    growth = (
        asked.requests_per_s * assumed.day_share * 86_400 * assumed.record_entries_of_request
        * costs.record_entry_bytes.value / GB
    )  # fmt: skip
    hot = data * assumed.hot_share
    memory = _memory(asked, costs, assumed, processes, connections, hot)
    return Needs(
        question=asked,
        parts={
            name: Part(name, round(cores[name], 2), round(given[name], 2), round(memory[name], 2), processes[name])
            for name in ("web", "live", "worker", "postgres", "nginx", "redis")
        },
        pool=pool,
        pool_used=round(used, 2),
        connections=connections,
        data_gb=round(data, 1),
        hot_gb=round(hot, 2),
        growth_gb=round(growth, 2),
        disk_gb=round(data * (1 + assumed.disk_spare_share) + growth * assumed.growth_days, 1),
    )


def even(count: int) -> int:
    """For two nodes, so that one of them may fail or be restarted."""
    return max(2, count + count % 2)


def connections_of(processes: dict[str, int], pool: int) -> int:
    """The most that all processes together open."""
    return (processes["web"] + processes["live"]) * (pool + LISTENING) + processes["worker"] * (pool + OF_WORKER)


def _memory(
    asked: Question, costs: Costs, assumed: Assumptions, processes: dict[str, int], connections: int, hot_gb: float
) -> dict[str, float]:
    """Gigabytes by part. Every web process comes to know every session, as nobody says who asks where."""
    kept_mb = cache.BYTES_MAX / 1e6
    sessions_mb = asked.users * assumed.session_kilobytes / 1000
    web = processes["web"] * (costs.rest_mb["web"].value + kept_mb + sessions_mb)
    live = processes["live"] * costs.rest_mb["live"].value + asked.users * (
        costs.stream_kilobytes.value + assumed.session_kilobytes
    ) / 1000  # fmt: skip
    return {
        "web": web / 1000,
        "live": live / 1000,
        "worker": processes["worker"] * costs.rest_mb["worker"].value / 1000,
        "postgres": hot_gb / CACHE_OF_SERVER + connections * assumed.connection_kilobytes / 1e6,
        "nginx": asked.users * assumed.nginx_stream_kilobytes / 1e6,
        "redis": 0.1,
    }
