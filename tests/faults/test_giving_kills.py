"""Workers killed while medicines are given: one administration of a dose with its history, its event and its record, or
none; a colleague who was first is told of; what somebody was told stands.

100 kills: `WARDLINE_FAULT_KILLS=100 make test ARGS="tests/faults -n 0 -s"`.
"""

import asyncio
from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.faults.bedside import in_bed, ordered
from tests.faults.kills import KILLS, Hand, Server, under_kills, web

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * KILLS)]

# Every administration has its first step, its event and its record, once; its dose says the same.
HALF_GIVINGS = """
    SELECT a.id, a.action FROM mar.administration a
      LEFT JOIN mar.dose d ON d.hospital_id = a.hospital_id AND d.id = a.dose_id
     WHERE (SELECT count(*) FROM mar.step s WHERE s.administration_id = a.id AND s.kind = 'recorded') <> 1
        OR (SELECT count(*) FROM platform.outbox o WHERE o.name = 'dose.' || a.action
                                                     AND o.payload ->> 'administration_id' = a.id::text) <> 1
        OR (SELECT count(*) FROM audit.entry e WHERE e.action = 'dose.' || a.action AND e.subject_id = a.id) <> 1
        OR (a.dose_id IS NOT NULL AND d.state IS DISTINCT FROM a.action)
"""
UNTRUE_DOSES = """
    SELECT d.id, d.state FROM mar.dose d
     WHERE (d.state IN ('given', 'not_given', 'held', 'self')) <> (SELECT count(*) = 1 FROM mar.administration a
                                                                    WHERE a.dose_id = d.id AND a.state = 'final')
"""
DOUBLE_GIVINGS = "SELECT dose_id FROM mar.administration WHERE dose_id IS NOT NULL GROUP BY dose_id HAVING count(*) > 1"
FOR_NOTHING = """
    SELECT s.id FROM mar.step s
     WHERE NOT EXISTS (SELECT 1 FROM mar.administration a WHERE a.id = s.administration_id)
     UNION ALL SELECT e.id FROM audit.entry e
     WHERE e.action IN ('dose.given', 'dose.not_given') AND NOT EXISTS (SELECT 1 FROM mar.administration a WHERE a.id = e.subject_id)
"""


class Round:
    """What was acknowledged to somebody: each administration, of which dose, and what it said."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str]] = {}
        self.second = 0

    async def story(self, hand: Hand) -> None:
        """Two doses of somebody: one that two people give at once, one that is not given, and one more when needed."""
        person, number = await in_bed(hand)
        orders = [
            await ordered(hand, person, line)
            for line in ("furosemide 40 mg po stat", "ondansetron 4 mg po stat", "paracetamol 1 g po qds prn max 4 g")
        ]
        found = await hand.read(f"/patients/{person}/given", as_="nurse_a")
        doses = {dose["medicine_id"]: dose for dose in found["doses"]}
        given, refused = (doses[order["id"]] for order in orders[:2])
        scans = {"patient_scan": number, "drug_scan": f"{given['medicine_id']}/D100000001".upper()}
        path = f"/doses/{given['id']}/giving"
        both = await asyncio.gather(
            *(
                hand.write("POST", path, scans, as_=who, version=given["version"], also=(409,))
                for who in ("nurse_a", "doctor_a")
            )
        )
        [won] = [answer for answer in both if "code" not in answer]
        [late] = [answer for answer in both if "code" in answer]
        assert (late["code"], late["administration_id"]) == ("already_given", won["id"])
        self.second += 1
        self.told[won["id"]] = (given["id"], "given")
        why = {"reason": "refused"}
        path = f"/doses/{refused['id']}/not-given"
        done = await hand.write("POST", path, why, as_="nurse_a", version=refused["version"])
        self.told[done["id"]] = (refused["id"], "not_given")
        scans["drug_scan"] = f"{orders[2]['id']}/D100000002".upper()
        path = f"/medicines/{orders[2]['id']}/giving"
        done = await hand.write("POST", path, scans, as_="nurse_a", version=orders[2]["version"])
        self.told[done["id"]] = ("None", "given")


async def stored(server: Server) -> dict[str, tuple[str, str]]:
    """Every administration that stands."""
    async with server.world.owner() as db:
        rows = await db.fetch("SELECT id, dose_id, action FROM mar.administration WHERE state = 'final'")
    return {str(row["id"]): (str(row["dose_id"]), row["action"]) for row in rows}


async def test_killed_workers_give_each_dose_once_or_not(fresh_database: TestDatabase, tmp_path: Path) -> None:
    round_ = Round()
    async with web(fresh_database, tmp_path) as server:
        figures = await under_kills(server, round_.story)
        async with server.world.owner() as db:
            for question in (HALF_GIVINGS, UNTRUE_DOSES, DOUBLE_GIVINGS, FOR_NOTHING):
                assert await db.fetch(question) == [], question
        assert await stored(server) == round_.told
    assert figures.kills == KILLS
    assert len(round_.told) == 3 * figures.stories > 0
    assert figures.answers["409"] == round_.second == figures.stories
    assert set(figures.answers) & {"500", "404", "412"} == set(), figures
