"""What waits of medicines on the ward's board: it says what the drug round says, whichever way a dose or an order changes, to
those who may read charts, at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest

from tests.client import Client
from tests.mar.bedside import Lying, change, chart, give, lying, moved, order, scans, stat, work
from tests.mar.test_waiting import dose_of, hold
from tests.platform.shelves import Tab
from tests.queries import queries_at_most
from wardline.beds import medicines
from wardline.mar import jobs, rules
from wardline.platform.jobs import Event

LINES = ("bisoprolol 5 mg po stat", "bumetanide 1 mg po stat")


@pytest.fixture
async def at(client: Client) -> Lying:
    return await lying(client)


async def tell(client: Client, at: Lying) -> None:
    """What a test has written past the door is seen by whoever holds the board."""
    async with client.world.owner() as db:
        await db.execute("SELECT platform.raise_topics($1, $2)", [f"ward:{at.ward}"], [at.bed_id])


async def board(client: Client, at: Lying, who: str = "nurse_a") -> dict[str, Any]:
    answer = await client.get(f"/wards/{at.ward}", as_=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def shown(client: Client, at: Lying) -> tuple[str, int, int]:
    """What the board says of the bed; the round must say the same."""
    found = await board(client, at)
    mine = next(each for each in found["beds"] if each["id"] == str(at.bed_id))["patient"]["medicines"]
    told = (await client.get(f"/wards/{at.ward}/round", as_="nurse_a")).json()
    states = [item["state"] for item in told["items"]]
    assert found["summary"]["medicines_overdue"] == mine["overdue"] == told["overdue"] == states.count("overdue")
    assert mine["held"] == states.count("held")
    waiting = [item["due_at"] for item in told["items"] if item["state"] in {"due", "next"}]
    if waiting:  # the round looks some hours ahead, the board a day
        assert datetime.fromisoformat(mine["next_at"]) == datetime.fromisoformat(min(waiting))
    return mine["state"], mine["overdue"], mine["held"]


async def heard(client: Client, name: str, made: dict[str, Any]) -> None:
    """The worker acts on what the prescriber did."""
    payload = {"medicine_id": made["id"], "hospital_id": str(client.world.a.id)}
    await jobs.heard(work(client), Event(1, name, client.world.a.id, payload, datetime.now(UTC)))


async def planned(client: Client, at: Lying, minutes: int, line: str = "bisoprolol 5 mg po stat") -> dict[str, Any]:
    """A dose that is due so many minutes from now."""
    dose = await stat(client, at, line)
    await moved(client, dose, minutes)
    await tell(client, at)
    return dose


# --- every way -----------------------------------------------------------------------------------------------------------
async def test_a_dose_that_is_given_waits_no_more_and_one_in_error_waits_again(client: Client, at: Lying) -> None:
    assert await shown(client, at) == ("none", 0, 0)
    dose = await planned(client, at, -45)
    assert await shown(client, at) == ("overdue", 1, 0)
    with queries_at_most(client, 2):
        given = await give(client, dose, scans(at, dose, time_reason="Was in theatre"))
    assert given.status_code == 200, given.text
    assert await shown(client, at) == ("none", 0, 0)
    wrong = await client.post(
        f"/administrations/{given.json()['id']}/correction", {"reason": "Wrong patient"}, as_="nurse_a", version=1
    )
    assert wrong.status_code == 200, wrong.text
    assert await shown(client, at) == ("overdue", 1, 0)


async def test_a_dose_that_is_not_given_waits_no_more(client: Client, at: Lying) -> None:
    dose = await planned(client, at, -90)
    said = {"action": "not_given", "reason": "refused"}
    answer = await client.post(f"/doses/{dose['id']}/not-given", said, as_="nurse_a", version=dose["version"])
    assert answer.status_code == 200, answer.text
    assert await shown(client, at) == ("none", 0, 0)


async def test_a_dose_that_is_held_back_waits_and_is_not_overdue(client: Client, at: Lying) -> None:
    dose = await planned(client, at, -45)
    held = (await hold(client, dose, dose["version"])).json()
    assert await shown(client, at) == ("held", 0, 1)
    page = await client.get(f"/wards/{at.ward}", as_="nurse_a", html=True)
    assert "1 held back" in page.text
    assert held["action"] == "held"
    body = scans(at, dose, time_reason="Pressure is up again")
    assert (await give(client, dose, body, version=dose["version"] + 1)).status_code == 200
    assert await shown(client, at) == ("none", 0, 0)


async def test_an_order_that_is_held_resumed_and_stopped_takes_its_doses_along(client: Client, at: Lying) -> None:
    made = await order(client, at, "furosemide 40 mg po stat")
    dose = await dose_of(client, at, made)
    await moved(client, dose, -45)
    await tell(client, at)
    assert await shown(client, at) == ("overdue", 1, 0)
    for what, name, wanted in (
        ("hold", "medicine.held", ("none", 0, 0)),
        ("resumption", "medicine.resumed", ("overdue", 1, 0)),
        ("stop", "medicine.stopped", ("none", 0, 0)),
    ):
        made = await change(client, made, what)
        await heard(client, name, made)
        assert await shown(client, at) == wanted, what


async def test_an_order_in_error_asks_for_nothing(client: Client, at: Lying) -> None:
    made = await order(client, at, "furosemide 40 mg po stat")
    await moved(client, await dose_of(client, at, made), -45)
    made = await change(client, made, "correction", {"reason": "Wrong patient"})
    await heard(client, "medicine.entered_in_error", made)
    assert await shown(client, at) == ("none", 0, 0)


async def test_another_line_of_an_order_takes_the_place_of_the_first(client: Client, at: Lying) -> None:
    made = await order(client, at, "amoxicillin 500 mg po tds 5d")
    await heard(client, "medicine.prescribed", made)
    assert (await shown(client, at))[0] in {"next", "due"}
    made = await change(client, made, "change", {"line": "amoxicillin 1 g po tds 5d", "why": "Heavier"})
    await heard(client, "medicine.changed", made)
    assert (await shown(client, at))[0] in {"next", "due"}
    async with client.world.owner() as db:
        kept, waits = await db.fetchrow(
            "SELECT w.medicines, (SELECT count(*) FROM mar.dose d WHERE d.person_id = $1 AND d.state = 'due')"
            "  FROM encounters.waiting w JOIN encounters.current c ON c.encounter_id = w.encounter_id WHERE c.person_id = $1",
            at.person,
        )
    assert sum(int(number) for number in kept.split()[2::3]) == waits == 3


async def test_what_is_given_when_needed_is_planned_for_no_time(client: Client, at: Lying) -> None:
    await order(client, at, "salbutamol 2.5 mg neb every 4 hours prn")
    await chart(client, at)
    assert await shown(client, at) == ("none", 0, 0)


async def test_an_infusion_is_overdue_like_a_dose(client: Client, at: Lying) -> None:
    await planned(client, at, -45, "sodium chloride 1 litre iv over 8 hours stat")
    assert await shown(client, at) == ("overdue", 1, 0)


async def test_after_a_day_nobody_waits_for_a_dose_that_was_forgotten(client: Client, at: Lying) -> None:
    await planned(client, at, -24 * 60 - 5)
    assert await shown(client, at) == ("none", 0, 0)


async def test_windows_are_those_of_the_round(client: Client, at: Lying) -> None:
    """What may not wait is overdue after half an hour, the rest after an hour; the database counts as the rules do."""
    early, late = await stat(client, at), await stat(client, at, "bumetanide 1 mg po stat")
    for dose in (early, late):
        await moved(client, dose, -45)
    async with client.world.owner() as db:
        await db.execute("UPDATE mar.dose SET critical = '' WHERE id = $1", UUID(late["id"]))
        kept = await db.fetchval("SELECT medicines FROM encounters.waiting WHERE encounter_id = $1", at.stay)
    numbers = [int(number) for number in kept.split()]
    windows = [timedelta(minutes=turns - due) for due, turns in zip(numbers[::3], numbers[1::3], strict=True)]
    assert windows == [rules.window_of("Once only"), rules.window_of("")]
    assert timedelta(minutes=medicines.OVERDUE_MAX_MINUTES) == rules.OVERDUE_MAX
    await tell(client, at)
    found = await board(client, at)
    assert found["summary"]["medicines_overdue"] == 1


async def test_two_doses_of_one_patient_at_once_are_both_gone(client: Client, at: Lying) -> None:
    doses = [await stat(client, at), await stat(client, at, "bumetanide 1 mg po stat")]
    for dose in doses:
        await moved(client, dose, -10)
    answers = await asyncio.gather(*(give(client, dose, scans(at, dose)) for dose in doses))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await shown(client, at) == ("none", 0, 0)


# --- who sees it, and when -----------------------------------------------------------------------------------------------
async def test_the_page_says_it_in_words_and_filters(client: Client, at: Lying) -> None:
    await planned(client, at, -45)
    page = (await client.get(f"/wards/{at.ward}", as_="nurse_a", html=True)).text
    assert 'data-l="Medicines"' in page
    assert "1 overdue" in page
    assert f'href="/patients/{at.person}/given"' in page
    assert "medicines overdue" in page
    listed = (await client.get(f"/wards/{at.ward}?show=overdue", as_="nurse_a")).json()
    assert [each["id"] for each in listed["beds"]] == [str(at.bed_id)]


@pytest.mark.parametrize("who", ["receptionist_a", "hospital_manager_a"])
async def test_who_may_not_read_charts_is_told_nothing_of_medicines(client: Client, at: Lying, who: str) -> None:
    await planned(client, at, -45)
    page = (await client.get(f"/wards/{at.ward}", as_=who, html=True)).text
    for words in ("Medicines", "medicines overdue", "is-overdue", "1 overdue"):
        assert words not in page, words
    assert 'colspan="9"' not in page
    found = await board(client, at, who)
    assert found["summary"]["medicines_overdue"] is None
    mine = next(each for each in found["beds"] if each["id"] == str(at.bed_id))
    assert (mine["patient"]["medicines"], mine["marks"]) == (None, ["occupied"])
    assert (await client.get(f"/wards/{at.ward}?show=overdue", as_=who)).json()["beds"] == []


async def watch(client: Client, at: Lying, who: str) -> Tab:
    token = await client.world.token(who)
    tab = Tab(
        cast("Any", client.app), cast("Any", SimpleNamespace(session_id=token)), f"topic=ward:{at.ward}&version=0"
    )
    await tab.event("hello")
    return tab


async def test_what_changes_is_pushed_to_who_may_see_it(client: Client, at: Lying) -> None:
    """An order is signed, its dose is given: a colleague's board shows both by itself; the desk's shows neither."""
    doctor, desk = await watch(client, at, "doctor_a"), await watch(client, at, "receptionist_a")
    row = f"bed-{at.bed_id}"
    made = await order(client, at, "furosemide 40 mg po stat")
    await heard(client, "medicine.prescribed", made)
    await doctor.until(lambda kind, data: kind == "rows" and "Due " in (data["html"].get(row) or ""))
    dose = await dose_of(client, at, made)
    assert (await give(client, dose, scans(at, dose))).status_code == 200
    pushed = await doctor.until(lambda kind, data: kind == "rows" and "None due" in (data["html"].get(row) or ""))
    assert set(pushed["html"]) <= {row, "ward-summary", "ward-needs"}, "no other bed was sent"
    moved_out = await client.put(f"/beds/{at.bed_id}/occupancy", {"encounter_id": str(at.stay)}, as_="nurse_a")
    assert moved_out.status_code in (200, 409)
    isolation = {
        "isolation": "contact",
        "version": (await client.get(f"/encounters/{at.stay}", as_="nurse_a")).json()["version"],
    }
    assert (await client.patch(f"/encounters/{at.stay}", isolation, as_="nurse_a")).status_code == 200
    seen = await desk.until(lambda kind, data: kind == "rows" and "Contact" in (data["html"].get(row) or ""))
    assert "Medicines" not in "".join(html or "" for html in seen["html"].values())
    await doctor.leave()
    await desk.leave()


async def test_doses_that_a_page_makes_are_told_to_the_board(client: Client, at: Lying) -> None:
    """No worker has come yet: whoever opens the chart makes them, and the board that is held is behind no longer."""
    assert await shown(client, at) == ("none", 0, 0)
    await order(client, at, "furosemide 40 mg po stat")
    await chart(client, at)
    assert await shown(client, at) == ("due", 0, 0)


async def test_a_dose_reads_one_bed_and_no_tasks(client: Client, at: Lying) -> None:
    await board(client, at)
    async with client.world.owner() as db:
        [raised] = await db.fetchval("SELECT platform.raise_topics($1, $2)", [f"ward:{at.ward}"], [at.person])
        found = await db.fetchrow(
            "SELECT whole, cardinality(beds) AS beds, tasks FROM beds.look_at_ward($1, $2, $3, now())",
            client.world.a.id, at.ward, raised - 1,
        )  # fmt: skip
    assert (found["whole"], found["beds"], found["tasks"]) == (False, 1, None)


# --- locks ---------------------------------------------------------------------------------------------------------------
async def test_nobody_holds_what_waits_before_the_commit(client: Client, at: Lying) -> None:
    """Whoever has changed a dose may still wait for an order, a plan or a topic: what others want at their commit is free."""
    dose = await planned(client, at, -45)
    row = "SELECT medicines FROM encounters.waiting WHERE encounter_id = $1"
    async with client.world.owner() as giver, client.world.owner() as other:
        before = await other.fetchval(row, at.stay)
        async with giver.transaction():
            await giver.execute("UPDATE mar.dose SET state = 'given' WHERE id = $1", UUID(dose["id"]))
            assert await other.fetchval(f"{row} FOR UPDATE NOWAIT", at.stay) == before is not None
        assert await other.fetchval(row, at.stay) is None


async def test_two_who_change_doses_of_the_same_stays_do_not_wait_for_each_other(client: Client) -> None:
    """Each changes one dose of both, the one from the left and the other from the right, and both see both."""
    beds = [await lying(client), await lying(client)]
    doses = [[UUID((await planned(client, each, -45, line))["id"]) for each in beds] for line in LINES]
    async with client.world.owner() as left, client.world.owner() as right:

        async def give_all(connection: asyncpg.Connection, ids: list[UUID]) -> None:
            async with connection.transaction():
                for one in ids:
                    await connection.execute("UPDATE mar.dose SET state = 'given' WHERE id = $1", one)
                    await asyncio.sleep(0)

        await asyncio.gather(give_all(left, doses[0]), give_all(right, doses[1][::-1]))
        for each in beds:
            assert (
                await left.fetchval("SELECT medicines FROM encounters.waiting WHERE encounter_id = $1", each.stay)
                is None
            )


async def test_a_stay_that_is_over_leaves_nothing_behind(client: Client, at: Lying) -> None:
    await planned(client, at, 45)
    async with client.world.owner() as db:
        count = "SELECT count(*) FROM encounters.waiting WHERE encounter_id = $1"
        assert await db.fetchval(count, at.stay) == 1
        version = (await client.get(f"/encounters/{at.stay}", as_="nurse_a")).json()["version"]
        left = await client.post(
            f"/encounters/{at.stay}/discharge", {"discharged_to": "home"}, as_="doctor_a", version=version
        )
        assert left.status_code == 200, left.text
        assert await db.fetchval(count, at.stay) == 0
