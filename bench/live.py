"""What a stream costs while it opens and stays, and what a changed row costs for each who watches it."""

import time
from typing import TYPE_CHECKING, Any

from bench import processes
from bench.driver import Streams
from bench.seeding import Seeded
from bench.stage import Server, Stage
from bench.works import request

if TYPE_CHECKING:
    from bench.__main__ import Driver

WATCHERS = 300
CHANGES = 16
CHANGES_PER_S = 3.5
IDLE_SECONDS = 3  # what a process does anyway is taken off
BUDGET = {"stream_kilobytes": 10, "open_cpu_us": 100, "push_cpu_us": 14, "p95_ms": 400}
CHANGE = """
    WITH changed AS (UPDATE encounters.current SET news_score = {score}, version = version + 1
                      WHERE encounter_id = '{encounter}' RETURNING ward_id),
         touched AS (UPDATE platform.topic SET version = version + 1
                      WHERE topic = 'ward:{ward}' AND EXISTS (SELECT 1 FROM changed) RETURNING topic, version)
    SELECT pg_notify('topics', topic || ' ' || version) FROM touched
"""


def measured(driver: "Driver", made: Stage, web: Server, seeded: Seeded) -> dict[str, Any]:
    """One watcher gives the cost of reading and rendering a change; many give what each more costs."""
    one = _watched(driver, made, web, seeded, 1)
    many = _watched(driver, made, web, seeded, WATCHERS)
    pushes = many["delivered"] - one["delivered"]
    found: dict[str, Any] = {
        "watchers": WATCHERS,
        "changes": CHANGES,
        "delivered": many["delivered"],
        "expected": many["expected"],
        "push_cpu_us": round((many["cpu_us"] - one["cpu_us"]) / max(1, pushes), 1),
        "change_cpu_us": round(one["cpu_us"] / CHANGES, 1),
        "open_cpu_us": round(many["open_cpu_us"] / WATCHERS, 1),
        "stream_kilobytes": round(many["bytes"] / WATCHERS / 1024, 1),
        "p50_ms": many["p50_ms"],
        "p95_ms": many["p95_ms"],
        "budget": BUDGET,
    }
    found["met"] = (
        all(found[name] <= limit for name, limit in BUDGET.items()) and found["delivered"] == found["expected"]
    )
    return found


def _watched(driver: "Driver", made: Stage, web: Server, seeded: Seeded, count: int) -> dict[str, Any]:
    ward, process = seeded.wards[0], web.process.pid
    there = [patient for patient in seeded.patients if patient.ward_id == ward.id]
    changes = [
        CHANGE.format(score=n % 5, encounter=there[n % len(there)].encounter_id, ward=ward.id)
        for n in range(1, CHANGES + 1)
    ]
    asked = request("GET", f"/live?topic=ward:{ward.id}", ward.tokens[0])
    order = Streams(web.port, count, asked, made.addresses.owner, changes, CHANGES_PER_S)
    driver.order("streams", order)
    before, size = processes.family_cpu_us(process), processes.resident_bytes(process)
    driver.go()
    opened, size = processes.family_cpu_us(process), processes.resident_bytes(process) - size
    started, idle = time.monotonic(), processes.family_cpu_us(process)
    time.sleep(IDLE_SECONDS)
    idle_us_per_s = (processes.family_cpu_us(process) - idle) / (time.monotonic() - started)
    started, before_changes = time.monotonic(), processes.family_cpu_us(process)
    counted = driver.go()
    used = processes.family_cpu_us(process) - before_changes - idle_us_per_s * (time.monotonic() - started)
    return counted | {"cpu_us": used, "open_cpu_us": opened - before, "bytes": size}


def lines(found: dict[str, Any]) -> list[str]:
    """The rows of the table."""
    if not found:
        return []
    budget = found["budget"]
    return [
        f"live: a push to one watcher {found['push_cpu_us']:.1f} us (budget {budget['push_cpu_us']}), "
        f"read and rendered once {found['change_cpu_us']:.0f} us, {found['delivered']} of {found['expected']} delivered",
        f"live: a stream {found['stream_kilobytes']:.1f} KB (budget {budget['stream_kilobytes']}), "
        f"{found['open_cpu_us']:.0f} us to open (budget {budget['open_cpu_us']}), commit to screen p95 {found['p95_ms']:.0f} ms "
        f"(budget {budget['p95_ms']})",
    ]
