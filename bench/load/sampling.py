"""What the server's processes use while they are measured: CPU, memory and open files by kind, once a second."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from bench import processes

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
FILES_EVERY = 10  # seconds: listing tens of thousands of open files takes its time
RIG = "rig"
LEADING = "rig, leading"


class Usage(msgspec.Struct):
    """One kind of process at one moment. Memory that processes share is counted once."""

    cpu_s: float = 0.0
    memory_mb: float = 0.0
    files: int = 0
    processes: int = 0


class Sample(msgspec.Struct):
    """Everything at one moment; `busy_s` is the CPU of the whole machine, `stolen_s` what its host took away."""

    at: float
    kinds: dict[str, Usage]
    busy_s: float
    stolen_s: float


class Sampler:
    """Follows families of processes. What a process has used stays counted when it ends."""

    def __init__(self, servers: list[int], rig: int) -> None:
        self._servers, self._rig = servers, rig
        self._cpu: dict[tuple[str, int], float] = {}
        self._first: dict[tuple[str, int], float] = {}
        self._files: dict[str, int] = {}
        self._files_at = 0.0
        self.samples: list[Sample] = []

    def take(self) -> Sample:
        """Look now."""
        kinds: dict[str, Usage] = {}
        shared: dict[str, float] = {}
        members: dict[str, list[int]] = {}
        for kind, process in self._processes():
            members.setdefault(kind, []).append(process)
            usage = kinds.setdefault(kind, Usage())
            usage.processes += 1
            private_mb, shared_mb = memory_mb(process)
            usage.memory_mb += private_mb
            shared[kind] = max(shared.get(kind, 0.0), shared_mb)
            self._cpu[kind, process] = max(self._cpu.get((kind, process), 0.0), cpu_s(process))
            if not self.samples:
                self._first[kind, process] = self._cpu[kind, process]
        for (kind, process), used in self._cpu.items():
            kinds.setdefault(kind, Usage()).cpu_s += used - self._first.get((kind, process), 0.0)
        for kind, usage in kinds.items():
            usage.memory_mb = round(usage.memory_mb + shared.get(kind, 0.0), 1)
            usage.cpu_s = round(usage.cpu_s, 2)
        self._count_files(members)
        for kind, files in self._files.items():
            kinds.setdefault(kind, Usage()).files = files
        busy, stolen = machine_s()
        sample = Sample(time.monotonic(), kinds, busy, stolen)
        self.samples.append(sample)
        return sample

    def _processes(self) -> list[tuple[str, int]]:
        rig = processes.family(self._rig)
        found = {each: kind_of(each) for first in self._servers for each in processes.family(first) if each not in rig}
        own = [(LEADING if each == self._rig else RIG, each) for each in rig]
        return own + [(kind, each) for each, kind in found.items()]

    def _count_files(self, members: dict[str, list[int]]) -> None:
        if time.monotonic() - self._files_at < FILES_EVERY:
            return
        self._files_at = time.monotonic()
        self._files = {kind: sum(map(open_files, each)) for kind, each in members.items()}


def cpu_s(process: int) -> float:
    """User and system time of a process so far."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return 0.0


def memory_mb(process: int) -> tuple[float, float]:
    """What is its own and what it shares."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/statm").read_text().split()
        resident, shared = int(fields[1]), int(fields[2])
        return (resident - shared) * processes.PAGE_BYTES / 1e6, shared * processes.PAGE_BYTES / 1e6
    return 0.0, 0.0


def open_files(process: int) -> int:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{process}/fd"))  # noqa: PTH208 (a path object for each is too dear)
    return 0


def machine_s() -> tuple[float, float]:
    """Seconds of CPU that the whole machine has worked, and that its host has taken away."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq) / TICKS_PER_S, steal / TICKS_PER_S


def kind_of(process: int) -> str:
    """What a process is, told by its command line."""
    words = command(process)
    line = " ".join(words)
    if "postgres" in line:
        return "postgres"
    for kind in ("redis", "nginx"):
        if kind in line:
            return kind
    for kind in ("live", "worker", "web"):
        if kind in words:
            return kind
    return "other"


def command(process: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ").split()
    return []


# ---- which processes the server's are ---------------------------------------------------------------------------------


def servers(data: Path, ports: list[int], database_backend: int | None) -> list[int]:
    """The supervisor of the data folder, whoever listens on the ports, the database's first process."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        found.append(int((data / "lock").read_text()))
    found += [process for port in ports for process in listening(port)]
    if database_backend is not None and (postmaster := parent(database_backend)):
        found.append(postmaster)
    return [each for each in dict.fromkeys(found) if command(each)]


def parent(process: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def listening(port: int) -> list[int]:
    """The processes that listen on a TCP port of this machine."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return [process for process in everybody() if inodes & set(sockets(process))] if inodes else []


def everybody() -> list[int]:
    return [int(folder.name) for folder in processes.PROCESSES.iterdir() if folder.name.isdigit()]


def sockets(process: int) -> list[str]:
    found: list[str] = []
    with suppress(OSError):
        for name in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208
            with suppress(OSError):
                found.append(os.readlink(f"/proc/{process}/fd/{name}"))  # noqa: PTH115
    return found


def between(samples: list[Sample], begins: float, ends: float) -> dict[str, Any]:
    """What was used between two moments, by kind, with the most memory and open files there were."""
    inside = [sample for sample in samples if begins <= sample.at <= ends]
    if len(inside) < 2:
        return {}
    first, last = inside[0], inside[-1]
    kinds: dict[str, dict[str, float]] = {}
    for kind, usage in last.kinds.items():
        before = first.kinds.get(kind, Usage())
        kinds[kind] = {
            "cpu_s": round(usage.cpu_s - before.cpu_s, 2),
            "cores": round((usage.cpu_s - before.cpu_s) / (last.at - first.at), 3),
            "memory_mb_max": max(s.kinds[kind].memory_mb for s in inside if kind in s.kinds),
            "files_max": max(s.kinds[kind].files for s in inside if kind in s.kinds),
            "processes": usage.processes,
        }
    busy, stolen = last.busy_s - first.busy_s, last.stolen_s - first.stolen_s
    known = sum(kind["cpu_s"] for kind in kinds.values())
    return {
        "seconds": round(last.at - first.at, 1),
        "kinds": kinds,
        "server_cpu_s": round(sum(kind["cpu_s"] for name, kind in kinds.items() if not name.startswith(RIG)), 2),
        "rig_cpu_s": round(sum(kind["cpu_s"] for name, kind in kinds.items() if name.startswith(RIG)), 2),
        "others_cpu_s": round(max(0.0, busy - known), 2),
        "stolen_cpu_s": round(stolen, 2),
    }
