"""Where everything is: the folder, the ports, the addresses. Pure arithmetic."""

import resource
from pathlib import Path

import msgspec

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parent
NODES_MAX = 19
LOOPBACK = "127.0.0.1"
# Offsets from the first inner port.
LIVE, POSTGRES, REDIS, FIGURES, PROMETHEUS, OF_POSTGRES, OF_REDIS, OF_NGINX, OF_NODE = (
    20,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
)
PORTS_MAX = 48


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """One topology: how many of what, and where."""

    data: Path
    page_port: int = 3001
    program_port: int = 8000
    first_port: int = 18_000
    web: int = 2
    live: int = 1
    workers: int = 1  # processes of each web node
    server: str = "granian"
    demo: bool = False
    log_requests: bool = False
    monitoring: bool = True
    nginx_workers: int = 2
    database_url: str | None = None
    app_database_url: str | None = None

    def web_port(self, number: int) -> int:
        return self.first_port + number

    def live_port(self, number: int) -> int:
        return self.first_port + LIVE + number

    def port(self, offset: int) -> int:
        return self.first_port + offset

    @property
    def ports(self) -> list[int]:
        """Every port that is used."""
        inner = [POSTGRES, REDIS, FIGURES, PROMETHEUS, OF_POSTGRES, OF_REDIS, OF_NGINX, OF_NODE]
        nodes = [self.web_port(n) for n in range(1, self.web + 1)] + [
            self.live_port(n) for n in range(1, self.live + 1)
        ]
        return [self.page_port, self.program_port, *nodes, *map(self.port, inner)]

    @property
    def page(self) -> str:
        return f"https://{LOOPBACK}:{self.page_port}"

    @property
    def program(self) -> str:
        return f"http://{LOOPBACK}:{self.program_port}"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    def secret(self, reader: str, name: str) -> Path:
        return self.secrets / reader / name


def files_per_process() -> int:
    """How many files, which are connections, one process may open on this machine."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
