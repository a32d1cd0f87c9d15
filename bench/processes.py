"""How much CPU processes have used, in microseconds, as the kernel counts it."""

import os
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")
TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def family(process_id: int) -> list[int]:
    """A process and everything below it."""
    found = [process_id]
    for each in found:
        for task in _folders(PROCESSES / str(each) / "task"):
            with suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_us(process_id: int) -> int:
    """User and system time of all threads of a process so far; 0 when it is gone."""
    total = 0
    for task in _folders(PROCESSES / str(process_id) / "task"):
        with suppress(OSError, ValueError):
            total += int((task / "schedstat").read_text().split()[0]) // 1000
    return total


def family_cpu_us(process_id: int, *, without: frozenset[int] = frozenset()) -> int:
    """CPU of a process, of everything below it, and of the children it has seen end."""
    return ended_children_us(process_id) + sum(cpu_us(each) for each in family(process_id) if each not in without)


def ended_children_us(process_id: int) -> int:
    """CPU of the children that have ended: it moves here from the process itself, so a sum over both only grows."""
    try:
        fields = (PROCESSES / str(process_id) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[13]) + int(fields[14])) * TICK_US


def resident_bytes(process_id: int) -> int:
    """Memory of a process and everything below it."""
    total = 0
    for each in family(process_id):
        with suppress(OSError):
            total += int((PROCESSES / str(each) / "statm").read_text().split()[1]) * PAGE_BYTES
    return total


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = "unknown"
    with suppress(OSError):
        lines = (PROCESSES / "cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES
    return {"cores": os.cpu_count() or 1, "cpu": model, "memory_gigabytes": round(memory_bytes / 2**30)}


def _folders(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError:
        return []
