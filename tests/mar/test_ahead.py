"""The round kept ahead: what the pages themselves would show, bounded, one entry of the record for each patient."""

from html import unescape

import pytest

from tests.client import Client
from tests.mar.bedside import Bed, bed, change, order, stat
from wardline.mar import ahead


async def ward_of(client: Client, count: int) -> list[Bed]:
    beds = [await bed(client) for _ in range(count)]
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE encounters.current SET ward_id = $1 WHERE person_id = ANY($2)",
            beds[0].ward,
            [each.person for each in beds],
        )
    return beds


async def test_it_holds_each_patients_medicines_and_the_sheets_of_what_is_due(client: Client) -> None:
    beds = await ward_of(client, 3)
    doses = [await stat(client, each) for each in beds[:2]]
    needed = await order(client, beds[0], "paracetamol 1 g po q4-6h prn max 4 g")
    gone = await order(client, beds[0], "cyclizine 50 mg po tds prn")
    await change(client, gone, "stop")
    await order(client, beds[2], "paracetamol 1 g po qds prn")  # nothing of theirs is due
    answer = await client.get(f"/wards/{beds[0].ward}/round/ahead", as_="nurse_a")
    assert answer.status_code == 200, answer.text
    pages = {page["address"]: page | {"html": unescape(page["html"])} for page in answer.json()["pages"]}
    as_needed = f"/medicines/{needed['id']}/giving"
    due = {f"/doses/{dose['id']}" for dose in doses}
    assert set(pages) == {f"{each.path}/given" for each in beds[:2]} | due | {as_needed}
    assert f'action="{as_needed}"' in pages[as_needed]["html"]
    assert f'data-person="{beds[0].person}"' in pages[as_needed]["html"].split("<aside", 1)[0]
    assert f'href="{as_needed}"' in pages[f"{beds[0].path}/given"]["html"]
    for at, dose in zip(beds, doses, strict=False):
        grid, sheet = pages[f"{at.path}/given"], pages[f"/doses/{dose['id']}"]
        shown = (await client.get(f"{at.path}/given", as_="nurse_a", html=True)).text
        assert f'href="/doses/{dose["id"]}"' in grid["html"]
        assert f'data-person="{at.person}"' in grid["html"]
        assert grid["title"] in shown
        assert grid["topic"] == f"given:{at.person}"
        assert f'action="/doses/{dose["id"]}/giving"' in sheet["html"]
        assert f'data-person="{at.person}"' in sheet["html"].split("<aside", 1)[0], "the patient's banner is there"
    async with client.world.owner() as db:
        counted = "SELECT count(*) FROM audit.entry WHERE action = 'given.read' AND person_id = $1 AND detail->>'ahead' = 'true'"
        assert [await db.fetchval(counted, each.person) for each in beds] == [1, 1, 0]


@pytest.mark.parametrize(
    ("name", "limit", "left"), [("PATIENTS_MAX", 1, 1), ("SHEETS_MAX", 1, 1), ("LENGTH_MAX", 10, 2)]
)
async def test_it_is_bounded_and_says_what_is_left(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, left: int
) -> None:
    beds = await ward_of(client, 2)
    for each in beds:
        await stat(client, each)
    monkeypatch.setattr(ahead, name, limit)
    answer = (await client.get(f"/wards/{beds[0].ward}/round/ahead", as_="nurse_a")).json()
    assert answer["left"] == left
    assert len(answer["pages"]) == 2 * (2 - left)


async def test_what_is_due_comes_first_and_what_is_needed_as_far_as_there_is_room(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    beds = await ward_of(client, 2)
    for each in beds:
        await stat(client, each)
        await order(client, each, "paracetamol 1 g po q4-6h prn max 4 g")
    monkeypatch.setattr(ahead, "COPIES_MAX", 8)  # two grids, two doses, and one more sheet
    answer = (await client.get(f"/wards/{beds[0].ward}/round/ahead", as_="nurse_a")).json()
    kinds = [page["address"].split("/")[1] for page in answer["pages"]]
    assert (answer["left"], kinds) == (0, ["patients", "doses", "patients", "doses", "medicines"])


async def test_who_may_not_read_charts_gets_no_round(client: Client) -> None:
    [at] = await ward_of(client, 1)
    assert (await client.get(f"/wards/{at.ward}/round/ahead", as_="receptionist_a")).status_code == 403
    assert (await client.get(f"/wards/{at.ward}/round/ahead", as_="nurse_b")).status_code == 404
