"""Patients with orders for the tests of giving, in few words."""

from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from tests.beds.places import ward_of
from tests.client import Client
from tests.prescribing import confirmed
from wardline.identity.passwords import hash_now
from wardline.platform.jobs import Work

WORD = "a long enough pass"


class Bed:
    """Somebody in a bed of a ward of their own, with the numbers on their wristband."""

    def __init__(self, person: UUID, number: str, ward: UUID) -> None:
        self.person, self.number, self.ward = person, number, ward
        self.path = f"/patients/{person}"


async def bed(client: Client, letter: str = "a") -> Bed:
    """Somebody with no known allergies on a ward."""
    world = client.world
    hospital = world.a if letter == "a" else world.b
    ward = await ward_of(client, hospital)
    person = await world.patient(hospital, family=f"Marr {uuid4().hex[:6]}")
    stay = await world.stay(hospital, person)
    async with world.owner() as db:
        await db.execute(
            "UPDATE encounters.current SET ward_id = $1, bed_label = '1-01' WHERE encounter_id = $2", ward.id, stay
        )
        await db.execute(
            "UPDATE patients.person SET allergy_state = 'none_known', allergies_confirmed_at = now(),"
            " allergies_confirmed_by = $2 WHERE id = $1",
            person,
            world.staff[f"nurse_{letter}"],
        )
        number: str = await db.fetchval("SELECT network_number FROM patients.person WHERE id = $1", person)
    return Bed(person, number, ward.id)


class Lying(Bed):
    """The same in a bed that stands on a board."""

    def __init__(self, person: UUID, number: str, ward: UUID, *, bed: UUID, stay: UUID) -> None:
        super().__init__(person, number, ward)
        self.bed_id, self.stay = bed, stay


async def lying(client: Client) -> Lying:
    """Somebody with no known allergies in the first bed of a ward of their own, put there as the staff do it."""
    made = await bed(client)
    ward = await ward_of(client, client.world.a)
    async with client.world.owner() as db:
        stay = await db.fetchval(
            "UPDATE encounters.current SET ward_id = NULL, bed_label = NULL WHERE person_id = $1 RETURNING encounter_id",
            made.person,
        )
    answer = await client.put(f"/beds/{ward.women[0]}/occupancy", {"encounter_id": str(stay)}, as_="nurse_a")
    assert answer.status_code == 200, answer.text
    return Lying(made.person, made.number, ward.id, bed=ward.women[0], stay=stay)


async def order(client: Client, at: Bed, line: str, letter: str = "a") -> dict[str, Any]:
    """An order that was signed."""
    answer = await confirmed(client, f"{at.path}/medicines", {"lines": [line]}, as_=f"doctor_{letter}")
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["medicines"][0]


async def chart(client: Client, at: Bed, who: str = "nurse_a", day: str = "") -> dict[str, Any]:
    answer = await client.get(f"{at.path}/given{f'?day={day}' if day else ''}", as_=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stat(client: Client, at: Bed, line: str = "furosemide 40 mg po stat", letter: str = "a") -> dict[str, Any]:
    """The due dose of a new once-only order."""
    made = await order(client, at, line, letter)
    found = await chart(client, at, f"nurse_{letter}")
    return next(dose for dose in found["doses"] if dose["medicine_id"] == made["id"])


def scans(at: Bed, dose: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Both scans of the right patient and the right label."""
    return {"patient_scan": at.number, "drug_scan": f"wardline:order:{dose['medicine_id']}"} | more


async def give(
    client: Client, dose: dict[str, Any], body: dict[str, Any], *, who: str = "nurse_a", **options: Any
) -> Response:
    return await client.post(
        f"/doses/{dose['id']}/giving", body, as_=who, version=options.pop("version", dose["version"]), **options
    )


async def needed(client: Client, at: Bed, made: dict[str, Any], *, who: str = "nurse_a", **more: Any) -> Response:
    body = scans(at, {"medicine_id": made["id"]}) | more
    return await client.post(f"/medicines/{made['id']}/giving", body, as_=who, version=made["version"])


async def change(
    client: Client, made: dict[str, Any], what: str, body: Any = None, letter: str = "a"
) -> dict[str, Any]:
    """Hold, resume, stop or change an order."""
    path = f"/medicines/{made['id']}/{what}"
    given = body or {"reason": "Low pressure"}
    if what == "change":
        answer = await confirmed(client, path, given, as_=f"doctor_{letter}", version=made["version"])
    else:
        answer = await client.post(path, given, as_=f"doctor_{letter}", version=made["version"])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def moved(client: Client, dose: dict[str, Any], minutes: int) -> None:
    """As if the dose had been planned so many minutes from now, and its order signed a day before."""
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = now() - interval '1 day' WHERE id = $1",
            UUID(dose["medicine_id"]),
        )
        await db.execute(
            "UPDATE mar.dose SET due_at = date_trunc('minute', now()) + $2 * interval '1 minute',"
            " since = (SELECT prescribed_at FROM orders.medicine WHERE id = medicine_id) WHERE id = $1",
            UUID(dose["id"]),
            minutes,
        )
        await db.execute(
            "UPDATE mar.plan SET since = (SELECT prescribed_at FROM orders.medicine WHERE id = medicine_id) WHERE medicine_id = $1",
            UUID(dose["medicine_id"]),
        )


async def with_password(client: Client, who: str) -> str:
    """The email of a member of staff whose password is WORD."""
    async with client.world.owner() as db:
        return await db.fetchval(
            "UPDATE identity.staff SET password_hash = $2 WHERE id = $1 RETURNING email",
            client.world.staff[who],
            hash_now(WORD),
        )


async def recorded(client: Client, dose: dict[str, Any]) -> list[Any]:
    """What stands in the table about a dose."""
    async with client.world.owner() as db:
        return await db.fetch(
            "SELECT * FROM mar.administration WHERE dose_id = $1 AND state = 'final'", UUID(dose["id"])
        )


def work(client: Client) -> Work:
    """A worker's hands."""
    return Work(client.app.pool, client.app.ledger, lambda versions: None, name="test", request_id="test")
