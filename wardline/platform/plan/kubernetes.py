"""The tuned settings of a plan as Kubernetes manifests: one cell, its database by CloudNativePG."""

import math
import re
from textwrap import indent

import msgspec

from wardline import __version__
from wardline.platform.plan import emit, tuning
from wardline.platform.plan.machines import MEMORY_GB, Plan, Server, first
from wardline.platform.plan.needs import CACHE_OF_SERVER, CONNECTIONS_SHARE_MAX, Needs, connections_of

WEB_WORKERS = 4  # processes in a pod: as many cores, so that a pod fits most machines
BUSY = 0.6
GROWTHS = (2.0, 1.75, 1.5, 1.25, 1.0)
# What the operator leaves to us of postgresql.conf; the rest it sets itself.
PARAMETERS = (
    "max_connections", "superuser_reserved_connections", "client_connection_check_interval", "shared_buffers",
    "effective_cache_size", "work_mem", "maintenance_work_mem", "random_page_cost", "effective_io_concurrency", "jit",
    "max_worker_processes", "max_parallel_workers", "max_parallel_workers_per_gather",
    "max_parallel_maintenance_workers", "wal_compression", "wal_buffers", "max_wal_size", "min_wal_size",
    "checkpoint_timeout", "checkpoint_completion_target", "autovacuum_max_workers", "autovacuum_naptime",
    "autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor", "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_cost_limit", "idle_in_transaction_session_timeout", "log_error_verbosity",
    "log_min_error_statement", "log_min_duration_statement", "log_checkpoints", "log_lock_waits",
)  # fmt: skip
SECRETS = {
    "WARDLINE_DATABASE_URL": ("wardline-database-app", "uri"),
    "WARDLINE_APP_DATABASE_URL": ("wardline-secrets", "app-database-url"),
    "WARDLINE_REDIS_URL": ("wardline-secrets", "redis-url"),
    "WARDLINE_SECRET": ("wardline-secrets", "secret"),
    "WARDLINE_METRICS_TOKEN": ("wardline-secrets", "metrics-token"),
    "AWS_ACCESS_KEY_ID": ("wardline-secrets", "files-key-id"),
    "AWS_SECRET_ACCESS_KEY": ("wardline-secrets", "files-key"),
}


class Pods(msgspec.Struct, frozen=True):
    """How many pods of each kind there are, and may become; `connections` when all that may be are."""

    web: int
    web_max: int
    web_workers: int
    live: int
    live_max: int
    worker: int
    connections: int


