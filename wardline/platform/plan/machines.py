"""From needs to machines: one for everything while that is enough, then a machine for each part, then cells by region."""

import math

import msgspec

from wardline.platform.plan.costs import Assumptions, Costs
from wardline.platform.plan.needs import CACHE_OF_SERVER, Needs, Part, Question, needs

CORES = (2, 4, 8, 16, 32, 64)
MEMORY_GB = (4, 8, 16, 28, 56, 112, 224)
ONE_CORES_MAX, ONE_MEMORY_GB_MAX = 16, 28
WEB_CORES, LIVE_CORES = 8, 4
GB_OF_CORE = 2  # at most, on a machine whose memory is given
DISK_OF_SYSTEM_GB = 20
STANDBYS = 2
# Of a machine that holds everything: the database's part of the memory, and that of Redis.
POSTGRES_SHARE = 2 / 7
REDIS_SHARE = 3 / 28


class Machine(msgspec.Struct, frozen=True):
    """So many machines of one kind, each of this size."""

    name: str
    count: int
    cores: int
    memory_gb: int
    disk_gb: int


class Plan(msgspec.Struct, frozen=True):
    """What the whole network needs (`total`), what one cell needs, and the machines of all cells."""

    question: Question
    cells: int
    total: Needs
    cell: Needs
    machines: list[Machine]
    cost_month: tuple[float, float]
    currency: str

    @property
    def single(self) -> bool:
        """Whether one machine holds everything."""
        return self.cells == 1 and len(self.machines) == 1

    @property
    def server(self) -> "Server":
        """What the database server of a cell may use."""
        if self.single:
            machine = self.machines[0]
            return Server(machine.memory_gb * POSTGRES_SHARE, machine.cores, machine.memory_gb)
        database = next(machine for machine in self.machines if machine.name == "database")
        return Server(database.memory_gb, database.cores, database.memory_gb)


class Server(msgspec.Struct, frozen=True):
    """`memory_gb` is the database's, on a machine with so many cores and `machine_gb` in all."""

    memory_gb: float
    cores: int
    machine_gb: int


def plan(asked: Question, costs: Costs, assumed: Assumptions, *, memory_gb: int | None = None) -> Plan:
    """The machines for a question; `memory_gb` says how large the one machine is instead."""
    cells = _cells(asked, costs, assumed)
    share = Question(math.ceil(asked.users / cells), asked.mean_seconds, math.ceil(asked.people / cells))
    cell = needs(share, costs, assumed)
    one = one_machine(cell, assumed, memory_gb)
    each = [one] if one is not None and cells == 1 else several(cell, assumed)
    machines = [msgspec.structs.replace(machine, count=machine.count * cells) for machine in each]
    low, high = (_cost(machines, assumed, end) for end in (0, 1))
    return Plan(asked, cells, _of_all(asked, cell, cells), cell, machines, (low, high), assumed.prices.currency)


def _cells(asked: Question, costs: Costs, assumed: Assumptions) -> int:
    """As many as users, the work of the databases and what they should keep in memory ask for."""
    whole = needs(asked, costs, assumed)
    return max(
        math.ceil(asked.users / assumed.cell_users_max),
        math.ceil(whole.parts["postgres"].cores_given / CORES[-1]),
        math.ceil(whole.parts["postgres"].memory_gb / assumed.memory_share / MEMORY_GB[-1]),
    )


def _of_all(asked: Question, cell: Needs, cells: int) -> Needs:
    """What all cells need together."""
    parts = {
        name: Part(name, part.cores * cells, part.cores_given * cells, part.memory_gb * cells, part.processes * cells)
        for name, part in cell.parts.items()
    }
    sizes = {name: round(getattr(cell, name) * cells, 2) for name in ("data_gb", "hot_gb", "growth_gb", "disk_gb")}
    return msgspec.structs.replace(cell, question=asked, parts=parts, connections=cell.connections * cells, **sizes)


def one_machine(cell: Needs, assumed: Assumptions, memory_gb: int | None = None) -> Machine | None:
    """The smallest machine that holds everything, or None when one is not enough."""
    cores = first(CORES, max(cell.cores, (memory_gb or 0) / GB_OF_CORE))
    given = memory_gb or first(
        MEMORY_GB, max(cell.memory_gb / assumed.memory_share, cell.hot_gb / CACHE_OF_SERVER / POSTGRES_SHARE)
    )
    if memory_gb is None and (cores is None or given is None or cores > ONE_CORES_MAX or given > ONE_MEMORY_GB_MAX):
        return None
    return Machine("everything", 1, cores or CORES[-1], given or MEMORY_GB[-1], _disk(cell.disk_gb))


def several(cell: Needs, assumed: Assumptions) -> list[Machine]:
    """A machine for each part; of what must not stop there are two at least, and the database has two standbys."""
    web, live, worker, postgres, nginx, redis = (
        cell.parts[name] for name in ("web", "live", "worker", "postgres", "nginx", "redis")
    )
    database_cores = first(CORES, postgres.cores_given)
    database_gb = first(MEMORY_GB, max(postgres.memory_gb / assumed.memory_share, cell.hot_gb / CACHE_OF_SERVER))
    assert database_cores is not None, "a cell's database fits the largest machine"
    assert database_gb is not None, "a cell's database fits the largest machine"
    return [
        _spread("nginx", 4, assumed, nginx),
        _spread("web", WEB_CORES, assumed, web, worker),
        _spread("live", LIVE_CORES, assumed, live),
        Machine("database", 1 + STANDBYS, database_cores, database_gb, _disk(cell.disk_gb)),
        _spread("redis", 2, assumed, redis),
    ]


def _spread(name: str, cores: int, assumed: Assumptions, *parts: Part) -> Machine:
    """So many machines of this size that the parts fit, two at least."""
    count = max(2, math.ceil(sum(part.cores_given for part in parts) / cores))
    memory = first(MEMORY_GB, sum(part.memory_gb for part in parts) / count / assumed.memory_share)
    return Machine(name, count, cores, memory or MEMORY_GB[-1], DISK_OF_SYSTEM_GB)


def first(ladder: tuple[int, ...], wanted: float) -> int | None:
    """The smallest step that is enough."""
    return next((step for step in ladder if step >= wanted), None)


def _disk(gigabytes: float) -> int:
    """With the system, in steps that can be bought."""
    wanted = gigabytes + DISK_OF_SYSTEM_GB
    step = 10 if wanted < 200 else 100 if wanted < 2000 else 500
    return math.ceil(wanted / step) * step


def _cost(machines: list[Machine], assumed: Assumptions, end: int) -> float:
    prices = assumed.prices
    return sum(
        machine.count
        * (
            prices.hours_of_month
            * (machine.cores * prices.cpu_hour[end] + machine.memory_gb * prices.memory_gb_hour[end])
            + machine.disk_gb * prices.disk_gb_month[end]
        )
        for machine in machines
    )
