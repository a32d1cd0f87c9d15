"""Many people want one bed at once: one gets it, the others are told who has it, and nothing breaks."""

import asyncio

from tests.beds.places import stay_of, ward_of
from tests.client import Client
from tests.races import rounds, timed

pytestmark = timed
ROUNDS = rounds(20)
RIVALS = 50


async def _stays(client: Client, count: int) -> list[str]:
    return [await stay_of(client, client.world.a, family=f"Rival{number:02}") for number in range(count)]


async def test_one_bed_and_fifty_who_want_it(client: Client) -> None:
    stays = await _stays(client, RIVALS)
    bed = (await ward_of(client, client.world.a)).women[0]
    await client.world.token("nurse_a")
    for _ in range(ROUNDS):
        answers = await asyncio.gather(
            *(client.put(f"/beds/{bed}/occupancy", {"encounter_id": stay}, as_="nurse_a") for stay in stays)
        )
        codes = [answer.status_code for answer in answers]
        assert codes.count(200) == 1, codes
        assert codes.count(409) == RIVALS - 1, codes
        winner = next(answer.json() for answer in answers if answer.status_code == 200)
        for answer in answers:
            if answer.status_code == 409:
                problem = answer.json()
                assert problem["code"] == "bed_taken"
                assert problem["encounter_id"] == winner["encounter_id"]
                assert problem["held_by"] == f"{winner['family'].upper()}, {winner['given']}"
                assert problem["since"] == winner["since"]
        assert (await client.delete(f"/beds/{bed}/occupancy", as_="nurse_a")).status_code == 200
        assert (await client.delete(f"/beds/{bed}/cleaning", as_="nurse_a")).status_code == 200


async def test_one_patient_and_two_beds_at_once(client: Client) -> None:
    [stay] = await _stays(client, 1)
    one, other, _ = (await ward_of(client, client.world.a)).women
    for _ in range(max(ROUNDS // 4, 3)):
        answers = await asyncio.gather(
            *(client.put(f"/beds/{bed}/occupancy", {"encounter_id": stay}, as_="nurse_a") for bed in (one, other))
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert any(answer.status_code == 200 for answer in answers)
        async with client.world.owner() as db:
            held = await db.fetch(
                "SELECT o.bed_id, c.bed_id AS shown FROM beds.occupancy o JOIN encounters.current c USING (encounter_id)"
                " WHERE o.encounter_id = $1 AND o.ended_at IS NULL",
                stay,
            )
        assert len(held) == 1
        assert held[0]["bed_id"] == held[0]["shown"]
        await client.delete(f"/beds/{held[0]['bed_id']}/occupancy", as_="nurse_a")
        for bed in (one, other):
            await client.delete(f"/beds/{bed}/cleaning", as_="nurse_a")


async def test_two_patients_change_places_without_a_deadlock(client: Client) -> None:
    first, second = await _stays(client, 2)
    one, other, _ = (await ward_of(client, client.world.a)).women
    await client.put(f"/beds/{one}/occupancy", {"encounter_id": first}, as_="nurse_a")
    await client.put(f"/beds/{other}/occupancy", {"encounter_id": second}, as_="nurse_a")
    answers = await asyncio.gather(
        client.put(f"/beds/{other}/occupancy", {"encounter_id": first}, as_="nurse_a"),
        client.put(f"/beds/{one}/occupancy", {"encounter_id": second}, as_="nurse_a"),
    )
    assert [answer.status_code for answer in answers] == [409, 409]
    for bed in (one, other):
        await client.delete(f"/beds/{bed}/occupancy", as_="nurse_a")
        await client.delete(f"/beds/{bed}/cleaning", as_="nurse_a")
