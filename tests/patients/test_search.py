"""Finding patients through the front door."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client, items

CATRIONA = date(1971, 8, 14)


@pytest.fixture(scope="module")
async def people(client: Client) -> dict[str, UUID]:
    """A few people at hospital A, one of them also wanted at hospital B."""
    a, b = client.world.a, client.world.b
    patient = client.world.patient
    return {
        "catriona": await patient(a, family="MacDonald", given="Catriona Jane", born=CATRIONA),
        "katrina": await patient(a, family="McDonald", given="Katrina", born=CATRIONA),
        "other_month": await patient(a, family="MacDonald", given="Catriona", born=date(1971, 4, 14)),
        "john": await patient(a, family="Smith", given="John", born=date(1960, 5, 2), sex="male"),
        "anna": await patient(a, family="van der Berg", given="Anna", born=date(1988, 2, 29)),
        "marquez": await patient(a, family="García Márquez", given="José", born=date(1950, 1, 1), sex="male"),
        "at_b": await patient(b, family="MacDonald", given="Catriona Beth", born=CATRIONA),
    }


async def found(client: Client, query: str, as_: str = "nurse_a") -> list[dict[str, Any]]:
    return items(await client.get(f"/patients?{query}", as_=as_))


async def ids(client: Client, query: str, as_: str = "nurse_a") -> list[UUID]:
    return [UUID(person["id"]) for person in await found(client, query, as_)]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("q=macd", "catriona"),
        ("q=MacDonald, Cat", "catriona"),
        ("q=catriona macdonald", "catriona"),
        ("q=mac cat", "catriona"),
        ("q=catr", "catriona"),
        ("q=van der be", "anna"),
        ("q=vanderberg", "anna"),
        ("q=garcia marquez", "marquez"),
        ("q=macdonald 14/8/71", "catriona"),
        ("q=14-Aug-1971", "catriona"),
        ("q=macdonald&born=14/8/71", "catriona"),
        ("q=smith 1960", "john"),
        ("q=smiht jonh", "john"),
        ("q=smyth jon", "john"),
        ("q=makdonald katriona", "catriona"),
    ],
)
async def test_ways_to_be_found(client: Client, people: dict[str, UUID], query: str, who: str):
    assert people[who] in await ids(client, query)


async def test_the_exact_person_comes_first(client: Client, people: dict[str, UUID]):
    order = await ids(client, "q=macdonald catriona jane 14/8/71")
    assert order[0] == people["catriona"]


async def test_numbers_find_exactly_one(client: Client, people: dict[str, UUID]):
    person = (await found(client, "q=smith john"))[0]
    for query in (f"q={person['mrn']}", f"mrn={person['mrn']}", f"q={person['network_number']}"):
        assert await ids(client, query) == [people["john"]], query


async def test_the_end_of_a_phone_finds(client: Client, people: dict[str, UUID]):
    async with client.world.owner() as db:
        await db.execute("UPDATE patients.person SET mobile = '+44 7700 911318' WHERE id = $1", people["john"])
    for query in ("q=07700 911318", "phone=911318", "q=%2B447700911318"):
        assert await ids(client, query) == [people["john"]]


async def test_an_identifier_finds(client: Client, people: dict[str, UUID]):
    made = await client.post(
        f"/patients/{people['john']}/identifiers", {"system": "passport", "value": "gx 918273"}, as_="receptionist_a"
    )
    assert made.status_code == 200, made.text
    assert await ids(client, "mrn=GX918273") == [people["john"]]


async def test_the_other_hospital_finds_nobody_of_ours(client: Client, people: dict[str, UUID]):
    assert people["at_b"] not in await ids(client, "q=macdonald catriona")
    assert await ids(client, "q=macdonald catriona", as_="nurse_b") == [people["at_b"]]


async def test_similar_names_are_marked(client: Client, people: dict[str, UUID]):
    person = next(p for p in await found(client, "q=macdonald") if p["id"] == str(people["catriona"]))
    assert person["similar_names"] == 2
    assert person["family_marked"] == {"before": "", "hit": "MACDONALD", "after": ""}


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%20", "q=zzqxw", "q=%C3%A9%CC%81", "q=%27%25_", "born=%20", "q=" + "a" * 120]
)
async def test_any_search_is_answered(client: Client, people: dict[str, UUID], query: str):
    assert (await client.get(f"/patients?{query}", as_="nurse_a")).status_code == 200


@pytest.mark.parametrize("query", ["born=nonsense", "q=macdonald&born=notadate", "born=31/2/1971"])
async def test_a_birth_date_that_is_none_is_said(client: Client, people: dict[str, UUID], query: str):
    refused = await client.get(f"/patients?{query}", as_="nurse_a")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["born"])


async def test_a_search_is_recorded_without_its_words(client: Client, people: dict[str, UUID]):
    await found(client, "q=macdonald catr")
    async with client.world.owner() as db:
        row = await db.fetchrow(
            "SELECT detail::text FROM audit.entry WHERE action = 'search.read' AND actor_id = $1 ORDER BY at DESC LIMIT 1",
            client.world.staff["nurse_a"],
        )
    assert str(people["catriona"]) in row["detail"]
    assert "macdonald" not in row["detail"].lower()


async def test_who_may_not_search(client: Client):
    assert (await client.get("/patients?q=smith", as_="hospital_manager_a")).status_code == 403
    assert (await client.get("/patients?q=smith")).status_code == 401


async def test_the_page_marks_what_was_typed(client: Client, people: dict[str, UUID]):
    page = await client.get("/patients?q=macd", as_="receptionist_a", html=True)
    assert page.status_code == 200
    assert "<mark>MACD</mark>ONALD" in page.text
    assert f"/patients/{people['catriona']}/details" in page.text
    assert "Register a new patient" in page.text


async def test_text_of_others_is_escaped(client: Client):
    await client.world.patient(client.world.a, family="Bold<b>", given="<script>x</script>")
    page = await client.get("/patients?q=bold", as_="nurse_a", html=True)
    assert "<script>x" not in page.text
    assert "&lt;script&gt;x" in page.text
