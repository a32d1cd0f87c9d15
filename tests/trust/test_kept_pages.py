"""What the cache keeps for one hospital's people is not shown to another's, even about a patient whom both know."""

from tests.client import Client


async def known_to_both(client: Client) -> tuple[str, str]:
    """A person registered at both hospitals who lies in one, and the stay there."""
    world = client.world
    person = await world.patient(world.a)
    async with world.owner() as db:
        await db.execute(
            "INSERT INTO patients.registration (hospital_id, person_id, mrn) VALUES ($1, $2, $3)",
            world.b.id,
            person,
            f"B{person.hex[-10:]}",
        )
    return str(person), str(await world.stay(world.a, person))


async def test_a_kept_chart_belongs_to_one_hospital(client: Client) -> None:
    person, stay = await known_to_both(client)
    here = await client.get(f"/patients/{person}", as_="nurse_a")
    there = await client.get(f"/patients/{person}", as_="nurse_b")
    assert here.status_code == there.status_code == 200
    assert stay in here.text
    assert stay not in there.text
    assert here.json()["mrn"] != there.json()["mrn"]


async def test_a_kept_redirect_gathers_no_headers(client: Client) -> None:
    for _ in range(3):
        answer = await client.get("/beds?view=tv", as_="nurse_a", html=True)
        assert answer.status_code == 303
        assert len(answer.headers.get_list("x-request-id")) == 1
        assert len(answer.headers.get_list("etag")) <= 1
