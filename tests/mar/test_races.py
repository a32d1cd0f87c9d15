"""Fifty people at one dose: one gives it, the others hear who; an order is stopped or its dose is given, in one order."""

import asyncio
from uuid import uuid4

import pytest
from httpx import Response

from tests.client import Client
from tests.mar.bedside import bed, chart, give, needed, order, recorded, scans, stat
from tests.races import rounds

ROUNDS = rounds(2)
RIVALS = 50
HEAD_START_SECONDS = 0.006  # of the one who stops, in steps: so that either is first in some rounds


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_one_dose_is_given_once(client: Client, round_number: int) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    answers = await asyncio.gather(
        *(give(client, dose, scans(at, dose), who="nurse_a" if rival % 2 else "doctor_a") for rival in range(RIVALS))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * (RIVALS - 1), codes
    assert all(answer.json()["by"] and answer.json()["at"] for answer in answers if answer.status_code == 409)
    assert len(await recorded(client, dose)) == 1


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_copies_of_one_act_are_one(client: Client, round_number: int) -> None:
    at = await bed(client)
    dose, key = await stat(client, at), uuid4().hex
    answers = await asyncio.gather(*(give(client, dose, scans(at, dose), key=key) for _ in range(RIVALS)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(await recorded(client, dose)) == 1


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_an_order_is_stopped_or_its_dose_is_given_first(client: Client, round_number: int) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    stop = client.post(f"/medicines/{dose['medicine_id']}/stop", {"reason": "Rash"}, as_="doctor_a", version=1)
    head_start = (round_number % 8) * HEAD_START_SECONDS

    async def late() -> Response:
        await asyncio.sleep(head_start)
        return await give(client, dose, scans(at, dose))

    both = [stop, *(late() for _ in range(RIVALS - 1))]
    answers = await asyncio.gather(*(both if round_number % 2 else reversed(both)))
    stopped, gives = (answers[0], answers[1:]) if round_number % 2 else (answers[-1], answers[:-1])
    assert stopped.status_code == 200, stopped.text
    codes = [answer.status_code for answer in gives]
    assert set(codes) <= {200, 409}, codes
    given = await recorded(client, dose)
    assert (codes.count(200), len(given)) in {(1, 1), (0, 0)}
    if given:
        async with client.world.owner() as db:
            stopped_at = await db.fetchval(
                "SELECT at FROM orders.step WHERE medicine_id = $1 AND kind = 'stopped'", given[0]["medicine_id"]
            )
        assert given[0]["created_at"] is not None
        assert stopped_at is not None
    assert (await give(client, dose, scans(at, dose))).status_code == 409


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_an_as_needed_maximum_holds_however_many_give(client: Client, round_number: int) -> None:
    at = await bed(client)
    made = await order(client, at, "paracetamol 1 g po qds prn max 3 g")
    answers = await asyncio.gather(*(needed(client, at, made, confirmed=True) for _ in range(20)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), set(codes)) == (3, {200, 422}), codes


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_reading_at_once_doubles_no_dose(client: Client, round_number: int) -> None:
    at = await bed(client)
    await order(client, at, "paracetamol 1 g po qds")
    await asyncio.gather(*(chart(client, at) for _ in range(20)))
    async with client.world.owner() as db:
        doubled = await db.fetchval(
            "SELECT count(*) - count(DISTINCT (medicine_id, due_at)) FROM mar.dose WHERE person_id = $1", at.person
        )
        assert (await db.fetchval("SELECT count(*) FROM mar.dose WHERE person_id = $1", at.person), doubled) == (4, 0)
