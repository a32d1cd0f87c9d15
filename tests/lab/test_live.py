"""What is watched changes by itself: a bench, the laboratory's page, the specimens of a ward, a patient's results."""

from datetime import UTC, datetime

from tests.client import Client
from tests.lab.way import act, final, measured, ordered, patient_of, placed, received
from wardline.platform.db import Db
from wardline.platform.http import Context
from wardline.platform.live import VIEWS, views_by_kind
from wardline.platform.live.views import Audience, Shown, admit, show, understand
from wardline.platform.render import render


async def version_of(client: Client, topic: str) -> int:
    async with client.world.owner() as db:
        return await db.fetchval("SELECT version FROM platform.topic WHERE topic = $1", topic) or 0


async def test_every_step_touches_what_shows_it(client: Client) -> None:
    world = client.world
    person = await patient_of(client)
    lab, bench, results = f"lab:{world.a.id}", f"bench:{world.a.id}:coagulation", f"results:{person}"
    before = [await version_of(client, topic) for topic in (lab, bench, results)]
    await final(client, person, "INR", 1.0)
    after = [await version_of(client, topic) for topic in (lab, bench, results)]
    assert all(now > was for was, now in zip(before, after, strict=True))


async def test_a_ward_is_told_of_what_is_to_be_collected(client: Client) -> None:
    person, ward_id = await placed(client)
    topic = f"collection:{ward_id}"
    was = await version_of(client, topic)
    order = await ordered(client, person, "K")
    assert await version_of(client, topic) == was + 1
    await act(client, order["specimens"][0], "collection", "nurse_a")
    assert await version_of(client, topic) == was + 2


async def test_what_is_pushed_is_what_the_page_shows(client: Client) -> None:
    world = client.world
    person, ward_id = await placed(client)
    order = await ordered(client, person, "FIB")
    specimen = await received(client, person, "FIB")
    critical = await measured(client, person, "FIB", 0.6)
    ward, bench = f"/wards/{ward_id}/collection", "/lab/benches/coagulation"
    for topic, path, who, element in (
        (f"bench:{world.a.id}:coagulation", bench, "laboratory_technician_a", f"specimen-{specimen['id']}"),
        (f"collection:{ward_id}", ward, "nurse_a", f"collect-{order['specimens'][0]['id']}"),
        (f"lab:{world.a.id}", "/lab", "laboratory_technician_a", "lab-calls"),
        (f"results:{person}", f"/patients/{person}/results", "nurse_a", "results-table"),
    ):
        page = await client.get(path, as_=who, html=True)
        pushed = await pushed_of(client, topic, who)
        assert f'id="{element}"' in pushed[element]
        assert f'id="{element}"' in page.text
    assert critical["call_id"] in (await pushed_of(client, f"lab:{world.a.id}", "laboratory_technician_a"))["lab-calls"]


async def pushed_of(client: Client, topic: str, who: str) -> dict[str, str]:
    """What somebody who watches the topic is sent, by element."""
    caller = await client.app.sessions.caller(await client.world.token(who), Db(client.app.pool, None))
    assert caller is not None
    db = Db(client.app.pool, caller.tenant_id)
    now = datetime.now(UTC)
    ctx = Context(caller=caller, db=db, now=now, request_id="live-test", client="", html=False)
    watch = understand(topic, 0, views_by_kind(VIEWS))
    page = await watch.view.read(db, await admit(ctx, watch))
    audience = Audience(caller.tenant_id, caller.permission_class, "en", "UTC")
    return show(
        watch.view, page, before=Shown(), audience=audience, can=caller.permissions, now=now, render=render
    ).html
