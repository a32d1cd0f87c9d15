"""The way of a specimen through the front door, for tests: ordered, collected, received, resulted, released."""

from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from tests.beds.places import ward_of
from tests.client import Client


async def patient_of(client: Client, **details: Any) -> str:
    """Somebody with an open stay in hospital A."""
    world = client.world
    named: dict[str, Any] = {"family": f"Lang {uuid4().hex[:6]}"} | details
    person = await world.patient(world.a, **named)
    await world.stay(world.a, person)
    return str(person)


async def placed(client: Client) -> tuple[str, UUID]:
    """Somebody in a bed of a ward of their own, and the ward."""
    world = client.world
    ward = await ward_of(client, world.a)
    person = await world.patient(world.a, family=f"Lang {uuid4().hex[:6]}")
    stay = await world.stay(world.a, person)
    async with world.owner() as db:
        await db.execute(
            "UPDATE encounters.current SET ward_id = $1, bed_label = $2 WHERE encounter_id = $3",
            ward.id,
            f"{ward.code}-01",
            stay,
        )
    return str(person), ward.id


async def ordered(client: Client, person: str | UUID, *tests: str, letter: str = "a", **more: Any) -> dict[str, Any]:
    answer = await client.post(f"/patients/{person}/lab-orders", {"tests": list(tests), **more}, as_=f"doctor_{letter}")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(client: Client, specimen: dict[str, Any], name: str, who: str, body: Any = None) -> dict[str, Any]:
    answer = await client.post(
        f"/specimens/{specimen['id']}/{name}", body or {}, as_=who, version=specimen.get("version")
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def received(client: Client, person: str | UUID, *tests: str, letter: str = "a", **more: Any) -> dict[str, Any]:
    """The first specimen of a new order, on its bench, with its results by test."""
    order = await ordered(client, person, *tests, letter=letter, **more)
    specimen = await act(client, order["specimens"][0], "collection", f"nurse_{letter}")
    specimen = await act(client, specimen, "receipt", f"laboratory_technician_{letter}")
    return await look(client, specimen["id"], letter=letter)


async def look(
    client: Client, specimen_id: str, *, letter: str = "a", who: str = "laboratory_technician"
) -> dict[str, Any]:
    answer = await client.get(f"/specimens/{specimen_id}", as_=f"{who}_{letter}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["specimen"] | {"results": {each["test"]: each for each in found["results"]}}


async def enter(client: Client, result: dict[str, Any], value: Any, *, letter: str = "a") -> dict[str, Any]:
    body = value if isinstance(value, dict) else {"value": value}
    answer = await client.put(
        f"/results/{result['id']}/value", body, as_=f"laboratory_technician_{letter}", version=result["version"]
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def step(
    client: Client,
    result: dict[str, Any],
    name: str,
    *,
    letter: str = "a",
    body: Any = None,
    who: str = "laboratory_technician",
) -> Response:
    """`technical-release`, `clinical-release`, `amendment` or `withdrawal` of one result."""
    return await client.post(
        f"/results/{result['id']}/{name}", body or {}, as_=f"{who}_{letter}", version=result["version"]
    )


async def measured(client: Client, person: str | UUID, test: str, value: Any, *, letter: str = "a") -> dict[str, Any]:
    """A result that was released technically."""
    specimen = await received(client, person, test, letter=letter)
    result = await enter(client, specimen["results"][test], value, letter=letter)
    answer = await step(client, result, "technical-release", letter=letter)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def final(client: Client, person: str | UUID, test: str, value: Any) -> dict[str, Any]:
    """A result that the wards see."""
    answer = await step(client, await measured(client, person, test, value), "clinical-release")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def call_of(client: Client, result: dict[str, Any], *, letter: str = "a") -> dict[str, Any]:
    answer = await client.get(f"/critical-calls/{result['call_id']}", as_=f"laboratory_technician_{letter}")
    assert answer.status_code == 200, answer.text
    return answer.json()["call"]


async def told(client: Client, call: dict[str, Any], **change: Any) -> Response:
    body = {"told_to": "Dr Kim Lane", "identifiers": ["name", "born_on"], "read_back": call["value"]} | change
    return await client.post(
        f"/critical-calls/{call['id']}/call-back", body, as_="laboratory_technician_a", version=call["version"]
    )
