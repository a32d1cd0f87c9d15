"""Roles and the running service as the pages show them."""

from datetime import datetime

import msgspec


class RoleColumn(msgspec.Struct):
    """A role: what its holder may do, and the pages that are there for them."""

    role: str
    words: str
    may: list[str]
    pages: list[str]


class PermissionRow(msgspec.Struct):
    """A permission in a plain sentence, and whether each role holds it, in the order of the roles."""

    permission: str
    sentence: str
    held: list[bool]


class RolesPage(msgspec.Struct):
    roles: list[RoleColumn]
    permissions: list[PermissionRow]


class Process(msgspec.Struct):
    """One running process. `pool_*`: its connections to the database."""

    name: str
    memory_mib: int = 0
    cpu_seconds: float = 0
    open_files: int = 0
    figures_age_seconds: int = 0
    pool_in_use: int = 0
    pool_open: int = 0
    pool_limit: int = 0
    pool_waiting: int = 0
    streams: int = 0


class RouteFigures(msgspec.Struct):
    """How a page or address has answered since its processes started; `within_ms`: 95 of 100 were faster."""

    route: str
    requests: int
    mean_ms: float
    within_ms: float | None
    failed: int


class QueryFigures(msgspec.Struct):
    query: str
    runs: int
    mean_ms: float
    total_seconds: float


class Figure(msgspec.Struct):
    """One number with its name and what it means."""

    label: str
    value: str
    words: str = ""


class DeadJob(msgspec.Struct):
    name: str
    error: str
    tries: int
    died_at: datetime


class ServicePage(msgspec.Struct):
    """`worries`: plain sentences about what somebody should look at; none when all is well."""

    worries: list[str]
    figures: list[Figure]
    processes: list[Process]
    routes: list[RouteFigures]
    queries: list[QueryFigures]
    dead_jobs: list[DeadJob]
