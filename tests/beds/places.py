"""A ward of a test's own, so that tests that share a hospital do not meet."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.client import Client
from tests.world import Hospital
from wardline.platform.ids import new_id


class Ward:
    """A ward with a women's bay of three beds, a men's bay of three and a side room of two."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.id = new_id()
        self.code = secrets.token_hex(3).upper()
        self.women: list[UUID] = []
        self.men: list[UUID] = []
        self.side: list[UUID] = []


async def ward_of(client: Client, hospital: Hospital) -> Ward:
    """A new ward of the hospital."""
    ward = Ward(hospital)
    async with client.world.owner() as db:
        department = await db.fetchval("SELECT id FROM identity.department WHERE hospital_id = $1", hospital.id)
        await db.execute(
            "INSERT INTO identity.ward (hospital_id, id, department_id, code, name, specialty, position)"
            " VALUES ($1, $2, $3, $4, $5, 'Cardiology', 2)",
            hospital.id, ward.id, department, ward.code, f"Ward {ward.code}",
        )  # fmt: skip
        number = 0
        rooms = (
            ("Bay A", "bay", "women", ward.women, 3),
            ("Bay B", "bay", "men", ward.men, 3),
            ("Side rooms", "side_room", "any", ward.side, 2),
        )
        for position, (label, kind, sex, beds, count) in enumerate(rooms):
            room = new_id()
            await db.execute(
                "INSERT INTO identity.room (hospital_id, id, ward_id, label, kind, sex, position) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                hospital.id, room, ward.id, label, kind, sex, position,
            )  # fmt: skip
            for _ in range(count):
                number += 1
                beds.append(new_id())
                await db.execute(
                    "INSERT INTO beds.bed (hospital_id, id, ward_id, room_id, label, position) VALUES ($1, $2, $3, $4, $5, $6)",
                    hospital.id, beds[-1], ward.id, room, f"{number:02}", number,
                )  # fmt: skip
        await tell(db, hospital)
    return ward


async def tell(db: Any, hospital: Hospital) -> None:
    """What is written past the product's door raises no version: boards that are held would not see it."""
    await db.execute("SELECT platform.raise_topics(ARRAY['beds:' || $1::uuid], ARRAY[NULL::uuid])", hospital.id)


async def stay_of(
    client: Client, hospital: Hospital, *, family: str = "Patel", sex: str = "female", hours: int = 5, **current: Any
) -> str:
    """An open stay of so many hours without a bed; `current` sets columns of the row that boards read.

    The hospital's board lists the 300 who wait longest, and the tests of a run share a hospital.
    """
    person = await client.world.patient(hospital, family=family, sex=sex)
    stay = await client.world.stay(hospital, person, started_at=datetime.now(UTC) - timedelta(hours=hours))
    if current:
        names = ", ".join(f"{name} = ${place}" for place, name in enumerate(current, start=2))
        async with client.world.owner() as db:
            await db.execute(f"UPDATE encounters.current SET {names} WHERE encounter_id = $1", stay, *current.values())
    return str(stay)


async def put(client: Client, stay: str, bed: UUID, **options: Any) -> dict[str, Any]:
    """Give the bed to the stay, which must work."""
    answer = await client.put(f"/beds/{bed}/occupancy", {"encounter_id": stay}, as_=options.get("as_", "nurse_a"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def state_of(client: Client, bed: UUID) -> str:
    """What the bed is fit for now."""
    return (await client.get(f"/beds/{bed}", as_="nurse_a")).json()["state"]
