"""Workers killed while medicines are dispensed from one shelf: a dispensing has its lots, its ledger lines and its task, or
nothing of it is there; the ledger sums to the stock; what somebody was told stands.

100 kills: `WARDLINE_FAULT_KILLS=100 make test ARGS="tests/faults -n 0 -s"`.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.database import TestDatabase
from tests.faults.bedside import in_bed, ordered
from tests.faults.kills import KILLS, Hand, Server, under_kills, web
from tests.stock.way import UNBALANCED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * KILLS)]
PHARMACIST = "pharmacist_a"
NEEDED, FIRST = 15, 11  # what an order needs, and how much of it is there at first
SMALL_LOTS, SMALL, LARGE = 9, 13, 1_000_000  # lots that run out under the hands, and one that does not

# A dispensing has lots that sum to it, as many ledger lines of the same lots, its event and its record, once.
HALF_DISPENSES = """
    SELECT d.number FROM pharmacy.dispense d
     WHERE d.quantity <> (SELECT coalesce(sum(l.quantity), 0) FROM pharmacy.dispense_lot l WHERE l.dispense_id = d.id)
        OR EXISTS (SELECT 1 FROM pharmacy.dispense_lot l
                     FULL JOIN (SELECT e.lot_id, sum(e.quantity) AS taken FROM stock.entry e
                                 WHERE e.reference = d.id AND e.kind = 'dispense' GROUP BY 1) e USING (lot_id)
                    WHERE (l.dispense_id = d.id OR l.dispense_id IS NULL) AND l.quantity IS DISTINCT FROM -e.taken)
        OR (SELECT count(*) FROM platform.outbox o WHERE o.name = 'dispense.prepared'
                                                     AND o.payload ->> 'dispense_id' = d.id::text) <> 1
        OR (SELECT count(*) FROM audit.entry a WHERE a.action = 'dispense.prepared' AND a.subject_id = d.id) <> 1
"""
TAKEN_FOR_NOTHING = """
    SELECT e.id FROM stock.entry e
     WHERE e.kind = 'dispense' AND NOT EXISTS (SELECT 1 FROM pharmacy.dispense d WHERE d.id = e.reference)
"""
# What is owed is what the last dispensing says, and is a task that is open exactly as long; nothing is dispensed twice.
WRONG_SUPPLIES = """
    SELECT u.medicine_id, u.state, u.owed FROM pharmacy.supply u
      LEFT JOIN LATERAL (SELECT sum(d.quantity) AS quantity, min(d.owed) AS owed, count(*) AS times FROM pharmacy.dispense d
                          WHERE d.medicine_id = u.medicine_id) d ON true
     WHERE (u.state = 'ready') <> (d.times = 0)
        OR (d.times > 0 AND (u.owed <> d.owed OR d.quantity + d.owed <> $1 OR d.times > 2))
        OR (u.state = 'part') <> (SELECT count(*) = 1 FROM tasks.task t WHERE t.kind = 'pharmacy_owed'
                                     AND t.subject_key = u.medicine_id::text AND t.state IN ('open', 'acknowledged'))
        OR (u.state = 'done') <> (SELECT count(*) = 1 FROM tasks.task t WHERE t.kind = 'pharmacy_owed'
                                     AND t.subject_key = u.medicine_id::text AND t.state = 'done')
"""
HALF_HAND_OVERS = """
    SELECT d.number FROM pharmacy.dispense d
     WHERE (d.status = 'completed') <> (SELECT count(*) = 1 FROM platform.outbox o WHERE o.name = 'dispense.handed_over'
                                                                     AND o.payload ->> 'dispense_id' = d.id::text)
"""


class Counter:
    """A store with one product, and what was acknowledged to somebody: each dispensing and how far it went."""

    def __init__(self) -> None:
        self.store = self.product = ""
        self.last: dict[str, str] = {}

    async def fill(self, server: Server) -> None:
        """Lots that run out one after another, and a last one that does not."""
        async with httpx.AsyncClient(base_url=server.address, headers={"accept": "application/json"}) as browser:
            hand = Hand(server, browser)
            store = {"name": f"Store {uuid4().hex[:6]}", "kind": "pharmacy"}
            self.store = (await hand.write("POST", "/stock/stores", store, as_=PHARMACIST))["id"]
            kind = {"ingredient": "amoxicillin", "form": "capsule", "strength": "500 mg", "unit": "capsule"}
            kind |= {"pack_quantity": 21}
            self.product = (await hand.write("POST", "/stock/products", kind, as_=PHARMACIST))["id"]
            today = datetime.now(UTC).date()
            for place, quantity in enumerate([SMALL] * SMALL_LOTS + [LARGE], start=1):
                expires = (today + timedelta(days=30 * place)).isoformat()
                lot = {"product_id": self.product, "lot": uuid4().hex[:10], "expires_on": expires, "quantity": quantity}
                await hand.write("POST", f"/stock/stores/{self.store}/receipts", lot, as_=PHARMACIST)

    async def story(self, hand: Hand) -> None:
        """An order that is verified, dispensed in part, then the rest, and handed over."""
        person, _ = await in_bed(hand)
        order = await ordered(hand, person, "amox 500 tds 5d")
        path = f"/medicines/{order['id']}"
        seen = await hand.read(f"{path}/pharmacy", as_=PHARMACIST)
        await hand.write("POST", f"{path}/verification", {}, as_=PHARMACIST, version=seen["version"])
        for quantity in (FIRST, NEEDED - FIRST):
            wanted: dict[str, Any] = {"store_id": self.store, "product_id": self.product, "quantity": quantity}
            if quantity == FIRST:
                wanted["needed"] = NEEDED
            version = (await hand.read(f"{path}/pharmacy", as_=PHARMACIST))["dispense_version"]
            given = await hand.write("POST", f"{path}/dispenses", wanted, as_=PHARMACIST, version=version)
            self.last[given["id"]] = "in_progress"
            to = {"received_by": "Nurse of ward 7"}
            over = f"/dispenses/{given['id']}/hand-over"
            await hand.write("POST", over, to, as_=PHARMACIST, version=given["version"])
            self.last[given["id"]] = "completed"


async def lost(server: Server, told: dict[str, str]) -> list[tuple[str, str]]:
    """What somebody was told is done, and is not."""
    async with server.world.owner() as db:
        rows = await db.fetch("SELECT id::text, status FROM pharmacy.dispense")
    held = {row["id"]: row["status"] for row in rows}
    return [(each, last) for each, last in told.items() if held.get(each) not in {last, "completed"}]


async def test_killed_workers_dispense_all_of_it_or_nothing(fresh_database: TestDatabase, tmp_path: Path) -> None:
    counter = Counter()
    async with web(fresh_database, tmp_path) as server:
        await counter.fill(server)
        figures = await under_kills(server, counter.story)
        async with server.world.owner() as db:
            for question in (HALF_DISPENSES, TAKEN_FOR_NOTHING, HALF_HAND_OVERS, UNBALANCED):
                assert await db.fetch(question) == [], question
            assert await db.fetch(WRONG_SUPPLIES, NEEDED) == []
            left = await db.fetchval("SELECT quantity FROM stock.shelf")
            dispenses = await db.fetchval("SELECT count(*) FROM pharmacy.dispense")
        assert await lost(server, counter.last) == []
    assert figures.kills == KILLS
    assert dispenses == len(counter.last) == 2 * figures.stories > 0
    assert left == SMALL * SMALL_LOTS + LARGE - NEEDED * figures.stories
    assert set(figures.answers) & {"500", "404", "409", "412"} == set(), figures
