"""What a run is asked to do."""

from urllib.parse import urlsplit

import msgspec

from bench.load.model import WINDOW_SECONDS, Phase

USERS_A_SECOND = 150  # who arrive, where nothing else is said: more is a storm, not a busy hour
REST_FACTOR = 0.5


class CannotRun(Exception):
    """The run cannot begin or go on; the text says why."""


class Options(msgspec.Struct, kw_only=True):
    """The options of the command, and a few that only tests change."""

    users: int = 50_000
    mean_seconds: float = 25.0
    minutes: float = 5.0
    ramp_minutes: float | None = None
    warm_up_seconds: float = 30.0
    url: str
    stream_url: str
    sign_ins: int = 2000
    sign_ins_per_second: float = 25.0
    processes: int | None = None
    hospitals: int | None = None  # only so many of the network's
    seed: int = 1
    server_pids: list[int] = []
    storm: bool = False
    retries: int = 0
    overload: list[float] = []
    capacity: float | None = None  # requests a second
    rest_seconds: float = 60.0
    settle_seconds: float = 40.0  # a refused stream is asked to come back within 30
    boards_seconds: float = 75.0

    @property
    def ramp_seconds(self) -> float:
        return self.users / USERS_A_SECOND + 1 if self.ramp_minutes is None else self.ramp_minutes * 60

    @property
    def mean(self) -> float:
        """Seconds between two acts of a user; under overload what the capacity asks of each."""
        return self.users / self.capacity if self.overload and self.capacity else self.mean_seconds

    @property
    def urls(self) -> list[str]:
        """The nodes that answer pages."""
        return [url.rstrip("/") for url in self.url.split(",")]

    @property
    def stream_urls(self) -> list[str]:
        """The nodes that hold streams."""
        return [url.rstrip("/") for url in self.stream_url.split(",")]

    @property
    def ports(self) -> list[int]:
        """Where the server listens."""
        return list(dict.fromkeys(port_of(url) for url in (*self.urls, *self.stream_urls)))

    def phases(self, begins: float) -> list[Phase]:
        """The stretches from a moment on: one; or under overload the capacity itself, then each multiple of it with a
        rest behind it."""
        seconds = self.minutes * 60
        if not self.overload:
            return [Phase("all", begins, begins + seconds)]
        seconds, rest = windows(seconds), windows(self.rest_seconds)
        found = [Phase("1x", begins, begins + seconds)]
        for factor in self.overload:
            at = found[-1].ends
            found += [
                Phase(f"{factor:g}x", at, at + seconds, factor),
                Phase("rest", at + seconds, at + seconds + rest, REST_FACTOR),
            ]
        return found


def windows(seconds: float) -> float:
    """The nearest number of whole windows, at least one."""
    return max(1, round(seconds / WINDOW_SECONDS)) * WINDOW_SECONDS


def port_of(url: str) -> int:
    """The port of an address."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
