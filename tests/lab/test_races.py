"""Fifty people at once on one result: exactly one release of each kind, one effect, no broken answer."""

import asyncio

from tests.client import Client
from tests.lab.way import call_of, enter, measured, patient_of, received, step, told
from tests.races import rounds, timed

pytestmark = timed
RIVALS = 50


async def test_one_result_is_released_once(client: Client) -> None:
    for round_number in range(rounds(3)):
        await released_once(client, round_number)


async def released_once(client: Client, round_number: int) -> None:
    specimen = await received(client, await patient_of(client), "K")
    result = await enter(client, specimen["results"]["K"], 6.7 if round_number % 2 else 4.4)
    for name in ("technical-release", "clinical-release"):
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/results/{result['id']}/{name}", {}, as_="laboratory_technician_a", version=result["version"]
                )
                for _ in range(RIVALS)
            )
        )
        codes = [answer.status_code for answer in answers]
        assert codes.count(200) == 1, codes
        assert set(codes) <= {200, 409, 412}, codes
        result = next(answer.json() for answer in answers if answer.status_code == 200)
        if result["call_id"] and name == "technical-release":
            assert (await told(client, await call_of(client, result))).status_code == 200
    async with client.world.owner() as db:
        steps = await db.fetch("SELECT step FROM lab.release WHERE result_id = $1 ORDER BY step", result["id"])
        events = await db.fetchval(
            "SELECT count(*) FROM lab.result_event WHERE result_id = $1 AND kind LIKE '%released'", result["id"]
        )
    assert ([row["step"] for row in steps], events) == (["clinical", "technical"], 2)


async def test_a_specimen_is_released_once(client: Client) -> None:
    specimen = await received(client, await patient_of(client), "NA", "K")
    for test, value in (("NA", 118), ("K", 6.7)):
        await enter(client, specimen["results"][test], value)
    path = f"/specimens/{specimen['id']}/technical-release"
    answers = await asyncio.gather(*(client.post(path, {}, as_="laboratory_technician_a") for _ in range(RIVALS)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), set(codes)) == (1, {200, 409}), codes
    async with client.world.owner() as db:
        calls = await db.fetchval(
            "SELECT count(*) FROM lab.critical_call k JOIN lab.result r ON r.id = k.result_id WHERE r.specimen_id = $1",
            specimen["id"],
        )
    assert calls == 2


async def test_one_call_is_recorded_once_and_closes_however_they_meet(client: Client) -> None:
    for _ in range(rounds(3)):
        call = await call_of(client, await measured(client, await patient_of(client), "K", 6.9))
        answers = await asyncio.gather(
            *(told(client, call) for _ in range(10)),
            *(
                client.post(
                    f"/critical-calls/{call['id']}/acknowledgement",
                    {"action": "Seen"},
                    as_="doctor_a",
                    version=call["version"],
                )
                for _ in range(10)
            ),
        )
        codes = [answer.status_code for answer in answers]
        assert codes[:10].count(200) == 1, codes
        assert set(codes) <= {200, 409, 412}, codes
        async with client.world.owner() as db:
            row = await db.fetchrow(
                "SELECT k.closed_at IS NOT NULL AS closed, j.state FROM lab.critical_call k JOIN tasks.task j ON j.id = k.task_id WHERE k.id = $1",
                call["id"],
            )
        assert (row["closed"], row["state"]) == (True, "done")


async def test_a_specimen_is_rejected_or_its_result_released_never_both(client: Client) -> None:
    for round_number in range(rounds(12)):
        specimen = await received(client, await patient_of(client), "K")
        result = await enter(client, specimen["results"]["K"], 4.4)
        path, body = f"/specimens/{specimen['id']}/rejection", {"reason": "Clotted"}
        both = [
            client.post(path, body, as_="laboratory_technician_a", version=specimen["version"]),
            step(client, result, "technical-release"),
        ]
        answers = await asyncio.gather(*(both if round_number % 2 else reversed(both)))
        codes = sorted(answer.status_code for answer in answers)
        assert (codes[0], codes[1] in {409, 412}) == (200, True), [answer.text for answer in answers]


async def test_a_withdrawn_value_is_told_however_it_meets_the_call(client: Client) -> None:
    for round_number in range(rounds(12)):
        result = await measured(client, await patient_of(client), "K", 6.9)
        call = await call_of(client, result)
        both = [told(client, call), step(client, result, "withdrawal", body={"reason": "Other patient"})]
        answers = await asyncio.gather(*(both if round_number % 2 else reversed(both)))
        said, gone = answers if round_number % 2 else reversed(answers)
        assert (gone.status_code, said.status_code in {200, 412}) == (200, True), (gone.text, said.text)
        newest = await call_of(client, gone.json())
        assert (newest["is_withdrawn"], newest["told_at"]) == (True, None), "nobody has heard that it is withdrawn"
        assert (newest["id"] == call["id"]) == (said.status_code == 412)


async def test_an_amended_value_is_never_told_by_its_old_one(client: Client) -> None:
    for round_number in range(rounds(24)):
        result = await measured(client, await patient_of(client), "K", 6.9)
        call = await call_of(client, result)
        both = [told(client, call), step(client, result, "amendment", body={"value": 2.1, "reason": "Other tube"})]
        answers = await asyncio.gather(*(both if round_number % 2 else reversed(both)))
        said, amended = answers if round_number % 2 else reversed(answers)
        assert (amended.status_code, said.status_code in {200, 412}) == (200, True), (amended.text, said.text)
        assert said.status_code == 200 or said.json()["current"]["shown"] == "2.1", said.text
        newest = await call_of(client, amended.json())
        assert (newest["shown"], newest["told_at"]) == ("2.1", None), "nobody has heard of the new value"
        assert (newest["id"] == call["id"]) == (said.status_code == 412)


async def test_no_amended_value_is_acknowledged_by_its_old_one(client: Client) -> None:
    for round_number in range(rounds(12)):
        result = await measured(client, await patient_of(client), "K", 6.9)
        call = await call_of(client, result)
        path = f"/critical-calls/{call['id']}/acknowledgement"
        both = [
            client.post(path, {"action": "Seen"}, as_="doctor_a", version=call["version"]),
            step(client, result, "amendment", body={"value": 2.1, "reason": "Other tube"}),
        ]
        answers = await asyncio.gather(*(both if round_number % 2 else reversed(both)))
        seen, amended = answers if round_number % 2 else reversed(answers)
        assert (amended.status_code, seen.status_code in {200, 409}) == (200, True), (amended.text, seen.text)
        newest = await call_of(client, amended.json())
        assert (newest["shown"], newest["acknowledged_at"]) == ("2.1", None), "nobody has acknowledged the new value"
        assert (newest["id"] == call["id"]) == (seen.status_code == 409)
