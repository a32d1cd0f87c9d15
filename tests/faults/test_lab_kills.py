"""Workers killed while critical results are released, told and acknowledged: no half effect, no acknowledged write lost.

100 kills: `WARDLINE_FAULT_KILLS=100 make test ARGS="tests/faults -n 0 -s"`.
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.database import TestDatabase
from tests.faults.kills import KILLS, Hand, under_kills, web
from tests.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * KILLS)]
TECHNICIAN = "laboratory_technician_a"
# Every step of release has its row, its history, its event and its record; a critical one has its call, whose task stands.
HALF_RELEASES = """
    SELECT r.id, r.state FROM lab.result r
     WHERE r.state IN ('technically_released', 'clinically_released')
       AND (  (SELECT count(*) FROM lab.release e WHERE e.result_id = r.id AND e.step = 'technical') <> 1
           OR (SELECT count(*) FROM lab.result_event e WHERE e.result_id = r.id AND e.kind = 'technically_released') <> 1
           OR (SELECT count(*) FROM lab.critical_call k JOIN tasks.task t ON t.id = k.task_id WHERE k.result_id = r.id) <> 1
           OR (SELECT count(*) FROM platform.outbox o WHERE o.name = 'critical_call.opened'
                                                       AND o.payload ->> 'result_id' = r.id::text) <> 1
           OR NOT EXISTS (SELECT 1 FROM audit.entry a WHERE a.action = 'result.technically_released' AND a.subject_id = r.id))
"""
HALF_FINAL = """
    SELECT r.id FROM lab.result r JOIN lab.critical_call k ON k.result_id = r.id
     WHERE (r.state = 'clinically_released') <> EXISTS (SELECT 1 FROM lab.release e WHERE e.result_id = r.id AND e.step = 'clinical')
        OR (r.state = 'clinically_released' AND (k.told_at IS NULL
            OR (SELECT count(*) FROM platform.outbox o WHERE o.name = 'result.released'
                                                        AND o.payload ->> 'result_id' = r.id::text) <> 1))
"""
HALF_CALLS = """
    SELECT k.id FROM lab.critical_call k JOIN tasks.task t ON t.hospital_id = k.hospital_id AND t.id = k.task_id
     WHERE (k.closed_at IS NOT NULL) <> (t.state = 'done')
        OR (k.acknowledged_at IS NOT NULL) <> (t.acknowledged_at IS NOT NULL)
        OR (k.told_at IS NOT NULL) <> (SELECT count(*) = 1 FROM lab.result_event e WHERE e.result_id = k.result_id AND e.kind = 'called')
        OR (k.acknowledged_at IS NOT NULL) <> (SELECT count(*) = 1 FROM lab.result_event e
                                                WHERE e.result_id = k.result_id AND e.kind = 'acknowledged')
"""
DOUBLE_ORDERS = """
    SELECT person_id FROM lab.request GROUP BY person_id HAVING count(*) <> 1
     UNION ALL SELECT request_id FROM lab.specimen GROUP BY request_id HAVING count(*) <> 1
"""


class Ledger:
    """What was acknowledged to somebody: the result and the last step that they were told of."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}

    async def story(self, hand: Hand) -> None:
        """A potassium of 6.9, from the order to the acknowledgement."""
        person = await hand.world.patient(hand.world.a, family=f"Lang {uuid4().hex[:6]}")
        await hand.world.stay(hand.world.a, person)
        order = await hand.write("POST", f"/patients/{person}/lab-orders", {"tests": ["K"]}, as_="doctor_a")
        specimen = order["specimens"][0]
        path = f"/specimens/{specimen['id']}"
        specimen = await hand.write("POST", f"{path}/collection", {}, as_="nurse_a", version=specimen["version"])
        await hand.write("POST", f"{path}/receipt", {}, as_=TECHNICIAN, version=specimen["version"])
        [result] = (await hand.read(path, as_=TECHNICIAN))["results"]
        home = f"/results/{result['id']}"
        result = await hand.write("PUT", f"{home}/value", {"value": 6.9}, as_=TECHNICIAN, version=result["version"])
        result = await hand.write("POST", f"{home}/technical-release", {}, as_=TECHNICIAN, version=result["version"])
        self.last[result["id"]] = "technically_released"
        await self._call(hand, result)
        await hand.write("POST", f"{home}/clinical-release", {}, as_=TECHNICIAN, version=result["version"])
        self.last[result["id"]] = "clinically_released"

    async def _call(self, hand: Hand, result: dict[str, Any]) -> None:
        call = (await hand.read(f"/critical-calls/{result['call_id']}", as_=TECHNICIAN))["call"]
        said = {"told_to": "Dr Kim Lane", "identifiers": ["name", "born_on"], "read_back": 6.9}
        path = f"/critical-calls/{call['id']}"
        told = await hand.write("POST", f"{path}/call-back", said, as_=TECHNICIAN, version=call["version"])
        self.last[result["id"]] = "told"
        seen = {"action": "Calcium given"}
        await hand.write("POST", f"{path}/acknowledgement", seen, as_="doctor_a", version=told["version"])
        self.last[result["id"]] = "acknowledged"


async def lost(world: World, ledger: Ledger) -> list[tuple[str, str]]:
    """What somebody was told is done, and is not."""
    async with world.owner() as db:
        rows = await db.fetch(
            "SELECT r.id::text, r.state, k.told_at IS NOT NULL AS told, k.acknowledged_at IS NOT NULL AS acknowledged"
            " FROM lab.result r JOIN lab.critical_call k ON k.result_id = r.id"
        )
    held = {row["id"]: row for row in rows}
    steps = ["technically_released", "told", "acknowledged", "clinically_released"]
    missing: list[tuple[str, str]] = []
    for result, last in ledger.last.items():
        row = held.get(result)
        reached = -1 if row is None else 0
        if row is not None and row["told"]:
            reached = 1 + bool(row["acknowledged"]) + (row["state"] == "clinically_released")
        if reached < steps.index(last):
            missing.append((result, last))
    return missing


async def test_killed_workers_leave_nothing_half_and_lose_nothing(fresh_database: TestDatabase, tmp_path: Path) -> None:
    ledger = Ledger()
    async with web(fresh_database, tmp_path) as server:
        figures = await under_kills(server, ledger.story)
        async with server.world.owner() as db:
            for question in (HALF_RELEASES, HALF_FINAL, HALF_CALLS, DOUBLE_ORDERS):
                assert await db.fetch(question) == [], question
        assert await lost(server.world, ledger) == []
    assert figures.kills == KILLS
    assert figures.stories == len(ledger.last) > 0
    assert set(figures.answers) & {"500", "409", "412", "422"} == set(), figures
