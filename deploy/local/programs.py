"""The programs of Debian's packages, and the account without rights that runs them when root starts everything."""

import shutil
from pathlib import Path

from wardline.platform import processes

POSTGRES = Path("/usr/lib/postgresql")
PACKAGES = {
    "nginx": "nginx",
    "postgres": "postgresql-15",
    "redis-server": "redis-server",
    "prometheus": "prometheus",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-redis-exporter": "prometheus-redis-exporter",
    "prometheus-nginx-exporter": "prometheus-nginx-exporter",
    "prometheus-node-exporter": "prometheus-node-exporter",
}
NEEDED = ("nginx", "postgres", "redis-server")


def found(name: str) -> Path | None:
    """Where a program is; those of the newest PostgreSQL are in a folder of its own."""
    if name in ("postgres", "initdb", "psql"):
        versions = sorted(POSTGRES.glob("*/bin"), key=lambda path: int(path.parent.name))
        return next((path / name for path in reversed(versions) if (path / name).exists()), None)
    place = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return Path(place) if place else None


def program(name: str) -> Path:
    """Where a program is that must be there; raises Missing."""
    place = found(name)
    if place is None:
        raise Missing(missing((name,)))
    return place


class Missing(Exception):
    """Programs that are not on this machine; the text says how to bring them."""


def missing(names: tuple[str, ...] = NEEDED) -> str:
    """What must be installed first; empty when nothing is missing."""
    packages = [PACKAGES.get(name, name) for name in names if found(name) is None]
    return f"Not on this machine; bring it with: apt-get install {' '.join(packages)}" if packages else ""


def account(folder: Path) -> processes.Account | None:
    """Who runs PostgreSQL, Redis, nginx's workers and the monitoring: None for whoever we are."""
    return processes.unprivileged_account(owner_of=folder)
