"""What the pharmacy is given: products by any name, lots first expiry first, taking and putting back in its transaction."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.client import Client
from tests.stock.way import in_days, product, received, shelf, store, unbalanced
from wardline.identity.public import HospitalScope, seal
from wardline.platform.db import Db
from wardline.platform.http import Caller, Context
from wardline.stock import public


def scope_of(client: Client) -> HospitalScope:
    return HospitalScope(hospital_id=client.world.a.id, seal=seal())


def context(client: Client, db: Db) -> Context:
    ctx = Context(caller=None, db=db, now=datetime.now(UTC), request_id="test", client="", html=False)
    ctx.enter(
        Caller(
            id=client.world.staff["pharmacist_a"], tenant_id=client.world.a.id, session_id=uuid4(), role="pharmacist",
            permissions=frozenset(), permission_class="", display_name="",
        )
    )  # fmt: skip
    return ctx


async def test_products_are_found_by_any_name_and_form(client: Client) -> None:
    kind = await product(client, ingredient="paracetamol", form="tablet", unit="tablet")
    db = Db(client.app.pool, client.world.a.id)
    for name in ("paracetamol", "acetaminophen", "Panadol"):
        found = await public.products_for(db, scope_of(client), [name], "tablet")
        assert kind["id"] in {str(each.id) for each in found}, name
    assert kind["id"] not in {
        str(each.id) for each in await public.products_for(db, scope_of(client), ["paracetamol"], "suppository")
    }
    assert await public.products_for(db, scope_of(client), [], None) == []


async def test_lots_come_first_expiry_first(client: Client) -> None:
    place, kind = await store(client), await product(client)
    later = await received(client, place, kind["id"], 10, expires_on=in_days(300))
    sooner = await received(client, place, kind["id"], 10, expires_on=in_days(30))
    db = Db(client.app.pool, client.world.a.id)
    found = await public.lots_of(db, scope_of(client), UUID(place), UUID(kind["id"]))
    assert [str(each.id) for each in found] == [sooner["id"], later["id"]]
    assert [each.unusable for each in found] == [None, None]


async def test_taking_and_putting_back(client: Client) -> None:
    place, kind = await store(client), await product(client)
    lots = [await received(client, place, kind["id"], 10) for _ in range(2)]
    reference, wanted = uuid4(), [(UUID(lots[0]["id"]), 4), (UUID(lots[1]["id"]), 10)]
    async with Db(client.app.pool, client.world.a.id).transaction() as db:
        ctx = context(client, db)
        await public.take(ctx, scope_of(client), UUID(place), wanted, reference=reference)
        await public.put_back(
            ctx, scope_of(client), UUID(place), UUID(lots[1]["id"]), 3, reference=reference, reason="Not opened"
        )
        assert public.topic(UUID(place)) in ctx.topics
    found = await shelf(client, place, kind["id"])
    assert found["shelf"]["quantity"] == 9
    assert [each["kind"] for each in found["entries"][:3]] == ["return", "dispense", "dispense"]
    assert {each["reference"] for each in found["entries"][:3]} == {str(reference)}
    with pytest.raises(public.Short, match="6 left"):
        async with Db(client.app.pool, client.world.a.id).transaction() as db:
            await public.take(
                context(client, db), scope_of(client), UUID(place), [(UUID(lots[0]["id"]), 7)], reference=uuid4()
            )
    assert await unbalanced(client) == []
