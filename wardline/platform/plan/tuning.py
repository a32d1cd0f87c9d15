"""The settings of every program for a plan. Each value is worked out here and explained where it is written."""

import msgspec

from wardline.platform.plan.machines import REDIS_SHARE, Plan, Server
from wardline.platform.plan.needs import CACHE_OF_SERVER, CONNECTIONS_SHARE_MAX

MIB_OF_GB = 1024
CONNECTIONS_MIN, CONNECTIONS_MAX = 100, 500
WORK_MEMORY_MB = 16
REDIS_CLIENTS_MAX = 10_000


class TooManyConnections(Exception):
    """The pools together could open more than the server should be asked for."""


class Postgres(msgspec.Struct, frozen=True):
    """Sizes in megabytes, as PostgreSQL writes them (1 GB is 1024 MB)."""

    max_connections: int
    shared_buffers_mb: int
    effective_cache_size_mb: int
    work_mem_mb: int
    maintenance_work_mem_mb: int
    wal_buffers_mb: int
    max_wal_size_mb: int
    min_wal_size_mb: int
    max_worker_processes: int
    max_parallel_workers: int
    max_parallel_workers_per_gather: int
    max_parallel_maintenance_workers: int
    autovacuum_max_workers: int


def postgres(server: Server, connections: int) -> Postgres:
    """The database server's settings for the memory it may use. TooManyConnections.

    On the 28 GB machine the server has 8 GB: 500 connections, 2 GB of buffers, 6 GB of expected cache, 16 MB of work
    memory, 8 parallel workers.
    """
    memory_mb = server.memory_gb * MIB_OF_GB
    allowed = within(int(memory_mb / WORK_MEMORY_MB) // 100 * 100, CONNECTIONS_MIN, CONNECTIONS_MAX)
    if connections >= CONNECTIONS_SHARE_MAX * allowed:
        raise TooManyConnections(
            f"All processes together may open {connections} connections; of {allowed} the alarm sounds at "
            f"{CONNECTIONS_SHARE_MAX * allowed:.0f}. Give the database more memory, or let fewer be in a cell."
        )
    parallel = within(int(server.memory_gb), 2, 16)
    buffers_mb = power_of_two(memory_mb / 4)
    return Postgres(
        max_connections=allowed,
        shared_buffers_mb=buffers_mb,
        effective_cache_size_mb=int(memory_mb * CACHE_OF_SERVER) // 256 * 256,
        work_mem_mb=within(power_of_two(memory_mb / allowed), 4, 64),
        maintenance_work_mem_mb=within(power_of_two(memory_mb / 16), 64, 2048),
        wal_buffers_mb=within(buffers_mb // 32, 16, 64),
        max_wal_size_mb=within(power_of_two(memory_mb), 1024, 32 * MIB_OF_GB),
        min_wal_size_mb=within(power_of_two(memory_mb / 8), 256, 4096),
        max_worker_processes=2 * parallel,
        max_parallel_workers=parallel,
        max_parallel_workers_per_gather=2,
        max_parallel_maintenance_workers=max(1, parallel // 2),
        autovacuum_max_workers=within(parallel // 2, 3, 6),
    )


class Redis(msgspec.Struct, frozen=True):
    """`maxmemory_mb`, as Redis counts them."""

    maxmemory_mb: int
    maxclients: int
    io_threads: int


def redis(plan: Plan) -> Redis:
    """3 GB of 28 on a machine for everything; of a machine of its own the half."""
    if plan.single:
        machine = plan.machines[0]
        return Redis(
            int(machine.memory_gb * MIB_OF_GB * REDIS_SHARE), REDIS_CLIENTS_MAX, within(machine.cores // 2, 1, 4)
        )
    machine = next(machine for machine in plan.machines if machine.name == "redis")
    return Redis(machine.memory_gb * MIB_OF_GB // 2, REDIS_CLIENTS_MAX, within(machine.cores // 2, 1, 4))


class Nginx(msgspec.Struct, frozen=True):
    """`sign_ins_per_s`: of one address; `connections_of_address`: requests at work of one address."""

    worker_processes: int
    worker_connections: int
    open_files: int
    connections_of_address: int
    sign_ins_per_s: int


def nginx(plan: Plan) -> Nginx:
    """A stream takes a connection towards the browser and one towards its live process; requests take the same again."""
    machines = 1 if plan.single else next(m.count // plan.cells for m in plan.machines if m.name == "nginx")
    processes = max(2, -(-plan.cell.parts["nginx"].processes // machines))
    # Twice what one machine's share is, so that another can fail.
    connections = plan.cell.question.users * 4 * 2 // (machines * processes)
    each = within((connections + 1023) // 1024 * 1024, 4096, 65_536)
    return Nginx(
        worker_processes=processes,
        worker_connections=each,
        open_files=2 * each,
        connections_of_address=within(plan.cell.question.users * 2 // 5, 2_000, 40_000),
        sign_ins_per_s=within(plan.cell.question.users // 2_500, 5, 40),
    )


def within(value: int, least: int, most: int) -> int:
    """The value, no less and no more."""
    return max(least, min(most, value))


def power_of_two(value: float) -> int:
    """The largest that is not above the value."""
    return 1 << max(0, int(value).bit_length() - 1)


def size(megabytes: int) -> str:
    """2GB, 512MB: as PostgreSQL and people write it."""
    return f"{megabytes // 1024}GB" if megabytes % 1024 == 0 else f"{megabytes}MB"
