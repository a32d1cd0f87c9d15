"""One key, many copies at once: one effect, and every copy gets the first answer."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.client import Client
from tests.database import TestDatabase
from tests.races import rounds
from tests.stock import way as stock

ROUNDS = rounds(4)
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


async def test_who_waited_over_midnight_finds_the_answer_of_the_new_day(fresh_database: TestDatabase) -> None:
    """A copy that began before midnight may get the key only when another, which began after it, has answered."""
    caller, key, owner = uuid4(), uuid4().hex, await asyncpg.connect(fresh_database.owner)
    await owner.execute(
        "INSERT INTO platform.reply (kept_on, caller_id, key, route, body_hash, status, body)"
        " VALUES ((now() AT TIME ZONE 'UTC')::date + 1, $1, $2, 'route', 'hash', 200, 'first')",
        caller,
        key,
    )
    as_it_is = await owner.fetchval("SELECT pg_get_functiondef('platform.kept_reply(uuid, text)'::regprocedure)")
    async with owner.transaction():  # whose own day is still the old one
        await owner.execute(as_it_is.replace("clock_timestamp()", "(clock_timestamp() + interval '1 day')"))
        found = await owner.fetchrow("SELECT * FROM platform.open_write(NULL, $1, 'route', $2, 'hash')", caller, key)
    assert found is not None
    assert (found["outcome"], found["body"]) == ("replay", b"first")
    await owner.close()


async def test_no_password_is_kept_with_a_key(client: Client) -> None:
    """Not even as a digest: two signatures with other passwords are one request to a key, which gives its first answer."""
    place, kind = await stock.store(client), await stock.product(client)
    second, key = await stock.witness(client), uuid4().hex
    body = {"product_id": kind["id"], "lot": "K1", "expires_on": stock.in_days(90), "quantity": 2} | second
    for sent in (body, body | {"witness_password": "another one by mistake"}):
        answer = await client.post(f"/stock/stores/{place}/receipts", sent, as_="pharmacist_a", key=key)
        assert (answer.status_code, answer.json()["quantity"]) == (201, 2), answer.text
    other = body | {"quantity": 3}
    assert (await client.post(f"/stock/stores/{place}/receipts", other, as_="pharmacist_a", key=key)).status_code == 422


async def test_a_write_without_a_key_says_what_is_missing(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    answer = await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a", key="")
    assert (answer.status_code, answer.json()["code"]) == (428, "idempotency_key_required")
    assert answer.headers["content-type"] == "application/problem+json"
