"""What the stories of medicines begin with: somebody in a bed, and an order of theirs that was signed."""

from typing import Any
from uuid import UUID, uuid4

from tests.faults.kills import Hand


async def in_bed(hand: Hand) -> tuple[UUID, str]:
    """Somebody with no known allergies and an open stay, and the number on their wristband."""
    world = hand.world
    person = await world.patient(world.a, family=f"Moor {uuid4().hex[:6]}")
    await world.stay(world.a, person)
    async with world.owner() as db:
        number: str = await db.fetchval(
            "UPDATE patients.person SET allergy_state = 'none_known', allergies_confirmed_at = now(),"
            " allergies_confirmed_by = $2 WHERE id = $1 RETURNING network_number",
            person,
            world.staff["nurse_a"],
        )
    return person, number


async def ordered(hand: Hand, person: UUID, line: str) -> dict[str, Any]:
    """An order of one line, signed past what could not be checked."""
    path, body = f"/patients/{person}/medicines", {"lines": [line]}
    answer = await hand.write("POST", path, body, as_="doctor_a", also=(422,))
    if "cards" in answer:
        seen = {"confirmed": True, "shown": [card["uuid"] for card in answer["cards"]]}
        answer = await hand.write("POST", path, body | seen, as_="doctor_a")
    return answer["medicines"][0]
