"""The boards through the front door: what they show, to whom, what they cost, and what is pushed to who watches."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.beds.places import Ward, put, stay_of, ward_of
from tests.client import Client, items
from tests.platform.shelves import Tab
from wardline.platform import db


async def _full_ward(client: Client) -> tuple[Ward, dict[str, str]]:
    """Three women: one well and named like another, one with NEWS 8 and late, one in isolation who leaves."""
    world, now = client.world, datetime.now(UTC)
    ward = await ward_of(client, world.a)
    times = [now - timedelta(hours=30), now - timedelta(hours=4), now - timedelta(hours=1)]
    stays = {
        "well": await stay_of(client, world.a, family="Patel", news_score=1, news_band="low", news_signs=7),
        "ill": await stay_of(
            client, world.a, family="Doyle", news_score=8, news_band="high", news_signs=7, news_history=[1, 4, 8],
            news_history_at=times, observations_due_at=now - timedelta(minutes=12),
        ),
        "leaving": await stay_of(
            client, world.a, family="PATEL", isolation="contact", ready_to_leave=True,
            observations_due_at=now + timedelta(minutes=30),
        ),
    }  # fmt: skip
    await put(client, stays["well"], ward.women[0])
    await put(client, stays["ill"], ward.women[1])
    await put(client, stays["leaving"], ward.side[0])
    return ward, stays


async def test_a_ward_board_shows_who_lies_where_and_what_waits(client: Client) -> None:
    ward, stays = await _full_ward(client)
    board = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()
    beds = {bed["label"]: bed for bed in board["beds"]}
    assert [bed["label"] for bed in board["beds"]] == [f"{number:02}" for number in range(1, 9)]
    assert beds["01"]["patient"]["encounter_id"] == stays["well"]
    assert [beds[label]["patient"]["same_name"] for label in ("01", "02", "07")] == [True, False, True]
    assert beds["02"]["patient"]["trend"] == [4, 8]
    assert beds["02"]["marks"] == ["occupied", "high", "late"]
    assert beds["07"]["marks"] == ["occupied", "isolation", "leaving"]
    assert beds["03"]["patient"] is None
    summary = board["summary"]
    assert (summary["in_use"], summary["beds"], summary["news_high"], summary["observations_late"]) == (3, 8, 1, 1)
    assert [(need["kind"], need["family"]) for need in board["needs"]] == [("observations", "Doyle")]
    assert [need["family"] for need in board["soon"]] == ["PATEL"]
    assert [(room["room"], room["in_use"], room["beds"]) for room in board["rooms"]] == [
        ("Bay A", 2, 3),
        ("Bay B", 0, 3),
        ("Side rooms", 1, 2),
    ]
    late = (await client.get(f"/wards/{ward.id}?show=late", as_="nurse_a")).json()
    assert [bed["label"] for bed in late["beds"]] == ["02"]
    assert (await client.get(f"/wards/{ward.id}?show=nothing", as_="nurse_a")).status_code == 422


async def test_a_task_of_the_ward_is_among_the_needs(client: Client) -> None:
    ward, stays = await _full_ward(client)
    async with client.world.owner() as owner:
        await owner.execute(
            "INSERT INTO tasks.task (hospital_id, id, kind, subject_key, ward_id, person_id, encounter_id, title, reason,"
            " priority, owner_role, owner_words, ladder, due_at, climbs_at)"
            " SELECT hospital_id, gen_random_uuid(), 'escalation', id::text, $2, person_id, id, 'Emergency response',"
            " 'NEWS 8, up from 4', 'critical', 'nurse', 'Nurse in charge', ARRAY['registrar'], now(), now() + interval '9 min'"
            " FROM encounters.encounter WHERE id = $1",
            stays["ill"],
            ward.id,
        )
    needs = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()["needs"]
    assert (needs[0]["tier"], needs[0]["family"], needs[0]["next_words"]) == ("crit", "Doyle", "Registrar")
    assert needs[0]["words"] == "Emergency response: NEWS 8, up from 4"
    page = (await client.get(f"/wards/{ward.id}", as_="nurse_a", html=True)).text
    assert "Registrar at" in page
    assert "NEWS 8, up from 4" in page


async def test_what_is_taken_on_stands_behind_what_waits_newest_first(client: Client) -> None:
    ward, stays = await _full_ward(client)
    add = (
        "INSERT INTO tasks.task (hospital_id, id, kind, subject_key, ward_id, person_id, encounter_id, title, reason, priority,"
        " state, owner_role, owner_words, ladder, due_at, acknowledged_at, acknowledged_by)"
        " SELECT hospital_id, gen_random_uuid(), 'escalation', $3, $2, person_id, id, 'Emergency response', $3, 'critical',"
        " CASE WHEN $4::int IS NULL THEN 'open' ELSE 'acknowledged' END, 'nurse', 'Nurse in charge', '{}', now(),"
        " now() - make_interval(hours => $4), CASE WHEN $4::int IS NULL THEN NULL::uuid ELSE $5 END"
        " FROM encounters.encounter WHERE id = $1"
    )
    async with client.world.owner() as owner:
        for reason, hours in (("NEWS 7", 30), ("NEWS 9", 1), ("NEWS 8", None)):
            await owner.execute(add, stays["ill"], ward.id, reason, hours, client.world.staff["nurse_a"])
    needs = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()["needs"]
    assert [need["reason"] for need in needs if need["kind"] == "task"] == ["NEWS 8", "NEWS 9", "NEWS 7"]
    assert needs[-1]["acknowledged_at"] is not None
    page = (await client.get(f"/wards/{ward.id}", as_="nurse_a", html=True)).text
    waiting, _, answered = page.partition("<h3>Acknowledged</h3>")
    assert "NEWS 8" in waiting
    assert f"{len(needs) - 2} now" in waiting
    yesterday = next(need for need in needs if need["reason"] == "NEWS 7")["acknowledged_at"]
    assert f'datetime="{yesterday[:10]}' in answered
    assert re.search(r">\d\d-\w{3} \d\d:\d\d</time>: NEWS 7", answered)


async def test_pages_say_in_words_what_they_show(client: Client) -> None:
    ward, _ = await _full_ward(client)
    page = (await client.get(f"/wards/{ward.id}", as_="nurse_a", html=True)).text
    for words in ("DOYLE,", "High", "12 min late", "Same name", "Contact", "Bay A, women", "2 of 3 in use", "Ready"):
        assert words in page, words
    board = (await client.get("/beds", as_="nurse_a", html=True)).text
    assert "DOYLE" in board
    assert 'data-name="DOYLE, Asha"' in board
    assert ward.code in (await client.get("/wards", as_="nurse_a", html=True)).text
    listed = {each["id"]: each for each in items(await client.get("/wards", as_="nurse_a"))}
    assert (listed[str(ward.id)]["in_use"], listed[str(ward.id)]["news_high"]) == (3, 1)


async def test_a_wall_knows_no_names(client: Client) -> None:
    ward, _ = await _full_ward(client)
    led = await client.get("/beds?view=tv", as_="nurse_a", html=True)
    assert (led.status_code, led.headers["location"]) == (303, "/beds/wall")
    for html in (True, False):
        wall = (await client.get("/beds/wall", as_="nurse_a", html=html)).text
        assert ward.code in wall
        assert "doyle" not in wall.lower()
        assert "patel" not in wall.lower()


async def test_who_waits_for_a_bed_stands_longest_first(client: Client) -> None:
    stay = await stay_of(client, client.world.b, family="Singh", needs=["monitor"])
    board = (await client.get("/beds", as_="hospital_manager_b")).json()
    waits = [each["since"] for each in board["waiting"]]
    assert waits == sorted(waits)
    mine = next(each for each in board["waiting"] if each["encounter_id"] == stay)
    assert (mine["over"], mine["needs"], mine["wait_words"][:3]) == (True, ["monitor"], "5 h")


@pytest.mark.parametrize(
    ("method", "path", "body", "who", "not_who"),
    [
        ("GET", "/wards", None, "receptionist_a", "hospital_administrator_a"),
        ("GET", "/wards/{ward}", None, "pharmacist_a", "hospital_administrator_a"),
        ("GET", "/beds", None, "hospital_manager_a", "network_administrator_a"),
        ("GET", "/beds/wall", None, "nurse_a", "network_administrator_a"),
        ("GET", "/beds/{bed}", None, "doctor_a", "hospital_administrator_a"),
        ("GET", "/beds/{bed}/history", None, "nurse_a", "hospital_administrator_a"),
        ("GET", "/encounters/{stay}/move", None, "receptionist_a", "pharmacist_a"),
        ("PUT", "/beds/{bed}/occupancy", {"encounter_id": "{stay}"}, "receptionist_a", "pharmacist_a"),
        ("DELETE", "/beds/{bed}/occupancy", {}, "doctor_a", "laboratory_technician_a"),
        ("PUT", "/beds/{other}/reservation", {"encounter_id": "{stay}"}, "nurse_a", "pharmacist_a"),
        ("DELETE", "/beds/{other}/reservation", None, "nurse_a", "pharmacist_a"),
        ("POST", "/beds/{other}/cleaning", None, "receptionist_a", "doctor_a"),
        ("DELETE", "/beds/{other}/cleaning", None, "hospital_manager_a", "doctor_a"),
        ("PUT", "/beds/{other}/closure", {"reason": "Repair"}, "hospital_administrator_a", "receptionist_a"),
        ("DELETE", "/beds/{other}/closure", None, "nurse_a", "doctor_a"),
        ("POST", "/beds/{bed}/occupancy/undo", None, "nurse_a", "pharmacist_a"),
    ],
)
async def test_every_route_has_those_who_may_and_those_who_may_not(
    client: Client, method: str, path: str, body: Any, who: str, not_who: str
) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    if method == "DELETE" and "occupancy" in path:
        await put(client, stay, ward.women[0])
    names = {"ward": ward.id, "bed": ward.women[0], "other": ward.women[1], "stay": stay}
    sent = {name: value.format(**names) for name, value in body.items()} if body is not None else None
    url = path.format(**names)
    denied = await client.call(method, url, body=sent, as_=not_who)
    assert denied.status_code == 403, denied.text
    foreign = await client.call(method, url, body=sent, as_=f"{who[:-2]}_b")
    if "{" in path:
        assert foreign.status_code == 404, foreign.text
    allowed = await client.call(method, url, body=sent, as_=who)
    assert allowed.status_code in (200, 204) or (path.endswith("undo") and allowed.status_code == 409), allowed.text


async def test_a_stay_of_another_hospital_gets_no_bed_here(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    foreign = await stay_of(client, client.world.b)
    answer = await client.put(f"/beds/{ward.women[0]}/occupancy", {"encounter_id": foreign}, as_="nurse_a")
    assert answer.status_code == 404


async def test_a_board_takes_four_queries_at_most(client: Client) -> None:
    ward, _ = await _full_ward(client)
    for path in (f"/wards/{ward.id}", "/beds", "/wards"):
        before = sum(
            int(count) for name, (count, _) in db.TIMINGS.items() if name.startswith(("beds.", "identity.queries.ward"))
        )
        assert (await client.get(path, as_="nurse_a")).status_code == 200
        after = sum(
            int(count) for name, (count, _) in db.TIMINGS.items() if name.startswith(("beds.", "identity.queries.ward"))
        )
        assert after - before <= 4, path


async def test_a_move_is_pushed_to_who_watches_the_ward(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a, family="Whittaker")
    token = await client.world.token("doctor_a")
    tab = Tab(
        cast("Any", client.app), cast("Any", SimpleNamespace(session_id=token)), f"topic=ward:{ward.id}&version=0"
    )
    await tab.event("hello")
    await put(client, stay, ward.women[0])
    row = f"bed-{ward.women[0]}"
    pushed = await tab.until(lambda kind, data: kind == "rows" and "WHITTAKER" in (data["html"].get(row) or ""))
    assert "1<small>of 8" in pushed["html"]["ward-summary"]
    assert any("1 of 3 in use" in (html or "") for html in pushed["html"].values())
    await client.delete(f"/beds/{ward.women[0]}/occupancy", as_="nurse_a")
    await tab.until(lambda kind, data: kind == "rows" and "Cleaning" in (data["html"].get(row) or ""))
    await tab.leave()


async def test_a_move_is_pushed_to_who_watches_the_beds(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a, family="Lindqvist")
    token = await client.world.token("doctor_a")
    query = f"topic=beds:{client.world.a.id}&version=0"
    tab = Tab(cast("Any", client.app), cast("Any", SimpleNamespace(session_id=token)), query)
    await tab.event("hello")
    await put(client, stay, ward.women[0])
    tile = f"tile-{ward.women[0]}"
    await tab.until(lambda kind, data: kind == "rows" and "LINDQVIST" in (data["html"].get(tile) or ""))
    await tab.leave()
    foreign = Tab(
        cast("Any", client.app),
        cast("Any", SimpleNamespace(session_id=await client.world.token("doctor_b"))),
        query,
    )
    await foreign.ended()
    assert foreign.status == 404
