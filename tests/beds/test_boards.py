"""The boards through the front door: what they show, to whom, and what they cost."""

from tests.client import Client


async def test_a_ward_board_shows_who_lies_where(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a, family="Whittaker", given="Jean")
    stay = await world.stay(world.a, person, bed=world.a.beds[0])
    board = (await client.get(f"/wards/{world.a.ward_id}", as_="nurse_a")).json()
    bed = next(bed for bed in board["beds"] if bed["id"] == str(world.a.beds[0]))
    assert bed["patient"]["encounter_id"] == str(stay)
    assert bed["patient"]["family"] == "Whittaker"
    assert board["summary"]["beds"] == 6
    page = await client.get(f"/wards/{world.a.ward_id}", as_="nurse_a", html=True)
    assert page.status_code == 200, page.text
    assert "WHITTAKER" in page.text
    assert f'id="bed-{world.a.beds[0]}"' in page.text
    for path in (
        "/wards",
        "/beds",
        "/beds/wall",
        f"/beds/{world.a.beds[0]}",
        f"/beds/{world.a.beds[0]}/history",
        f"/encounters/{stay}/move",
    ):
        page = await client.get(path, as_="nurse_a", html=True)
        assert page.status_code == 200, page.text