def pods(cell: Needs, connections_allowed: int) -> Pods:
    """One pod more than needed of what holds streams and leads; twice as many under load as far as the database's
    connections go. TooManyConnections."""
    web, live, worker = (cell.parts[name].processes for name in ("web", "live", "worker"))
    each = min(WEB_WORKERS, web // 2)
    for growth in GROWTHS:
        grown = Pods(
            web=math.ceil(web / each),
            web_max=math.ceil(growth * web / each),
            web_workers=each,
            live=live + 1,
            live_max=math.ceil(growth * (live + 1)),
            worker=worker + 1,
            connections=0,
        )
        processes = {"web": grown.web_max * each, "live": grown.live_max, "worker": grown.worker}
        connections = connections_of(processes, cell.pool)
        if connections < CONNECTIONS_SHARE_MAX * connections_allowed:
            return msgspec.structs.replace(grown, connections=connections)
    raise tuning.TooManyConnections("The pods together would open more connections than the database allows.")


def kubernetes(plan: Plan, arguments: str) -> str:
    """Deployments, probes, scaling, budgets for disruption, ways in, and a database of three."""
    server = database_of_its_own(plan)
    tuned, redis = tuning.postgres(server, plan.cell.connections), tuning.redis(plan)
    values: dict[str, object] = {
        "image": f"wardline:{__version__}",
        "environment": indent(environment(), " " * 10).lstrip(),
        "pod_security": POD_SECURITY,
        "container_security": CONTAINER_SECURITY,
        "pool": plan.cell.pool,
        "pool_used": plan.cell.pool_used,
        "web_processes": plan.cell.parts["web"].processes,
        **pod_values(plan.cell, pods(plan.cell, tuned.max_connections)),
        "parameters": indent(parameters(plan, server), " " * 6),
        "database_cpu": server.cores,
        "database_memory": f"{server.machine_gb}Gi",
        "database_disk": f"{math.ceil(plan.cell.disk_gb / 10) * 10}Gi",
        "wal_disk": f"{4 * tuned.max_wal_size_mb // 1024}Gi",
        "redis_conf": indent(emit.redis(plan, arguments), " " * 4).rstrip(),
        "redis_cpus": redis.io_threads,
        "redis_memory": mebi(redis.maxmemory_mb * 7 / 6 / 1024),
    }
    return emit.filled("kubernetes.yaml", plan, arguments, values)


def pod_values(cell: Needs, chosen: Pods) -> dict[str, object]:
    """How many pods, and how large each is: asked for is what the busy hour takes, allowed is twice the memory."""
    web, live, worker = (cell.parts[name] for name in ("web", "live", "worker"))
    of_web, of_live = web.memory_gb / chosen.web, live.memory_gb / live.processes
    of_worker = worker.memory_gb / worker.processes
    return {
        "connections": chosen.connections,
        "web_workers": chosen.web_workers,
        "web_pods": chosen.web,
        "web_pods_max": chosen.web_max,
        "web_cpu_request": milli(web.cores / chosen.web),
        "web_cpu_target": milli(chosen.web_workers * BUSY),
        "web_memory_request": mebi(of_web),
        "web_memory_limit": mebi(2 * of_web),
        "live_pods": chosen.live,
        "live_pods_max": chosen.live_max,
        "live_cpu_request": milli(live.cores / chosen.live),
        "live_memory_request": mebi(of_live),
        "live_memory_limit": mebi(2 * of_live),
        "worker_pods": chosen.worker,
        "worker_cpu_request": milli(worker.cores / worker.processes),
        "worker_memory_request": mebi(of_worker),
        "worker_memory_limit": mebi(4 * of_worker),
    }


def database_of_its_own(plan: Plan) -> Server:
    """A database pod never shares its memory: where one machine would hold everything, it gets what it needs there."""
    if not plan.single:
        return plan.server
    needed = plan.cell.hot_gb / CACHE_OF_SERVER
    memory = first(MEMORY_GB, max(needed, plan.server.memory_gb))
    assert memory is not None, "a part of a machine fits a machine"
    return Server(memory, max(2, plan.server.cores // 2), memory)


def parameters(plan: Plan, server: Server) -> str:
    """Those of postgresql.conf that are ours, with their reasons, as YAML."""
    text = emit.postgres_on(plan, server, "")
    found = dict(re.findall(r"^(\w+) = (.*)$", text, flags=re.MULTILINE))
    lines: list[str] = []
    for name in PARAMETERS:
        value, _, reason = found[name].partition(" # ")
        lines.append(f'{name}: "{value.strip()}" # {reason.strip()}')
    return "\n".join(lines)


def environment() -> str:
    """The settings of every process: those that are not secret together, each secret by its name."""
    secrets = [
        f"  - {{ name: {name}, valueFrom: {{ secretKeyRef: {{ name: {secret}, key: {key} }} }} }}"
        for name, (secret, key) in SECRETS.items()
    ]
    return "\n".join(["envFrom: [{ configMapRef: { name: wardline-settings } }]", "env:", *secrets])


def milli(cores: float) -> str:
    """250m: at least a tenth of a core."""
    return f"{max(100, math.ceil(cores * 1000 / 50) * 50)}m"


def mebi(gigabytes: float) -> str:
    """512Mi: in steps of 64."""
    return f"{math.ceil(gigabytes * 1024 / 64) * 64}Mi"


POD_SECURITY = (
    "securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001, "
    "seccompProfile: { type: RuntimeDefault } }"
)
CONTAINER_SECURITY = (
    "securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }"
)
