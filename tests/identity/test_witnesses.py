"""The second person who signs on the same screen."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.client import Client
from wardline.identity.passwords import hash_now
from wardline.identity.public import May, witness
from wardline.platform.db import Db
from wardline.platform.errors import Invalid, TooMany
from wardline.platform.http import Context

WORD = "a long enough pass"


async def _signed(client: Client, who: str, password: str = WORD, *, needs: May = May.RECORD_OBSERVATIONS) -> UUID:
    """What `witness` says when nurse_a asks this colleague to sign."""
    world = client.world
    async with world.owner() as db:
        await db.execute("UPDATE identity.staff SET password_hash = $2 WHERE id = $1", world.staff[who], hash_now(WORD))
        email: str = await db.fetchval("SELECT email FROM identity.staff WHERE id = $1", world.staff[who])
    caller = await client.app.sessions.caller(await world.token("nurse_a"), Db(client.app.pool, None))
    assert caller is not None
    db = Db(client.app.pool, caller.tenant_id)
    ctx = Context(caller=caller, db=db, now=datetime.now(UTC), request_id="witness-test", client="", html=False)
    return await witness(ctx, f" {email.upper()}", password, needs=needs)


async def test_a_colleague_of_this_hospital_signs_with_the_own_password(client: Client) -> None:
    assert await _signed(client, "doctor_a") == client.world.staff["doctor_a"]


@pytest.mark.parametrize(
    ("who", "password", "needs", "field"),
    [
        ("nurse_a", WORD, May.RECORD_OBSERVATIONS, "witness_email"),  # oneself
        ("doctor_b", WORD, May.RECORD_OBSERVATIONS, "witness_email"),  # of another hospital
        ("receptionist_a", WORD, May.RECORD_OBSERVATIONS, "witness_email"),  # without the right
        ("doctor_a", "not the password", May.RECORD_OBSERVATIONS, "witness_password"),
        ("doctor_a", "", May.RECORD_OBSERVATIONS, "witness_password"),
    ],
)
async def test_nobody_else_is_a_witness(client: Client, who: str, password: str, needs: May, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await _signed(client, who, password, needs=needs)
    assert field in refused.value.fields


async def test_a_witness_cannot_be_guessed(client: Client) -> None:
    for _ in range(5):
        with pytest.raises(Invalid):
            await _signed(client, "pharmacist_a", "a wrong guess here")
    with pytest.raises(TooMany):
        await _signed(client, "pharmacist_a")
