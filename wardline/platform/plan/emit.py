"""The tuned settings of a plan as files: PostgreSQL, Redis, nginx, Compose."""

import math
from collections.abc import Callable
from pathlib import Path
from string import Template

import msgspec

from wardline.platform.plan import tuning
from wardline.platform.plan.machines import Plan, Server
from wardline.platform.plan.needs import CONNECTIONS_SHARE_MAX

TEMPLATES = Path(__file__).parent / "templates"
REASON_COLUMN = 38


def filled(name: str, plan: Plan, arguments: str, values: dict[str, object]) -> str:
    """A template with the plan's own words and these values."""
    shared = {
        "users": f"{plan.question.users:,}",
        "people": f"{plan.question.people:,}",
        "where": where(plan),
        "arguments": arguments,
    }
    return Template((TEMPLATES / name).read_text()).substitute(shared | values)


def where(plan: Plan) -> str:
    """On what machines, in a few words."""
    if plan.single:
        machine = plan.machines[0]
        return f"one machine of {machine.cores} cores and {machine.memory_gb} GB for everything"
    return "a machine for each part" if plan.cells == 1 else f"one of {plan.cells} cells, a machine for each part"


def aligned(text: str) -> str:
    """The reasons in one column, where the setting leaves room for it."""
    lines: list[str] = []
    for line in text.splitlines():
        setting, mark, reason = line.partition(" # ")
        reads_on = mark and not line.startswith("#")
        lines.append(f"{setting:<{REASON_COLUMN - 1}} # {reason}" if reads_on else line)
    return "\n".join(lines) + "\n"


def postgres(plan: Plan, arguments: str) -> str:
    """postgresql.conf."""
    return postgres_on(plan, plan.server, arguments)


def postgres_on(plan: Plan, server: Server, arguments: str) -> str:
    """postgresql.conf of a server with so much memory."""
    found = tuning.postgres(server, plan.cell.connections)
    values: dict[str, object] = {
        name.removesuffix("_mb"): tuning.size(value) if name.endswith("_mb") else value
        for name, value in msgspec.structs.asdict(found).items()
    }
    values |= {
        "connections_alarm": round(CONNECTIONS_SHARE_MAX * found.max_connections),
        "server_memory": f"{server.memory_gb:.1f}".removesuffix(".0") + " GB",
    }
    return aligned(filled("postgresql.conf", plan, arguments, values))


def redis(plan: Plan, arguments: str) -> str:
    """redis.conf."""
    found = tuning.redis(plan)
    reason = "3 of 28 parts of the machine" if plan.single else "Half of its machine"
    values: dict[str, object] = {
        "maxclients": found.maxclients,
        "maxmemory": redis_size(found.maxmemory_mb),
        "io_threads": found.io_threads,
        "memory_reason": reason,
    }
    return filled("redis.conf", plan, arguments, values)


def redis_size(megabytes: int) -> str:
    """3gb, 857mb: as Redis writes it."""
    return f"{megabytes // 1024}gb" if megabytes % 1024 == 0 else f"{megabytes}mb"


def nginx(plan: Plan, arguments: str) -> str:
    """The parts of nginx's configuration that depend on the size."""
    return filled("nginx.conf", plan, arguments, msgspec.structs.asdict(tuning.nginx(plan)))


def compose(plan: Plan, arguments: str) -> str:
    """What stands beside deploy/compose.yaml to make it this large: everything on one machine."""
    server, tuned_redis = plan.server, tuning.redis(plan)
    parts = plan.cell.parts
    cores = plan.machines[0].cores if plan.single else server.cores
    web_workers, live_workers = parts["web"].processes // 2, parts["live"].processes // 2
    values: dict[str, object] = {
        "postgres_cpus": max(1, cores // 2),
        "postgres_memory": mib(server.memory_gb * 1.125),
        "postgres_reserved": mib(server.memory_gb / 2),
        "postgres_shm": mib(server.memory_gb / 8),
        "postgres_pids": 2 * tuning.postgres(server, plan.cell.connections).max_connections,
        "redis_cpus": tuned_redis.io_threads,
        "redis_memory": f"{tuned_redis.maxmemory_mb * 7 // 6}m",
        "web_processes": parts["web"].processes,
        "web_workers": web_workers,
        "web_cpus": web_workers,
        "web_memory": mib(max(0.5, parts["web"].memory_gb)),
        "live_workers": live_workers,
        "live_cpus": live_workers,
        "live_memory": mib(max(0.5, parts["live"].memory_gb * 1.25)),
        "worker_cpus": min(2, cores),
        "worker_memory": mib(max(0.5, parts["worker"].memory_gb * 4)),
        "nginx_cpus": max(1, cores // 4),
        "nginx_memory": mib(max(0.25, parts["nginx"].memory_gb * 2)),
        "pool": plan.cell.pool,
        "pool_used": plan.cell.pool_used,
    }
    return filled("compose.yaml", plan, arguments, values)


def mib(gigabytes: float) -> str:
    """2048m: in steps of 64."""
    return f"{math.ceil(gigabytes * 1024 / 64) * 64}m"


EMITTED: dict[str, Callable[[Plan, str], str]] = {
    "postgres": postgres,
    "redis": redis,
    "nginx": nginx,
    "compose": compose,
}
