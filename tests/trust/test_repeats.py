"""One key, many copies at once: one effect, and every copy gets the first answer."""

import asyncio
import os
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client

ROUNDS = int(os.environ.get("WARDLINE_RACE_ROUNDS", "4"))
SIGNS = {"respiration_per_min": 16, "pulse_per_min": 80}


async def fifty(client: Client, path: str, body: dict[str, Any], who: str) -> list[tuple[int, bytes]]:
    key = uuid4().hex
    answers = await asyncio.gather(*(client.post(path, body, as_=who, key=key) for _ in range(50)))
    return [(answer.status_code, answer.content) for answer in answers]


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_fifty_copies_of_a_write_are_one(client: Client, round_number: int) -> None:
    world = client.world
    person = await world.patient(world.a, family=f"Repeat{round_number}")
    for path, body, table in (
        (f"/patients/{person}/encounters", {"reason": "Fall"}, "encounters.encounter"),
        (f"/patients/{person}/observations", SIGNS, "vitals.observation_set"),
        (f"/patients/{person}/problems", {"display": "Asthma"}, "encounters.problem"),
    ):
        answers = await fifty(client, path, body, "doctor_a")
        assert {status for status, _ in answers} == {201}
        assert len({content for _, content in answers}) == 1
        async with world.owner() as db:
            assert await db.fetchval(f"SELECT count(*) FROM {table} WHERE person_id = $1", person) == 1


async def test_a_key_belongs_to_its_caller_its_route_and_its_body(client: Client) -> None:
    world = client.world
    person, other = await world.patient(world.a), await world.patient(world.a)
    key = uuid4().hex
    first = await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a", key=key)
    assert first.status_code == 201
    for path, body in (
        (f"/patients/{person}/problems", {"display": "Gout"}),
        (f"/patients/{other}/problems", {"display": "Asthma"}),
    ):
        assert (await client.post(path, body, as_="doctor_a", key=key)).status_code == 422
    mine = await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="nurse_a", key=key)
    assert (mine.status_code, mine.json()["id"] == first.json()["id"]) == (201, False)


async def test_a_write_without_a_key_says_what_is_missing(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    answer = await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a", key="")
    assert (answer.status_code, answer.json()["code"]) == (428, "idempotency_key_required")
    assert answer.headers["content-type"] == "application/problem+json"
